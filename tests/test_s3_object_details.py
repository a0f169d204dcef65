"""Objects over each kind of store, the finer points: tags, links, attributes, checksums, pages of parts and uploads."""

import base64
import datetime
import hashlib
import os
import struct
import urllib.error
import urllib.request
import zlib

import pytest

from support import raw
from support.clients import client, refused

MIB = 1024 * 1024


@pytest.fixture
def s3(backend):
    return backend.s3


@pytest.fixture
def bucket(backend, name):
    return backend.bucket(name)


@pytest.fixture
def full(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789", ContentType="text/plain")
    return bucket


class TestTags:
    def test_come_with_the_object_and_by_themselves(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="team=cart&empty=&a%20b=%2B")
        where = {"Bucket": bucket, "Key": "k"}
        tags = {it["Key"]: it["Value"] for it in s3.get_object_tagging(**where)["TagSet"]}
        assert tags == {"team": "cart", "empty": "", "a b": "+"}
        assert s3.head_object(**where)["TagCount"] == 3
        s3.put_object_tagging(**where, Tagging={"TagSet": [{"Key": "only", "Value": "1"}]})
        assert s3.get_object_tagging(**where)["TagSet"] == [{"Key": "only", "Value": "1"}]
        s3.delete_object_tagging(**where)
        assert s3.get_object_tagging(**where)["TagSet"] == []
        assert s3.get_object(**where)["Body"].read() == b"x"

    def test_have_limits(self, s3, full):
        many = [{"Key": f"k{at}", "Value": "v"} for at in range(11)]
        for wrong in (many, [{"Key": "k" * 129, "Value": "v"}], [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]):
            with pytest.raises(s3.exceptions.ClientError) as caught:
                s3.put_object_tagging(Bucket=full, Key="k", Tagging={"TagSet": wrong})
            assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert s3.get_object_tagging(Bucket=full, Key="k")["TagSet"] == []

    def test_are_copied_or_replaced(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="a=1")
        source = {"Bucket": bucket, "Key": "k"}
        s3.copy_object(Bucket=bucket, Key="same", CopySource=source)
        s3.copy_object(Bucket=bucket, Key="other", CopySource=source, TaggingDirective="REPLACE", Tagging="b=2")
        assert s3.get_object_tagging(Bucket=bucket, Key="same")["TagSet"] == [{"Key": "a", "Value": "1"}]
        assert s3.get_object_tagging(Bucket=bucket, Key="other")["TagSet"] == [{"Key": "b", "Value": "2"}]

    def test_of_an_object_that_is_not_there(self, s3, bucket):
        with refused("NoSuchKey", 404):
            s3.get_object_tagging(Bucket=bucket, Key="none")
        with refused("NoSuchKey", 404):
            s3.put_object_tagging(Bucket=bucket, Key="none", Tagging={"TagSet": []})

    def test_of_buckets(self, s3, bucket):
        with refused("NoSuchTagSet", 404, "The TagSet does not exist"):
            s3.get_bucket_tagging(Bucket=bucket)
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "team", "Value": "cart"}]})
        assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "team", "Value": "cart"}]
        s3.delete_bucket_tagging(Bucket=bucket)
        with refused("NoSuchTagSet", 404):
            s3.get_bucket_tagging(Bucket=bucket)


