"""Roles and buckets of another account: both sides decide, and both have a record."""

import json
import os

import pytest

from support.clients import As, refused
from support.organization import Organization, by_arn, events, management_root
from support.policies import allow, deny, policy, trust
from support.server import ACCOUNT, REGION

TASK = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"


@pytest.fixture
def organization(own_server) -> Organization:
    return Organization(own_server)


@pytest.fixture
def pair(organization):
    """Two accounts that have nothing to do with each other any more."""
    accounts = organization.account("one"), organization.account("other")
    for account in accounts:
        organization.api.remove_account_from_organization(AccountId=account.id)
    return accounts


def data_events(server) -> list[dict]:
    """What the trail has of objects, in order."""
    return [json.loads(line) for path in sorted((server.data / "trail" / "data").iterdir())
            for line in path.read_text().splitlines()]


def assume(role: str) -> str:
    return policy(allow("sts:AssumeRole", role))


def not_authorized(caller: str, role: str):
    return refused(
        "AccessDenied", 403, f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role}"
    )


def test_both_sides_must_allow(pair, own_server):
    home, away = pair
    role = f"arn:aws:iam::{away.id}:role/app"
    silent, willing = home.user("silent"), home.user("willing", assume(role))
    for trusted in (silent.arn, f"arn:aws:iam::{home.id}:root", home.id):
        away.role("app", trust(trusted))
        # Even named by the trust policy, a caller of another account needs its own permission.
        with not_authorized(silent.arn, role):
            silent.sts.assume_role(RoleArn=role, RoleSessionName="session")
        if trusted == silent.arn:
            with not_authorized(willing.arn, role):
                willing.sts.assume_role(RoleArn=role, RoleSessionName="session")
        else:
            session = by_arn(own_server, willing, role)
            identity = session.sts.get_caller_identity()
            assert (identity["Account"], identity["Arn"]) == (away.id, f"arn:aws:sts::{away.id}:assumed-role/app/session")
        away.iam.delete_role_policy(RoleName="app", PolicyName="p")
        away.iam.delete_role(RoleName="app")
    with not_authorized(willing.arn, role):
        willing.sts.assume_role(RoleArn=role, RoleSessionName="session")


def test_a_deny_on_either_side_wins(pair, own_server):
    home, away = pair
    role = away.role("app", trust(home.id))
    user = home.user("ann", policy(allow("*")))
    by_arn(own_server, user, role)
    home.iam.put_user_policy(UserName="ann", PolicyName="no", PolicyDocument=policy(deny("sts:AssumeRole", role)))
    with not_authorized(user.arn, role):
        user.sts.assume_role(RoleArn=role, RoleSessionName="session")
    home.iam.delete_user_policy(UserName="ann", PolicyName="no")
    by_arn(own_server, user, role)
    statements = json.loads(trust(home.id))["Statement"]
    refusing = {"Effect": "Deny", "Principal": {"AWS": user.arn}, "Action": "sts:AssumeRole"}
    away.iam.update_assume_role_policy(RoleName="app", PolicyDocument=policy(*statements, refusing))
    with not_authorized(user.arn, role):
        user.sts.assume_role(RoleArn=role, RoleSessionName="session")


def test_a_confused_deputy_is_stopped_by_the_external_id(pair, own_server):
    vendor, customer = pair
    condition = {"StringEquals": {"sts:ExternalId": "customer-7"}}
    role = customer.role("vendor", trust(vendor.id, condition=condition))
    deputy = vendor.user("deputy", assume("*"))
    for external in ({}, {"ExternalId": "customer-8"}, {"ExternalId": "CUSTOMER-7"}):
        with not_authorized(deputy.arn, role):
            deputy.sts.assume_role(RoleArn=role, RoleSessionName="session", **external)
    by_arn(own_server, deputy, role, ExternalId="customer-7")


def test_tags_and_source_identity_need_both_sides(pair, own_server):
    home, away = pair
    role = away.role("app", trust(home.id, action=["sts:AssumeRole", "sts:SetSourceIdentity"]))
    user = home.user("ann", policy(allow(["sts:AssumeRole", "sts:TagSession"], role)))
    by_arn(own_server, user, role)
    for action, option in (
        ("sts:TagSession", {"Tags": [{"Key": "a", "Value": "b"}]}), ("sts:SetSourceIdentity", {"SourceIdentity": "ann"}),
    ):
        with refused("AccessDenied", 403, f"User: {user.arn} is not authorized to perform: {action} on resource: {role}"):
            user.sts.assume_role(RoleArn=role, RoleSessionName="session", **option)


