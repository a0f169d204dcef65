"""A store behind the server: another Daypass, reached with the backend's own credentials."""

import base64
import contextlib
import hashlib
import io
import json
import os
import socket
import threading
import urllib.request
import uuid
import zlib

import boto3.s3.transfer
import pytest

from support import raw
from support.clients import As, client, refused
from support.principals import Account
from support.server import ACCOUNT, REGION, Credentials, Server
from support.sigv4 import sign

MIB = 1024 * 1024
LOCATION = {"LocationConstraint": REGION}


@pytest.fixture(scope="module")
def behind():
    """The store that keeps the objects."""
    server = Server()
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture(scope="module")
def theirs(behind):
    """The backend's own view."""
    return As(behind, behind.administrator).s3


@pytest.fixture(scope="module")
def backend(behind) -> Credentials:
    """A long-term key of the backend."""
    iam = As(behind, behind.administrator).iam
    iam.create_user(UserName="gateway")
    everything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    iam.put_user_policy(UserName="gateway", PolicyName="s3", PolicyDocument=document)
    return Credentials.of(iam.create_access_key(UserName="gateway")["AccessKey"])


@pytest.fixture(scope="module")
def front(behind, theirs, backend):
    theirs.create_bucket(Bucket="prod-logs", CreateBucketConfiguration=LOCATION)
    server = Server(
        "--s3-upstream", behind.url, "--s3-upstream-region", REGION, "--s3-bucket", "logs=prod-logs",
        environment=backend.environment(),
    )
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture(scope="module")
def s3(front):
    return As(front, front.administrator).s3


@pytest.fixture(scope="module")
def account(front):
    return Account(front, As(front, front.administrator))


@pytest.fixture
def bucket(s3):
    name = f"b-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=LOCATION)
    return name


def allow(action, resource="*", **more) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def asked(server: Server, operation: str, path: str) -> int:
    """How often a server's log tells of an operation on a path."""
    lines = server.log().splitlines()
    return sum(f'operation="{operation}"' in line and path in line for line in lines)


