"""Reports: credentials of all users, and the services that policies give access to."""

import csv
import io
import re

import pytest

from support.aws_cli import Cli
from support.clients import As, refused
from support.policies import allow, deny, policy
from support.principals import Account, role_arn
from support.server import ACCOUNT

COLUMNS = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,"
    "password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,"
    "access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,"
    "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
    "cert_1_last_rotated,cert_2_active,cert_2_last_rotated"
)
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ABSENT_JOB = "00000000-0000-4000-8000-000000000000"
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture
def iam(admin):
    return admin.iam


def rows(content: bytes) -> list[dict]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_the_credential_report(own_server, home):
    account = Account(own_server, As(own_server, own_server.administrator))
    iam = account.admin.iam
    with refused("ReportNotPresent", 410, "Unknown"):
        iam.get_credential_report()
    used = account.user()
    used.sts.get_caller_identity()
    iam.create_user(UserName="bare", Path="/a,\"b\"/")
    iam.create_user(UserName="Comma,Name")
    two = account.user()
    second = iam.create_access_key(UserName=two.name)["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName=two.name, AccessKeyId=second, Status="Inactive")

    first = iam.generate_credential_report()
    assert (first["State"], first["Description"]) == (
        "STARTED", "No report exists. Starting a new report generation task"
    )
    again = iam.generate_credential_report()
    assert again["State"] == "COMPLETE" and "Description" not in again
    answer = iam.get_credential_report()
    assert answer["ReportFormat"] == "text/csv"
    content = answer["Content"]
    assert content.decode().split("\n")[0] == COLUMNS and not content.endswith(b"\n")
    root, *users = rows(content)
    assert root["user"] == "<root_account>" and root["arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert DATE.fullmatch(root["user_creation_time"])
    assert (root["password_enabled"], root["password_next_rotation"]) == ("false", "not_supported")
    assert [it["user"] for it in users] == sorted((it["user"] for it in users), key=str.lower)
    by_name = {it["user"]: it for it in users}
    assert set(by_name) == {used.name, two.name, "bare", "Comma,Name"}

    line = by_name[used.name]
    metadata = iam.list_access_keys(UserName=used.name)["AccessKeyMetadata"][0]
    last = iam.get_access_key_last_used(AccessKeyId=used.credentials.access_key)["AccessKeyLastUsed"]
    text = "%Y-%m-%dT%H:%M:%SZ"
    assert line["access_key_1_active"] == "true"
    assert line["access_key_1_last_rotated"] == metadata["CreateDate"].strftime(text)
    assert line["access_key_1_last_used_date"] == last["LastUsedDate"].strftime(text)
    assert (line["access_key_1_last_used_region"], line["access_key_1_last_used_service"]) == ("us-east-2", "sts")
    assert line["access_key_2_active"] == "false" and line["access_key_2_last_rotated"] == "N/A"
    bare = by_name["bare"]
    assert bare["arn"] == f'arn:aws:iam::{ACCOUNT}:user/a,"b"/bare'
    nothing = {name: value for name, value in bare.items() if name not in ("user", "arn", "user_creation_time")}
    assert set(nothing.values()) == {"false", "N/A"}
    assert [name for name, value in nothing.items() if value == "false"] == [
        "password_enabled", "mfa_active", "access_key_1_active", "access_key_2_active",
        "cert_1_active", "cert_2_active",
    ]
    states = {by_name[two.name][f"access_key_{n}_active"] for n in (1, 2)}
    assert states == {"true", "false"}

    # A report is what it was, also after a crash.
    iam.delete_user(UserName="bare")
    own_server.kill()
    own_server.restart()
    iam = As(own_server, own_server.administrator).iam
    assert iam.get_credential_report()["Content"] == content
    aws = Cli.of(own_server, home)
    assert aws.json("iam", "generate-credential-report") == {"State": "COMPLETE"}
    assert aws.json("iam", "get-credential-report")["ReportFormat"] == "text/csv"


def test_who_may_have_the_credential_report(account):
    maker = account.user(policy(allow("iam:GenerateCredentialReport")))
    reader = account.user(policy(allow("iam:GetCredentialReport")))
    maker.iam.generate_credential_report()
    with refused("AccessDenied", 403, has="iam:GetCredentialReport"):
        maker.iam.get_credential_report()
    with refused("AccessDenied", 403, has="iam:GenerateCredentialReport"):
        reader.iam.generate_credential_report()
    assert reader.iam.get_credential_report()["Content"].startswith(b"user,arn,")


def report(iam, arn: str, **parameters) -> dict:
    """A report on services, by prefix."""
    job = iam.generate_service_last_accessed_details(Arn=arn, **parameters)["JobId"]
    assert re.fullmatch(r"[0-9a-f-]{36}", job)
    services, marker = {}, {}
    while True:
        answer = iam.get_service_last_accessed_details(JobId=job, **marker)
        assert answer["JobStatus"] == "COMPLETED"
        assert answer["JobCompletionDate"] >= answer["JobCreationDate"]
        services.update({it["ServiceNamespace"]: it for it in answer["ServicesLastAccessed"]})
        if not answer["IsTruncated"]:
            return {"job": job, "type": answer["JobType"], "services": services}
        marker = {"Marker": answer["Marker"]}


def test_a_user_and_what_it_accessed(iam, account, name):
    user = account.user(policy(allow(["s3:ListAllMyBuckets", "sqs:SendMessage", "iam:ListUsers"])))
    iam.create_group(GroupName=name)
    iam.put_group_policy(GroupName=name, PolicyName="g", PolicyDocument=policy(allow("sns:Publish")))
    iam.add_user_to_group(GroupName=name, UserName=user.name)
    iam.put_user_policy(UserName=user.name, PolicyName="d", PolicyDocument=policy(deny("iam:*")))
    user.s3.list_buckets()
    with refused("AccessDenied"):
        user.iam.list_users()

    made = report(iam, user.arn)
    assert made["type"] == "SERVICE_LEVEL"
    # What the group gives counts; what is denied everywhere does not.
    assert list(made["services"]) == ["s3", "sns", "sqs"]
    s3 = made["services"]["s3"]
    assert s3["ServiceName"] == "Amazon S3" and s3["LastAuthenticatedEntity"] == user.arn
    assert s3["LastAuthenticated"] and s3["LastAuthenticatedRegion"] == "us-east-2"
    assert s3["TotalAuthenticatedEntities"] == 1 and "TrackedActionsLastAccessed" not in s3
    sns = made["services"]["sns"]
    assert sns["TotalAuthenticatedEntities"] == 0
    assert not {"LastAuthenticated", "LastAuthenticatedEntity", "LastAuthenticatedRegion"} & set(sns)


def test_a_report_by_action(iam, account):
    session = account.session_with(policy(allow(["sts:*", "sqs:SendMessage"])))
    session.sts.get_caller_identity()
    made = report(iam, role_arn(session.role), Granularity="ACTION_LEVEL")
    assert made["type"] == "ACTION_LEVEL"
    actions = {it["ActionName"]: it for it in made["services"]["sts"]["TrackedActionsLastAccessed"]}
    used = actions["GetCallerIdentity"]
    assert used["LastAccessedEntity"] == role_arn(session.role) and used["LastAccessedTime"]
    assert used["LastAccessedRegion"] == "us-east-2"
    assert actions["AssumeRole"] == {"ActionName": "AssumeRole"}
    assert "TrackedActionsLastAccessed" not in made["services"]["sqs"]


def test_a_group_and_a_policy_and_who_used_them(iam, account, name):
    arn = iam.create_policy(PolicyName=name, PolicyDocument=policy(allow("s3:ListAllMyBuckets")))["Policy"]["Arn"]
    iam.create_group(GroupName=name)
    iam.attach_group_policy(GroupName=name, PolicyArn=arn)
    first, second, idle = account.user(), account.user(), account.user()
    for user in (first, second, idle):
        iam.add_user_to_group(GroupName=name, UserName=user.name)
    role = account.role()
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    session = account.session(role)
    first.s3.list_buckets()
    second.s3.list_buckets()

    def entities(job: str, **parameters) -> dict:
        answer = iam.get_service_last_accessed_details_with_entities(
            JobId=job, ServiceNamespace="s3", **parameters
        )
        assert answer["JobStatus"] == "COMPLETED"
        return answer

    of_group = report(iam, f"arn:aws:iam::{ACCOUNT}:group/{name}")
    assert of_group["services"]["s3"]["TotalAuthenticatedEntities"] == 2
    assert of_group["services"]["s3"]["LastAuthenticatedEntity"] == second.arn
    listed = entities(of_group["job"])["EntityDetailsList"]
    assert [it["EntityInfo"]["Name"] for it in listed] == [second.name, first.name, idle.name]
    assert "LastAuthenticated" not in listed[2]
    shown = iam.get_user(UserName=second.name)["User"]
    assert listed[0]["EntityInfo"] == {
        "Arn": second.arn, "Name": second.name, "Type": "USER", "Id": shown["UserId"], "Path": "/",
    }

    session.s3.list_buckets()
    of_policy = report(iam, arn)
    assert of_policy["services"]["s3"]["TotalAuthenticatedEntities"] == 3
    assert of_policy["services"]["s3"]["LastAuthenticatedEntity"] == role_arn(role)
    seen, marker = [], {}
    while True:
        answer = entities(of_policy["job"], MaxItems=1, **marker)
        seen += [(it["EntityInfo"]["Type"], it["EntityInfo"]["Name"]) for it in answer["EntityDetailsList"]]
        if not answer["IsTruncated"]:
            break
        marker = {"Marker": answer["Marker"]}
    assert seen == [("ROLE", role), ("USER", second.name), ("USER", first.name), ("USER", idle.name)]
    # The policy gives no access to this one, and that one is none.
    answer = iam.get_service_last_accessed_details_with_entities(JobId=of_policy["job"], ServiceNamespace="sqs")
    assert answer["EntityDetailsList"] == []
    with refused("InvalidInput", 400, has="made-up"):
        iam.get_service_last_accessed_details_with_entities(JobId=of_policy["job"], ServiceNamespace="made-up")


def test_a_report_on_everything_has_pages(iam, account):
    role = account.role()
    iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    made = report(iam, role_arn(role))
    assert len(made["services"]) > 400
    assert list(made["services"]) == sorted(made["services"])
    first = iam.get_service_last_accessed_details(JobId=made["job"])
    assert len(first["ServicesLastAccessed"]) == 100 and first["IsTruncated"]
    with refused("ValidationError", 400, "Invalid Marker."):
        iam.get_service_last_accessed_details(JobId=made["job"], Marker="nonsense")


def test_what_no_report_can_be_made_of(iam, account):
    iam_arn = f"arn:aws:iam::{ACCOUNT}:"
    for kind in ("user", "role", "group"):
        with refused("NoSuchEntity", 404, f"The {kind} with name absent cannot be found."):
            iam.generate_service_last_accessed_details(Arn=f"{iam_arn}{kind}/absent")
    with refused("NoSuchEntity", 404, f"Policy {iam_arn}policy/absent was not found."):
        iam.generate_service_last_accessed_details(Arn=f"{iam_arn}policy/absent")
    role = account.role()
    with refused("NoSuchEntity", 404):
        iam.generate_service_last_accessed_details(Arn=f"{iam_arn}role/path/{role}")
    unclear = "Invalid Entity Arn: {} does not clearly define entity type and name."
    for arn in (f"{iam_arn}root", f"{iam_arn}instance-profile/x", "arn:aws:s3:::a-bucket-of-mine", "x" * 20):
        with refused("InvalidInput", 400, unclear.format(arn)):
            iam.generate_service_last_accessed_details(Arn=arn)
    with refused("AccessDenied", 403):
        iam.generate_service_last_accessed_details(Arn="arn:aws:iam::999999999999:role/theirs")
    for get in (
        lambda: iam.get_service_last_accessed_details(JobId=ABSENT_JOB),
        lambda: iam.get_service_last_accessed_details_with_entities(JobId=ABSENT_JOB, ServiceNamespace="s3"),
        lambda: iam.get_organizations_access_report(JobId=ABSENT_JOB),
    ):
        with refused("NoSuchEntity", 404, f"The job with id {ABSENT_JOB} cannot be found."):
            get()


def test_a_report_is_its_askers(iam, account):
    document = policy(allow(["iam:GenerateServiceLastAccessedDetails", "iam:GetServiceLastAccessedDetails"]))
    asker, other = account.user(document), account.user(document)
    job = asker.iam.generate_service_last_accessed_details(Arn=asker.arn)["JobId"]
    assert asker.iam.get_service_last_accessed_details(JobId=job)["JobStatus"] == "COMPLETED"
    for stranger in (other.iam, iam):
        with refused("NoSuchEntity", 404):
            stranger.get_service_last_accessed_details(JobId=job)
    nobody = account.user(policy(allow("iam:Generate*", asker.arn)))
    nobody.iam.generate_service_last_accessed_details(Arn=asker.arn)
    with refused("AccessDenied", 403, has="iam:GenerateServiceLastAccessedDetails on resource: user "):
        nobody.iam.generate_service_last_accessed_details(Arn=other.arn)
    with refused("AccessDenied", 403, has="iam:GetServiceLastAccessedDetails"):
        nobody.iam.get_service_last_accessed_details(JobId=job)


def test_the_cli_fetches_a_report_after_a_crash(own_server, home):
    account = Account(own_server, As(own_server, own_server.administrator))
    role = account.role(policy(allow(["s3:GetObject", "sqs:*"])))
    aws = Cli.of(own_server, home)
    job = aws.json("iam", "generate-service-last-accessed-details", "--arn", role_arn(role))["JobId"]
    own_server.kill()
    own_server.restart()
    aws = Cli.of(own_server, home)
    shown = aws.json("iam", "get-service-last-accessed-details", "--job-id", job)
    assert [it["ServiceNamespace"] for it in shown["ServicesLastAccessed"]] == ["s3", "sqs"]
    entities = aws.json(
        "iam", "get-service-last-accessed-details-with-entities", "--job-id", job, "--service-namespace", "s3"
    )
    assert [it["EntityInfo"]["Name"] for it in entities["EntityDetailsList"]] == [role]
    granting = aws.json(
        "iam", "list-policies-granting-service-access", "--arn", role_arn(role), "--service-namespaces", "s3"
    )
    assert granting["PoliciesGrantingServiceAccess"][0]["Policies"][0]["PolicyName"] == "p"


def test_which_policies_give_access(iam, account, name):
    user = account.user(policy(allow(["s3:GetObject", "sqs:SendMessage"])))
    arn = iam.create_policy(PolicyName=name, PolicyDocument=policy(allow("s3:PutObject")))["Policy"]["Arn"]
    iam.create_group(GroupName=name)
    iam.put_group_policy(GroupName=name, PolicyName="g", PolicyDocument=policy(allow("s3:*"), deny("sqs:*")))
    iam.attach_group_policy(GroupName=name, PolicyArn=arn)
    iam.attach_user_policy(UserName=user.name, PolicyArn=arn)
    iam.add_user_to_group(GroupName=name, UserName=user.name)
    # A boundary gives nothing.
    iam.put_user_permissions_boundary(UserName=user.name, PermissionsBoundary=READ_ONLY)

    def granting(subject: str, *services: str) -> dict:
        answer = iam.list_policies_granting_service_access(Arn=subject, ServiceNamespaces=list(services))
        assert answer["IsTruncated"] is False
        return {it["ServiceNamespace"]: it["Policies"] for it in answer["PoliciesGrantingServiceAccess"]}

    managed = {"PolicyName": name, "PolicyType": "MANAGED", "PolicyArn": arn}
    own = {"PolicyName": "p", "PolicyType": "INLINE", "EntityType": "USER", "EntityName": user.name}
    of_group = {"PolicyName": "g", "PolicyType": "INLINE", "EntityType": "GROUP", "EntityName": name}
    assert granting(user.arn, "sqs", "s3", "ec2") == {"ec2": [], "s3": [managed, own, of_group], "sqs": [own]}
    assert granting(f"arn:aws:iam::{ACCOUNT}:group/{name}", "s3") == {"s3": [managed, of_group]}
    role = account.role()
    iam.attach_role_policy(RoleName=role, PolicyArn=READ_ONLY)
    assert [it["PolicyArn"] for it in granting(role_arn(role), "ec2")["ec2"]] == [READ_ONLY]
    with refused("InvalidInput", 400, has="does not clearly define entity type and name"):
        granting(arn, "s3")
    with refused("InvalidInput", 400, has="made-up"):
        granting(user.arn, "s3", "made-up")
    with refused("NoSuchEntity", 404):
        granting(f"arn:aws:iam::{ACCOUNT}:user/absent", "s3")
    with refused("AccessDenied", 403, has="iam:ListPoliciesGrantingServiceAccess"):
        user.iam.list_policies_granting_service_access(Arn=user.arn, ServiceNamespaces=["s3"])


def test_without_an_organization_there_is_no_report_on_it(iam, account):
    path = f"o-a1b2c3d4e5/r-f6g7h8i9j0example/{ACCOUNT}"
    with refused("OrganizationNotFoundException", has="no organization is associated with your account"):
        iam.generate_organizations_access_report(EntityPath=path)
    arn = f"arn:aws:iam::{ACCOUNT}:access-report/{path}"
    condition = {"StringEquals": {"iam:OrganizationsPolicyId": "p-abcdefgh"}}
    limited = account.user(policy(allow("iam:GenerateOrganizationsAccessReport", arn, Condition=condition)))
    with refused("AccessDenied", 403, has=arn):
        limited.iam.generate_organizations_access_report(EntityPath=path)
    with refused("OrganizationNotFoundException"):
        limited.iam.generate_organizations_access_report(EntityPath=path, OrganizationsPolicyId="p-abcdefgh")


def test_reports_are_recorded(admin, account):
    job = admin.iam.generate_service_last_accessed_details(Arn=role_arn(account.role()))["JobId"]
    admin.iam.get_service_last_accessed_details(JobId=job)
    events = admin.cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "GetServiceLastAccessedDetails"}]
    )["Events"]
    assert any(job in it["CloudTrailEvent"] for it in events)
    assert all(it["ReadOnly"] == "true" for it in events)
