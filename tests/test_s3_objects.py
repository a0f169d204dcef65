"""Objects and buckets through boto3, over each kind of store: contents, conditions, lists, parts."""

import base64
import hashlib
import os

import pytest

from support.clients import refused

MIB = 1024 * 1024


@pytest.fixture
def s3(backend):
    return backend.s3


@pytest.fixture
def bucket(backend, name):
    return backend.bucket(name)


class TestBuckets:
    def test_names_have_rules(self, s3):
        for wrong in ("ab", "Upper", "under_score", "-a-b-", "a..b", "192.168.1.1", "a" * 64, "xn--abc"):
            with pytest.raises(s3.exceptions.ClientError) as caught:
                s3.create_bucket(Bucket=wrong, CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
            assert caught.value.response["Error"]["Code"] == "InvalidBucketName", wrong
            assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400

    def test_a_bucket_is_made_once(self, s3, bucket):
        with refused(
            "BucketAlreadyOwnedByYou", 409,
            "Your previous request to create the named bucket succeeded and you already own it.",
        ):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-east-2"})

    def test_a_bucket_that_is_not_there(self, s3, name):
        for attempt in (
            lambda: s3.list_objects_v2(Bucket=name),
            lambda: s3.get_object(Bucket=name, Key="k"),
            lambda: s3.put_object(Bucket=name, Key="k", Body=b"x"),
            lambda: s3.delete_object(Bucket=name, Key="k"),
            lambda: s3.get_bucket_policy(Bucket=name),
            lambda: s3.delete_bucket(Bucket=name),
        ):
            with refused("NoSuchBucket", 404, "The specified bucket does not exist"):
                attempt()
        with refused("404", 404):
            s3.head_bucket(Bucket=name)

    def test_a_bucket_with_objects_stays(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"")
        with refused("BucketNotEmpty", 409):
            s3.delete_bucket(Bucket=bucket)
        s3.delete_object(Bucket=bucket, Key="k")
        s3.delete_bucket(Bucket=bucket)

    def test_buckets_are_listed_in_order(self, s3, name):
        made = [f"{name}-{letter}" for letter in "cab"]
        for it in made:
            s3.create_bucket(Bucket=it, CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
        answer = s3.list_buckets()
        listed = [it["Name"] for it in answer["Buckets"] if it["Name"].startswith(name)]
        assert listed == sorted(made)
        assert len(answer["Owner"]["ID"]) == 64


class TestContents:
    @pytest.mark.parametrize("size", [0, 1, 5000, 1_000_003])
    def test_what_goes_in_comes_out(self, s3, bucket, size):
        content = os.urandom(size)
        etag = s3.put_object(Bucket=bucket, Key="k", Body=content)["ETag"]
        assert etag == f'"{hashlib.md5(content).hexdigest()}"'
        got = s3.get_object(Bucket=bucket, Key="k")
        assert got["Body"].read() == content
        assert (got["ETag"], got["ContentLength"], got["AcceptRanges"]) == (etag, size, "bytes")
        assert got["ResponseMetadata"]["HTTPHeaders"]["x-amz-request-id"]

    def test_headers_and_metadata_are_kept(self, s3, bucket):
        headers = {
            "ContentType": "text/x-test; charset=utf-8", "CacheControl": "max-age=60",
            "ContentDisposition": 'attachment; filename="x"', "ContentLanguage": "de", "ContentEncoding": "gzip",
        }
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", Metadata={"a-b": "c d", "empty": ""}, **headers)
        for got in (s3.head_object(Bucket=bucket, Key="k"), s3.get_object(Bucket=bucket, Key="k")):
            assert {name: got[name] for name in headers} == headers
            assert got["Metadata"] == {"a-b": "c d", "empty": ""}

    def test_without_a_type_it_is_bytes(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        assert s3.head_object(Bucket=bucket, Key="k")["ContentType"] == "binary/octet-stream"

    @pytest.mark.parametrize("key", [
        "a//b", "/lead", "trail/", "..", "../up", "a/../b", "./x", ".", "a b+c%20d", "ü/日本/🎉", "a" * 1024, "\\back\\",
        "tab\there", "<xml>&amp;", "?q=1", "#", "//", " ",
    ])
    def test_any_key_is_just_a_name(self, s3, bucket, key):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
        assert [it["Key"] for it in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
        s3.delete_object(Bucket=bucket, Key=key)
        with refused("NoSuchKey", 404, "The specified key does not exist."):
            s3.get_object(Bucket=bucket, Key=key)

    def test_a_key_that_is_too_long_is_refused(self, s3, bucket):
        with refused("KeyTooLongError", 400):
            s3.put_object(Bucket=bucket, Key="k" * 1025, Body=b"x")

    @pytest.mark.parametrize(("asked", "wanted"), [
        ("bytes=0-0", b"0"), ("bytes=2-4", b"234"), ("bytes=5-", b"56789"), ("bytes=-3", b"789"),
        ("bytes=8-100", b"89"), ("bytes=-100", b"0123456789"),
    ])
    def test_ranges(self, s3, bucket, asked, wanted):
        s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
        got = s3.get_object(Bucket=bucket, Key="k", Range=asked)
        assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
        body = got["Body"].read()
        assert body == wanted
        start = b"0123456789".index(wanted)
        assert got["ContentRange"] == f"bytes {start}-{start + len(wanted) - 1}/10"

    def test_a_range_outside_is_refused(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
        with refused("InvalidRange", 416):
            s3.get_object(Bucket=bucket, Key="k", Range="bytes=10-20")

    def test_an_object_is_replaced_whole(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"old" * 1000, Metadata={"old": "1"})
        s3.put_object(Bucket=bucket, Key="k", Body=b"new")
        got = s3.get_object(Bucket=bucket, Key="k")
        assert (got["Body"].read(), got["Metadata"]) == (b"new", {})

    def test_deleting_what_is_not_there_is_no_error(self, s3, bucket):
        assert s3.delete_object(Bucket=bucket, Key="none")["ResponseMetadata"]["HTTPStatusCode"] == 204

    def test_checksums_are_kept_and_told(self, s3, bucket):
        digest = base64.b64encode(hashlib.sha256(b"x").digest()).decode()
        assert s3.put_object(Bucket=bucket, Key="k", Body=b"x", ChecksumAlgorithm="SHA256")["ChecksumSHA256"] == digest
        assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")["ChecksumSHA256"] == digest


class TestConditions:
    @pytest.fixture
    def etag(self, s3, bucket):
        return s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]

    def test_reading(self, s3, bucket, etag):
        modified = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
        s3.get_object(Bucket=bucket, Key="k", IfMatch=etag)
        s3.get_object(Bucket=bucket, Key="k", IfNoneMatch='"other"')
        for condition in ({"IfMatch": '"other"'}, {"IfUnmodifiedSince": "2000-01-01T00:00:00Z"}):
            with refused("PreconditionFailed", 412):
                s3.get_object(Bucket=bucket, Key="k", **condition)
        for condition in ({"IfNoneMatch": etag}, {"IfModifiedSince": modified}):
            with refused("304", 304):
                s3.get_object(Bucket=bucket, Key="k", **condition)

    def test_writing_only_what_is_not_there(self, s3, bucket, etag):
        with refused("PreconditionFailed", 412):
            s3.put_object(Bucket=bucket, Key="k", Body=b"y", IfNoneMatch="*")
        s3.put_object(Bucket=bucket, Key="new", Body=b"y", IfNoneMatch="*")
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"

    def test_writing_only_over_what_was_seen(self, s3, bucket, etag):
        with refused("PreconditionFailed", 412):
            s3.put_object(Bucket=bucket, Key="k", Body=b"y", IfMatch='"other"')
        s3.put_object(Bucket=bucket, Key="k", Body=b"y", IfMatch=etag)
        with refused("NoSuchKey", 404):
            s3.put_object(Bucket=bucket, Key="none", Body=b"y", IfMatch=etag)


class TestLists:
    KEYS = ["a", "b/1", "b/2", "b/c/3", "d e", "d+e", "z", "é"]

    @pytest.fixture
    def full(self, s3, bucket):
        for key in self.KEYS:
            s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
        return bucket

    @pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
    @pytest.mark.parametrize("size", [1, 3, 1000])
    def test_pages_are_complete_and_in_order(self, s3, full, operation, size):
        pages = list(s3.get_paginator(operation).paginate(Bucket=full, PaginationConfig={"PageSize": size}))
        assert [it["Key"] for page in pages for it in page["Contents"]] == self.KEYS
        assert all(len(page["Contents"]) <= size for page in pages)

    @pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
    @pytest.mark.parametrize("size", [1, 2, 1000])
    def test_a_delimiter_folds(self, s3, full, operation, size):
        pages = list(s3.get_paginator(operation).paginate(
            Bucket=full, Delimiter="/", PaginationConfig={"PageSize": size}
        ))
        assert [it["Key"] for page in pages for it in page.get("Contents", [])] == ["a", "d e", "d+e", "z", "é"]
        assert [it["Prefix"] for page in pages for it in page.get("CommonPrefixes", [])] == ["b/"]

    def test_a_prefix_selects(self, s3, full):
        answer = s3.list_objects_v2(Bucket=full, Prefix="b/", Delimiter="/")
        assert [it["Key"] for it in answer["Contents"]] == ["b/1", "b/2"]
        assert [it["Prefix"] for it in answer["CommonPrefixes"]] == ["b/c/"]
        assert (answer["KeyCount"], answer["Name"], answer["Prefix"]) == (3, full, "b/")
        assert s3.list_objects_v2(Bucket=full, Prefix="none")["KeyCount"] == 0

    def test_start_after_and_no_keys_at_all(self, s3, full):
        answer = s3.list_objects_v2(Bucket=full, StartAfter="b/2")
        assert [it["Key"] for it in answer["Contents"]][:2] == ["b/c/3", "d e"]
        answer = s3.list_objects_v2(Bucket=full, MaxKeys=0)
        assert (answer["KeyCount"], answer["IsTruncated"]) == (0, False)

    def test_a_wrong_continuation_is_refused(self, s3, full):
        with refused("InvalidArgument", 400):
            s3.list_objects_v2(Bucket=full, ContinuationToken="garbage")


class TestCopies:
    def test_metadata_is_copied_or_replaced(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="a b/ü", Body=b"x", Metadata={"m": "1"}, ContentType="text/a")
        source = {"Bucket": bucket, "Key": "a b/ü"}
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)
        head = s3.head_object(Bucket=bucket, Key="copy")
        assert (head["Metadata"], head["ContentType"]) == ({"m": "1"}, "text/a")
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, MetadataDirective="REPLACE", Metadata={"n": "2"})
        assert s3.head_object(Bucket=bucket, Key="copy")["Metadata"] == {"n": "2"}

    def test_a_source_that_is_not_there(self, s3, bucket):
        with refused("NoSuchKey", 404):
            s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "none"})
        with refused("NoSuchBucket", 404):
            s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": f"{bucket}-none", "Key": "a"})

    def test_a_copy_onto_itself_must_change_something(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        with refused("InvalidRequest", 400):
            s3.copy_object(Bucket=bucket, Key="k", CopySource={"Bucket": bucket, "Key": "k"})

    def test_a_copy_only_of_what_was_seen(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        with refused("PreconditionFailed", 412):
            s3.copy_object(
                Bucket=bucket, Key="c", CopySource={"Bucket": bucket, "Key": "k"}, CopySourceIfMatch='"other"'
            )


class TestParts:
    @pytest.fixture
    def upload(self, s3, bucket):
        answer = s3.create_multipart_upload(Bucket=bucket, Key="k", ContentType="text/x", Metadata={"m": "1"})
        return {"Bucket": bucket, "Key": "k", "UploadId": answer["UploadId"]}

    def part(self, s3, upload, number, body):
        return {"PartNumber": number, "ETag": s3.upload_part(**upload, PartNumber=number, Body=body)["ETag"]}

    def test_parts_become_an_object_in_their_order(self, s3, bucket, upload):
        large = os.urandom(5 * MIB)
        second = self.part(s3, upload, 7, b"end")
        first = self.part(s3, upload, 2, large)
        assert [it["PartNumber"] for it in s3.list_parts(**upload)["Parts"]] == [2, 7]
        assert [it["Key"] for it in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == ["k"]
        with refused("NoSuchKey", 404):
            s3.get_object(Bucket=bucket, Key="k")
        done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [first, second]})
        digests = hashlib.md5(large).digest() + hashlib.md5(b"end").digest()
        assert done["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-2"'
        got = s3.get_object(Bucket=bucket, Key="k")
        assert got["Body"].read() == large + b"end"
        assert (got["ContentType"], got["Metadata"]) == ("text/x", {"m": "1"})
        with refused("NoSuchUpload", 404):
            s3.list_parts(**upload)

    def test_a_part_that_is_replaced(self, s3, bucket, upload):
        self.part(s3, upload, 1, b"old")
        new = self.part(s3, upload, 1, b"new")
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [new]})
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"new"

    def test_parts_that_do_not_fit_are_refused(self, s3, bucket, upload):
        small, end = self.part(s3, upload, 1, b"small"), self.part(s3, upload, 2, b"end")
        for code, parts in (
            ("EntityTooSmall", [small, end]),
            ("InvalidPartOrder", [end, small]),
            ("InvalidPart", [{**small, "ETag": '"0123"'}]),
            ("InvalidPart", [{**small, "PartNumber": 3}]),
            ("MalformedXML", []),
        ):
            with refused(code, 400):
                s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
        with refused("InvalidArgument", 400):
            s3.upload_part(**upload, PartNumber=10001, Body=b"x")
        with refused("NoSuchKey", 404):
            s3.get_object(Bucket=bucket, Key="k")

    def test_an_upload_is_given_up(self, s3, bucket, upload):
        self.part(s3, upload, 1, b"x")
        s3.abort_multipart_upload(**upload)
        with refused("NoSuchUpload", 404):
            s3.upload_part(**upload, PartNumber=2, Body=b"x")
        with refused("NoSuchUpload", 404):
            s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": '"x"'}]})
        assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
        s3.delete_bucket(Bucket=bucket)

    def test_an_upload_belongs_to_its_key(self, s3, upload):
        with refused("NoSuchUpload", 404):
            s3.upload_part(**{**upload, "Key": "other"}, PartNumber=1, Body=b"x")

    def test_parts_are_copied_from_objects(self, s3, bucket, upload):
        s3.put_object(Bucket=bucket, Key="source", Body=b"0123456789")
        copied = s3.upload_part_copy(
            **upload, PartNumber=1, CopySource={"Bucket": bucket, "Key": "source"}, CopySourceRange="bytes=2-4"
        )["CopyPartResult"]
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": copied["ETag"]}]})
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"234"


def test_many_are_deleted_at_once(s3, bucket):
    for key in ("a", "b b", "c&c"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "b b"}, {"Key": "c&c"}, {"Key": "none"}]})
    assert sorted(it["Key"] for it in answer["Deleted"]) == ["b b", "c&c", "none"]
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a"}], "Quiet": True})
    assert "Deleted" not in quiet and "Errors" not in quiet
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    with refused("MalformedXML", 400):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": f"k{at}"} for at in range(1001)]})