class TestObjects:
    @pytest.mark.parametrize("size", [0, 5, 200_000, 9 * MIB])
    def test_what_goes_in_is_there_and_comes_out(self, s3, theirs, bucket, size):
        content = os.urandom(size)
        key = "a b/../ü"
        etag = s3.put_object(
            Bucket=bucket, Key=key, Body=content, ContentType="text/x", Metadata={"k": "v"}, Tagging="a=b%2Fc",
        )["ETag"]
        assert etag == f'"{hashlib.md5(content).hexdigest()}"'
        for store in (s3, theirs):
            got = store.get_object(Bucket=bucket, Key=key)
            assert got["Body"].read() == content
            assert (got["ContentType"], got["Metadata"], got["ETag"]) == ("text/x", {"k": "v"}, etag)
            assert store.get_object_tagging(Bucket=bucket, Key=key)["TagSet"] == [{"Key": "a", "Value": "b/c"}]
        head = s3.head_object(Bucket=bucket, Key=key)
        assert (head["ContentLength"], head["ETag"]) == (size, etag)
        s3.delete_object(Bucket=bucket, Key=key)
        with refused("NoSuchKey", 404):
            s3.get_object(Bucket=bucket, Key=key)

    def test_lists_have_our_names_and_owner(self, s3):
        for number in range(3):
            s3.put_object(Bucket="logs", Key=f"list/{number}", Body=b"x")
        owner = s3.list_buckets()["Owner"]["ID"]
        page = s3.list_objects_v2(Bucket="logs", Prefix="list/", MaxKeys=2, FetchOwner=True)
        assert page["Name"] == "logs"
        assert [it["Key"] for it in page["Contents"]] == ["list/0", "list/1"]
        assert {it["Owner"]["ID"] for it in page["Contents"]} == {owner}
        rest = s3.list_objects_v2(Bucket="logs", Prefix="list/", ContinuationToken=page["NextContinuationToken"])
        assert [it["Key"] for it in rest["Contents"]] == ["list/2"]
        assert s3.list_objects(Bucket="logs", Prefix="list/")["Name"] == "logs"

    def test_ranges_and_conditions_are_the_upstreams(self, s3, bucket):
        etag = s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")["ETag"]
        got = s3.get_object(Bucket=bucket, Key="k", Range="bytes=2-4")
        assert (got["Body"].read(), got["ContentRange"]) == (b"234", "bytes 2-4/10")
        with refused("InvalidRange", 416):
            s3.get_object(Bucket=bucket, Key="k", Range="bytes=20-")
        with refused("304", 304):
            s3.get_object(Bucket=bucket, Key="k", IfNoneMatch=etag)
        with refused("PreconditionFailed", 412):
            s3.get_object(Bucket=bucket, Key="k", IfMatch='"x"')
        with refused("PreconditionFailed", 412):
            s3.put_object(Bucket=bucket, Key="k", Body=b"", IfNoneMatch="*")
        with refused("412", 412):
            s3.head_object(Bucket=bucket, Key="k", IfMatch='"x"')

    def test_parts(self, s3, theirs, front):
        parts = [os.urandom(5 * MIB), os.urandom(1000)]
        begun = s3.create_multipart_upload(Bucket="logs", Key="parts", ContentType="x/y")
        assert begun["Bucket"] == "logs"
        upload = {"Bucket": "logs", "Key": "parts", "UploadId": begun["UploadId"]}
        done = [
            {"PartNumber": number, "ETag": s3.upload_part(PartNumber=number, Body=part, **upload)["ETag"]}
            for number, part in enumerate(parts, 1)
        ]
        listed = s3.list_parts(**upload)
        assert (listed["Bucket"], len(listed["Parts"])) == ("logs", 2)
        owner = s3.list_buckets()["Owner"]["ID"]
        uploads = s3.list_multipart_uploads(Bucket="logs")
        assert uploads["Bucket"] == "logs"
        assert {it["Initiator"]["ID"] for it in uploads["Uploads"]} == {owner}
        whole = s3.complete_multipart_upload(MultipartUpload={"Parts": done}, **upload)
        assert (whole["Bucket"], whole["Location"]) == ("logs", f"{front.url}/logs/parts")
        assert theirs.get_object(Bucket="prod-logs", Key="parts")["Body"].read() == b"".join(parts)
        with refused("NoSuchUpload", 404):
            s3.list_parts(**upload)

    def test_the_transfer_manager(self, s3, bucket):
        content = os.urandom(20 * MIB)
        config = boto3.s3.transfer.TransferConfig(multipart_threshold=6 * MIB, multipart_chunksize=6 * MIB)
        s3.upload_fileobj(io.BytesIO(content), bucket, "big", Config=config)
        back = io.BytesIO()
        s3.download_fileobj(bucket, "big", back, Config=config)
        assert back.getvalue() == content

    def test_many_keys_are_deleted_and_told_of_one_by_one(self, s3, theirs, account):
        for key in ("del/a", "del/b & <c>", "keep/d"):
            s3.put_object(Bucket="logs", Key=key, Body=b"")
        cleaner = account.session_with(allow("s3:DeleteObject", "arn:aws:s3:::logs/del/*"))
        wanted = [{"Key": key} for key in ("del/a", "del/b & <c>", "keep/d", "del/never")]
        answer = cleaner.s3.delete_objects(Bucket="logs", Delete={"Objects": wanted})
        assert {it["Key"] for it in answer["Deleted"]} == {"del/a", "del/b & <c>", "del/never"}
        assert [(it["Key"], it["Code"]) for it in answer["Errors"]] == [("keep/d", "AccessDenied")]
        left = {it["Key"] for it in theirs.list_objects_v2(Bucket="prod-logs")["Contents"]}
        assert "keep/d" in left and not any(key.startswith("del/") for key in left)
        quiet = s3.delete_objects(Bucket="logs", Delete={"Objects": [{"Key": "keep/d"}], "Quiet": True})
        assert "Deleted" not in quiet and "Errors" not in quiet

    def test_tags_come_and_go(self, s3, theirs, bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"")
        tags = [{"Key": "team", "Value": "a+b/c"}]
        s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": tags})
        assert theirs.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == tags
        s3.delete_object_tagging(Bucket=bucket, Key="k")
        assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []

    def test_acls_are_ours(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"", ACL="bucket-owner-full-control")
        owner = s3.list_buckets()["Owner"]["ID"]
        assert s3.get_object_acl(Bucket=bucket, Key="k")["Owner"]["ID"] == owner
        with refused("NoSuchKey", 404):
            s3.get_object_acl(Bucket=bucket, Key="none")
        with refused("AccessControlListNotSupported", 400):
            s3.put_object(Bucket=bucket, Key="k", Body=b"", ACL="public-read")


