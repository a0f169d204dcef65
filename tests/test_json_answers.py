"""`Accept: application/json`: IAM and STS answer the same tree as JSON."""

import time

import pytest

from support import raw
from support.clients import As
from support.policies import ROOT, allow, policy, trust
from support.principals import role_arn
from support.server import ACCOUNT, Credentials

VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}


@pytest.fixture
def ask(server, admin):
    """Asks for an operation; by default as the administrator, for JSON."""

    def asked(service, action, credentials=admin.credentials, accept="application/json", **parameters):
        body = {"Action": action, "Version": VERSIONS[service], **parameters}
        return raw.query(server, service, body, credentials, headers={"Accept": accept})

    return asked


@pytest.fixture
def result(ask):
    """The result of an operation that must succeed."""

    def result(service, action, *arguments, **parameters):
        answer = ask(service, action, *arguments, **parameters)
        assert answer.status == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        frame = answer.json[f"{action}Response"]
        assert list(answer.json) == [f"{action}Response"]
        assert frame["ResponseMetadata"] == {"RequestId": answer.headers["x-amzn-requestid"]}
        assert set(frame) <= {f"{action}Result", "ResponseMetadata"}
        return frame.get(f"{action}Result")

    return result


def parts(name: str, *items) -> dict:
    """A list as the query protocol has it."""
    return {f"{name}.member.{at}": item for at, item in enumerate(items, 1)}


def is_now(value) -> bool:
    assert isinstance(value, float) and value == int(value), value
    return abs(value - time.time()) < 120


def test_an_identity(result, account):
    user = account.user()
    told = result("sts", "GetCallerIdentity", user.credentials)
    assert told == {"UserId": told["UserId"], "Account": ACCOUNT, "Arn": user.arn}


def test_structures_lists_and_times(result, admin, name):
    tags = {"Tags.member.1.Key": "b", "Tags.member.1.Value": "", "Tags.member.2.Key": "a", "Tags.member.2.Value": "é"}
    user = result("iam", "CreateUser", UserName=name, Path=f"/{name}/", **tags)["User"]
    assert is_now(user.pop("CreateDate"))
    expected = admin.iam.get_user(UserName=name)["User"]
    expected.pop("CreateDate")
    assert user == expected
    assert user["Tags"] == [{"Key": "a", "Value": "é"}, {"Key": "b", "Value": ""}]
    listed = result("iam", "ListUsers", PathPrefix=f"/{name}/")
    assert [it["UserName"] for it in listed["Users"]] == [name] and "Tags" not in listed["Users"][0]
    assert listed["IsTruncated"] is False and "Marker" not in listed
    assert result("iam", "ListUsers", PathPrefix=f"/{name}/none/") == {"Users": [], "IsTruncated": False}
    assert result("iam", "ListUserPolicies", UserName=name) == {"PolicyNames": [], "IsTruncated": False}
    # An operation without an output has a frame without a result.
    assert result("iam", "DeleteUser", UserName=name) is None


def test_numbers_and_maps(result, account):
    summary = result("iam", "GetAccountSummary")["SummaryMap"]
    assert summary["UsersQuota"] == 5000 and all(type(it) is int for it in summary.values())
    role = account.role(MaxSessionDuration=7200)
    shown = result("iam", "GetRole", RoleName=role)["Role"]
    assert shown["MaxSessionDuration"] == 7200 and shown["RoleLastUsed"] == {}
    assert is_now(shown["CreateDate"])


def test_documents_are_as_in_xml(ask, result, account):
    sent = policy(allow("s3:GetObject", "arn:aws:s3:::b/? *")).replace("?", "é")
    role = account.role(sent)
    parameters = {"RoleName": role, "PolicyName": "p"}
    document = result("iam", "GetRolePolicy", **parameters)["PolicyDocument"]
    assert document.startswith("%7B%22Version%22") and "%C3%A9%20" in document
    xml = ask("iam", "GetRolePolicy", accept="text/xml", **parameters)
    assert xml.find("PolicyDocument") == document


