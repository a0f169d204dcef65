"""Central root access: short sessions of a member account's root, for one task."""

import json
import os

import pytest

from support.aws_cli import Cli
from support.clients import As, refused
from support.organization import Organization, events
from support.policies import allow, deny, policy
from support.principals import Account
from support.server import ACCOUNT, REGION, Credentials

TASKS = "arn:aws:iam::aws:policy/root-task/"
UNLOCK = f"{TASKS}S3UnlockBucketPolicy"
AUDIT = f"{TASKS}IAMAuditRootUserCredentials"
SERVICE = "iam.amazonaws.com"


@pytest.fixture
def organization(own_server) -> Organization:
    organization = Organization(own_server)
    organization.api.enable_aws_service_access(ServicePrincipal=SERVICE)
    return organization


@pytest.fixture
def sessions(organization) -> Organization:
    """An organization that has root sessions."""
    organization.management.iam.enable_organizations_root_sessions()
    return organization


def root_of(server, caller, account: str, task: str = UNLOCK, **options) -> As:
    """A session of an account's root."""
    answer = caller.sts.assume_root(TargetPrincipal=account, TaskPolicyArn={"arn": task}, **options)
    made = As(server, Credentials.of(answer["Credentials"]))
    made.answer = answer
    return made


def not_authorized(arn: str, account: str):
    return refused(
        "AccessDenied", 403,
        f"User: {arn} is not authorized to perform: sts:AssumeRoot on resource: arn:aws:iam::{account}:root",
    )


def locked_bucket(member) -> str:
    """A bucket whose policy locks everybody out."""
    name = f"locked-{os.urandom(4).hex()}"
    member.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    member.s3.put_object(Bucket=name, Key="k", Body=b"x")
    resources = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
    member.s3.put_bucket_policy(Bucket=name, Policy=policy(deny("s3:*", resources, Principal="*")))
    return name


def test_features_are_switched_on_and_off(own_server):
    admin = As(own_server, own_server.administrator)
    with refused("OrganizationNotFoundException", None):
        admin.iam.list_organizations_features()
    organization = Organization(own_server)
    with refused("ServiceAccessNotEnabledException", None):
        admin.iam.enable_organizations_root_sessions()
    organization.api.enable_aws_service_access(ServicePrincipal=SERVICE)
    sessions, credentials = "RootSessions", "RootCredentialsManagement"
    for call, expected in (
        (admin.iam.list_organizations_features, []),
        (admin.iam.enable_organizations_root_sessions, [sessions]),
        (admin.iam.enable_organizations_root_credentials_management, [credentials, sessions]),
        (admin.iam.enable_organizations_root_sessions, [credentials, sessions]),
        (admin.iam.disable_organizations_root_sessions, [credentials]),
        (admin.iam.list_organizations_features, [credentials]),
        (admin.iam.disable_organizations_root_credentials_management, []),
    ):
        answer = call()
        assert answer["OrganizationId"] == organization.id
        assert answer["EnabledFeatures"] == expected
    member = organization.account()
    for call in (member.iam.list_organizations_features, member.iam.enable_organizations_root_sessions):
        with refused("AccountNotManagementOrDelegatedAdministratorException", None):
            call()
    organization.api.register_delegated_administrator(AccountId=member.id, ServicePrincipal=SERVICE)
    assert member.iam.list_organizations_features()["EnabledFeatures"] == []
    with refused("CallerIsNotManagementAccountException", None):
        member.iam.enable_organizations_root_sessions()
    admin.iam.enable_organizations_root_sessions()
    own_server.kill()
    own_server.restart()
    again = As(own_server, own_server.administrator)
    assert again.iam.list_organizations_features()["EnabledFeatures"] == [sessions]


def test_features_need_all_features(own_server):
    organization = Organization(own_server, "CONSOLIDATED_BILLING")
    with refused("OrganizationNotInAllFeaturesModeException", None):
        organization.management.iam.enable_organizations_root_sessions()


