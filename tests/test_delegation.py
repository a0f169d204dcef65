"""Temporary delegation: a request, its approval, and the access that its token is traded for."""

import json
import re

import pytest

from support.aws_cli import Cli
from support.clients import As, refused
from support.policies import allow, policy
from support.principals import Account
from support.server import ACCOUNT, Credentials
from support.trail import event

TOPIC = f"arn:aws:sns:us-east-2:{ACCOUNT}:requests"
CHANNEL = {"Description": "set up the product", "NotificationChannel": TOPIC, "SessionDuration": 3600}


@pytest.fixture
def template(admin, name) -> str:
    """A template: reading one bucket."""
    document = policy(allow(["s3:GetObject", "s3:ListBucket"], [
        "arn:aws:s3:::@{bucketName}", "arn:aws:s3:::@{bucketName}/@{keyPrefix}*",
    ]))
    return admin.iam.create_policy(PolicyName=f"template-{name}", PolicyDocument=document)["Policy"]["Arn"]


@pytest.fixture
def partner(account) -> As:
    """Who asks."""
    return account.user(policy(allow(["iam:CreateDelegationRequest", "sts:GetDelegatedAccessToken"])))


def filled(bucket: str, prefix: str = "in/") -> list:
    return [
        {"Name": "bucketName", "Values": [bucket], "Type": "string"},
        {"Name": "keyPrefix", "Values": [prefix], "Type": "string"},
    ]


def ask(partner: As, template: str, bucket: str = "bucket", **more) -> str:
    """A request; its id."""
    answer = partner.iam.create_delegation_request(**{
        **CHANNEL, "RequestorWorkflowId": f"work-{Account.name('w')}",
        "Permissions": {"PolicyTemplateArn": template, "Parameters": filled(bucket)}, **more,
    })
    assert "ConsoleDeepLink" not in answer
    assert re.fullmatch(r"[0-9a-f-]{36}", answer["DelegationRequestId"])
    return answer["DelegationRequestId"]


