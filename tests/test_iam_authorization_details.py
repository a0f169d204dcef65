"""Everything about an account in one list."""

import concurrent.futures
import json

import pytest

from support.aws_cli import Cli
from support.clients import As, refused
from support.policies import ROOT, allow, policy, trust
from support.principals import Account
from support.server import ACCOUNT

LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
VIEW_ONLY = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"


@pytest.fixture
def iam(admin):
    return admin.iam


def everything(iam, **parameters) -> dict:
    """All pages of the list, joined."""
    joined = {name: [] for name in LISTS}
    for page in iam.get_paginator("get_account_authorization_details").paginate(**parameters):
        for name in LISTS:
            joined[name] += page[name]
    return joined


def the(entries: list, member: str, value: str) -> dict:
    found = [it for it in entries if it[member] == value]
    assert len(found) == 1, f"{len(found)} of {value}"
    return found[0]


def test_every_member_of_every_kind(iam, account, name):
    document = policy(allow("s3:GetObject", "arn:aws:s3:::bucket/*"))
    arn = iam.create_policy(
        PolicyName=name, Path="/team/", Description="what for", PolicyDocument=document
    )["Policy"]["Arn"]
    second = policy(allow("s3:PutObject"))
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=second, SetAsDefault=True)
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "ä/="}]

    iam.create_group(GroupName=name, Path="/g/")
    iam.put_group_policy(GroupName=name, PolicyName="of-group", PolicyDocument=document)
    iam.attach_group_policy(GroupName=name, PolicyArn=arn)
    iam.create_user(UserName=name, Path="/u/", Tags=tags, PermissionsBoundary=VIEW_ONLY)
    iam.put_user_policy(UserName=name, PolicyName="of-user", PolicyDocument=document)
    iam.attach_user_policy(UserName=name, PolicyArn=READ_ONLY)
    iam.add_user_to_group(UserName=name, GroupName=name)
    iam.create_role(
        RoleName=name, Path="/r/", AssumeRolePolicyDocument=trust(ROOT), Tags=tags, PermissionsBoundary=arn
    )
    iam.put_role_policy(RoleName=name, PolicyName="of-role", PolicyDocument=document)
    iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)

    found = everything(iam)
    user = the(found["UserDetailList"], "UserName", name)
    shown = iam.get_user(UserName=name)["User"]
    assert user == {
        "Path": "/u/", "UserName": name, "UserId": shown["UserId"], "CreateDate": shown["CreateDate"],
        "Arn": f"arn:aws:iam::{ACCOUNT}:user/u/{name}",
        "UserPolicyList": [{"PolicyName": "of-user", "PolicyDocument": json.loads(document)}],
        "GroupList": [name],
        "AttachedManagedPolicies": [{"PolicyName": "ReadOnlyAccess", "PolicyArn": READ_ONLY}],
        "PermissionsBoundary": shown["PermissionsBoundary"],
        "Tags": tags,
    }
    group = the(found["GroupDetailList"], "GroupName", name)
    shown = iam.get_group(GroupName=name)["Group"]
    assert group == {
        **shown,
        "GroupPolicyList": [{"PolicyName": "of-group", "PolicyDocument": json.loads(document)}],
        "AttachedManagedPolicies": [{"PolicyName": name, "PolicyArn": arn}],
    }
    role = the(found["RoleDetailList"], "RoleName", name)
    shown = iam.get_role(RoleName=name)["Role"]
    profiles = iam.list_instance_profiles_for_role(RoleName=name)["InstanceProfiles"]
    assert role == {
        "Path": "/r/", "RoleName": name, "RoleId": shown["RoleId"], "Arn": shown["Arn"],
        "CreateDate": shown["CreateDate"], "AssumeRolePolicyDocument": json.loads(trust(ROOT)),
        "InstanceProfileList": profiles,
        "RolePolicyList": [{"PolicyName": "of-role", "PolicyDocument": json.loads(document)}],
        "AttachedManagedPolicies": [{"PolicyName": name, "PolicyArn": arn}],
        "PermissionsBoundary": shown["PermissionsBoundary"],
        "Tags": tags,
        "RoleLastUsed": {},
    }
    managed = the(found["Policies"], "Arn", arn)
    shown = iam.get_policy(PolicyArn=arn)["Policy"]
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    texts = {"v1": json.loads(document), "v2": json.loads(second)}
    assert managed.pop("PolicyVersionList") == [{**it, "Document": texts[it["VersionId"]]} for it in versions]
    # GetPolicy shows tags too, of which there are none here.
    assert managed == {key: value for key, value in shown.items() if key != "Tags"}
    assert (managed["AttachmentCount"], managed["PermissionsBoundaryUsageCount"]) == (2, 1)
    # AWS's own are there when they are used, as permissions or as a boundary.
    of_aws = the(found["Policies"], "Arn", READ_ONLY)
    assert of_aws["AttachmentCount"] >= 1
    (version,) = of_aws["PolicyVersionList"]
    assert version["IsDefaultVersion"] and version["Document"]["Statement"]
    assert the(found["Policies"], "Arn", VIEW_ONLY)["PermissionsBoundaryUsageCount"] >= 1
    assert not [it for it in found["Policies"] if it["Arn"].endswith("/AmazonEC2FullAccess")]


