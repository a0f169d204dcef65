"""Versions of objects with the real clients: boto3's operations, paginators and resources, and the `aws` CLI."""

import os
import urllib.request

import pytest

from support.clients import refused
from support.policies import allow, deny, policy

MIB = 1024 * 1024


@pytest.fixture
def s3(admin):
    return admin.s3


@pytest.fixture
def versioned(s3, bucket) -> str:
    """A bucket that keeps versions."""
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


def put(s3, bucket, key, body) -> str:
    return s3.put_object(Bucket=bucket, Key=key, Body=body)["VersionId"]


def read(s3, bucket, key, **version) -> bytes:
    return s3.get_object(Bucket=bucket, Key=key, **version)["Body"].read()


class TestSetting:
    def test_it_is_off_until_it_is_on_and_then_suspended(self, s3, bucket):
        assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
        for status in ("Enabled", "Suspended", "Enabled"):
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
            assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == status
        with refused("MalformedXML", 400):
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Disabled"})
        with refused(
            "IllegalVersioningConfigurationException", 400, "The Versioning element must be specified"
        ):
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={})

    def test_mfa_delete_is_declined(self, s3, bucket):
        with refused("NotImplemented", 501, "MFA delete is not implemented"):
            s3.put_bucket_versioning(
                Bucket=bucket,
                MFA="arn:aws:iam::123456789012:mfa/device 123456",
                VersioningConfiguration={"Status": "Enabled", "MFADelete": "Enabled"},
            )
        assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)


class TestVersions:
    def test_each_can_be_read_until_it_is_removed(self, s3, versioned):
        first, second = put(s3, versioned, "k", b"one"), put(s3, versioned, "k", b"two")
        assert read(s3, versioned, "k") == b"two"
        assert read(s3, versioned, "k", VersionId=first) == b"one"
        head = s3.head_object(Bucket=versioned, Key="k")
        assert (head["VersionId"], head["ContentLength"]) == (second, 3)
        removed = s3.delete_object(Bucket=versioned, Key="k", VersionId=second)
        assert removed["VersionId"] == second and "DeleteMarker" not in removed
        assert read(s3, versioned, "k") == b"one"
        with refused("NoSuchVersion", 404, "The specified version does not exist."):
            s3.get_object(Bucket=versioned, Key="k", VersionId=second)
        with refused("InvalidArgument", 400, "Invalid version id specified"):
            s3.get_object(Bucket=versioned, Key="k", VersionId="x")

    def test_a_delete_hides_them_and_is_undone(self, s3, versioned):
        first = put(s3, versioned, "k", b"one")
        deleted = s3.delete_object(Bucket=versioned, Key="k")
        assert deleted["DeleteMarker"] is True
        marker = deleted["VersionId"]
        with pytest.raises(s3.exceptions.NoSuchKey) as caught:
            s3.get_object(Bucket=versioned, Key="k")
        headers = caught.value.response["ResponseMetadata"]["HTTPHeaders"]
        assert (headers["x-amz-delete-marker"], headers["x-amz-version-id"]) == ("true", marker)
        s3.get_waiter("object_not_exists").wait(Bucket=versioned, Key="k")
        with refused("MethodNotAllowed", 405):
            s3.get_object(Bucket=versioned, Key="k", VersionId=marker)
        with refused("405", 405):
            s3.head_object(Bucket=versioned, Key="k", VersionId=marker)
        assert s3.list_objects_v2(Bucket=versioned)["KeyCount"] == 0
        assert read(s3, versioned, "k", VersionId=first) == b"one"
        s3.delete_object(Bucket=versioned, Key="k", VersionId=marker)
        assert read(s3, versioned, "k") == b"one"

    def test_they_have_tags_of_their_own(self, s3, versioned):
        first, second = put(s3, versioned, "k", b"one"), put(s3, versioned, "k", b"two")
        tags = {"TagSet": [{"Key": "a", "Value": "b"}]}
        s3.put_object_tagging(Bucket=versioned, Key="k", VersionId=first, Tagging=tags)
        got = s3.get_object_tagging(Bucket=versioned, Key="k", VersionId=first)
        assert (got["TagSet"], got["VersionId"]) == (tags["TagSet"], first)
        got = s3.get_object_tagging(Bucket=versioned, Key="k")
        assert (got["TagSet"], got["VersionId"]) == ([], second)

    def test_one_is_restored_by_a_copy(self, s3, versioned):
        first = put(s3, versioned, "k", b"one")
        put(s3, versioned, "k", b"two")
        source = {"Bucket": versioned, "Key": "k", "VersionId": first}
        copied = s3.copy_object(Bucket=versioned, Key="k", CopySource=source)
        assert copied["CopySourceVersionId"] == first
        assert s3.head_object(Bucket=versioned, Key="k")["VersionId"] == copied["VersionId"]
        assert read(s3, versioned, "k") == b"one"

    def test_an_upload_in_parts_is_one(self, s3, versioned):
        first = put(s3, versioned, "k", b"one")
        upload = s3.create_multipart_upload(Bucket=versioned, Key="k")
        upload = {"Bucket": versioned, "Key": "k", "UploadId": upload["UploadId"]}
        large = os.urandom(5 * MIB)
        parts = [{"PartNumber": 1, "ETag": s3.upload_part(**upload, PartNumber=1, Body=large)["ETag"]}]
        source = {"Bucket": versioned, "Key": "k", "VersionId": first}
        copied = s3.upload_part_copy(**upload, PartNumber=2, CopySource=source)
        assert copied["CopySourceVersionId"] == first
        parts.append({"PartNumber": 2, "ETag": copied["CopyPartResult"]["ETag"]})
        done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
        assert read(s3, versioned, "k", VersionId=done["VersionId"]) == large + b"one"
        assert read(s3, versioned, "k", VersionId=first) == b"one"

    def test_a_link_can_name_one(self, s3, versioned):
        first = put(s3, versioned, "k", b"one")
        put(s3, versioned, "k", b"two")
        link = s3.generate_presigned_url(
            "get_object", Params={"Bucket": versioned, "Key": "k", "VersionId": first}
        )
        with urllib.request.urlopen(link) as answer:
            assert answer.read() == b"one"

    def test_suspended_versioning_writes_over_the_null_version_only(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"before")
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        kept = put(s3, bucket, "k", b"kept")
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
        assert read(s3, bucket, "k", VersionId="null") == b"before"
        assert "VersionId" not in s3.put_object(Bucket=bucket, Key="k", Body=b"after")
        assert read(s3, bucket, "k", VersionId="null") == b"after"
        deleted = s3.delete_object(Bucket=bucket, Key="k")
        assert (deleted["VersionId"], deleted["DeleteMarker"]) == ("null", True)
        listed = s3.list_object_versions(Bucket=bucket)
        assert [it["VersionId"] for it in listed["Versions"]] == [kept]
        assert [it["VersionId"] for it in listed["DeleteMarkers"]] == ["null"]


