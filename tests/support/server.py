"""A Daypass server of the tests' own: started on a free port, killed at the end."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from support.environment import clean_environment

START_TIMEOUT = 30
ACCOUNT = "123456789012"
REGION = "us-east-2"


def binary() -> str:
    """The binary under test."""
    path = os.environ.get("DAYPASS_BIN")
    return path or str(Path(__file__).parents[2] / "target" / "debug" / "daypass")


@dataclass(frozen=True)
class Credentials:
    """An access key, with a session token if it is temporary."""

    access_key: str
    secret_key: str
    token: str | None = None

    @classmethod
    def of(cls, answer: dict) -> "Credentials":
        """From `Credentials` or `AccessKey` of an answer, or the JSON of `credential_process`."""
        return cls(answer["AccessKeyId"], answer["SecretAccessKey"], answer.get("SessionToken"))

    def environment(self) -> dict:
        """As variables of the CLI."""
        pairs = {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_SESSION_TOKEN": self.token,
        }
        return {name: value for name, value in pairs.items() if value}


class Server:
    """A server on a directory of its own. The directory outlives `kill`, so that it can be started again."""

    def __init__(
        self, *options: str, data: Path | None = None, environment: dict | None = None, inside: list[str] | None = None
    ):
        # A Unix socket's path has room for 107 bytes: a short directory, wherever TMPDIR is.
        self.home = Path(tempfile.mkdtemp(prefix="dp-", dir="/tmp"))
        self.data = data or self.home / "d"
        self.log_file = self.home / "log"
        self.options = options
        self.environment = environment or {}
        # A command that runs the server's.
        self.inside = inside or []
        self.process: subprocess.Popen | None = None
        self.url = ""
        self._administrator: Credentials | None = None

    def start(self) -> "Server":
        """Starts it and waits for the line that tells its URL."""
        command = [
            *self.inside, binary(), "serve", "--data", str(self.data), "--listen", "127.0.0.1:0",
            "--account", ACCOUNT, "--region", REGION, *self.options,
        ]
        if shutil.which("setpriv"):
            # It shall not outlive tests that were killed.
            command = ["setpriv", "--pdeathsig", "KILL", "--", *command]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True,
                env=clean_environment(self.home, self.environment),
            )
        ready = threading.Event()
        threading.Thread(target=self._read, args=(self.process, ready), daemon=True).start()
        if not ready.wait(START_TIMEOUT) or not self.url:
            self.kill()
            raise AssertionError(f"the server did not start\n{self.log()}")
        return self

    def _read(self, process: subprocess.Popen, ready: threading.Event) -> None:
        with process.stdout as lines:
            for line in lines:
                if " is ready at " in line:
                    self.url = line.split(" is ready at ")[1].split(",")[0].strip()
                    ready.set()
        ready.set()

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    @property
    def tls(self) -> bool:
        return self.url.startswith("https:")

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Asks it to stop; its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(how)
        try:
            code = self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the server did not stop within 30 s") from None
        self.process = None
        self.url = ""
        return code

    def restart(self) -> "Server":
        """Starts it again on the same directory, at another port."""
        self._administrator = None
        return self.start()

    def remove(self) -> None:
        """Kills it and removes everything it wrote."""
        self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def log(self) -> str:
        """What it wrote to standard error."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def logged(self, text: str) -> str:
        """The log, once it has this text: lines are written after the answers that they are about."""
        deadline = time.monotonic() + 30
        while text not in (log := self.log()):
            assert time.monotonic() < deadline, log
            time.sleep(0.02)
        return log

    def command(self, *arguments: str, **options) -> subprocess.CompletedProcess:
        """Runs another `daypass` command on this server's directory."""
        return daypass(*arguments, data=self.data, home=self.home, **options)

    def credentials(self, *arguments: str) -> Credentials:
        """Credentials from `daypass credentials`."""
        done = self.command("credentials", "--format", "process", *arguments)
        assert done.returncode == 0, done.stderr
        return Credentials.of(json.loads(done.stdout))

    @property
    def administrator(self) -> Credentials:
        """The administrator's credentials; asked for once."""
        if self._administrator is None:
            self._administrator = self.credentials()
        return self._administrator

    def token(self, service_account: str, *arguments: str) -> str:
        """A token from `daypass token`."""
        done = self.command("token", "--service-account", service_account, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def issuer(self) -> str:
        """Host and path of the issuer that the server hosts."""
        for line in self.command("credentials").stdout.splitlines():
            if line.startswith("export OIDC_PROVIDER="):
                return line.split("'")[1]
        raise AssertionError("`daypass credentials` exports no OIDC_PROVIDER")


def daypass(
    *arguments: str, data: Path, home: Path, environment: dict | None = None, timeout: int = 60,
    input: str = "",
) -> subprocess.CompletedProcess:
    """Runs a `daypass` command to its end; `input` is its standard input."""
    return subprocess.run(
        [binary(), *arguments[:1], "--data", str(data), *arguments[1:]],
        capture_output=True, text=True, timeout=timeout, input=input,
        env=clean_environment(home, environment or {}),
    )


@contextlib.contextmanager
def running(*options: str, **more):
    """A server that is removed at the end."""
    server = Server(*options, **more)
    try:
        yield server.start()
    finally:
        server.remove()
