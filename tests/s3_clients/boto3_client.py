"""boto3 with the common runtime: the transfer manager, and every checksum that S3 has."""

import hashlib
import io
import os
import sys

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from checks import BUCKET, FORBIDDEN, ODD, PART, PREFIX, denied, fetch

CHECKSUMS = ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256")

s3 = boto3.client("s3", config=Config(signature_version="s3v4"))
large = os.urandom(2 * PART + 12345)
in_parts = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=3)


def same(key: str, wanted: bytes) -> None:
    """Downloads with the checksum checked by the client."""
    back = io.BytesIO()
    s3.download_fileobj(BUCKET, key, back, Config=in_parts)
    assert hashlib.sha256(back.getvalue()).digest() == hashlib.sha256(wanted).digest(), key
    got = s3.get_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")
    assert got["Body"].read() == wanted, key


for algorithm in CHECKSUMS:
    for size, content in (("small", b"content of " + algorithm.encode()), ("large", large)):
        key = f"{PREFIX}{algorithm}-{size}"
        extra = {"ChecksumAlgorithm": algorithm, "Metadata": {"size": size}, "ContentType": "text/x-test"}
        s3.upload_fileobj(io.BytesIO(content), BUCKET, key, ExtraArgs=extra, Config=in_parts)
        head = s3.head_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")
        assert head[f"Checksum{algorithm}"], (key, head)
        assert (head["Metadata"], head["ContentType"]) == ({"size": size}, "text/x-test"), head
        assert head["ETag"].endswith('-3"') == (size == "large"), head
    same(f"{PREFIX}{algorithm}-small", b"content of " + algorithm.encode())
same(f"{PREFIX}SHA256-large", large)
same(f"{PREFIX}CRC64NVME-large", large)

s3.put_object(Bucket=BUCKET, Key=PREFIX + ODD, Body=b"odd")
s3.copy({"Bucket": BUCKET, "Key": f"{PREFIX}CRC32-large"}, BUCKET, f"{PREFIX}copy", Config=in_parts)
same(f"{PREFIX}copy", large)
url = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": PREFIX + ODD})
assert fetch(url) == b"odd"
pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=PREFIX, PaginationConfig={"PageSize": 4})
keys = [it["Key"] for page in pages for it in page["Contents"]]
assert len(keys) == 12 and keys == sorted(keys, key=str.encode), keys
assert s3.get_object(Bucket=BUCKET, Key=f"{PREFIX}copy", Range="bytes=10-19")["Body"].read() == large[10:20]

for attempt in (
    lambda: s3.get_object(Bucket=BUCKET, Key=FORBIDDEN),
    lambda: s3.put_object(Bucket=BUCKET, Key=FORBIDDEN, Body=b"x"),
    lambda: s3.copy_object(Bucket=BUCKET, Key=f"{PREFIX}stolen", CopySource=f"{BUCKET}/{FORBIDDEN}"),
    lambda: s3.upload_fileobj(io.BytesIO(large), BUCKET, FORBIDDEN, Config=in_parts),
    lambda: s3.list_objects_v2(Bucket=BUCKET, Prefix="other/"),
):
    with denied(ClientError, boto3.exceptions.S3UploadFailedError):
        attempt()

kept = {f"{PREFIX}SHA256-large", PREFIX + ODD}
gone = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in keys if key not in kept]})
assert "Errors" not in gone, gone
sys.stdout.write("ok\n")