def test_each_account_has_its_own_record_of_it(pair, own_server):
    home, away = pair
    role = away.role("app", trust(home.id))
    user = home.user("ann", assume(role))
    answer = user.sts.assume_role(RoleArn=role, RoleSessionName="job")
    caller_id = user.sts.get_caller_identity()["UserId"]
    mine = [it for it in events(home, "AssumeRole") if it["requestParameters"]["roleArn"] == role]
    theirs = [it for it in events(away, "AssumeRole") if it["requestParameters"]["roleArn"] == role]
    assert len(mine) == len(theirs) == 1
    mine, theirs = mine[0], theirs[0]
    assert mine["recipientAccountId"] == home.id and theirs["recipientAccountId"] == away.id
    assert mine["userIdentity"]["arn"] == user.arn and mine["userIdentity"]["type"] == "IAMUser"
    # The other account is not told who exactly it was.
    assert theirs["userIdentity"] == {"type": "AWSAccount", "principalId": caller_id, "accountId": home.id}
    assert mine["sharedEventID"] == theirs["sharedEventID"]
    assert mine["eventID"] != theirs["eventID"] and mine["requestID"] == theirs["requestID"]
    key = answer["Credentials"]["AccessKeyId"]
    for record in (mine, theirs):
        assert record["responseElements"]["credentials"]["accessKeyId"] == key
        assert record["resources"] == [{"accountId": away.id, "type": "AWS::IAM::Role", "ARN": role}]
    # Within one account there is one record, and nothing to share.
    by_arn(own_server, away, away.role("own", trust(away.id)))
    own = [it for it in events(away, "AssumeRole") if it["requestParameters"]["roleArn"].endswith("/own")]
    assert len(own) == 1 and "sharedEventID" not in own[0]


def test_nobody_finds_another_accounts_events(pair):
    home, away = pair
    home.user("secret-name")
    assert events(home, "CreateUser")
    assert events(away, "CreateUser") == []
    found = away.cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": "secret-name"}]
    )["Events"]
    assert found == []


def test_a_refused_call_leaves_nothing_in_the_account_that_it_names(pair):
    home, away = pair
    role = away.role("app", trust(away.id))
    user = home.user("ann", assume("*"))
    for target in (role, f"arn:aws:iam::{away.id}:role/nobody"):
        with not_authorized(user.arn, target):
            user.sts.assume_role(RoleArn=target, RoleSessionName="job")
        mine, = [it for it in events(home, "AssumeRole") if it["requestParameters"]["roleArn"] == target]
        assert mine["errorCode"] == "AccessDenied" and "sharedEventID" not in mine
    with refused("AccessDenied", 403):
        home.sts.assume_root(TargetPrincipal=away.id, TaskPolicyArn={"arn": TASK})
    assert [it["errorCode"] for it in events(home, "AssumeRoot")] == ["AccessDenied"]
    named = [it for name in ("AssumeRole", "AssumeRoot") for it in events(away, name)]
    assert [it for it in named if it["userIdentity"].get("accountId") == home.id] == []


def test_a_role_of_an_account_that_is_not_here_leaves_one_record(pair, own_server):
    home, _ = pair
    role = "arn:aws:iam::999999999999:role/app"
    user = home.user("ann", assume(role))
    with not_authorized(user.arn, role):
        user.sts.assume_role(RoleArn=role, RoleSessionName="session")
    record, = [it for it in events(home, "AssumeRole") if it["requestParameters"]["roleArn"] == role]
    assert record["errorCode"] == "AccessDenied" and "sharedEventID" not in record


def test_a_trusted_user_that_is_made_again_is_a_stranger(pair):
    home, away = pair
    role = f"arn:aws:iam::{away.id}:role/app"
    user = home.user("ann", assume(role))
    away.role("app", trust(user.arn))
    user.sts.assume_role(RoleArn=role, RoleSessionName="session")
    home.iam.delete_access_key(UserName="ann", AccessKeyId=user.credentials.access_key)
    home.iam.delete_user_policy(UserName="ann", PolicyName="p")
    home.iam.delete_user(UserName="ann")
    again = home.user("ann", assume(role))
    with not_authorized(again.arn, role):
        again.sts.assume_role(RoleArn=role, RoleSessionName="session")
    with refused("MalformedPolicyDocument", 400):
        away.role("bad", trust(f"arn:aws:iam::{home.id}:user/nobody"))


