"""Starting, stopping, and what can be wrong with a data directory."""

import contextlib
import http.client
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from support.clients import As
from support.server import Server, daypass


def serve(server: Server, *options: str) -> subprocess.CompletedProcess:
    """Tries to start a server on the same directory; one that starts is stopped, without an exit code."""
    try:
        return daypass(
            "serve", "--listen", "127.0.0.1:0", *options, data=server.data, home=server.home, timeout=10,
        )
    except subprocess.TimeoutExpired as started:
        return subprocess.CompletedProcess(started.args, None, "", "")


def test_the_server_tells_when_it_is_ready(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/healthz")
    assert connection.getresponse().status == 200
    connection.close()


def test_a_second_server_on_the_directory_is_refused(server):
    done = serve(server)
    assert done.returncode not in (0, None)
    assert f"is using the data directory `{server.data}`" in done.stderr
    assert str(server.process.pid) in done.stderr


def test_a_stop_is_clean_and_a_restart_knows_everything(own_server):
    own_server.administrator
    token = own_server.token("ns/sa")
    As(own_server, own_server.administrator).iam.create_user(UserName="kept")
    old = own_server.administrator
    issuer = own_server.issuer()
    assert own_server.stop() == 0
    assert not (own_server.data / "daypass.sock").exists()
    own_server.restart()
    # Sessions of before are honoured: the server's keys are the same.
    assert As(own_server, old).iam.get_user(UserName="kept")["User"]["UserName"] == "kept"
    assert own_server.issuer() == issuer
    assert token.count(".") == 2


def settled(server: Server) -> Path:
    """Stops the server; its database, with everything that was still in the write-ahead log."""
    server.stop()
    database = server.data / "directory.db"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for suffix in ("-wal", "-shm"):
        database.with_name(f"directory.db{suffix}").unlink(missing_ok=True)
    return database


@pytest.mark.parametrize("damage", [
    lambda kept: b"this is not a database" * 500,
    lambda kept: kept[:1000],
    lambda kept: kept[:4096],
    lambda kept: kept[:100] + b"\xff" * 4000 + kept[4100:],
    lambda kept: b"",
], ids=["other content", "cut in a page", "cut after a page", "overwritten", "emptied"])
def test_a_corrupt_database_is_named_at_the_start(own_server, damage):
    As(own_server, own_server.administrator).iam.create_user(UserName="u")
    database = settled(own_server)
    damaged = damage(database.read_bytes())
    database.write_bytes(damaged)
    done = serve(own_server)
    assert done.returncode not in (0, None), "it started as if nothing had been there"
    assert str(database) in done.stderr, done.stderr
    assert "panicked" not in done.stderr
    assert database.read_bytes() == damaged


def test_a_missing_key_file_is_named_with_what_to_do(own_server):
    own_server.stop()
    key = own_server.data / "key"
    kept = key.read_bytes()
    key.unlink()
    done = serve(own_server)
    assert done.returncode not in (0, None)
    assert str(key) in done.stderr
    assert "--key-file" in done.stderr
    assert not key.exists(), "a new key would lock the old one out"

    key.write_bytes(kept)
    own_server.restart()
    As(own_server, own_server.administrator).sts.get_caller_identity()


def test_a_key_of_another_server_is_refused(own_server, start_server):
    other = start_server()
    other.stop()
    own_server.stop()
    shutil.copy(other.data / "key", own_server.data / "key")
    done = serve(own_server)
    assert done.returncode not in (0, None)
    assert "key" in done.stderr
    assert "panicked" not in done.stderr


def test_another_account_number_is_refused(own_server):
    own_server.stop()
    done = serve(own_server, "--account", "999999999999")
    assert done.returncode not in (0, None)
    assert "123456789012" in done.stderr


def test_options_that_can_not_be_are_refused(home):
    for options in (["--account", "12"], ["--issuer", "http://x"], ["--listen", "nowhere"],
                    ["--listen", "0.0.0.0:0"], ["--issuer-network", "x"], ["--tls-cert", "/none"]):
        done = daypass("serve", *options, data=home / "d", home=home)
        assert done.returncode not in (0, None), options
        assert "panicked" not in done.stderr


def test_the_key_can_come_from_a_file_elsewhere_or_the_environment(start_server, home):
    server = start_server("--key-file", str(home / "elsewhere"))
    assert (home / "elsewhere").exists()
    assert not (server.data / "key").exists()
    server.stop()
    server.options = ()
    server.environment = {"DAYPASS_KEY": (home / "elsewhere").read_text().strip()}
    server.restart()
    As(server, server.administrator).sts.get_caller_identity()
