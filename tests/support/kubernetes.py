"""A real Kubernetes API server of the tests' own, with its controllers, on loopback.

There are no nodes: pods stay pending, which is all that admission, tokens and their reviews need.
"""

import base64
import contextlib
import functools
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path

from support.certificates import Authority, Signer
from support.environment import clean_environment
from support.keys import private_pem, public_pem, rsa_key

START_TIMEOUT = 120
_CONTROLLERS = (
    "serviceaccount", "serviceaccount-token", "root-ca-cert-publisher", "namespace", "garbagecollector",
    "clusterrole-aggregation", "deployment", "replicaset", "daemonset", "statefulset", "job",
)


@functools.cache
def binaries() -> Path:
    """The directory of kube-apiserver, kube-controller-manager, etcd, kubectl and helm; built if need be."""
    script = Path(__file__).parents[1] / "kubernetes" / "binaries"
    done = subprocess.run(["bash", script], stdout=subprocess.PIPE, text=True, check=True)
    return Path(done.stdout.strip())


@functools.cache
def minor_version() -> int:
    """The API server's minor version."""
    done = subprocess.run([binaries() / "kube-apiserver", "--version"], capture_output=True, text=True, check=True)
    return int(re.search(r"v1\.(\d+)\.", done.stdout)[1])


class Refused(Exception):
    """An answer of the API server that is an error: `.code`, and `.status` as Kubernetes writes it."""

    def __init__(self, code: int, status: dict):
        super().__init__(f"{code} {status.get('message', status)}")
        self.code, self.status = code, status