def arn(request: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:delegation-request/{request}"


def state(admin: As, request: str) -> str:
    return admin.iam.get_delegation_request(DelegationRequestId=request)["DelegationRequest"]["State"]


def test_from_the_request_to_the_object(server, admin, account, partner, template, bucket):
    for key in ("in/a", "out/a"):
        admin.s3.put_object(Bucket=bucket, Key=key, Body=b"hello")
    request = ask(partner, template, bucket, RequestMessage="once more", RedirectUrl="https://p.example/back")
    made = admin.iam.get_delegation_request(DelegationRequestId=request)["DelegationRequest"]
    assert json.loads(made.pop("PermissionPolicy"))["Statement"] == [{
        "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/in/*"],
    }]
    assert (made["ExpirationTime"] - made["CreateDate"]).total_seconds() == 24 * 3600
    assert made.pop("UpdatedTime") == made.pop("CreateDate")
    assert made.pop("ExpirationTime")
    assert made == {
        "DelegationRequestId": request, "Description": "set up the product", "RequestMessage": "once more",
        "Permissions": {"PolicyTemplateArn": template, "Parameters": filled(bucket)},
        "State": "UNASSIGNED", "RequestorId": ACCOUNT, "SessionDuration": 3600,
        "RedirectUrl": "https://p.example/back", "OnlySendByOwner": False,
    }

    owner = account.session_with(policy(allow(["iam:*DelegationRequest", "iam:SendDelegationToken", "s3:*"])))
    owner.iam.associate_delegation_request(DelegationRequestId=request)
    with refused("InvalidInput", 400, has="is in state ASSIGNED, and must be in UNASSIGNED"):
        admin.iam.associate_delegation_request(DelegationRequestId=request)
    with refused("InvalidInput", 400, has="must be in ACCEPTED"):
        owner.iam.send_delegation_token(DelegationRequestId=request)
    assert server.command("delegation-token", "--request", request).returncode != 0
    answer = owner.iam.accept_delegation_request(DelegationRequestId=request)
    told = event(server, "AcceptDelegationRequest", answer)
    assert told["resources"] == [
        {"accountId": ACCOUNT, "type": "AWS::IAM::DelegationRequest", "ARN": arn(request)}
    ]
    owner.iam.send_delegation_token(DelegationRequestId=request)
    made = admin.iam.get_delegation_request(DelegationRequestId=request)["DelegationRequest"]
    assert (made["State"], made["OwnerId"], made["ApproverId"]) == ("FINALIZED", owner.arn, owner.arn)
    with refused("InvalidInput", 400, has="is in state FINALIZED"):
        owner.iam.reject_delegation_request(DelegationRequestId=request)

    done = server.command("delegation-token", "--request", request)
    assert done.returncode == 0, done.stderr
    token = done.stdout.strip()
    assert token.startswith(f"{request}.") and token not in server.log()
    answer = partner.sts.get_delegated_access_token(TradeInToken=token)
    assert answer["AssumedPrincipal"] == owner.arn and 0 < answer["PackedPolicySize"] <= 100
    told = event(server, "GetDelegatedAccessToken", answer)
    assert token.split(".", 1)[1] not in json.dumps(told)
    assert told["resources"] == [
        {"accountId": ACCOUNT, "type": "AWS::IAM::DelegationRequest", "ARN": arn(request)}
    ]
    assert answer["Credentials"]["SecretAccessKey"] not in json.dumps(told)
    delegated = As(server, Credentials.of(answer["Credentials"]))
    assert delegated.sts.get_caller_identity()["Arn"] == owner.arn
    assert delegated.s3.get_object(Bucket=bucket, Key="in/a")["Body"].read() == b"hello"
    for call in (
        lambda: delegated.s3.get_object(Bucket=bucket, Key="out/a"),
        lambda: delegated.s3.put_object(Bucket=bucket, Key="in/b", Body=b""),
        lambda: delegated.iam.get_delegation_request(DelegationRequestId=request),
    ):
        with refused("AccessDenied", 403):
            call()
    with refused("ValidationError", 400, "The trade-in token is not valid."):
        partner.sts.get_delegated_access_token(TradeInToken=token[:-1])
    with refused("AccessDenied", 403, has="sts:GetDelegatedAccessToken"):
        owner.sts.get_delegated_access_token(TradeInToken=token)


def test_the_credentials_can_do_no_more_than_who_accepted(server, admin, account, partner, template, bucket):
    admin.s3.put_object(Bucket=bucket, Key="in/a", Body=b"hello")
    request = ask(partner, template, bucket)
    poor = account.session_with(policy(allow(["iam:*DelegationRequest", "iam:SendDelegationToken"])))
    check = {"DelegationRequestId": request, "DelegationPermissionCheck": True}
    poor.iam.associate_delegation_request(DelegationRequestId=request)
    answer = poor.iam.get_delegation_request(**check)
    assert (answer["PermissionCheckStatus"], answer["PermissionCheckResult"]) == ("COMPLETE", "DENIED")
    assert admin.iam.get_delegation_request(**check)["PermissionCheckResult"] == "ALLOWED"
    assert "PermissionCheckStatus" not in admin.iam.get_delegation_request(DelegationRequestId=request)
    poor.iam.accept_delegation_request(DelegationRequestId=request)
    poor.iam.send_delegation_token(DelegationRequestId=request)
    token = server.command("delegation-token", "--request", request).stdout.strip()
    answer = partner.sts.get_delegated_access_token(TradeInToken=token)
    with refused("AccessDenied", 403):
        As(server, Credentials.of(answer["Credentials"])).s3.get_object(Bucket=bucket, Key="in/a")


