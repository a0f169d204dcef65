"""S3's ways of signing, and each of them broken."""

import base64
import datetime
import hashlib
import http.client
import re
import socket
import struct
import zlib
from urllib.parse import quote, urlsplit

import pytest

from support import raw
from support.clients import As, client, refused
from support.policies import allow, policy
from support.server import Credentials
from support.sigv4 import ago, signature, stamp

CONTENT = b"for some eyes only"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


@pytest.fixture
def full(admin, bucket):
    admin.s3.put_object(Bucket=bucket, Key="k", Body=CONTENT)
    return bucket


@pytest.fixture
def unwritten(admin, bucket):
    """The object `new` must not be there afterwards."""
    yield f"/{bucket}/new"
    with refused("NoSuchKey", 404):
        admin.s3.get_object(Bucket=bucket, Key="new")


def put(server, target: str, body: bytes = b"body", **options) -> raw.Answer:
    return raw.s3(server, "PUT", target, options.pop("credentials", server.administrator), body, **options)


class TestHeaders:
    def test_a_wrong_signature_is_explained(self, server, unwritten):
        wrong = Credentials(server.administrator.access_key, "x" * 40, server.administrator.token)
        answer = put(server, unwritten, credentials=wrong)
        answer.is_error(
            403, "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your key and "
            "signing method.",
        )
        assert answer.find("AWSAccessKeyId") == wrong.access_key
        for name in ("StringToSign", "SignatureProvided", "StringToSignBytes", "CanonicalRequest"):
            assert answer.find(name)
        assert answer.headers["content-type"] == "application/xml"
        assert answer.headers["x-amz-request-id"] == answer.find("RequestId")
        assert answer.find("HostId") == answer.headers["x-amz-id-2"]

    def test_an_x_amz_header_that_was_not_signed_is_refused(self, server, unwritten):
        for header in ("x-amz-acl", "x-amz-meta-a", "x-amz-storage-class", "X-Amz-Copy-Source", "x-amz-tagging"):
            answer = put(server, unwritten, unsigned={header: "private"})
            answer.is_error(
                403, "AccessDenied", "There were headers present in the request which were not signed"
            )
            assert answer.find("HeadersNotSigned").lower() == header.lower()

    def test_a_header_that_is_there_twice_is_refused(self, server, unwritten):
        headers = raw.sign(
            server.administrator, "PUT", unwritten, {"x-amz-meta-a": "1"}, b"body", service="s3",
            host=urlsplit(server.url).netloc,
        )
        answer = raw.send(server, "PUT", unwritten, [*headers.items(), ("x-amz-meta-a", "2")], b"body")
        assert answer.status in (400, 403), answer.text

    def test_the_payload_hash_is_needed(self, server, unwritten):
        headers = raw.sign(
            server.administrator, "PUT", unwritten, {}, b"body", service="s3", host=urlsplit(server.url).netloc,
            leave_out=("x-amz-content-sha256",),
        )
        del headers["X-Amz-Content-Sha256"]
        answer = raw.send(server, "PUT", unwritten, headers, b"body")
        answer.is_error(400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256")

    def test_another_body_than_was_signed_is_not_written(self, server, unwritten):
        headers = raw.sign(
            server.administrator, "PUT", unwritten, {}, b"body", service="s3", host=urlsplit(server.url).netloc
        )
        answer = raw.send(server, "PUT", unwritten, headers, b"b0dy")
        answer.is_error(
            400, "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        )

    def test_an_unsigned_payload_is_a_choice(self, server, admin, bucket):
        answer = put(server, f"/{bucket}/k", payload="UNSIGNED-PAYLOAD")
        assert answer.status == 200, answer.text
        for wrong in ("SIGNED", "x" * 64, "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", ""):
            answer = put(server, f"/{bucket}/new", payload=wrong or "0")
            assert 400 <= answer.status < 500, (wrong, answer.text)
        assert [it["Key"] for it in admin.s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["k"]

    def test_fifteen_minutes_are_tolerated(self, server, full, unwritten):
        assert raw.s3(server, "GET", f"/{full}/k", server.administrator, when=ago(840)).status == 200
        for seconds in (920, -920):
            answer = put(server, unwritten, when=ago(seconds))
            answer.is_error(
                403, "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
            )
            assert answer.find("MaxAllowedSkewMilliseconds") == "900000"
            assert answer.find("ServerTime") and answer.find("RequestTime")

    def test_a_malformed_authorization_is_refused(self, server, unwritten):
        headers = raw.sign(
            server.administrator, "PUT", unwritten, {}, b"body", service="s3", host=urlsplit(server.url).netloc
        )
        for wrong in ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature=0", "AWS a:b",
                      "Basic eA=="):
            answer = raw.send(server, "PUT", unwritten, {**headers, "Authorization": wrong}, b"body")
            assert answer.status in (400, 403), (wrong, answer.text)

    def test_a_scope_of_another_service_is_refused(self, server, unwritten):
        for service in ("sts", "iam", "s3express"):
            answer = put(server, unwritten, scope_service=service)
            assert answer.status in (400, 403), answer.text

    def test_the_path_is_signed_as_it_is(self, server, full):
        assert raw.s3(server, "GET", f"/{full}/%6B", server.administrator).status in (200, 403)
        headers = raw.sign(
            server.administrator, "GET", f"/{full}/k", {}, b"", service="s3", host=urlsplit(server.url).netloc
        )
        for other in (f"/{full}/./k", f"/{full}//k", f"/{full}/k/", f"/{full}/x/../k", f"/{full}/K"):
            answer = raw.send(server, "GET", other, headers)
            assert answer.status == 403, (other, answer.text)
        answer = raw.send(server, "GET", f"/{full}/k?versionId=x", headers)
        assert answer.status == 403


class TestChecksums:
    def test_a_wrong_one_writes_nothing(self, server, unwritten):
        right = base64.b64encode(struct.pack(">I", zlib.crc32(b"body"))).decode()
        wrong = base64.b64encode(struct.pack(">I", 1)).decode()
        answer = put(server, unwritten, headers={"x-amz-checksum-crc32": wrong})
        answer.is_error(400, "BadDigest", "The CRC32 you specified did not match the calculated checksum.")
        answer = put(server, unwritten, headers={"x-amz-checksum-crc32": right[:-2]})
        answer.is_error(400, "InvalidRequest", "Value for x-amz-checksum-crc32 header is invalid.")
        wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
        answer = put(server, unwritten, headers={"x-amz-checksum-sha256": wrong})
        answer.is_error(400, "BadDigest", "The SHA256 you specified did not match the calculated checksum.")

    def test_a_wrong_md5_writes_nothing(self, server, unwritten):
        wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
        answer = put(server, unwritten, headers={"Content-MD5": wrong})
        answer.is_error(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")
        answer = put(server, unwritten, headers={"Content-MD5": "x"})
        answer.is_error(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")

    def test_a_body_that_is_cut_off_writes_nothing(self, server, unwritten):
        headers = raw.sign(
            server.administrator, "PUT", unwritten, {"Content-Length": "1000"}, b"", service="s3",
            host=urlsplit(server.url).netloc, payload="UNSIGNED-PAYLOAD",
        )
        head = f"PUT {unwritten} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(head.encode() + b"\r\nonly this")
            connection.shutdown(socket.SHUT_WR)
            connection.recv(65536)


def chunked(data: bytes, checksum: str | None = None) -> bytes:
    """A body in aws-chunked form, unsigned, with a trailer."""
    crc = checksum or base64.b64encode(struct.pack(">I", zlib.crc32(data))).decode()
    return b"%x\r\n%s\r\n0\r\nx-amz-checksum-crc32:%s\r\n\r\n" % (len(data), data, crc.encode())


class TestStreaming:
    HEADERS = {
        "Content-Encoding": "aws-chunked", "X-Amz-Trailer": "x-amz-checksum-crc32", "X-Amz-Decoded-Content-Length": "5",
    }

    def test_chunks_with_a_trailer_are_written(self, server, admin, bucket):
        answer = put(server, f"/{bucket}/k", chunked(b"hello"), headers=self.HEADERS, payload=UNSIGNED_TRAILER)
        assert answer.status == 200, answer.text
        got = admin.s3.get_object(Bucket=bucket, Key="k")
        assert got["Body"].read() == b"hello"
        assert "ContentEncoding" not in got

    def test_without_a_signature_nothing_is_written(self, server, unwritten):
        # CVE-2025-31489: a credential, but no signature that was checked.
        signed = raw.sign(
            server.administrator, "PUT", unwritten, self.HEADERS, b"", service="s3",
            host=urlsplit(server.url).netloc, payload=UNSIGNED_TRAILER,
        )
        authorization = signed["Authorization"]
        unsigned = {name: value for name, value in signed.items() if name != "Authorization"}
        for headers in (
            unsigned,
            {**unsigned, "Authorization": authorization.rsplit("Signature=", 1)[0] + "Signature=" + "0" * 64},
            {**unsigned, "Authorization": authorization.rsplit(", Signature=", 1)[0]},
            {**unsigned, "Authorization": authorization.rsplit("Signature=", 1)[0] + "Signature="},
        ):
            answer = raw.send(server, "PUT", unwritten, headers, chunked(b"hello"))
            assert answer.status in (400, 403), answer.text
        answer = raw.send(server, "PUT", unwritten, unsigned, chunked(b"hello"))
        answer.is_error(403, "AccessDenied", "Access Denied")

    def test_a_credential_in_the_query_alone_is_no_signature(self, server, unwritten):
        # CVE-2026-41145.
        scope = ago(0).strftime("%Y%m%d/us-east-2/s3/aws4_request")
        target = f"{unwritten}?X-Amz-Credential={server.administrator.access_key}/{scope}".replace("/2026", "%2F2026")
        headers = {**self.HEADERS, "X-Amz-Content-Sha256": UNSIGNED_TRAILER}
        answer = raw.send(server, "PUT", target, headers, chunked(b"hello"))
        assert answer.status in (400, 403), answer.text

    def test_a_trailer_that_is_wrong_writes_nothing(self, server, unwritten):
        wrong = chunked(b"hello", base64.b64encode(b"\0\0\0\1").decode())
        answer = put(server, unwritten, wrong, headers=self.HEADERS, payload=UNSIGNED_TRAILER)
        answer.is_error(400, "BadDigest")

    @pytest.mark.parametrize("body", [
        b"", b"5\r\nhello\r\n", b"5\r\nhell", b"zz\r\nhello\r\n0\r\n\r\n", chunked(b"hello!"), chunked(b"hell"),
        b"-5\r\nhello\r\n0\r\n\r\n", b"5\nhello\n0\n\n", b"ffffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        b"5;chunk-signature=" + b"0" * 64 + b"\r\nhello\r\n0\r\n\r\n",
    ])
    def test_framing_that_is_wrong_writes_nothing(self, server, unwritten, body):
        answer = put(server, unwritten, body, headers=self.HEADERS, payload=UNSIGNED_TRAILER)
        assert 400 <= answer.status < 500, answer.text

    def test_a_signed_chunk_that_was_changed_writes_nothing(self, server, unwritten):
        body = b"5;chunk-signature=" + b"0" * 64 + b"\r\nhello\r\n0;chunk-signature=" + b"0" * 64 + b"\r\n\r\n"
        headers = {"Content-Encoding": "aws-chunked", "X-Amz-Decoded-Content-Length": "5"}
        answer = put(server, unwritten, body, headers=headers, payload="STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
        answer.is_error(403, "SignatureDoesNotMatch")

    def two_lengths(self, server, target, payload, headers, body):
        """The answer to a request with two lengths, and whether the connection ends with it."""
        headers = raw.sign(
            server.administrator, "PUT", target, headers, b"",
            service="s3", host=urlsplit(server.url).netloc, payload=payload,
        )
        head = f"PUT {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head += "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
        smuggled = f"GET /healthz HTTP/1.1\r\nHost: {urlsplit(server.url).netloc}\r\n\r\n".encode()
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(head.encode() + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) + smuggled)
            response = http.client.HTTPResponse(connection)
            response.begin()
            response.read()
            rest = b""
            try:
                while piece := connection.recv(1000):
                    rest += piece
            except ConnectionResetError:
                pass
            return response.status, rest

    def test_two_lengths_are_refused(self, server, unwritten):
        # Whoever stands in front may have believed the other one.
        status, rest = self.two_lengths(server, unwritten, "UNSIGNED-PAYLOAD", {}, b"hello")
        assert (status, rest) == (411, b"")

    def test_two_lengths_end_the_connection(self, admin, server, bucket):
        # RFC 9112, 6.1: read by its chunks, and whatever comes after it is nobody's request.
        target = f"/{bucket}/two-lengths"
        status, rest = self.two_lengths(server, target, UNSIGNED_TRAILER, self.HEADERS, chunked(b"hello"))
        assert (status, rest) == (200, b"")
        assert admin.s3.get_object(Bucket=bucket, Key="two-lengths")["Body"].read() == b"hello"


class TestPresigned:
    @pytest.fixture
    def signer(self, server):
        return client(server, "s3", server.administrator, signature_version="s3v4")

    def target(self, server, url: str) -> str:
        assert url.startswith(server.url)
        return url.removeprefix(server.url)

    def url(self, server, signer, operation: str, bucket: str, key: str, **options) -> str:
        made = signer.generate_presigned_url(operation, Params={"Bucket": bucket, "Key": key}, **options)
        return self.target(server, made)

    def test_reading(self, server, signer, full):
        target = self.url(server, signer, "get_object", full, "k")
        answer = raw.send(server, "GET", target, {})
        assert (answer.status, answer.body) == (200, CONTENT)
        answer = raw.send(server, "GET", target, {"Range": "bytes=0-2"})
        assert (answer.status, answer.body) == (206, b"for")

    def test_writing(self, server, signer, admin, bucket):
        target = self.url(server, signer, "put_object", bucket, "a b/ü+")
        answer = raw.send(server, "PUT", target, {}, b"written")
        assert answer.status == 200, answer.text
        assert admin.s3.get_object(Bucket=bucket, Key="a b/ü+")["Body"].read() == b"written"

    def test_nothing_about_it_may_be_changed(self, server, signer, full):
        target = self.url(server, signer, "get_object", full, "k", ExpiresIn=600)
        signature = re.search(r"X-Amz-Signature=([0-9a-f]{64})", target)[1]
        changes = {
            "another key": target.replace("/k?", "/k2?"),
            "a longer life": target.replace("X-Amz-Expires=600", "X-Amz-Expires=6000"),
            "another signature": target.replace(signature, signature[::-1]),
            "no signature": target.replace(f"X-Amz-Signature={signature}", "X-Amz-Signature="),
            "one more parameter": f"{target}&response-content-type=text/html",
            "another sub-resource": f"{target}&acl",
            "another day": re.sub(r"(X-Amz-Date=)\d{8}", r"\g<1>20300101", target),
        }
        for what, changed in changes.items():
            assert changed != target, what
            answer = raw.send(server, "GET", changed, {})
            assert answer.status in (400, 403), (what, answer.text)
        for method in ("PUT", "DELETE", "HEAD"):
            assert raw.send(server, method, target, {}).status == 403
        assert raw.send(server, "GET", target, {"x-amz-meta-a": "1"}).status in (200, 403)
        assert raw.send(server, "GET", target, {"Host": "elsewhere.example"}).status == 403

    def test_an_unsigned_x_amz_header_is_refused(self, server, signer, bucket, unwritten):
        target = self.url(server, signer, "put_object", bucket, "new")
        for header in ("x-amz-acl", "x-amz-meta-a", "x-amz-copy-source", "x-amz-tagging"):
            answer = raw.send(server, "PUT", target, {header: "x"}, b"x")
            answer.is_error(403, "AccessDenied", "There were headers present in the request which were not signed")

    def test_it_ends(self, server, full):
        old = ago(120)
        target = self.presign(server, full, when=old, expires=60)
        answer = raw.send(server, "GET", target, {})
        answer.is_error(403, "AccessDenied", "Request has expired")
        assert answer.find("Expires") and answer.find("ServerTime")
        assert raw.send(server, "GET", self.presign(server, full, when=old, expires=180), {}).status == 200

    def test_its_life_is_limited(self, server, full):
        for expires in (604801, -1, "x", 10**20):
            answer = raw.send(server, "GET", self.presign(server, full, when=ago(0), expires=expires), {})
            answer.is_error(400, "AuthorizationQueryParametersError")

    def test_what_is_missing_is_told(self, server, full):
        target = self.presign(server, full, when=ago(0), expires=60)
        answer = raw.send(server, "GET", re.sub(r"&X-Amz-Expires=\d+", "", target), {})
        answer.is_error(
            400, "AuthorizationQueryParametersError",
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
            "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
        )

    def test_it_is_the_signers_permission_that_counts(self, server, account, full):
        user = account.user(policy(allow("s3:GetObject", f"arn:aws:s3:::{full}/other")))
        signer = client(server, "s3", user.credentials, signature_version="s3v4")
        answer = raw.send(server, "GET", self.url(server, signer, "get_object", full, "k"), {})
        answer.is_error(403, "AccessDenied")

    def test_signature_version_2_is_refused_or_right(self, server, full):
        old = client(server, "s3", server.administrator, signature_version="s3-query")
        target = self.target(server, old.generate_presigned_url("get_object", Params={"Bucket": full, "Key": "k"}))
        answer = raw.send(server, "GET", target, {})
        if answer.status != 200:
            answer.is_error(
                400, "InvalidRequest",
                "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
            )
        assert raw.send(server, "GET", re.sub("Signature=[^&]+", "Signature=x", target), {}).status in (400, 403)

    def presign(self, server, bucket: str, when: datetime.datetime, expires) -> str:
        """A presigned GET of the object `k`, made at any time."""
        keys, date = server.administrator, stamp(when)
        parameters = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{keys.access_key}/{date[:8]}/us-east-2/s3/aws4_request",
            "X-Amz-Date": date, "X-Amz-Expires": expires, "X-Amz-SignedHeaders": "host",
            "X-Amz-Security-Token": keys.token,
        }
        text = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in parameters.items())
        host = urlsplit(server.url).netloc
        proof = signature(
            keys.secret_key, "GET", f"/{bucket}/k?{text}", {"host": host}, ["host"], "UNSIGNED-PAYLOAD", date,
            "us-east-2", "s3",
        )
        return f"/{bucket}/k?{text}&X-Amz-Signature={proof}"


class TestAddressing:
    @pytest.fixture
    def virtual(self, server, monkeypatch):
        """A client that puts the bucket's name into the host."""
        original = socket.getaddrinfo

        def resolve(host, *arguments, **options):
            return original("127.0.0.1" if str(host).endswith(".localhost") else host, *arguments, **options)

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        return client(
            server, "s3", server.administrator, endpoint_url=f"http://s3.localhost:{server.port}",
            s3={"addressing_style": "virtual"},
        )

    def test_the_bucket_may_be_in_the_host(self, server, admin, virtual, bucket):
        hosts = []
        virtual.meta.events.register("before-send", lambda request, **_: hosts.append(urlsplit(request.url).hostname))
        virtual.put_object(Bucket=bucket, Key="a b/c", Body=b"x")
        assert virtual.get_object(Bucket=bucket, Key="a b/c")["Body"].read() == b"x"
        assert [it["Key"] for it in virtual.list_objects_v2(Bucket=bucket)["Contents"]] == ["a b/c"]
        assert set(hosts) == {f"{bucket}.s3.localhost"}
        assert admin.s3.head_object(Bucket=bucket, Key="a b/c")["ContentLength"] == 1
        assert bucket in [it["Name"] for it in virtual.list_buckets()["Buckets"]]
        with refused("NoSuchBucket", 404):
            virtual.get_object(Bucket=f"{bucket}-none", Key="k")

    def test_the_host_decides_only_if_it_was_signed(self, server, full, unwritten):
        headers = raw.sign(
            server.administrator, "GET", "/k", {}, b"", service="s3", host=f"{full}.s3.localhost:{server.port}"
        )
        assert raw.send(server, "GET", "/k", headers).body == CONTENT
        other = {**headers, "Host": f"another.s3.localhost:{server.port}"}
        raw.send(server, "GET", "/k", other).is_error(403, "SignatureDoesNotMatch")
        forwarded = {**headers, "X-Forwarded-Host": f"another.s3.localhost:{server.port}"}
        assert raw.send(server, "GET", "/k", forwarded).body == CONTENT

    def test_another_host_is_not_a_bucket(self, server, full):
        # Path style whatever the host is called, as long as it was signed.
        headers = raw.sign(server.administrator, "GET", f"/{full}/k", {}, b"", service="s3", host="daypass.example")
        assert raw.send(server, "GET", f"/{full}/k", headers).body == CONTENT


def test_methods_that_are_none_are_refused(server, bucket):
    for method in ("PATCH", "TRACE", "BREW"):
        answer = raw.s3(server, method, f"/{bucket}/k", server.administrator)
        assert answer.status in (400, 403, 405, 501), answer.text


def test_sub_resources_that_are_not_there_are_refused_and_do_nothing(server, admin, full):
    # A sub-resource that the server doesn't know must not become a plain GET, PUT or DELETE.
    for query in ("acl", "retention", "legal-hold", "torrent", "restore", "select&select-type=2", "renameObject"):
        answer = raw.s3(server, "DELETE", f"/{full}/k?{query}", server.administrator)
        assert 400 <= answer.status < 600 and answer.status != 500, (query, answer.text)
        assert admin.s3.get_object(Bucket=full, Key="k")["Body"].read() == CONTENT
    for query in ("lifecycle", "replication", "website", "cors", "encryption", "notification", "inventory&id=x"):
        answer = raw.s3(server, "DELETE", f"/{full}?{query}", server.administrator)
        assert answer.status != 500
        admin.s3.head_bucket(Bucket=full)


def test_xml_that_is_broken_is_refused(server, admin, full):
    for body in (b"", b"<", b"<Delete>", b"<Delete><Object></Object></Delete>", b"\xff\xfe", b"<!DOCTYPE x [<!ENTITY a 'b'>]>"
                 b"<Delete><Object><Key>&a;</Key></Object></Delete>"):
        digest = base64.b64encode(hashlib.md5(body).digest()).decode()
        answer = raw.s3(server, "POST", f"/{full}?delete", server.administrator, body, headers={"Content-MD5": digest})
        assert answer.status == 400, (body, answer.text)
    answer = raw.s3(server, "PUT", f"/{full}-new", server.administrator, b"<Create", headers={})
    answer.is_error(400, "MalformedXML")
    with refused("404", 404):
        admin.s3.head_bucket(Bucket=f"{full}-new")


def test_another_principals_objects_stay_hidden_by_any_way_of_signing(server, account, full):
    stranger = account.user()
    signer = client(server, "s3", stranger.credentials, signature_version="s3v4")
    presigned = signer.generate_presigned_url("get_object", Params={"Bucket": full, "Key": "k"}).removeprefix(server.url)
    for answer in (
        raw.s3(server, "GET", f"/{full}/k", stranger.credentials),
        raw.s3(server, "GET", f"/{full}/k", stranger.credentials, payload="UNSIGNED-PAYLOAD"),
        raw.s3(server, "GET", f"/{full}/k", stranger.credentials, payload=UNSIGNED_TRAILER),
        raw.send(server, "GET", presigned, {}),
        raw.send(server, "GET", f"/{full}/k", {}),
    ):
        assert answer.status in (400, 403)
        assert CONTENT not in answer.body
    assert As(server, server.administrator).s3.get_object(Bucket=full, Key="k")["Body"].read() == CONTENT