class TestMore:
    def test_versions_are_the_upstreams(self, s3, theirs, bucket, account):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        assert theirs.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        first = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["VersionId"]
        second = s3.put_object(Bucket=bucket, Key="k", Body=b"2")["VersionId"]
        assert s3.get_object(Bucket=bucket, Key="k", VersionId=first)["Body"].read() == b"1"
        reader = account.session_with(allow("s3:GetObject")).s3
        assert reader.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"
        with refused("AccessDenied", 403):
            reader.get_object(Bucket=bucket, Key="k", VersionId=first)
        gone = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}]})["Deleted"]
        assert gone[0]["DeleteMarker"]
        listed = s3.list_object_versions(Bucket=bucket)
        assert listed["Name"] == bucket
        owner = s3.list_buckets()["Owner"]["ID"]
        assert {it["Owner"]["ID"] for it in listed["Versions"] + listed["DeleteMarkers"]} == {owner}
        with refused("NoSuchKey", 404):
            s3.get_object(Bucket=bucket, Key="k")
        with refused("403", 403):
            reader.head_object(Bucket=bucket, Key="k")
        s3.copy_object(Bucket=bucket, Key="c", CopySource={"Bucket": bucket, "Key": "k", "VersionId": first})
        assert s3.get_object(Bucket=bucket, Key="c")["Body"].read() == b"1"
        everything = [{"Key": it["Key"], "VersionId": it["VersionId"]}
                      for it in listed["Versions"] + listed["DeleteMarkers"]]
        s3.delete_objects(Bucket=bucket, Delete={"Objects": everything})
        left = {it["VersionId"] for it in s3.list_object_versions(Bucket=bucket)["Versions"]}
        assert not left & {first, second}

    def test_settings_about_objects_are_the_upstreams(self, s3, theirs, bucket):
        rule = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 1}}
        s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
        assert theirs.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]["ID"] == "r"
        assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]["ID"] == "r"
        s3.delete_bucket_lifecycle(Bucket=bucket)
        with refused("NoSuchLifecycleConfiguration", 404):
            s3.get_bucket_lifecycle_configuration(Bucket=bucket)

    def test_pages_of_other_sites_are_ours(self, s3, theirs, bucket):
        rule = {"AllowedOrigins": ["https://page"], "AllowedMethods": ["GET"]}
        s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"})
        request = urllib.request.Request(url, headers={"Origin": "https://page"})
        with urllib.request.urlopen(request) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == "https://page"
        with refused("NoSuchCORSConfiguration", 404):
            theirs.get_bucket_cors(Bucket=bucket)

    def test_forms_reach_the_upstream(self, s3, theirs, bucket):
        for size in (10, 400_000):
            content = os.urandom(size)
            form = s3.generate_presigned_post(bucket, "form/${filename}", Fields={"success_action_status": "201"},
                                              Conditions=[{"success_action_status": "201"}])
            boundary = uuid.uuid4().hex
            parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
                     for name, value in form["fields"].items()]
            parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'.encode())
            body = b"".join([*parts, content, f"\r\n--{boundary}--\r\n".encode()])
            headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
            request = urllib.request.Request(form["url"], data=body, headers=headers, method="POST")
            with urllib.request.urlopen(request) as answer:
                assert answer.status == 201
                assert f"<Bucket>{bucket}</Bucket><Key>form/f</Key>" in answer.read().decode()
            assert theirs.get_object(Bucket=bucket, Key="form/f")["Body"].read() == content