def test_a_locked_bucket_is_unlocked(sessions, own_server):
    member = sessions.account()
    bucket = locked_bucket(member)
    with refused("AccessDenied", 403, has="explicit deny in a resource-based policy"):
        member.s3.delete_bucket_policy(Bucket=bucket)
    root = root_of(own_server, sessions.management, member.id)
    identity = root.sts.get_caller_identity()
    assert (identity["Account"], identity["UserId"]) == (member.id, member.id)
    assert identity["Arn"] == f"arn:aws:iam::{member.id}:root"
    assert bucket in [it["Name"] for it in root.s3.list_buckets()["Buckets"]]
    assert json.loads(root.s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"][0]["Effect"] == "Deny"
    root.s3.delete_bucket_policy(Bucket=bucket)
    member.s3.get_object(Bucket=bucket, Key="k")


def test_a_root_session_does_its_task_and_nothing_else(sessions, own_server):
    member = sessions.account()
    bucket = f"open-{os.urandom(4).hex()}"
    member.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    member.s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    root = root_of(own_server, sessions.management, member.id)
    task = f"with policy ARN: {UNLOCK}"
    for call in (
        lambda: root.iam.list_users(), lambda: root.iam.create_user(UserName="back-door"),
        lambda: root.s3.get_object(Bucket=bucket, Key="k"), lambda: root.s3.delete_bucket(Bucket=bucket),
        lambda: root.sts.assume_root(TargetPrincipal=member.id, TaskPolicyArn={"arn": AUDIT}),
    ):
        with refused("AccessDenied", 403, has=task):
            call()
    # A grant of the resource's does not widen it.
    objects = f"arn:aws:s3:::{bucket}/*"
    for principal in ({"AWS": f"arn:aws:iam::{member.id}:root"}, {"AWS": member.id}):
        member.s3.put_bucket_policy(Bucket=bucket, Policy=policy(allow("s3:GetObject", objects, Principal=principal)))
        with refused("AccessDenied", 403, has=task):
            root.s3.get_object(Bucket=bucket, Key="k")
    with refused("AccessDenied", 403, "Roles may not be assumed by root accounts."):
        root.sts.assume_role(RoleArn=member.role_arn, RoleSessionName="session")
    # Another task is another session.
    auditor = root_of(own_server, sessions.management, member.id, AUDIT)
    auditor.iam.get_account_summary()
    with refused("AccessDenied", 403):
        auditor.s3.list_buckets()


def test_the_root_of_a_member_is_under_service_control_policies(sessions, own_server):
    member = sessions.account()
    bucket = locked_bucket(member)
    root = root_of(own_server, sessions.management, member.id)
    made = sessions.policy(policy(deny("s3:DeleteBucketPolicy")), to=member.id)
    with refused("AccessDenied", 403, has=f"in a service control policy, with policy ARN: {made['Arn']}"):
        root.s3.delete_bucket_policy(Bucket=bucket)
    sessions.api.detach_policy(PolicyId=made["Id"], TargetId=member.id)
    sessions.policy(policy(deny("s3:*", Condition={"Bool": {"aws:AssumedRoot": "true"}})), to=member.id)
    with refused("AccessDenied", 403):
        root.s3.delete_bucket_policy(Bucket=bucket)
    member.s3.list_buckets()


def test_who_gets_in(sessions, own_server):
    member, stranger = sessions.account("member"), sessions.account("stranger")
    sessions.api.remove_account_from_organization(AccountId=stranger.id)
    admin = sessions.management
    admin_arn = admin.sts.get_caller_identity()["Arn"]
    for target in (stranger.id, ACCOUNT, "999999999999"):
        with not_authorized(admin_arn, target):
            root_of(own_server, admin, target)
    # A member is none of those who may, until it is delegated to.
    other = sessions.account("other")
    with not_authorized(member.arn, other.id):
        root_of(own_server, member, other.id)
    sessions.api.register_delegated_administrator(AccountId=member.id, ServicePrincipal=SERVICE)
    root_of(own_server, member, f"arn:aws:iam::{other.id}:root")
    # And it needs the permission for this task.
    account = Account(own_server, admin)
    plain = account.user()
    with refused("AccessDenied", 403, has="is not authorized to perform: sts:AssumeRoot on resource: "
                 f"arn:aws:iam::{other.id}:root because no identity-based policy allows the sts:AssumeRoot action"):
        root_of(own_server, plain, other.id)
    auditor = account.user(policy(allow(
        "sts:AssumeRoot", f"arn:aws:iam::{other.id}:root", Condition={"StringEquals": {"sts:TaskPolicyArn": AUDIT}}
    )))
    root_of(own_server, auditor, other.id, AUDIT)
    with refused("AccessDenied", 403):
        root_of(own_server, auditor, other.id, UNLOCK)
    with refused("AccessDenied", 403):
        root_of(own_server, auditor, member.id, AUDIT)


def test_what_a_session_can_be(sessions, own_server):
    member = sessions.account()
    for task in ("arn:aws:iam::aws:policy/AdministratorAccess", f"{TASKS}None"):
        with refused("ValidationError", 400):
            root_of(own_server, sessions.management, member.id, task)
    for target in ("not-an-account", "arn:aws:iam::1:root"):
        with refused("ValidationError", 400, f"{target} is invalid"):
            root_of(own_server, sessions.management, target)
    with refused("ValidationError", 400, has="less than or equal to 900"):
        root_of(own_server, sessions.management, member.id, DurationSeconds=901)
    for seconds in (None, 60, 900):
        options = {} if seconds is None else {"DurationSeconds": seconds}
        root = root_of(own_server, sessions.management, member.id, **options)
        date = root.answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        assert root.answer["Credentials"]["AccessKeyId"].startswith("ASIA"), date
    expired = root_of(own_server, sessions.management, member.id, DurationSeconds=0)
    with refused("ExpiredToken", 403):
        expired.sts.get_caller_identity()


def test_sessions_end_with_the_feature_and_with_the_account(sessions, own_server):
    for end in (
        lambda _: sessions.management.iam.disable_organizations_root_sessions(),
        lambda member: sessions.api.close_account(AccountId=member.id),
        lambda member: sessions.api.remove_account_from_organization(AccountId=member.id),
        lambda _: sessions.api.disable_aws_service_access(ServicePrincipal=SERVICE),
    ):
        member = sessions.account()
        root = root_of(own_server, sessions.management, member.id)
        root.sts.get_caller_identity()
        end(member)
        with refused("InvalidClientTokenId", 403):
            root.sts.get_caller_identity()
        with refused("AccessDenied", 403):
            root_of(own_server, sessions.management, member.id)
        sessions.api.enable_aws_service_access(ServicePrincipal=SERVICE)
        sessions.management.iam.enable_organizations_root_sessions()


def test_both_accounts_have_a_record(sessions, own_server):
    member = sessions.account()
    root = root_of(own_server, sessions.management, member.id)
    mine, theirs = events(sessions.management, "AssumeRoot"), events(member, "AssumeRoot")
    assert len(mine) == len(theirs) == 1
    assert mine[0]["userIdentity"]["type"] == "AssumedRole"
    assert theirs[0]["userIdentity"]["type"] == "AWSAccount" and theirs[0]["userIdentity"]["accountId"] == ACCOUNT
    assert mine[0]["sharedEventID"] == theirs[0]["sharedEventID"]
    assert mine[0]["requestParameters"]["targetPrincipal"] == member.id
    assert mine[0]["requestParameters"]["taskPolicyArn"] == {"arn": UNLOCK}
    key = root.credentials.access_key
    assert mine[0]["responseElements"]["credentials"]["accessKeyId"] == key
    assert root.credentials.secret_key not in json.dumps(mine)
    root.s3.list_buckets()
    record, = (it for it in events(member, "ListBuckets") if it["userIdentity"].get("accessKeyId") == key)
    identity = record["userIdentity"]
    created = identity["sessionContext"]["attributes"]["creationDate"]
    assert identity == {
        "type": "Root", "principalId": member.id, "arn": f"arn:aws:iam::{member.id}:root", "accountId": member.id,
        "accessKeyId": key,
        "sessionContext": {
            "attributes": {"creationDate": created, "mfaAuthenticated": "false"}, "assumedRoot": "true",
        },
    }


def test_the_cli_unlocks_a_bucket(sessions, own_server, home):
    member = sessions.account()
    bucket = locked_bucket(member)
    aws = Cli.of(own_server, home)
    assert aws.json("iam", "list-organizations-features")["EnabledFeatures"] == ["RootSessions"]
    credentials = aws.json(
        "sts", "assume-root", "--target-principal", member.id, "--task-policy-arn", f"arn={UNLOCK}",
    )["Credentials"]
    root = Cli.of(own_server, home, Credentials.of(credentials))
    root("s3api", "delete-bucket-policy", "--bucket", bucket)
    assert member.s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