def test_a_grant_to_who_accepted_does_not_widen_the_credentials(server, admin, account, partner, template, bucket):
    for key in ("in/a", "out/a"):
        admin.s3.put_object(Bucket=bucket, Key=key, Body=b"hello")
    owner = account.user(policy(allow(["iam:*DelegationRequest", "iam:SendDelegationToken"])))
    admin.s3.put_bucket_policy(Bucket=bucket, Policy=policy(allow(
        "s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal={"AWS": owner.arn},
    )))
    request = ask(partner, template, bucket)
    owner.iam.associate_delegation_request(DelegationRequestId=request)
    owner.iam.accept_delegation_request(DelegationRequestId=request)
    owner.iam.send_delegation_token(DelegationRequestId=request)
    token = server.command("delegation-token", "--request", request).stdout.strip()
    answer = partner.sts.get_delegated_access_token(TradeInToken=token)
    delegated = As(server, Credentials.of(answer["Credentials"]))
    assert owner.s3.get_object(Bucket=bucket, Key="out/a")["Body"].read() == b"hello"
    assert delegated.s3.get_object(Bucket=bucket, Key="in/a")["Body"].read() == b"hello"
    with refused("AccessDenied", 403):
        delegated.s3.get_object(Bucket=bucket, Key="out/a")


def test_a_request_is_passed_on_and_turned_down(admin, account, partner, template):
    request = ask(partner, template)
    with refused("InvalidInput", 400, has="is in state UNASSIGNED, and must be in ASSIGNED or PENDING_APPROVAL"):
        admin.iam.update_delegation_request(DelegationRequestId=request, Notes="please")
    with refused("ConcurrentModification", 409):
        admin.iam.accept_delegation_request(DelegationRequestId=request)
    owner = account.user(policy(allow("iam:AssociateDelegationRequest")))
    owner.iam.associate_delegation_request(DelegationRequestId=request)
    # Its owner may see it and pass it on without any policy that says so, and no more.
    owner.iam.update_delegation_request(DelegationRequestId=request, Notes="please")
    made = owner.iam.get_delegation_request(DelegationRequestId=request)["DelegationRequest"]
    assert (made["State"], made["Notes"], made["OwnerId"]) == ("PENDING_APPROVAL", "please", owner.arn)
    assert owner.iam.get_human_readable_summary(EntityArn=arn(request))["SummaryState"] == "AVAILABLE"
    for call in (
        lambda: owner.iam.accept_delegation_request(DelegationRequestId=request),
        lambda: owner.iam.reject_delegation_request(DelegationRequestId=request),
        lambda: owner.iam.list_delegation_requests(OwnerId=owner.arn),
        lambda: account.user().iam.get_delegation_request(DelegationRequestId=request),
    ):
        with refused("AccessDenied", 403, has="because no identity-based policy allows"):
            call()
    denied = {"Effect": "Deny", "Action": "iam:GetDelegationRequest", "Resource": "*"}
    admin.iam.put_user_policy(UserName=owner.name, PolicyName="deny", PolicyDocument=policy(denied))
    with refused("AccessDenied", 403, has="with an explicit deny"):
        owner.iam.get_delegation_request(DelegationRequestId=request)
    admin.iam.accept_delegation_request(DelegationRequestId=request)
    assert state(admin, request) == "ACCEPTED"
    admin.iam.reject_delegation_request(DelegationRequestId=request, Notes="no, after all")
    made = admin.iam.get_delegation_request(DelegationRequestId=request)["DelegationRequest"]
    assert (made["State"], made["RejectionReason"]) == ("REJECTED", "no, after all")
    assert "ApproverId" not in made
    with refused("InvalidInput", 400, has="is in state REJECTED"):
        admin.iam.update_delegation_request(DelegationRequestId=request)
    with refused("InvalidInput", 400, has="is in state REJECTED"):
        admin.iam.send_delegation_token(DelegationRequestId=request)


