"""Every operation of the S3 model: what each needs, who is let in, and what is recorded of it."""

import json

import botocore.session
import pytest

from support.clients import As, client
from support.policies import allow, policy

MODEL = botocore.session.get_session().get_service_model("s3")

# What each operation needs (Service Authorization Reference; S3 User Guide, "Required permissions for Amazon S3 API
# operations"), and the name of its event where CloudTrail has another one.
BUCKET = {
    "CreateBucket": ("s3:CreateBucket", None),
    "CreateBucketMetadataConfiguration": ("s3:CreateBucketMetadataTableConfiguration", None),
    "CreateBucketMetadataTableConfiguration": ("s3:CreateBucketMetadataTableConfiguration", None),
    "CreateSession": ("s3express:CreateSession", None),
    "DeleteBucket": ("s3:DeleteBucket", None),
    "DeleteBucketAnalyticsConfiguration": ("s3:PutAnalyticsConfiguration", None),
    "DeleteBucketCors": ("s3:PutBucketCORS", None),
    "DeleteBucketEncryption": ("s3:PutEncryptionConfiguration", None),
    "DeleteBucketIntelligentTieringConfiguration": ("s3:PutIntelligentTieringConfiguration", None),
    "DeleteBucketInventoryConfiguration": ("s3:PutInventoryConfiguration", None),
    "DeleteBucketLifecycle": ("s3:PutLifecycleConfiguration", None),
    "DeleteBucketMetadataConfiguration": ("s3:DeleteBucketMetadataTableConfiguration", None),
    "DeleteBucketMetadataTableConfiguration": ("s3:DeleteBucketMetadataTableConfiguration", None),
    "DeleteBucketMetricsConfiguration": ("s3:PutMetricsConfiguration", None),
    "DeleteBucketOwnershipControls": ("s3:PutBucketOwnershipControls", None),
    "DeleteBucketPolicy": ("s3:DeleteBucketPolicy", None),
    "DeleteBucketReplication": ("s3:PutReplicationConfiguration", None),
    "DeleteBucketTagging": ("s3:PutBucketTagging", None),
    "DeleteBucketWebsite": ("s3:DeleteBucketWebsite", None),
    "DeletePublicAccessBlock": ("s3:PutBucketPublicAccessBlock", "DeleteBucketPublicAccessBlock"),
    "GetBucketAbac": ("s3:GetBucketAbac", None),
    "GetBucketAccelerateConfiguration": ("s3:GetAccelerateConfiguration", "GetAccelerateConfiguration"),
    "GetBucketAcl": ("s3:GetBucketAcl", None),
    "GetBucketAnalyticsConfiguration": ("s3:GetAnalyticsConfiguration", None),
    "GetBucketCors": ("s3:GetBucketCORS", None),
    "GetBucketEncryption": ("s3:GetEncryptionConfiguration", None),
    "GetBucketIntelligentTieringConfiguration": ("s3:GetIntelligentTieringConfiguration", None),
    "GetBucketInventoryConfiguration": ("s3:GetInventoryConfiguration", None),
    "GetBucketLifecycle": ("s3:GetLifecycleConfiguration", None),
    "GetBucketLifecycleConfiguration": ("s3:GetLifecycleConfiguration", "GetBucketLifecycle"),
    "GetBucketLocation": ("s3:GetBucketLocation", None),
    "GetBucketLogging": ("s3:GetBucketLogging", None),
    "GetBucketMetadataConfiguration": ("s3:GetBucketMetadataTableConfiguration", None),
    "GetBucketMetadataTableConfiguration": ("s3:GetBucketMetadataTableConfiguration", None),
    "GetBucketMetricsConfiguration": ("s3:GetMetricsConfiguration", None),
    "GetBucketNotification": ("s3:GetBucketNotification", None),
    "GetBucketNotificationConfiguration": ("s3:GetBucketNotification", "GetBucketNotification"),
    "GetBucketOwnershipControls": ("s3:GetBucketOwnershipControls", None),
    "GetBucketPolicy": ("s3:GetBucketPolicy", None),
    "GetBucketPolicyStatus": ("s3:GetBucketPolicyStatus", None),
    "GetBucketReplication": ("s3:GetReplicationConfiguration", None),
    "GetBucketRequestPayment": ("s3:GetBucketRequestPayment", None),
    "GetBucketTagging": ("s3:GetBucketTagging", None),
    "GetBucketVersioning": ("s3:GetBucketVersioning", None),
    "GetBucketWebsite": ("s3:GetBucketWebsite", None),
    "GetObjectLockConfiguration": ("s3:GetBucketObjectLockConfiguration", "GetBucketObjectLockConfiguration"),
    "GetPublicAccessBlock": ("s3:GetBucketPublicAccessBlock", "GetBucketPublicAccessBlock"),
    "HeadBucket": ("s3:ListBucket", None),
    "ListBucketAnalyticsConfigurations": ("s3:GetAnalyticsConfiguration", None),
    "ListBucketIntelligentTieringConfigurations": ("s3:GetIntelligentTieringConfiguration", None),
    "ListBucketInventoryConfigurations": ("s3:GetInventoryConfiguration", None),
    "ListBucketMetricsConfigurations": ("s3:GetMetricsConfiguration", None),
    "ListMultipartUploads": ("s3:ListBucketMultipartUploads", None),
    "ListObjectVersions": ("s3:ListBucketVersions", None),
    "ListObjects": ("s3:ListBucket", None),
    "ListObjectsV2": ("s3:ListBucket", "ListObjects"),
    "PutBucketAbac": ("s3:PutBucketAbac", None),
    "PutBucketAccelerateConfiguration": ("s3:PutAccelerateConfiguration", "PutAccelerateConfiguration"),
    "PutBucketAcl": ("s3:PutBucketAcl", None),
    "PutBucketAnalyticsConfiguration": ("s3:PutAnalyticsConfiguration", None),
    "PutBucketCors": ("s3:PutBucketCORS", None),
    "PutBucketEncryption": ("s3:PutEncryptionConfiguration", None),
    "PutBucketIntelligentTieringConfiguration": ("s3:PutIntelligentTieringConfiguration", None),
    "PutBucketInventoryConfiguration": ("s3:PutInventoryConfiguration", None),
    "PutBucketLifecycle": ("s3:PutLifecycleConfiguration", None),
    "PutBucketLifecycleConfiguration": ("s3:PutLifecycleConfiguration", "PutBucketLifecycle"),
    "PutBucketLogging": ("s3:PutBucketLogging", None),
    "PutBucketMetricsConfiguration": ("s3:PutMetricsConfiguration", None),
    "PutBucketNotification": ("s3:PutBucketNotification", None),
    "PutBucketNotificationConfiguration": ("s3:PutBucketNotification", "PutBucketNotification"),
    "PutBucketOwnershipControls": ("s3:PutBucketOwnershipControls", None),
    "PutBucketPolicy": ("s3:PutBucketPolicy", None),
    "PutBucketReplication": ("s3:PutReplicationConfiguration", None),
    "PutBucketRequestPayment": ("s3:PutBucketRequestPayment", None),
    "PutBucketTagging": ("s3:PutBucketTagging", None),
    "PutBucketVersioning": ("s3:PutBucketVersioning", None),
    "PutBucketWebsite": ("s3:PutBucketWebsite", None),
    "PutObjectLockConfiguration": ("s3:PutBucketObjectLockConfiguration", "PutBucketObjectLockConfiguration"),
    "PutPublicAccessBlock": ("s3:PutBucketPublicAccessBlock", "PutBucketPublicAccessBlock"),
    "UpdateBucketMetadataInventoryTableConfiguration": ("s3:UpdateBucketMetadataInventoryTableConfiguration", None),
    "UpdateBucketMetadataJournalTableConfiguration": ("s3:UpdateBucketMetadataJournalTableConfiguration", None),
}
OBJECT = {
    "AbortMultipartUpload": ("s3:AbortMultipartUpload", None),
    "CompleteMultipartUpload": ("s3:PutObject", None),
    "CopyObject": ("s3:GetObject", None),
    "CreateMultipartUpload": ("s3:PutObject", None),
    "DeleteObject": ("s3:DeleteObject", None),
    "DeleteObjectTagging": ("s3:DeleteObjectTagging", None),
    "GetObject": ("s3:GetObject", None),
    "GetObjectAcl": ("s3:GetObjectAcl", None),
    "GetObjectAttributes": ("s3:GetObject", None),
    "GetObjectLegalHold": ("s3:GetObjectLegalHold", None),
    "GetObjectRetention": ("s3:GetObjectRetention", None),
    "GetObjectTagging": ("s3:GetObjectTagging", None),
    "GetObjectTorrent": ("s3:GetObject", None),
    "HeadObject": ("s3:GetObject", None),
    "ListParts": ("s3:ListMultipartUploadParts", None),
    "PutObject": ("s3:PutObject", None),
    "PutObjectAcl": ("s3:PutObjectAcl", None),
    "PutObjectLegalHold": ("s3:PutObjectLegalHold", None),
    "PutObjectRetention": ("s3:PutObjectRetention", None),
    "PutObjectTagging": ("s3:PutObjectTagging", None),
    "RenameObject": ("s3express:CreateSession", None),
    "RestoreObject": ("s3:RestoreObject", None),
    "SelectObjectContent": ("s3:GetObject", None),
    "UpdateObjectEncryption": ("s3:PutObject", None),
    "UploadPart": ("s3:PutObject", None),
    "UploadPartCopy": ("s3:GetObject", None),
}
# Without a resource that is shown, and decided key by key.
OTHER = {"ListBuckets", "DeleteObjects"}
# These are signed for other services, which there are none of: no signature of theirs is one of S3.
ELSEWHERE = {"ListDirectoryBuckets", "WriteGetObjectResponse"}


