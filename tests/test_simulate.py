"""The policy simulator and `daypass can`: what they say is what the server does."""

import json
import os
import subprocess

import pytest
from botocore.exceptions import ClientError

from support.aws_cli import Cli
from support.clients import As, refused
from support.environment import clean_environment
from support.organization import Organization
from support.policies import allow, deny, policy, trust, trust_provider
from support.principals import role_arn
from support.server import ACCOUNT, REGION, binary


def simulate(principal, source: str, action: str, resource: str, **more) -> dict:
    """The one result for an action on a resource."""
    answer = principal.iam.simulate_principal_policy(
        PolicySourceArn=source, ActionNames=[action], ResourceArns=[resource], **more
    )
    assert len(answer["EvaluationResults"]) == 1
    return answer["EvaluationResults"][0]


@pytest.fixture
def can(server, home):
    """Runs `daypass can` as the shared server's administrator, or as somebody else."""

    def run(*arguments: str, credentials=None, **environment) -> subprocess.CompletedProcess:
        credentials = credentials or server.administrator
        given = {**credentials.environment(), "AWS_ENDPOINT_URL": server.url, **environment}
        return subprocess.run(
            [binary(), "can", *arguments], capture_output=True, text=True, timeout=60, cwd=home,
            env=clean_environment(home, given), stdin=subprocess.DEVNULL,
        )

    return run


def test_the_cli_asks_what_a_role_may_do(aws, account):
    role = account.role(policy(allow("s3:GetObject", "arn:aws:s3:::b/*"), deny("s3:*", "arn:aws:s3:::b/secret")))
    results = aws.json(
        "iam", "simulate-principal-policy", "--policy-source-arn", role_arn(role),
        "--action-names", "s3:GetObject", "s3:PutObject", "--resource-arns", "arn:aws:s3:::b/k",
    )["EvaluationResults"]
    assert [(it["EvalActionName"], it["EvalDecision"]) for it in results] == [
        ("s3:GetObject", "allowed"), ("s3:PutObject", "implicitDeny"),
    ]
    statement = results[0]["MatchedStatements"][0]
    assert (statement["SourcePolicyId"], statement["SourcePolicyType"]) == ("p", "role")
    assert statement["StartPosition"]["Line"] == 1
    [result] = aws.json(
        "iam", "simulate-principal-policy", "--policy-source-arn", role_arn(role), "--action-names", "s3:GetObject",
        "--resource-arns", "arn:aws:s3:::b/k", "arn:aws:s3:::b/secret",
    )["EvaluationResults"]
    assert result["EvalDecision"] == "explicitDeny"
    each = {it["EvalResourceName"]: it["EvalResourceDecision"] for it in result["ResourceSpecificResults"]}
    assert each == {"arn:aws:s3:::b/k": "allowed", "arn:aws:s3:::b/secret": "explicitDeny"}


def test_the_example_of_the_cli_reference(aws):
    document = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",'
        '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
    )
    common = ("iam", "simulate-custom-policy", "--policy-input-list", document,
              "--action-names", "dynamodb:CreateBackup", "--context-entries")
    entry = "ContextKeyName='aws:CurrentTime',ContextKeyValues='{}',ContextKeyType=date"
    [result] = aws.json(*common, entry.format("2019-04-25T11:00:00Z"))["EvaluationResults"]
    assert result["EvalDecision"] == "allowed"
    [statement] = result["MatchedStatements"]
    assert statement["SourcePolicyId"] == "PolicyInputList.1"
    assert statement["StartPosition"] == {"Line": 1, "Column": 38}
    assert statement["EndPosition"] == {"Line": 1, "Column": 167}
    assert (result["EvalResourceName"], result["MissingContextValues"]) == ("*", [])
    [result] = aws.json(*common, entry.format("2014-04-25T11:00:00Z"))["EvaluationResults"]
    assert (result["EvalDecision"], result["MatchedStatements"]) == ("implicitDeny", [])
    keys = aws.json("iam", "get-context-keys-for-custom-policy", "--policy-input-list", document)
    assert keys == {"ContextKeyNames": ["aws:CurrentTime"]}


def test_boto3_pages_through_results(admin, account):
    role = account.role(policy(allow("s3:Get*")))
    actions = [f"s3:Get{n}" for n in range(7)]
    pages = admin.iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=role_arn(role), ActionNames=actions, PaginationConfig={"PageSize": 3}
    )
    found = [it["EvalActionName"] for page in pages for it in page["EvaluationResults"]]
    assert found == actions