def test_lists_of_what_has_nothing_are_there_and_empty(iam, account, name):
    iam.create_user(UserName=name)
    iam.create_group(GroupName=name)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(ROOT))
    found = everything(iam)

    def lists(kind: str, member: str) -> set[str]:
        entry = the(found[kind], member, name)
        assert all(value == [] for value in entry.values() if isinstance(value, list))
        return {key for key, value in entry.items() if isinstance(value, list)}

    assert lists("UserDetailList", "UserName") == {"GroupList", "AttachedManagedPolicies", "Tags"}
    assert lists("GroupDetailList", "GroupName") == {"GroupPolicyList", "AttachedManagedPolicies"}
    assert lists("RoleDetailList", "RoleName") == {
        "InstanceProfileList", "RolePolicyList", "AttachedManagedPolicies", "Tags",
    }


def test_a_filter_leaves_what_it_names(iam, account, name):
    user = account.user()
    iam.attach_user_policy(UserName=user.name, PolicyArn=READ_ONLY)
    account.role()
    iam.create_group(GroupName=name)
    iam.create_policy(PolicyName=name, PolicyDocument=policy(allow("s3:GetObject")))
    kinds = {"User": "UserDetailList", "Group": "GroupDetailList", "Role": "RoleDetailList"}
    for kind, member in kinds.items():
        found = everything(iam, Filter=[kind])
        assert [it for it in LISTS if found[it]] == [member], kind
    local = everything(iam, Filter=["LocalManagedPolicy"])
    assert [it for it in LISTS if local[it]] == ["Policies"]
    assert all(it["Arn"].startswith(f"arn:aws:iam::{ACCOUNT}:") for it in local["Policies"])
    of_aws = everything(iam, Filter=["AWSManagedPolicy"])["Policies"]
    assert of_aws and all(it["Arn"].startswith("arn:aws:iam::aws:") for it in of_aws)
    both = everything(iam, Filter=["User", "LocalManagedPolicy"])
    assert [it for it in LISTS if both[it]] == ["UserDetailList", "Policies"]
    with refused("ValidationError", 400):
        iam.get_account_authorization_details(Filter=["Bucket"])


def test_a_role_that_was_used_says_when(iam, account):
    role = account.role()
    account.session(role).sts.get_caller_identity()
    found = the(everything(iam, Filter=["Role"])["RoleDetailList"], "RoleName", role)
    assert found["RoleLastUsed"] == iam.get_role(RoleName=role)["Role"]["RoleLastUsed"]
    assert found["RoleLastUsed"]["LastUsedDate"]


def test_who_may_see_it(account):
    nobody = account.user(policy(allow("iam:Get*", "arn:aws:iam::*:user/*")))
    with refused("AccessDenied", 403, has="iam:GetAccountAuthorizationDetails"):
        nobody.iam.get_account_authorization_details()
    auditor = account.user(policy(allow("iam:GetAccountAuthorizationDetails")))
    assert auditor.iam.get_account_authorization_details(MaxItems=1)["IsTruncated"]
    with refused("ValidationError", 400, "Invalid Marker."):
        auditor.iam.get_account_authorization_details(Marker="nonsense")


def test_pages_over_thousands_of_entities(own_server, home):
    admin = As(own_server, own_server.administrator, max_pool_connections=8)
    iam = admin.iam
    before = {name: len(found) for name, found in everything(iam).items()}
    count = {"User": 900, "Role": 300, "Policy": 200, "Group": 20}
    document = policy(allow("s3:GetObject"))
    calls = [lambda n=n: iam.create_user(UserName=f"U{n}") for n in range(count["User"])]
    calls += [
        lambda n=n: iam.create_role(RoleName=f"r{n}", AssumeRolePolicyDocument=trust(ROOT))
        for n in range(count["Role"])
    ]
    calls += [
        lambda n=n: iam.create_policy(PolicyName=f"p{n}", Path="/" + "long/" * 40, PolicyDocument=document)
        for n in range(count["Policy"])
    ]
    calls += [lambda n=n: iam.create_group(GroupName=f"g{n}") for n in range(count["Group"])]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(call) for call in calls]:
            done.result()

    for size in (1000, 97):
        found = everything(iam, PaginationConfig={"PageSize": size})
        lengths = {name: len(found[name]) - before[name] for name in LISTS}
        assert lengths == {
            "UserDetailList": count["User"], "GroupDetailList": count["Group"],
            "RoleDetailList": count["Role"], "Policies": count["Policy"],
        }
        for name in LISTS:
            assert len({it["Arn"] for it in found[name]}) == len(found[name])
    # A page may hold the end of one list and the beginning of the next.
    pages = list(iam.get_paginator("get_account_authorization_details").paginate(
        PaginationConfig={"PageSize": 97}
    ))
    assert all(sum(len(page[name]) for name in LISTS) == 97 for page in pages[:-1])
    assert any(page["UserDetailList"] and page["RoleDetailList"] for page in pages)
    # The CLI follows the markers by itself.
    shown = Cli.of(own_server, home).json("iam", "get-account-authorization-details", "--filter", "User", "Group")
    assert len(shown["UserDetailList"]) == count["User"] + before["UserDetailList"]
    assert len(shown["GroupDetailList"]) == count["Group"] + before["GroupDetailList"]
