"""`daypass credentials` and `daypass token`: how people and programs get in."""

import datetime
import json
import re

from support.aws_cli import Cli
from support.clients import As, refused
from support.jwt import payload
from support.policies import allow, policy, trust_provider
from support.principals import role_arn
from support.server import ACCOUNT, REGION, binary, daypass


def test_a_profile_with_credential_process_works_with_the_cli(server, home):
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(
        f"[profile daypass]\nregion = {REGION}\nendpoint_url = {server.url}\n"
        f"credential_process = {binary()} credentials --data {server.data} --format process\n"
    )
    cli = Cli(home, {"AWS_PROFILE": "daypass"})
    identity = cli.json("sts", "get-caller-identity")
    assert identity["Account"] == ACCOUNT
    assert identity["Arn"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/Administrator/")


def test_the_process_format_is_what_the_cli_reads(server):
    before = datetime.datetime.now(datetime.UTC)
    done = server.command("credentials", "--format", "process", "--duration", "900")
    answer = json.loads(done.stdout)
    assert sorted(answer) == ["AccessKeyId", "Expiration", "SecretAccessKey", "SessionToken", "Version"]
    assert answer["Version"] == 1
    assert answer["AccessKeyId"].startswith("ASIA") and len(answer["AccessKeyId"]) == 20
    assert len(answer["SecretAccessKey"]) == 40
    expires = datetime.datetime.fromisoformat(answer["Expiration"])
    assert 895 <= (expires - before).total_seconds() <= 905


def test_the_env_format_sets_a_shell_up(server, shell):
    sh = shell()
    exported = sh.run(f"daypass credentials --data {server.data} --format env")
    names = [line.removeprefix("export ").split("=")[0] for line in exported.splitlines()]
    assert names == [
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_REGION",
        "AWS_DEFAULT_REGION", "OIDC_PROVIDER",
    ]
    sh.run(f'eval "$(daypass credentials --data {server.data} --format env)"')
    assert sh.value("AWS_ENDPOINT_URL") == server.url
    assert sh.run("aws sts get-caller-identity --query Account --output text") == ACCOUNT


def test_another_role_can_be_asked_for(server, account):
    role = account.role(policy(allow("iam:ListUsers")), MaxSessionDuration=7200)
    session = As(server, server.credentials("--role-arn", role_arn(role), "--duration", "7200"))
    assert f":assumed-role/{role}/" in session.sts.get_caller_identity()["Arn"]
    session.iam.list_users()
    with refused("AccessDenied", 403):
        session.iam.list_roles()


def test_durations_out_of_bounds_are_refused_with_the_reason(server, account):
    role = account.role()
    for arguments in (["--duration", "899"], ["--duration", "43201"], ["--duration", "0"], ["--duration=-1"],
                      ["--duration", "3601", "--role-arn", role_arn(role)]):
        done = server.command("credentials", "--format", "process", *arguments)
        assert done.returncode != 0, arguments
        assert done.stdout == ""
        assert re.search("900 to (43200|3600) seconds|--duration", done.stderr), done.stderr


def test_a_role_that_is_not_there_is_refused(server):
    done = server.command("credentials", "--role-arn", role_arn("nobody"))
    assert done.returncode != 0
    assert done.stdout == ""
    assert "nobody" in done.stderr


def test_getting_in_through_the_socket_is_an_event(server, admin):
    credentials = server.credentials("--duration", "901")
    events = admin.cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "AssumeRole"}]
    )["Events"]
    records = [json.loads(event["CloudTrailEvent"]) for event in events]
    answers = [(it, it["responseElements"] or {}) for it in records]
    issued = [
        it for it, answer in answers
        if answer.get("credentials", {}).get("accessKeyId") == credentials.access_key
    ]
    assert len(issued) == 1
    assert issued[0]["requestParameters"]["roleArn"] == role_arn("Administrator")


def test_a_token_is_printed_alone(server):
    done = server.command("token", "--service-account", "ns/sa")
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1 and done.stdout.count(".") == 2
    claims = payload(done.stdout)
    assert claims["iss"] == f"https://{server.issuer()}"
    assert claims["sub"] == "system:serviceaccount:ns:sa"
    assert claims["aud"] == ["sts.amazonaws.com"]
    assert claims["exp"] - claims["iat"] == 86400
    assert claims["kubernetes.io"]["namespace"] == "ns"
    assert claims["kubernetes.io"]["serviceaccount"]["name"] == "sa"


def test_a_tokens_audience_and_lifetime_can_be_said(server):
    claims = payload(server.token("ns/sa", "--audience", "openshift", "--duration", "600s"))
    assert claims["aud"] == ["openshift"]
    assert claims["exp"] - claims["iat"] == 600


def test_a_service_account_that_can_not_exist_gets_no_token(server):
    for wrong in ("sa", "/sa", "ns/", "ns/sa/x", "Ns/sa", "ns/s a", "ns:x/sa"):
        done = server.command("token", "--service-account", wrong)
        assert done.returncode != 0, wrong
        assert done.stdout == ""


def test_without_a_server_the_error_says_what_to_do(home):
    for arguments in (
        ["credentials"], ["token", "--service-account", "ns/sa"],
        ["run", "--role-arn", role_arn("r"), "--service-account", "ns/sa", "--", "true"],
    ):
        done = daypass(*arguments, data=home / "nothing", home=home)
        assert done.returncode != 0
        assert done.stdout == ""
        assert f"daypass serve --data {home}/nothing" in done.stderr, done.stderr


def test_every_command_explains_itself(shell):
    sh = shell()
    listed = sh.run("daypass --help")
    for command in ("serve", "credentials", "token", "run", "demo"):
        assert command in listed
        assert f"daypass {command}" in sh.run(f"daypass {command} --help")
    assert "--data" in sh.fails("daypass credentials --dta x")


def test_the_socket_is_for_its_owner_only(server):
    assert (server.data / "daypass.sock").stat().st_mode & 0o777 == 0o600
    assert server.data.stat().st_mode & 0o077 == 0
    assert (server.data / "key").stat().st_mode & 0o077 == 0


def test_credentials_of_a_pods_role_need_no_key_at_all(server, account, hosted, home):
    role = account.role(policy(allow("iam:ListUsers")), trusted=trust_provider(hosted, "system:serviceaccount:ci:job"))
    token = home / "token"
    # A trailing newline is sent as it is by botocore, and must not matter.
    token.write_text(server.token("ci/job") + "\n")
    cli = Cli(home, {
        "AWS_ROLE_ARN": role_arn(role), "AWS_WEB_IDENTITY_TOKEN_FILE": str(token), "AWS_ROLE_SESSION_NAME": "job-1",
        "AWS_ENDPOINT_URL": server.url,
    })
    assert cli.json("sts", "get-caller-identity")["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/job-1"
