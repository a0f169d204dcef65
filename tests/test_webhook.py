"""The pod identity webhook, asked by hand: its rules, ports and files."""

import http.server
import json
import signal
import threading

import pytest

from support.webhook import PREFIX, token_of, variables

ROLE = "arn:aws:iam::123456789012:role/app"
MOUNT = "/var/run/secrets/eks.amazonaws.com/serviceaccount"


def pod(service_account: str = "app", annotations: dict | None = None, **container) -> dict:
    return {
        "metadata": {"generateName": "app-", "annotations": annotations or {}},
        "spec": {"serviceAccountName": service_account,
                 "containers": [{"name": "app", "image": "i", **container}]},
    }


@pytest.fixture
def app(cluster, namespace):
    """A namespace with a service account `app` that has a role."""
    cluster.service_account(namespace, "app", {f"{PREFIX}/role-arn": ROLE})
    return namespace


def test_a_pod_gets_role_token_and_mount(start_webhook, cluster, app):
    after = start_webhook().patched(pod(), app)
    assert variables(after) == {"AWS_ROLE_ARN": ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": f"{MOUNT}/token"}
    assert token_of(after) == {"audience": "sts.amazonaws.com", "expirationSeconds": 86400, "path": "token"}
    assert after["spec"]["containers"][0]["volumeMounts"] == [
        {"name": "aws-iam-token", "readOnly": True, "mountPath": MOUNT}
    ]


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_both_versions_of_reviews_are_answered(start_webhook, app, version):
    response = start_webhook().review(pod(), app, version=version)
    assert response["allowed"] is True
    assert response["patchType"] == "JSONPatch"


def test_flags_and_annotations(start_webhook, cluster, app):
    cluster.service_account(app, "own", {
        f"{PREFIX}/role-arn": ROLE, f"{PREFIX}/audience": "mine", f"{PREFIX}/token-expiration": "7200",
        f"{PREFIX}/sts-regional-endpoints": "false", f"{PREFIX}/endpoint-url": "https://other:1",
        f"{PREFIX}/ca-bundle-config-map": "trust/bundle.pem",
    })
    webhook = start_webhook(
        "--aws-default-region=eu-central-1", "--sts-regional-endpoint", "--token-expiration=60",
        "--token-audience=someone", "--token-mount-path=/elsewhere", "--role-session-name",
        "--aws-endpoint-url=https://daypass.internal", "--aws-ca-bundle-config-map=kube-root-ca.crt",
    )
    after = webhook.patched(pod(), app)
    ca = "/var/run/secrets/eks.amazonaws.com/ca/ca.crt"
    assert list(variables(after).items()) == [
        ("AWS_STS_REGIONAL_ENDPOINTS", "regional"), ("AWS_DEFAULT_REGION", "eu-central-1"),
        ("AWS_REGION", "eu-central-1"), ("AWS_ROLE_ARN", ROLE), ("AWS_WEB_IDENTITY_TOKEN_FILE", "/elsewhere/token"),
        ("AWS_ENDPOINT_URL", "https://daypass.internal"), ("AWS_CA_BUNDLE", ca),
        ("AWS_ROLE_SESSION_NAME", {"fieldRef": {"fieldPath": "metadata.name"}}),
    ]
    assert token_of(after) == {"audience": "someone", "expirationSeconds": 600, "path": "token"}
    own = webhook.patched(pod("own", {f"{PREFIX}/token-expiration": "3600"}), app)
    assert variables(own)["AWS_ENDPOINT_URL"] == "https://other:1"
    assert "AWS_STS_REGIONAL_ENDPOINTS" not in variables(own)
    assert token_of(own) == {"audience": "mine", "expirationSeconds": 3600, "path": "token"}
    trust = next(it for it in own["spec"]["volumes"] if it["name"] == "aws-ca-bundle")
    assert trust["configMap"] == {"name": "trust", "items": [{"key": "bundle.pem", "path": "ca.crt"}]}


def test_other_annotations_by_prefix(start_webhook, cluster, app):
    cluster.service_account(app, "ours", {"iam.example.com/role-arn": ROLE})
    webhook = start_webhook("--annotation-prefix=iam.example.com")
    assert variables(webhook.patched(pod("ours"), app))["AWS_ROLE_ARN"] == ROLE
    assert variables(webhook.patched(pod(), app)) == {}


def test_what_a_pod_has_is_kept(start_webhook, app):
    """Fields that this version knows nothing of, native sidecars among them, stay as they are."""
    before = pod(annotations={f"{PREFIX}/skip-containers": "helper"}, env=[{"name": "AWS_REGION", "value": "here"}])
    before["spec"]["initContainers"] = [
        {"name": "mesh", "image": "i", "restartPolicy": "Always", "fieldOfTomorrow": {"a": [1]}},
        {"name": "helper", "image": "i"},
    ]
    before["spec"]["somethingNew"] = {"deep": [None, {"er": True}]}
    after = start_webhook("--aws-default-region=there").patched(before, app)
    assert variables(after)["AWS_REGION"] == "here" and "AWS_DEFAULT_REGION" not in variables(after)
    mesh, helper = after["spec"]["initContainers"]
    assert variables(after, "mesh")["AWS_ROLE_ARN"] == ROLE
    assert helper == {"name": "helper", "image": "i"}
    assert {name: mesh[name] for name in ("restartPolicy", "fieldOfTomorrow")} == {
        "restartPolicy": "Always", "fieldOfTomorrow": {"a": [1]},
    }
    assert after["spec"]["somethingNew"] == before["spec"]["somethingNew"]


def test_a_service_account_without_a_role_changes_nothing(start_webhook, namespace):
    webhook = start_webhook()
    assert webhook.review(pod("default"), namespace) == {"uid": "some-uid", "allowed": True}
    [line] = webhook.until(lambda: webhook.records(namespace=namespace, outcome="no_role"))
    assert f"kubectl -n {namespace} annotate serviceaccount default {PREFIX}/role-arn=ARN" in line["message"]
    assert webhook.metric("pod_identity_webhook_decisions", outcome="no_role") == 1


def test_an_unknown_service_account_changes_nothing_and_is_counted(start_webhook, namespace):
    webhook = start_webhook()
    assert webhook.review(pod("nobody"), namespace) == {"uid": "some-uid", "allowed": True}
    assert webhook.metric("pod_identity_webhook_missing_sa_count") == 1
    [line] = webhook.until(lambda: webhook.records(namespace=namespace, outcome="unknown_account"))
    assert f"{namespace}/nobody is not known" in line["message"]


def test_a_role_that_is_none_is_given_with_a_warning(start_webhook, cluster, namespace):
    cluster.service_account(namespace, "app", {f"{PREFIX}/role-arn": "just-a-name"})
    webhook = start_webhook()
    response = webhook.review(pod(), namespace)
    assert "`just-a-name` is not the ARN of a role" in response["warnings"][0]
    assert "warnings" not in webhook.review(pod(), namespace, version="v1beta1")


def test_an_annotation_counts_as_soon_as_the_watch_tells(start_webhook, cluster, namespace):
    cluster.service_account(namespace, "app")
    webhook = start_webhook()
    assert variables(webhook.patched(pod(), namespace)) == {}
    cluster.kubectl("annotate", "serviceaccount", "-n", namespace, "app", f"{PREFIX}/role-arn={ROLE}")
    webhook.until(lambda: variables(webhook.patched(pod(), namespace)).get("AWS_ROLE_ARN") == ROLE)
    cluster.kubectl("annotate", "serviceaccount", "-n", namespace, "app", f"{PREFIX}/role-arn-")
    webhook.until(lambda: variables(webhook.patched(pod(), namespace)) == {})
    cluster.delete(f"/api/v1/namespaces/{namespace}/serviceaccounts/app")
    webhook.until(lambda: webhook.review(pod(), namespace) and webhook.records(outcome="unknown_account"))


def test_roles_of_a_config_map(start_webhook, cluster, namespace):
    """They come after annotations; `*` is any namespace; a broken text changes nothing; deletion ends them."""
    cluster.service_account(namespace, "app")
    cluster.service_account(namespace, "annotated", {f"{PREFIX}/role-arn": ROLE})
    webhook = start_webhook("--watch-config-map", f"--namespace={namespace}")

    def write(text: str) -> None:
        cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "data": {"config": text},
                       "metadata": {"name": "pod-identity-webhook", "namespace": namespace}})

    def role(name: str = "app"):
        return variables(webhook.patched(pod(name), namespace)).get("AWS_ROLE_ARN")

    assert role() is None
    write(json.dumps({f"{namespace}/app": {"RoleARN": "arn:one"}, "*/annotated": {"RoleARN": "arn:two"},
                      "*/gone": {"RoleARN": "arn:three", "TokenExpiration": 900}}))
    webhook.until(lambda: role() == "arn:one")
    assert role("annotated") == ROLE
    unknown = webhook.patched(pod("gone"), namespace)
    assert variables(unknown)["AWS_ROLE_ARN"] == "arn:three" and token_of(unknown)["expirationSeconds"] == 900
    write("{")
    webhook.until(lambda: "the ConfigMap pod-identity-webhook is wrong" in webhook.log())
    assert role() == "arn:one"
    cluster.kubectl("delete", "configmap", "-n", namespace, "pod-identity-webhook")
    webhook.until(lambda: role() is None)


