"""s3fs, and Parquet files of pyarrow over it and over Arrow's own S3 client."""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.fs as afs
import pyarrow.parquet as pq
import s3fs

from checks import BUCKET, CA, FORBIDDEN, ODD, PART, PREFIX, REGION, URL, denied, fetch

# Credentials and endpoint from the environment: botocore's way of a web identity.
s3 = s3fs.S3FileSystem(default_block_size=PART, config_kwargs={"signature_version": "s3v4"})
root = f"{BUCKET}/{PREFIX}"
large = os.urandom(2 * PART + 12345)

with s3.open(root + ODD, "wb") as file:
    file.write(b"odd")
assert s3.cat(root + ODD) == b"odd"
with s3.open(f"{root}large", "wb") as file:
    for at in range(0, len(large), 1_000_000):
        file.write(large[at:at + 1_000_000])
assert s3.info(f"{root}large")["size"] == len(large)
with s3.open(f"{root}large", "rb") as file:
    file.seek(PART - 5)
    assert file.read(10) == large[PART - 5:PART + 5]
local = Path(os.environ["HOME"]) / "back"
s3.get(f"{root}large", str(local))
assert local.read_bytes() == large
s3.put(str(local), f"{root}again")
assert s3.checksum(f"{root}again") != s3.checksum(root + ODD)
s3.copy(root + ODD, f"{root}dir/copy")
s3.mv(f"{root}dir/copy", f"{root}dir/moved")
assert s3.ls(f"{root}dir") == [f"{root}dir/moved"]
assert s3.find(root.rstrip("/")) == sorted(
    [f"{root}again", f"{root}dir/moved", f"{root}large", root + ODD], key=str.encode
)
assert s3.glob(f"{root}*/moved") == [f"{root}dir/moved"]
assert fetch(s3.sign(root + ODD)) == b"odd"
with denied(PermissionError):
    s3.cat(f"{BUCKET}/{FORBIDDEN}")
with denied(PermissionError):
    s3.pipe(f"{BUCKET}/{FORBIDDEN}", b"x")

table = pa.table({"day": ["mon", "tue"] * 5000, "count": list(range(10_000))})
pq.write_to_dataset(table, f"{root}table", partition_cols=["day"], filesystem=s3)
read = ds.dataset(f"{root}table", filesystem=s3, partitioning="hive")
assert read.count_rows(filter=pc.field("day") == "tue") == 5000
assert sum(read.to_table(columns=["count"])["count"].to_pylist()) == sum(range(10_000))

# Arrow's own client is told the session's key.
keys = boto3.Session().get_credentials().get_frozen_credentials()
place = urlsplit(URL)
arrow = afs.S3FileSystem(
    access_key=keys.access_key, secret_key=keys.secret_key, session_token=keys.token, region=REGION,
    scheme=place.scheme, endpoint_override=place.netloc, tls_ca_file_path=CA, request_timeout=30,
)
with arrow.open_output_stream(f"{root}arrow.bin") as stream:
    stream.write(large)
with arrow.open_input_file(f"{root}arrow.bin") as file:
    assert file.read_at(10, PART - 5) == large[PART - 5:PART + 5]
    assert file.readall() == large
pq.write_table(table, f"{root}arrow.parquet", filesystem=arrow)
assert pq.read_table(f"{root}arrow.parquet", filesystem=arrow, columns=["count"]).num_rows == 10_000
names = [it.path for it in arrow.get_file_info(afs.FileSelector(root.rstrip("/"), recursive=True)) if it.is_file]
assert f"{root}arrow.bin" in names and root + ODD in names, names
with denied(OSError):
    arrow.open_input_file(f"{BUCKET}/{FORBIDDEN}")

s3.rm([f"{root}table", f"{root}dir", f"{root}again"], recursive=True)
s3.rm([f"{root}arrow.parquet", f"{root}arrow.bin"])
sys.stdout.write("ok\n")
