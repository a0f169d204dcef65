"""A refusal's sealed explanation: the header that has it, who may decode it, and what it says."""

import json

import pytest
from botocore.exceptions import ClientError

from support import raw
from support.aws_cli import Cli
from support.clients import As, refused
from support.organization import Organization
from support.policies import ROOT, allow, deny, policy, trust
from support.principals import Account, role_arn
from support.server import ACCOUNT, Credentials
from test_trail import records

HEADER = "x-daypass-authorization-message"
DECODE = policy(allow("sts:DecodeAuthorizationMessage"))
INVALID = "InvalidAuthorizationMessageException"


def denied(call, **parameters) -> dict:
    """The headers of a call that must be refused by policy."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    return caught.value.response["ResponseMetadata"]["HTTPHeaders"]


def message(call, **parameters) -> str:
    return denied(call, **parameters)[HEADER]


def decoded(principal: As, text: str) -> dict:
    return json.loads(principal.sts.decode_authorization_message(EncodedMessage=text)["DecodedMessage"])


def conditions(document: dict) -> dict:
    return {
        it["key"]: [value["value"] for value in it["values"]["items"]]
        for it in document["context"]["conditions"]["items"]
    }


@pytest.fixture(scope="session")
def reader(account) -> As:
    """Who may decode."""
    return account.user(DECODE)


def test_an_explicit_deny_names_its_statement(account, reader):
    user = account.user(policy(
        allow("iam:*"),
        deny("iam:DeleteUser", f"arn:aws:iam::{ACCOUNT}:user/*", Sid="KeepUsers", Condition={
            "Bool": {"aws:SecureTransport": "false"}
        }),
    ))
    document = decoded(reader, message(user.iam.delete_user, UserName="somebody"))
    assert (document["allowed"], document["explicitDeny"]) == (False, True)
    assert document["context"]["principal"] == {
        "id": user.sts.get_caller_identity()["UserId"], "name": user.name, "arn": user.arn,
    }
    assert document["context"]["action"] == "iam:DeleteUser"
    assert document["context"]["resource"] == f"arn:aws:iam::{ACCOUNT}:user/somebody"
    found = [it for it in document["matchedStatements"]["items"] if it["effect"] == "DENY"]
    assert found == [{
        "statementId": "KeepUsers",
        "effect": "DENY",
        "principals": {"items": [{"value": document["context"]["principal"]["id"]}]},
        "principalGroups": {"items": []},
        "actions": {"items": [{"value": "iam:DeleteUser"}]},
        "resources": {"items": [{"value": f"arn:aws:iam::{ACCOUNT}:user/*"}]},
        "conditions": {"items": [{"key": "aws:SecureTransport", "values": {"items": [{"value": "false"}]}}]},
    }]
    keys = conditions(document)
    assert keys["aws:SourceIp"] == ["127.0.0.1"]
    assert keys["aws:username"] == [user.name]


def test_a_missing_allow_names_what_nearly_matched(account, reader):
    session = account.session_with(policy(allow("iam:GetUser", f"arn:aws:iam::{ACCOUNT}:user/other", Sid="Other")))
    document = decoded(reader, message(session.iam.get_user, UserName="somebody"))
    assert (document["allowed"], document["explicitDeny"]) == (False, False)
    assert document["matchedStatements"] == {"items": []}
    reason, = [it["value"] for it in document["failures"]["items"]]
    assert "`Other`" in reason and "its `Resource` is" in reason
    assert document["context"]["principal"]["arn"] == session.arn
    assert document["context"]["principal"]["name"] == "session"


def test_the_operations_that_decide_for_themselves_tell_too(account, reader):
    user = account.user(policy(allow("sts:AssumeRole")))
    role = account.role(trusted=trust(ROOT, condition={"StringEquals": {"sts:ExternalId": "42"}}))
    text = message(user.sts.assume_role, RoleArn=role_arn(role), RoleSessionName="session")
    document = decoded(reader, text)
    assert document["context"]["action"] == "sts:AssumeRole"
    assert any("sts:ExternalId" in it["value"] for it in document["failures"]["items"])


def test_the_refusals_text_is_as_before_and_others_have_no_header(server, account):
    user = account.user(policy(allow("iam:GetRole")))
    with refused("AccessDenied", 403, (
        f"User: {user.arn} is not authorized to perform: iam:ListUsers on resource: "
        f"arn:aws:iam::{ACCOUNT}:user/ because no identity-based policy allows the iam:ListUsers action"
    )):
        user.iam.list_users()
    with pytest.raises(ClientError) as caught:
        user.iam.get_role(RoleName="nobody-there")
    assert HEADER not in caught.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert HEADER not in user.sts.get_caller_identity()["ResponseMetadata"]["HTTPHeaders"]
    # Who has no credentials has no account that could read it.
    stranger = raw.sts(server, "AssumeRoleWithWebIdentity", RoleArn=role_arn("x"), RoleSessionName="session",
                       WebIdentityToken="x.y.z")
    assert HEADER not in {name.lower() for name in stranger.headers}


def test_only_who_may_decode_it_can(account, reader):
    user = account.user()
    text = message(user.iam.list_users)
    headers = denied(user.sts.decode_authorization_message, EncodedMessage=text)
    with refused("AccessDenied", 403, (
        f"User: {user.arn} is not authorized to perform: sts:DecodeAuthorizationMessage because no identity-based "
        "policy allows the sts:DecodeAuthorizationMessage action"
    )):
        user.sts.decode_authorization_message(EncodedMessage=text)
    assert decoded(reader, headers[HEADER])["context"]["action"] == "sts:DecodeAuthorizationMessage"


def test_what_is_no_message_is_invalid(account, reader):
    text = message(account.user().iam.list_users)
    flipped = text[:40] + ("A" if text[40] != "A" else "B") + text[41:]
    session = account.session_with(DECODE)
    for wrong in ("x", flipped, text[:-4], text + "\n", f" {text}", text.replace(text[5], "+", 1), "A" * 10_240,
                  session.credentials.token[:10_240]):
        with refused(INVALID, 400):
            reader.sts.decode_authorization_message(EncodedMessage=wrong)
    for length in (0, 10_241):
        with refused("ValidationError", 400, has="encodedMessage"):
            reader.sts.decode_authorization_message(EncodedMessage="A" * length)


def test_a_message_of_another_server_is_invalid(account, own_server, reader):
    text = message(account.user().iam.list_users)
    other = As(own_server, own_server.administrator)
    with refused(INVALID, 400):
        other.sts.decode_authorization_message(EncodedMessage=text)
    # Its own outlive a restart.
    user = Account(own_server, other).user()
    text = message(user.iam.list_users)
    own_server.kill()
    own_server.restart()
    assert decoded(As(own_server, own_server.administrator), text)["context"]["action"] == "iam:ListUsers"


def test_a_message_is_no_session_token(server, reader, account):
    session = account.session_with(DECODE)
    text = message(session.iam.list_users)
    posing = As(server, Credentials(session.credentials.access_key, session.credentials.secret_key, text))
    with pytest.raises(ClientError) as caught:
        posing.sts.get_caller_identity()
    assert caught.value.response["Error"]["Code"] == "InvalidClientTokenId"


def test_whatever_is_refused_the_header_has_a_bound_and_tells_no_length(account, reader):
    many = [allow("iam:GetUser", f"arn:aws:iam::{ACCOUNT}:user/{'x' * 60}-{n}", Sid=f"S{n}") for n in range(12)]
    user = account.user(policy(*many))
    long = message(user.iam.get_user, UserName="somebody")
    assert len(long) <= 3_468
    role = account.role()
    tags = [{"Key": f"key-{n}", "Value": "v" * 200} for n in range(40)]
    long = message(account.user().iam.tag_role, RoleName=role, Tags=tags)
    assert len(long) <= 3_468
    document = decoded(reader, long)
    assert document["truncated"] is True and document["context"]["action"] == "iam:TagRole"
    # Filled up: a policy that is a little longer makes no longer message.
    lengths = {len(message(account.user(policy(allow("s3:*", "*", Sid="A" * n))).iam.list_users)) for n in (1, 2, 3)}
    assert len(lengths) == 1


def test_the_record_and_the_cli(server, account, admin, home, reader):
    text = message(account.user().iam.list_users)
    answer = Cli.of(server, home, reader.credentials).json(
        "sts", "decode-authorization-message", "--encoded-message", text
    )
    assert json.loads(answer["DecodedMessage"])["context"]["action"] == "iam:ListUsers"
    record = records(admin.cloudtrail, AccessKeyId=reader.credentials.access_key)[0]
    assert (record["eventName"], record["readOnly"]) == ("DecodeAuthorizationMessage", True)
    assert record["requestParameters"] == {"encodedMessage": text}
    assert record["responseElements"] is None


def test_explain_prints_it_for_people(server, account, reader):
    user = account.user(policy(deny("iam:ListUsers", Sid="NoList")))
    text = message(user.iam.list_users)
    done = server.command("explain", text)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == user.arn
    assert lines[1].strip() == f"iam:ListUsers on arn:aws:iam::{ACCOUNT}:user/"
    assert lines[2].strip() == "explicitly denied"
    assert "matched: DENY `NoList`, actions iam:ListUsers, resources *" in lines
    # As somebody of one's own choice, and for programs.
    environment = {**reader.credentials.environment(), "AWS_ENDPOINT_URL": server.url}
    done = server.command("explain", text, "--output", "json", environment=environment)
    assert json.loads(done.stdout)["explicitDeny"] is True
    environment = {**user.credentials.environment(), "AWS_ENDPOINT_URL": server.url}
    done = server.command("explain", text, environment=environment)
    assert done.returncode == 1 and "AccessDenied" in done.stderr
    done = server.command("explain", "nonsense")
    assert done.returncode == 1 and INVALID in done.stderr


def test_a_role_that_is_not_there_cannot_be_told_from_one_that_trusts_others(account, reader):
    user = account.user(policy(allow("sts:*")))
    closed = account.role(trusted=trust(f"arn:aws:iam::{ACCOUNT}:user/{reader.name}"))
    answers = []
    for role in (closed, "no-such-role"):
        for options in ({}, {"SerialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/none"}):
            with pytest.raises(ClientError) as caught:
                user.sts.assume_role(RoleArn=role_arn(role), RoleSessionName="session", **options)
            response = caught.value.response
            text = response["Error"]["Message"].replace(role, "ROLE")
            answers.append((text, HEADER in response["ResponseMetadata"]["HTTPHeaders"]))
    assert answers[:2] == answers[2:]
    assert answers[0][1] and "MFA" in answers[1][0]


def test_a_message_tells_nothing_of_another_accounts_role(own_server):
    organization = Organization(own_server)
    member = organization.account()
    member.iam.create_role(
        RoleName="closed", AssumeRolePolicyDocument=trust(f"arn:aws:iam::{member.id}:root"),
        Tags=[{"Key": "Secret", "Value": "plan"}],
    )
    home = organization.management
    text = message(
        home.sts.assume_role, RoleArn=f"arn:aws:iam::{member.id}:role/closed", RoleSessionName="session"
    )
    document = decoded(home, text)
    told = [key for key in conditions(document) if "ResourceTag" in key or "ResourceOrg" in key]
    assert told == []
    assert "plan" not in json.dumps(document) and member.id in document["context"]["resource"]


def test_control_policies_are_for_their_administrators(own_server):
    organization = Organization(own_server)
    member = organization.account()
    content = policy(deny("iam:CreateUser", Sid="NoUsersHere"))
    organization.policy(content, to=member.id)
    document = decoded(member, message(member.iam.create_user, UserName="x"))
    assert document["explicitDeny"] is True
    assert "NoUsersHere" not in json.dumps(document)
