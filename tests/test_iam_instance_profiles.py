"""Instance profiles and their roles; what is the account's own: alias, summary, password policy."""

import re

import pytest

from support.aws_cli import Cli
from support.clients import As, refused
from support.policies import allow, policy
from support.principals import Account, role_arn
from support.server import ACCOUNT

REMOVE_FIRST = "Cannot delete entity, must remove roles from instance profile first."
FULL = "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"


@pytest.fixture
def iam(admin):
    return admin.iam


def missing(name: str):
    return refused("NoSuchEntity", 404, f"Instance Profile {name} cannot be found.")


def test_the_life_of_an_instance_profile(iam, account, name):
    created = iam.create_instance_profile(
        InstanceProfileName=name, Path="/rosa/", Tags=[{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "2"}]
    )["InstanceProfile"]
    assert created["Arn"] == f"arn:aws:iam::{ACCOUNT}:instance-profile/rosa/{name}"
    assert re.fullmatch(r"AIPA[A-Z2-7]{17}", created["InstanceProfileId"])
    assert created["Roles"] == []
    assert created["Tags"] == [{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "1"}]
    with refused("EntityAlreadyExists", 409, f"Instance Profile {name.upper()} already exists."):
        iam.create_instance_profile(InstanceProfileName=name.upper())
    assert iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"] == created

    role = account.role()
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
    with refused("LimitExceeded", 409, FULL):
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
    held = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"]
    assert [it["Arn"] for it in held] == [role_arn(role)]
    assert held[0]["AssumeRolePolicyDocument"]["Statement"][0]["Effect"] == "Allow"
    assert "MaxSessionDuration" not in held[0] and "RoleLastUsed" not in held[0]
    for_role = iam.list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"]
    assert [it["InstanceProfileId"] for it in for_role] == [created["InstanceProfileId"]]
    assert "Tags" not in for_role[0]
    with refused("DeleteConflict", 409, REMOVE_FIRST):
        iam.delete_role(RoleName=role)
    with refused("DeleteConflict", 409, REMOVE_FIRST):
        iam.delete_instance_profile(InstanceProfileName=name)
    iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role)
    with refused("NoSuchEntity", 404):
        iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role)
    iam.delete_role(RoleName=role)
    iam.delete_instance_profile(InstanceProfileName=name)
    with missing(name):
        iam.get_instance_profile(InstanceProfileName=name)


def test_the_cli_gives_a_machine_its_role_and_takes_it_back(aws, account, name):
    profile, role = ("--instance-profile-name", name), ("--role-name", account.role())
    created = aws.json("iam", "create-instance-profile", *profile)["InstanceProfile"]
    assert created["Path"] == "/" and created["Roles"] == []
    aws("iam", "add-role-to-instance-profile", *profile, *role)
    assert "(LimitExceeded)" in aws.fails("iam", "add-role-to-instance-profile", *profile, *role)
    shown = aws.json("iam", "get-instance-profile", *profile)["InstanceProfile"]
    assert [it["RoleName"] for it in shown["Roles"]] == [role[1]]
    assert aws.json("iam", "list-instance-profiles-for-role", *role)["InstanceProfiles"] == [shown]
    assert shown in aws.json("iam", "list-instance-profiles")["InstanceProfiles"]
    assert REMOVE_FIRST in aws.fails("iam", "delete-role", *role)
    assert REMOVE_FIRST in aws.fails("iam", "delete-instance-profile", *profile)
    aws("iam", "tag-instance-profile", *profile, "--tags", "Key=team,Value=a", "Key=x,Value=")
    aws("iam", "untag-instance-profile", *profile, "--tag-keys", "X")
    assert aws.json("iam", "list-instance-profile-tags", *profile)["Tags"] == [{"Key": "team", "Value": "a"}]
    aws("iam", "remove-role-from-instance-profile", *profile, *role)
    aws("iam", "delete-role", *role)
    aws("iam", "delete-instance-profile", *profile)
    assert "(NoSuchEntity)" in aws.fails("iam", "get-instance-profile", *profile)