def test_only_the_owner_sends_when_that_is_asked(server, admin, account, partner, template):
    request = ask(partner, template, OnlySendByOwner=True)
    owner = account.user(policy(allow(["iam:AssociateDelegationRequest", "iam:SendDelegationToken"])))
    owner.iam.associate_delegation_request(DelegationRequestId=request)
    admin.iam.accept_delegation_request(DelegationRequestId=request)
    with refused("AccessDenied", 403, has="because only the owner of the request may send its token"):
        admin.iam.send_delegation_token(DelegationRequestId=request)
    assert state(admin, request) == "ACCEPTED"
    owner.iam.send_delegation_token(DelegationRequestId=request)
    assert state(admin, request) == "FINALIZED"


def test_conditions_on_requests(admin, account, template):
    narrow = account.user(policy(allow("iam:CreateDelegationRequest", Condition={
        "StringEquals": {"iam:DelegationDuration": "3600", "iam:NotificationChannel": TOPIC},
        "ArnEquals": {"iam:TemplateArn": template},
    })))
    request = ask(narrow, template)
    for more in ({"SessionDuration": 3601}, {"NotificationChannel": TOPIC + "x"},
                 {"Permissions": {"PolicyTemplateArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}}):
        with refused("AccessDenied", 403, has="iam:CreateDelegationRequest"):
            ask(narrow, template, **more)
    admin.iam.associate_delegation_request(DelegationRequestId=request)
    owner = admin.iam.get_delegation_request(DelegationRequestId=request)["DelegationRequest"]["OwnerId"]
    for of, may in ((owner, True), (owner + "x", False)):
        reader = account.user(policy(allow("iam:GetDelegationRequest", Condition={
            "ArnEquals": {"iam:DelegationRequestOwner": of}
        })))
        if may:
            reader.iam.get_delegation_request(DelegationRequestId=request)
        else:
            with refused("AccessDenied", 403):
                reader.iam.get_delegation_request(DelegationRequestId=request)


def test_requests_that_are_none(admin, partner, template):
    workflow = f"work-{Account.name('w')}"
    ask(partner, template, RequestorWorkflowId=workflow)
    with refused("EntityAlreadyExists", 409, f"A delegation request with workflow id {workflow} already exists."):
        ask(partner, template, RequestorWorkflowId=workflow)
    for more, told in (
        ({"Permissions": {"Parameters": filled("b")}}, "must have a PolicyTemplateArn"),
        ({"Permissions": {"PolicyTemplateArn": template + "x"}}, "does not exist"),
        ({"Permissions": {"PolicyTemplateArn": template}}, "The parameter bucketName of the policy template is missing"),
        ({"Permissions": {"PolicyTemplateArn": template, "Parameters": [*filled("b"), *filled("b")]}},
         "more than once"),
        ({"OwnerAccountId": "999999999999"}, "The account 999999999999 does not exist"),
        ({"NotificationChannel": "arn:aws:sqs:us-east-2:123456789012:queue"}, "must be the ARN of an SNS topic"),
        ({"Permissions": {"PolicyTemplateArn": template, "Parameters": [
            {"Name": "bucketName", "Values": ["a"], "Type": "stringList"}, *filled("b")[1:],
        ]}}, "can only take the place of a whole value"),
    ):
        with refused("InvalidInput", 400, has=told):
            ask(partner, template, **more)
    with refused("ValidationError", 400, has="greater than or equal to 300"):
        ask(partner, template, SessionDuration=299)
    nobody = "0e0ed58f-2d10-4a37-9a5f-7d7cbd0ff0d4"
    for call in ("get_delegation_request", "associate_delegation_request", "update_delegation_request",
                 "accept_delegation_request", "reject_delegation_request", "send_delegation_token"):
        with refused("NoSuchEntity", 404, f"The delegation request with id {nobody} cannot be found."):
            getattr(admin.iam, call)(DelegationRequestId=nobody)
    with refused("NoSuchEntity", 404):
        admin.iam.get_human_readable_summary(EntityArn=arn(nobody))
    with refused("InvalidInput", 400, "The entity ARN is not that of a delegation request."):
        admin.iam.get_human_readable_summary(EntityArn=template)


def test_the_summary_is_for_people(admin, partner, template):
    request = ask(partner, template, "their-bucket")
    answer = admin.iam.get_human_readable_summary(EntityArn=arn(request))
    assert (answer["SummaryState"], answer["Locale"]) == ("AVAILABLE", "en")
    text = answer["SummaryContent"]
    assert f"Account {ACCOUNT} asks for access to your account for 60 minutes." in text
    assert "Amazon S3" in text and "their-bucket" in text
    assert admin.iam.get_human_readable_summary(EntityArn=arn(request), Locale="en-US")["SummaryContent"] == text
    other = admin.iam.get_human_readable_summary(EntityArn=arn(request), Locale="de")
    assert (other["SummaryState"], other["Locale"]) == ("NOT_SUPPORTED", "de")
    assert "SummaryContent" not in other


def test_the_boundaries_of_roles_are_told(admin, partner, name):
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
    document = policy(allow("iam:CreateRole", "*", Condition={"StringEquals": {"iam:PermissionsBoundary": boundary}}))
    template = admin.iam.create_policy(PolicyName=f"roles-{name}", PolicyDocument=document)["Policy"]["Arn"]
    request = ask(partner, template, Permissions={"PolicyTemplateArn": template})
    made = admin.iam.get_delegation_request(DelegationRequestId=request, DelegationPermissionCheck=True)
    assert made["DelegationRequest"]["RolePermissionRestrictionArns"] == [boundary]


def test_a_list_in_pages(admin, account, partner, template):
    owner = account.user(policy(allow(["iam:AssociateDelegationRequest", "iam:ListDelegationRequests"])))
    requests = [ask(partner, template) for _ in range(5)]
    for request in requests:
        owner.iam.associate_delegation_request(DelegationRequestId=request)
    found, marker = [], {}
    while True:
        page = owner.iam.list_delegation_requests(OwnerId=owner.arn, MaxItems=2, **marker)
        assert len(page["DelegationRequests"]) <= 2
        found += [it["DelegationRequestId"] for it in page["DelegationRequests"]]
        if not page["isTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    assert found == sorted(requests)


def test_the_cli_and_a_kill(own_server, home):
    aws = Cli.of(own_server, home)
    document = policy(allow("iam:ListUsers"))
    template = aws.json("iam", "create-policy", "--policy-name", "t", "--policy-document", document)["Policy"]["Arn"]
    request = ("--delegation-request-id", aws.json(
        "iam", "create-delegation-request", "--description", "d", "--requestor-workflow-id", "work-1",
        "--notification-channel", TOPIC, "--session-duration", "900", "--owner-account-id", ACCOUNT,
        "--permissions", f"PolicyTemplateArn={template}",
    )["DelegationRequestId"])
    aws("iam", "associate-delegation-request", *request)
    aws("iam", "update-delegation-request", *request, "--notes", "look at it")
    aws("iam", "accept-delegation-request", *request)
    aws("iam", "send-delegation-token", *request)
    before = aws.json("iam", "list-delegation-requests")["DelegationRequests"]
    own_server.kill()
    own_server.restart()
    aws = Cli.of(own_server, home)
    assert aws.json("iam", "list-delegation-requests")["DelegationRequests"] == before
    assert aws.json("iam", "get-delegation-request", *request)["DelegationRequest"] == before[0]
    assert before[0]["State"] == "FINALIZED"
    token = own_server.command("delegation-token", "--request", request[1]).stdout.strip()
    answer = aws.json("sts", "get-delegated-access-token", "--trade-in-token", token)
    delegated = Cli.of(own_server, home, Credentials.of(answer["Credentials"]))
    assert delegated.json("iam", "list-users")["Users"] == []
    assert "(AccessDenied)" in delegated.fails("iam", "list-roles")