class TestCopies:
    def test_inside_the_upstream(self, s3, theirs, bucket):
        s3.put_object(Bucket="logs", Key="from/ä b", Body=b"content", Tagging="a=b", Metadata={"m": "1"})
        s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": "logs", "Key": "from/ä b"})
        got = theirs.get_object(Bucket=bucket, Key="to")
        assert (got["Body"].read(), got["Metadata"], got["TagCount"]) == (b"content", {"m": "1"}, 1)
        with refused("NoSuchKey", 404):
            s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": "logs", "Key": "none"})

    def test_between_the_stores(self, s3, theirs, bucket, front, start_server, behind, backend):
        own = start_server()
        home = f"h-{uuid.uuid4().hex[:12]}"
        As(own, own.administrator).s3.create_bucket(Bucket=home, CreateBucketConfiguration=LOCATION)
        own.stop()
        own.options = ("--s3-upstream", behind.url, "--s3-upstream-region", REGION, "--s3-bucket", "logs=prod-logs")
        own.environment = backend.environment()
        own.restart()
        s3 = As(own, own.administrator).s3
        content = os.urandom(6 * MIB)
        s3.put_object(Bucket=home, Key="k", Body=content, ContentType="x/y", Metadata={"m": "1"}, Tagging="a=b")
        there = s3.copy_object(Bucket="logs", Key="copy", CopySource={"Bucket": home, "Key": "k"})
        etag = f'"{hashlib.md5(content).hexdigest()}"'
        assert there["CopyObjectResult"]["ETag"] == etag
        got = theirs.get_object(Bucket="prod-logs", Key="copy")
        assert (got["Body"].read(), got["ContentType"], got["Metadata"], got["TagCount"]) == (
            content, "x/y", {"m": "1"}, 1)
        here = s3.copy_object(
            Bucket=home, Key="back", CopySource={"Bucket": "logs", "Key": "copy"},
            MetadataDirective="REPLACE", ContentType="n/w", CopySourceIfMatch=etag,
        )
        assert here["CopyObjectResult"]["ETag"] == etag
        got = s3.get_object(Bucket=home, Key="back")
        assert (got["Body"].read(), got["ContentType"], got["Metadata"], got["TagCount"]) == (content, "n/w", {}, 1)
        with refused("PreconditionFailed", 412):
            s3.copy_object(Bucket=home, Key="x", CopySource={"Bucket": "logs", "Key": "copy"}, CopySourceIfMatch='"x"')
        for source, target in ((home, "logs"), ("logs", home)):
            key = "k" if source == home else "copy"
            begun = s3.create_multipart_upload(Bucket=target, Key="joined")
            upload = {"Bucket": target, "Key": "joined", "UploadId": begun["UploadId"]}
            part = s3.upload_part_copy(
                PartNumber=1, CopySource={"Bucket": source, "Key": key}, CopySourceRange="bytes=10-99", **upload)
            done = [{"PartNumber": 1, "ETag": part["CopyPartResult"]["ETag"]}]
            s3.complete_multipart_upload(MultipartUpload={"Parts": done}, **upload)
            assert s3.get_object(Bucket=target, Key="joined")["Body"].read() == content[10:100]