def test_the_waiter_sees_a_profile(iam, name):
    iam.create_instance_profile(InstanceProfileName=name)
    waiter = iam.get_waiter("instance_profile_exists")
    waiter.wait(InstanceProfileName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 1})


def test_paginators_show_every_profile_once(iam, account, name):
    role = account.role()
    names = [f"{name}-{number:02}" for number in range(25)]
    for each in names:
        iam.create_instance_profile(InstanceProfileName=each, Path=f"/{name}/")
        iam.add_role_to_instance_profile(InstanceProfileName=each, RoleName=role)
    for operation, parameters in (
        ("list_instance_profiles", {"PathPrefix": f"/{name}/"}),
        ("list_instance_profiles_for_role", {"RoleName": role}),
    ):
        pages = iam.get_paginator(operation).paginate(**parameters, PaginationConfig={"PageSize": 7})
        listed = [[it["InstanceProfileName"] for it in page["InstanceProfiles"]] for page in pages]
        assert [len(page) for page in listed] == [7, 7, 7, 4]
        assert sum(listed, []) == names


def test_a_role_is_passed_by_who_may_pass_it(account, iam, name):
    role = account.role()
    iam.create_instance_profile(InstanceProfileName=name)
    arn = f"arn:aws:iam::{ACCOUNT}:instance-profile/{name}"
    adder = account.user(policy(allow("iam:AddRoleToInstanceProfile", arn)))
    with refused(
        "AccessDenied", 403,
        f"User: {adder.arn} is not authorized to perform: iam:PassRole on resource: {role_arn(role)} "
        "because no identity-based policy allows the iam:PassRole action",
    ):
        adder.iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
    assert iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"] == []
    for service, may in (("lambda.amazonaws.com", False), ("ec2.amazonaws.com", True)):
        condition = {"StringEquals": {"iam:PassedToService": service}}
        iam.put_user_policy(
            UserName=adder.name, PolicyName="pass",
            PolicyDocument=policy(allow("iam:PassRole", role_arn(role), Condition=condition)),
        )
        if may:
            adder.iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
        else:
            with refused("AccessDenied", 403, has="iam:PassRole"):
                adder.iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)


def test_a_denial_names_the_instance_profile(account, name):
    user = account.user()
    for call, operation, resource in (
        (lambda: user.iam.get_instance_profile(InstanceProfileName=name), "GetInstanceProfile",
         f"instance profile {name}"),
        (lambda: user.iam.create_instance_profile(InstanceProfileName=name, Path="/p/"), "CreateInstanceProfile",
         f"arn:aws:iam::{ACCOUNT}:instance-profile/p/{name}"),
        (lambda: user.iam.list_instance_profiles(), "ListInstanceProfiles",
         f"arn:aws:iam::{ACCOUNT}:instance-profile/"),
        (lambda: user.iam.list_instance_profiles_for_role(RoleName=name), "ListInstanceProfilesForRole",
         f"role {name}"),
        (lambda: user.iam.get_account_summary(), "GetAccountSummary", "*"),
    ):
        with refused(
            "AccessDenied", 403,
            f"User: {user.arn} is not authorized to perform: iam:{operation} on resource: {resource} "
            f"because no identity-based policy allows the iam:{operation} action",
        ):
            call()


def test_the_simulator_knows_the_tags_of_a_profile(account, iam, name):
    arn = iam.create_instance_profile(
        InstanceProfileName=name, Tags=[{"Key": "team", "Value": "a"}]
    )["InstanceProfile"]["Arn"]
    for team, decision in (("a", "allowed"), ("b", "implicitDeny")):
        condition = {"StringEquals": {"aws:ResourceTag/team": team}}
        user = account.user(policy(allow("iam:GetInstanceProfile", Condition=condition)))
        answer = iam.simulate_principal_policy(
            PolicySourceArn=user.arn, ActionNames=["iam:GetInstanceProfile"], ResourceArns=[arn]
        )
        assert answer["EvaluationResults"][0]["EvalDecision"] == decision