def value(shape, name: str, bucket: str):
    """Something of a shape, with what is required."""
    known = {
        "Bucket": bucket, "Key": "k", "CopySource": f"{bucket}/k", "RenameSource": f"{bucket}/k", "UploadId": "u",
        "PartNumber": 1, "ObjectAttributes": ["ETag"], "Policy": "{}", "KMSKeyArn": "arn:aws:kms:us-east-2:123456789012:key/k",
        "RequestRoute": "r", "RequestToken": "t",
    }
    if name in known:
        return known[name]
    match shape.type_name:
        case "structure":
            members = list(shape.required_members)
            if not members and shape.metadata.get("union") or getattr(shape, "is_tagged_union", False):
                members = [next(iter(shape.members))]
            return {it: value(shape.members[it], it, bucket) for it in members}
        case "list":
            return [value(shape.member, "", bucket)]
        case "string":
            return shape.enum[0] if shape.enum else "x"
        case "integer" | "long":
            return 1
        case "boolean":
            return True
        case "timestamp":
            return "2030-01-01T00:00:00Z"
        case "blob":
            return b"x"
        case other:
            raise AssertionError(other)


def parameters(operation, bucket: str) -> dict:
    shape = operation.input_shape
    given = {it: value(shape.members[it], it, bucket) for it in shape.required_members}
    # Optional by the model: without them the requests have no body, and say nothing.
    for payload in ("Retention", "LegalHold", "AbacStatus", "RestoreRequest"):
        if payload in shape.members:
            given.setdefault(payload, value(shape.members[payload], payload, bucket))
    if "AbacStatus" in given:
        given["AbacStatus"] = {"Status": "Disabled"}
    return given


