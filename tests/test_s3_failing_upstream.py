"""Upstreams that fail in every way: clean answers, nothing that is told twice or lost, nothing that gets out."""

import base64
import contextlib
import hashlib
import json
import os
import random
import socket
import struct
import threading
import time

import pytest
from botocore.exceptions import ClientError

from support import raw
from support.clients import client
from support.s3_backends import fronting, upstreams_are_served
from support.server import Credentials
from support.stub_upstream import (
    CREDENTIALS, HOST, Reply, answering, carried_out, carried_out_in_pieces, deaf, error, saying, slammed, stubbing,
    with_headers,
)
from support.wire import Wire, descriptors

MIB = 1024 * 1024
BUCKET = "through"
# The same bucket's name behind.
BEHIND = "t7-behind-canary"
SILENCE = 1
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: \"x\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n\r\n01234"

pytestmark = pytest.mark.skipif(not upstreams_are_served(), reason="this binary has no upstreams")


@pytest.fixture(scope="module")
def place():
    """A server before a stub, with an empty bucket there."""
    with stubbing() as stub:
        stub.buckets.add(BEHIND)
        server = fronting(
            stub.url, CREDENTIALS, "--s3-upstream-timeout", str(SILENCE), "--s3-bucket", f"{BUCKET}={BEHIND}",
            environment={"DAYPASS_LOG": "trace"},
        ).start()
        try:
            server.stub = stub
            yield server
        finally:
            server.remove()


@pytest.fixture
def server(place):
    return place


@pytest.fixture
def stub(place):
    """The stub, which behaves until it is told not to."""
    stub = place.stub
    stub.objects.clear()
    stub.uploads.clear()
    stub.seen.clear()
    stub.released.clear()
    stub.objects[BEHIND, "k"] = b"0123456789"
    yield stub
    stub.plan = lambda _: None
    stub.released.set()


def ask(server, method: str, target: str = "k", body: bytes = b"", **options) -> raw.Answer:
    answer = raw.s3(server, method, f"/{BUCKET}/{target}", server.administrator, body, **options)
    for told in (answer.body.decode(errors="replace"), str(answer.headers)):
        for hidden in (HOST, BEHIND, CREDENTIALS.secret_key, CREDENTIALS.access_key, str(server.stub.port), "THEIRS"):
            assert hidden not in told, told
    return answer


def is_unavailable(answer: raw.Answer, method: str = "GET") -> None:
    """503, and when to come again."""
    assert answer.status == 503, answer.text
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["x-amz-request-id"]
    if method != "HEAD":
        assert answer.code == "ServiceUnavailable"
        assert answer.message


@contextlib.contextmanager
def refusing(stub):
    stub.refuse()
    try:
        yield
    finally:
        stub.listen()


