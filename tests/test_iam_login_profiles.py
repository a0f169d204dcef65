"""Passwords: set by an administrator, changed by their users, held to the account's policy."""

import contextlib
import json
import sqlite3

import pytest

from support.aws_cli import Cli
from support.clients import As, refused
from support.policies import allow, deny, policy
from support.principals import Account
from support.server import ACCOUNT

FIRST, SECOND, THIRD = "First-password-1", "Second-password-2", "Third-password-3"
REUSED = "Policy constraint violation with password reuse prevention during password change."
CHANGE = policy(allow("iam:ChangePassword", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"))


@pytest.fixture
def iam(admin):
    return admin.iam


@pytest.fixture
def own(own_server) -> Account:
    """The account of a server of the test's own: password policies are for a whole account."""
    return Account(own_server, As(own_server, own_server.administrator))


def missing(user: str):
    return refused("NoSuchEntity", 404, f"Login Profile for User {user} cannot be found.")


def violation(message: str):
    return refused("PasswordPolicyViolation", 400, message)


def test_the_life_of_a_password(iam, name):
    with refused("NoSuchEntity", 404, f"The user with name {name} cannot be found."):
        iam.create_login_profile(UserName=name, Password=FIRST)
    iam.create_user(UserName=name)
    with missing(name):
        iam.get_login_profile(UserName=name)
    with missing(name):
        iam.update_login_profile(UserName=name, Password=FIRST)
    with missing(name):
        iam.delete_login_profile(UserName=name)
    made = iam.create_login_profile(UserName=name, Password=FIRST, PasswordResetRequired=True)["LoginProfile"]
    assert (made["UserName"], made["PasswordResetRequired"]) == (name, True)
    with refused("EntityAlreadyExists", 409, f"Login Profile for user {name} already exists."):
        iam.create_login_profile(UserName=name.upper(), Password=FIRST)
    assert iam.get_login_profile(UserName=name)["LoginProfile"] == made
    iam.update_login_profile(UserName=name, PasswordResetRequired=False)
    assert iam.get_login_profile(UserName=name)["LoginProfile"] == {**made, "PasswordResetRequired": False}
    iam.update_login_profile(UserName=name, Password=SECOND)
    assert iam.get_login_profile(UserName=name)["LoginProfile"] == {**made, "PasswordResetRequired": False}
    # There is no console, so nobody has signed in with it.
    assert "PasswordLastUsed" not in iam.get_user(UserName=name)["User"]
    with refused("DeleteConflict", 409, "Cannot delete entity, must delete login profile first."):
        iam.delete_user(UserName=name)
    iam.update_user(UserName=name, NewUserName=f"{name}-new")
    assert iam.get_login_profile(UserName=f"{name}-new")["LoginProfile"]["UserName"] == f"{name}-new"
    iam.delete_login_profile(UserName=f"{name}-new")
    iam.delete_user(UserName=f"{name}-new")


def test_without_a_name_it_is_the_callers_own(account):
    actions = ["iam:CreateLoginProfile", "iam:GetLoginProfile", "iam:DeleteLoginProfile"]
    user = account.user(policy(allow(actions, f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}")))
    assert user.iam.create_login_profile(Password=FIRST)["LoginProfile"]["UserName"] == user.name
    assert user.iam.get_login_profile()["LoginProfile"]["UserName"] == user.name
    user.iam.delete_login_profile()
    with missing(user.name):
        user.iam.get_login_profile()
    session = account.session_with(policy(allow("iam:*")))
    with refused("ValidationError", 400, "Must specify userName when calling with non-User credentials"):
        session.iam.get_login_profile()


def test_what_is_missing_or_no_password_is_refused(iam, name):
    iam.create_user(UserName=name)
    for parameters, constraint in (
        ({}, "Member must not be null"),
        ({"Password": "x" * 129}, "Member must have length less than or equal to 128"),
        ({"Password": ""}, "Member must have length greater than or equal to 1"),
        ({"Password": "Passwort-€-1"}, "Member must satisfy regular expression pattern"),
    ):
        with refused("ValidationError", 400, has=constraint):
            iam.create_login_profile(UserName=name, **parameters)
    # Where no policy is set, AWS's default is.
    default = "Password should meet 1 more of the following requirements: Password should have at least one "
    with violation(f"{default}uppercase letter, Password should have at least one symbol"):
        iam.create_login_profile(UserName=name, Password="password1")
    with violation("Password should have a minimum length of 8"):
        iam.create_login_profile(UserName=name, Password="Pass-1")
    with missing(name):
        iam.get_login_profile(UserName=name)


def test_users_change_their_password_and_must_know_the_one_before(iam, account):
    user = account.user(CHANGE)
    with missing(user.name):
        user.iam.change_password(OldPassword=FIRST, NewPassword=SECOND)
    iam.create_login_profile(UserName=user.name, Password=FIRST, PasswordResetRequired=True)
    with refused("AccessDenied", 403, "The old password was incorrect."):
        user.iam.change_password(OldPassword=SECOND, NewPassword=THIRD)
    with violation("Password should have a minimum length of 8"):
        user.iam.change_password(OldPassword=FIRST, NewPassword="Pass-1")
    assert iam.get_login_profile(UserName=user.name)["LoginProfile"]["PasswordResetRequired"] is True
    user.iam.change_password(OldPassword=FIRST, NewPassword=SECOND)
    assert iam.get_login_profile(UserName=user.name)["LoginProfile"]["PasswordResetRequired"] is False
    with refused("AccessDenied", 403, "The old password was incorrect."):
        user.iam.change_password(OldPassword=FIRST, NewPassword=THIRD)
    # An administrator needs to know none.
    iam.update_login_profile(UserName=user.name, Password=THIRD)
    user.iam.change_password(OldPassword=THIRD, NewPassword=FIRST)


def test_only_users_have_a_password_to_change(account):
    session = account.session_with(policy(allow("iam:*")))
    with refused("InvalidUserType", 400, "Only IAM Users can change their own password"):
        session.iam.change_password(OldPassword=FIRST, NewPassword=SECOND)


def test_a_user_needs_permission_unless_the_account_gives_it(own):
    iam = own.admin.iam
    users = {"nothing": own.user(), "denied": own.user(policy(deny("iam:ChangePassword")))}
    for user in users.values():
        iam.create_login_profile(UserName=user.name, Password=FIRST)
    nothing, denied = users.values()
    refusal = (
        f"User: {nothing.arn} is not authorized to perform: iam:ChangePassword on resource: user {nothing.name} "
        "because no identity-based policy allows the iam:ChangePassword action"
    )
    with refused("AccessDenied", 403, refusal):
        nothing.iam.change_password(OldPassword=FIRST, NewPassword=SECOND)
    iam.update_account_password_policy(MinimumPasswordLength=8)
    with refused("AccessDenied", 403, refusal):
        nothing.iam.change_password(OldPassword=FIRST, NewPassword=SECOND)
    with refused("AccessDenied", 403):
        nothing.iam.get_account_password_policy()

    iam.update_account_password_policy(MinimumPasswordLength=8, AllowUsersToChangePassword=True)
    nothing.iam.change_password(OldPassword=FIRST, NewPassword=SECOND)
    assert nothing.iam.get_account_password_policy()["PasswordPolicy"]["MinimumPasswordLength"] == 8
    with refused("AccessDenied", 403, has="with an explicit deny in an identity-based policy"):
        denied.iam.change_password(OldPassword=FIRST, NewPassword=SECOND)
    # It gives nothing else, and nothing to others than users.
    with refused("AccessDenied", 403):
        nothing.iam.get_login_profile()
    with refused("AccessDenied", 403):
        own.session(own.role()).iam.get_account_password_policy()


def test_the_accounts_policy_holds_for_every_new_password(own):
    iam = own.admin.iam
    user = own.user(CHANGE)
    iam.update_account_password_policy(
        MinimumPasswordLength=12, RequireSymbols=True, RequireNumbers=True, RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
    )
    one = "Password should have at least one"
    with violation(
        f"Password should have a minimum length of 12, {one} uppercase letter, {one} number, {one} symbol"
    ):
        iam.create_login_profile(UserName=user.name, Password="password")
    iam.create_login_profile(UserName=user.name, Password=FIRST)
    with violation(f"{one} lowercase letter"):
        iam.update_login_profile(UserName=user.name, Password="SECOND-PASSWORD-2")
    with violation(f"{one} symbol"):
        user.iam.change_password(OldPassword=FIRST, NewPassword="SecondPassword2")
    # One that was set before the policy asked for more stays good.
    iam.update_account_password_policy(MinimumPasswordLength=40)
    with violation("Password should have a minimum length of 40"):
        user.iam.change_password(OldPassword=FIRST, NewPassword=SECOND)


def test_passwords_of_before_are_not_used_again_while_the_policy_forbids_it(own):
    iam = own.admin.iam
    user = own.user(CHANGE)
    iam.create_login_profile(UserName=user.name, Password=FIRST)
    iam.update_account_password_policy(PasswordReusePrevention=2)
    with violation(REUSED):
        user.iam.change_password(OldPassword=FIRST, NewPassword=FIRST)
    user.iam.change_password(OldPassword=FIRST, NewPassword=SECOND)
    with violation(REUSED):
        user.iam.change_password(OldPassword=SECOND, NewPassword=FIRST)
    with violation(REUSED):
        iam.update_login_profile(UserName=user.name, Password=FIRST)
    user.iam.change_password(OldPassword=SECOND, NewPassword=THIRD)
    user.iam.change_password(OldPassword=THIRD, NewPassword=FIRST)
    iam.delete_account_password_policy()
    user.iam.change_password(OldPassword=FIRST, NewPassword=FIRST)


def test_passwords_survive_a_kill_and_only_their_hashes_are_kept(own_server, own):
    iam = own.admin.iam
    user = own.user(CHANGE)
    gone = own.user()
    for each in (user, gone):
        iam.create_login_profile(UserName=each.name, Password=FIRST)
    user.iam.change_password(OldPassword=FIRST, NewPassword=SECOND)
    iam.delete_login_profile(UserName=gone.name)
    before = iam.get_login_profile(UserName=user.name)["LoginProfile"]
    own_server.kill()
    with contextlib.closing(sqlite3.connect(own_server.data / "directory.db")) as database:
        rows = [line for line in database.iterdump() if "login-profile" in line]
    assert any("pbkdf2-sha512$210000$" in row for row in rows)
    assert not any(word in row for row in rows for word in (FIRST, SECOND))
    own_server.restart()

    iam = As(own_server, own_server.administrator).iam
    assert iam.get_login_profile(UserName=user.name)["LoginProfile"] == before
    with missing(gone.name):
        iam.get_login_profile(UserName=gone.name)
    user = As(own_server, user.credentials)
    with refused("AccessDenied", 403):
        user.iam.change_password(OldPassword=FIRST, NewPassword=THIRD)
    user.iam.change_password(OldPassword=SECOND, NewPassword=THIRD)


def test_the_cli_sets_and_changes_a_password(server, aws, account, home):
    user = account.user(CHANGE)
    name = ("--user-name", user.name)
    made = aws.json("iam", "create-login-profile", *name, "--password", FIRST, "--password-reset-required")
    assert aws.json("iam", "get-login-profile", *name) == made
    Cli.of(server, home, user.credentials)(
        "iam", "change-password", "--old-password", FIRST, "--new-password", SECOND
    )
    aws("iam", "update-login-profile", *name, "--password", THIRD, "--no-password-reset-required")
    assert "(PasswordPolicyViolation)" in aws.fails("iam", "update-login-profile", *name, "--password", "short")
    aws("iam", "delete-login-profile", *name)
    assert "(NoSuchEntity)" in aws.fails("iam", "get-login-profile", *name)


def test_records_name_the_user_and_no_password(server, admin, account):
    user = account.user(policy(allow("iam:*")))
    user.iam.create_login_profile(UserName=user.name, Password=FIRST)
    user.iam.change_password(OldPassword=FIRST, NewPassword=SECOND)
    pages = admin.cloudtrail.get_paginator("lookup_events").paginate(
        LookupAttributes=[{"AttributeKey": "AccessKeyId", "AttributeValue": user.credentials.access_key}]
    )
    found = [json.loads(it["CloudTrailEvent"]) for page in pages for it in page["Events"]]
    changed, created = found
    assert (changed["eventName"], created["eventName"]) == ("ChangePassword", "CreateLoginProfile")
    assert changed["requestParameters"] is None and changed["responseElements"] is None
    assert created["requestParameters"] == {"userName": user.name}
    assert created["responseElements"]["loginProfile"]["userName"] == user.name
    assert all(it["resources"][0]["ARN"] == user.arn for it in found)
    texts = json.dumps(found) + server.log()
    assert not any(word in texts for word in (FIRST, SECOND))


def test_a_denial_names_the_user(account, name):
    user = account.user()
    for call, operation in (
        (lambda: user.iam.create_login_profile(UserName=name, Password=FIRST), "CreateLoginProfile"),
        (lambda: user.iam.get_login_profile(UserName=name), "GetLoginProfile"),
        (lambda: user.iam.update_login_profile(UserName=name, Password=FIRST), "UpdateLoginProfile"),
        (lambda: user.iam.delete_login_profile(UserName=name), "DeleteLoginProfile"),
    ):
        with refused(
            "AccessDenied", 403,
            f"User: {user.arn} is not authorized to perform: iam:{operation} on resource: user {name} "
            f"because no identity-based policy allows the iam:{operation} action",
        ):
            call()
