"""The `aws s3` commands, over http and https."""

import hashlib
import os
import re
import subprocess

import pytest

from support.aws_cli import Cli
from support.clients import As


@pytest.fixture(params=["http", "https"])
def place(request, authority, home):
    """A server, its CLI, and boto3 beside it for looking."""
    server = request.getfixturevalue("server" if request.param == "http" else "https_server")
    verify = None if request.param == "http" else str(authority.ca)
    more = {} if verify is None else {"AWS_CA_BUNDLE": verify}
    cli = Cli.of(server, home, **more)
    cli.s3 = As(server, server.administrator, verify=verify).s3
    return cli


@pytest.fixture
def full(place, name):
    """A bucket."""
    place.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
    return name


def keys(place, bucket: str) -> list:
    pages = place.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [it["Key"] for page in pages for it in page.get("Contents", [])]


def test_buckets_are_made_listed_and_removed(place, name):
    assert place("s3", "mb", f"s3://{name}") == f"make_bucket: {name}\n"
    assert re.search(rf"^\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d {name}$", place("s3", "ls"), re.M)
    assert place("s3", "ls", f"s3://{name}") == ""
    place.s3.put_object(Bucket=name, Key="k", Body=b"x")
    assert "BucketNotEmpty" in place.fails("s3", "rb", f"s3://{name}")
    assert f"remove_bucket: {name}" in place("s3", "rb", f"s3://{name}", "--force")
    assert "NoSuchBucket" in place.fails("s3", "ls", f"s3://{name}")


def test_a_file_goes_up_and_comes_down(place, full):
    (place.home / "f.txt").write_text("hello")
    assert place("s3", "cp", "f.txt", f"s3://{full}/dir/f.txt").strip().endswith(
        f"upload: ./f.txt to s3://{full}/dir/f.txt"
    )
    head = place.s3.head_object(Bucket=full, Key="dir/f.txt")
    assert (head["ContentType"], head["ContentLength"]) == ("text/plain", 5)
    assert "ContentEncoding" not in head
    place("s3", "cp", f"s3://{full}/dir/f.txt", "back.txt")
    assert (place.home / "back.txt").read_text() == "hello"
    assert place("s3", "cp", f"s3://{full}/dir/f.txt", "-") == "hello"
    listed = place("s3", "ls", f"s3://{full}")
    assert listed == "                           PRE dir/\n"
    assert re.fullmatch(r"\S+ \S+          5 f\.txt\n", place("s3", "ls", f"s3://{full}/dir/"))
    assert "404" in place.fails("s3", "cp", f"s3://{full}/none", "x")


def test_a_large_file_goes_in_parts_both_ways(place, full):
    content = os.urandom(20 * 1024 * 1024)
    (place.home / "large").write_bytes(content)
    place("s3", "cp", "large", f"s3://{full}/large")
    head = place.s3.head_object(Bucket=full, Key="large")
    assert head["ContentLength"] == len(content)
    assert head["ETag"].endswith('-3"')
    place("s3", "cp", f"s3://{full}/large", "back")
    assert hashlib.sha256((place.home / "back").read_bytes()).digest() == hashlib.sha256(content).digest()
    # A copy of that size goes in parts, too.
    place("s3", "cp", f"s3://{full}/large", f"s3://{full}/copy")
    copied = place.s3.get_object(Bucket=full, Key="copy")["Body"].read()
    assert hashlib.sha256(copied).digest() == hashlib.sha256(content).digest()
    assert "Uploads" not in place.s3.list_multipart_uploads(Bucket=full)


def test_objects_are_copied_and_moved_between_buckets(place, full, name):
    place.s3.put_object(Bucket=full, Key="a", Body=b"x" * 100, ContentType="text/x-a", Metadata={"m": "1"})
    other = f"{name}-b"
    place("s3", "mb", f"s3://{other}")
    place("s3", "cp", f"s3://{full}/a", f"s3://{other}/b")
    head = place.s3.head_object(Bucket=other, Key="b")
    assert (head["ContentType"], head["Metadata"]) == ("text/x-a", {"m": "1"})
    place("s3", "mv", f"s3://{full}/a", f"s3://{other}/c")
    assert keys(place, full) == [] and keys(place, other) == ["b", "c"]
    place("s3", "mv", f"s3://{other}/c", "c-down")
    assert (place.home / "c-down").read_bytes() == b"x" * 100
    place("s3", "mv", "c-down", f"s3://{other}/d")
    assert not (place.home / "c-down").exists()
    assert keys(place, other) == ["b", "d"]