def test_pod_identity_by_a_file(start_webhook, cluster, app, home):
    """Whoever is listed gets the agent's URL; the file is read whenever it changes."""
    listed = home / "identities.json"
    webhook = start_webhook(f"--watch-container-credentials-config={listed}")
    assert variables(webhook.patched(pod(), app))["AWS_ROLE_ARN"] == ROLE
    listed.write_text(json.dumps({"identities": [{"namespace": app, "serviceAccount": "app"}]}))
    webhook.until(lambda: "AWS_CONTAINER_CREDENTIALS_FULL_URI" in variables(webhook.patched(pod(), app)))
    after = webhook.patched(pod(), app)
    mount = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount"
    assert variables(after) == {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": f"{mount}/eks-pod-identity-token",
    }
    token = token_of(after, "eks-pod-identity-token")
    assert token["audience"] == "pods.eks.amazonaws.com"
    assert 79_200 <= token["expirationSeconds"] <= 86_400
    assert after["metadata"]["labels"] == {"eks.amazonaws.com/pod-identity": "enabled"}
    listed.write_text("{")
    webhook.until(lambda: "a changed file can't be used" in webhook.log())
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI" in variables(webhook.patched(pod(), app))
    listed.unlink()
    webhook.until(lambda: "AWS_ROLE_ARN" in variables(webhook.patched(pod(), app)))
    assert webhook.metric("pod_identity_webhook_pod_count", method="container_credentials") >= 2