class TestUploadsThatDoNotHold:
    @pytest.mark.parametrize("size", [10, 3 * MIB])
    def test_nothing_of_them_becomes_visible(self, s3, theirs, front, bucket, size):
        body = b"x" * size
        crc = base64.b64encode(zlib.crc32(b"other").to_bytes(4, "big")).decode()
        md5 = base64.b64encode(hashlib.md5(b"other").digest()).decode()
        sha = hashlib.sha256(b"other").hexdigest()
        for headers, signing, code in (
            ({"x-amz-checksum-crc32": crc}, {}, "BadDigest"),
            ({"Content-MD5": md5}, {}, "BadDigest"),
            ({"x-amz-checksum-crc32": crc}, {"payload": "UNSIGNED-PAYLOAD"}, "BadDigest"),
            ({}, {"payload": sha}, "XAmzContentSHA256Mismatch"),
        ):
            answer = raw.s3(front, "PUT", f"/{bucket}/k", front.administrator, body, headers, **signing)
            answer.is_error(400, code)
        assert "Contents" not in theirs.list_objects_v2(Bucket=bucket)

    def test_a_wrong_trailer(self, front, theirs, bucket):
        for size in (10, 300_000):
            data = b"x" * size
            wire = b"%x\r\n%s\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n" % (size, data)
            headers = {
                "x-amz-trailer": "x-amz-checksum-crc32", "x-amz-decoded-content-length": str(size),
                "Content-Encoding": "aws-chunked",
            }
            answer = raw.s3(
                front, "PUT", f"/{bucket}/k", front.administrator, wire, headers,
                payload="STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            )
            answer.is_error(400, "BadDigest")
        assert "Contents" not in theirs.list_objects_v2(Bucket=bucket)

    def test_a_request_of_two_lengths_is_the_last_of_its_connection(self, front, behind, bucket):
        """Attack 33: what follows the end that one reader sees is nobody's request (RFC 9112, section 6.3)."""
        target = f"/{bucket}/k"
        signed = sign(
            front.administrator, "PUT", target, {}, b"", service="s3", host=f"127.0.0.1:{front.port}",
            payload="UNSIGNED-PAYLOAD",
        )
        lines = [f"PUT {target} HTTP/1.1", *(f"{name}: {value}" for name, value in signed.items()),
                 "Content-Length: 5", "Transfer-Encoding: chunked", "", ""]
        hidden = f"0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{front.port}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", front.port), timeout=30) as connection:
            connection.sendall("\r\n".join(lines).encode() + hidden.encode())
            told = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
        assert told.startswith("HTTP/1.1 411 ") and told.count("HTTP/1.1 ") == 1, told
        assert "<Code>MissingContentLength</Code>" in told
        assert not asked(behind, "PutObject", target)


class TestChecksums:
    # botocore computes the others only with an extension of its own.
    @pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
    @pytest.mark.parametrize("size", [1000, MIB])
    def test_trailers_reach_the_upstream(self, ways, algorithm, size):
        for s3, theirs, bucket in ways:
            body = os.urandom(size)
            put = s3.put_object(Bucket=bucket, Key=algorithm, Body=io.BytesIO(body), ChecksumAlgorithm=algorithm)
            name = f"Checksum{algorithm}"
            got = theirs.get_object(Bucket=bucket, Key=algorithm, ChecksumMode="ENABLED")
            assert (got["Body"].read(), got[name]) == (body, put[name])

    @pytest.fixture(scope="class")
    def ways(self, authority, behind, backend, theirs):
        """Over https on both sides, and over https to a gateway before an upstream without it."""
        tls = ("--tls-cert", str(authority.certificate), "--tls-key", str(authority.key))
        secure = Server(*tls)
        servers = [secure.start()]
        key = secure.administrator
        found = []
        try:
            for url, keys, store in (
                (behind.url, backend, theirs),
                (secure.url, key, client(secure, "s3", key, verify=str(authority.ca))),
            ):
                server = Server(
                    *tls, "--s3-upstream", url, "--s3-upstream-region", REGION, "--s3-upstream-ca", str(authority.ca),
                    environment=keys.environment(),
                )
                servers.append(server.start())
                s3 = client(server, "s3", server.administrator, verify=str(authority.ca))
                bucket = f"w-{uuid.uuid4().hex[:12]}"
                s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=LOCATION)
                found.append((s3, store, bucket))
            yield found
        finally:
            for server in servers:
                server.remove()