class Sender:
    """Sends any operation of the model as one principal, and tells how it was answered."""

    def __init__(self, server, principal: As):
        # Some operations are for hosts of their own, by their model.
        self.s3 = client(server, "s3", principal.credentials, inject_host_prefix=False)
        self.requests: dict[str, str] = {}

    def __call__(self, name: str, bucket: str) -> tuple[int, str, str]:
        given = parameters(MODEL.operation_model(name), bucket)
        error = {}
        try:
            answer = self.s3._make_api_call(name, given)
        except self.s3.exceptions.ClientError as refused:
            answer, error = refused.response, refused.response["Error"]
        metadata = answer["ResponseMetadata"]
        self.requests[metadata["HTTPHeaders"]["x-amz-request-id"]] = name
        return metadata["HTTPStatusCode"], error.get("Code", ""), error.get("Message", "")


@pytest.fixture
def full(admin, bucket):
    """A bucket with an object."""
    admin.s3.put_object(Bucket=bucket, Key="k", Body=b"content")
    return bucket


def test_the_tables_have_every_operation_of_the_model():
    assert set(MODEL.operation_names) == set(BUCKET) | set(OBJECT) | OTHER | ELSEWHERE
    assert len(MODEL.operation_names) == 111


def test_without_permission_every_operation_is_denied_for_its_action(server, account, full):
    send = Sender(server, account.user())
    for table, resource in ((BUCKET, f"arn:aws:s3:::{full}"), (OBJECT, f"arn:aws:s3:::{full}/k")):
        for name, (action, _) in table.items():
            status, code, message = send(name, full)
            if name.startswith("Head"):
                assert (status, code) == (403, "403"), name
                continue
            assert (status, code) == (403, "AccessDenied"), f"{name}: {status} {code} {message}"
            assert f'is not authorized to perform: {action} on resource: "{resource}"' in message, f"{name}: {message}"
    assert send("ListBuckets", full)[:2] == (403, "AccessDenied")
    recorded = {}
    for segment in sorted((server.data / "trail").glob("*/*.jsonl")):
        for line in segment.read_text().splitlines():
            event = json.loads(line)
            if event.get("requestID") in send.requests:
                recorded[send.requests[event["requestID"]]] = event
    for name, (_, event) in {**BUCKET, **OBJECT}.items():
        assert recorded[name]["eventName"] == (event or name)
        assert recorded[name]["errorCode"] == "AccessDenied", name
        assert recorded[name]["requestParameters"]["bucketName"] == full, name


def test_anonymous_callers_are_told_nothing(server, full):
    send = Sender(server, As(server, None))
    for name in [*BUCKET, *OBJECT, "ListBuckets"]:
        status, code, message = send(name, full)
        if name.startswith("Head"):
            assert status == 403, name
        else:
            assert (status, code, message) == (403, "AccessDenied", "Access Denied"), f"{name}: {status} {code} {message}"


def test_with_permission_every_operation_is_served_or_declined(server, account, full):
    send = Sender(server, account.user(policy(allow(["s3:*", "s3express:*"], "*"))))
    # What takes the object or the bucket away comes last.
    last = ["DeleteObject", "DeleteBucket"]
    for name in [*(it for it in [*BUCKET, *OBJECT, *OTHER] if it not in last), *last]:
        status, code, message = send(name, full)
        assert status < 500 or (status, code) == (501, "NotImplemented"), f"{name}: {status} {code} {message}"
        assert status not in (401, 403, 405), f"{name}: {status} {code} {message}"
    for name in ELSEWHERE:
        status, code, message = send(name, full)
        assert status in (400, 403), f"{name}: {status} {code} {message}"
