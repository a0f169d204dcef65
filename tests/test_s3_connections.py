"""Connections of S3 clients: virtual hosts, `Expect`, limits, requests one after the other, certificates."""

import os
import socket
import struct
import time

import pytest

from support.certificates import Signer
from support.clients import As, client
from support.policies import allow, policy
from support.server import Credentials
from support.wire import Wire, descriptors

MIB = 1024 * 1024
GIB = 1024 * MIB
CONTINUE = {"Expect": "100-continue"}


@pytest.fixture
def keys(server):
    return server.administrator


@pytest.fixture
def wire(server):
    with Wire(server) as wire:
        yield wire


class TestExpectations:
    def test_the_body_is_asked_for_and_then_taken(self, wire, keys, admin, bucket):
        wire.send(wire.head(keys, "PUT", f"/{bucket}/k", b"hello", unsigned=CONTINUE))
        assert wire.answer().status == 100
        wire.send(b"hello")
        assert wire.answer().status == 200
        assert admin.s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"hello"
        # The connection goes on.
        assert wire.ask(keys, "GET", f"/{bucket}/k").body == b"hello"

    @pytest.mark.parametrize("payload", [None, "UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"])
    def test_nobody_is_asked_for_a_body_who_may_not_send_it(self, server, account, keys, bucket, payload):
        stranger = account.user(policy(allow("s3:PutObject", f"arn:aws:s3:::{bucket}/other"))).credentials
        wrong = Credentials(keys.access_key, "x" * 40, keys.token)
        chunked = {"Content-Encoding": "aws-chunked", "X-Amz-Decoded-Content-Length": "5",
                   "X-Amz-Trailer": "x-amz-checksum-crc32"}
        headers = chunked if payload and payload.startswith("STREAMING") else {}
        for who, target, told in (
            (wrong, f"/{bucket}/k", (403, "SignatureDoesNotMatch")),
            (stranger, f"/{bucket}/k", (403, "AccessDenied")),
            (keys, f"/{bucket}-none/k", (404, "NoSuchBucket")),
            (keys, f"/{bucket}/{'k' * 1025}", (400, "KeyTooLongError")),
        ):
            with Wire(server) as wire:
                wire.send(wire.head(who, "PUT", target, b"hello", headers=headers, payload=payload, unsigned=CONTINUE))
                answer = wire.answer()
                assert (answer.status, answer.code) == told

    def test_documents_are_asked_for_only_from_who_has_signed(self, server, account, keys, bucket):
        # Who may send one can depend on what it says.
        body = b"<Tagging><TagSet/></Tagging>"
        wrong = Credentials(keys.access_key, "x" * 40, keys.token)
        stranger = account.user(policy(allow("s3:GetObject"))).credentials
        for who, code in ((wrong, "SignatureDoesNotMatch"), (stranger, "AccessDenied")):
            with Wire(server) as wire:
                wire.send(wire.head(who, "PUT", f"/{bucket}?tagging", body, unsigned=CONTINUE))
                answer = wire.answer()
                if who is stranger:
                    assert answer.status == 100
                    wire.send(body)
                    answer = wire.answer()
                answer.is_error(403, code)

    def test_what_is_too_large_is_refused_before_it_comes(self, wire, keys, bucket):
        wire.send(wire.head(
            keys, "PUT", f"/{bucket}/k", payload="UNSIGNED-PAYLOAD",
            unsigned={**CONTINUE, "Content-Length": str(5 * GIB + 1)},
        ))
        answer = wire.answer()
        answer.is_error(400, "EntityTooLarge")
        assert (answer.find("ProposedSize"), answer.find("MaxSizeAllowed")) == (str(5 * GIB + 1), str(5 * GIB))


