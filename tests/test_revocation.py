"""`daypass sessions` and `daypass revoke`: which sessions of a role work, and their end."""

import datetime
import json
import time

import pytest

from support.clients import As, refused
from support.policies import allow, policy, trust_provider
from support.principals import role_arn
from support.server import Credentials

GRANT = policy(allow("iam:ListUsers"))


def listed(server, role: str, *options: str) -> dict:
    """The sessions by access key."""
    done = server.command("sessions", role, "-o", "json", *options)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["role"] == role_arn(role)
    return {session["accessKeyId"]: session for session in answer["sessions"]}


def past(admin, role: str) -> None:
    """Waits until the time of the revocation is over, which is a second away at most."""
    document = admin.iam.get_role_policy(RoleName=role, PolicyName="AWSRevokeOlderSessions")["PolicyDocument"]
    [statement] = document["Statement"]
    before = datetime.datetime.fromisoformat(statement["Condition"]["DateLessThan"]["aws:TokenIssueTime"])
    left = before.timestamp() - time.time()
    assert left <= 1
    time.sleep(max(0, left))


def test_sessions_are_listed_with_whom_they_are_of(server, account, admin, hosted):
    role = account.role(GRANT, trusted=trust_provider(hosted, "system:serviceaccount:ns:pod-sa"))
    assert listed(server, role) == {}
    answer = As(server, None).sts.assume_role_with_web_identity(
        RoleArn=role_arn(role), RoleSessionName="anything",
        WebIdentityToken=server.token("ns/pod-sa"), DurationSeconds=900,
    )
    [(key, session)] = listed(server, role).items()
    assert key == answer["Credentials"]["AccessKeyId"]
    assert session["by"] == "system:serviceaccount:ns:pod-sa"
    assert session["sessionName"] == "anything"
    assert session["sourceIPAddress"] == "127.0.0.1"
    assert session["revoked"] is False
    assert datetime.datetime.fromisoformat(session["expires"]) == answer["Credentials"]["Expiration"]
    table = server.command("sessions", role_arn(role)).stdout.splitlines()
    assert table[0].split("  ")[0] == "ACCESS KEY" and len(table) == 2
    assert key in table[1] and "system:serviceaccount:ns:pod-sa" in table[1]


def test_sessions_of_the_local_socket_are_listed(server):
    """Administrators' own sessions, which no API call issued."""
    issued = json.loads(server.command("credentials", "--format", "process").stdout)
    assert listed(server, "Administrator")[issued["AccessKeyId"]]["revoked"] is False


def test_a_refused_call_and_another_role_of_the_name_make_no_session(server, account, admin):
    role = account.role(GRANT)
    account.session(role)
    stranger = account.user()
    with refused("AccessDenied"):
        account.session(role, caller=stranger)
    assert len(listed(server, role)) == 1
    admin.iam.delete_role_policy(RoleName=role, PolicyName="p")
    admin.iam.delete_role(RoleName=role)
    account.role(GRANT, RoleName=role)
    assert listed(server, role) == {}


def test_many_sessions_are_listed_over_pages(server, account):
    role = account.role(GRANT)
    keys = {account.session(role, f"s{n}").credentials.access_key for n in range(55)}
    assert set(listed(server, role)) == keys


def test_every_session_of_before_ends_at_once_and_newer_ones_work(server, account, admin):
    role = account.role(GRANT)
    old = [account.session(role, f"s{n}") for n in range(3)]
    for session in old:
        session.iam.list_users()
    done = server.command("revoke", role)
    assert done.returncode == 0, done.stderr
    assert role_arn(role) in done.stdout and "AWSRevokeOlderSessions" in done.stdout
    for session in old:
        with refused("AccessDenied", 403, has="explicit deny in an identity-based policy"):
            session.iam.list_users()
        # Nobody can be denied to ask who they are.
        session.sts.get_caller_identity()
    assert listed(server, role) == {}
    assert {it["revoked"] for it in listed(server, role, "--revoked").values()} == {True}
    past(admin, role)
    new = account.session(role)
    new.iam.list_users()
    assert set(listed(server, role)) == {new.credentials.access_key}
    # Once more, and the new one ends too.
    assert server.command("revoke", role_arn(role)).returncode == 0
    with refused("AccessDenied"):
        new.iam.list_users()


@pytest.mark.parametrize("by", ["key", "name"])
def test_one_session_ends_and_the_others_go_on(server, account, by):
    role = account.role(GRANT)
    leaked, other = account.session(role, "leaked"), account.session(role, "other")
    word = leaked.credentials.access_key if by == "key" else "leaked"
    done = server.command("revoke", role, "--session", word)
    assert done.returncode == 0, done.stderr
    assert leaked.credentials.access_key in done.stdout
    with refused("AccessDenied", 403, has="explicit deny"):
        leaked.iam.list_users()
    other.iam.list_users()
    assert set(listed(server, role)) == {other.credentials.access_key}
    # A second one beside the first; what is revoked stays so.
    assert server.command("revoke", role, "--session", "other").returncode == 0
    for session in (leaked, other):
        with refused("AccessDenied"):
            session.iam.list_users()
    assert listed(server, role) == {}
    account.session(role, "third").iam.list_users()


def test_a_session_that_is_not_there_revokes_nothing(server, account, admin):
    role = account.role(GRANT)
    session = account.session(role, "here")
    done = server.command("revoke", role, "--session", "here", "--session", "elsewhere")
    assert done.returncode == 1
    assert "`elsewhere` is neither" in done.stderr and f"daypass sessions {role}" in done.stderr
    session.iam.list_users()
    assert admin.iam.list_role_policies(RoleName=role)["PolicyNames"] == ["p"]


@pytest.mark.parametrize(
    ("role", "told"),
    [
        ("no-such-role", "The role with name no-such-role cannot be found"),
        ("arn:aws:iam::123456789012:user/ann", "is not the ARN of a role"),
        ("arn:aws:iam::123456789012:role/other-path/Administrator", "there is no role"),
    ],
)
def test_a_role_that_is_not_there_is_told(server, role, told):
    for command in ("sessions", "revoke"):
        done = server.command(command, role)
        assert done.returncode == 1 and told in done.stderr, done.stderr


def test_whoever_may_not_revoke_is_told(server, account):
    role = account.role(GRANT)
    session = account.session(role)
    user = account.user(policy(allow(["iam:GetRole", "iam:GetRolePolicy", "cloudtrail:LookupEvents"])))
    environment = {**user.credentials.environment(), "AWS_ENDPOINT_URL": server.url}
    assert server.command("sessions", role, environment=environment).returncode == 0
    done = server.command("revoke", role, environment=environment)
    assert done.returncode == 1
    assert "AccessDenied" in done.stderr and "iam:PutRolePolicy" in done.stderr
    session.iam.list_users()


def test_sessions_of_a_deleted_role_and_user_are_dead(server, account, admin):
    role = account.role(GRANT)
    session = account.session(role)
    admin.iam.delete_role_policy(RoleName=role, PolicyName="p")
    admin.iam.delete_role(RoleName=role)
    with refused("InvalidClientTokenId", 403):
        session.sts.get_caller_identity()
    account.role(GRANT, RoleName=role)
    with refused("InvalidClientTokenId", 403):
        As(server, Credentials.of(session.answer["Credentials"])).sts.get_caller_identity()