def test_a_boundary_and_details_of_another_account(admin, account):
    role = account.role(policy(allow("s3:*")))
    limit = admin.iam.create_policy(PolicyName=account.name("limit"), PolicyDocument=policy(allow("s3:Get*")))
    admin.iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=limit["Policy"]["Arn"])
    for action, expected in (("s3:GetObject", True), ("s3:PutObject", False)):
        result = simulate(admin, role_arn(role), action, "arn:aws:s3:::b/k")
        assert (result["EvalDecision"] == "allowed") is expected
        assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": expected}
        assert result["EvalDecisionDetails"] == {}
    opened = policy({**allow("s3:*"), "Principal": {"AWS": "*"}})
    result = simulate(admin, role_arn(role), "s3:GetObject", "arn:aws:s3:::b/k",
                      ResourcePolicy=opened, ResourceOwner="arn:aws:iam::999999999999:root")
    assert result["EvalDecision"] == "allowed"
    assert result["EvalDecisionDetails"]["Resource Policy"] == "allowed"


def test_nobody_simulates_without_permission(account):
    role = account.role(policy(allow("s3:*")))
    curious = account.user(policy(allow("iam:SimulatePrincipalPolicy", role_arn(role))))
    simulate(curious, role_arn(role), "s3:GetObject", "*")
    with refused("AccessDenied", 403, has=f"iam:SimulatePrincipalPolicy on resource: {curious.arn}"):
        simulate(curious, curious.arn, "s3:GetObject", "*")
    with refused("AccessDenied", 403, has="iam:SimulateCustomPolicy on resource: *"):
        curious.iam.simulate_custom_policy(PolicyInputList=[policy(allow("*"))], ActionNames=["s3:GetObject"])


def happens(call) -> bool:
    """Whether the server does it. What isn't there was at least allowed to be asked for."""
    try:
        call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("AccessDenied", "403"):
            return False
        assert code in ("NoSuchKey", "404", "NoSuchEntity", "NoSuchTagSet"), error
    return True


