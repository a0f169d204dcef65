"""CORS, lifecycle and other configurations of buckets, through the CLI and boto3, and as browsers ask."""

import json
import time
from urllib.parse import urlsplit

import pytest

from support.clients import As, refused
from support.raw import send

APP = "https://app.example"
CORS = {
    "CORSRules": [{
        "AllowedOrigins": [APP], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 600,
    }]
}


@pytest.fixture
def s3(admin):
    return admin.s3


def preflight(server, target: str, origin: str, method: str):
    headers = {"Origin": origin, "Access-Control-Request-Method": method}
    return send(server, "OPTIONS", target, {**headers, "Access-Control-Request-Headers": "content-type"})


def target(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


class TestCors:
    def test_the_cli_puts_gets_and_deletes_it(self, aws, bucket):
        assert "NoSuchCORSConfiguration" in aws.fails("s3api", "get-bucket-cors", "--bucket", bucket)
        aws("s3api", "put-bucket-cors", "--bucket", bucket, "--cors-configuration", json.dumps(CORS))
        assert aws.json("s3api", "get-bucket-cors", "--bucket", bucket) == CORS
        aws("s3api", "delete-bucket-cors", "--bucket", bucket)
        assert "NoSuchCORSConfiguration" in aws.fails("s3api", "get-bucket-cors", "--bucket", bucket)

    def test_a_page_uses_presigned_urls(self, server, s3, bucket):
        s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=CORS)
        for method, operation, body in (("PUT", "put_object", b"from a page"), ("GET", "get_object", b"")):
            url = target(s3.generate_presigned_url(operation, Params={"Bucket": bucket, "Key": "k"}))
            # The browser asks with the same URL, whose signature is for the other method.
            asked = preflight(server, url, APP, method)
            assert asked.status == 200, asked.text
            assert asked.headers["access-control-allow-origin"] == APP
            assert asked.headers["access-control-allow-headers"] == "content-type"
            answer = send(server, method, url, {"Origin": APP}, body)
            assert answer.status == 200, answer.text
            assert answer.headers["access-control-allow-origin"] == APP
            assert answer.headers["access-control-expose-headers"] == "ETag"
            assert "origin" in answer.headers["vary"].lower()
        assert answer.body == b"from a page"

    @pytest.mark.parametrize("origin", ["https://evil.example", "https://app.example.evil", "http://app.example", "null"])
    def test_another_page_gets_nothing(self, server, s3, bucket, origin):
        s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=CORS)
        url = target(s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"}))
        asked = preflight(server, url, origin, "PUT")
        asked.is_error(403, "AccessForbidden")
        answers = [asked, send(server, "GET", f"/{bucket}/k", {"Origin": origin})]
        for answer in answers:
            assert not [name for name in answer.headers if name.startswith("access-control-")], answer.headers

    def test_a_page_can_read_why_a_signature_was_refused(self, server, s3, bucket):
        s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=CORS)
        url = target(s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}))
        forged = url.replace("/k?", "/other?")
        for origin, told in ((APP, APP), ("https://evil.example", None)):
            answer = send(server, "GET", forged, {"Origin": origin})
            answer.is_error(403, "SignatureDoesNotMatch")
            assert answer.headers.get("access-control-allow-origin") == told


