"""kill -9 while objects are written in every way: what was answered is there afterwards, and whole; what was not is
there as it was before or as it would have been, and nothing else is left."""

import hashlib
import itertools
import os
import random
import threading

import pytest

from support.clients import As, client
from support.server import REGION

MIB = 1024 * 1024
WRITERS = 4
BUCKET = "under-load"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Writer(threading.Thread):
    """Writes to keys of its own until the server is gone, and remembers what it was told."""

    KEYS = 6

    def __init__(self, server, number: int, known: dict):
        super().__init__()
        self.s3 = client(server, "s3", server.administrator)
        self.random = random.Random(number)
        self.keys = [f"w{number}-{at}" for at in range(self.KEYS)]
        # What is at a key: the digest of its content, or None.
        self.known: dict[str, str | None] = {key: known.get(key) for key in self.keys}
        # What was asked for and not answered: the key, and what would be there.
        self.open: tuple[str, str | None] | None = None
        self.done = dict.fromkeys(("put", "parts", "copy", "delete", "delete_many"), 0)

    def run(self):
        for kind in itertools.cycle(self.done):
            try:
                getattr(self, kind)(self.random.choice(self.keys))
            except Exception:
                # The server is gone.
                return
            self.done[kind] += 1

    def change(self, key: str, state: str | None, call) -> None:
        self.open = (key, state)
        call()
        self.known[key] = state
        self.open = None

    def content(self) -> bytes:
        return os.urandom(self.random.choice((0, 10, 5_000, 700_000)))

    def put(self, key: str) -> None:
        body = self.content()
        self.change(key, digest(body), lambda: self.s3.put_object(Bucket=BUCKET, Key=key, Body=body))

    def parts(self, key: str) -> None:
        where = {"Bucket": BUCKET, "Key": key}
        where["UploadId"] = self.s3.create_multipart_upload(**where)["UploadId"]
        bodies = [os.urandom(5 * MIB), self.content()]
        parts = [{"PartNumber": number, "ETag": self.s3.upload_part(**where, PartNumber=number, Body=body)["ETag"]}
                 for number, body in enumerate(bodies, 1)]
        self.change(key, digest(b"".join(bodies)), lambda: self.s3.complete_multipart_upload(
            **where, MultipartUpload={"Parts": parts}
        ))

    def copy(self, key: str) -> None:
        sources = [it for it in self.keys if self.known[it] and it != key]
        if sources:
            source = self.random.choice(sources)
            self.change(key, self.known[source], lambda: self.s3.copy_object(
                Bucket=BUCKET, Key=key, CopySource={"Bucket": BUCKET, "Key": source}
            ))

    def delete(self, key: str) -> None:
        self.change(key, None, lambda: self.s3.delete_object(Bucket=BUCKET, Key=key))

    def delete_many(self, key: str) -> None:
        self.change(key, None, lambda: self.s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key}]}))


def wrong(s3, writers: list[Writer]) -> list[str]:
    """Keys that have neither what was acknowledged nor what was under way."""
    found = []
    for writer in writers:
        for key, state in writer.known.items():
            allowed = {state}
            if writer.open and writer.open[0] == key:
                allowed.add(writer.open[1])
            try:
                got = s3.get_object(Bucket=BUCKET, Key=key)
                body = got["Body"].read()
                there = digest(body)
                if "-" not in got["ETag"] and got["ETag"] != f'"{hashlib.md5(body).hexdigest()}"':
                    found.append(f"{key} is not what its ETag says")
            except s3.exceptions.NoSuchKey:
                there = None
            if there not in allowed:
                found.append(f"{key}: {there} instead of {allowed}")
            writer.known[key] = there
    return found


def stored_files(server) -> list:
    return [it for it in (server.data / "s3" / "data").rglob("*") if it.is_file()]


def empty(s3) -> None:
    """Deletes every object, gives up every upload."""
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=BUCKET):
        for it in page.get("Uploads", []):
            s3.abort_multipart_upload(Bucket=BUCKET, Key=it["Key"], UploadId=it["UploadId"])
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": it["Key"]} for it in page.get("Contents", [])]})


