"""When roles and access keys were last used."""

import datetime
import json

import pytest
from botocore.exceptions import WaiterError

from support.aws_cli import Cli
from support.clients import As, refused
from support.policies import allow, policy
from support.principals import Account
from support.raw import query
from support.server import REGION, Credentials

NEVER = {"ServiceName": "N/A", "Region": "N/A"}


@pytest.fixture
def iam(admin):
    return admin.iam


def key_used(iam, principal) -> dict:
    answer = iam.get_access_key_last_used(AccessKeyId=principal.credentials.access_key)
    assert answer["UserName"] == principal.name
    return answer["AccessKeyLastUsed"]


def role_used(iam, role: str) -> dict:
    return iam.get_role(RoleName=role)["Role"]["RoleLastUsed"]


def is_recent(moment: datetime.datetime) -> bool:
    age = datetime.datetime.now(datetime.timezone.utc) - moment
    return datetime.timedelta(seconds=-2) < age < datetime.timedelta(minutes=5)


def test_a_key_tells_the_service_and_region_of_its_last_request(iam, account):
    user = account.user(policy(allow("s3:ListAllMyBuckets")))
    assert key_used(iam, user) == NEVER
    user.sts.get_caller_identity()
    used = key_used(iam, user)
    assert (used["ServiceName"], used["Region"]) == ("sts", REGION)
    assert is_recent(used["LastUsedDate"])
    # Refused, and used all the same. IAM is in one region.
    with refused("AccessDenied"):
        user.iam.list_users()
    used = key_used(iam, user)
    assert (used["ServiceName"], used["Region"]) == ("iam", "us-east-1")
    user.s3.list_buckets()
    assert key_used(iam, user)["ServiceName"] == "s3"


def test_a_signature_that_does_not_hold_is_no_use(iam, account, server):
    user = account.user(policy(allow("*")))
    key = user.credentials
    impostor = As(server, Credentials(key.access_key, "x" * 40))
    with refused("SignatureDoesNotMatch"):
        impostor.sts.get_caller_identity()
    assert key_used(iam, user) == NEVER


def test_an_operation_that_does_not_exist_is_no_use(iam, account, server):
    user = account.user(policy(allow("*")))
    answer = query(server, "iam", {"Action": "MadeUp", "Version": "2010-05-08"}, user.credentials)
    assert answer.code == "InvalidAction"
    assert key_used(iam, user) == NEVER


def test_a_role_is_used_when_a_session_of_it_asks_for_something(iam, account):
    role = account.role(policy(allow("sts:GetCallerIdentity")))
    assert role_used(iam, role) == {}
    session = account.session(role)
    # That somebody assumed it is their request.
    assert role_used(iam, role) == {}
    session.sts.get_caller_identity()
    used = role_used(iam, role)
    assert used["Region"] == REGION and is_recent(used["LastUsedDate"])
    with refused("AccessDenied"):
        session.iam.list_users()
    assert role_used(iam, role)["Region"] == "us-east-1"
    listed = [it for page in iam.get_paginator("list_roles").paginate() for it in page["Roles"]]
    assert all("RoleLastUsed" not in it for it in listed)


def test_a_key_of_nobody_known_is_refused(iam, account):
    with refused("NoSuchEntity", 404):
        iam.get_access_key_last_used(AccessKeyId="AKIAIOSFODNN7EXAMPLE")
    stranger = account.user(policy(allow("iam:GetUser")))
    other = account.user()
    with refused("AccessDenied", 403, has="iam:GetAccessKeyLastUsed"):
        stranger.iam.get_access_key_last_used(AccessKeyId=other.credentials.access_key)


def test_last_uses_outlive_a_restart_and_go_with_what_was_used(own_server, home):
    account = Account(own_server, As(own_server, own_server.administrator))
    iam = account.admin.iam
    user = account.user()
    user.sts.get_caller_identity()
    role = account.role()
    account.session(role).sts.get_caller_identity()
    kept, doomed = key_used(iam, user), role_used(iam, role)
    own_server.stop()
    own_server.restart()

    account = Account(own_server, As(own_server, own_server.administrator))
    iam = account.admin.iam
    assert key_used(iam, user) == kept
    assert role_used(iam, role) == doomed
    # The CLI shows the same.
    aws = Cli.of(own_server, home)
    shown = aws.json("iam", "get-access-key-last-used", "--access-key-id", user.credentials.access_key)
    assert shown["AccessKeyLastUsed"]["ServiceName"] == "sts"
    # A role of the same name is another role.
    iam.delete_role(RoleName=role)
    account.role(RoleName=role)
    assert role_used(iam, role) == {}
    own_server.stop()
    own_server.restart()
    iam = As(own_server, own_server.administrator).iam
    assert role_used(iam, role) == {}


def test_the_waiters_of_iam_end(iam, account, name):
    iam.create_user(UserName=name)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
    }))
    iam.create_instance_profile(InstanceProfileName=name)
    arn = iam.create_policy(PolicyName=name, PolicyDocument=policy(allow("s3:GetObject")))["Policy"]["Arn"]
    once = {"Delay": 0, "MaxAttempts": 1}
    waits = [
        ("user_exists", {"UserName": name}),
        ("role_exists", {"RoleName": name}),
        ("instance_profile_exists", {"InstanceProfileName": name}),
        ("policy_exists", {"PolicyArn": arn}),
    ]
    for waiter, parameters in waits:
        iam.get_waiter(waiter).wait(**parameters, WaiterConfig=once)
    absent = {"UserName": "absent", "RoleName": "absent", "InstanceProfileName": "absent", "PolicyArn": arn + "x"}
    for waiter, parameters in waits:
        with pytest.raises(WaiterError, match="Max attempts exceeded"):
            iam.get_waiter(waiter).wait(**{key: absent[key] for key in parameters}, WaiterConfig=once)
