"""Organizations: accounts, units and policies through boto3 and the CLI."""

import json
import re

import pytest

from support.aws_cli import Cli
from support.clients import As, refused
from support.organization import ACCESS_ROLE, Organization, events
from support.policies import allow, deny, policy
from support.principals import Account
from support.server import ACCOUNT, REGION

DENY_S3 = policy(deny("s3:*"))


@pytest.fixture
def organization(own_server) -> Organization:
    return Organization(own_server)


def reason(caught) -> str:
    return caught.value.response["Reason"]


def test_before_there_is_one(own_server):
    api = As(own_server, own_server.administrator).organizations
    for call in (
        api.describe_organization, api.list_accounts, api.list_roots, api.delete_organization,
        lambda: api.create_account(Email="a@example.com", AccountName="a"),
    ):
        with refused("AWSOrganizationsNotInUseException", 400, "Your account is not a member of an organization."):
            call()


def test_the_life_of_an_organization(own_server):
    organization = Organization(own_server)
    api, made = organization.api, organization.described
    assert re.fullmatch(r"o-[a-z0-9]{10}", made["Id"])
    assert made["Arn"] == f"arn:aws:organizations::{ACCOUNT}:organization/{made['Id']}"
    assert made["FeatureSet"] == "ALL"
    assert made["MasterAccountId"] == ACCOUNT
    assert made["MasterAccountArn"] == f"arn:aws:organizations::{ACCOUNT}:account/{made['Id']}/{ACCOUNT}"
    assert made["AvailablePolicyTypes"] == [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]
    assert api.describe_organization()["Organization"] == made
    root = api.list_roots()["Roots"][0]
    assert root == {
        "Id": root["Id"], "Name": "Root",
        "Arn": f"arn:aws:organizations::{ACCOUNT}:root/{made['Id']}/{root['Id']}",
        "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
    }
    with refused("AlreadyInOrganizationException", 400):
        api.create_organization()
    member = organization.account()
    assert member.organizations.describe_organization()["Organization"] == made
    with refused("AlreadyInOrganizationException", 400):
        member.organizations.create_organization()
    with refused("OrganizationNotEmptyException", 400):
        api.delete_organization()
    organization.unit("left")
    organization.policy(DENY_S3, to=organization.root)
    api.remove_account_from_organization(AccountId=member.id)
    with refused("AWSOrganizationsNotInUseException", 400):
        member.organizations.describe_organization()
    api.delete_organization()
    with refused("AWSOrganizationsNotInUseException", 400):
        api.describe_organization()
    # Nothing is left of it for the next one, also after a restart.
    own_server.kill()
    own_server.restart()
    again = Organization(own_server)
    assert again.id != made["Id"]
    assert [it["Id"] for it in again.api.list_accounts()["Accounts"]] == [ACCOUNT]
    assert again.api.list_organizational_units_for_parent(ParentId=again.root)["OrganizationalUnits"] == []
    assert [it["Id"] for it in again.api.list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]] == ["p-FullAWSAccess"]