class TestLinks:
    @pytest.fixture
    def link(self, backend):
        signer = client(backend.server, "s3", backend.server.administrator, signature_version="s3v4")

        def make(operation: str, **parameters) -> str:
            return signer.generate_presigned_url(operation, Params=parameters, ExpiresIn=60)

        return make

    def ask(self, url: str, method: str = "GET", body: bytes | None = None, **headers):
        headers = {"Content-Type": "application/octet-stream", **headers}
        request = urllib.request.Request(url, data=body, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()

    def test_reading(self, link, full):
        assert self.ask(link("get_object", Bucket=full, Key="k"))[2] == b"0123456789"
        status, headers, body = self.ask(link("get_object", Bucket=full, Key="k"), Range="bytes=2-4")
        assert (status, headers["Content-Range"], body) == (206, "bytes 2-4/10", b"234")
        status, headers, body = self.ask(link("head_object", Bucket=full, Key="k"), "HEAD")
        assert (status, headers["Content-Length"], body) == (200, "10", b"")

    def test_the_answers_headers_may_be_chosen(self, link, full):
        url = link("get_object", Bucket=full, Key="k", ResponseContentType="text/x-other",
                   ResponseContentDisposition='attachment; filename="a b.txt"', ResponseCacheControl="no-store")
        headers = self.ask(url)[1]
        assert headers["Content-Type"] == "text/x-other"
        assert headers["Content-Disposition"] == 'attachment; filename="a b.txt"'
        assert headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize("key", ["plain", "a b/ü+c%20", "..", "a//b", "~!*'()"])
    def test_writing(self, s3, link, bucket, key):
        assert self.ask(link("put_object", Bucket=bucket, Key=key), "PUT", b"by link")[0] == 200
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"by link"
        assert self.ask(link("delete_object", Bucket=bucket, Key=key), "DELETE")[0] == 204
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0

    def test_parts(self, s3, link, bucket):
        upload = {"Bucket": bucket, "Key": "k", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]}
        headers = self.ask(link("upload_part", **upload, PartNumber=1), "PUT", b"part")[1]
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": headers["ETag"]}]})
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"part"

    def test_another_key_than_was_signed(self, link, full):
        url = link("get_object", Bucket=full, Key="k")
        with pytest.raises(urllib.error.HTTPError) as caught:
            self.ask(url.replace("/k?", "/other?"))
        assert caught.value.code == 403
        assert b"<Code>SignatureDoesNotMatch</Code>" in caught.value.read()