class TestLifecycle:
    RULES = {
        "Rules": [
            {"ID": "logs", "Filter": {"Prefix": "logs/"}, "Status": "Enabled", "Expiration": {"Days": 30}},
            {"ID": "uploads", "Filter": {"Prefix": ""}, "Status": "Enabled",
             "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
            {"ID": "old", "Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}]}},
             "Status": "Disabled",
             "NoncurrentVersionExpiration": {"NoncurrentDays": 3, "NewerNoncurrentVersions": 5}},
        ]
    }

    def test_the_cli_puts_gets_and_deletes_it(self, aws, bucket):
        command = ("s3api", "get-bucket-lifecycle-configuration", "--bucket", bucket)
        assert "NoSuchLifecycleConfiguration" in aws.fails(*command)
        rules = json.dumps(self.RULES)
        aws(
            "s3api", "put-bucket-lifecycle-configuration", "--bucket", bucket,
            "--lifecycle-configuration", rules,
        )
        answer = aws.json(*command)
        assert answer.pop("TransitionDefaultMinimumObjectSize") == "all_storage_classes_128K"
        assert answer == self.RULES
        aws("s3api", "delete-bucket-lifecycle", "--bucket", bucket)
        assert "NoSuchLifecycleConfiguration" in aws.fails(*command)

    def test_answers_tell_the_end(self, s3, bucket):
        s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=self.RULES)
        put = s3.put_object(Bucket=bucket, Key="logs/k", Body=b"x")
        assert put["Expiration"].endswith('rule-id="logs"')
        assert s3.head_object(Bucket=bucket, Key="logs/k")["Expiration"] == put["Expiration"]
        assert "Expiration" not in s3.put_object(Bucket=bucket, Key="other", Body=b"x")
        upload = s3.create_multipart_upload(Bucket=bucket, Key="m")
        assert upload["AbortRuleId"] == "uploads"
        assert upload["AbortDate"].hour == 0

    def test_what_would_be_more_than_was_meant_is_refused(self, s3, bucket):
        rule = {"Status": "Enabled", "Expiration": {"Days": 1}}
        for wrong in (
            {**rule},
            {**rule, "Filter": {"Prefix": "a", "ObjectSizeGreaterThan": 1}},
            {**rule, "Filter": {"And": {"Prefix": "a"}}},
        ):
            with refused("MalformedXML", 400):
                s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [wrong]})
        with refused("NotImplemented", 501, has="STANDARD"):
            transition = {"Days": 30, "StorageClass": "GLACIER"}
            s3.put_bucket_lifecycle_configuration(
                Bucket=bucket,
                LifecycleConfiguration={"Rules": [
                    {"Status": "Enabled", "Filter": {}, "Transitions": [transition]},
                ]},
            )

    def test_a_server_ends_what_is_over_and_records_it(self, own_server):
        s3 = As(own_server, own_server.administrator).s3
        s3.create_bucket(Bucket="bkt", CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
        s3.put_bucket_versioning(Bucket="bkt", VersioningConfiguration={"Status": "Enabled"})
        for key in ("tmp/a", "tmp/b", "kept"):
            s3.put_object(Bucket="bkt", Key=key, Body=b"x")
        s3.put_bucket_lifecycle_configuration(Bucket="bkt", LifecycleConfiguration={"Rules": [
            {"ID": "over", "Filter": {"Prefix": "tmp/"}, "Status": "Enabled",
             "Expiration": {"Date": "2024-01-01T00:00:00Z"}},
        ]})
        own_server.kill()
        own_server.restart()
        s3 = As(own_server, own_server.administrator).s3
        deadline = time.monotonic() + 60
        while len(s3.list_objects_v2(Bucket="bkt")["Contents"]) > 1:
            assert time.monotonic() < deadline, own_server.log()
            time.sleep(0.1)
        kept, = s3.list_objects_v2(Bucket="bkt")["Contents"]
        assert kept["Key"] == "kept"
        versions = s3.list_object_versions(Bucket="bkt")
        assert [it["Key"] for it in versions["DeleteMarkers"]] == ["tmp/a", "tmp/b"]
        # The server has stopped when all that it records is on disk.
        own_server.stop()
        events = [
            json.loads(line)
            for segment in sorted((own_server.data / "trail" / "data").glob("*.jsonl"))
            for line in segment.read_text().splitlines()
        ]
        ended = [it for it in events if it["eventType"] == "AwsServiceEvent"]
        assert sorted(it["requestParameters"]["key"] for it in ended) == ["tmp/a", "tmp/b"]
        for event in ended:
            assert event["eventName"] == "DeleteObject"
            assert event["userIdentity"] == {"type": "AWSService", "invokedBy": "s3.amazonaws.com"}
            assert event["additionalEventData"]["lifecycleRule"] == "over"


class TestEncryption:
    def test_nobody_is_told_of_encryption_that_nobody_vouched_for(self, s3, bucket):
        with refused("ServerSideEncryptionConfigurationNotFoundError", 404):
            s3.get_bucket_encryption(Bucket=bucket)
        with refused("NotImplemented", 501):
            s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="AES256")
        assert "ServerSideEncryption" not in s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    def test_an_operator_vouches_for_the_storage(self, start_server):
        server = start_server("--s3-encrypted-storage")
        s3 = As(server, server.administrator).s3
        s3.create_bucket(Bucket="bkt", CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
        default = {"SSEAlgorithm": "AES256"}
        rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": False}
        found = s3.get_bucket_encryption(Bucket="bkt")["ServerSideEncryptionConfiguration"]
        assert found == {"Rules": [rule]}
        s3.put_bucket_encryption(Bucket="bkt", ServerSideEncryptionConfiguration={"Rules": [rule]})
        put = s3.put_object(Bucket="bkt", Key="k", Body=b"x", ServerSideEncryption="AES256")
        assert put["ServerSideEncryption"] == "AES256"
        assert s3.get_object(Bucket="bkt", Key="k")["ServerSideEncryption"] == "AES256"
        with refused("NotImplemented", 501):
            s3.put_object(Bucket="bkt", Key="k", Body=b"x", ServerSideEncryption="aws:kms")


def test_what_is_never_configured_is_found_as_terraform_expects_it(s3, bucket):
    for read, code in (
        (s3.get_bucket_website, "NoSuchWebsiteConfiguration"),
        (s3.get_bucket_replication, "ReplicationConfigurationNotFoundError"),
        (s3.get_object_lock_configuration, "ObjectLockConfigurationNotFoundError"),
        (s3.get_bucket_cors, "NoSuchCORSConfiguration"),
        (s3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration"),
        (s3.get_bucket_tagging, "NoSuchTagSet"),
        (s3.get_bucket_policy, "NoSuchBucketPolicy"),
    ):
        with refused(code, 404):
            read(Bucket=bucket)
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    for read, absent in (
        (s3.get_bucket_logging, "LoggingEnabled"),
        (s3.get_bucket_accelerate_configuration, "Status"),
        (s3.get_bucket_notification_configuration, "QueueConfigurations"),
        (s3.list_bucket_inventory_configurations, "InventoryConfigurationList"),
        (s3.list_bucket_metrics_configurations, "MetricsConfigurationList"),
        (s3.list_bucket_analytics_configurations, "AnalyticsConfigurationList"),
        (s3.list_bucket_intelligent_tiering_configurations, "IntelligentTieringConfigurationList"),
    ):
        assert absent not in read(Bucket=bucket)
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "BucketOwner"})
    with refused("NotImplemented", 501):
        s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"})
