"""`daypass status` and `daypass test identity`: what is wrong, and the next command."""

import base64
import contextlib
import datetime
import http.client
import http.server
import json
import re
import signal
import threading
from email.utils import format_datetime
from urllib.parse import urlsplit

import pytest

from support import jwt
from support.site import CONFIGURATION

ALL = {"server", "clock", "cluster", "cluster's clock", "provider", "keys", "webhook", "CA bundle", "webhook's pods",
       "admission", "pod's endpoint", "agent"}


@pytest.fixture
def known(site, outside_webhook):
    """A cluster that is registered, with its webhook."""
    site.create(outside_webhook)
    return site


def failed(found: dict) -> dict:
    return {name: it for name, it in found.items() if it["outcome"] == "failed"}


def test_a_cluster_in_order(known):
    found = known.status("--cluster", known.name)
    assert set(found) == ALL and failed(found) == {}
    assert {name for name, it in found.items() if it["outcome"] == "skipped"} == {"webhook's pods", "agent"}
    # The only cluster need not be named.
    text = known.ok("status")
    assert f"✓ cluster: {known.name} at {known.cluster.issuer} answers" in text
    # Of one that there is, or else of one that is made for it: tests before this one may have left some.
    assert re.search(r"^✓ admission: a new pod of (a service account with a role|\S+/\S+) gets its role and a token$", text, re.M)
    assert known.leftovers() == []


def test_a_server_without_clusters_and_one_that_is_not_there(site, home):
    found = site.status()
    assert found["cluster"]["outcome"] == "skipped" and "daypass create cluster --name NAME" in found["cluster"]["text"]
    told = site.fails("status", "--cluster", "absent")
    assert "✗ cluster: no cluster `absent` is registered\n  next: daypass create cluster --name absent" in told
    site.server.kill()
    told = site.fails("status")
    assert "✗ server: " in told and "\n  next: daypass serve" in told


def test_a_provider_without_the_audience(known):
    known.admin.iam.remove_client_id_from_open_id_connect_provider(
        OpenIDConnectProviderArn=known.provider_arn, ClientID="sts.amazonaws.com")
    found = failed(known.status())
    assert found["provider"]["next"] == (
        "aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn "
        f"{known.provider_arn} --client-id sts.amazonaws.com")
    told = known.fails("test", "identity", "--cluster", known.name)
    assert "✗ session: InvalidIdentityToken: Incorrect token audience\n  next: aws iam add-client-id-to" in told
    assert known.leftovers() == []


def test_no_provider_at_all(known):
    known.admin.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=known.provider_arn)
    found = failed(known.status())
    assert found["provider"]["next"] == f"daypass create cluster --name {known.name} --data {known.server.data}"
    told = known.fails("test", "identity", "--cluster", known.name)
    assert f"next: daypass create cluster --name {known.name}" in told


def test_keys_of_another_cluster(known, home):
    known.server.command(
        "oidc", "push-keys", "--provider-arn", known.provider_arn,
        input=json.dumps({"keys": [jwt.Key("RS256", "another").jwk()]}))
    found = failed(known.status())
    assert "these of the cluster are not among them" in found["keys"]["text"]
    told = known.fails("test", "identity", "--cluster", known.name)
    assert "✗ session: InvalidIdentityToken: Couldn't retrieve verification key" in told
    # The next command is one that works as it is printed.
    known.follow(f"eval \"$(daypass credentials --data {known.server.data})\"\n{found['keys']['next']}", home)
    assert failed(known.status()) == {}


def test_an_issuer_that_does_not_answer(own_cluster, site):
    """Discovery is closed to everybody, so that the server can't fetch keys that it has not seen."""
    site.cluster = own_cluster
    site.provider_arn = f"arn:aws:iam::123456789012:oidc-provider/{own_cluster.provider}"
    site.ok("create", "cluster", "--name", site.name, "--no-webhook")
    own_cluster.kubectl("delete", "clusterrolebinding", "issuer-discovery")
    own_cluster.restart_api("second", "first")
    site.server.kill()
    site.server.restart()
    found = failed(site.status())
    assert found["keys"]["text"].startswith("the server can't verify a token: ")
    assert "| daypass oidc push-keys --provider-arn" in found["keys"]["next"]
    assert "✓ keys: 2 keys were pushed" in site.ok("create", "cluster", "--name", site.name, "--no-webhook")
    assert "keys" not in failed(site.status())