class TestBuckets:
    def test_they_are_made_and_deleted_in_both_places(self, s3, theirs, bucket):
        assert bucket in {it["Name"] for it in theirs.list_buckets()["Buckets"]}
        with refused("BucketAlreadyOwnedByYou", 409):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=LOCATION)
        s3.put_object(Bucket=bucket, Key="k", Body=b"")
        with refused("BucketNotEmpty", 409):
            s3.delete_bucket(Bucket=bucket)
        s3.delete_object(Bucket=bucket, Key="k")
        s3.delete_bucket(Bucket=bucket)
        assert bucket not in {it["Name"] for it in theirs.list_buckets()["Buckets"]}
        with refused("NoSuchBucket", 404):
            s3.list_objects_v2(Bucket=bucket)

    def test_what_the_upstream_has_is_nobodys_unless_it_is_taken_in(self, s3, theirs, bucket):
        name = f"secret-{uuid.uuid4().hex[:8]}"
        theirs.create_bucket(Bucket=name, CreateBucketConfiguration=LOCATION)
        theirs.put_object(Bucket=name, Key="k", Body=b"secret")
        with refused("BucketAlreadyExists", 409):
            s3.create_bucket(Bucket=name, CreateBucketConfiguration=LOCATION)
        for taken in (name, "prod-logs"):
            with refused("NoSuchBucket", 404):
                s3.get_object(Bucket=taken, Key="k")
            with refused("NoSuchBucket", 404):
                s3.copy_object(Bucket=bucket, Key="k", CopySource={"Bucket": taken, "Key": "k"})

    def test_a_creation_that_was_cut_off_is_finished_by_the_next(self, s3, theirs, bucket):
        theirs.delete_bucket(Bucket=bucket)
        with refused("NoSuchBucket", 404):
            s3.put_object(Bucket=bucket, Key="k", Body=b"")
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=LOCATION)
        s3.put_object(Bucket=bucket, Key="k", Body=b"")
        theirs.delete_object(Bucket=bucket, Key="k")
        theirs.delete_bucket(Bucket=bucket)
        s3.delete_bucket(Bucket=bucket)

    def test_policies_and_settings_of_access_are_ours(self, s3, theirs, bucket):
        statement = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "s3:GetObject",
                     "Resource": f"arn:aws:s3:::{bucket}/*"}
        s3.put_bucket_policy(
            Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
        assert not s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"]
        assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] == REGION
        assert s3.head_bucket(Bucket=bucket)["BucketRegion"] == REGION
        with refused("NoSuchBucketPolicy", 404):
            theirs.get_bucket_policy(Bucket=bucket)
        with refused("NoSuchTagSet", 404):
            theirs.get_bucket_tagging(Bucket=bucket)

    def test_settings_that_would_reach_elsewhere_are_declined(self, s3, bucket):
        with refused("NotImplemented", 501):
            s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={
                "LoggingEnabled": {"TargetBucket": "prod-logs", "TargetPrefix": ""}})

    def test_mappings_survive_a_restart_and_are_checked(self, start_server, behind, backend, theirs):
        name = f"m-{uuid.uuid4().hex[:8]}"
        theirs.create_bucket(Bucket=name, CreateBucketConfiguration=LOCATION)
        upstream = ("--s3-upstream", behind.url, "--s3-upstream-region", REGION)
        server = start_server(*upstream, "--s3-bucket", f"{ACCOUNT}/mine={name}", environment=backend.environment())
        As(server, server.administrator).s3.put_object(Bucket="mine", Key="k", Body=b"x")
        server.stop()
        server.restart()
        s3 = As(server, server.administrator).s3
        assert s3.get_object(Bucket="mine", Key="k")["Body"].read() == b"x"
        for setting, told in (
            (f"other={name}", "is here as `mine` already"),
            ("mine=else-where", f"in the upstream's bucket `{name}`"),
            (f"210987654321/more={name}", "there is no account 210987654321 here"),
            ("Bad=x-y-z", "is not a bucket name"),
        ):
            server.stop()
            server.options = (*upstream, "--s3-bucket", setting)
            server.environment = backend.environment()
            with pytest.raises(AssertionError, match="did not start") as caught:
                server.start()
            assert told in str(caught.value)
            server.options = ()
            server.environment = {}
            server.restart()
        # Without its upstream the bucket is there, and what it holds is not.
        s3 = As(server, server.administrator).s3
        assert s3.get_bucket_location(Bucket="mine")["LocationConstraint"] == REGION
        with refused("ServiceUnavailable", 503):
            s3.get_object(Bucket="mine", Key="k")