class TestOneAfterTheOther:
    def test_many_requests_on_one_connection(self, wire, keys, bucket):
        for number in range(20):
            body = str(number).encode() * number
            assert wire.ask(keys, "PUT", f"/{bucket}/k", body).status == 200
            assert wire.ask(keys, "GET", f"/{bucket}/k").body == body
            wire.ask(keys, "GET", f"/{bucket}/none").is_error(404, "NoSuchKey")
            assert wire.ask(keys, "HEAD", f"/{bucket}/k").headers["content-length"] == str(len(body))
        assert wire.ask(keys, "DELETE", f"/{bucket}/k").status == 204

    def test_requests_that_do_not_wait_for_answers(self, wire, keys, bucket):
        wire.ask(keys, "PUT", f"/{bucket}/k", b"first")
        wire.send(
            wire.head(keys, "GET", f"/{bucket}/k") + wire.head(keys, "PUT", f"/{bucket}/k", b"second") + b"second"
            + wire.head(keys, "GET", f"/{bucket}/k")
        )
        assert [wire.answer().body for _ in range(3)] == [b"first", b"", b"second"]

    def test_the_body_of_a_refused_request_is_no_request(self, server, keys, admin, bucket):
        wrong = Credentials(keys.access_key, "x" * 40, keys.token)
        with Wire(server) as wire:
            inner = wire.head(keys, "PUT", f"/{bucket}/smuggled", b"")
            outer = wire.head(wrong, "PUT", f"/{bucket}/k", inner)
            wire.send(outer + inner)
            wire.answer().is_error(403, "SignatureDoesNotMatch")
            # It was read as the body that it is, and the connection goes on.
            assert wire.ask(keys, "HEAD", f"/{bucket}").status == 200
        assert admin.s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0

    def test_who_is_still_sending_hears_why_it_was_refused(self, server, keys, bucket):
        wrong = Credentials(keys.access_key, "x" * 40, keys.token)
        body = bytes(12 * MIB)
        with Wire(server) as wire:
            # All of it first: a connection that breaks meanwhile takes the answer with it.
            wire.ask(wrong, "PUT", f"/{bucket}/k", body).is_error(403, "SignatureDoesNotMatch")
            assert wire.ask(keys, "HEAD", f"/{bucket}").status == 200

    def test_clients_that_leave_in_the_middle_leave_nothing_open(self, own_server):
        admin = As(own_server, own_server.administrator)
        bucket = "left-behind"
        admin.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
        admin.s3.put_object(Bucket=bucket, Key="k", Body=os.urandom(8 * MIB))

        def open_files() -> list:
            return [it for it in descriptors(own_server) if "/s3/data/" in it or it.startswith("socket:")]

        admin.s3.get_object(Bucket=bucket, Key="k")["Body"].read()
        before = len(open_files())
        for attempt in range(10):
            with Wire(own_server) as wire:
                reset = struct.pack("ii", 1, 0)
                wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
                if attempt % 2:
                    wire.send(wire.head(own_server.administrator, "GET", f"/{bucket}/k"))
                    wire.socket.recv(1000)
                else:
                    wire.send(wire.head(
                        own_server.administrator, "PUT", f"/{bucket}/k", payload="UNSIGNED-PAYLOAD",
                        unsigned={"Content-Length": str(8 * MIB)},
                    ) + b"x" * MIB)
        deadline = time.monotonic() + 30
        while len(open_files()) > before:
            assert time.monotonic() < deadline, open_files()
            time.sleep(0.02)
        assert len(list((own_server.data / "s3" / "data").rglob("*.*"))) <= 1
        assert admin.s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == 8 * MIB


