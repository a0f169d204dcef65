"""A node agent of the tests' own, the service that it asks, and pods that ask it."""

import contextlib
import datetime
import http.client
import http.server
import json
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from support import jwt
from support.environment import VENV_BIN, clean_environment
from support.raw import Answer
from support.server import REGION, binary

START_TIMEOUT = 30
AUDIENCE = "pods.eks.amazonaws.com"
SECRET = "wJalrXUtnFEMI/K7MDENG/standin"
# The agent's own key, of a caller that a stand-in does not ask about.
NODE = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/node"}


def eventually(condition, what: str = ""):
    """What a condition gives, once it gives something."""
    deadline = time.monotonic() + 30
    while not (given := condition()):
        assert time.monotonic() < deadline, f"it never came: {what or condition}"
        time.sleep(0.02)
    return given


def pod_token(name: str = "a", seconds: int = 3600, **changes) -> str:
    """A token as a pod has one, signed with nothing that anybody knows."""
    claims = jwt.claims(
        "https://issuer.example", f"system:serviceaccount:ns:{name}", aud=[AUDIENCE],
        exp=int(time.time()) + seconds, **changes,
    )
    head = jwt.part({"alg": "RS256", "kid": "k"})
    return f"{head}.{jwt.part(claims)}.{jwt.encode(f'signature of {name}'.encode())}"


class Agent:
    """A `daypass agent` on free ports. It asks the server at `endpoint` with the credentials in `environment`."""

    def __init__(self, home: Path, endpoint: str, environment: dict | None = None, *options: str, cluster: str = "prod"):
        self.home = home
        self.log_file = home / f"agent-{time.monotonic_ns()}.log"
        self.command = [
            binary(), "agent", "--cluster-name", cluster, "--endpoint", endpoint, "--bind-hosts", "127.0.0.1",
            "--port", "0", "--probe-port", "0", "--metrics-address", "127.0.0.1", "--metrics-port", "0", *options,
        ]
        self.environment = clean_environment(home, {"AWS_REGION": REGION, **(NODE if environment is None else environment)})
        self.process: subprocess.Popen | None = None
        self.ready = ""

    def start(self) -> "Agent":
        """Starts it and waits for the line that tells its ports."""
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True, env=self.environment
            )
        there = threading.Event()
        threading.Thread(target=self._read, args=(self.process, there), daemon=True).start()
        if not there.wait(START_TIMEOUT) or not self.ready:
            self.end()
            raise AssertionError(f"the agent did not start\n{self.log()}")
        self.port, self.probe_port, self.metrics_port = map(int, re.findall(r":(\d+)/", self.ready))
        return self

    def _read(self, process: subprocess.Popen, there: threading.Event) -> None:
        with process.stdout as lines:
            for line in lines:
                if "is ready at" in line:
                    self.ready = line
                    there.set()
        there.set()

    @property
    def url(self) -> str:
        """Where pods ask."""
        return f"http://127.0.0.1:{self.port}/v1/credentials"

    def get(self, token: str | None, path: str = "/v1/credentials", method: str = "GET", **options) -> Answer:
        """One request with these headers, besides `Host` and `Authorization`."""
        headers = dict(options.get("headers") or {})
        if token is not None:
            headers["Authorization"] = token
        return self.send(method, path, list(headers.items()), options.get("body"))

    def send(self, method: str, path: str, headers: list, body: bytes | None = None, port: int | None = None) -> Answer:
        """Sends exactly these headers; `Host` is added unless it is among them."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=30)
        try:
            named = any(name.lower() == "host" for name, _ in headers)
            connection.putrequest(method, path, skip_host=named, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            told = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, told, response.read())
        finally:
            connection.close()

    def probe(self, path: str) -> int:
        """The status of a probe."""
        return self.send("GET", path, [], port=self.probe_port).status

    def metrics(self) -> str:
        """Its metrics, as text."""
        return self.send("GET", "/metrics", [], port=self.metrics_port).text

    def log(self) -> str:
        """What it wrote to standard error."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def logged(self, text: str) -> str:
        """The log, once it has this text."""
        return eventually(lambda: text in (log := self.log()) and log, text)

    def stop(self) -> int:
        """Asks it to stop; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def end(self) -> None:
        """Ends it, whatever it is doing."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