def test_secrets_reach_their_owner_and_work(server, result, account):
    user = account.user(policy(allow("sts:AssumeRole")))
    key = result("iam", "CreateAccessKey", UserName=user.name)["AccessKey"]
    assert key["Status"] == "Active" and is_now(key["CreateDate"])
    made = As(server, Credentials.of(key))
    assert made.sts.get_caller_identity()["Arn"] == user.arn
    role = account.role()
    answer = result(
        "sts", "AssumeRole", made.credentials, RoleArn=role_arn(role), RoleSessionName="json", DurationSeconds="900"
    )
    assert set(answer["Credentials"]) == {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}
    assert is_now(answer["Credentials"]["Expiration"] - 900)
    assert answer["AssumedRoleUser"]["Arn"].endswith(f"assumed-role/{role}/json")
    session = As(server, Credentials.of(answer["Credentials"]))
    assert session.sts.get_caller_identity()["Arn"] == answer["AssumedRoleUser"]["Arn"]


def test_nested_lists(result):
    answer = result(
        "iam", "SimulateCustomPolicy",
        **parts("PolicyInputList", policy(allow("s3:GetObject", "arn:aws:s3:::b/*"))),
        **parts("ActionNames", "s3:GetObject", "s3:PutObject"), **parts("ResourceArns", "arn:aws:s3:::b/k"),
    )
    allowed, denied = answer["EvaluationResults"]
    assert (allowed["EvalDecision"], denied["EvalDecision"]) == ("allowed", "implicitDeny")
    start = allowed["MatchedStatements"][0]["StartPosition"]
    assert type(start["Line"]) is int and type(start["Column"]) is int
    assert denied["MatchedStatements"] == [] and denied["MissingContextValues"] == []
    assert answer["IsTruncated"] is False


def test_errors(server, ask, account, name):
    stranger = Credentials("AKIAAAAAAAAAAAAAAAAA", "x" * 40)
    user = account.user()
    bad = Credentials(user.credentials.access_key, "x" * 40)
    for answer, status, code, message in (
        (ask("iam", "GetUser", UserName=name), 404, "NoSuchEntity", f"The user with name {name} cannot be found."),
        (ask("iam", "GetUser", UserName="a" * 129), 400, "ValidationError",
         "1 validation error detected: Value at 'userName' failed to satisfy constraint: "
         "Member must have length less than or equal to 128"),
        (ask("iam", "ListUsers", user.credentials), 403, "AccessDenied",
         f"User: {user.arn} is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::{ACCOUNT}:user/ "
         "because no identity-based policy allows the iam:ListUsers action"),
        (ask("iam", "Nothing"), 400, "InvalidAction", "Could not find operation Nothing for version 2010-05-08"),
        (ask("sts", "GetCallerIdentity", None), 403, "MissingAuthenticationToken",
         "Request is missing Authentication Token"),
        (ask("sts", "GetCallerIdentity", stranger), 403, "InvalidClientTokenId", None),
        (ask("sts", "GetCallerIdentity", bad), 403, "SignatureDoesNotMatch", None),
        (ask("sts", "AssumeRoleWithWebIdentity", None, RoleArn=role_arn("none"), RoleSessionName="session",
             WebIdentityToken="none"), 400, "InvalidIdentityToken", None),
    ):
        assert answer.status == status, answer.text
        assert answer.headers["content-type"] == "application/json"
        assert set(answer.json) == {"Error", "RequestId"}
        assert answer.json["RequestId"] == answer.headers["x-amzn-requestid"]
        error = answer.json["Error"]
        assert (error["Code"], error["Type"], set(error)) == (code, "Sender", {"Code", "Message", "Type"})
        assert message in (None, error["Message"])


def test_only_who_asks_for_it_gets_it(ask):
    for accept in ("application/json; q=0.9", "text/html, application/json", "APPLICATION/JSON"):
        assert ask("sts", "GetCallerIdentity", accept=accept).json
    for accept in ("*/*", "text/xml", "application/*", "application/jsonp"):
        answer = ask("sts", "GetCallerIdentity", accept=accept)
        assert answer.headers["content-type"] == "text/xml" and answer.find("Account") == ACCOUNT


def test_a_trust_policy_that_asks_for_json(result, name):
    role = result("iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=trust(ROOT))["Role"]
    assert role["AssumeRolePolicyDocument"].startswith("%7B") and "MaxSessionDuration" not in role
    assert result("iam", "UpdateRole", RoleName=name, MaxSessionDuration="7200") == {}
    assert result("iam", "DeleteRole", RoleName=name) is None