def test_directories_are_synchronized_with_odd_names(place, full):
    names = ["plain", "with space", "plus+plus", "ümläut €", "日本", "per%20cent", "a&b=c;d", "q?uery#frag", "x'y\"z",
             "deep/er/file", "dir..dots/..file", "~tilde!$()*,", ".hidden"]
    up = place.home / "up"
    for it in names:
        path = up / it
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(it)
    place("s3", "sync", "up", f"s3://{full}/p")
    assert keys(place, full) == sorted((f"p/{it}" for it in names), key=str.encode)
    place("s3", "sync", f"s3://{full}/p", "down")
    found = {str(it.relative_to(place.home / "down")): it.read_text() for it in (place.home / "down").rglob("*")
             if it.is_file()}
    assert found == {it: it for it in names}
    # Nothing is left to do.
    assert place("s3", "sync", f"s3://{full}/p", "down") == ""

    (up / "plain").unlink()
    (up / "with space").write_text("changed")
    place("s3", "sync", "up", f"s3://{full}/p", "--delete")
    assert "p/plain" not in keys(place, full)
    assert place.s3.get_object(Bucket=full, Key="p/with space")["Body"].read() == b"changed"
    listed = place("s3", "ls", f"s3://{full}", "--recursive", "--human-readable", "--summarize")
    assert "p/ümläut €" in listed
    assert f"Total Objects: {len(names) - 1}" in listed
    place("s3", "rm", f"s3://{full}/p/", "--recursive", "--exclude", "*hidden*")
    assert keys(place, full) == ["p/.hidden"]
    place("s3", "rm", f"s3://{full}/p/.hidden")
    assert keys(place, full) == []


def test_standard_input_is_uploaded(place, full):
    done = subprocess.run(
        ["aws", "s3", "cp", "-", f"s3://{full}/stdin"], input=b"piped", env=place.environment, timeout=60,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert place.s3.get_object(Bucket=full, Key="stdin")["Body"].read() == b"piped"


def test_low_level_commands(place, full, name):
    (place.home / "f").write_text("body")
    put = place.json("s3api", "put-object", "--bucket", full, "--key", "k", "--body", "f", "--metadata", "a=b")
    assert put["ETag"] == f'"{hashlib.md5(b"body").hexdigest()}"'
    place.json("s3api", "get-object", "--bucket", full, "--key", "k", "--range", "bytes=1-2", "part")
    assert (place.home / "part").read_text() == "od"
    assert place.json("s3api", "head-object", "--bucket", full, "--key", "k")["Metadata"] == {"a": "b"}
    deleted = place.json("s3api", "delete-objects", "--bucket", full, "--delete", "Objects=[{Key=k},{Key=none}]")
    assert sorted(it["Key"] for it in deleted["Deleted"]) == ["k", "none"]
    assert place.json("s3api", "get-bucket-location", "--bucket", full) == {"LocationConstraint": "us-east-2"}
    place("s3api", "head-bucket", "--bucket", full)
    assert "404" in place.fails("s3api", "head-bucket", "--bucket", f"{full}-none")


def test_create_bucket_as_the_walkthrough_does(place, name):
    made = place.json(
        "s3api", "create-bucket", "--bucket", name, "--region", "us-east-2",
        "--create-bucket-configuration", "LocationConstraint=us-east-2",
    )
    assert made["Location"].rstrip("/").endswith(name)
    assert "BucketAlreadyOwnedByYou" in place.fails(
        "s3api", "create-bucket", "--bucket", name, "--create-bucket-configuration", "LocationConstraint=us-east-2"
    )
