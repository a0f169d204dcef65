"""`daypass create iamserviceaccount`: a service account's role in one command, and its undoing."""

import json

import pytest

from support.clients import As, refused
from support.kubernetes import Refused
from support.policies import allow, policy
from support.server import ACCOUNT, Credentials

READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
ANNOTATION = "eks.amazonaws.com/role-arn"


@pytest.fixture
def known(site):
    """A cluster that is registered, without a webhook."""
    site.ok("create", "cluster", "--name", site.name, "--no-webhook")
    return site


def words(site, *more: str) -> list[str]:
    return ["iamserviceaccount", "--cluster", site.name, "--namespace", site.name, "--name", "app", *more]


def account(site) -> dict:
    return site.cluster.request("GET", f"/api/v1/namespaces/{site.name}/serviceaccounts/app")


def role_of(site, name: str | None = None) -> dict:
    return site.admin.iam.get_role(RoleName=name or f"{site.name}-{site.name}-app-role")["Role"]


def test_role_policies_namespace_and_annotation_in_one_command(known):
    told = known.ok("create", *words(known, "--attach-policy-arn", READ_ONLY))
    role = role_of(known)
    for line in (
        f"✓ role: {role['Arn']} was made\n", f"✓ policy: {READ_ONLY} was attached\n",
        f"✓ namespace: {known.name} was made\n", f"✓ service account: {known.name}/app was made, with the role\n",
        f"undo: daypass delete iamserviceaccount --cluster {known.name} --namespace {known.name} --name app",
    ):
        assert line in told, told
    condition, = (it["Condition"] for it in role["AssumeRolePolicyDocument"]["Statement"])
    provider = known.cluster.provider
    assert condition == {"StringEquals": {
        f"{provider}:sub": f"system:serviceaccount:{known.name}:app", f"{provider}:aud": "sts.amazonaws.com"}}
    assert account(known)["metadata"]["annotations"][ANNOTATION] == role["Arn"]

    # What it is for: the service account's token, and nobody else's, is worth the role.
    token = known.cluster.token(known.name, "app")
    session = As(known.server, None).sts.assume_role_with_web_identity(
        RoleArn=role["Arn"], RoleSessionName="pod", WebIdentityToken=token)
    As(known.server, Credentials.of(session["Credentials"])).s3.list_buckets()
    with refused("AccessDenied"):
        As(known.server, None).sts.assume_role_with_web_identity(
            RoleArn=role["Arn"], RoleSessionName="pod", WebIdentityToken=known.cluster.token("default", "default"))
    done = known.run(
        "test", "identity", "--cluster", known.name, "--namespace", known.name, "--service-account", "app", "-o", "json")
    found = json.loads(done.stdout)
    outcomes = {it["check"]: it["outcome"] for it in found["checks"]}
    assert outcomes == {
        "service account": "passed", "token": "passed", "session": "passed", "allowed call": "passed",
        "refused call": "passed", "other audience": "passed", "pod": "failed",
    }
    assert done.returncode == 1

    before = account(known)["metadata"]["resourceVersion"]
    again = known.ok("create", *words(known, "--attach-policy-arn", READ_ONLY, "--approve"))
    for line in (
        f"✓ role: {role['Arn']} was there\n", f"✓ policy: {READ_ONLY} was attached before\n",
        f"✓ namespace: {known.name} was there\n", f"✓ service account: {known.name}/app has the role\n",
    ):
        assert line in again, again
    assert account(known)["metadata"]["resourceVersion"] == before
    listed = known.ok("list", "iamserviceaccounts", "--cluster", known.name)
    assert listed.splitlines()[1].split() == [known.name, "app", role["Arn"]]


def test_what_differs_is_made_as_it_is_said(known):
    known.ok("create", *words(known))
    name = role_of(known)["RoleName"]
    known.admin.iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Federated": known.provider_arn},
            "Action": "sts:AssumeRoleWithWebIdentity"}]}))
    boundary = known.admin.iam.create_policy(PolicyName="bound", PolicyDocument=policy(allow("s3:*")))["Policy"]["Arn"]
    told = known.ok("create", *words(known, "--permissions-boundary", boundary))
    assert "its trust policy is this service account's again; its permissions boundary was set" in told
    role = role_of(known)
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    assert "Condition" in role["AssumeRolePolicyDocument"]["Statement"][0]