NO_ANSWER = {
    "closes": saying(b""),
    "resets": saying(b"", "reset"),
    "says nothing": saying(b"", "hang"),
    "never listens": deaf,
    "ends in the head": saying(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "hangs in the head": saying(b"HTTP/1.1 200 OK\r\nContent-Le", "hang"),
    "speaks another protocol": saying(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "is garbage": saying(bytes(range(256)) * 4),
    "has two lengths": saying(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
    "has endless headers": saying(b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"v" * 2_000_000),
}
REFUSALS = {
    "a page": Reply(502, b"<html>Bad Gateway</html>", {"Content-Type": "text/html", "Server": HOST}),
    "nothing": Reply(500),
    "a redirect": Reply(301, b"", {"Location": f"http://{HOST}/elsewhere"}),
    "another redirect": Reply(307, b"", {"Location": "http://169.254.169.254/latest/meta-data/"}),
    "a wrong region": error(301, "PermanentRedirect", Endpoint=HOST),
    "a wrong key": error(403, "InvalidAccessKeyId", AWSAccessKeyId=CREDENTIALS.access_key),
    "a wrong signature": error(403, "SignatureDoesNotMatch", AWSAccessKeyId=CREDENTIALS.access_key, StringToSign="s"),
    "denied": error(403, "AccessDenied", "Access Denied"),
    "expired": error(400, "ExpiredToken"),
    "a wrong clock": error(403, "RequestTimeTooSkewed"),
}


class TestNoAnswer:
    @pytest.mark.parametrize("how", NO_ANSWER)
    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
    def test_is_503(self, server, stub, how, method):
        stub.plan = lambda seen: NO_ANSWER[how] if seen.place[1] else None
        is_unavailable(ask(server, method, body=b"new" if method == "PUT" else b""), method)
        if method in ("PUT", "DELETE"):
            # It may have been carried out: only the client knows whether it may be asked for again.
            assert len(stub.calls(method)) == 1
        stub.plan = lambda _: None
        stub.released.set()
        assert ask(server, "GET").body == b"0123456789"

    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
    def test_nobody_there_is_503(self, server, stub, method):
        with refusing(stub):
            is_unavailable(ask(server, method, body=b"new" if method == "PUT" else b""), method)
        assert ask(server, "GET").body == b"0123456789"

    @pytest.mark.parametrize("what", REFUSALS)
    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_what_is_this_servers_trouble_is_503_and_not_told(self, server, stub, what, method):
        stub.plan = lambda seen: answering(REFUSALS[what]) if seen.place[1] else None
        answer = ask(server, method, body=b"new" if method == "PUT" else b"")
        is_unavailable(answer)
        assert "location" not in answer.headers
        assert "upstream store" in server.logged(answer.headers["x-amz-request-id"])

    @pytest.mark.parametrize(("status", "code"), [
        (500, "InternalError"), (503, "SlowDown"), (501, "NotImplemented"), (412, "PreconditionFailed"),
        (400, "InvalidStorageClass"), (403, "InvalidObjectState"), (409, "OperationAborted"), (507, "InsufficientStorage"),
    ])
    def test_what_is_the_clients_passes(self, server, stub, status, code):
        stub.plan = lambda seen: answering(error(status, code, "Their message.")) if seen.place[1] else None
        ask(server, "PUT", body=b"new").is_error(status, code, "Their message.")

    def test_a_read_is_tried_again(self, server, stub):
        acts = iter([saying(b""), saying(b"", "reset")])
        stub.plan = lambda seen: next(acts, None) if seen.place[1] else None
        assert ask(server, "GET").body == b"0123456789"
        assert len(stub.calls("GET")) == 3

    def test_lists_and_uploads_too(self, server, stub):
        s3 = client(server, "s3", server.administrator)
        upload = s3.create_multipart_upload(Bucket=BUCKET, Key="parts")["UploadId"]
        where = {"Bucket": BUCKET, "Key": "parts", "UploadId": upload}
        etag = s3.upload_part(**where, PartNumber=1, Body=b"x")["ETag"]
        stub.plan = lambda _: saying(b"")
        for attempt in (
            lambda: s3.list_objects_v2(Bucket=BUCKET),
            lambda: s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "k"}]}),
            lambda: s3.create_multipart_upload(Bucket=BUCKET, Key="other"),
            lambda: s3.upload_part(**where, PartNumber=2, Body=b"x"),
            lambda: s3.complete_multipart_upload(
                **where, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]}
            ),
            lambda: s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=f"{BUCKET}/k"),
            lambda: s3.abort_multipart_upload(**where),
        ):
            with pytest.raises(ClientError) as caught:
                attempt()
            told = caught.value.response
            assert told["Error"]["Code"] == "ServiceUnavailable", told
            assert told["ResponseMetadata"]["HTTPStatusCode"] == 503

    def test_is_recorded(self, server, stub):
        stub.plan = lambda seen: saying(b"") if seen.place[1] else None
        answer = ask(server, "DELETE", "recorded")
        wanted = answer.headers["x-amz-request-id"]
        lines = [line for path in (server.data / "trail" / "data").iterdir() for line in path.read_text().splitlines()]
        (event,) = [it for it in map(json.loads, lines) if it["requestID"] == wanted]
        assert (event["eventName"], event["errorCode"]) == ("DeleteObject", "ServiceUnavailable")
        assert HOST not in json.dumps(event)


