"""What the audit trail records, and how it is asked."""

import dataclasses
import datetime
import json

import pytest

from support import raw
from support.clients import As, refused
from support.policies import ROOT, allow, policy, trust
from support.server import ACCOUNT


@pytest.fixture
def trail(admin):
    return admin.cloudtrail


def records(trail, **attribute) -> list:
    """The records that an attribute finds, newest first."""
    (key, value), = attribute.items()
    pages = trail.get_paginator("lookup_events").paginate(
        LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}]
    )
    return [json.loads(it["CloudTrailEvent"]) for page in pages for it in page["Events"]]


def test_the_record_of_a_change(trail, account):
    user = account.user(policy(allow("iam:*")))
    name = account.name("role")
    answer = user.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(ROOT), Description="why not")
    record, = records(trail, AccessKeyId=user.credentials.access_key)
    assert record["eventName"] == "CreateRole"
    assert record["eventSource"] == "iam.amazonaws.com"
    assert record["eventVersion"] == "1.11"
    assert record["awsRegion"] == "us-east-1"
    assert record["sourceIPAddress"] == "127.0.0.1"
    assert record["userAgent"].startswith("Boto3/")
    assert record["readOnly"] is False and record["managementEvent"] is True
    assert (record["eventType"], record["eventCategory"]) == ("AwsApiCall", "Management")
    assert record["recipientAccountId"] == ACCOUNT
    assert record["requestID"] == answer["ResponseMetadata"]["RequestId"]
    assert record["userIdentity"] == {
        "type": "IAMUser", "principalId": user.sts.get_caller_identity()["UserId"], "arn": user.arn,
        "accountId": ACCOUNT, "accessKeyId": user.credentials.access_key, "userName": user.name,
    }
    assert record["requestParameters"]["roleName"] == name
    assert record["requestParameters"]["assumeRolePolicyDocument"] == trust(ROOT)
    made = record["responseElements"]["role"]
    assert made["arn"] == answer["Role"]["Arn"]
    assert datetime.datetime.strptime(made["createDate"], "%b %d, %Y, %I:%M:%S %p")


def test_the_record_of_a_session(trail, account):
    session = account.session_with(policy(allow("iam:ListUsers")))
    session.iam.list_users()
    record, = records(trail, AccessKeyId=session.credentials.access_key)
    identity = record["userIdentity"]
    assert (identity["type"], identity["arn"]) == ("AssumedRole", session.arn)
    context = identity["sessionContext"]
    assert context["sessionIssuer"]["userName"] == session.role
    assert context["attributes"]["mfaAuthenticated"] == "false"
    assert record["requestParameters"] is None or "maxItems" not in record["requestParameters"]
    assert record["responseElements"] is None
    assert record["readOnly"] is True
    issued = next(
        it for it in records(trail, EventName="AssumeRole")
        if ((it["responseElements"] or {}).get("credentials") or {}).get("accessKeyId") == session.credentials.access_key
    )
    assert issued["resources"][0]["ARN"].endswith(f":role/{session.role}")
    assert datetime.datetime.strptime(issued["responseElements"]["credentials"]["expiration"], "%b %d, %Y, %I:%M:%S %p")
    assert session.credentials.secret_key not in json.dumps(issued)


def test_the_record_of_a_refusal(trail, account):
    user = account.user()
    with refused("AccessDenied", 403):
        user.iam.delete_role(RoleName="Administrator")
    record, = records(trail, AccessKeyId=user.credentials.access_key)
    assert record["errorCode"] == "AccessDenied"
    assert "because no identity-based policy allows the iam:DeleteRole action" in record["errorMessage"]
    assert record["responseElements"] is None


def test_failures_have_the_exceptions_name(trail, account):
    user = account.user(policy(allow("iam:*")))
    with refused("NoSuchEntity", 404):
        user.iam.get_role(RoleName="nobody-at-all")
    record, = records(trail, AccessKeyId=user.credentials.access_key)
    assert record["errorCode"] == "NoSuchEntityException"
    assert record["errorMessage"] == "The role with name nobody-at-all cannot be found."