class Pod:
    """A program's environment with a projected token, and nothing else that could be credentials."""

    def __init__(self, agent: Agent, home: Path, token: str, endpoint: str = ""):
        self.token_file = home / f"token-{time.monotonic_ns()}"
        self.token_file.write_text(token)
        self.home = home
        self.environment = clean_environment(home, {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": agent.url,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(self.token_file),
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            **({"AWS_ENDPOINT_URL": endpoint} if endpoint else {}),
        })

    def run(self, *command: str) -> subprocess.CompletedProcess:
        """Runs a program, whatever comes of it."""
        return subprocess.run(
            command, capture_output=True, text=True, timeout=120, cwd=self.home, env=self.environment,
            stdin=subprocess.DEVNULL,
        )

    def aws(self, *arguments: str) -> str:
        """What the `aws` CLI prints; it must succeed."""
        done = self.run("aws", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def python(self, script: str) -> str:
        """What a program with boto3 prints; it must succeed."""
        done = self.run(str(VENV_BIN / "python"), "-c", f"import boto3\n{script}")
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


class StandIn:
    """A service that does what the test wants: refuse, be slow, hand out what expires soon."""

    def __init__(self):
        # The tokens that it was asked with, and the web identities that its STS was.
        self.asked: list[str] = []
        self.identities: list[str] = []
        # How long what it gives lasts, in seconds; of AssumeRoleForPodIdentity and of STS.
        self.life, self.identity_life = 6 * 3600, 3600
        # A status, code and message instead of credentials.
        self.refusal: tuple[int, str, str] | None = None
        self.open = threading.Event()
        self.open.set()
        self._lock = threading.Lock()
        self._connections: list[socket.socket] = []
        self._server: http.server.ThreadingHTTPServer | None = None
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listens, at the same port as before."""
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                outer._connections.append(self.connection)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = outer.answer(self.path, self.headers, body)
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        """Listens no more, and closes the connections that are open."""
        self._server.shutdown()
        self._server.server_close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._connections.clear()

    def answer(self, path: str, headers, body: bytes) -> tuple[int, dict]:
        """One request's status and body."""
        if path == "/":
            return self._web_identity(body.decode())
        assert path == "/clusters/prod/assume-role-for-pod-identity", path
        assert "/eks-auth/aws4_request" in headers["Authorization"], "it is not signed for eks-auth"
        token = json.loads(body)["token"]
        with self._lock:
            self.asked.append(token)
            number = len(self.asked)
        assert self.open.wait(30)
        if self.refusal:
            status, code, message = self.refusal
            return status, {"__type": code, "message": message}
        subject = jwt.payload(token)["sub"].rsplit(":", 1)[1]
        return 200, {
            "subject": {"namespace": "ns", "serviceAccount": subject},
            "audience": AUDIENCE,
            "podIdentityAssociation": {
                "associationArn": "arn:aws:eks:us-east-2:123456789012:podidentityassociation/prod/a-1", "associationId": "a-1",
            },
            "assumedRoleUser": {
                "arn": f"arn:aws:sts::123456789012:assumed-role/{subject}/eks-prod-{number}", "assumeRoleId": f"AROA:{number}",
            },
            "credentials": {
                "accessKeyId": f"ASIASTANDIN{number:05}", "secretAccessKey": SECRET,
                "sessionToken": f"session-of-{subject}-{number}", "expiration": time.time() + self.life,
            },
        }

    def _web_identity(self, form: str) -> tuple[int, dict]:
        self.identities.append(re.search(r"WebIdentityToken=([^&]+)", form)[1])
        return 200, {"AssumeRoleWithWebIdentityResponse": {"AssumeRoleWithWebIdentityResult": {"Credentials": {
            "AccessKeyId": f"ASIANODENODE{len(self.identities):05}", "SecretAccessKey": SECRET,
            "SessionToken": "node", "Expiration": time.time() + self.identity_life,
        }}}}


@contextlib.contextmanager
def standing_in():
    """A stand-in that is stopped at the end."""
    service = StandIn()
    try:
        yield service
    finally:
        service.open.set()
        service.stop()


def expiration(answer: Answer) -> datetime.datetime:
    """When what the agent gave expires."""
    return datetime.datetime.fromisoformat(answer.json["Expiration"].replace("Z", "+00:00"))
