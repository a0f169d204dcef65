"""Which data events a trail has: CloudTrail's event selectors."""

import json

import pytest

from support import raw
from support.aws_cli import Cli
from support.clients import As, refused
from support.organization import Organization
from support.policies import allow, deny, policy
from support.principals import Account
from support.server import ACCOUNT, REGION
from support.trail import event

TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/daypass"
MANAGEMENT = {"Name": "management", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}
OBJECTS = "AWS::S3::Object"


def data(*fields: dict) -> dict:
    """An advanced selector of S3's data events."""
    return {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]},
                               {"Field": "resources.type", "Equals": [OBJECTS]}, *fields]}


def basic(*values: str, read_write: str = "All", management: bool = True) -> dict:
    resources = [{"Type": OBJECTS, "Values": list(values)}] if values else []
    return {"ReadWriteType": read_write, "IncludeManagementEvents": management, "DataResources": resources}


class Data:
    """The data events that a server records."""

    def __init__(self, server):
        self._directory = server.data / "trail" / "data"
        self._seen = 0

    def new(self) -> list[dict]:
        lines = [line for path in sorted(self._directory.iterdir()) for line in path.read_text().splitlines()]
        news, self._seen = lines[self._seen:], len(lines)
        return [json.loads(line) for line in news]

    def told(self) -> list[tuple[str, str]]:
        """What was done, and to which object or bucket."""
        return [(it["eventName"], it["requestParameters"].get("key", it["requestParameters"]["bucketName"]))
                for it in self.new()]


@pytest.fixture(scope="module")
def here(module_server):
    return As(module_server, module_server.administrator)


@pytest.fixture
def recorded(module_server, here):
    """The data events of a server with selectors of the test's choice; everything is selected afterwards."""
    yield Data(module_server)
    here.cloudtrail.put_event_selectors(TrailName="daypass", AdvancedEventSelectors=[MANAGEMENT, data()])


@pytest.fixture
def own_bucket(here, name):
    here.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


def test_the_trail_that_every_account_has(own_server):
    cloudtrail = As(own_server, own_server.administrator).cloudtrail
    described, = cloudtrail.describe_trails()["trailList"]
    assert (described["Name"], described["TrailARN"], described["HomeRegion"]) == ("daypass", TRAIL, REGION)
    assert described["HasCustomEventSelectors"] is False and "S3BucketName" not in described
    for name in ("daypass", TRAIL):
        assert cloudtrail.get_trail(Name=name)["Trail"] == described
        assert cloudtrail.describe_trails(trailNameList=[name, "other"])["trailList"] == [described]
        status = cloudtrail.get_trail_status(Name=name)
        assert status["IsLogging"] is True and status["StartLoggingTime"]
    assert cloudtrail.describe_trails(trailNameList=["other"])["trailList"] == []
    assert cloudtrail.list_trails()["Trails"] == [{"Name": "daypass", "TrailARN": TRAIL, "HomeRegion": REGION}]
    unset = cloudtrail.get_event_selectors(TrailName="daypass")
    assert unset["TrailARN"] == TRAIL and "EventSelectors" not in unset
    assert [it["FieldSelectors"][0]["Equals"] for it in unset["AdvancedEventSelectors"]] == [["Management"], ["Data"]]
    cloudtrail.put_event_selectors(TrailName=TRAIL, EventSelectors=[basic()])
    assert cloudtrail.get_trail(Name="daypass")["Trail"]["HasCustomEventSelectors"] is True


def test_management_events_cannot_be_stopped(here, recorded):
    here.cloudtrail.start_logging(Name="daypass")
    with refused("OperationNotPermittedException", 400, has="put-event-selectors --trail-name daypass"):
        here.cloudtrail.stop_logging(Name="daypass")
    for selectors in ({"EventSelectors": [basic("arn:aws:s3", management=False)]},
                      {"EventSelectors": [basic(read_write="WriteOnly")]},
                      {"AdvancedEventSelectors": [data()]}):
        with refused("InvalidEventSelectorsException", 400, has="Management events are always recorded here"):
            here.cloudtrail.put_event_selectors(TrailName="daypass", **selectors)
    assert here.cloudtrail.get_trail_status(Name="daypass")["IsLogging"] is True


def test_a_trail_that_is_not_there(here):
    elsewhere = TRAIL.replace(REGION, "eu-west-9")
    for name in ("other", elsewhere):
        with refused("TrailNotFoundException", 400, f"Unknown trail: {name} for the user: {ACCOUNT}"):
            here.cloudtrail.get_event_selectors(TrailName=name)
    for name, told in (("ab", "Trail name too short"), ("a b c", "can only contain"), ("-abc", "must starts with"),
                       ("abc.", "must ends with"), ("a" * 129, "too long"), ("", "can not be blank")):
        with refused("InvalidTrailNameException", 400, has=told):
            here.cloudtrail.get_trail(Name=name)
    for arn in ("arn:aws:s3:::b", "arn:aws:cloudtrail:us-east-2:123456789012:channel/daypass", "arn:aws:cloudtrail"):
        with refused("CloudTrailARNInvalidException", 400):
            here.cloudtrail.get_trail_status(Name=arn)


