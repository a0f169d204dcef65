"""The sessions of users: GetSessionToken, GetFederationToken, GetAccessKeyInfo."""

import datetime
import json

import pytest

from support import raw
from support.aws_cli import Cli
from support.clients import As, refused
from support.policies import allow, deny, policy, trust
from support.principals import role_arn
from support.server import ACCOUNT, Credentials
from support.totp import Device

INVALID = ("InvalidClientTokenId", 403, "The security token included in the request is invalid")


def own(user: As, **options) -> As:
    """A session of a user's own."""
    made = As(user._server, Credentials.of(user.sts.get_session_token(**options)["Credentials"]))
    made.arn = user.arn
    return made


def federated(user: As, name: str = "guest", **options) -> As:
    """A session for somebody else."""
    answer = user.sts.get_federation_token(Name=name, **options)
    made = As(user._server, Credentials.of(answer["Credentials"]))
    made.answer, made.arn = answer, f"arn:aws:sts::{ACCOUNT}:federated-user/{name}"
    return made


def without(operation: str) -> tuple:
    return "AccessDenied", 403, f"Cannot call {operation} with session credentials"


def put(bucket: str) -> dict:
    return {"Bucket": bucket, "Key": "k", "Body": b"x"}


def test_the_answer_of_get_session_token(account):
    user = account.user(Path="/people/")
    credentials = user.sts.get_session_token()["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA")
    left = credentials["Expiration"] - datetime.datetime.now(datetime.UTC)
    assert 43190 <= left.total_seconds() <= 43200
    session = As(account.server, Credentials.of(credentials))
    told = session.sts.get_caller_identity()
    assert {key: told[key] for key in ("UserId", "Account", "Arn")} == {
        key: user.sts.get_caller_identity()[key] for key in ("UserId", "Account", "Arn")
    }
    assert told["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/people/{user.name}"


def test_the_answer_of_get_federation_token(account):
    user = account.user(policy(allow("sts:GetFederationToken")))
    answer = user.sts.get_federation_token(Name="Bob.B", DurationSeconds=900)
    assert answer["FederatedUser"] == {
        "FederatedUserId": f"{ACCOUNT}:Bob.B", "Arn": f"arn:aws:sts::{ACCOUNT}:federated-user/Bob.B",
    }
    assert answer["PackedPolicySize"] == 0
    left = answer["Credentials"]["Expiration"] - datetime.datetime.now(datetime.UTC)
    assert 890 <= left.total_seconds() <= 900
    told = As(account.server, Credentials.of(answer["Credentials"])).sts.get_caller_identity()
    assert (told["UserId"], told["Arn"]) == tuple(answer["FederatedUser"].values())
    packed = user.sts.get_federation_token(Name="Bob.B", Policy=policy(allow("*")))
    assert 1 <= packed["PackedPolicySize"] <= 100


def test_the_cli_gets_both(server, account, home):
    user = account.user(policy(allow("sts:*"), allow("s3:ListAllMyBuckets")))
    aws = Cli.of(server, home, user.credentials)
    session = Cli.of(server, home, Credentials.of(aws.json("sts", "get-session-token")["Credentials"]))
    assert session.json("sts", "get-caller-identity")["Arn"] == user.arn
    session("s3api", "list-buckets")
    assert "(InvalidClientTokenId)" in session.fails("iam", "get-user")
    answer = aws.json("sts", "get-federation-token", "--name", "guest", "--policy", policy(allow("s3:*")))
    guest = Cli.of(server, home, Credentials.of(answer["Credentials"]))
    assert guest.json("sts", "get-caller-identity")["UserId"] == f"{ACCOUNT}:guest"
    guest("s3api", "list-buckets")
    assert "(InvalidClientTokenId)" in guest.fails("iam", "get-user")
    info = aws.json("sts", "get-access-key-info", "--access-key-id", answer["Credentials"]["AccessKeyId"])
    assert info == {"Account": ACCOUNT}


def test_a_users_session_has_the_users_rights_as_they_are_now(account, bucket):
    user = account.user(policy(allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*")))
    session = own(user)
    session.s3.put_object(**put(bucket))
    account.admin.iam.delete_user_policy(UserName=user.name, PolicyName="p")
    with refused("AccessDenied", 403, has=f"User: {user.arn} is not authorized to perform: s3:PutObject"):
        session.s3.put_object(**put(bucket))


def test_users_sessions_make_no_others(account):
    user = account.user(policy(allow("*")))
    device = Device.of(account.admin.iam, user.name)
    strong = own(user, SerialNumber=device.serial, TokenCode=device.fresh())
    for session in (own(user), strong, federated(user, Policy=policy(allow("*")))):
        with refused(*without("GetSessionToken")):
            session.sts.get_session_token()
        with refused(*without("GetFederationToken")):
            session.sts.get_federation_token(Name="other", Policy=policy(allow("*")))
        with refused(*without("GetAccessKeyInfo")):
            session.sts.get_access_key_info(AccessKeyId=user.credentials.access_key)
    role = account.session_with(policy(allow("*")))
    with refused(*without("GetSessionToken")):
        role.sts.get_session_token()
    with refused(*without("GetFederationToken")):
        role.sts.get_federation_token(Name="other")
    role.sts.get_access_key_info(AccessKeyId=user.credentials.access_key)


def test_iam_wants_a_second_factor_of_a_session_and_nothing_of_a_federated_one(account):
    user = account.user(policy(allow("iam:*"), allow("sts:*")))
    device = Device.of(account.admin.iam, user.name)
    strong = own(user, SerialNumber=device.serial, TokenCode=device.fresh())
    assert strong.iam.get_user()["User"]["UserName"] == user.name
    with refused(*INVALID):
        own(user).iam.get_user()
    with refused(*INVALID):
        federated(user, Policy=policy(allow("*"))).iam.get_user(UserName=user.name)


def test_a_users_session_assumes_roles_and_is_no_link_of_a_chain(account):
    user = account.user()
    role = account.role(policy(allow("sts:AssumeRole")), trusted=trust(user.arn), MaxSessionDuration=43200)
    session = account.session(role, caller=own(user), DurationSeconds=43200)
    with refused("ValidationError", 400, has="1 hour session limit for roles assumed by role chaining"):
        account.session(account.role(MaxSessionDuration=43200), caller=session, DurationSeconds=43200)
    guest = federated(account.user(policy(allow("*"))), Policy=policy(allow("*")))
    with refused(*without("AssumeRole")):
        account.session(account.role(), caller=guest)


class TestFederatedPermissions:
    def test_are_those_of_the_user_within_the_session_policies(self, account, bucket):
        objects = f"arn:aws:s3:::{bucket}/*"
        user = account.user(policy(allow("sts:GetFederationToken"), allow(["s3:PutObject", "s3:GetObject"], objects)))
        session = federated(user, Policy=policy(allow(["s3:GetObject", "s3:DeleteObject"], objects)))
        user.s3.put_object(**put(bucket))
        assert session.s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
        with refused("AccessDenied", 403, has="because no session policy allows the s3:PutObject action"):
            session.s3.put_object(**put(bucket))
        with refused("AccessDenied", 403, has="because no identity-based policy allows the s3:DeleteObject action"):
            session.s3.delete_object(Bucket=bucket, Key="k")
        # What is taken from the user is taken from the session.
        account.admin.iam.put_user_policy(
            UserName=user.name, PolicyName="revoked", PolicyDocument=policy(deny("s3:*"))
        )
        with refused("AccessDenied", 403, has="with an explicit deny in an identity-based policy"):
            session.s3.get_object(Bucket=bucket, Key="k")

    def test_managed_policies_narrow_as_well(self, account, bucket, name):
        user = account.user(policy(allow("*")))
        only = account.admin.iam.create_policy(PolicyName=name, PolicyDocument=policy(allow("s3:PutObject")))
        session = federated(user, PolicyArns=[{"arn": only["Policy"]["Arn"]}])
        session.s3.put_object(**put(bucket))
        with refused("AccessDenied", 403):
            session.s3.get_object(Bucket=bucket, Key="k")
        with refused("InvalidParameterValue", 400):
            federated(user, PolicyArns=[{"arn": f"arn:aws:iam::{ACCOUNT}:policy/there-is-none"}])

    def test_without_a_policy_there_is_what_resources_grant(self, account, admin, bucket):
        user = account.user(policy(allow("*")))
        session = federated(user, "only")
        with refused("AccessDenied", 403, has="because no session policy allows the s3:PutObject action"):
            session.s3.put_object(**put(bucket))
        statement = {"Principal": {"AWS": session.arn}, **allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*")}
        admin.s3.put_bucket_policy(Bucket=bucket, Policy=policy(statement))
        session.s3.put_object(**put(bucket))
        with refused("AccessDenied", 403):
            federated(user, "another").s3.put_object(**put(bucket))

    def test_a_grant_to_the_user_is_not_one_to_its_federated_users(self, account, admin, bucket):
        user = account.user(policy(allow("sts:GetFederationToken")))
        statement = {"Principal": {"AWS": user.arn}, **allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*")}
        admin.s3.put_bucket_policy(Bucket=bucket, Policy=policy(statement))
        user.s3.put_object(**put(bucket))
        own(user).s3.put_object(**put(bucket))
        with refused("AccessDenied", 403):
            federated(user).s3.put_object(**put(bucket))
        federated(user, Policy=policy(allow("s3:PutObject"))).s3.put_object(**put(bucket))


def test_a_trust_policy_names_no_federated_user(account):
    user = account.user(policy(allow("*")))
    guest = federated(user, Policy=policy(allow("*")))
    with refused(*without("AssumeRole")):
        account.session(account.role(trusted=trust(user.arn)), caller=guest)


@pytest.mark.parametrize("key, of_user, of_guest", [
    ("aws:username", "{name}", None),
    ("aws:userid", "{id}", f"{ACCOUNT}:guest"),
    ("aws:PrincipalType", "User", "FederatedUser"),
    ("aws:PrincipalArn", "{arn}", f"arn:aws:sts::{ACCOUNT}:federated-user/guest"),
    ("aws:PrincipalTag/team", "a", "b"),
    ("aws:PrincipalTag/kept", "yes", "yes"),
    ("aws:MultiFactorAuthPresent", "false", None),
])
def test_what_policies_see_of_the_sessions(account, bucket, key, of_user, of_guest):
    user = account.user(Tags=[{"Key": "team", "Value": "a"}, {"Key": "kept", "Value": "yes"}])
    identity = user.sts.get_caller_identity()
    values = {"name": user.name, "id": identity["UserId"], "arn": identity["Arn"]}
    account.admin.iam.put_user_policy(
        UserName=user.name, PolicyName="p", PolicyDocument=policy(allow(["sts:*", "s3:*"]))
    )
    sessions = (
        (own(user), of_user and of_user.format(**values)),
        (federated(user, Policy=policy(allow("s3:*")), Tags=[{"Key": "Team", "Value": "b"}]), of_guest),
    )
    for session, expected in sessions:
        condition = {"Null": {key: "true"}} if expected is None else {"StringEquals": {key: expected}}
        for document, allowed in (
            (policy(allow("sts:*"), allow("s3:*", Condition=condition)), True),
            (policy(allow(["sts:*", "s3:*"]), deny("s3:*", Condition=condition)), False),
        ):
            account.admin.iam.put_user_policy(UserName=user.name, PolicyName="p", PolicyDocument=document)
            if allowed:
                session.s3.put_object(**put(bucket))
            else:
                with refused("AccessDenied", 403):
                    session.s3.put_object(**put(bucket))


def test_older_sessions_of_a_user_are_revoked_by_the_documented_policy(account, bucket):
    user = account.user(policy(allow("*")))
    sessions = [own(user), federated(user, Policy=policy(allow("s3:*")))]
    for session in sessions:
        session.s3.put_object(**put(bucket))
    later = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    account.admin.iam.put_user_policy(
        UserName=user.name, PolicyName="AWSRevokeOlderSessions",
        PolicyDocument=policy(deny("*", Condition={"DateLessThan": {"aws:TokenIssueTime": later}})),
    )
    for session in sessions:
        with refused("AccessDenied", 403):
            session.s3.put_object(**put(bucket))
    # A long-term key has no such time.
    user.s3.put_object(**put(bucket))


def test_sessions_die_with_their_user_and_outlive_its_key(account):
    user = account.user(policy(allow("sts:GetFederationToken")))
    sessions = [own(user), federated(user)]
    iam, key = account.admin.iam, user.credentials.access_key
    iam.update_access_key(UserName=user.name, AccessKeyId=key, Status="Inactive")
    with refused(*INVALID):
        user.sts.get_caller_identity()
    for session in sessions:
        session.sts.get_caller_identity()
    iam.delete_access_key(UserName=user.name, AccessKeyId=key)
    iam.delete_user_policy(UserName=user.name, PolicyName="p")
    iam.delete_user(UserName=user.name)
    iam.create_user(UserName=user.name)
    for session in sessions:
        with refused(*INVALID):
            session.sts.get_caller_identity()


def test_sessions_outlive_a_restart(own_server):
    admin = As(own_server, own_server.administrator)
    admin.iam.create_user(UserName="ann")
    key = admin.iam.create_access_key(UserName="ann")["AccessKey"]
    session = own_of(As(own_server, Credentials.of(key)))
    own_server.kill()
    own_server.restart()
    assert As(own_server, session).sts.get_caller_identity()["Arn"].endswith(":user/ann")


def own_of(user: As) -> Credentials:
    return Credentials.of(user.sts.get_session_token()["Credentials"])


@pytest.mark.parametrize("action, parameters, text", [
    ("GetSessionToken", {"DurationSeconds": "899"}, "'durationSeconds' failed to satisfy constraint: "
     "Member must have value greater than or equal to 900"),
    ("GetSessionToken", {"DurationSeconds": "129601"}, "Member must have value less than or equal to 129600"),
    ("GetSessionToken", {"SerialNumber": "short"}, "Member must have length greater than or equal to 9"),
    ("GetFederationToken", {}, "'name' failed to satisfy constraint: Member must not be null"),
    ("GetFederationToken", {"Name": "x"}, "Member must have length greater than or equal to 2"),
    ("GetFederationToken", {"Name": "x" * 33}, "Member must have length less than or equal to 32"),
    ("GetFederationToken", {"Name": "a/b"}, "Member must satisfy regular expression pattern"),
    ("GetAccessKeyInfo", {"AccessKeyId": "AKIA"}, "Member must have length greater than or equal to 16"),
])
def test_what_the_model_forbids_is_refused(server, account, action, parameters, text):
    user = account.user(policy(allow("*")))
    answer = raw.sts(server, action, user.credentials, **parameters)
    assert answer.status == 400 and b"<Code>ValidationError</Code>" in answer.body
    assert text.replace("'", "&apos;").encode() in answer.body or text.encode() in answer.body, answer.body


def test_policies_and_tags_of_a_federated_user_are_checked(account):
    user = account.user(policy(allow("*")))
    with refused("MalformedPolicyDocument", 400):
        federated(user, Policy="{}x")
    with refused("InvalidParameterValue", 400, "Duplicate tag keys found. Please note that Tag keys are case insensitive."):
        federated(user, Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])
    denier = account.user(policy(allow("sts:GetFederationToken"), deny("sts:TagSession")))
    with refused(
        "AccessDenied", 403,
        f"User: {denier.arn} is not authorized to perform: sts:TagSession on resource: "
        f"arn:aws:sts::{ACCOUNT}:federated-user/guest",
    ):
        federated(denier, Tags=[{"Key": "a", "Value": "1"}])


def test_records_tell_who_it_is(admin, account, bucket):
    user = account.user(policy(allow("*")))
    guest = federated(user, "recorded", Policy=policy(allow("*")))
    guest.sts.get_caller_identity()
    key = guest.credentials.access_key
    events = admin.cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "AccessKeyId", "AttributeValue": key}]
    )["Events"]
    assert [it["Username"] for it in events] == ["recorded"]
    identity = json.loads(events[0]["CloudTrailEvent"])["userIdentity"]
    assert identity["type"] == "FederatedUser"
    assert identity["arn"] == guest.arn
    assert identity["sessionContext"]["sessionIssuer"]["userName"] == user.name
    issued = admin.cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": guest.arn}]
    )["Events"]
    record = json.loads(issued[0]["CloudTrailEvent"])
    assert record["eventName"] == "GetFederationToken" and record["readOnly"] is True
    assert record["requestParameters"]["name"] == "recorded"
    assert record["responseElements"]["credentials"]["accessKeyId"] == key
    assert record["responseElements"]["federatedUser"]["arn"] == guest.arn
    assert guest.credentials.secret_key not in json.dumps(record)
