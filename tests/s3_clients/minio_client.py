"""The MinIO client for Python, which gets its web identity session by itself."""

import hashlib
import io
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.commonconfig import REPLACE, ComposeSource, CopySource, Tags
from minio.credentials import WebIdentityProvider
from minio.deleteobjects import DeleteObject
from minio.error import S3Error

from checks import BUCKET, CA, FORBIDDEN, ODD, PART, PREFIX, REGION, URL, denied, fetch

http = urllib3.PoolManager(ca_certs=CA, retries=False) if CA else urllib3.PoolManager(retries=False)
identity = WebIdentityProvider(
    jwt_provider_func=lambda: {
        "access_token": Path(os.environ["AWS_WEB_IDENTITY_TOKEN_FILE"]).read_text(), "expires_in": "3600",
    },
    sts_endpoint=URL, role_arn=os.environ["AWS_ROLE_ARN"], role_session_name="minio", duration_seconds=3600,
    http_client=http,
)
place = urlsplit(URL)
client = Minio(
    endpoint=place.netloc, secure=place.scheme == "https", credentials=identity, region=REGION, http_client=http
)


def read(key: str, **options) -> bytes:
    answer = client.get_object(bucket_name=BUCKET, object_name=key, **options)
    try:
        return answer.read()
    finally:
        answer.close()
        answer.release_conn()


def put(key: str, content: bytes, **options):
    return client.put_object(
        bucket_name=BUCKET, object_name=key, data=io.BytesIO(content), length=len(content), **options
    )


large = os.urandom(2 * PART + 12345)
tags = Tags.new_object_tags()
tags["team"] = "cart"
put(PREFIX + ODD, b"odd", content_type="text/x-test", tags=tags)
head = client.stat_object(bucket_name=BUCKET, object_name=PREFIX + ODD)
assert (head.size, head.content_type) == (3, "text/x-test"), head
assert read(PREFIX + ODD) == b"odd"
assert client.get_object_tags(bucket_name=BUCKET, object_name=PREFIX + ODD) == {"team": "cart"}

done = put(f"{PREFIX}large", large, part_size=PART)
assert done.etag.endswith("-3"), done
assert hashlib.sha256(read(f"{PREFIX}large")).digest() == hashlib.sha256(large).digest()
assert read(f"{PREFIX}large", offset=PART - 5, length=10) == large[PART - 5:PART + 5]

client.copy_object(
    bucket_name=BUCKET, object_name=f"{PREFIX}copy", metadata={"m": "1"}, metadata_directive=REPLACE,
    source=CopySource(bucket_name=BUCKET, object_name=PREFIX + ODD),
)
copied = client.stat_object(bucket_name=BUCKET, object_name=f"{PREFIX}copy").metadata
assert copied["x-amz-meta-m"] == "1", copied
client.compose_object(
    bucket_name=BUCKET, object_name=f"{PREFIX}composed",
    sources=[ComposeSource(bucket_name=BUCKET, object_name=f"{PREFIX}{key}") for key in ("large", "copy")],
)
assert read(f"{PREFIX}composed") == large + b"odd"

url = client.presigned_get_object(bucket_name=BUCKET, object_name=PREFIX + ODD)
assert fetch(url) == b"odd"
listed = [it.object_name for it in client.list_objects(bucket_name=BUCKET, prefix=PREFIX, recursive=True)]
assert listed == sorted([f"{PREFIX}composed", f"{PREFIX}copy", f"{PREFIX}large", PREFIX + ODD], key=str.encode), listed
folded = [it.object_name for it in client.list_objects(bucket_name=BUCKET, prefix=PREFIX) if it.is_dir]
assert folded == [f"{PREFIX}odd/"], folded

with denied(S3Error):
    read(FORBIDDEN)
with denied(S3Error):
    put(FORBIDDEN, b"x")

left = client.remove_objects(
    bucket_name=BUCKET, delete_object_list=[DeleteObject(name=f"{PREFIX}composed"), DeleteObject(name=FORBIDDEN)]
)
assert [(it.code, it.name) for it in left] == [("AccessDenied", FORBIDDEN)]
client.remove_object(bucket_name=BUCKET, object_name=f"{PREFIX}copy")
sys.stdout.write("ok\n")
