"""The image: built without a container engine, unpacked as one would, and run."""

import contextlib
import gzip
import hashlib
import http.client
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
from pathlib import Path

import pytest

from support.environment import clean_environment
from support.manifests import DEPLOY
from support.server import binary

IMAGE = DEPLOY / "image"
USER = 65532


def build(output: Path, *options: str) -> str:
    # Debian's packages are fetched once in a checkout.
    target = Path(os.environ.get("CARGO_TARGET_DIR", DEPLOY.parent / "target"))
    done = subprocess.run(
        [sys.executable, IMAGE / "build", "--binary", binary(), "--output", output, "--level", "1",
         "--packages", target / "image-packages", *options],
        capture_output=True, text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class Image:
    """An image archive, with every digest verified."""

    def __init__(self, path: Path):
        with tarfile.open(path) as archive:
            self.files = {one.name: archive.extractfile(one).read() for one in archive if one.isfile()}
            self.times = {one.mtime for one in archive}
        assert json.loads(self.files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
        (self.tagged,) = json.loads(self.files["index.json"])["manifests"]
        self.manifest = json.loads(self.blob(self.tagged))
        self.config = json.loads(self.blob(self.manifest["config"]))
        self.layers = [gzip.decompress(self.blob(one)) for one in self.manifest["layers"]]
        digests = [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in self.layers]
        assert self.config["rootfs"] == {"type": "layers", "diff_ids": digests}

    def blob(self, descriptor: dict) -> bytes:
        algorithm, _, digest = descriptor["digest"].partition(":")
        content = self.files[f"blobs/{algorithm}/{digest}"]
        assert hashlib.sha256(content).hexdigest() == digest
        assert len(content) == descriptor["size"]
        return content

    def unpack(self, root: Path) -> None:
        for layer in self.layers:
            with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
                archive.extractall(root, filter="fully_trusted")

    def members(self) -> dict[str, tarfile.TarInfo]:
        members = {}
        for layer in self.layers:
            with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
                members.update({one.name: one for one in archive})
        return members


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("image") / "image.tar"
    said = build(path)
    assert re.search(r"[\d.]+ MB compressed, [\d.]+ MB unpacked", said)
    return path


@pytest.fixture(scope="module")
def image(archive) -> Image:
    return Image(archive)


@pytest.fixture
def root(image, home) -> Path:
    """The unpacked root file system. Its user is this one, or for root the image's own."""
    path = home / "root"
    image.unpack(path)
    return path


def inside(root: Path, *arguments: str) -> list[str]:
    """A command line that runs the image's entry point in its root file system, which can't be written to."""
    if os.getuid() == 0:
        user = f"exec /usr/sbin/chroot --userspec={USER}:{USER} {root} "
        namespaces = ["unshare", "--mount"]
    else:
        user = f"exec /usr/sbin/chroot {root} "
        namespaces = ["unshare", "--mount", "--map-root-user"]
    script = (
        f"mount --bind {root} {root} && mount --bind {root}/var/lib/daypass {root}/var/lib/daypass && "
        f"mount -o remount,ro,bind {root} && {user} /usr/local/bin/daypass \"$@\""
    )
    return [*namespaces, "--", "sh", "-c", script, "sh", *arguments]


def run(root: Path, *arguments: str, **more) -> subprocess.CompletedProcess:
    return subprocess.run(
        inside(root, *arguments), capture_output=True, text=True, timeout=60, env=clean_environment(root, more),
    )


def test_the_archive_says_what_engines_need(image):
    assert image.config["architecture"] in ("amd64", "arm64") and image.config["os"] == "linux"
    assert image.config["config"]["User"] == f"{USER}:{USER}"
    assert image.config["config"]["Entrypoint"] == ["/usr/local/bin/daypass"]
    (docker,) = json.loads(image.files["manifest.json"])
    version = image.config["config"]["Labels"]["org.opencontainers.image.version"]
    assert docker["RepoTags"] == [f"daypass:{version}"]
    assert [image.files[path] for path in docker["Layers"]] == [image.blob(one) for one in image.manifest["layers"]]
    assert image.times == {0}


def test_the_containerfile_makes_the_same_image(image):
    text = (IMAGE / "Containerfile").read_text()
    config = image.config["config"]
    assert re.findall(r"^ENV (.*)$", text, re.M) == config["Env"]
    assert re.findall(r"^USER (.*)$", text, re.M) == [config["User"]]
    assert re.findall(r"^WORKDIR (.*)$", text, re.M)[-1] == config["WorkingDir"]
    assert json.loads(re.search(r"^ENTRYPOINT (.*)$", text, re.M)[1]) == config["Entrypoint"]
    # Wherever images come from, it is for the engine's settings to say.
    assert all("/" not in name and ":" in name for name in re.findall(r"^FROM (\S+)", text, re.M))


def test_it_has_no_shell_nothing_to_gain_rights_by_and_no_owner_but_root(image):
    members = image.members()
    programs = {name for name, one in members.items() if one.isfile() and "/bin/" in f"/{name}"}
    assert programs == {"usr/local/bin/daypass"}
    for name, one in members.items():
        assert one.mode & 0o6000 == 0, name
        assert one.mtime == 0, name
        owned = name == "var/lib/daypass"
        assert (one.uid, one.gid) == ((USER, USER) if owned else (0, 0)), name
        if not one.issym():
            assert one.mode & 0o022 == 0 or name == "tmp", name
    assert members["var/lib/daypass"].mode == 0o700
    assert {Path(name).name for name in members if name.startswith("var/lib/dpkg/status.d/")} >= {"libc6", "ca-certificates"}


def test_the_same_archive_comes_out_again(archive, home):
    again = home / "again.tar"
    build(again)
    assert again.read_bytes() == archive.read_bytes()


def test_a_missing_binary_is_said(home):
    done = subprocess.run(
        [sys.executable, IMAGE / "build", "--binary", home / "none", "--output", home / "o"], capture_output=True, text=True,
    )
    assert done.returncode == 1
    assert "cargo build --release -p daypass" in done.stderr
    assert not (home / "o").exists()


def test_the_program_runs_in_it(root):
    done = run(root, "--version")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("daypass ")


def test_certificate_authorities_are_in_it(root):
    text = (root / "etc/ssl/certs/ca-certificates.crt").read_text()
    assert text.count("-----BEGIN CERTIFICATE-----") > 100
    assert "-----END CERTIFICATE----------BEGIN" not in text


def test_names_are_resolved_in_it(root, server):
    """By the C library, from a file as the kubelet mounts it."""
    (root / "etc/hosts").write_text("127.0.0.1 daypass.test\n")
    words = ["can", "user/nobody", "s3:GetObject", "*"]
    url = f"http://daypass.test:{server.port}"
    credentials = server.administrator.environment()
    done = run(root, *words, AWS_ENDPOINT_URL=url, AWS_REGION="us-east-2", **credentials)
    # The server has answered: there is no such user.
    assert "nobody" in done.stderr and done.returncode == 2, done
    done = run(root, *words, AWS_ENDPOINT_URL=url.replace(".test", ".other"), AWS_REGION="us-east-2", **credentials)
    assert "nobody" not in done.stderr, done


def test_the_server_answers_in_it(root, home):
    data = "/var/lib/daypass/data"
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "--", *inside(root, "serve", "--listen", "127.0.0.1:0", "--data", data)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=(home / "log").open("wb"), text=True,
        env=clean_environment(home),
    )
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    try:
        lines = (line for line in process.stdout if " is ready at " in line)
        url = next(lines, None)
        assert url, (home / "log").read_text()
        port = int(url.split(" is ready at ")[1].split(",")[0].rsplit(":", 1)[1])
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            connection.request("GET", "/healthz")
            assert connection.getresponse().read() == b"ok\n"
        done = run(root, "credentials", "--data", data, "--format", "process")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["Version"] == 1
        kept = root / data.lstrip("/")
        if os.getuid() == 0:
            assert kept.stat().st_uid == USER
        assert not (shutil.which("daypass", path=str(root / "tmp")))
    finally:
        watchdog.cancel()
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()