class TestUploads:
    def crc32(self, content: bytes) -> str:
        return base64.b64encode(struct.pack(">I", zlib.crc32(content))).decode()

    def test_a_body_that_is_not_what_was_claimed_is_not_kept(self, s3, full):
        for claim in (
            {"ContentMD5": base64.b64encode(hashlib.md5(b"other").digest()).decode()},
            {"ChecksumCRC32": self.crc32(b"other")},
            {"ChecksumSHA256": base64.b64encode(hashlib.sha256(b"other").digest()).decode()},
        ):
            for key in ("k", "new"):
                with refused("BadDigest", 400):
                    s3.put_object(Bucket=full, Key=key, Body=os.urandom(100_000), **claim)
        assert s3.get_object(Bucket=full, Key="k")["Body"].read() == b"0123456789"
        assert [it["Key"] for it in s3.list_objects_v2(Bucket=full)["Contents"]] == ["k"]

    @pytest.mark.parametrize("size", [5, 200_000])
    @pytest.mark.parametrize("right", [True, False])
    def test_an_unsigned_trailer(self, backend, s3, full, size, right):
        content = os.urandom(size)
        claimed = self.crc32(content if right else b"other")
        body = b"%x\r\n%s\r\n0\r\nx-amz-checksum-crc32:%s\r\n\r\n" % (size, content, claimed.encode())
        headers = {
            "Content-Encoding": "aws-chunked", "X-Amz-Trailer": "x-amz-checksum-crc32",
            "X-Amz-Decoded-Content-Length": str(size),
        }
        answer = raw.s3(
            backend.server, "PUT", f"/{full}/k", backend.server.administrator, body, headers=headers,
            payload="STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        )
        got = s3.get_object(Bucket=full, Key="k")
        if right:
            assert answer.status == 200, answer.text
            assert got["Body"].read() == content
            assert "ContentEncoding" not in got
        else:
            answer.is_error(400, "BadDigest")
            assert got["Body"].read() == b"0123456789"

    @pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
    def test_checksums_of_parts_become_one(self, s3, bucket, algorithm):
        upload = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm=algorithm)
        where = {"Bucket": bucket, "Key": "k", "UploadId": upload["UploadId"]}
        parts = []
        for number, content in ((1, b"a" * 5 * MIB), (2, b"end")):
            part = s3.upload_part(**where, PartNumber=number, Body=content, ChecksumAlgorithm=algorithm)
            parts.append({"PartNumber": number, "ETag": part["ETag"], f"Checksum{algorithm}": part[f"Checksum{algorithm}"]})
        done = s3.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
        assert done[f"Checksum{algorithm}"].endswith("-2")
        head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
        assert head[f"Checksum{algorithm}"] == done[f"Checksum{algorithm}"]
        assert head["ContentLength"] == 5 * MIB + 3

    def test_a_single_part_is_read_by_its_number(self, s3, bucket):
        where = {"Bucket": bucket, "Key": "k"}
        upload = {**where, "UploadId": s3.create_multipart_upload(**where)["UploadId"]}
        bodies = {1: os.urandom(5 * MIB), 2: b"end"}
        parts = [{"PartNumber": number, "ETag": s3.upload_part(**upload, PartNumber=number, Body=body)["ETag"]}
                 for number, body in bodies.items()]
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
        second = s3.get_object(**where, PartNumber=2)
        assert second["Body"].read() == b"end"
        assert (second["PartsCount"], second["ContentRange"]) == (2, f"bytes {5 * MIB}-{5 * MIB + 2}/{5 * MIB + 3}")
        with refused("416", 416):
            s3.head_object(**where, PartNumber=3)

    def test_pages_of_parts_and_of_uploads(self, s3, bucket):
        uploads = [s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"] for key in ("a", "b/1", "b/2")]
        for number in (1, 2, 3):
            s3.upload_part(Bucket=bucket, Key="a", UploadId=uploads[0], PartNumber=number, Body=b"x" * number)
        paginator = s3.get_paginator("list_parts")
        pages = paginator.paginate(Bucket=bucket, Key="a", UploadId=uploads[0], PaginationConfig={"PageSize": 2})
        assert [[(it["PartNumber"], it["Size"]) for it in page["Parts"]] for page in pages] == [[(1, 1), (2, 2)], [(3, 3)]]
        paginator = s3.get_paginator("list_multipart_uploads")
        pages = paginator.paginate(Bucket=bucket, PaginationConfig={"PageSize": 2})
        assert [[it["Key"] for it in page["Uploads"]] for page in pages] == [["a", "b/1"], ["b/2"]]
        answer = s3.list_multipart_uploads(Bucket=bucket, Prefix="b/")
        assert [it["Key"] for it in answer["Uploads"]] == ["b/1", "b/2"]
        assert [it["Prefix"] for it in s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")["CommonPrefixes"]] == ["b/"]

    def test_an_upload_ends_only_where_nothing_is(self, s3, full):
        where = {"Bucket": full, "Key": "k"}
        upload = {**where, "UploadId": s3.create_multipart_upload(**where)["UploadId"]}
        parts = [{"PartNumber": 1, "ETag": s3.upload_part(**upload, PartNumber=1, Body=b"new")["ETag"]}]
        with refused("PreconditionFailed", 412):
            s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*")
        assert s3.get_object(**where)["Body"].read() == b"0123456789"


class TestAttributes:
    def test_are_told_as_asked(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", ChecksumAlgorithm="SHA256")
        digest = base64.b64encode(hashlib.sha256(b"x").digest()).decode()
        told = s3.get_object_attributes(
            Bucket=bucket, Key="k", ObjectAttributes=["ETag", "Checksum", "ObjectSize", "StorageClass"]
        )
        assert (told["ETag"], told["ObjectSize"], told["StorageClass"]) == (hashlib.md5(b"x").hexdigest(), 1, "STANDARD")
        assert told["Checksum"]["ChecksumSHA256"] == digest
        with refused("NoSuchKey", 404):
            s3.get_object_attributes(Bucket=bucket, Key="none", ObjectAttributes=["ETag"])

    def test_times_are_of_the_write(self, s3, bucket):
        before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        after = datetime.datetime.now(datetime.UTC)
        assert before <= s3.head_object(Bucket=bucket, Key="k")["LastModified"] <= after
        assert before <= s3.list_objects_v2(Bucket=bucket)["Contents"][0]["LastModified"] <= after

    def test_acls_are_the_owners(self, s3, full):
        for answer in (s3.get_object_acl(Bucket=full, Key="k"), s3.get_bucket_acl(Bucket=full)):
            (grant,) = answer["Grants"]
            assert (grant["Permission"], grant["Grantee"]["ID"]) == ("FULL_CONTROL", answer["Owner"]["ID"])
        with refused("AccessControlListNotSupported", 400):
            s3.put_object(Bucket=full, Key="k", Body=b"x", ACL="public-read")
        assert s3.get_bucket_location(Bucket=full)["LocationConstraint"] == "us-east-2"


class TestDeletes:
    KEYS = ["a b+c%20d", "..", "ü/日本", "<&>\"'", "a//b"]

    def test_odd_keys_by_one_request(self, s3, bucket):
        for key in [*self.KEYS, "kept"]:
            s3.put_object(Bucket=bucket, Key=key, Body=b"x")
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in self.KEYS]})
        assert sorted(it["Key"] for it in answer["Deleted"]) == sorted(self.KEYS)
        assert [it["Key"] for it in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["kept"]

    def test_control_characters_survive_lists(self, s3, bucket):
        keys = ["tab\there", "line\nbreak", "return\rhere"]
        for key in keys:
            s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
        assert sorted(it["Key"] for it in s3.list_objects_v2(Bucket=bucket)["Contents"]) == sorted(keys)
        for key in keys:
            assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()

    def test_a_bucket_goes_with_its_last_object(self, s3, full, backend):
        s3.delete_object(Bucket=full, Key="k")
        s3.delete_bucket(Bucket=full)
        with refused("NoSuchBucket", 404):
            s3.list_objects_v2(Bucket=full)
        # And may be made again, empty.
        backend.bucket(full)
        assert s3.list_objects_v2(Bucket=full)["KeyCount"] == 0


class TestVersions:
    @pytest.fixture
    def written(self, s3, bucket):
        """A bucket with versions, and those of `k` with their content, the oldest first."""
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        bodies = (b"one", b"two", b"three")
        return bucket, [(s3.put_object(Bucket=bucket, Key="k", Body=body)["VersionId"], body) for body in bodies]

    def test_are_read_by_their_ids(self, s3, written):
        bucket, versions = written
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        assert len({version for version, _ in versions}) == 3
        for version, body in versions:
            got = s3.get_object(Bucket=bucket, Key="k", VersionId=version)
            assert (got["Body"].read(), got["VersionId"]) == (body, version)
            assert s3.head_object(Bucket=bucket, Key="k", VersionId=version)["ContentLength"] == len(body)
        s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "k", "VersionId": versions[0][0]})
        assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"one"

    def test_are_listed_the_newest_first(self, s3, written):
        bucket, versions = written
        s3.put_object(Bucket=bucket, Key="a", Body=b"x")
        listed = s3.list_object_versions(Bucket=bucket)["Versions"]
        assert [it["Key"] for it in listed] == ["a", "k", "k", "k"]
        assert [it["VersionId"] for it in listed[1:]] == [version for version, _ in reversed(versions)]
        assert [it["IsLatest"] for it in listed] == [True, True, False, False]
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2})
        paged = [it["VersionId"] for page in pages for it in page["Versions"]]
        assert paged == [it["VersionId"] for it in listed]

    def test_a_deletion_can_be_taken_back(self, s3, written):
        bucket, versions = written
        gone = s3.delete_object(Bucket=bucket, Key="k")
        assert gone["DeleteMarker"] is True
        with refused("NoSuchKey", 404):
            s3.get_object(Bucket=bucket, Key="k")
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
        (marker,) = s3.list_object_versions(Bucket=bucket)["DeleteMarkers"]
        assert (marker["VersionId"], marker["IsLatest"]) == (gone["VersionId"], True)
        with refused("MethodNotAllowed", 405):
            s3.get_object(Bucket=bucket, Key="k", VersionId=gone["VersionId"])
        s3.delete_object(Bucket=bucket, Key="k", VersionId=gone["VersionId"])
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"three"

    def test_are_deleted_for_good_by_their_ids(self, s3, written):
        bucket, versions = written
        newest = versions[-1][0]
        s3.delete_object(Bucket=bucket, Key="k", VersionId=newest)
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"two"
        with refused("NoSuchVersion", 404):
            s3.get_object(Bucket=bucket, Key="k", VersionId=newest)
        rest = [{"Key": "k", "VersionId": version} for version, _ in versions[:-1]]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": rest})
        assert {it["VersionId"] for it in answer["Deleted"]} == {it["VersionId"] for it in rest}
        s3.delete_bucket(Bucket=bucket)

    def test_have_tags_of_their_own(self, s3, written):
        bucket, versions = written
        old = {"Bucket": bucket, "Key": "k", "VersionId": versions[0][0]}
        s3.put_object_tagging(**old, Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
        assert s3.get_object_tagging(**old)["TagSet"] == [{"Key": "a", "Value": "1"}]
        assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []

    def test_stop_when_they_are_suspended(self, s3, written):
        bucket, versions = written
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
        for body in (b"four", b"five"):
            s3.put_object(Bucket=bucket, Key="k", Body=body)
        listed = s3.list_object_versions(Bucket=bucket)["Versions"]
        assert [it["VersionId"] for it in listed] == ["null", *(version for version, _ in reversed(versions))]
        assert s3.get_object(Bucket=bucket, Key="k", VersionId="null")["Body"].read() == b"five"
