"""kill -9 in the middle of writes: whatever was answered is there afterwards, and whole."""

import hashlib
import http.client
import json
import os
import threading
from urllib.parse import urlsplit

import pytest

from support.clients import As, refused
from support.policies import ROOT, allow, deny, policy, trust
from support.principals import Account
from support.sigv4 import sign

WRITERS = 4


class Writers:
    """Threads that write until the server is gone, and remember what was acknowledged."""

    def __init__(self, server, work):
        self.acknowledged: list = []
        self.enough = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._run, args=(As(server, server.administrator), work, number))
            for number in range(WRITERS)
        ]
        for thread in self._threads:
            thread.start()

    def _run(self, principal, work, number):
        at = 0
        while True:
            try:
                done = work(principal, f"w{number}-{at}")
            except Exception:
                # The server is gone.
                return
            with self._lock:
                self.acknowledged.append(done)
                if len(self.acknowledged) >= 60:
                    self.enough.set()
            at += 1

    def kill(self, server):
        """Kills the server while they write."""
        assert self.enough.wait(60), f"only {len(self.acknowledged)} writes"
        server.kill()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def admin_of():
    return lambda server: As(server, server.administrator)


def test_roles_and_their_events_survive(own_server, admin_of):
    def create(principal, name):
        answer = principal.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(ROOT))
        return name, answer["Role"]["RoleId"], answer["ResponseMetadata"]["RequestId"]

    writers = Writers(own_server, create)
    writers.kill(own_server)
    own_server.restart()
    admin = admin_of(own_server)
    pages = admin.iam.get_paginator("list_roles").paginate()
    there = {role["RoleName"]: role["RoleId"] for page in pages for role in page["Roles"]}
    lost = [name for name, unique, _ in writers.acknowledged if there.get(name) != unique]
    assert not lost, f"{len(lost)} of {len(writers.acknowledged)}"

    pages = admin.cloudtrail.get_paginator("lookup_events").paginate(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateRole"}]
    )
    recorded = {json.loads(it["CloudTrailEvent"])["requestID"] for page in pages for it in page["Events"]}
    unrecorded = [request for _, _, request in writers.acknowledged if request not in recorded]
    assert not unrecorded, f"{len(unrecorded)} of {len(writers.acknowledged)}"
    # And it goes on.
    admin.iam.create_role(RoleName="afterwards", AssumeRolePolicyDocument=trust(ROOT))


def test_memberships_survive(own_server, admin_of):
    admin_of(own_server).iam.create_group(GroupName="everybody")

    def join(principal, name):
        principal.iam.create_user(UserName=name)
        principal.iam.add_user_to_group(GroupName="everybody", UserName=name)
        if name.endswith("5"):
            # Joined, and left again.
            principal.iam.remove_user_from_group(GroupName="everybody", UserName=name)
        return name

    writers = Writers(own_server, join)
    writers.kill(own_server)
    own_server.restart()
    iam = admin_of(own_server).iam
    pages = iam.get_paginator("get_group").paginate(GroupName="everybody")
    members = {user["UserName"] for page in pages for user in page["Users"]}
    for name in writers.acknowledged:
        assert (name in members) != name.endswith("5"), name
    # Both directions say the same, of what was acknowledged and of what was not.
    for page in iam.get_paginator("list_users").paginate():
        for user in page["Users"]:
            groups = iam.list_groups_for_user(UserName=user["UserName"])["Groups"]
            assert bool(groups) == (user["UserName"] in members), user["UserName"]


def test_instance_profiles_hold_their_roles_afterwards(own_server, admin_of):
    admin_of(own_server).iam.create_role(RoleName="machine", AssumeRolePolicyDocument=trust(ROOT))

    def equip(principal, name):
        pair = {"InstanceProfileName": name, "RoleName": "machine"}
        principal.iam.create_instance_profile(InstanceProfileName=name)
        principal.iam.add_role_to_instance_profile(**pair)
        if name.endswith("5"):
            # Given a role, and emptied again.
            principal.iam.remove_role_from_instance_profile(**pair)
        return name

    writers = Writers(own_server, equip)
    writers.kill(own_server)
    own_server.restart()
    iam = admin_of(own_server).iam
    pages = iam.get_paginator("list_instance_profiles").paginate()
    holds = {it["InstanceProfileName"]: bool(it["Roles"]) for page in pages for it in page["InstanceProfiles"]}
    for name in writers.acknowledged:
        assert holds[name] != name.endswith("5"), name
    # Both directions say the same, of what was acknowledged and of what was not.
    pages = iam.get_paginator("list_instance_profiles_for_role").paginate(RoleName="machine")
    of_role = {it["InstanceProfileName"] for page in pages for it in page["InstanceProfiles"]}
    assert of_role == {name for name, holding in holds.items() if holding}