def test_the_simulator_says_what_the_server_does(server, admin, account, bucket):
    target = account.role()
    tagged = account.role(Tags=[{"Key": "team", "Value": "blue"}])
    admin.s3.put_object(Bucket=bucket, Key="public/k", Body=b"1")
    admin.s3.put_object(Bucket=bucket, Key="secret/k", Body=b"1")
    admin.s3.put_object(Bucket=bucket, Key="mine/session/k", Body=b"1")
    here = f"arn:aws:s3:::{bucket}"
    role = account.role(policy(
        allow("s3:GetObject", [f"{here}/public/*", f"{here}/secret/*"]),
        deny("s3:GetObject", f"{here}/secret/*"),
        allow("s3:ListBucket", here, Condition={"StringLike": {"s3:prefix": "public/*"}}),
        allow("iam:GetRole", Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}}),
        allow("sts:AssumeRole", role_arn(target)),
        deny("iam:ListUsers", Condition={"StringEquals": {"aws:PrincipalArn": role_arn("nobody")}}),
        allow("iam:ListUsers"),
    ))
    admin.s3.put_bucket_policy(Bucket=bucket, Policy=policy(
        {**allow("s3:GetObject", f"{here}/mine/*"),
         "Principal": {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/session"}},
        {**deny("s3:PutObject", f"{here}/*"), "Principal": "*"},
        {**allow("s3:DeleteObject", f"{here}/*"), "Principal": {"AWS": role_arn(role)}},
    ))
    only = account.role(trusted=trust(f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/session"))
    closed = account.role(trusted=trust(role_arn(target)))

    def requests(me: As):
        def get(key):
            return lambda: me.s3.get_object(Bucket=bucket, Key=key)

        def assume(name):
            return lambda: me.sts.assume_role(RoleArn=role_arn(name), RoleSessionName="chained")

        def listed(prefix):
            return lambda: me.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)

        prefix = "s3:prefix"
        yield "s3:GetObject", f"{here}/public/k", {}, get("public/k")
        yield "s3:GetObject", f"{here}/secret/k", {}, get("secret/k")
        yield "s3:GetObject", f"{here}/mine/session/k", {}, get("mine/session/k")
        yield "s3:ListBucket", here, {prefix: "public/a"}, listed("public/a")
        yield "s3:ListBucket", here, {prefix: "secret/"}, listed("secret/")
        yield "s3:PutObject", f"{here}/k", {}, lambda: me.s3.put_object(Bucket=bucket, Key="k", Body=b"")
        yield "s3:DeleteObject", f"{here}/k", {}, lambda: me.s3.delete_object(Bucket=bucket, Key="k")
        yield "s3:GetBucketPolicy", here, {}, lambda: me.s3.get_bucket_policy(Bucket=bucket)
        yield "iam:GetRole", role_arn(tagged), {}, lambda: me.iam.get_role(RoleName=tagged)
        yield "iam:GetRole", role_arn(target), {}, lambda: me.iam.get_role(RoleName=target)
        yield "iam:ListUsers", f"arn:aws:iam::{ACCOUNT}:user/", {}, lambda: me.iam.list_users()
        yield "iam:ListRoles", f"arn:aws:iam::{ACCOUNT}:role/", {}, lambda: me.iam.list_roles()
        for name in (target, only, closed, tagged, "nobody"):
            yield "sts:AssumeRole", role_arn(name), {}, assume(name)
        yield "sts:GetCallerIdentity", "*", {}, lambda: me.sts.get_caller_identity()

    said, done = {}, {}
    for session in ("session", "other-session"):
        me = account.session(role, session)
        for number, (action, resource, keys, call) in enumerate(requests(me)):
            entries = [
                {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
                for key, value in keys.items()
            ]
            result = simulate(admin, me.arn, action, resource, ContextEntries=entries)
            request = (session, number, action, resource)
            said[request] = result["EvalDecision"] == "allowed"
            done[request] = happens(call)
    assert said == done
    # Sessions differ, and neither side always says the same.
    assert {value for (name, *_), value in done.items() if name == "session"} == {True, False}
    assert [it for (name, *_), it in done.items() if name == "session"] != [
        it for (name, *_), it in done.items() if name != "session"
    ]


def test_can_says_yes_or_no_and_why(can, account):
    role = account.role(policy(
        {**allow("s3:GetObject", "arn:aws:s3:::b/*"), "Sid": "Read"},
        {**deny("s3:GetObject", "arn:aws:s3:::b/secret"), "Sid": "Hide"},
    ))
    yes = can(role_arn(role), "s3:GetObject", "arn:aws:s3:::b/k")
    assert (yes.returncode, yes.stderr) == (0, "")
    assert yes.stdout.splitlines() == [
        "allowed", "statement 1 (`Read`) of the identity-based policy `p` allows it",
    ]
    no = can(f"role/{role}", "s3:GetObject", "arn:aws:s3:::b/secret")
    assert (no.returncode, no.stderr) == (1, "")
    assert no.stdout.splitlines() == [
        "denied", "statement 2 (`Hide`) of the identity-based policy `p` denies it",
    ]
    no = can(f"assumed-role/{role}/some-session", "s3:GetObject", "arn:aws:s3:::other/k")
    assert no.returncode == 1
    assert no.stdout.startswith("denied\nno identity-based policy allows it: statement 1 (`Read`)")


def test_can_knows_trust_and_bucket_policies(can, admin, account, bucket):
    visitor = account.role(policy(allow("sts:AssumeRole")))
    closed = account.role(trusted=trust(role_arn(account.role())))
    no = can(f"role/{visitor}", "sts:AssumeRole", role_arn(closed))
    assert no.returncode == 1
    assert "role trust policy" in no.stdout
    object_arn = f"arn:aws:s3:::{bucket}/k"
    assert can(f"role/{visitor}", "s3:GetObject", object_arn).returncode == 1
    admin.s3.put_bucket_policy(Bucket=bucket, Policy=policy(
        {**allow("s3:GetObject", object_arn), "Principal": {"AWS": role_arn(visitor)}}
    ))
    yes = can(f"role/{visitor}", "s3:GetObject", object_arn)
    assert yes.returncode == 0
    assert "resource-based policy" in yes.stdout
    assert can("user/" + account.user().name, "s3:GetObject", object_arn).returncode == 1


def test_a_bucket_policy_is_told_to_those_who_may_read_it(admin, account, bucket):
    visitor = account.role()
    object_arn = f"arn:aws:s3:::{bucket}/k"
    admin.s3.put_bucket_policy(Bucket=bucket, Policy=policy(
        {**allow("s3:GetObject", object_arn), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Sid": "Delegated"},
        {**deny("s3:*", object_arn), "Principal": "*", "Sid": "Hidden",
         "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-hush"}}},
    ))
    asks = allow("iam:SimulatePrincipalPolicy")
    blind = account.user(policy(asks))
    seeing = account.user(policy(asks, allow("s3:GetBucketPolicy")))
    vpc = [{"ContextKeyName": "aws:SourceVpc", "ContextKeyValues": ["vpc-hush"], "ContextKeyType": "string"}]
    for entries, expected in (([], "implicitDeny"), (vpc, "explicitDeny")):
        for principal in (blind, seeing):
            result = simulate(principal, role_arn(visitor), "s3:GetObject", object_arn, ContextEntries=entries)
            assert result["EvalDecision"] == expected
            told = principal is seeing
            assert bool(result["MatchedStatements"]) is (told and expected == "explicitDeny")
            assert ("aws:SourceVpc" in result["MissingContextValues"]) is (told and not entries)


def test_can_says_which_keys_are_missing(can, account, hosted):
    role = account.role(policy(allow("s3:GetObject", Condition={
        "IpAddress": {"aws:SourceIp": "192.0.2.0/24"}, "ForAnyValue:StringEquals": {"aws:TagKeys": "b"},
    })))
    asked = (f"role/{role}", "s3:GetObject", "*")
    no = can(*asked)
    assert no.returncode == 1
    assert no.stdout.splitlines()[-1].endswith("--context aws:SourceIp=… --context aws:TagKeys=…")
    given = ("--context", "aws:SourceIp=192.0.2.9", "--context", "aws:TagKeys=a", "--context", "aws:TagKeys=b")
    assert can(*asked, *given).returncode == 0
    assert can(*asked, *given[:4]).returncode == 1

    subject = "system:serviceaccount:ns:app"
    pod = account.role(trusted=trust_provider(hosted, subject))
    web = (f"oidc-provider/{hosted}", "sts:AssumeRoleWithWebIdentity", role_arn(pod))
    assert f"--context {hosted}:sub=…" in can(*web).stdout
    assert can(*web, "--context", f"{hosted}:sub={subject}").returncode == 0
    assert can(*web, "--context", f"{hosted}:sub=system:serviceaccount:ns:other").returncode == 1


def test_can_answers_in_json(can, account):
    role = account.role(policy(
        allow("s3:GetObject"), deny("s3:GetObject", Condition={"Bool": {"aws:SecureTransport": "false"}})
    ))
    yes = can(f"role/{role}", "s3:GetObject", "*", "-o", "json")
    assert yes.returncode == 0
    [line] = yes.stdout.splitlines()
    answer = json.loads(line)
    reason = answer.pop("reason")
    assert reason == "statement 1 of the identity-based policy `p` allows it"
    [statement] = answer.pop("matchedStatements")
    assert sorted(statement) == ["endPosition", "sourcePolicyId", "sourcePolicyType", "startPosition"]
    assert statement["startPosition"]["line"] == 1
    assert answer == {
        "principal": role_arn(role), "action": "s3:GetObject", "resource": "*", "decision": "allowed",
        "missingContextValues": ["aws:SecureTransport"],
    }
    no = can(f"role/{role}", "s3:GetObject", "*", "-o", "json", "--context", "aws:SecureTransport=false")
    assert (no.returncode, json.loads(no.stdout)["decision"]) == (1, "explicitDeny")


def test_can_asks_the_server_of_this_machine(server, account, home):
    role = account.role(policy(allow("s3:GetObject")))
    arguments = [binary(), "can", f"role/{role}", "s3:GetObject", "*"]

    def run(*more: str, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [*arguments, *more], capture_output=True, text=True, timeout=60, cwd=home,
            env=clean_environment(home, environment), stdin=subprocess.DEVNULL,
        )

    assert run("--data", str(server.data)).returncode == 0
    assert run(DAYPASS_DATA=str(server.data), AWS_REGION=REGION).returncode == 0
    nowhere = run("--data", str(home / "nowhere"))
    assert (nowhere.returncode, nowhere.stdout) == (2, "")
    assert "daypass serve" in nowhere.stderr and "AWS_ENDPOINT_URL" in nowhere.stderr


def test_what_cannot_be_asked_is_neither_yes_nor_no(can, account):
    stranger = account.user()
    role = account.role()
    for arguments, more, expected in (
        (("role/nobody", "s3:GetObject", "*"), {}, "aws iam list-roles"),
        (("nobody", "s3:GetObject", "*"), {}, "role/NAME"),
        ((f"role/{role}", "GetObject", "*"), {}, "not an action"),
        ((f"role/{role}", "s3:GetObject", "bucket"), {}, "not in a valid ARN format"),
        ((f"role/{role}", "s3:GetObject", "*", "--context", "nonsense"), {}, "KEY=VALUE"),
        ((f"role/{role}", "s3:GetObject", "*"), {"credentials": stranger.credentials}, "daypass credentials"),
        ((f"role/{role}", "s3:GetObject", "*"), {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "127.0.0.1:9"),
        ((f"role/{role}", "s3:GetObject", "*"), {"AWS_SECRET_ACCESS_KEY": ""}, "AWS_SECRET_ACCESS_KEY"),
    ):
        done = can(*arguments, **more)
        assert (done.returncode, done.stdout) == (2, ""), (arguments, done)
        assert expected in done.stderr, (arguments, done.stderr)


def test_can_speaks_https(https_server, authority, home):
    environment = {
        **https_server.administrator.environment(),
        "AWS_ENDPOINT_URL": https_server.url,
        "AWS_CA_BUNDLE": str(authority.ca),
    }
    cli = Cli(home, environment)
    done = subprocess.run(
        [binary(), "can", "role/Administrator", "s3:GetObject", "*"], capture_output=True, text=True,
        timeout=60, env=cli.environment,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_keys_that_a_principals_policies_ask_for(admin, account):
    role = account.role(policy(allow("s3:GetObject", Condition={"StringEquals": {"aws:PrincipalTag/Team": "a"}})))
    extra = policy(allow("s3:PutObject", Condition={"Bool": {"aws:SecureTransport": "true"}}))
    answer = admin.iam.get_context_keys_for_principal_policy(
        PolicySourceArn=role_arn(role), PolicyInputList=[extra]
    )
    assert answer["ContextKeyNames"] == ["aws:PrincipalTag/Team", "aws:SecureTransport"]
    with refused("NoSuchEntity", 404):
        admin.iam.get_context_keys_for_principal_policy(PolicySourceArn=role_arn("no-such-role"))


def test_policies_of_another_account_cannot_be_tried_out(own_server):
    organization = Organization(own_server)
    home, away = organization.account("one"), organization.account("other")
    organization.api.remove_account_from_organization(AccountId=home.id)
    asker = home.user("ann", policy(allow("s3:*"), allow("iam:SimulatePrincipalPolicy")))
    bucket = f"b-{os.urandom(5).hex()}"
    away.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    hush = {"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-hush"}}}
    target = f"arn:aws:s3:::{bucket}/k"
    away.s3.put_bucket_policy(Bucket=bucket, Policy=policy({**deny("s3:*", target, **hush), "Principal": "*"}))
    owner = {"ResourceOwner": f"arn:aws:iam::{away.id}:root"}

    def said(resource: str, vpc: str, **more) -> dict:
        vpc = {"ContextKeyName": "aws:SourceVpc", "ContextKeyValues": [vpc], "ContextKeyType": "string"}
        result = simulate(asker, asker.arn, "s3:GetObject", resource, ContextEntries=[vpc], **more)
        return json.loads(json.dumps(result).replace(resource, "RESOURCE"))

    def is_blind(**more) -> bool:
        """Whether nothing depends on the condition, or on the bucket's being there."""
        answers = [said(resource, vpc, **more)
                   for resource in (target, f"arn:aws:s3:::{bucket}-none/k") for vpc in ("vpc-hush", "vpc-other")]
        return all(it == answers[0] for it in answers) and answers[0]["EvalDecision"] != "explicitDeny"

    assert is_blind() and is_blind(**owner)
    organization.api.enable_policy_type(RootId=organization.root, PolicyType="RESOURCE_CONTROL_POLICY")
    organization.policy(policy({**deny("s3:*", **hush), "Principal": "*"}), "RESOURCE_CONTROL_POLICY", to=away.id)
    assert is_blind(**owner)
    # The organization of another account, letter by letter.
    guess = policy(deny("*", Condition={"StringLike": {"aws:ResourceOrgID": "o-*"}}))
    assert said(target, "vpc-other", PolicyInputList=[guess], **owner)["EvalDecision"] != "explicitDeny"
    # The owner is told.
    reader = away.user("bob", policy(allow("*")))
    vpc = [{"ContextKeyName": "aws:SourceVpc", "ContextKeyValues": ["vpc-hush"], "ContextKeyType": "string"}]
    assert simulate(reader, reader.arn, "s3:GetObject", target, ContextEntries=vpc)["EvalDecision"] == "explicitDeny"
    result = simulate(reader, reader.arn, "s3:GetObject", target, PolicyInputList=[guess])
    assert result["EvalDecision"] == "explicitDeny"