class TestHalfAnAnswer:
    @pytest.mark.parametrize("how", ["close", "reset", "hang"])
    def test_is_never_taken_for_a_whole_one(self, server, stub, how):
        stub.plan = lambda seen: saying(HALF, how) if seen.place[1] else None
        with Wire(server) as wire:
            wire.send(wire.head(server.administrator, "GET", f"/{BUCKET}/k"))
            head = wire.read.readline()
            while (line := wire.read.readline().strip()):
                head += line + b"\n"
            if b" 200 " in head:
                assert b"content-length: 10" in head.lower()
                with contextlib.suppress(ConnectionResetError):
                    assert len(wire.read.read()) < 10
            else:
                assert b" 503 " in head

    @pytest.mark.parametrize("how", ["close", "reset"])
    def test_without_a_length_neither(self, server, stub, how):
        start = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nETag: \"x\"\r\n\r\n5\r\n01234\r\n"
        stub.plan = lambda seen: saying(start, how) if seen.place[1] else None
        with Wire(server) as wire:
            wire.send(wire.head(server.administrator, "GET", f"/{BUCKET}/k"))
            with contextlib.suppress(ConnectionResetError):
                told = wire.read.read()
                assert not told.endswith(b"\r\n0\r\n\r\n"), told

    def test_a_slow_one_is_whole(self, server, stub):
        stub.plan = lambda seen: carried_out_in_pieces if seen.place[1] else None
        assert ask(server, "GET").body == b"0123456789"
        assert ask(server, "PUT", body=b"new").status == 200

    def test_an_error_in_a_success_is_an_error(self, server, stub):
        s3 = client(server, "s3", server.administrator)
        upload = s3.create_multipart_upload(Bucket=BUCKET, Key="parts")["UploadId"]
        late = Reply(200, error(500, "InternalError", "We encountered an internal error.").body)
        stub.plan = lambda seen: answering(late) if seen.method in ("PUT", "POST") else None
        for attempt in (
            lambda: s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=f"{BUCKET}/k"),
            lambda: s3.complete_multipart_upload(
                Bucket=BUCKET, Key="parts", UploadId=upload,
                MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": '"x"'}]},
            ),
        ):
            with pytest.raises(ClientError) as caught:
                attempt()
            assert caught.value.response["Error"]["Code"] == "InternalError"


