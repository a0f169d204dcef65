"""The pod identity webhook under test, beside a cluster: `daypass webhook` on free ports."""

import base64
import contextlib
import http.client
import json
import re
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from support.environment import clean_environment
from support.kubernetes import Cluster
from support.server import binary

START_TIMEOUT = 60
PREFIX = "eks.amazonaws.com"


class Webhook:
    """A webhook for a cluster. With `certificates` (an authority's files) it serves those, else its own."""

    def __init__(self, cluster: Cluster, *options: str, certificates=None, kubeconfig: Path | None = None,
                 environment: dict | None = None, bind: str | None = "127.0.0.1"):
        self.cluster, self.options, self.certificates = cluster, options, certificates
        self.kubeconfig = kubeconfig or cluster.kubeconfig
        self.environment, self.bind = environment or {}, bind
        self.home = Path(tempfile.mkdtemp(prefix="dp-hook-", dir="/tmp"))
        self.data = self.home
        self.log_file = self.home / "log"
        self.port = self.metrics_port = 0
        self.process: subprocess.Popen | None = None

    def start(self, ready: bool = True) -> "Webhook":
        """Starts it, on the ports that it had before, and waits until it knows the service accounts."""
        command = [
            binary(), "webhook", "--kubeconfig", str(self.kubeconfig),
            "--port", str(self.port), "--metrics-port", str(self.metrics_port), *self.options,
        ]
        if self.bind is not None:
            command.append(f"--bind-address={self.bind}")
        if not any(it.startswith("--log-format") for it in self.options):
            command.append("--log-format=json")
        if self.certificates is not None:
            command += ["--tls-cert", str(self.certificates.certificate), "--tls-key", str(self.certificates.key)]
        if shutil.which("setpriv"):
            command = ["setpriv", "--pdeathsig", "KILL", "--", *command]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True,
                env=clean_environment(self.home, self.environment),
            )
        told, listens = threading.Event(), []
        threading.Thread(target=self._read, args=(self.process, told, listens), daemon=True).start()
        if not told.wait(START_TIMEOUT) or not listens:
            self.kill()
            raise AssertionError(f"the webhook did not start\n{self.log()}")
        if ready:
            self.until(lambda: self.get("/readyz")[0] == 200)
        return self

    def _read(self, process: subprocess.Popen, told: threading.Event, listens: list) -> None:
        with process.stdout as lines:
            for line in lines:
                if ports := re.search(r"https://[^/]+:(\d+)/mutate.*http://[^/]+:(\d+)/metrics", line):
                    self.port, self.metrics_port = int(ports[1]), int(ports[2])
                    listens.append(self.port)
                    told.set()
        told.set()

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Asks it to stop; its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(how)
        code, self.process = self.process.wait(timeout=30), None
        return code

    def remove(self) -> None:
        """Kills it and removes what it wrote."""
        self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def log(self) -> str:
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def records(self, **wanted) -> list[dict]:
        """The log lines that have these members."""
        lines = [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]
        return [line for line in lines if all(line.get(name) == value for name, value in wanted.items())]

    def until(self, true, timeout: float = 30):
        """Waits until something is true, and returns it."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if found := true():
                return found
            time.sleep(0.05)
        raise AssertionError(f"it did not become so within {timeout} s\n{self.log()[-4000:]}")

    # Asking it

    def get(self, path: str) -> tuple[int, str]:
        """A page of the metrics port."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.metrics_port, timeout=10)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def metric(self, name: str, **labels: str) -> float:
        """The value of a metric; 0 if there is none."""
        text = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
        found = re.search(rf"^{name}{re.escape(f'{{{text}}}') if text else ''} (\S+)$", self.get("/metrics")[1], re.M)
        return float(found[1]) if found else 0.0

    def call(self, method: str, path: str, body: bytes | None = None, headers: dict | None = None,
             context: ssl.SSLContext | None = None) -> tuple[int, bytes]:
        """A request to the https port."""
        if context is None:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with contextlib.closing(
            http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=context)
        ) as connection:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def review(self, pod: dict, namespace: str = "ns", version: str = "v1", **request) -> dict:
        """The response to a review of a pod that is being created."""
        review = {
            "apiVersion": f"admission.k8s.io/{version}", "kind": "AdmissionReview",
            "request": {"uid": "some-uid", "namespace": namespace, "operation": "CREATE", "object": pod, **request},
        }
        status, body = self.call("POST", "/mutate", json.dumps(review).encode(), {"Content-Type": "application/json"})
        assert status == 200, body
        answer = json.loads(body)
        assert answer["apiVersion"] == review["apiVersion"]
        assert answer["kind"] == "AdmissionReview"
        assert answer["response"]["uid"] == "some-uid"
        return answer["response"]

    def patched(self, pod: dict, namespace: str = "ns") -> dict:
        """A pod after its review."""
        response = self.review(pod, namespace)
        assert response["allowed"] is True
        if "patch" not in response:
            return pod
        assert response["patchType"] == "JSONPatch"
        return apply(pod, json.loads(base64.b64decode(response["patch"])))

    # In the cluster

    def configuration(self, namespace: str, name: str = "pod-identity-webhook", **more) -> dict:
        """A configuration by URL for the pods of a namespace, which has the label `hook`."""
        client = {"url": f"https://localhost:{self.port}/mutate"}
        if self.certificates is not None:
            client["caBundle"] = base64.b64encode(self.certificates.ca.read_bytes()).decode()
        return {
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": name},
            "webhooks": [{
                "name": "pod-identity-webhook.amazonaws.com", "failurePolicy": "Ignore", "sideEffects": "NoneOnDryRun",
                "admissionReviewVersions": ["v1", "v1beta1"], "clientConfig": client,
                "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}],
                "namespaceSelector": {"matchLabels": {"hook": namespace}},
                "objectSelector": {"matchExpressions": [
                    {"key": "eks.amazonaws.com/skip-pod-identity-webhook", "operator": "DoesNotExist"},
                ]},
                **more,
            }],
        }

    def install(self, namespace: str, name: str = "pod-identity-webhook", **more) -> None:
        """Has the cluster ask it for the pods of a namespace."""
        self.cluster.kubectl("label", "namespace", namespace, f"hook={namespace}", "--overwrite")
        self.cluster.apply(self.configuration(namespace, name, **more))

    def in_force(self, namespace: str) -> None:
        """Waits until the API server asks it: a configuration takes a moment."""
        probe = {"metadata": {"name": "probe", "namespace": namespace},
                 "spec": {"containers": [{"name": "a", "image": "i"}]}}
        asked = self.metric("http_request_count", code="200", path="/mutate", verb="POST")

        def reached() -> bool:
            self.cluster.request("POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All", probe)
            return self.metric("http_request_count", code="200", path="/mutate", verb="POST") > asked

        self.until(reached)


def apply(pod: dict, operations: list[dict]) -> dict:
    """Applies the `add` operations of a patch (RFC 6902), as an API server does."""
    pod = json.loads(json.dumps(pod))
    for operation in operations:
        assert operation["op"] == "add"
        *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
        at = pod
        for part in parents:
            at = at[int(part)] if isinstance(at, list) else at[part]
        if isinstance(at, dict):
            at[last] = operation["value"]
        elif last == "-":
            at.append(operation["value"])
        else:
            at.insert(int(last), operation["value"])
    return pod


def variables(pod: dict, container: str = "app") -> dict:
    """A container's variables."""
    spec = pod["spec"]
    found = next(it for it in spec["containers"] + spec.get("initContainers", []) if it["name"] == container)
    return {it["name"]: it.get("value", it.get("valueFrom")) for it in found.get("env", [])}


def token_of(pod: dict, volume: str = "aws-iam-token") -> dict | None:
    """What is projected by a volume."""
    found = [it for it in pod["spec"].get("volumes", []) if it["name"] == volume]
    return found[0]["projected"]["sources"][0]["serviceAccountToken"] if found else None