class TestLists:
    @pytest.fixture
    def full(self, s3, versioned):
        for key in ("a", "b/1", "b/2", "c d", "é"):
            for body in (b"1", b"2"):
                s3.put_object(Bucket=versioned, Key=key, Body=body)
        s3.delete_object(Bucket=versioned, Key="b/1")
        return versioned

    @pytest.mark.parametrize("size", [1, 3, 1000])
    def test_pages_are_complete(self, s3, full, size):
        pages = s3.get_paginator("list_object_versions").paginate(
            Bucket=full, PaginationConfig={"PageSize": size}
        )
        pages = list(pages)
        versions = [it for page in pages for it in page.get("Versions", [])]
        assert [it["Key"] for it in versions] == [key for key in ("a", "b/1", "b/2", "c d", "é") for _ in "12"]
        assert [it["IsLatest"] for it in versions] == [True, False, False, False] + [True, False] * 3
        markers = [it for page in pages for it in page.get("DeleteMarkers", [])]
        assert [(it["Key"], it["IsLatest"]) for it in markers] == [("b/1", True)]
        for page in pages:
            assert len(page.get("Versions", [])) + len(page.get("DeleteMarkers", [])) <= size

    def test_a_delimiter_folds(self, s3, full):
        answer = s3.list_object_versions(Bucket=full, Delimiter="/")
        assert [it["Prefix"] for it in answer["CommonPrefixes"]] == ["b/"]
        assert {it["Key"] for it in answer["Versions"]} == {"a", "c d", "é"}

    def test_they_are_removed_page_by_page(self, s3, full):
        """A listing goes on after versions that have just been removed."""
        with refused(
            "BucketNotEmpty", 409,
            "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
        ):
            s3.delete_bucket(Bucket=full)
        removed = 0
        pages = s3.get_paginator("list_object_versions").paginate(
            Bucket=full, PaginationConfig={"PageSize": 2}
        )
        for page in pages:
            lines = page.get("Versions", []) + page.get("DeleteMarkers", [])
            doomed = [{"Key": it["Key"], "VersionId": it["VersionId"]} for it in lines]
            answer = s3.delete_objects(Bucket=full, Delete={"Objects": doomed})
            assert "Errors" not in answer
            removed += len(answer["Deleted"])
        assert removed == 11
        s3.delete_bucket(Bucket=full)


class TestRights:
    def test_a_version_is_another_permission(self, s3, versioned, account):
        first = put(s3, versioned, "k", b"one")
        put(s3, versioned, "k", b"two")
        objects = f"arn:aws:s3:::{versioned}/*"
        reader = account.user(policy(allow("s3:GetObject", objects)))
        assert read(reader.s3, versioned, "k") == b"two"
        with refused("AccessDenied", 403):
            read(reader.s3, versioned, "k", VersionId=first)
        with refused("AccessDenied", 403):
            reader.s3.list_object_versions(Bucket=versioned)
        eraser = account.user(policy(allow("s3:DeleteObject", objects)))
        eraser.s3.delete_object(Bucket=versioned, Key="k")
        answer = eraser.s3.delete_objects(
            Bucket=versioned, Delete={"Objects": [{"Key": "k", "VersionId": first}, {"Key": "j"}]}
        )
        assert [it["Code"] for it in answer["Errors"]] == ["AccessDenied"]
        assert [(it["Key"], it["DeleteMarker"]) for it in answer["Deleted"]] == [("j", True)]
        assert read(s3, versioned, "k", VersionId=first) == b"one"

    def test_a_condition_can_be_about_one_version(self, s3, versioned, account):
        first, second = put(s3, versioned, "k", b"one"), put(s3, versioned, "k", b"two")
        condition = {"StringEquals": {"s3:VersionId": first}}
        reader = account.user(
            policy(
                allow("s3:GetObjectVersion", f"arn:aws:s3:::{versioned}/*"),
                {**deny("s3:GetObjectVersion", "*"), "Condition": condition},
            )
        )
        assert read(reader.s3, versioned, "k", VersionId=second) == b"two"
        with refused("AccessDenied", 403):
            read(reader.s3, versioned, "k", VersionId=first)
