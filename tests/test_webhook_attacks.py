"""The pod identity webhook against hostile pods, service accounts and clients."""

import base64
import json
import re
import resource
import socket
import ssl
import threading
from pathlib import Path

import pytest

from support.kubernetes import Cluster
from support.webhook import PREFIX, token_of, variables

ROLE = "arn:aws:iam::123456789012:role/app"
JSON = {"Content-Type": "application/json"}
MIB = 1024 * 1024


@pytest.fixture
def app(cluster, namespace):
    """A service account with a role, and a pod of it that the webhook has not seen."""
    cluster.service_account(namespace, "app", {f"{PREFIX}/role-arn": ROLE})

    def pod(**spec) -> dict:
        return {"metadata": {"name": "pod"},
                "spec": {"serviceAccountName": "app", "containers": [{"name": "app", "image": "i"}], **spec}}

    return pod


def peak(webhook) -> int:
    """The most memory that the webhook has had, in bytes."""
    status = Path(f"/proc/{webhook.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def review(namespace: str, pod: str) -> bytes:
    """A review whose pod is any text."""
    return (f'{{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":'
            f'{{"uid":"u","namespace":"{namespace}","object":{pod}}}}}').encode()


@pytest.mark.parametrize("shape", ['{"a":0}', "[0]", '{"a":{"b":{"c":{"d":{}}}}}', "{}"])
def test_a_review_takes_no_more_memory_than_the_webhook_has(start_webhook, namespace, app, shape):
    """Whoever can reach the port can send one; an end of the webhook would let pods in without a role."""
    webhook = start_webhook()
    webhook.review(app(), namespace)
    before = peak(webhook)
    many = ",".join([shape] * (7 * MIB // (len(shape) + 1)))
    for pod in (f'{{"spec":{{"x":[{many}]}}}}', f'{{"spec":{{"serviceAccountName":"app","containers":[{many}]}}}}'):
        status, body = webhook.call("POST", "/mutate", review(namespace, pod), JSON)
        assert status == 200
        assert "patch" not in json.loads(body)["response"]
    assert peak(webhook) - before < 100 * MIB
    assert token_of(webhook.patched(app(), namespace))


def test_what_is_added_has_a_bound(start_webhook, cluster, namespace, app):
    """A long annotation for each of many containers would be more than a cluster stores."""
    cluster.service_account(namespace, "long", {f"{PREFIX}/role-arn": "x" * 200_000})
    webhook = start_webhook()
    before = peak(webhook)
    for account in ("app", "long"):
        pod = app(serviceAccountName=account, containers=[{"name": f"c{n}"} for n in range(20_000)])
        answer = webhook.review(pod, namespace)
        assert answer == {"uid": "some-uid", "allowed": True}
        assert webhook.metric("pod_identity_webhook_decisions", outcome="too_large") >= 1
    assert peak(webhook) - before < 100 * MIB
    few = app(serviceAccountName="long", containers=[{"name": f"c{n}"} for n in range(20)])
    assert len(variables(webhook.patched(few, namespace), "c0")["AWS_ROLE_ARN"]) < 2100


@pytest.mark.parametrize("pod", [
    {"spec": {"containers": None, "initContainers": None, "volumes": None}},
    {"metadata": None, "spec": {"containers": [{}, {"name": None, "env": None, "volumeMounts": None}]}},
    {"metadata": {"annotations": None, "labels": None}, "spec": {"containers": [{"name": "a"}, {"name": "a"}]}},
    {"metadata": {"annotations": {f"{PREFIX}/skip-containers": 5, f"{PREFIX}/token-expiration": []}},
     "spec": {"containers": [{"name": "é\u0000\u202e", "env": [5, None, {"name": 5}, {}], "volumeMounts": "x"}]}},
    {"spec": {"containers": {"a": 1}, "nodeSelector": [], "affinity": 7}},
    {"spec": {"containers": [{"name": "a"}], "ephemeralContainers": [{"name": "b", "env": []}]}},
])
def test_pods_of_any_shape_are_answered(start_webhook, namespace, app, pod):
    webhook = start_webhook()
    pod["spec"]["serviceAccountName"] = "app"
    answer = webhook.review(pod, namespace)
    assert answer["allowed"] is True
    for operation in json.loads(base64.b64decode(answer["patch"])):
        assert operation["op"] == "add"
        assert "ephemeral" not in operation["path"]


def test_where_a_pod_has_what_no_pod_can_have_nothing_is_replaced(start_webhook, namespace, app):
    webhook = start_webhook()
    pod = {"spec": {"serviceAccountName": "app", "containers": {"a": 1}, "volumes": {"b": 2}}}
    assert webhook.review(pod, namespace) == {"uid": "some-uid", "allowed": True}
    pod["spec"]["containers"] = [{"name": "a", "env": {}, "volumeMounts": "x"}]
    assert webhook.review(pod, namespace) == {"uid": "some-uid", "allowed": True}


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_an_annotation_cannot_forge_a_line_of_the_log(start_webhook, cluster, namespace, app, log_format):
    """Nor of an event, nor command the terminal of whoever reads either."""
    evil = "x\n2026-11-22T10:00:00Z  INFO forged\r\x1b[31m\u202e"
    cluster.service_account(namespace, "evil", {f"{PREFIX}/role-arn": evil})
    webhook = start_webhook(f"--log-format={log_format}")
    answer = webhook.review(app(serviceAccountName="evil", containers=[{"name": "a\nforged\x1b"}]), namespace)
    [warning] = answer["warnings"]
    webhook.until(lambda: "is given to" in webhook.log())
    events = f"/apis/events.k8s.io/v1/namespaces/{namespace}/events"
    webhook.until(lambda: cluster.request("GET", events)["items"])
    [event] = cluster.request("GET", events)["items"]
    for text in (warning, event["note"], *webhook.log().splitlines()):
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202e]", text)
        assert not text.startswith(("2026-11-22T10:00:00Z", "forged"))
    assert len(warning) <= 256
    # What the pod is given is what the annotation says.
    patched = webhook.patched(app(serviceAccountName="evil"), namespace)
    assert variables(patched)["AWS_ROLE_ARN"] == evil


@pytest.mark.parametrize("other", ["a/../../x", "a?b", "a/secrets/b?c=", "..", "a\nb", "A", "x" * 300, ""])
def test_what_is_no_name_is_not_asked_for(start_webhook, namespace, app, other):
    """It would be part of a URL that the API server is asked with the webhook's rights."""
    webhook = start_webhook()
    webhook.review(app(serviceAccountName=other), namespace)
    webhook.review(app(), other)
    assert webhook.metric("pod_identity_webhook_decisions", outcome="unknown_account") == 2
    assert not [it for it in webhook.records() if it["level"] != "INFO"]


def test_strangers_write_no_events(start_webhook, cluster, namespace, app):
    """Of accounts that aren't there nothing is said, and of one that is only so much."""
    webhook = start_webhook()
    for number in range(40):
        webhook.review(app(serviceAccountName=f"none-{number}"), namespace)
        webhook.review(app(containers=[{"name": f"c{number}"}]), namespace)
    cluster.service_account(namespace, "last", {f"{PREFIX}/role-arn": ROLE})
    webhook.review(app(serviceAccountName="last"), namespace)
    events = f"/apis/events.k8s.io/v1/namespaces/{namespace}/events"

    def of(account: str) -> list[dict]:
        items = cluster.request("GET", events)["items"]
        return [it for it in items if it["regarding"]["name"].startswith(account)]

    webhook.until(lambda: of("last"), timeout=60)
    assert len(of("app")) == 25
    assert of("none") == []


def test_one_address_does_not_take_all_connections(start_webhook, namespace, app):
    """A pod that opens as many as it can would keep API servers out, and pods would start without a role."""
    webhook = start_webhook()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    connections = []
    try:
        for _ in range(1200):
            connections.append(socket.create_connection(("127.0.0.1", webhook.port), source_address=("127.0.0.3", 0)))
        connections[-1].settimeout(30)
        assert connections[-1].recv(1) == b""
        assert token_of(webhook.patched(app(), namespace))
    finally:
        for connection in connections:
            connection.close()


def test_an_idle_connection_is_left_to_the_api_server(start_webhook, cluster):
    """It closes one itself after 90 s; a review that crosses the other end's closing is lost, and not sent again."""
    webhook = start_webhook()
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", webhook.port)) as plain, context.wrap_socket(plain) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: hook\r\n\r\n")
        while not connection.recv(4096).endswith(b"ok"):
            pass
        # The server's own connections are closed after 30 s.
        connection.settimeout(35)
        with pytest.raises(TimeoutError):
            connection.recv(1)


@pytest.mark.skipif(not Path("/proc/net/if_inet6").exists(), reason="there is no IPv6 here")
def test_addresses_of_both_kinds_are_listened_on(start_webhook):
    """Pods and API servers of a cluster may have IPv6 alone."""
    webhook = start_webhook(bind=None)
    for address in ("127.0.0.1", "::1"):
        for port in (webhook.port, webhook.metrics_port):
            socket.create_connection((address, port), timeout=10).close()


class Silent:
    """An API server that accepts connections and says nothing, in place of the cluster's."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.kept = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                self.kept.append(self.listener.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        self.listener.close()
        for connection in self.kept:
            connection.close()


def test_an_api_server_that_says_nothing_is_waited_for_briefly(start_webhook, cluster: Cluster, namespace, app):
    """Look-ups that hang end with their grace period, many at once too: API servers wait for ten seconds."""
    silent = Silent()
    try:
        port = silent.listener.getsockname()[1]
        webhook = start_webhook(f"--kube-api=https://127.0.0.1:{port}", ready=False)
        assert webhook.get("/readyz")[0] == 503
        failed = []

        def ask(number: int) -> None:
            try:
                answer = webhook.review(app(serviceAccountName=f"app-{number}"), namespace)
                assert answer == {"uid": "some-uid", "allowed": True}
            except Exception as error:
                failed.append(error)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed
    finally:
        silent.close()


def test_without_its_rights_pods_are_let_in_and_it_says_what_is_missing(start_webhook, cluster, namespace, app):
    cluster.service_account(namespace, "nobody")
    token = cluster.token(namespace, "nobody", audience=cluster.issuer)
    webhook = start_webhook(kubeconfig=cluster.kubeconfig_of(token, "nobody"), ready=False)
    assert webhook.review(app(), namespace) == {"uid": "some-uid", "allowed": True}
    assert webhook.get("/readyz")[0] == 503
    webhook.until(lambda: 'cannot list resource \\"serviceaccounts\\"' in webhook.log())
    # What it does without its own certificate's rights is to say so and to end.
    with pytest.raises(AssertionError, match='Secret daypass/pod-identity-webhook can.t be read.*cannot get resource'):
        start_webhook("--namespace=daypass", kubeconfig=cluster.kubeconfig_of(token, "nobody"), certificates=None)


SECRET = "/api/v1/namespaces/{}/secrets/pod-identity-webhook"
CONFIGURATION = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/pod-identity-webhook"


@pytest.fixture
def own_certificate(start_webhook, cluster, namespace):
    """A webhook with a certificate of its own, and its configuration."""
    webhook = start_webhook(f"--namespace={namespace}", certificates=None)
    webhook.install(namespace, clientConfig={
        "service": {"name": "pod-identity-webhook", "namespace": namespace, "path": "/mutate"},
    })
    webhook.until(lambda: bundle(cluster))
    yield webhook
    cluster.kubectl("delete", "mutatingwebhookconfiguration", "--all")


def bundle(cluster) -> str:
    """Whom API servers trust."""
    client = cluster.request("GET", CONFIGURATION)["webhooks"][0]["clientConfig"]
    return base64.b64decode(client.get("caBundle", "")).decode()


def test_a_deleted_secret_takes_no_trust_from_the_certificate_in_use(own_certificate, cluster, namespace):
    """For some seconds every replica still shows the one whose authority was in the Secret."""
    before = bundle(cluster)
    cluster.request("DELETE", SECRET.format(namespace))
    own_certificate.until(lambda: bundle(cluster) != before)
    assert before.strip() in bundle(cluster)
    assert bundle(cluster).count("BEGIN CERTIFICATE") == 2


@pytest.mark.parametrize("wrong", ["tls.key", "tls.crt", "ca.crt"])
def test_a_secret_that_somebody_has_spoiled_is_made_anew(own_certificate, start_webhook, cluster, namespace, wrong):
    before = bundle(cluster)
    data = {wrong: base64.b64encode(b"garbage").decode()}
    cluster.kubectl("-n", namespace, "patch", "secret", "pod-identity-webhook", "--type=merge",
                    f"-p={json.dumps({'data': data})}")
    own_certificate.until(lambda: bundle(cluster) != before)
    assert before.strip() in bundle(cluster)
    other = start_webhook(f"--namespace={namespace}", certificates=None)
    assert other.get("/readyz")[0] == 200