def test_the_cli_switches_the_events_of_one_bucket_off(module_server, home, recorded, here, own_bucket, name):
    other = f"{name}-hot"
    here.s3.create_bucket(Bucket=other, CreateBucketConfiguration={"LocationConstraint": REGION})
    cli = Cli.of(module_server, home)
    selectors = [MANAGEMENT, data({"Field": "resources.ARN", "NotStartsWith": [f"arn:aws:s3:::{other}/"]})]
    answer = cli.json("cloudtrail", "put-event-selectors", "--trail-name", "daypass",
                      "--advanced-event-selectors", json.dumps(selectors))
    assert answer == {"TrailARN": TRAIL, "AdvancedEventSelectors": selectors}
    assert cli.json("cloudtrail", "get-event-selectors", "--trail-name", "daypass") == answer
    recorded.new()
    for bucket in (own_bucket, other):
        here.s3.put_object(Bucket=bucket, Key=f"{bucket}-key", Body=b"x")
        here.s3.get_object(Bucket=bucket, Key=f"{bucket}-key")
        here.s3.list_objects_v2(Bucket=bucket)
    assert recorded.told() == [("PutObject", f"{own_bucket}-key"), ("GetObject", f"{own_bucket}-key"),
                               ("ListObjects", own_bucket)]
    # Events of management stay, whatever is selected.
    answer = here.s3.get_bucket_location(Bucket=other)
    found = here.cloudtrail.lookup_events(LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": other}])
    assert "GetBucketLocation" in [it["EventName"] for it in found["Events"]]


def test_basic_selectors_select_by_prefix_and_by_reads_and_writes(here, recorded, own_bucket):
    here.cloudtrail.put_event_selectors(TrailName="daypass", EventSelectors=[
        basic(),
        basic(f"arn:aws:s3:::{own_bucket}/audited/", read_write="WriteOnly", management=False),
    ])
    recorded.new()
    for key in ("audited/k", "other/k"):
        here.s3.put_object(Bucket=own_bucket, Key=key, Body=b"x")
        here.s3.head_object(Bucket=own_bucket, Key=key)
    # The keys of one request are decided one by one; the request itself is about the whole bucket.
    here.s3.delete_objects(Bucket=own_bucket, Delete={"Objects": [{"Key": "audited/k"}, {"Key": "other/k"}]})
    assert recorded.told() == [("PutObject", "audited/k"), ("DeleteObject", "audited/k")]


def test_selectors_by_name_and_caller(module_server, here, recorded, own_bucket):
    account = Account(module_server, here)
    backup, person = (account.user(policy(allow("s3:*"))) for _ in range(2))
    here.cloudtrail.put_event_selectors(TrailName="daypass", AdvancedEventSelectors=[
        MANAGEMENT,
        data({"Field": "eventName", "Equals": ["PutObject"], "StartsWith": ["Delete"]}),
        data({"Field": "eventName", "Equals": ["GetObject"]},
             {"Field": "userIdentity.arn", "NotEquals": [backup.arn]}),
    ])
    recorded.new()
    backup.s3.put_object(Bucket=own_bucket, Key="k", Body=b"x")
    for caller in (backup, person):
        caller.s3.head_object(Bucket=own_bucket, Key="k")
        caller.s3.get_object(Bucket=own_bucket, Key="k")
    backup.s3.delete_object(Bucket=own_bucket, Key="k")
    events = [(it["eventName"], it["userIdentity"]["userName"]) for it in recorded.new()]
    assert events == [("PutObject", backup.name), ("GetObject", person.name), ("DeleteObject", backup.name)]


def test_refusals_follow_the_same_switch(module_server, here, recorded, own_bucket):
    stranger = Account(module_server, here).user()
    cloudtrail = here.cloudtrail
    for selected in (True, False):
        selector = data({"Field": "resources.ARN", "NotStartsWith": [f"arn:aws:s3:::{own_bucket}/"]})
        cloudtrail.put_event_selectors(
            TrailName="daypass", AdvancedEventSelectors=[MANAGEMENT, data() if selected else selector])
        recorded.new()
        with refused("AccessDenied", 403):
            stranger.s3.get_object(Bucket=own_bucket, Key="k")
        assert raw.send(module_server, "GET", f"/{own_bucket}/k", {}).status == 403
        codes = [it.get("errorCode") for it in recorded.new()]
        assert codes == (["AccessDenied"] * 2 if selected else [])
    # What was refused before anybody knew what was asked for is no data event.
    here.s3.get_bucket_location(Bucket=own_bucket)


def test_they_are_there_after_a_restart_and_put_is_recorded(own_server):
    caller = As(own_server, own_server.administrator)
    caller.s3.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": REGION})
    answer = caller.cloudtrail.put_event_selectors(TrailName="daypass", EventSelectors=[basic()])
    record = event(own_server, "PutEventSelectors", answer)
    assert record["readOnly"] is False and record["managementEvent"] is True
    assert record["requestParameters"]["eventSelectors"][0]["readWriteType"] == "All"
    assert record["resources"] == [{"accountId": ACCOUNT, "type": "AWS::CloudTrail::Trail", "ARN": TRAIL}]
    own_server.kill()
    own_server.start()
    caller = As(own_server, own_server.administrator)
    recorded = Data(own_server)
    recorded.new()
    caller.s3.put_object(Bucket="kept", Key="k", Body=b"x")
    assert recorded.new() == []
    caller.cloudtrail.put_event_selectors(TrailName="daypass", EventSelectors=[basic("arn:aws:s3:::kept/")])
    caller.s3.put_object(Bucket="kept", Key="k", Body=b"x")
    assert recorded.told() == [("PutObject", "k")]


def test_wrong_selectors_are_refused_and_change_nothing(here, recorded):
    here.cloudtrail.put_event_selectors(TrailName="daypass", EventSelectors=[basic()])
    before = here.cloudtrail.get_event_selectors(TrailName="daypass")
    for told, selectors in (
        ("Value arn:aws:s3:::* for DataResources.Values is invalid.", {"EventSelectors": [basic("arn:aws:s3:::*")]}),
        ("Value read-only for ReadWriteType is invalid.", {"EventSelectors": [basic(read_write="read-only")]}),
        ("not both", {"EventSelectors": [basic()], "AdvancedEventSelectors": [MANAGEMENT]}),
        ("between 1 and 5", {}),
        ("between 1 and 5", {"EventSelectors": [basic()] * 6}),
        ("network activity", {"AdvancedEventSelectors": [
            MANAGEMENT, {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["NetworkActivity"]}]}]}),
        ("not supported for data events", {"AdvancedEventSelectors": [
            MANAGEMENT, data({"Field": "sourceIPAddress", "Equals": ["10.0.0.1"]})]}),
    ):
        with refused("InvalidEventSelectorsException", 400, has=told):
            here.cloudtrail.put_event_selectors(TrailName="daypass", **selectors)
    answer = here.cloudtrail.get_event_selectors(TrailName="daypass")
    assert answer["EventSelectors"] == before["EventSelectors"]


