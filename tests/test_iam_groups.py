"""Groups: their life, their members, and what members have from them."""

import re

import pytest

from support.clients import As, refused
from support.policies import allow, deny, policy, trust
from support.principals import Account
from support.server import ACCOUNT

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture
def iam(admin):
    return admin.iam


def members(iam, group: str) -> list[str]:
    return [it["UserName"] for it in iam.get_group(GroupName=group)["Users"]]


def groups_of(iam, user: str) -> list[str]:
    return [it["GroupName"] for it in iam.list_groups_for_user(UserName=user)["Groups"]]


def denied_by(principal, action: str, reason: str):
    """The caller is told this reason for a refused `iam:List…`."""
    return refused(
        "AccessDenied", 403,
        f"User: {principal.arn} is not authorized to perform: iam:{action} on resource: "
        f"arn:aws:iam::{ACCOUNT}:{'user' if action == 'ListUsers' else 'group'}/ {reason}",
    )


UNHEARD = "because no identity-based policy allows the iam:ListUsers action"


def test_the_life_of_a_group(iam, name):
    created = iam.create_group(GroupName=name, Path="/team/")["Group"]
    assert created["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/team/{name}"
    assert re.fullmatch(r"AGPA[A-Z2-7]{17}", created["GroupId"])
    with refused("EntityAlreadyExists", 409, f"Group with name {name.upper()} already exists."):
        iam.create_group(GroupName=name.upper())
    answer = iam.get_group(GroupName=name)
    assert answer["Group"] == created
    assert answer["Users"] == [] and answer["IsTruncated"] is False
    iam.update_group(GroupName=name, NewGroupName=f"{name}-new", NewPath="/other/")
    group = iam.get_group(GroupName=f"{name}-new")["Group"]
    assert group["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/other/{name}-new"
    assert group["GroupId"] == created["GroupId"]
    listed = iam.list_groups(PathPrefix="/other/")["Groups"]
    assert group in listed
    with refused("NoSuchEntity", 404, f"The group with name {name} cannot be found."):
        iam.get_group(GroupName=name)
    iam.delete_group(GroupName=f"{name}-new")
    with refused("NoSuchEntity", 404, f"The group with name {name}-new cannot be found."):
        iam.delete_group(GroupName=f"{name}-new")


CONFLICT = "(DeleteConflict) when calling the {} operation: Cannot delete entity, must {} first."


def test_the_cli_makes_groups_and_members(aws, name):
    group, user = ("--group-name", name), ("--user-name", name)
    created = aws.json("iam", "create-group", *group)["Group"]
    assert created["GroupName"] == name and created["Path"] == "/"
    aws("iam", "create-user", *user)
    aws("iam", "add-user-to-group", *group, *user)
    shown = aws.json("iam", "get-group", *group)
    assert shown["Group"]["GroupId"] == created["GroupId"]
    assert [it["UserName"] for it in shown["Users"]] == [name]
    assert aws.json("iam", "list-groups-for-user", *user)["Groups"] == [created]
    assert created in aws.json("iam", "list-groups")["Groups"]
    assert CONFLICT.format("DeleteUser", "remove users from group") in aws.fails("iam", "delete-user", *user)
    assert CONFLICT.format("DeleteGroup", "remove users from group") in aws.fails("iam", "delete-group", *group)
    aws("iam", "remove-user-from-group", *group, *user)
    aws("iam", "delete-user", *user)
    aws("iam", "update-group", *group, "--new-group-name", f"{name}-new")
    aws("iam", "delete-group", "--group-name", f"{name}-new")
    assert "(NoSuchEntity)" in aws.fails("iam", "get-group", "--group-name", f"{name}-new")


def test_the_cli_gives_policies_to_groups(aws, iam, name):
    group = ("--group-name", name)
    unique_id = iam.create_group(GroupName=name)["Group"]["GroupId"]
    document = policy(allow("s3:GetObject"))
    aws("iam", "put-group-policy", *group, "--policy-name", "p", "--policy-document", document)
    assert aws.json("iam", "list-group-policies", *group)["PolicyNames"] == ["p"]
    got = aws.json("iam", "get-group-policy", *group, "--policy-name", "p")
    assert (got["GroupName"], got["PolicyName"]) == (name, "p")
    assert got["PolicyDocument"]["Statement"][0]["Action"] == "s3:GetObject"
    aws("iam", "attach-group-policy", *group, "--policy-arn", READ_ONLY)
    assert aws.json("iam", "list-attached-group-policies", *group)["AttachedPolicies"] == [
        {"PolicyName": "ReadOnlyAccess", "PolicyArn": READ_ONLY}
    ]
    entities = aws.json("iam", "list-entities-for-policy", "--policy-arn", READ_ONLY, "--entity-filter", "Group")
    assert {"GroupName": name, "GroupId": unique_id} in entities["PolicyGroups"]
    with refused("DeleteConflict", 409, "Cannot delete entity, must delete policies first."):
        iam.delete_group(GroupName=name)
    aws("iam", "delete-group-policy", *group, "--policy-name", "p")
    assert CONFLICT.format("DeleteGroup", "detach all policies") in aws.fails("iam", "delete-group", *group)
    aws("iam", "detach-group-policy", *group, "--policy-arn", READ_ONLY)
    iam.delete_group(GroupName=name)


def test_a_permission_lasts_as_long_as_the_membership(account, iam, name):
    user = account.user()
    iam.create_group(GroupName=name)
    iam.put_group_policy(GroupName=name, PolicyName="p", PolicyDocument=policy(allow("iam:ListUsers")))
    with denied_by(user, "ListUsers", UNHEARD):
        user.iam.list_users()
    for _ in range(3):
        iam.add_user_to_group(GroupName=name, UserName=user.name)
        user.iam.list_users()
        iam.remove_user_from_group(GroupName=name, UserName=user.name)
        with denied_by(user, "ListUsers", UNHEARD):
            user.iam.list_users()
    # What is no change is no error.
    iam.remove_user_from_group(GroupName=name, UserName=user.name)
    iam.add_user_to_group(GroupName=name, UserName=user.name)
    iam.add_user_to_group(GroupName=name, UserName=user.name)
    assert groups_of(iam, user.name) == [name]
    # The group itself loses the permission, and all its members with it.
    iam.delete_group_policy(GroupName=name, PolicyName="p")
    with denied_by(user, "ListUsers", UNHEARD):
        user.iam.list_users()


def test_a_managed_policy_reaches_s3_through_a_group(account, iam, admin, bucket, name):
    user = account.user()
    arn = iam.create_policy(
        PolicyName=name, PolicyDocument=policy(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/${{aws:username}}/*"))
    )["Policy"]["Arn"]
    iam.create_group(GroupName=name)
    iam.attach_group_policy(GroupName=name, PolicyArn=arn)
    iam.add_user_to_group(GroupName=name, UserName=user.name)
    for key in (f"{user.name}/k", "other/k"):
        admin.s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    assert user.s3.get_object(Bucket=bucket, Key=f"{user.name}/k")["Body"].read() == b"x"
    with refused("AccessDenied", 403):
        user.s3.get_object(Bucket=bucket, Key="other/k")
    # Another version, at once.
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("s3:PutObject")), SetAsDefault=True)
    with refused("AccessDenied", 403):
        user.s3.get_object(Bucket=bucket, Key=f"{user.name}/k")


def test_an_explicit_deny_of_a_group_wins(account, iam, name):
    user = account.user(policy(allow("*")))
    iam.create_group(GroupName=name)
    iam.put_group_policy(GroupName=name, PolicyName="p", PolicyDocument=policy(deny("iam:ListUsers")))
    user.iam.list_users()
    iam.add_user_to_group(GroupName=name, UserName=user.name)
    with denied_by(user, "ListUsers", "with an explicit deny in an identity-based policy"):
        user.iam.list_users()
    user.iam.list_roles()
    iam.delete_group_policy(GroupName=name, PolicyName="p")
    user.iam.list_users()
    arn = iam.create_policy(PolicyName=name, PolicyDocument=policy(deny("iam:ListUsers")))["Policy"]["Arn"]
    iam.attach_group_policy(GroupName=name, PolicyArn=arn)
    with denied_by(user, "ListUsers", f"with an explicit deny in an identity-based policy, with policy ARN: {arn}"):
        user.iam.list_users()
    iam.remove_user_from_group(GroupName=name, UserName=user.name)
    user.iam.list_users()


def test_new_names_keep_members_and_permissions(account, iam, name):
    user = account.user()
    iam.create_group(GroupName=name)
    iam.put_group_policy(GroupName=name, PolicyName="p", PolicyDocument=policy(allow("iam:ListUsers")))
    iam.add_user_to_group(GroupName=name, UserName=user.name)
    iam.update_group(GroupName=name, NewGroupName=f"{name}-new", NewPath="/p/")
    iam.update_user(UserName=user.name, NewUserName=f"{user.name}-new", NewPath="/q/")
    user.iam.list_users()
    assert members(iam, f"{name}-new") == [f"{user.name}-new"]
    assert groups_of(iam, f"{user.name}-new") == [f"{name}-new"]
    # Whoever comes under the old names has nothing of it.
    iam.create_group(GroupName=name)
    iam.create_user(UserName=user.name)
    assert members(iam, name) == [] and groups_of(iam, user.name) == []
    assert iam.list_group_policies(GroupName=name)["PolicyNames"] == []


def test_a_policy_that_a_group_uses_stays(iam, account, name):
    arn = iam.create_policy(PolicyName=name, PolicyDocument=policy(allow("s3:*")))["Policy"]["Arn"]
    group = iam.create_group(GroupName=name)["Group"]
    user = account.user()
    iam.attach_group_policy(GroupName=name, PolicyArn=arn)
    iam.attach_user_policy(UserName=user.name, PolicyArn=arn)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 2
    entities = iam.list_entities_for_policy(PolicyArn=arn)
    assert entities["PolicyGroups"] == [{"GroupName": name, "GroupId": group["GroupId"]}]
    assert [it["UserName"] for it in entities["PolicyUsers"]] == [user.name]
    pages = list(iam.get_paginator("list_entities_for_policy").paginate(
        PolicyArn=arn, PaginationConfig={"PageSize": 1}
    ))
    assert len(pages) == 2
    iam.detach_user_policy(UserName=user.name, PolicyArn=arn)
    with refused("DeleteConflict", 409, "Cannot delete a policy attached to entities."):
        iam.delete_policy(PolicyArn=arn)
    iam.detach_group_policy(GroupName=name, PolicyArn=arn)
    with refused("NoSuchEntity", 404, f"Policy {arn} was not found."):
        iam.detach_group_policy(GroupName=name, PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)
    with refused("NoSuchEntity", 404, f"Policy {arn} does not exist or is not attachable."):
        iam.attach_group_policy(GroupName=name, PolicyArn=arn)


def test_every_page_size_shows_everybody(iam, name):
    groups = [f"{name}-{number}" for number in range(5)]
    users = [f"{name}-u{number}" for number in range(5)]
    for group in groups:
        iam.create_group(GroupName=group, Path=f"/{name}/")
    for user in users:
        iam.create_user(UserName=user)
        iam.add_user_to_group(GroupName=groups[0], UserName=user)
    for group in groups[1:]:
        iam.add_user_to_group(GroupName=group, UserName=users[0])

    def walk(operation, list_name, column, size, **parameters):
        pages = iam.get_paginator(operation).paginate(PaginationConfig={"PageSize": size}, **parameters)
        return [it[column] for page in pages for it in page[list_name]]

    for size in (1, 2, 5, 1000):
        assert walk("get_group", "Users", "UserName", size, GroupName=groups[0]) == users
        assert walk("list_groups", "Groups", "GroupName", size, PathPrefix=f"/{name}/") == groups
        assert walk("list_groups_for_user", "Groups", "GroupName", size, UserName=users[0]) == groups
    with refused("ValidationError", 400, "Invalid Marker."):
        iam.get_group(GroupName=groups[0], Marker="u3")


def test_quotas(own_server, name):
    iam = As(own_server, own_server.administrator).iam
    iam.create_user(UserName="u")
    for number in range(300):
        iam.create_group(GroupName=f"g{number}")
    with refused("LimitExceeded", 409, "Cannot exceed quota for GroupsPerAccount: 300"):
        iam.create_group(GroupName="one-more")
    for number in range(10):
        iam.add_user_to_group(GroupName=f"g{number}", UserName="u")
        arn = iam.create_policy(PolicyName=f"p{number}", PolicyDocument=policy(allow("s3:*")))["Policy"]["Arn"]
        iam.attach_group_policy(GroupName="g0", PolicyArn=arn)
    with refused("LimitExceeded", 409, "Cannot exceed quota for GroupsPerUser: 10"):
        iam.add_user_to_group(GroupName="g10", UserName="u")
    with refused("LimitExceeded", 409, "Cannot exceed quota for PoliciesPerGroup: 10"):
        iam.attach_group_policy(GroupName="g0", PolicyArn=READ_ONLY)
    with refused("LimitExceeded", 409, "Maximum policy size of 5120 bytes exceeded for group g0"):
        iam.put_group_policy(
            GroupName="g0", PolicyName="p", PolicyDocument=policy(allow("s3:*", f"arn:aws:s3:::{'b' * 5100}"))
        )
    # White space does not count.
    spaced = policy(allow("s3:*")).replace("{", "{" + " " * 2000)
    iam.put_group_policy(GroupName="g0", PolicyName="p", PolicyDocument=spaced)


def test_a_group_is_no_principal(iam, bucket, admin, name):
    arn = iam.create_group(GroupName=name)["Group"]["Arn"]
    with refused("MalformedPolicyDocument", 400):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(arn))
    with refused("MalformedPolicy", 400):
        admin.s3.put_bucket_policy(Bucket=bucket, Policy=policy(
            {**allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), "Principal": {"AWS": arn}}
        ))


def test_a_denial_names_the_group(account, name):
    user = account.user()
    for call, operation, resource in (
        (lambda: user.iam.get_group(GroupName=name), "GetGroup", f"group {name}"),
        (lambda: user.iam.create_group(GroupName=name, Path="/p/"), "CreateGroup",
         f"arn:aws:iam::{ACCOUNT}:group/p/{name}"),
        (lambda: user.iam.list_groups(), "ListGroups", f"arn:aws:iam::{ACCOUNT}:group/"),
        (lambda: user.iam.add_user_to_group(GroupName=name, UserName=user.name), "AddUserToGroup", f"group {name}"),
        (lambda: user.iam.list_groups_for_user(UserName=user.name), "ListGroupsForUser", f"user {user.name}"),
    ):
        with refused(
            "AccessDenied", 403,
            f"User: {user.arn} is not authorized to perform: iam:{operation} on resource: {resource} "
            f"because no identity-based policy allows the iam:{operation} action",
        ):
            call()


def test_groups_members_and_what_they_deny_survive_a_kill(own_server):
    account = Account(own_server, As(own_server, own_server.administrator))
    iam = account.admin.iam
    iam.create_group(GroupName="listers", Path="/p/")
    iam.create_group(GroupName="left")
    iam.put_group_policy(GroupName="listers", PolicyName="p", PolicyDocument=policy(allow("iam:List*")))
    iam.put_group_policy(GroupName="left", PolicyName="p", PolicyDocument=policy(allow("iam:Get*")))
    iam.attach_group_policy(GroupName="listers", PolicyArn=READ_ONLY)
    user = account.user(policy(deny("iam:ListRoles")))
    iam.add_user_to_group(GroupName="left", UserName=user.name)
    iam.add_user_to_group(GroupName="listers", UserName=user.name)
    iam.remove_user_from_group(GroupName="left", UserName=user.name)
    iam.detach_group_policy(GroupName="listers", PolicyArn=READ_ONLY)
    before = iam.get_group(GroupName="listers")
    own_server.kill()
    own_server.restart()

    iam = As(own_server, own_server.administrator).iam
    after = iam.get_group(GroupName="listers")
    assert (after["Group"], after["Users"]) == (before["Group"], before["Users"])
    assert groups_of(iam, user.name) == ["listers"]
    assert members(iam, "left") == []
    again = As(own_server, user.credentials)
    again.iam.list_users()
    with refused("AccessDenied", 403):
        again.iam.list_roles()
    with refused("AccessDenied", 403):
        again.iam.get_user()
    with refused("DeleteConflict", 409):
        iam.delete_group(GroupName="listers")


def test_the_simulator_tells_what_comes_from_a_group(iam, account, name):
    user = account.user()
    group = iam.create_group(GroupName=name)["Group"]
    iam.put_group_policy(GroupName=name, PolicyName="p", PolicyDocument=policy(allow("iam:ListUsers")))
    iam.add_user_to_group(GroupName=name, UserName=user.name)
    for source in (user.arn, group["Arn"]):
        answer = iam.simulate_principal_policy(PolicySourceArn=source, ActionNames=["iam:ListUsers", "iam:ListRoles"])
        allowed, refused_one = answer["EvaluationResults"]
        assert allowed["EvalDecision"] == "allowed"
        matched = allowed["MatchedStatements"][0]
        assert (matched["SourcePolicyId"], matched["SourcePolicyType"]) == ("p", "group")
        assert refused_one["EvalDecision"] == "implicitDeny"