def test_delete_takes_back_what_was_made(known):
    known.ok("create", *words(known, "--attach-policy-arn", READ_ONLY))
    known.admin.iam.put_role_policy(
        RoleName=role_of(known)["RoleName"], PolicyName="more", PolicyDocument=policy(allow("s3:*")))
    told = known.ok("delete", *words(known))
    assert f"serviceaccounts/app in {known.name} was deleted" in told
    with refused("NoSuchEntity"):
        role_of(known)
    with pytest.raises(Refused, match="not found"):
        account(known)
    told = known.fails("delete", *words(known))
    assert "no role was made for" in told and "daypass list iamserviceaccounts" in told
    assert "no service account of" in known.ok("list", "iamserviceaccounts", "--cluster", known.name)


def test_an_account_of_somebody_else_is_annotated_and_kept(known):
    known.cluster.namespace(known.name)
    known.cluster.service_account(known.name, "app")
    told = known.ok("create", *words(known, "--role-name", "mine"))
    assert "was there, and was annotated with the role" in told
    assert account(known)["metadata"]["annotations"][ANNOTATION] == role_of(known, "mine")["Arn"]
    told = known.ok("delete", *words(known))
    assert "stays, without the annotation: it was there before" in told
    assert "annotations" not in account(known)["metadata"]


def test_another_role_is_not_taken_from_an_account_silently(known):
    known.cluster.namespace(known.name)
    other = f"arn:aws:iam::{ACCOUNT}:role/other"
    known.cluster.service_account(known.name, "app", {ANNOTATION: other})
    told = known.fails("create", *words(known))
    assert f"has the role {other}; nothing was changed" in told and "--override-existing-serviceaccounts" in told
    with refused("NoSuchEntity"):
        role_of(known)
    known.ok("create", *words(known, "--override-existing-serviceaccounts"))
    assert account(known)["metadata"]["annotations"][ANNOTATION] == role_of(known)["Arn"]


def test_what_cannot_be_is_told_before_anything_is_made(known):
    told = known.fails("create", "iamserviceaccount", "--cluster", "absent", "--name", "app")
    assert "no cluster `absent` is registered" in told and "daypass create cluster --name absent" in told
    known.admin.iam.create_role(RoleName="taken", AssumeRolePolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]}))
    told = known.fails("create", *words(known, "--role-name", "taken"))
    assert "the role `taken` is there and was not made for" in told and "--role-name" in told
    long = "a" * 60
    told = known.fails("create", "iamserviceaccount", "--cluster", known.name, "--name", long, "--role-only")
    assert "too long for a role's name" in told
    assert known.run("create", "iamserviceaccount", "--cluster", known.name, "--name", "Not_A_Name").returncode == 2
    missing = f"arn:aws:iam::{ACCOUNT}:policy/absent"
    for option in ("--attach-policy-arn", "--permissions-boundary"):
        for mode in ("auto", "manual"):
            done = known.run("create", *words(known, option, missing, "--mode", mode))
            assert (done.returncode, done.stdout) == (1, "")
            assert f"there is no policy {missing}; nothing was changed" in done.stderr
    with refused("NoSuchEntity"):
        role_of(known)
    with pytest.raises(Refused, match="not found"):
        account(known)
    known.ok("create", *words(known))
    assert account(known)


def test_manual_mode_changes_nothing_and_its_commands_work(known, home):
    boundary = known.admin.iam.create_policy(PolicyName="bound", PolicyDocument=policy(allow("s3:*")))["Policy"]["Arn"]
    options = ("--attach-policy-arn", READ_ONLY, "--permissions-boundary", boundary, "--mode", "manual",
               "--output-dir", str(home / "out"))
    script = known.ok("create", *words(known, *options))
    with refused("NoSuchEntity"):
        role_of(known)
    with pytest.raises(Refused, match="not found"):
        known.cluster.request("GET", f"/api/v1/namespaces/{known.name}")
    known.follow(script, home)
    role = role_of(known)
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    assert account(known)["metadata"]["annotations"][ANNOTATION] == role["Arn"]
    told = known.ok("create", *words(known, "--attach-policy-arn", READ_ONLY, "--permissions-boundary", boundary))
    assert "was there\n" in told and "was attached before" in told and "has the role" in told

    script = known.ok("delete", *words(known, "--mode", "manual"))
    assert account(known)
    known.follow(script, home)
    with refused("NoSuchEntity"):
        role_of(known)
    with pytest.raises(Refused, match="not found"):
        account(known)


def test_role_only_asks_no_cluster(known):
    told = known.ok("create", *words(known, "--role-only"), environment={"KUBECONFIG": "/absent"})
    assert "--role-only" in told.splitlines()[-1]
    with pytest.raises(Refused, match="not found"):
        account(known)
    known.ok("delete", *words(known, "--role-only"), environment={"KUBECONFIG": "/absent"})
    with refused("NoSuchEntity"):
        role_of(known)