def test_an_account_is_created_with_its_role(organization, own_server):
    api = organization.api
    tags = [{"Key": "team", "Value": "a"}]
    status = api.create_account(
        Email="dev@example.com", AccountName="Development", RoleName="Access", Tags=tags
    )["CreateAccountStatus"]
    assert re.fullmatch(r"car-[a-z0-9]{32}", status["Id"])
    assert (status["AccountName"], status["State"]) == ("Development", "SUCCEEDED")
    assert api.describe_create_account_status(CreateAccountRequestId=status["Id"])["CreateAccountStatus"] == status
    number = status["AccountId"]
    shown = api.describe_account(AccountId=number)["Account"]
    assert shown["Arn"] == f"arn:aws:organizations::{ACCOUNT}:account/{organization.id}/{number}"
    assert shown["Paths"] == [f"{organization.id}/{organization.root}/{number}/"]
    assert (shown["Email"], shown["Name"]) == ("dev@example.com", "Development")
    assert (shown["Status"], shown["State"], shown["JoinedMethod"]) == ("ACTIVE", "ACTIVE", "CREATED")
    assert api.list_tags_for_resource(ResourceId=number)["Tags"] == tags
    # Its role lets the management account's administrators in, and nobody else's.
    own_server.kill()
    own_server.restart()
    admin = As(own_server, own_server.administrator)
    arn = f"arn:aws:iam::{number}:role/Access"
    answer = admin.sts.assume_role(RoleArn=arn, RoleSessionName="session")
    inside = As(own_server, type(own_server.administrator).of(answer["Credentials"]))
    assert inside.sts.get_caller_identity()["Account"] == number
    role = inside.iam.get_role(RoleName="Access")["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"] == [{
        "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole",
    }]
    attached = inside.iam.list_attached_role_policies(RoleName="Access")["AttachedPolicies"]
    assert attached == [{"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}]
    assert [it["RoleName"] for it in inside.iam.list_roles()["Roles"]] == ["Access"]
    # The names of one account are free in another.
    assert "Access" not in [it["RoleName"] for it in admin.iam.list_roles()["Roles"]]
    made = events(admin, "CreateAccount")[0]
    assert made["awsRegion"] == "us-east-1" and made["eventSource"] == "organizations.amazonaws.com"
    assert made["readOnly"] is False and made["recipientAccountId"] == ACCOUNT
    assert "dev@example.com" not in json.dumps(made)
    assert made["responseElements"]["createAccountStatus"]["accountId"] == number


def test_requests_for_accounts_that_come_to_nothing(organization):
    api = organization.api
    organization.account(Email="taken@example.com")
    failed = api.create_account(Email="TAKEN@example.com", AccountName="b")["CreateAccountStatus"]
    assert (failed["State"], failed["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")
    assert "AccountId" not in failed
    listed = api.list_create_account_status(States=["FAILED"])["CreateAccountStatuses"]
    assert listed == [failed]
    assert len(api.list_create_account_status()["CreateAccountStatuses"]) == 2
    assert len(api.list_accounts()["Accounts"]) == 2
    with refused("CreateAccountStatusNotFoundException", 400):
        api.describe_create_account_status(CreateAccountRequestId="car-12345678")
    for parameters, expected in (
        ({"Email": "nobody", "AccountName": "c"}, "INVALID_PATTERN"),
        ({"Email": "c@example.com"}, "INPUT_REQUIRED"),
        ({"Email": "c@example.com", "AccountName": "c" * 51}, "MAX_LENGTH_EXCEEDED"),
        ({"Email": "c@example.com", "AccountName": "c", "IamUserAccessToBilling": "MAYBE"}, "INVALID_ENUM"),
        ({"Email": "c@example.com", "AccountName": "c", "RoleName": "AWSServiceRoleForX"}, "INVALID_ROLE_NAME"),
        ({"Email": "c@example.com", "AccountName": "c", "Tags": [{"Key": "aws:x", "Value": ""}]},
         "INVALID_SYSTEM_TAGS_PARAMETER"),
    ):
        with pytest.raises(api.exceptions.InvalidInputException) as caught:
            api.create_account(**parameters)
        assert reason(caught) == expected


def test_units_and_the_way_to_an_account(organization):
    api, root = organization.api, organization.root
    made = api.create_organizational_unit(
        ParentId=root, Name="Prod", Tags=[{"Key": "k", "Value": "v"}]
    )["OrganizationalUnit"]
    suffix = root.removeprefix("r-")
    assert re.fullmatch(rf"ou-{suffix}-[a-z0-9]{{8}}", made["Id"])
    assert made["Arn"] == f"arn:aws:organizations::{ACCOUNT}:ou/{organization.id}/{made['Id']}"
    assert made["Path"] == f"{organization.id}/{root}/{made['Id']}/"
    with refused("DuplicateOrganizationalUnitException", 400, "An OU with the same name already exists."):
        organization.unit("Prod")
    inner = organization.unit("Prod", made["Id"])
    described = api.describe_organizational_unit(OrganizationalUnitId=inner)["OrganizationalUnit"]
    assert described["Path"] == f"{organization.id}/{root}/{made['Id']}/{inner}/"
    renamed = api.update_organizational_unit(OrganizationalUnitId=inner, Name="EU")["OrganizationalUnit"]
    assert renamed == {**described, "Name": "EU"}

    member = organization.account()
    assert api.list_parents(ChildId=member.id)["Parents"] == [{"Id": root, "Type": "ROOT"}]
    with refused("DuplicateAccountException", 400):
        api.move_account(AccountId=member.id, SourceParentId=root, DestinationParentId=root)
    with refused("AccountNotFoundException", 400):
        api.move_account(AccountId=member.id, SourceParentId=made["Id"], DestinationParentId=inner)
    with refused("SourceParentNotFoundException", 400):
        api.move_account(AccountId=member.id, SourceParentId="r-none", DestinationParentId=inner)
    with refused("DestinationParentNotFoundException", 400):
        api.move_account(AccountId=member.id, SourceParentId=root, DestinationParentId="ou-none-12345678")
    api.move_account(AccountId=member.id, SourceParentId=root, DestinationParentId=inner)
    assert api.list_parents(ChildId=member.id)["Parents"] == [{"Id": inner, "Type": "ORGANIZATIONAL_UNIT"}]
    assert api.list_children(ParentId=inner, ChildType="ACCOUNT")["Children"] == [{"Id": member.id, "Type": "ACCOUNT"}]
    assert api.list_children(ParentId=made["Id"], ChildType="ORGANIZATIONAL_UNIT")["Children"] == [
        {"Id": inner, "Type": "ORGANIZATIONAL_UNIT"}
    ]
    assert [it["Id"] for it in api.list_accounts_for_parent(ParentId=inner)["Accounts"]] == [member.id]
    assert [it["Id"] for it in api.list_accounts_for_parent(ParentId=root)["Accounts"]] == [ACCOUNT]
    path = f"{organization.id}/{root}/{made['Id']}/{inner}/{member.id}/"
    assert api.describe_account(AccountId=member.id)["Account"]["Paths"] == [path]
    with refused("OrganizationalUnitNotEmptyException", 400):
        api.delete_organizational_unit(OrganizationalUnitId=made["Id"])
    with refused("OrganizationalUnitNotEmptyException", 400):
        api.delete_organizational_unit(OrganizationalUnitId=inner)
    organization.move(member.id, root)
    api.delete_organizational_unit(OrganizationalUnitId=inner)
    with refused("OrganizationalUnitNotFoundException", 400):
        api.describe_organizational_unit(OrganizationalUnitId=inner)
    with refused("ParentNotFoundException", 400):
        api.list_children(ParentId=inner, ChildType="ACCOUNT")
    with refused("ChildNotFoundException", 400):
        api.list_parents(ChildId=inner)
    deepest = made["Id"]
    for level in range(4):
        deepest = organization.unit(f"level {level}", deepest)
    with pytest.raises(api.exceptions.ConstraintViolationException) as caught:
        organization.unit("too deep", deepest)
    assert reason(caught) == "OU_DEPTH_LIMIT_EXCEEDED"


def test_policies_and_what_they_are_attached_to(organization):
    api, root = organization.api, organization.root
    full = api.describe_policy(PolicyId="p-FullAWSAccess")["Policy"]
    assert full["PolicySummary"] == {
        "Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "Description": "Allows access to every operation",
        "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
        "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": True,
    }
    assert json.loads(full["Content"])["Statement"] == [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    made = api.create_policy(Name="no-s3", Description="d", Type="SERVICE_CONTROL_POLICY", Content=DENY_S3)["Policy"]
    summary = made["PolicySummary"]
    assert re.fullmatch(r"p-[a-z0-9]{10}", summary["Id"])
    assert summary["Arn"] == (
        f"arn:aws:organizations::{ACCOUNT}:policy/{organization.id}/service_control_policy/{summary['Id']}"
    )
    assert made["Content"] == DENY_S3 and summary["AwsManaged"] is False
    with refused("DuplicatePolicyException", 400, "A policy with the same name already exists."):
        api.create_policy(Name="no-s3", Description="", Type="SERVICE_CONTROL_POLICY", Content=DENY_S3)
    for content in ("{}", "text", policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": "*"})):
        with refused("MalformedPolicyDocumentException", 400, has="does not meet the requirements"):
            api.create_policy(Name="bad", Description="", Type="SERVICE_CONTROL_POLICY", Content=content)
    with pytest.raises(api.exceptions.ConstraintViolationException) as caught:
        api.create_policy(
            Name="big", Description="", Type="SERVICE_CONTROL_POLICY", Content=policy(deny("s3:" + "x" * 10_240))
        )
    assert reason(caught) == "POLICY_CONTENT_LIMIT_EXCEEDED"
    with refused("PolicyTypeNotAvailableForOrganizationException", 400):
        api.create_policy(Name="tags", Description="", Type="TAG_POLICY", Content="{}")

    unit, member = organization.unit("u"), organization.account()
    for target in (root, unit, member.id):
        attached = api.list_policies_for_target(TargetId=target, Filter="SERVICE_CONTROL_POLICY")["Policies"]
        assert attached == [full["PolicySummary"]]
        api.attach_policy(PolicyId=summary["Id"], TargetId=target)
    with refused("DuplicatePolicyAttachmentException", 400):
        api.attach_policy(PolicyId=summary["Id"], TargetId=root)
    targets = api.list_targets_for_policy(PolicyId=summary["Id"])["Targets"]
    assert sorted((it["Type"], it["TargetId"]) for it in targets) == [
        ("ACCOUNT", member.id), ("ORGANIZATIONAL_UNIT", unit), ("ROOT", root),
    ]
    with refused("PolicyInUseException", 400):
        api.delete_policy(PolicyId=summary["Id"])
    for target in (root, unit, member.id):
        api.detach_policy(PolicyId=summary["Id"], TargetId=target)
    with refused("PolicyNotAttachedException", 400):
        api.detach_policy(PolicyId=summary["Id"], TargetId=root)
    with pytest.raises(api.exceptions.ConstraintViolationException) as caught:
        api.detach_policy(PolicyId="p-FullAWSAccess", TargetId=root)
    assert reason(caught) == "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"
    updated = api.update_policy(PolicyId=summary["Id"], Name="new", Content=policy(deny("iam:*")))["Policy"]
    assert updated["PolicySummary"] == {**summary, "Name": "new"}
    assert api.describe_policy(PolicyId=summary["Id"])["Policy"] == updated
    for change in (api.update_policy, api.delete_policy):
        with pytest.raises(api.exceptions.InvalidInputException) as caught:
            change(PolicyId="p-FullAWSAccess")
        assert reason(caught) == "IMMUTABLE_POLICY"
    for number in range(4):
        organization.policy(DENY_S3, to=unit)
    with pytest.raises(api.exceptions.ConstraintViolationException) as caught:
        organization.policy(DENY_S3, to=unit)
    assert reason(caught) == "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"
    api.delete_policy(PolicyId=summary["Id"])
    with refused("PolicyNotFoundException", 400):
        api.describe_policy(PolicyId=summary["Id"])
    with refused("TargetNotFoundException", 400):
        api.attach_policy(PolicyId="p-FullAWSAccess", TargetId="999999999999")
    with refused("EffectivePolicyNotFoundException", 400):
        api.describe_effective_policy(PolicyType="TAG_POLICY", TargetId=member.id)
    with pytest.raises(api.exceptions.InvalidInputException) as caught:
        api.describe_effective_policy(PolicyType="SERVICE_CONTROL_POLICY", TargetId=member.id)
    assert reason(caught) == "INVALID_ENUM"


def test_policy_types_are_enabled_and_disabled_for_the_whole_tree(organization):
    api, root = organization.api, organization.root
    unit, member = organization.unit("u"), organization.account()
    kind = {"RootId": root, "PolicyType": "RESOURCE_CONTROL_POLICY"}

    def attached(target: str, kind: str = "RESOURCE_CONTROL_POLICY") -> list[str]:
        return [it["Id"] for it in api.list_policies_for_target(TargetId=target, Filter=kind)["Policies"]]

    document = policy(deny("s3:*", Principal="*"))
    made = organization.policy(document, "RESOURCE_CONTROL_POLICY")
    with refused("PolicyTypeNotEnabledException", 400):
        api.attach_policy(PolicyId=made["Id"], TargetId=root)
    with refused("PolicyTypeNotEnabledException", 400):
        api.disable_policy_type(**kind)
    types = api.enable_policy_type(**kind)["Root"]["PolicyTypes"]
    assert sorted(it["Type"] for it in types) == ["RESOURCE_CONTROL_POLICY", "SERVICE_CONTROL_POLICY"]
    with refused("PolicyTypeAlreadyEnabledException", 400):
        api.enable_policy_type(**kind)
    for target in (root, unit, member.id, organization.unit("later")):
        assert attached(target) == ["p-RCPFullAWSAccess"]
    with pytest.raises(api.exceptions.InvalidInputException) as caught:
        api.detach_policy(PolicyId="p-RCPFullAWSAccess", TargetId=unit)
    assert reason(caught) == "NON_DETACHABLE_POLICY"
    with refused("MalformedPolicyDocumentException", 400):
        organization.policy(policy(allow("s3:*", Principal="*")), "RESOURCE_CONTROL_POLICY")
    api.attach_policy(PolicyId=made["Id"], TargetId=unit)
    api.disable_policy_type(**kind)
    assert attached(unit) == []
    assert attached(unit, "SERVICE_CONTROL_POLICY") == ["p-FullAWSAccess"]
    api.enable_policy_type(**kind)
    assert attached(unit) == ["p-RCPFullAWSAccess"]
    with refused("RootNotFoundException", 400):
        api.enable_policy_type(RootId="r-none", PolicyType="RESOURCE_CONTROL_POLICY")
    with refused("PolicyTypeNotAvailableForOrganizationException", 400):
        api.enable_policy_type(RootId=root, PolicyType="BACKUP_POLICY")
    assert api.list_policies(Filter="BACKUP_POLICY")["Policies"] == []


def test_billing_only_has_no_policies(own_server):
    organization = Organization(own_server, "CONSOLIDATED_BILLING")
    api = organization.api
    assert organization.described["FeatureSet"] == "CONSOLIDATED_BILLING"
    assert api.list_roots()["Roots"][0]["PolicyTypes"] == []
    with refused("PolicyTypeNotAvailableForOrganizationException", 400):
        organization.policy(DENY_S3)
    with pytest.raises(api.exceptions.ConstraintViolationException) as caught:
        api.enable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
    assert reason(caught) == "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE"


def test_tags_of_everything(organization):
    api = organization.api
    made = organization.policy(DENY_S3)
    for resource in (organization.root, organization.unit("u"), ACCOUNT, made["Id"]):
        api.tag_resource(ResourceId=resource, Tags=[{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "2"}])
        api.tag_resource(ResourceId=resource, Tags=[{"Key": "b", "Value": "3"}])
        api.untag_resource(ResourceId=resource, TagKeys=["a", "none"])
        assert api.list_tags_for_resource(ResourceId=resource)["Tags"] == [{"Key": "b", "Value": "3"}]
    with pytest.raises(api.exceptions.InvalidInputException) as caught:
        api.tag_resource(ResourceId=ACCOUNT, Tags=[{"Key": "x", "Value": ""}, {"Key": "X", "Value": ""}])
    assert reason(caught) == "DUPLICATE_TAG_KEY"
    with pytest.raises(api.exceptions.ConstraintViolationException) as caught:
        api.tag_resource(ResourceId=ACCOUNT, Tags=[{"Key": f"k{it}", "Value": ""} for it in range(50)])
    assert reason(caught) == "MAX_TAG_LIMIT_EXCEEDED"
    with refused("TargetNotFoundException", 400):
        api.list_tags_for_resource(ResourceId="999999999999")


def test_members_see_their_organization_and_no_more(organization):
    member = organization.account()
    api = member.organizations
    assert api.describe_organization()["Organization"]["Id"] == organization.id
    denied = "You don't have permissions to access this resource."
    for call in (
        api.list_accounts, api.list_roots, lambda: api.describe_account(AccountId=member.id),
        lambda: api.create_organizational_unit(ParentId=organization.root, Name="x"),
        lambda: api.close_account(AccountId=ACCOUNT),
        lambda: api.create_account(Email="x@example.com", AccountName="x"),
        lambda: api.detach_policy(PolicyId="p-FullAWSAccess", TargetId=member.id),
    ):
        with refused("AccessDeniedException", 400, denied):
            call()
    main = organization.api
    main.enable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
    main.register_delegated_administrator(AccountId=member.id, ServicePrincipal="iam.amazonaws.com")
    assert len(api.list_accounts()["Accounts"]) == 2
    with refused("AccessDeniedException", 400, denied):
        api.close_account(AccountId=ACCOUNT)


def test_services_and_their_delegated_administrators(organization):
    api, member = organization.api, organization.account()
    iam, sso = "iam.amazonaws.com", "sso.amazonaws.com"
    with pytest.raises(api.exceptions.ConstraintViolationException) as caught:
        api.register_delegated_administrator(AccountId=member.id, ServicePrincipal=iam)
    assert reason(caught) == "SERVICE_ACCESS_NOT_ENABLED"
    for call in (api.enable_aws_service_access, api.disable_aws_service_access):
        with pytest.raises(api.exceptions.InvalidInputException) as caught:
            call(ServicePrincipal="example.com")
        assert reason(caught) == "UNRECOGNIZED_SERVICE_PRINCIPAL"
    for service in (iam, sso, iam):
        api.enable_aws_service_access(ServicePrincipal=service)
    enabled = api.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    assert [it["ServicePrincipal"] for it in enabled] == [iam, sso]
    with pytest.raises(api.exceptions.ConstraintViolationException) as caught:
        api.register_delegated_administrator(AccountId=ACCOUNT, ServicePrincipal=iam)
    assert reason(caught) == "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR"
    with refused("AccountNotRegisteredException", 400):
        api.list_delegated_services_for_account(AccountId=member.id)
    for service in (iam, sso):
        api.register_delegated_administrator(AccountId=member.id, ServicePrincipal=service)
    with refused("AccountAlreadyRegisteredException", 400):
        api.register_delegated_administrator(AccountId=member.id, ServicePrincipal=iam)
    assert [it["Id"] for it in api.list_delegated_administrators(ServicePrincipal=iam)["DelegatedAdministrators"]] == [member.id]
    services = api.list_delegated_services_for_account(AccountId=member.id)["DelegatedServices"]
    assert [it["ServicePrincipal"] for it in services] == [iam, sso]
    with pytest.raises(member.organizations.exceptions.ConstraintViolationException) as caught:
        member.organizations.leave_organization()
    assert reason(caught) == "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"
    api.deregister_delegated_administrator(AccountId=member.id, ServicePrincipal=iam)
    api.disable_aws_service_access(ServicePrincipal=sso)
    assert api.list_delegated_administrators()["DelegatedAdministrators"] == []
    member.organizations.leave_organization()
    with refused("AccountNotFoundException", 400):
        api.describe_account(AccountId=member.id)
    with refused("MasterCannotLeaveOrganizationException", 400):
        api.leave_organization()
    # Alone, it may begin an organization of its own.
    assert member.organizations.create_organization()["Organization"]["MasterAccountId"] == member.id


def test_a_closed_account_is_shut(organization, own_server):
    api, member = organization.api, organization.account()
    user = member.user("ann", policy(allow("*")))
    bucket = f"shut-{member.id}"
    member.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    user.sts.get_caller_identity()
    with pytest.raises(api.exceptions.ConstraintViolationException) as caught:
        api.close_account(AccountId=ACCOUNT)
    assert reason(caught) == "CANNOT_CLOSE_MANAGEMENT_ACCOUNT"
    api.close_account(AccountId=member.id)
    with refused("AccountAlreadyClosedException", 400):
        api.close_account(AccountId=member.id)
    shown = api.describe_account(AccountId=member.id)["Account"]
    assert (shown["Status"], shown["State"]) == ("SUSPENDED", "SUSPENDED")
    for _ in range(2):
        with refused("InvalidClientTokenId", 403):
            user.sts.get_caller_identity()
        with refused("InvalidClientTokenId", 403):
            member.sts.get_caller_identity()
        with refused("InvalidAccessKeyId", 403):
            user.s3.list_objects_v2(Bucket=bucket)
        with refused("UnrecognizedClientException", 400):
            user.organizations.describe_organization()
        main = As(own_server, own_server.administrator)
        with refused("AccessDenied", 403, has="is not authorized to perform: sts:AssumeRole on resource"):
            main.sts.assume_role(RoleArn=member.role_arn, RoleSessionName="late")
        # It can't be brought back by leaving, and stays closed after a restart.
        with refused("ConstraintViolationException", 400, "You can't remove an account that is closed."):
            main.organizations.remove_account_from_organization(AccountId=member.id)
        own_server.kill()
        own_server.restart()
        user = As(own_server, user.credentials)
        member = _same(member, own_server)


def _same(member, server):
    made = As(server, member.credentials)
    made.id, made.role_arn = member.id, member.role_arn
    return made


def test_paginators_show_everything_once(organization):
    api = organization.api
    units = sorted(organization.unit(f"unit {number}") for number in range(23))
    pages = api.get_paginator("list_organizational_units_for_parent").paginate(
        ParentId=organization.root, PaginationConfig={"PageSize": 10}
    )
    listed = [[it["Id"] for it in page["OrganizationalUnits"]] for page in pages]
    assert [len(page) for page in listed] == [10, 10, 3]
    assert sum(listed, []) == units
    with pytest.raises(api.exceptions.InvalidInputException) as caught:
        api.list_accounts(NextToken="zz")
    assert reason(caught) == "INVALID_NEXT_TOKEN"
    with pytest.raises(api.exceptions.InvalidInputException) as caught:
        api.list_accounts(MaxResults=21)
    assert reason(caught) == "MAX_VALUE_EXCEEDED"


def test_who_may_do_it(organization, own_server):
    account = Account(own_server, organization.management)
    unit = organization.unit("u")
    made = organization.policy(DENY_S3)
    arn = f"arn:aws:organizations::{ACCOUNT}:ou/{organization.id}/{unit}"
    user = account.user(policy(allow("organizations:AttachPolicy", made["Arn"])))
    with refused("AccessDeniedException", 400, has="because no identity-based policy allows the organizations:AttachPolicy"):
        user.organizations.attach_policy(PolicyId=made["Id"], TargetId=unit)
    user = account.user(policy(
        allow("organizations:AttachPolicy", [made["Arn"], arn]),
        allow("organizations:ListPolicies", Condition={"StringEquals": {"organizations:PolicyType": "SERVICE_CONTROL_POLICY"}}),
        allow("organizations:TagResource", Condition={"StringEquals": {"aws:RequestTag/team": "a"}}),
    ))
    user.organizations.attach_policy(PolicyId=made["Id"], TargetId=unit)
    assert len(user.organizations.list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]) == 2
    with refused("AccessDeniedException", 400):
        user.organizations.list_policies(Filter="RESOURCE_CONTROL_POLICY")
    user.organizations.tag_resource(ResourceId=unit, Tags=[{"Key": "team", "Value": "a"}])
    with refused("AccessDeniedException", 400):
        user.organizations.tag_resource(ResourceId=unit, Tags=[{"Key": "team", "Value": "b"}])
    with refused("AccessDeniedException", 400):
        user.organizations.create_account(Email="a@example.com", AccountName="a")


def test_the_cli_builds_an_organization(own_server, home):
    aws = Cli.of(own_server, home)
    api = "organizations"
    assert "(AWSOrganizationsNotInUseException)" in aws.fails(api, "list-accounts")
    made = aws.json(api, "create-organization", "--feature-set", "ALL")["Organization"]
    root = aws.json(api, "list-roots")["Roots"][0]["Id"]
    unit = aws.json(api, "create-organizational-unit", "--parent-id", root, "--name", "Prod")["OrganizationalUnit"]["Id"]
    created = aws.json(api, "create-account", "--email", "p@example.com", "--account-name", "P")["CreateAccountStatus"]
    status = aws.json(
        api, "describe-create-account-status", "--create-account-request-id", created["Id"]
    )["CreateAccountStatus"]
    number = status["AccountId"]
    aws(api, "move-account", "--account-id", number, "--source-parent-id", root, "--destination-parent-id", unit)
    scp = aws.json(
        api, "create-policy", "--name", "no-s3", "--description", "d", "--type", "SERVICE_CONTROL_POLICY",
        "--content", DENY_S3,
    )["Policy"]["PolicySummary"]
    aws(api, "attach-policy", "--policy-id", scp["Id"], "--target-id", unit)
    targets = aws.json(api, "list-targets-for-policy", "--policy-id", scp["Id"])["Targets"]
    assert [it["TargetId"] for it in targets] == [unit]
    arn = f"arn:aws:iam::{number}:role/{ACCESS_ROLE}"
    credentials = aws.json("sts", "assume-role", "--role-arn", arn, "--role-session-name", "session")["Credentials"]
    inside = Cli.of(own_server, home, type(own_server.administrator).of(credentials))
    assert inside.json("sts", "get-caller-identity")["Account"] == number
    assert "explicit deny in a service control policy" in inside.fails("s3api", "list-buckets")
    inside("iam", "list-roles")
    assert {it["Id"] for it in aws.json(api, "list-accounts")["Accounts"]} == {ACCOUNT, number}
    aws(api, "close-account", "--account-id", number)
    assert "(InvalidClientTokenId)" in inside.fails("sts", "get-caller-identity")
    assert made["MasterAccountId"] == ACCOUNT
    assert "UnknownOperationException" in aws.fails(api, "list-handshakes-for-organization")