class TestAuthorization:
    def test_each_operation_needs_its_action(self, s3, account):
        s3.put_object(Bucket="logs", Key="pod/a", Body=b"x")
        pod = account.session_with(allow("s3:GetObject", "arn:aws:s3:::logs/pod/*")).s3
        assert pod.get_object(Bucket="logs", Key="pod/a")["Body"].read() == b"x"
        for attempt in (
            lambda: pod.put_object(Bucket="logs", Key="pod/a", Body=b"y"),
            lambda: pod.get_object(Bucket="logs", Key="other"),
            lambda: pod.list_objects_v2(Bucket="logs"),
            lambda: pod.delete_object(Bucket="logs", Key="pod/a"),
            lambda: pod.get_bucket_versioning(Bucket="logs"),
            lambda: pod.create_multipart_upload(Bucket="logs", Key="pod/a"),
            lambda: pod.copy_object(Bucket="logs", Key="pod/b", CopySource="logs/pod/a"),
        ):
            with refused("AccessDenied", 403):
                attempt()

    def test_that_a_key_is_missing_is_told_to_those_who_may_list(self, account):
        reader = account.session_with(allow("s3:GetObject")).s3
        lister = account.session_with(allow(["s3:GetObject", "s3:ListBucket"])).s3
        for attempt in ("get_object", "head_object"):
            with refused("AccessDenied" if attempt == "get_object" else "403", 403):
                getattr(reader, attempt)(Bucket="logs", Key="missing")
            with refused("NoSuchKey" if attempt == "get_object" else "404", 404):
                getattr(lister, attempt)(Bucket="logs", Key="missing")

    def test_tags_are_looked_up_if_and_only_if_a_policy_could_look_at_them(self, s3, behind, account):
        s3.put_object(Bucket="logs", Key="tag/public", Body=b"x", Tagging="class=public")
        s3.put_object(Bucket="logs", Key="tag/secret", Body=b"x", Tagging="class=secret")
        plain = account.session_with(allow("s3:GetObject")).s3
        before = asked(behind, "GetObjectTagging", "/prod-logs/tag/public")
        plain.get_object(Bucket="logs", Key="tag/public")
        behind.logged("tag/public")
        condition = {"StringEquals": {"s3:existingobjecttag/class": "public"}}
        tagged = account.session_with(allow("s3:GetObject", Condition=condition)).s3
        assert asked(behind, "GetObjectTagging", "/prod-logs/tag/public") == before
        tagged.get_object(Bucket="logs", Key="tag/public")
        with refused("AccessDenied", 403):
            tagged.get_object(Bucket="logs", Key="tag/secret")
        with refused("403", 403):
            tagged.head_object(Bucket="logs", Key="tag/secret")
        with refused("AccessDenied", 403):
            tagged.copy_object(Bucket="logs", Key="tag/copy", CopySource="logs/tag/secret")
        behind.logged("/prod-logs/tag/secret")
        assert asked(behind, "GetObjectTagging", "/prod-logs/tag/public") == before + 1

    def test_presigned_and_anonymous(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"})
        with urllib.request.urlopen(url) as answer:
            assert answer.read() == b"x"
        s3.delete_public_access_block(Bucket=bucket)
        statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                     "Resource": f"arn:aws:s3:::{bucket}/*"}
        s3.put_bucket_policy(
            Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        with urllib.request.urlopen(url.split("?")[0]) as answer:
            assert answer.read() == b"x"

    def test_expected_owners(self, s3, bucket):
        with refused("AccessDenied", 403):
            s3.put_object(Bucket=bucket, Key="k", Body=b"", ExpectedBucketOwner="210987654321")


class TestSecrets:
    def test_neither_the_backends_key_nor_its_host_is_shown(self, front, behind, backend, s3, bucket):
        """Attack 36, with the real key as the canary."""
        shown = []
        for key, method, target in (
            (front.administrator, "GET", f"/{bucket}/none"),
            (front.administrator, "GET", f"/{bucket}?uploads"),
            (front.administrator, "GET", "/logs?lifecycle"),
            (front.administrator, "PUT", f"/{bucket}/k"),
            (front.administrator, "DELETE", "/logs"),
        ):
            answer = raw.s3(front, method, target, key)
            shown.append(answer.text + str(answer.headers))
        told = "".join(shown)
        for secret in (backend.secret_key, backend.access_key, behind.url.split("//")[1], "prod-logs"):
            assert secret not in told
        written = front.log() + "".join(
            path.read_text(errors="replace") for path in (front.data / "trail").rglob("*.jsonl"))
        for secret in (backend.secret_key, backend.access_key):
            assert secret not in written

    @pytest.mark.parametrize("wrong", ["key", "secret"])
    def test_refused_credentials_are_ours_and_not_the_clients(self, start_server, behind, backend, wrong):
        canary = "canarycanarycanarycanarycanarycanary1234"
        keys = {
            "key": Credentials("AKIACANARYCANARYCANA", canary),
            "secret": Credentials(backend.access_key, canary),
        }[wrong]
        server = start_server(
            "--s3-upstream", behind.url, "--s3-upstream-region", REGION, "--s3-bucket", "logs=prod-logs",
            environment=keys.environment(),
        )
        answer = raw.s3(server, "GET", "/logs/k", server.administrator)
        answer.is_error(503, "ServiceUnavailable", "Service is unable to handle request.")
        assert answer.headers["retry-after"]
        with refused("503", 503):
            As(server, server.administrator).s3.head_object(Bucket="logs", Key="k")
        log = server.logged("the upstream store refuses this server")
        assert canary not in log + answer.text

    def test_no_credentials_are_told_at_the_start(self, behind, home):
        server = Server("--s3-upstream", behind.url)
        try:
            with pytest.raises(AssertionError, match="there are no credentials for the upstream store"):
                server.start()
        finally:
            server.remove()


class Relay:
    """A port that stays while what is behind it comes and goes."""

    def __init__(self, port: int):
        self.port_behind: int | None = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket):
        with near, contextlib.suppress(OSError):
            far = socket.create_connection(("127.0.0.1", self.port_behind or 1))
            with far:
                back = threading.Thread(target=self._pump, args=(far, near), daemon=True)
                back.start()
                self._pump(near, far)
                back.join()

    @staticmethod
    def _pump(source: socket.socket, to: socket.socket):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                to.sendall(data)
        with contextlib.suppress(OSError):
            to.shutdown(socket.SHUT_RDWR)

    def close(self):
        self._listener.close()


class TestAnUpstreamThatIsAway:
    def test_is_told_as_such_and_comes_back(self, start_server):
        behind = start_server()
        key = behind.administrator
        As(behind, key).s3.create_bucket(Bucket="prod-logs", CreateBucketConfiguration=LOCATION)
        with contextlib.closing(Relay(behind.port)) as relay:
            front = start_server(
                "--s3-upstream", relay.url, "--s3-upstream-region", REGION, "--s3-bucket", "logs=prod-logs",
                environment=key.environment(),
            )
            s3 = As(front, front.administrator).s3
            s3.put_object(Bucket="logs", Key="k", Body=b"x")
            relay.port_behind = None
            behind.kill()
            for attempt in (
                lambda: s3.get_object(Bucket="logs", Key="k"),
                lambda: s3.put_object(Bucket="logs", Key="k", Body=b"y" * 300_000),
                lambda: s3.delete_object(Bucket="logs", Key="k"),
            ):
                with refused("ServiceUnavailable", 503):
                    attempt()
            relay.port_behind = behind.restart().port
            assert s3.get_object(Bucket="logs", Key="k")["Body"].read() == b"x"
