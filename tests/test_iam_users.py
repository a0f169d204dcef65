"""Users and their access keys, for those who need them."""

import json
import re

import pytest

from support.clients import As, refused
from support.policies import allow, deny, policy, trust
from support.server import ACCOUNT, Credentials

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture
def iam(admin):
    return admin.iam


def test_the_life_of_a_user(iam, name):
    created = iam.create_user(UserName=name, Path="/team/", Tags=[{"Key": "k", "Value": "v"}])["User"]
    assert created["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/team/{name}"
    assert re.fullmatch(r"AIDA[A-Z2-7]{17}", created["UserId"])
    with refused("EntityAlreadyExists", 409, f"User with name {name} already exists."):
        iam.create_user(UserName=name)
    assert iam.list_user_tags(UserName=name)["Tags"] == [{"Key": "k", "Value": "v"}]
    iam.update_user(UserName=name, NewUserName=f"{name}-new", NewPath="/other/")
    user = iam.get_user(UserName=f"{name}-new")["User"]
    assert user["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/other/{name}-new"
    assert user["UserId"] == created["UserId"]
    with refused("NoSuchEntity", 404, f"The user with name {name} cannot be found."):
        iam.get_user(UserName=name)
    iam.delete_user(UserName=f"{name}-new")


def test_a_user_with_something_left_is_not_deleted(iam, name):
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(allow("*")))
    iam.attach_user_policy(UserName=name, PolicyArn=READ_ONLY)
    for remove in (
        lambda: iam.delete_access_key(UserName=name, AccessKeyId=key),
        lambda: iam.delete_user_policy(UserName=name, PolicyName="p"),
        lambda: iam.detach_user_policy(UserName=name, PolicyArn=READ_ONLY),
    ):
        with refused("DeleteConflict", 409):
            iam.delete_user(UserName=name)
        remove()
    iam.delete_user(UserName=name)


def test_the_life_of_an_access_key(server, iam, name):
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", key["AccessKeyId"])
    assert len(key["SecretAccessKey"]) == 40
    assert key["Status"] == "Active"
    listed = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
    assert [it["AccessKeyId"] for it in listed] == [key["AccessKeyId"]]
    assert "SecretAccessKey" not in listed[0]
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    assert used["UserName"] == name
    assert used["AccessKeyLastUsed"]["ServiceName"] == "N/A"

    user = As(server, Credentials.of(key))
    assert user.sts.get_caller_identity()["Arn"].endswith(f":user/{name}")
    iam.create_access_key(UserName=name)
    with refused("LimitExceeded", 409, "Cannot exceed quota for AccessKeysPerUser: 2"):
        iam.create_access_key(UserName=name)
    with refused("NoSuchEntity", 404):
        iam.delete_access_key(UserName=name, AccessKeyId="AKIAIOSFODNN7EXAMPLE")


def test_a_user_without_policies_may_nothing(account):
    user = account.user()
    with refused(
        "AccessDenied", 403,
        f"User: {user.arn} is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::{ACCOUNT}:user/ "
        "because no identity-based policy allows the iam:ListUsers action",
    ):
        user.iam.list_users()
    with refused(
        "AccessDenied", 403,
        f"User: {user.arn} is not authorized to perform: iam:GetUser on resource: user {user.name} "
        "because no identity-based policy allows the iam:GetUser action",
    ):
        user.iam.get_user()


def test_an_explicit_deny_wins_and_a_managed_one_is_named(account, iam, name):
    arn = iam.create_policy(PolicyName=name, PolicyDocument=policy(deny("iam:ListUsers")))["Policy"]["Arn"]
    user = account.user(policy(allow("*")))
    user.iam.list_users()
    iam.attach_user_policy(UserName=user.name, PolicyArn=arn)
    with refused(
        "AccessDenied", 403,
        f"User: {user.arn} is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::{ACCOUNT}:user/ "
        f"with an explicit deny in an identity-based policy, with policy ARN: {arn}",
    ):
        user.iam.list_users()


def test_a_boundary_holds_a_user(account, iam, name):
    boundary = iam.create_policy(PolicyName=name, PolicyDocument=policy(allow("iam:List*")))["Policy"]["Arn"]
    user = account.user(policy(allow("*")), PermissionsBoundary=boundary)
    user.iam.list_users()
    with refused(
        "AccessDenied", 403,
        has="because no permissions boundary allows the iam:CreateUser action",
    ):
        user.iam.create_user(UserName=f"{name}-other")
    iam.delete_user_permissions_boundary(UserName=user.name)
    user.iam.create_user(UserName=f"{name}-other")


def test_variables_in_a_policy_are_the_caller(account):
    user = account.user(policy(allow("iam:GetUser", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}")))
    user.iam.get_user(UserName=user.name)
    with refused("AccessDenied", 403):
        user.iam.get_user(UserName=account.user().name)


def test_a_user_of_the_same_name_is_somebody_else(account, iam, name):
    first = iam.create_user(UserName=name)["User"]
    role = account.role(trusted=trust(first["Arn"]))
    iam.delete_user(UserName=name)
    shown = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
    assert shown == {"AWS": first["UserId"]}
    iam.create_user(UserName=name)
    key = Credentials.of(iam.create_access_key(UserName=name)["AccessKey"])
    with refused("AccessDenied", 403):
        account.session(role, caller=As(account.server, key))


def test_the_secret_key_is_not_in_the_trail(account, admin):
    user = account.user()
    events = admin.cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateAccessKey"}]
    )["Events"]
    records = [json.loads(it["CloudTrailEvent"]) for it in events]
    mine = next(it for it in records if it["requestParameters"]["userName"] == user.name)
    assert mine["responseElements"]["accessKey"]["accessKeyId"] == user.credentials.access_key
    assert user.credentials.secret_key not in json.dumps(records)


def test_an_inline_policy_is_read_as_it_was_written(admin, account):
    document = policy(allow("s3:GetObject"))
    user = account.user(document)
    answer = admin.iam.get_user_policy(UserName=user.name, PolicyName="p")
    assert (answer["UserName"], answer["PolicyName"]) == (user.name, "p")
    assert answer["PolicyDocument"] == json.loads(document)
    with refused("NoSuchEntity", 404, "The user policy with name q cannot be found."):
        admin.iam.get_user_policy(UserName=user.name, PolicyName="q")
    with refused("AccessDenied", 403):
        user.iam.get_user_policy(UserName=user.name, PolicyName="p")