class Metadata(http.server.BaseHTTPRequestHandler):
    """An EC2 instance's metadata service, as far as it is asked."""

    def do_PUT(self):
        self.answer(b"a-token")

    def do_GET(self):
        assert self.headers["x-aws-ec2-metadata-token"] == "a-token"
        self.answer(json.dumps({"accountId": "111122223333", "region": "us-gov-west-1"}).encode())

    def answer(self, body: bytes):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_role_names_become_arns(start_webhook, cluster, namespace):
    cluster.service_account(namespace, "app", {f"{PREFIX}/role-arn": "team/app"})
    webhook = start_webhook("--compose-role-arn", "--account-id=123456789012")
    assert variables(webhook.patched(pod(), namespace))["AWS_ROLE_ARN"] == "arn:aws:iam::123456789012:role/team/app"
    with http.server.HTTPServer(("127.0.0.1", 0), Metadata) as metadata:
        threading.Thread(target=metadata.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{metadata.server_port}"
        webhook = start_webhook("--compose-role-arn", environment={"AWS_EC2_METADATA_SERVICE_ENDPOINT": url})
        metadata.shutdown()
    found = variables(webhook.patched(pod(), namespace))
    assert found["AWS_ROLE_ARN"] == "arn:aws-us-gov:iam::111122223333:role/team/app"
    assert found["AWS_REGION"] == "us-gov-west-1"


def test_without_an_instance_an_account_has_to_be_named(start_webhook):
    nowhere = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1"}
    with pytest.raises(AssertionError, match="name them with --account-id and --aws-default-region"):
        start_webhook("--compose-role-arn", environment=nowhere)


def test_what_is_no_review_is_refused(start_webhook):
    webhook = start_webhook()
    json_type = {"Content-Type": "application/json"}
    status, body = webhook.call("POST", "/mutate", b"{}", {"Content-Type": "application/json; charset=utf-8"})
    assert (status, body) == (415, b"Invalid Content-Type, expected `application/json`\n")
    for text, message in [(b"", "bad content"), (b"{}", "bad content"), (b"{", "EOF")]:
        status, body = webhook.call("POST", "/mutate", text, json_type)
        response = json.loads(body)["response"]
        assert (status, response["allowed"]) == (200, False)
        assert message in response["status"]["message"]
    assert webhook.call("POST", "/mutate", b" " * (8 * 1024 * 1024 + 1), json_type)[0] == 413
    assert webhook.call("GET", "/elsewhere")[0] == 404
    assert webhook.call("GET", "/healthz") == (200, b"ok")
    assert webhook.metric("http_request_count", verb="POST", path="/mutate", code="415") == 1
    assert webhook.metric("http_request_latencies_count", verb="POST", path="/mutate") == 5
    assert webhook.metric("http_request_duration_microseconds_count", verb="POST", path="/mutate") == 5


def test_pages_for_debugging(start_webhook, app):
    assert start_webhook().get("/debug/alpha/cache")[0] == 404
    webhook = start_webhook("--enable-debugging-handlers")
    known = json.loads(webhook.get("/debug/alpha/cache")[1])
    assert known[f"{app}/app"]["RoleARN"] == ROLE
    assert webhook.get("/debug/alpha/cache/clear")[0] == 200
    assert json.loads(webhook.get("/debug/alpha/cache")[1]) == {}
    assert variables(webhook.patched(pod(), app))["AWS_ROLE_ARN"] == ROLE, "it is looked up"
    assert webhook.call("GET", "/debug/alpha/500")[0] == 500
    body = json.dumps({"request": {"uid": "u"}}).encode()
    denied = json.loads(webhook.call("POST", "/debug/alpha/deny", body)[1])
    assert denied["response"]["allowed"] is False and denied["response"]["uid"] == "u"


def test_it_stops_when_asked(start_webhook, app):
    """Asked by SIGTERM it answers for a while longer, because API servers go on asking; it is not ready then."""
    webhook = start_webhook("--shutdown-delay=2s")
    webhook.process.terminate()
    webhook.until(lambda: webhook.get("/readyz")[0] == 503)
    assert variables(webhook.patched(pod(), app))["AWS_ROLE_ARN"] == ROLE
    assert webhook.process.wait(timeout=30) == 0
    assert "stopped" in webhook.log(), "all lines are written before it ends"


def test_a_person_stops_it_at_once(start_webhook):
    webhook = start_webhook("--shutdown-delay=1h")
    webhook.process.send_signal(signal.SIGINT)
    assert webhook.process.wait(timeout=30) == 0