def test_objects_are_data_events_and_not_looked_up(server, trail, account, bucket):
    user = account.user(policy(allow("s3:*")))
    user.s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    user.s3.get_object(Bucket=bucket, Key="k")
    assert records(trail, AccessKeyId=user.credentials.access_key) == []
    user.s3.get_bucket_location(Bucket=bucket)
    assert [it["eventName"] for it in records(trail, AccessKeyId=user.credentials.access_key)] == ["GetBucketLocation"]
    written = [json.loads(line) for path in sorted((server.data / "trail" / "data").iterdir())
               for line in path.read_text().splitlines()]
    mine = [it for it in written if it["userIdentity"].get("accessKeyId") == user.credentials.access_key]
    assert [it["eventName"] for it in mine] == ["PutObject", "GetObject"]
    for it in mine:
        assert (it["eventCategory"], it["managementEvent"]) == ("Data", False)
        assert it["requestParameters"]["bucketName"] == bucket and it["requestParameters"]["key"] == "k"
        assert it["resources"][0] == {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/k"}


class TestLookup:
    @pytest.fixture(scope="class")
    def user(self, account):
        """A user who did three things."""
        user = account.user(policy(allow("iam:*")))
        user.iam.list_users()
        user.iam.create_user(UserName=f"{user.name}-made")
        user.iam.delete_user(UserName=f"{user.name}-made")
        return user

    def test_the_event_around_a_record(self, trail, user):
        events = trail.lookup_events(
            LookupAttributes=[{"AttributeKey": "Username", "AttributeValue": user.name}]
        )["Events"]
        # Newest first.
        assert [it["EventName"] for it in events] == ["DeleteUser", "CreateUser", "ListUsers"]
        assert [it["ReadOnly"] for it in events] == ["false", "false", "true"]
        event = events[1]
        assert (event["Username"], event["EventSource"]) == (user.name, "iam.amazonaws.com")
        assert event["AccessKeyId"] == user.credentials.access_key
        record = json.loads(event["CloudTrailEvent"])
        assert record["eventID"] == event["EventId"]
        found = trail.lookup_events(
            LookupAttributes=[{"AttributeKey": "EventId", "AttributeValue": event["EventId"]}]
        )["Events"]
        assert [it["EventName"] for it in found] == ["CreateUser"]

    @pytest.mark.parametrize(("key", "value"), [
        ("EventName", "DeleteUser"), ("EventSource", "iam.amazonaws.com"), ("ReadOnly", "false"),
    ])
    def test_each_attribute_finds_it(self, trail, user, key, value):
        found = records(trail, **{key: value})
        mine = [it for it in found if it["userIdentity"].get("userName") == user.name]
        assert "DeleteUser" in [it["eventName"] for it in mine]

    def test_a_time_may_be_said(self, trail, user):
        attribute = [{"AttributeKey": "Username", "AttributeValue": user.name}]
        now = datetime.datetime.now(datetime.UTC)
        hour = datetime.timedelta(hours=1)
        found = trail.lookup_events(LookupAttributes=attribute, StartTime=now - hour, EndTime=now + hour)["Events"]
        assert len(found) == 3
        assert trail.lookup_events(LookupAttributes=attribute, EndTime=now - hour)["Events"] == []
        with refused("InvalidTimeRangeException", 400):
            trail.lookup_events(StartTime=now, EndTime=now - hour)

    def test_pages_are_complete(self, trail, user):
        attribute = [{"AttributeKey": "Username", "AttributeValue": user.name}]
        first = trail.lookup_events(LookupAttributes=attribute, MaxResults=2)
        assert len(first["Events"]) == 2
        second = trail.lookup_events(LookupAttributes=attribute, MaxResults=2, NextToken=first["NextToken"])
        assert [it["EventName"] for it in first["Events"] + second["Events"]] == ["DeleteUser", "CreateUser", "ListUsers"]
        assert "NextToken" not in second
        with refused("InvalidNextTokenException", 400):
            trail.lookup_events(LookupAttributes=attribute, NextToken="garbage")
        with refused("InvalidNextTokenException", 400):
            trail.lookup_events(NextToken=first["NextToken"])

    def test_wrong_questions_are_refused(self, server, trail):
        for size in (0, 51):
            with refused("InvalidMaxResultsException", 400):
                trail.lookup_events(MaxResults=size)
        attribute = {"AttributeKey": "EventName", "AttributeValue": "x"}
        for attributes in ([attribute, attribute], [{"AttributeKey": "Colour", "AttributeValue": "x"}],
                           [{"AttributeKey": "EventName", "AttributeValue": ""}]):
            with pytest.raises(trail.exceptions.ClientError) as caught:
                trail.lookup_events(LookupAttributes=attributes)
            assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        answer = raw.cloudtrail(server, "LookupEvents", server.administrator, {"MaxResults": "x"})
        assert answer.status == 400
        assert answer.json["__type"]
        assert answer.headers["x-amzn-errortype"].split(":")[0].endswith(answer.json["__type"].split("#")[-1])

    def test_it_needs_a_permission(self, account):
        user = account.user()
        with refused("AccessDeniedException", 400):
            user.cloudtrail.lookup_events()


def test_line_breaks_in_a_request_forge_no_record(server, trail, account):
    user = account.user(policy(allow("iam:*")))
    agent = As(server, user.credentials, user_agent='x\\n{"eventName":"Forged"}')
    agent.iam.list_users()
    assert "Forged" not in [it["eventName"] for it in records(trail, AccessKeyId=user.credentials.access_key)]
    for path in (server.data / "trail").rglob("*.jsonl"):
        for line in path.read_text().splitlines():
            assert json.loads(line)["eventName"] != "Forged"


def test_who_knows_a_keys_id_cannot_fill_its_trail(server, trail, account):
    user, other = account.user(), account.user()
    for target in (user, other):
        forged = dataclasses.replace(target.credentials, secret_key="x" * 40)
        for _ in range(45 if target is user else 1):
            assert raw.sts(server, "GetCallerIdentity", forged).code == "SignatureDoesNotMatch"
    recorded = records(trail, AccessKeyId=user.credentials.access_key)
    assert {it["eventName"] for it in recorded} == {"Refused"}
    # Ten a minute, and a minute may end in between.
    assert len(recorded) in range(10, 21)
    # One key's refusals take no room from another's, nor from what is signed.
    assert len(records(trail, AccessKeyId=other.credentials.access_key)) == 1
    user.sts.get_caller_identity()
    assert records(trail, AccessKeyId=user.credentials.access_key)[0]["eventName"] == "GetCallerIdentity"
    assert len(records(trail, AccessKeyId=user.credentials.access_key)) == len(recorded) + 1