class TestUploads:
    @pytest.mark.parametrize("how", ["close", "reset", "hang"])
    def test_a_write_that_nobody_answered_is_not_acknowledged_nor_repeated(self, server, stub, how):
        stub.plan = lambda seen: carried_out(how) if seen.method == "PUT" else None
        is_unavailable(ask(server, "PUT", body=b"new"))
        assert len(stub.calls("PUT")) == 1
        # What came of it can be looked at.
        assert ask(server, "GET").body == b"new"

    @pytest.mark.parametrize("act", [answering(Reply(200), early=True), slammed, deaf], ids=["yes", "reset", "deaf"])
    def test_a_body_that_was_not_taken_is_not_acknowledged(self, server, stub, act):
        stub.plan = lambda seen: act if seen.method == "PUT" else None
        is_unavailable(ask(server, "PUT", body=os.urandom(8 * MIB)))
        assert stub.objects[BEHIND, "k"] == b"0123456789"

    def test_an_early_refusal_comes_through_or_is_503(self, server, stub):
        # The upstream closes while it is written to, so its answer may be lost.
        stub.plan = lambda seen: answering(error(507, "InsufficientStorage"), early=True) if seen.method == "PUT" else None
        answer = ask(server, "PUT", body=os.urandom(MIB))
        assert (answer.status, answer.code) in ((503, "ServiceUnavailable"), (507, "InsufficientStorage"))

    def test_an_upstream_that_takes_nothing_holds_no_client(self, server, stub):
        stub.plan = lambda seen: deaf if seen.method == "PUT" else None
        with Wire(server) as wire:
            head = {"payload": "UNSIGNED-PAYLOAD", "unsigned": {"Content-Length": str(64 * MIB)}}
            wire.send(wire.head(server.administrator, "PUT", f"/{BUCKET}/k", **head))
            # More than anybody on the way keeps: it has to be read, or the connection to end.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for _ in range(64):
                    wire.send(bytes(MIB))

    @pytest.mark.parametrize("size", [5, 300_000])
    @pytest.mark.parametrize("what", ["signature", "md5", "crc32", "length"])
    def test_what_is_not_verified_never_arrives_whole(self, server, stub, size, what):
        body = os.urandom(size)
        options = {
            "signature": {"payload": "0" * 64},
            "md5": {"headers": {"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}, "payload": "UNSIGNED-PAYLOAD"},
            "crc32": {"headers": {"x-amz-checksum-crc32": "AAAAAA=="}, "payload": "UNSIGNED-PAYLOAD"},
            "length": {"payload": "UNSIGNED-PAYLOAD", "unsigned": {"Content-Length": str(size + 10)}},
        }[what]
        if what == "length":
            with Wire(server) as wire:
                wire.send(wire.head(server.administrator, "PUT", f"/{BUCKET}/k", body, **options) + body)
                wire.socket.shutdown(socket.SHUT_WR)
                with contextlib.suppress(ConnectionResetError, AssertionError):
                    assert wire.answer().status == 400
        else:
            answer = ask(server, "PUT", body=body, **options)
            assert answer.status == 400, answer.text
            assert answer.code in ("XAmzContentSHA256Mismatch", "BadDigest")
        assert not any(seen.whole for seen in stub.calls("PUT"))
        assert stub.objects[BEHIND, "k"] == b"0123456789"

    @pytest.mark.parametrize(
        "what", ["a short upload", "a long upload", "a copy into it", "a copy from it", "a deletion in it", "a right in it",
                 "its own deletion"])
    def test_what_was_meant_for_a_bucket_reaches_no_later_one_of_its_name(self, server, stub, what):
        name = what.replace(" ", "-")

        def bucket(method: str) -> None:
            assert raw.s3(server, method, f"/{name}", server.administrator).status in (200, 204)

        doomed = b"<Delete><Object><Key>secret</Key></Object></Delete>"
        md5 = base64.b64encode(hashlib.md5(doomed).digest()).decode()
        method, target, headers, body = {
            "a short upload": ("PUT", f"/{name}/planted", {}, bytes(5)),
            "a long upload": ("PUT", f"/{name}/planted", {}, bytes(300_000)),
            "a copy into it": ("PUT", f"/{name}/planted", {"x-amz-copy-source": f"/{BUCKET}/k"}, bytes(5)),
            "a copy from it": ("PUT", f"/{BUCKET}/stolen", {"x-amz-copy-source": f"/{name}/secret"}, bytes(5)),
            "a deletion in it": ("POST", f"/{name}?delete", {"Content-MD5": md5}, doomed),
            "a right in it": ("PUT", f"/{name}/secret?acl", {"x-amz-acl": "bucket-owner-full-control"}, bytes(5)),
            "its own deletion": ("DELETE", f"/{name}", {}, bytes(5)),
        }[what]
        bucket("PUT")
        with Wire(server) as wire:
            told = {"Expect": "100-continue", "Content-Length": str(len(body))}
            wire.send(wire.head(
                server.administrator, method, target, headers=headers, payload="UNSIGNED-PAYLOAD", unsigned=told))
            # Its bucket has been looked up.
            assert wire.answer().status == 100
            wire.send(body[:-1])
            bucket("DELETE")
            bucket("PUT")
            stub.objects[name, "secret"] = b"theirs"
            wire.send(body[-1:])
            wire.answer().is_error(404, "NoSuchBucket")
        assert set(stub.objects) == {(BEHIND, "k"), (name, "secret")}
        bucket("DELETE")

    def test_acknowledged_writes_are_there(self, server, stub):
        chance = random.Random(4711)
        acts = [None, None, saying(b""), carried_out(), carried_out("reset"), slammed, answering(error(503, "SlowDown"))]
        stub.plan = lambda seen: chance.choice(acts) if seen.method in ("PUT", "POST") and seen.place[1] else None
        acknowledged: dict[str, bytes] = {}

        def write(number: int) -> None:
            s3 = client(server, "s3", server.administrator)
            for at in range(25):
                key, body = f"w{number}-{at}", os.urandom(chance.choice((10, 100_000)))
                with contextlib.suppress(ClientError):
                    s3.put_object(Bucket=BUCKET, Key=key, Body=body)
                    acknowledged[key] = body

        threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(acknowledged) > 10
        lost = [key for key, body in acknowledged.items() if stub.objects.get((BEHIND, key)) != body]
        assert not lost, f"{len(lost)} of {len(acknowledged)}"


class TestWhatGoesThrough:
    def test_of_the_answer_only_what_is_s3s(self, server, stub):
        stub.plan = lambda seen: with_headers(
            Server=HOST, Via=f"1.1 {HOST}", Set_Cookie="a=b", Location=f"http://{HOST}/k", X_Internal_Node=HOST,
            x_amz_request_id="THEIRS", x_amz_id_2="THEIRS", X_Powered_By="x", Access_Control_Allow_Origin="*",
            Alt_Svc="h3", x_amz_meta_mine="kept", x_amz_storage_class="GLACIER",
        ) if seen.place[1] else None
        for method in ("GET", "HEAD"):
            answer = ask(server, method)
            assert answer.status == 200
            assert answer.headers["x-amz-meta-mine"] == "kept"
            assert answer.headers["x-amz-storage-class"] == "GLACIER"
            for name in ("via", "set-cookie", "location", "x-internal-node", "x-powered-by", "alt-svc",
                         "access-control-allow-origin"):
                assert name not in answer.headers

    def test_of_the_request_only_what_is_s3s(self, server, stub):
        strange = {
            "X-Forwarded-For": "1.2.3.4", "Cookie": "a=b", "X-Custom": "c", "Forwarded": "for=x", "Referer": "r",
            "Proxy-Authorization": "Basic eA==", "Connection": "X-Custom", "TE": "trailers", "Range": "bytes=0-3",
        }
        answer = ask(server, "GET", unsigned=strange)
        assert answer.status == 200
        (seen,) = stub.calls("GET")
        assert seen.headers["range"] == "bytes=0-3"
        assert not set(seen.headers) & {name.lower() for name in strange if name not in ("Range", "Connection")}
        everything = str(seen.headers)
        for hidden in (server.administrator.access_key, server.administrator.token):
            assert hidden not in everything
        assert f"Credential={CREDENTIALS.access_key}/" in seen.headers["authorization"]

    def test_a_range_goes_with_its_condition(self, server, stub):
        assert ask(server, "GET", headers={"Range": "bytes=0-3", "If-Range": '"x"'}).status == 200
        (seen,) = stub.calls("GET")
        assert (seen.headers["range"], seen.headers["if-range"]) == ("bytes=0-3", '"x"')

    def test_connections_are_used_again(self, server, stub):
        ask(server, "GET")
        before = stub.connections
        for number in range(20):
            assert ask(server, "PUT", body=str(number).encode()).status == 200
            assert ask(server, "GET").body == str(number).encode()
        assert stub.connections - before <= 1

    def test_connections_that_the_upstream_has_ended_are_not(self, server, stub):
        for number in range(10):
            assert ask(server, "PUT", body=str(number).encode()).status == 200
            stub.drop()
        assert stub.objects[BEHIND, "k"] == b"9"


class TestAStoreThatDoesNotKnowASubResource:
    """It takes a request about one for a request about the bucket, or the object."""

    @pytest.mark.parametrize("sub", ["metrics&id=a", "inventory", "encryption", "accelerate", "replication"])
    def test_lists_nothing_for_who_reads_a_setting(self, server, stub, sub):
        answer = ask(server, "GET", f"?{sub}")
        assert (answer.status, answer.code) == (501, "NotImplemented"), answer.text
        assert "<Contents>" not in answer.text

    @pytest.mark.parametrize("sub", ["metrics&id=a", "inventory&id=a", "encryption", "replication", "lifecycle"])
    def test_deletes_no_bucket_for_who_deletes_a_setting(self, server, stub, sub):
        answer = ask(server, "DELETE", f"?{sub}")
        assert (answer.status, answer.code) == (501, "NotImplemented"), answer.text
        assert {it.method for it in stub.seen} == {"GET"}

    @pytest.mark.parametrize("sub", ["retention", "legal-hold", "attributes"])
    def test_shows_no_object_for_what_is_said_of_it(self, server, stub, sub):
        headers = {"x-amz-object-attributes": "ETag"} if sub == "attributes" else {}
        answer = ask(server, "GET", f"k?{sub}", headers=headers)
        assert (answer.status, answer.code) == (501, "NotImplemented"), answer.text

    @pytest.mark.parametrize("sub", ["retention", "legal-hold", "encryption"])
    def test_overwrites_no_object_for_what_is_said_of_it(self, server, stub, sub):
        body = b"<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2036-01-01T00:00:00Z</RetainUntilDate></Retention>"
        if sub == "legal-hold":
            body = b"<LegalHold><Status>ON</Status></LegalHold>"
        if sub == "encryption":
            body = b"<ObjectEncryption><SSE-S3/></ObjectEncryption>"
        answer = ask(server, "PUT", f"k?{sub}", body)
        assert (answer.status, answer.code) == (501, "NotImplemented"), answer.text
        assert not stub.calls("PUT")
        assert stub.objects[BEHIND, "k"] == b"0123456789"


@pytest.mark.parametrize("method, target", [("DELETE", "k?uploadId="), ("POST", "k?uploadId=%20"), ("GET", "k?uploadId=")])
def test_an_empty_upload_id_is_no_request_about_the_object(server, stub, method, target):
    answer = ask(server, method, target, b"<CompleteMultipartUpload/>" if method == "POST" else b"")
    assert (answer.status, answer.code) == (404, "NoSuchUpload"), answer.text
    assert not stub.calls()


def test_an_empty_version_is_no_request_about_the_newest(server, stub):
    body = b"<Delete><Object><Key>k</Key><VersionId></VersionId></Object></Delete>"
    md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
    answer = ask(server, "POST", "?delete", body, headers={"content-md5": md5})
    assert answer.status == 200 and "<Deleted>" not in answer.text, answer.text
    assert not [it for it in stub.seen if it.method == "POST"]


class TestNothingIsLeft:
    def test_open(self, server, stub):
        def sockets() -> int:
            return sum(it.startswith("socket:") for it in descriptors(server))

        ask(server, "GET")
        before = sockets()
        wrong = Credentials(server.administrator.access_key, "x" * 40, server.administrator.token)
        for at, act in enumerate([saying(HALF, "hang"), deaf, saying(b"", "hang"), carried_out("hang")] * 3):
            stub.plan = lambda seen, act=act: act if seen.place[1] else None
            with Wire(server) as wire:
                # Clients that don't wait for the end.
                wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                method, body = ("PUT", b"x" * 100) if at % 2 else ("GET", b"")
                wire.send(wire.head(server.administrator, method, f"/{BUCKET}/k", body) + body)
                raw.s3(server, "GET", f"/{BUCKET}/k", wrong)
        deadline = time.monotonic() + 30
        while sockets() > before + 1:
            assert time.monotonic() < deadline, (sockets(), before)
            time.sleep(0.05)

    def test_in_files_and_the_log(self, server, stub):
        stub.plan = lambda seen: answering(REFUSALS["a wrong signature"]) if seen.place[1] else None
        ask(server, "GET")
        places = {str(path): path.read_bytes() for path in server.data.rglob("*") if path.is_file()}
        places["log"] = server.log().encode()
        secret = CREDENTIALS.secret_key.encode()
        assert not [where for where, content in places.items() if secret in content]
        trail = b"".join(content for where, content in places.items() if "/trail/" in where)
        assert trail and CREDENTIALS.access_key.encode() not in trail