def test_objects_survive_whole(own_server, admin_of):
    admin_of(own_server).s3.create_bucket(
        Bucket="b-one", CreateBucketConfiguration={"LocationConstraint": "us-east-2"}
    )

    def put(principal, key):
        body = os.urandom(1000 + int.from_bytes(os.urandom(2)) * 4)
        # Two objects in turn: new ones, and one that is replaced again and again.
        principal.s3.put_object(Bucket="b-one", Key=key, Body=body)
        principal.s3.put_object(Bucket="b-one", Key="same", Body=body)
        return key, hashlib.sha256(body).hexdigest()

    writers = Writers(own_server, put)
    writers.kill(own_server)
    own_server.restart()
    s3 = admin_of(own_server).s3
    for key, digest in writers.acknowledged:
        got = s3.get_object(Bucket="b-one", Key=key)["Body"].read()
        assert hashlib.sha256(got).hexdigest() == digest, key
    # Every object that is listed is whole, acknowledged or not: its ETag is that of its bytes.
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="b-one")
    listed = [it for page in pages for it in page["Contents"]]
    assert {key for key, _ in writers.acknowledged} | {"same"} <= {it["Key"] for it in listed}
    for it in listed:
        got = s3.get_object(Bucket="b-one", Key=it["Key"])["Body"].read()
        assert it["ETag"] == f'"{hashlib.md5(got).hexdigest()}"'
        assert it["Size"] == len(got)
    recorded = [json.loads(line) for path in (own_server.data / "trail" / "data").iterdir()
                for line in path.read_text().splitlines()]
    put_keys = {it["requestParameters"]["key"] for it in recorded if it["eventName"] == "PutObject"}
    assert {key for key, _ in writers.acknowledged} <= put_keys


def test_a_large_upload_that_is_cut_leaves_nothing_behind(own_server, admin_of):
    s3 = admin_of(own_server).s3
    s3.create_bucket(Bucket="b-two", CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
    s3.put_object(Bucket="b-two", Key="k", Body=b"before")
    upload = s3.create_multipart_upload(Bucket="b-two", Key="parts")["UploadId"]
    part = s3.upload_part(Bucket="b-two", Key="parts", UploadId=upload, PartNumber=1, Body=b"p" * 100_000)["ETag"]
    reading, gone = threading.Event(), threading.Event()

    class Endless:
        """A body that tells when it is being read, and then does not end."""

        def __init__(self):
            self.sent = 0

        def __len__(self):
            return 64 * 1024 * 1024

        def read(self, size=-1):
            if self.sent >= 4 * 1024 * 1024:
                reading.set()
                gone.wait(30)
                raise OSError("the server is gone")
            self.sent += 65536
            return b"x" * 65536

    def upload_endlessly():
        place = urlsplit(own_server.url)
        headers = sign(
            own_server.administrator, "PUT", "/b-two/k", {}, b"", service="s3", host=place.netloc,
            payload="UNSIGNED-PAYLOAD",
        )
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=30)
        try:
            connection.request("PUT", "/b-two/k", body=Endless(), headers={**headers, "Content-Length": str(64 << 20)})
        except OSError:
            pass
        finally:
            connection.close()

    thread = threading.Thread(target=upload_endlessly)
    thread.start()
    assert reading.wait(30)
    own_server.kill()
    gone.set()
    thread.join()
    own_server.restart()
    s3 = admin_of(own_server).s3
    assert s3.get_object(Bucket="b-two", Key="k")["Body"].read() == b"before"
    # An upload that had begun can be finished.
    s3.complete_multipart_upload(
        Bucket="b-two", Key="parts", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part}]}
    )
    assert s3.get_object(Bucket="b-two", Key="parts")["Body"].read() == b"p" * 100_000
    stored = sum(path.stat().st_size for path in (own_server.data / "s3").rglob("*") if path.is_file())
    assert stored < 2 * 1024 * 1024, "what was cut off still takes room"


def test_a_revocation_survives(own_server, admin_of):
    account = Account(own_server, admin_of(own_server))
    session = account.session_with(policy(allow("iam:ListUsers")))
    session.iam.list_users()
    account.admin.iam.put_role_policy(
        RoleName=session.role, PolicyName="AWSRevokeOlderSessions",
        PolicyDocument=policy(deny("*", Condition={"DateLessThan": {"aws:TokenIssueTime": "2999-01-01T00:00:00Z"}})),
    )
    own_server.kill()
    own_server.restart()
    with refused("AccessDenied", 403):
        As(own_server, session.credentials).iam.list_users()


def test_a_torn_last_line_of_the_trail_is_survived(own_server, admin_of):
    admin_of(own_server).iam.create_user(UserName="kept")
    own_server.kill()
    newest = max((own_server.data / "trail" / "management").iterdir())
    with newest.open("ab") as segment:
        segment.write(b'{"eventVersion":"1.11","eventName":"Torn')
    own_server.restart()
    events = admin_of(own_server).cloudtrail.lookup_events()["Events"]
    names = [it["EventName"] for it in events]
    assert "CreateUser" in names and "Torn" not in names