def test_a_webhook_that_is_not_installed(known):
    known.cluster.kubectl("delete", "mutatingwebhookconfiguration", "pod-identity-webhook")
    found = failed(known.status())
    assert found["webhook"]["text"].startswith("there is no MutatingWebhookConfiguration")
    assert found["webhook"]["next"].startswith(f"daypass create cluster --name {known.name}")


def test_a_webhook_that_does_not_answer(known, outside_webhook):
    outside_webhook.kill()
    found = failed(known.status())
    assert set(found) == {"admission"}
    assert "the webhook does not answer" in found["admission"]["text"]
    assert "failed calling webhook" in found["admission"]["text"]
    assert re.fullmatch(r"curl -k https://localhost:\d+/healthz", found["admission"]["next"])
    told = known.fails("test", "identity", "--cluster", known.name)
    assert f"✗ pod: a new one gets neither role nor token: the webhook does not answer\n  next: daypass status --cluster {known.name}" in told
    # The rest of the way is in order, and everything was cleaned up.
    assert "✓ session: " in told and "✓ other audience: " in told and "✓ clean-up: " in told
    assert known.leftovers() == []


def test_admission_is_tried_where_the_webhook_is_for(known, name):
    """A service account of a namespace that the configuration leaves out says nothing of the webhook."""
    left_out, taken = f"a-{name}", f"b-{name}"
    for namespace in (left_out, taken):
        known.cluster.namespace(namespace)
        known.cluster.service_account(
            namespace, "app", {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/app"})
    known.cluster.kubectl("label", "namespace", taken, f"only={name}")

    def select(wanted: str) -> None:
        known.cluster.kubectl(
            "patch", "mutatingwebhookconfiguration", "pod-identity-webhook", "--type=json", "-p", json.dumps([
                {"op": "add", "path": "/webhooks/0/namespaceSelector", "value": {"matchLabels": {"only": wanted}}},
            ]))

    select(name)
    assert f"a new pod of {taken}/app gets its role and a token" in known.status()["admission"]["text"]
    select("nobody")
    found = known.status()["admission"]
    assert found["outcome"] == "failed" and "its namespaceSelector leaves all out" in found["text"]
    for namespace in (left_out, taken):
        known.cluster.kubectl("delete", "namespace", namespace, "--wait=false")


def test_admission_is_not_tried_where_nothing_new_may_be(known, name):
    """A namespace that is being deleted takes no pod, whatever the webhook does: others are asked."""
    ending = known.cluster.namespace(f"a-{name}")
    known.cluster.service_account(ending, "app", {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/app"})
    held = ["daypass.example/held"]
    for kind, it in (("serviceaccount", "app"), ("namespace", ending)):
        known.cluster.kubectl("patch", kind, it, "-n", ending, "--type=merge", "-p", json.dumps({"metadata": {"finalizers": held}}))
    known.cluster.kubectl("delete", "namespace", ending, "--wait=false")
    try:
        found = known.status()["admission"]
        assert found["outcome"] == "passed" and ending not in found["text"], found
        # Whoever asks for such a place by name is told why, and not that a right is missing.
        told = known.fails("test", "identity", "--cluster", known.name, "--namespace", ending)
        assert "because it is being terminated" in told and "can-i" not in told
    finally:
        for kind, it in (("serviceaccount", "app"), ("namespace", ending)):
            known.cluster.kubectl("patch", kind, it, "-n", ending, "--type=merge", "-p", json.dumps({"metadata": {"finalizers": []}}))


def test_a_webhook_that_does_not_say_where_the_server_is(site, module_cluster, start_webhook):
    site.create(start_webhook(of=module_cluster))
    found = failed(site.status())
    assert set(found) == {"pod's endpoint"}
    assert found["pod's endpoint"]["text"].endswith("no AWS_ENDPOINT_URL: its SDK sends its token to AWS itself")
    assert found["pod's endpoint"]["next"].startswith("restart the webhook with --aws-endpoint-url URL, or for one")
    told = site.fails("test", "identity", "--cluster", site.name)
    assert "✓ pod: " in told and "✗ pod's endpoint: " in told and "✓ clean-up: " in told
    site.ok("create", "iamserviceaccount", "--cluster", site.name, "--namespace", site.name, "--name", "app")
    module_cluster.kubectl(
        "annotate", "serviceaccount", "-n", site.name, "app", "eks.amazonaws.com/endpoint-url=https://daypass.example")
    told = site.ok("test", "identity", "--cluster", site.name, "--namespace", site.name, "--service-account", "app")
    assert "✓ pod's endpoint: a new one is told to ask https://daypass.example\n" in told
    module_cluster.kubectl("delete", "serviceaccount", "-n", site.name, "app")


def test_a_certificate_that_nobody_vouches_for(known, own_cluster):
    other = own_cluster.data / "clients.pem"
    known.cluster.kubectl("patch", "mutatingwebhookconfiguration", "pod-identity-webhook", "--type=json", "-p", json.dumps([
        {"op": "replace", "path": "/webhooks/0/clientConfig/caBundle", "value": base64.b64encode(
            other.read_bytes()).decode()}]))
    found = failed(known.status())
    assert found["CA bundle"]["text"].startswith("it does not vouch for the certificate of https://localhost:")
    assert "--webhook-ca-bundle FILE" in found["CA bundle"]["text"]


def test_another_cluster_than_the_registered_one(known, own_cluster):
    kubeconfig = ("--kubeconfig", str(own_cluster.kubeconfig))
    found = failed(known.status(*kubeconfig))
    assert "is registered with the issuer" in found["cluster"]["text"] and "--context" in found["cluster"]["text"]
    assert found["cluster"]["next"] == "kubectl config get-contexts"
    for words in (
        ("test", "identity", "--cluster", known.name, *kubeconfig),
        ("delete", "cluster", "--name", known.name, *kubeconfig),
        ("create", "iamserviceaccount", "--cluster", known.name, "--name", "app", *kubeconfig),
    ):
        assert "--context" in known.fails(*words)
    assert known.provider()


class Late:
    """What is between the command and the server, has another date, and may be told of requests before the server is."""

    def __init__(self, url: str, ahead: datetime.timedelta = datetime.timedelta(), arrived=lambda body: None):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                parts = urlsplit(url)
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                arrived(body)
                connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
                with contextlib.closing(connection):
                    connection.request(self.command, self.path, body, dict(self.headers))
                    answer = connection.getresponse()
                    content = answer.read()
                self.send_response_only(answer.status)
                self.send_header("Date", format_datetime(datetime.datetime.now(datetime.UTC) + ahead, usegmt=True))
                self.send_header("Content-Type", answer.getheader("Content-Type"))
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def test_a_clock_that_is_off(site):
    late = Late(site.server.url, datetime.timedelta(minutes=4))
    try:
        environment = {"AWS_ENDPOINT_URL": late.url, **site.server.administrator.environment()}
        told = site.fails("status", environment=environment)
        # A `Date` has whole seconds.
        assert re.search("✗ clock: the server's is (239|240) s ahead of this machine's\n  next: timedatectl", told), told
    finally:
        late.close()


def test_an_agent_is_looked_at_where_there_is_one(known):
    known.cluster.namespace(known.name)
    labels = {"app.kubernetes.io/name": "daypass-agent"}
    known.cluster.apply({
        "apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": "daypass-agent", "namespace": known.name, "labels": labels},
        "spec": {"selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels}, "spec": {"containers": [{"name": "agent", "image": "i.invalid/i"}]}}},
    })
    # There are no nodes, so that none lacks one.
    assert known.status()["agent"]["text"] == f"{known.name}/daypass-agent: 0 of 0 are ready"
    known.cluster.delete(f"/apis/apps/v1/namespaces/{known.name}/daemonsets/daypass-agent")
    assert known.status()["agent"]["outcome"] == "skipped"


def test_identities_in_order_and_nothing_is_left(known):
    told = known.ok("test", "identity", "--cluster", known.name)
    subjects = [line.split(":")[0] for line in told.splitlines()]
    assert subjects == [f"✓ {it}" for it in (
        "token", "session", "allowed call", "refused call", "other service account", "other audience", "pod",
        "pod's endpoint", "clean-up")]
    assert known.leftovers() == []
    known.ok("create", "iamserviceaccount", "--cluster", known.name, "--namespace", known.name, "--name", "app")
    told = known.ok("test", "identity", "--cluster", known.name, "--namespace", known.name, "--service-account", "app")
    assert "✓ pod: a new one gets AWS_ROLE_ARN=" in told
    told = known.fails("test", "identity", "--cluster", known.name, "--service-account", "absent")
    assert "next: daypass create iamserviceaccount --cluster" in told


def test_an_interrupted_test_cleans_up(known, outside_webhook):
    # A webhook that is stopped keeps the last step waiting.
    outside_webhook.process.send_signal(signal.SIGSTOP)
    command = known.start("test", "identity", "--cluster", known.name)
    try:
        known.cluster.watch(CONFIGURATION, bool)
        outside_webhook.until(known.leftovers)
        command.send_signal(signal.SIGINT)
        told, _ = command.communicate(timeout=60)
    finally:
        outside_webhook.process.send_signal(signal.SIGCONT)
        command.kill()
        command.wait()
    assert command.returncode == 1 and "✗ test: it was interrupted" in told and "✓ clean-up: " in told
    assert known.leftovers() == []


@pytest.mark.parametrize("action", ["CreateRole", "PutRolePolicy", "AssumeRoleWithWebIdentity", "ListRoles"])
def test_an_interrupt_at_any_call_leaves_nothing(known, action):
    commands, another = [], threading.Event()
    interrupted = False

    def arrived(body: bytes) -> None:
        nonlocal interrupted
        if interrupted:
            another.set()
        elif f"Action={action}&".encode() in body + b"&":
            interrupted = True
            commands[0].send_signal(signal.SIGINT)
            # A clean-up that didn't wait for this call would be here now, before the call is.
            another.wait(1)

    between = Late(known.server.url, arrived=arrived)
    environment = {"AWS_ENDPOINT_URL": between.url, **known.server.administrator.environment()}
    commands.append(known.start("test", "identity", "--cluster", known.name, environment=environment))
    try:
        told, _ = commands[0].communicate(timeout=60)
    finally:
        commands[0].kill()
        commands[0].wait()
        between.close()
    assert interrupted, told
    assert commands[0].returncode == 1 and "✗ test: it was interrupted" in told and "✓ clean-up: " in told, told
    assert known.leftovers() == []


def test_a_missing_right_in_the_cluster_is_what_comes_next(known):
    """And so are credentials that are not good."""
    known.cluster.namespace(known.name)
    token = known.cluster.token(known.name, "default", audience=known.cluster.issuer)
    kubeconfig = known.cluster.kubeconfig_of(token, known.name)
    found = failed(known.status("--kubeconfig", str(kubeconfig)))
    kubectl = f"kubectl --kubeconfig {kubeconfig} auth can-i"
    assert found["keys"]["next"] == f"{kubectl} create serviceaccounts/token -n default"
    assert found["webhook"]["next"] == f"{kubectl} list mutatingwebhookconfigurations.admissionregistration.k8s.io -A"
    # Both are commands as they are, which tell that the right is missing.
    for check in ("keys", "webhook"):
        words = found[check]["next"].split()[1:]
        with pytest.raises(AssertionError, match="auth can-i"):
            known.cluster.kubectl(*words)

    environment = {"AWS_ENDPOINT_URL": known.server.url, "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
                   "AWS_SECRET_ACCESS_KEY": "wrong"}
    told = known.fails("status", environment=environment)
    assert "✗ server: InvalidClientTokenId: " in told and "  next: eval \"$(daypass credentials" in told