class Cluster:
    """A cluster whose API server is its OIDC issuer too, with a certificate that the authority signed.

    `keys` are names: the first one signs service-account tokens, and all of them verify.
    """

    def __init__(self, authority: Authority, *options: str):
        self.authority = authority
        self.options = options
        self.keys = ["first"]
        _sweep()
        # The paths of Unix sockets have room for 107 bytes.
        self.data = Path(tempfile.mkdtemp(prefix=f"dp-kube-{os.getpid()}-", dir="/tmp"))
        # The port stays bound here for as long as the cluster lives, and is shared with the API server, so that
        # nothing else gets it while the API server is stopped.
        self._port = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._port.bind(("127.0.0.1", 0))
        self.port = self._port.getsockname()[1]
        self._processes: dict[str, subprocess.Popen] = {}

    @property
    def provider(self) -> str:
        """Host and port: the name of ARNs and condition keys."""
        return f"localhost:{self.port}"

    @property
    def issuer(self) -> str:
        """The issuer of its tokens, which is also the API server's URL."""
        return f"https://{self.provider}"

    @property
    def ca(self) -> Path:
        """What vouches for the API server's certificate."""
        return self.authority.ca

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.data / "admin.kubeconfig"

    def environment(self) -> dict:
        """Variables for shells that shall find `kubectl` and `helm`, and the cluster as its administrator."""
        own = clean_environment(self.data)
        return {"KUBECONFIG": str(self.kubeconfig), "PATH": f"{binaries()}:{own['PATH']}"}

    # Life

    def start(self) -> "Cluster":
        """Starts everything; the API server is ready, and namespaces get their default service account."""
        try:
            self._write_identities()
            self._start_store()
            self.start_api()
            self._start_controllers()
            self.watch("/api/v1/namespaces/default/serviceaccounts/default", bool)
            self._open_discovery()
        except BaseException:
            self.remove()
            raise
        return self

    def start_api(self) -> None:
        """Starts the API server, with the present `keys`, and waits until it is ready."""
        for name in self.keys:
            if not (self.data / f"{name}.key").exists():
                key = rsa_key()
                self._write(f"{name}.key", private_pem(key).encode())
                self._write(f"{name}.pub", public_pem(key).encode())
        gates = []
        # Tokens that are bound to pods are the rule since 1.21, and cannot be switched off since 1.22.
        if minor_version() < 21:
            gates = ["--feature-gates=BoundServiceAccountTokenVolume=true"]
        self._spawn(
            "kube-apiserver",
            "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", f"--secure-port={self.port}",
            "--permit-port-sharing=true", "--endpoint-reconciler-type=none",
            "--etcd-servers=unix://localhost:1",
            f"--tls-cert-file={self.authority.certificate}", f"--tls-private-key-file={self.authority.key}",
            "--client-ca-file=clients.pem", "--cert-dir=made",
            "--service-cluster-ip-range=10.96.0.0/16", "--authorization-mode=Node,RBAC",
            f"--service-account-issuer={self.issuer}", f"--api-audiences={self.issuer}",
            f"--service-account-jwks-uri={self.issuer}/openid/v1/jwks",
            f"--service-account-signing-key-file={self.keys[0]}.key",
            *(f"--service-account-key-file={name}.pub" for name in self.keys),
            "--service-account-extend-token-expiration=false",
            "--allow-privileged=true", "--profiling=false", *gates, *self.options,
        )
        self._until_ready("kube-apiserver", lambda: self.request("GET", "/readyz"))

    def stop_api(self) -> None:
        """Stops the API server alone; its port refuses connections."""
        # All its state is in the store; asked to stop, it would wait half a minute for those who watch.
        self._end("kube-apiserver")

    def restart_api(self, *keys: str) -> None:
        """Stops the API server and starts it with these keys, or the same."""
        self.stop_api()
        self.keys = list(keys) or self.keys
        self.start_api()

    def remove(self) -> None:
        """Kills everything and removes what it wrote."""
        for program in list(self._processes):
            self._end(program)
        self._port.close()
        shutil.rmtree(self.data, ignore_errors=True)

    def log(self) -> str:
        """What the API server and the controllers wrote."""
        files = [self.data / f"{name}.log" for name in ("kube-apiserver", "kube-controller-manager")]
        return "".join(file.read_text(errors="replace") for file in files if file.exists())

    # Use

    def kubectl(self, *arguments: str, input: str | None = None, kubeconfig: Path | None = None) -> str:
        """What `kubectl` prints, as the administrator unless told; it must succeed."""
        done = self.try_kubectl(*arguments, input=input, kubeconfig=kubeconfig)
        assert done.returncode == 0, f"kubectl {' '.join(map(str, arguments))}\n{done.stderr}"
        return done.stdout

    def try_kubectl(
        self, *arguments: str, input: str | None = None, kubeconfig: Path | None = None
    ) -> subprocess.CompletedProcess:
        """Runs `kubectl`, whatever comes of it."""
        environment = {**self.environment(), "KUBECONFIG": str(kubeconfig or self.kubeconfig)}
        return subprocess.run(
            ["kubectl", *map(str, arguments)], capture_output=True, text=True, timeout=120, input=input or "",
            env=clean_environment(self.data, environment),
        )

    def apply(self, *objects: dict) -> None:
        """Creates or changes objects by `kubectl apply`."""
        listed = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.kubectl("apply", "-f", "-", input=json.dumps(listed))

    def request(self, method: str, path: str, body: dict | None = None, token: str | None = None):
        """One request to the API server, as the administrator unless a bearer token is given."""
        with contextlib.closing(self._connect(as_administrator=token is None)) as connection:
            headers = {"Content-Type": "application/json", "Accept": "application/json, */*"}
            if token is not None:
                headers["Authorization"] = f"Bearer {token}"
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            return _read(answer.status, answer.read())

    def namespace(self, name: str) -> str:
        """A new namespace, once it has its default service account."""
        self.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        self.watch(f"/api/v1/namespaces/{name}/serviceaccounts/default", bool)
        return name

    def service_account(self, namespace: str, name: str, annotations: dict | None = None) -> dict:
        """A new service account."""
        return self.request("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts", {
            "metadata": {"name": name, "annotations": annotations or {}},
        })

    def pod(self, namespace: str, name: str, service_account: str = "default", **spec) -> dict:
        """A new pod, as admission made it; it never runs."""
        return self.request("POST", f"/api/v1/namespaces/{namespace}/pods", {
            "metadata": {"name": name},
            "spec": {
                "serviceAccountName": service_account,
                "containers": [{"name": "app", "image": "registry.invalid/app"}],
                **spec,
            },
        })

    def token(
        self, namespace: str, service_account: str, audience: str = "sts.amazonaws.com", seconds: int = 86400,
        pod: dict | None = None,
    ) -> str:
        """A token by TokenRequest, bound to a pod if one is given."""
        spec = {"audiences": [audience], "expirationSeconds": seconds}
        if pod is not None:
            spec["boundObjectRef"] = {
                "apiVersion": "v1", "kind": "Pod", "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"],
            }
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{service_account}/token"
        asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        return self.request("POST", path, asked)["status"]["token"]

    def delete(self, path: str) -> None:
        """Deletes one object and waits until it is gone."""
        self.request("DELETE", path, {"gracePeriodSeconds": 0})
        self.watch(path, lambda found: found is None)

    def watch(self, path: str, wanted, timeout: float = 60):
        """Waits until `wanted` is true of the object at a path, or of None when there is none; returns it.

        It watches for changes and does not ask again and again.
        """
        collection, _, name = path.rpartition("/")
        selected = f"{collection}?fieldSelector=metadata.name%3D{name}"
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            listed = self.request("GET", selected)
            found = (listed["items"] or [None])[0]
            if wanted(found):
                return found
            version = listed["metadata"]["resourceVersion"]
            for found in self._changes(f"{selected}&watch=1&resourceVersion={version}", deadline):
                if wanted(found):
                    return found
        raise AssertionError(f"{path} did not become so within {timeout} s")

    def kubeconfig_of(self, token: str, name: str = "user") -> Path:
        """A kubeconfig for a bearer token."""
        return self._write_kubeconfig(name, {"token": token})

    # Inside

    def _connect(self, as_administrator: bool, timeout: float = 60) -> http.client.HTTPSConnection:
        context = ssl.create_default_context(cafile=str(self.ca))
        if as_administrator:
            context.load_cert_chain(self.data / "admin.pem", self.data / "admin.key")
        return http.client.HTTPSConnection("localhost", self.port, context=context, timeout=timeout)

    def _changes(self, path: str, deadline: float):
        """The object after each change that is watched; None once it is deleted."""
        left = max(1, int(deadline - time.monotonic()))
        with contextlib.closing(self._connect(True, timeout=left + 5)) as connection:
            connection.request("GET", f"{path}&timeoutSeconds={left}", None, {"Accept": "application/json"})
            answer = connection.getresponse()
            if answer.status != 200:
                _read(answer.status, answer.read())
            for line in answer:
                event = json.loads(line)
                # "Too old resource version": the list is read again.
                if event["type"] == "ERROR":
                    return
                yield None if event["type"] == "DELETED" else event["object"]

    def _write_identities(self) -> None:
        signer = Signer("daypass tests' clients")
        self._write("clients.pem", signer.pem())
        certificate, key = signer.client("admin", "system:masters")
        self._write("admin.pem", certificate)
        self._write("admin.key", key)
        self._write_kubeconfig("admin", {
            "client-certificate-data": _base64(certificate), "client-key-data": _base64(key),
        })

    def _write_kubeconfig(self, name: str, user: dict) -> Path:
        cluster = {"server": self.issuer, "certificate-authority-data": _base64(self.ca.read_bytes())}
        return self._write(f"{name}.kubeconfig", json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "tests",
            "clusters": [{"name": "tests", "cluster": cluster}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": name}}],
        }).encode())

    def _write(self, name: str, content: bytes) -> Path:
        path = self.data / name
        path.touch(mode=0o600)
        path.write_bytes(content)
        return path

    def _start_store(self) -> None:
        # A Unix socket in the cluster's own directory needs no port and lets nobody else in. etcd takes no path,
        # but a name and a number, and makes a socket of that name where it runs.
        client, peer = "unix://localhost:1", "unix://localhost:2"
        self._spawn(
            "etcd", "--name=tests", "--data-dir=etcd", f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}", f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=tests={peer}", "--log-level=warn",
        )

    def _start_controllers(self) -> None:
        minor = minor_version()
        self._spawn(
            "kube-controller-manager",
            "--kubeconfig=admin.kubeconfig", "--leader-elect=false", "--secure-port=0",
            # The plain port went in 1.24.
            *(["--port=0"] if minor < 24 else []),
            f"--controllers={','.join(_CONTROLLERS)}",
            f"--service-account-private-key-file={self.keys[0]}.key", f"--root-ca-file={self.ca}",
            "--kube-api-qps=200", "--kube-api-burst=400",
        )

    def _open_discovery(self) -> None:
        """Lets anybody read the issuer's documents, as clusters do whose tokens are verified elsewhere."""
        path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
        with contextlib.suppress(Refused):
            self.request("POST", path, {
                "metadata": {"name": "issuer-discovery"},
                "roleRef": {
                    "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                    "name": "system:service-account-issuer-discovery",
                },
                "subjects": [{
                    "apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:unauthenticated",
                }],
            })

    def _spawn(self, program: str, *arguments: str) -> None:
        command = [str(binaries() / program), *arguments]
        if shutil.which("setpriv"):
            # It shall not outlive tests that were killed.
            command = ["setpriv", "--pdeathsig", "KILL", "--", *command]
        with (self.data / f"{program}.log").open("ab") as log:
            self._processes[program] = subprocess.Popen(
                command, cwd=self.data, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=clean_environment(self.data),
            )

    def _until_ready(self, program: str, ask) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            try:
                return ask()
            except (OSError, http.client.HTTPException, Refused) as error:
                code = self._processes[program].poll()
                if code is not None or time.monotonic() > deadline:
                    raise AssertionError(f"{program} did not start ({code}): {error}\n{self.log()[-6000:]}") from None
            time.sleep(0.05)

    def _end(self, program: str) -> None:
        process = self._processes.pop(program, None)
        if process is not None:
            process.kill()
            process.wait()


def _read(status: int, body: bytes):
    """An answer's JSON, or its text."""
    try:
        answer = json.loads(body)
    except ValueError:
        answer = body.decode(errors="replace")
    if status >= 400:
        raise Refused(status, answer if isinstance(answer, dict) else {"message": answer})
    return answer


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _sweep() -> None:
    """Removes what clusters of tests that were killed left behind."""
    for directory in Path("/tmp").glob("dp-kube-*"):
        pid = directory.name.split("-")[2]
        if pid.isdigit() and not Path("/proc", pid).exists():
            shutil.rmtree(directory, ignore_errors=True)