def test_it_needs_a_permission_on_the_trail(module_server, here):
    account = Account(module_server, here)
    reader = account.user(policy(allow(["cloudtrail:Get*", "cloudtrail:DescribeTrails"]),
                                 deny("cloudtrail:GetTrailStatus", TRAIL)))
    reader.cloudtrail.get_event_selectors(TrailName="daypass")
    reader.cloudtrail.describe_trails()
    for refused_call in (
        lambda it: it.put_event_selectors(TrailName="daypass", EventSelectors=[basic()]),
        lambda it: it.stop_logging(Name="daypass"),
        lambda it: it.start_logging(Name="daypass"),
        lambda it: it.list_trails(),
        lambda it: it.get_trail_status(Name="daypass"),
    ):
        with refused("AccessDeniedException", 400, has=reader.arn):
            refused_call(reader.cloudtrail)
    writer = account.user(policy(allow("cloudtrail:*", TRAIL)))
    writer.cloudtrail.put_event_selectors(TrailName=TRAIL, AdvancedEventSelectors=[MANAGEMENT, data()])
    with refused("AccessDeniedException", 400):
        writer.cloudtrail.get_trail(Name=TRAIL.replace("daypass", "other"))


def test_each_account_decides_for_its_own_trail(own_server):
    organization = Organization(own_server)
    home, away = organization.account("home"), organization.account("away")
    away.s3.create_bucket(Bucket="theirs", CreateBucketConfiguration={"LocationConstraint": REGION})
    away.s3.put_object(Bucket="theirs", Key="k", Body=b"x")
    user = home.user("ann", policy(allow("s3:*")))
    away.s3.put_bucket_policy(Bucket="theirs", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": user.arn}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::theirs/*"}]}))
    recorded = Data(own_server)
    nothing, everything = [MANAGEMENT], [MANAGEMENT, data()]
    # A bucket's owner cannot keep what others do in it out of their own accounts' trails.
    for of_home, of_away in ((nothing, everything), (everything, nothing), (nothing, nothing), (everything, everything)):
        home.cloudtrail.put_event_selectors(TrailName="daypass", AdvancedEventSelectors=of_home)
        away.cloudtrail.put_event_selectors(TrailName="daypass", AdvancedEventSelectors=of_away)
        recorded.new()
        user.s3.get_object(Bucket="theirs", Key="k")
        told = [it["recipientAccountId"] for it in recorded.new()]
        selected = [(home.id, of_home), (away.id, of_away)]
        assert told == [account for account, selectors in selected if selectors is everything]
