"""What S3 is served from: the embedded store, and upstreams. One suite of tests is run over all of them."""

import contextlib
import functools
import os
import re
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

from support.clients import As
from support.environment import clean_environment
from support.server import REGION, Credentials, Server, daypass, running

NAMES = ("embedded", "daypass", "moto")

# What moto's S3 does otherwise than S3, by test, without its own parameter. Each must fail, so that the list stays true.
MOTO = {
    "test_a_delimiter_folds[1-list_objects]": "a marker that is a common prefix doesn't skip it",
    "test_a_delimiter_folds[2-list_objects]": "a marker that is a common prefix doesn't skip it",
    "test_a_wrong_continuation_is_refused": "a wrong continuation token is an exception of its own",
    "test_a_copy_only_of_what_was_seen": "conditions on a copy's source are ignored",
    "test_parts_that_do_not_fit_are_refused": "sizes are checked before the order",
    "test_an_upload_is_given_up": "a part for an upload that is gone is an exception of its own",
    "test_an_upload_belongs_to_its_key": "any key of an upload is taken",
    "test_pages_of_parts_and_of_uploads": "lists of uploads have no pages",
    "test_checksums_of_parts_become_one": "a finished upload has no checksum",
    "test_a_single_part_is_read_by_its_number": "the number of a part is ignored",
    "test_a_deletion_can_be_taken_back": "a delete marker asked for by its id is no version",
    "test_stop_when_they_are_suspended": "a write takes the place of all versions",
    "test_control_characters_survive_lists": "a key with a line break finds no route",
}


def deviation(test: str) -> str | None:
    """Why a test fails with moto, by its name with parameters."""
    own = test.replace("[moto]", "").replace("[moto-", "[")
    return MOTO.get(own) or MOTO.get(own.partition("[")[0])


class Backend:
    """A server, and its administrator's client of S3."""

    def __init__(self, name: str, server: Server):
        self.name = name
        self.server = server
        self.admin = As(server, server.administrator)
        self.s3 = self.admin.s3

    def bucket(self, name: str) -> str:
        """A new bucket's name."""
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        return name


@functools.cache
def upstreams_are_served() -> bool:
    """Whether the binary has upstreams."""
    with tempfile.TemporaryDirectory() as home:
        return "--s3-upstream" in daypass("serve", "--help", data=Path(home) / "d", home=Path(home)).stdout


def fronting(url: str, credentials: Credentials, *options: str, **more) -> Server:
    """A server, not started, that keeps objects at an upstream."""
    environment = {**credentials.environment(), **more.pop("environment", {})}
    return Server("--s3-upstream", url, "--s3-upstream-region", REGION, *options, environment=environment, **more)


class Moto:
    """moto's server, which forgets everything at its end and takes any credentials."""

    CREDENTIALS = Credentials("AKIAMOTOMOTOMOTOMOTO", "m" * 40)

    def __init__(self):
        python = Path(os.environ.get("DAYPASS_S3_CLIENTS", "/none")) / "venv" / "bin" / "python"
        self.home = tempfile.TemporaryDirectory(prefix="dp-moto-", dir="/tmp")
        command = [str(python), "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", *command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, env=clean_environment(Path(self.home.name)),
        )
        self.url = ""
        for line in self.process.stderr:
            if found := re.search(r"Running on (http://\S+)", line):
                self.url = found[1]
                break
        assert self.url, "moto did not start"
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for _ in self.process.stderr:
            pass

    def close(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.home.cleanup()


@contextlib.contextmanager
def upstream(name: str):
    """An upstream's URL and credentials."""
    if name == "moto":
        moto = Moto()
        try:
            yield moto.url, Moto.CREDENTIALS
        finally:
            moto.close()
    else:
        with running() as server:
            yield server.url, server.administrator