class Place:
    """A server, the one that keeps its objects, and which of them is killed."""

    def __init__(self, front, store, victim):
        self.front, self.store, self.victim = front, store, victim

    @property
    def s3(self):
        return As(self.front, self.front.administrator).s3

    def restart(self) -> None:
        """Both again, one at a time: what is under way in the store ends before anybody looks."""
        self.front.kill()
        if self.store is not self.front:
            self.store.stop()
            self.store.restart()
            self.front.options = (*self.front.options[:-1], self.store.url)
        self.front.restart()


@pytest.fixture(params=["the server", "the server before a store", "the store behind the server"])
def place(request, start_server):
    store = start_server()
    if request.param == "the server":
        return Place(store, store, store)
    front = start_server(
        "--s3-upstream-region", REGION, "--s3-upstream", store.url, environment=store.administrator.environment()
    )
    return Place(front, store, front if request.param.endswith("store") else store)


def test_every_way_of_writing_survives_the_end_of(place):
    place.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    known: dict = {}
    for _ in range(2):
        writers = [Writer(place.front, number, known) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        # A moment that has nothing to do with what is being written.
        while any(not all(writer.done.values()) for writer in writers):
            assert all(writer.is_alive() for writer in writers), place.front.log()[-2000:]
            writers[0].join(0.01)
        place.victim.kill()
        for writer in writers:
            writer.join()
        place.restart()
        s3 = place.s3
        assert not wrong(s3, writers)
        for writer in writers:
            known |= writer.known
        listed = {it["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
                  for it in page.get("Contents", [])}
        assert listed == {key for key, state in known.items() if state}
    assert any(known.values()) and stored_files(place.store)
    empty(s3)
    assert not stored_files(place.store)
    s3.delete_bucket(Bucket=BUCKET)


def test_versions_survive(own_server):
    admin = As(own_server, own_server.administrator)
    admin.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    admin.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    # Keys that all write to; by version, the digest of its content, or None for a delete marker.
    told: dict[tuple[str, str], str | None] = {}
    removed: set[tuple[str, str]] = set()

    def work(number: int) -> None:
        s3 = client(own_server, "s3", own_server.administrator)
        for at in itertools.count():
            key = f"shared-{at % 3}"
            body = os.urandom(2_000 + number)
            try:
                first = s3.put_object(Bucket=BUCKET, Key=key, Body=body)["VersionId"]
                told[key, first] = digest(body)
                marker = s3.delete_object(Bucket=BUCKET, Key=key)["VersionId"]
                told[key, marker] = None
                again = s3.put_object(Bucket=BUCKET, Key=key, Body=body + b"again")["VersionId"]
                told[key, again] = digest(body + b"again")
                gone = first if at % 2 else marker
                del told[key, gone]
                s3.delete_object(Bucket=BUCKET, Key=key, VersionId=gone)
                removed.add((key, gone))
            except Exception:
                # The server is gone.
                return

    threads = [threading.Thread(target=work, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    while len(removed) < 40:
        assert all(thread.is_alive() for thread in threads), own_server.log()[-2000:]
        threads[0].join(0.01)
    own_server.kill()
    for thread in threads:
        thread.join()
    own_server.restart()
    s3 = As(own_server, own_server.administrator).s3
    found: dict[tuple[str, str], str | None] = {}
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET):
        for it in page.get("Versions", []):
            where = {"Bucket": BUCKET, "Key": it["Key"], "VersionId": it["VersionId"]}
            body = s3.get_object(**where)["Body"].read()
            assert it["ETag"] == f'"{hashlib.md5(body).hexdigest()}"', where
            found[it["Key"], it["VersionId"]] = digest(body)
        for it in page.get("DeleteMarkers", []):
            found[it["Key"], it["VersionId"]] = None
    lost = [place for place, state in told.items() if found.get(place, "nothing") != state]
    assert not lost, f"{len(lost)} of {len(told)}"
    assert not removed & found.keys()
    for key, version in found:
        s3.delete_object(Bucket=BUCKET, Key=key, VersionId=version)
    assert not stored_files(own_server)