def test_profiles_aliases_and_password_policies_survive_a_kill(own_server):
    account = Account(own_server, As(own_server, own_server.administrator))
    iam = account.admin.iam
    role = account.role()
    for name in ("kept", "emptied", "deleted"):
        iam.create_instance_profile(InstanceProfileName=name, Tags=[{"Key": "k", "Value": name}])
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
    for name in ("emptied", "deleted"):
        iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role)
    iam.delete_instance_profile(InstanceProfileName="deleted")
    iam.create_account_alias(AccountAlias="before")
    iam.create_account_alias(AccountAlias="after")
    iam.update_account_password_policy(MinimumPasswordLength=20, MaxPasswordAge=30)
    before = iam.get_instance_profile(InstanceProfileName="kept")["InstanceProfile"]
    own_server.kill()
    own_server.restart()

    iam = As(own_server, own_server.administrator).iam
    assert iam.get_instance_profile(InstanceProfileName="kept")["InstanceProfile"] == before
    assert iam.get_instance_profile(InstanceProfileName="emptied")["InstanceProfile"]["Roles"] == []
    with missing("deleted"):
        iam.get_instance_profile(InstanceProfileName="deleted")
    held = iam.list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"]
    assert [it["InstanceProfileName"] for it in held] == ["kept"]
    with refused("DeleteConflict", 409, REMOVE_FIRST):
        iam.delete_role(RoleName=role)
    assert iam.list_account_aliases()["AccountAliases"] == ["after"]
    password_policy = iam.get_account_password_policy()["PasswordPolicy"]
    assert (password_policy["MinimumPasswordLength"], password_policy["MaxPasswordAge"]) == (20, 30)


def test_the_cli_sets_what_is_the_accounts_own(own_server, home):
    aws = Cli.of(own_server, home)
    assert aws.json("iam", "list-account-aliases")["AccountAliases"] == []
    for alias in ("first", "my-team"):
        aws("iam", "create-account-alias", "--account-alias", alias)
    assert "The account alias my-team already exists." in aws.fails(
        "iam", "create-account-alias", "--account-alias", "my-team"
    )
    assert aws.json("iam", "list-account-aliases")["AccountAliases"] == ["my-team"]
    assert "(NoSuchEntity)" in aws.fails("iam", "delete-account-alias", "--account-alias", "first")
    aws("iam", "delete-account-alias", "--account-alias", "my-team")
    assert aws.json("iam", "list-account-aliases")["AccountAliases"] == []
    assert "(ValidationError)" in aws.fails("iam", "create-account-alias", "--account-alias", "a--b")

    before = aws.json("iam", "get-account-summary")["SummaryMap"]
    assert (before["InstanceProfiles"], before["InstanceProfilesQuota"]) == (0, 1000)
    assert before["AttachedPoliciesPerRoleQuota"] == 20
    aws("iam", "create-instance-profile", "--instance-profile-name", "one")
    after = aws.json("iam", "get-account-summary")["SummaryMap"]
    assert after == {**before, "InstanceProfiles": 1}

    unset = f"The Password Policy with domain name {ACCOUNT} cannot be found."
    assert unset in aws.fails("iam", "get-account-password-policy")
    aws("iam", "update-account-password-policy", "--minimum-password-length", "12", "--require-numbers")
    shown = aws.json("iam", "get-account-password-policy")["PasswordPolicy"]
    assert (shown["MinimumPasswordLength"], shown["RequireNumbers"], shown["ExpirePasswords"]) == (12, True, False)
    assert "MaxPasswordAge" not in shown
    aws("iam", "delete-account-password-policy")
    assert unset in aws.fails("iam", "get-account-password-policy")