def test_buckets_of_another_account(pair, own_server):
    home, away = pair
    user = home.user("ann")
    bucket = f"b-{os.urandom(5).hex()}"
    away.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    away.s3.put_object(Bucket=bucket, Key="k", Body=b"theirs")
    objects = f"arn:aws:s3:::{bucket}/*"

    def get() -> bytes:
        return user.s3.get_object(Bucket=bucket, Key="k")["Body"].read()

    grant = {"Effect": "Allow", "Principal": {"AWS": user.arn}, "Action": "s3:GetObject", "Resource": objects}
    home.iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=policy(allow("s3:GetObject", objects)))
    with refused("AccessDenied", 403, "Access Denied"):
        get()
    away.s3.put_bucket_policy(Bucket=bucket, Policy=policy(grant))
    assert get() == b"theirs"
    home.iam.delete_user_policy(UserName="ann", PolicyName="p")
    with refused("AccessDenied", 403, "Access Denied"):
        get()
    asked = [it for it in data_events(own_server) if it["eventName"] == "GetObject"]
    # Whose bucket it is learns of those who were turned away, too.
    for account in pair:
        codes = [it.get("errorCode") for it in asked if it["recipientAccountId"] == account.id]
        assert codes == ["AccessDenied", None, "AccessDenied"]
    reads = [it for it in asked if "errorCode" not in it]
    assert {it["recipientAccountId"] for it in reads} == {home.id, away.id}
    mine, = (it for it in reads if it["recipientAccountId"] == home.id)
    theirs, = (it for it in reads if it["recipientAccountId"] == away.id)
    assert mine["userIdentity"]["arn"] == user.arn
    assert theirs["userIdentity"]["type"] == "AWSAccount" and theirs["userIdentity"]["accountId"] == home.id
    assert mine["sharedEventID"] == theirs["sharedEventID"]


def test_what_strangers_do_to_a_bucket_is_its_owners_event(pair, own_server):
    _, away = pair
    bucket, key = f"b-{os.urandom(5).hex()}", "k"
    away.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    away.s3.put_object(Bucket=bucket, Key=key, Body=b"open")
    stranger = As(own_server, None)
    with refused("AccessDenied", 403):
        stranger.s3.get_object(Bucket=bucket, Key=key)
    away.s3.delete_public_access_block(Bucket=bucket)
    away.s3.put_bucket_policy(Bucket=bucket, Policy=policy(
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    ))
    assert stranger.s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"open"
    with refused("AccessDenied", 403):
        stranger.s3.get_bucket_policy(Bucket=bucket)
    # What is not there is nobody's.
    for attempt in (
        lambda: stranger.s3.get_object(Bucket=f"{bucket}-none", Key=key),
        lambda: stranger.s3.get_bucket_policy(Bucket=f"{bucket}-none"),
        lambda: stranger.s3.list_buckets(),
    ):
        with refused("AccessDenied", 403):
            attempt()
    managed = [json.loads(line) for path in (own_server.data / "trail" / "management").glob("*.jsonl")
               for line in path.read_text().splitlines()]
    nobodys = [it for it in managed + data_events(own_server) if it["userIdentity"].get("accountId") == "anonymous"]
    assert {it["recipientAccountId"] for it in nobodys} == {away.id}
    assert [(it["eventName"], it.get("errorCode")) for it in nobodys] == [
        ("GetBucketPolicy", "AccessDenied"), ("GetObject", "AccessDenied"), ("GetObject", None),
    ]


def test_roles_of_one_name_in_two_accounts_are_two(pair, own_server):
    home, away = pair
    roles = [
        home.role("app", trust(home.id), policy(allow("iam:ListUsers"))),
        away.role("app", trust(away.id), policy(allow("iam:ListRoles"))),
    ]
    sessions = [by_arn(own_server, account, role) for account, role in zip(pair, roles)]
    for session, account, may, may_not in (
        (sessions[0], home, "list_users", "list_roles"), (sessions[1], away, "list_roles", "list_users"),
    ):
        assert session.sts.get_caller_identity()["Account"] == account.id
        getattr(session.iam, may)()
        with refused("AccessDenied", 403):
            getattr(session.iam, may_not)()
    # What happens to one leaves the other alone.
    home.iam.delete_role_policy(RoleName="app", PolicyName="p")
    home.iam.delete_role(RoleName="app")
    with refused("InvalidClientTokenId", 403):
        sessions[0].sts.get_caller_identity()
    sessions[1].iam.list_roles()


def test_entities_of_another_account_are_out_of_reach(pair):
    home, away = pair
    home.iam.create_policy(PolicyName="own", PolicyDocument=policy(allow("*")))
    arn = f"arn:aws:iam::{home.id}:policy/own"
    away.user("ann")
    with refused("NoSuchEntity", 404):
        away.iam.attach_user_policy(UserName="ann", PolicyArn=arn)
    with refused("AccessDenied", 403):
        away.iam.get_policy(PolicyArn=arn)
    with refused("NoSuchEntity", 404):
        away.iam.get_role(RoleName="Administrator")
    assert [it["UserName"] for it in home.iam.list_users()["Users"]] == []


def test_the_local_socket_reaches_member_accounts(organization, own_server):
    member = organization.account()
    credentials = own_server.credentials("--role-arn", member.role_arn)
    assert As(own_server, credentials).sts.get_caller_identity()["Account"] == member.id
    assert management_root() == f"arn:aws:iam::{ACCOUNT}:root"
