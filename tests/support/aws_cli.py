"""The real `aws` CLI, one call at a time or in one shell, as a person would use it."""

import json
import queue
import subprocess
import threading
import uuid
from pathlib import Path

from support.environment import clean_environment
from support.server import REGION, Server


class Cli:
    """Runs `aws` with an environment of its own."""

    def __init__(self, home: Path, environment: dict):
        self.home = home
        self.environment = clean_environment(home, {"AWS_DEFAULT_REGION": REGION, **environment})

    @classmethod
    def of(cls, server: Server, home: Path, credentials=None, **more: str) -> "Cli":
        """For a server, as its administrator unless other credentials are given."""
        credentials = credentials or server.administrator
        return cls(home, {
            **credentials.environment(),
            "AWS_ENDPOINT_URL": server.url,
            **more,
        })

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        """Runs `aws` with the arguments, whatever comes of it."""
        return subprocess.run(
            ["aws", *map(str, arguments)], capture_output=True, text=True, timeout=60,
            cwd=self.home, env=self.environment, stdin=subprocess.DEVNULL,
        )

    def __call__(self, *arguments: str) -> str:
        """What `aws` prints; it must succeed."""
        done = self.run(*arguments)
        assert done.returncode == 0, f"aws {' '.join(map(str, arguments))}\n{done.stderr}"
        return done.stdout

    def json(self, *arguments: str):
        """What `aws` prints, read as JSON."""
        return json.loads(self(*arguments))

    def fails(self, *arguments: str) -> str:
        """What `aws` complains of; it must fail."""
        done = self.run(*arguments)
        assert done.returncode != 0, f"aws {' '.join(map(str, arguments))} succeeded\n{done.stdout}"
        return done.stderr + done.stdout


class Shell:
    """One bash that stays, so that what a command exports is there for the next one."""

    def __init__(self, home: Path, environment: dict | None = None):
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"], cwd=home, text=True,
            env=clean_environment(home, environment),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        self.lines: queue.Queue = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with self.process.stdout as output:
            for line in output:
                self.lines.put(line)
        self.lines.put(None)

    def attempt(self, command: str) -> tuple[int, str]:
        """Runs a command as it is written: exit code, and what it printed on both streams."""
        mark = f"end-{uuid.uuid4().hex}"
        self.process.stdin.write(f"{command}\nprintf '\\n{mark} %s\\n' $?\n")
        self.process.stdin.flush()
        printed = []
        while True:
            line = self.lines.get(timeout=90)
            assert line is not None, f"the shell ended in: {command}\n{''.join(printed)}"
            if line.startswith(mark):
                return int(line.split()[1]), "".join(printed).removesuffix("\n")
            printed.append(line)

    def run(self, command: str) -> str:
        """Runs a command that must succeed; what it printed."""
        code, printed = self.attempt(command)
        assert code == 0, f"$ {command}\n{printed}\nexit code {code}"
        return printed.strip()

    def fails(self, command: str) -> str:
        """Runs a command that must fail; what it printed."""
        code, printed = self.attempt(command)
        assert code != 0, f"$ {command}\n{printed}\nsucceeded"
        return printed.strip()

    def value(self, name: str) -> str:
        """A variable of the shell."""
        return self.run(f'printf %s "${name}"')

    def close(self) -> None:
        """Ends it, whatever it is doing."""
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