class TestLimits:
    @pytest.mark.parametrize("head", [
        {"x-amz-meta-a": "v" * 200_000}, {f"x-other-{number}": "v" for number in range(200)},
    ], ids=["too long", "too many"])
    def test_heads(self, wire, keys, bucket, head):
        wire.send(wire.head(keys, "GET", f"/{bucket}", unsigned=head))
        assert wire.answer().status == 431

    def test_targets(self, wire, keys, bucket):
        wire.send(wire.head(keys, "GET", f"/{bucket}?prefix={'x' * 200_000}"))
        assert wire.answer().status in (414, 431)

    def test_metadata(self, wire, keys, bucket):
        fits = {f"x-amz-meta-{number}": "v" * 1000 for number in range(2)}
        assert wire.ask(keys, "PUT", f"/{bucket}/k", b"x", headers=fits).status == 200
        answer = wire.ask(keys, "PUT", f"/{bucket}/new", b"x", headers={**fits, "x-amz-meta-more": "v" * 60})
        answer.is_error(400, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")
        wire.ask(keys, "GET", f"/{bucket}/new").is_error(404, "NoSuchKey")

    def test_documents(self, server, keys, bucket):
        for target in ("?tagging", "/k?tagging", "?policy", "?delete"):
            body = b"<" + b"x" * (3 * MIB)
            method = "POST" if target == "?delete" else "PUT"
            with Wire(server) as wire:
                try:
                    wire.send(wire.head(keys, method, f"/{bucket}{target}", body) + body)
                except (BrokenPipeError, ConnectionResetError):
                    # It has heard enough.
                    pass
                answer = wire.answer()
                assert 400 <= answer.status < 500, (target, answer.text)

    @pytest.mark.parametrize("length", ["-1", "1e3", "0x5", "5, 6", "99999999999999999999999", "+5", ""])
    def test_lengths_that_are_none(self, server, keys, admin, bucket, length):
        with Wire(server) as wire:
            wire.send(wire.head(
                keys, "PUT", f"/{bucket}/k", payload="UNSIGNED-PAYLOAD", unsigned={"Content-Length": length},
            ) + b"hello")
            wire.socket.shutdown(socket.SHUT_WR)
            assert wire.answer().status in (400, 411)
        assert admin.s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0

    @pytest.mark.parametrize("line", [b"GET  / HTTP/1.1", b"GET / HTTP/9.9", b"\x16\x03\x01\x02\x00", b"GET /\0 HTTP/1.1"])
    def test_requests_that_are_none(self, wire, line):
        wire.send(line + b"\r\nHost: x\r\n\r\n")
        rest = wire.read.read(12)
        assert rest in (b"", b"HTTP/1.1 400"), rest


class TestCertificates:
    @pytest.fixture
    def secure(self, start_server, tmp_path):
        signer = Signer()
        (tmp_path / "ca.pem").write_bytes(signer.pem())

        def write(*names: str) -> None:
            """Renewed as certificate tools do it: the new files take the places of the old ones."""
            for name, content in zip(("cert.pem", "key.pem"), signer.server(*names), strict=True):
                (tmp_path / "new").write_bytes(content)
                (tmp_path / "new").rename(tmp_path / name)

        write("localhost")
        server = start_server("--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem"))
        server.renew = write
        server.ca = str(tmp_path / "ca.pem")
        return server

    def test_a_renewed_one_is_taken_and_connections_stay(self, secure):
        with Wire(secure, secure.ca) as before:
            before.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert before.answer().body.strip() == b"ok"
            secure.renew("localhost", "renewed.localhost")
            secure.logged("the certificate was replaced")
            with Wire(secure, secure.ca, "renewed.localhost") as after:
                after.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert after.answer().status == 200
            before.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert before.answer().status == 200

    def test_one_that_is_broken_is_told_and_the_old_one_stays(self, secure, tmp_path):
        (tmp_path / "cert.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n")
        secure.logged("cert.pem")
        with Wire(secure, secure.ca) as wire:
            wire.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert wire.answer().status == 200


class TestVirtualHosts:
    def test_over_https_with_a_certificate_for_all_buckets(self, https_server, authority, name, monkeypatch):
        original = socket.getaddrinfo

        def resolve(host, *arguments, **options):
            return original("127.0.0.1" if str(host).endswith(".localhost") else host, *arguments, **options)

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        s3 = client(
            https_server, "s3", https_server.administrator, verify=str(authority.ca),
            endpoint_url=f"https://s3.localhost:{https_server.port}", s3={"addressing_style": "virtual"},
        )
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
        for key in ("a b/ü", "a//b", f"{name}/k"):
            s3.put_object(Bucket=name, Key=key, Body=key.encode())
            assert s3.get_object(Bucket=name, Key=key)["Body"].read() == key.encode()
        s3.copy_object(Bucket=name, Key="copy", CopySource={"Bucket": name, "Key": "a//b"})
        deleted = s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "copy"}, {"Key": "a//b"}]})
        assert len(deleted["Deleted"]) == 2
        assert [it["Key"] for it in s3.list_objects_v2(Bucket=name)["Contents"]] == ["a b/ü", f"{name}/k"]
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
        assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == [{"Key": "a", "Value": "b"}]
