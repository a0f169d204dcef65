"""The chart and the plain manifests in a real cluster: taken by its API server, and the rights that they give."""

import base64
import copy
import json
import re
import socket
import ssl
import subprocess
import threading

import pytest

from support.chart_values import VALUES
from support.environment import clean_environment
from support.kubernetes import Refused, minor_version
from support.manifests import AGENT, CHART, CLUSTER_WIDE, helm, of_kind, plain, render
from support.server import binary

# Fields of SecurityContextConstraints that OpenShift's own definition demands.
SCC_FIELDS = {
    **dict.fromkeys((
        "allowHostDirVolumePlugin", "allowHostIPC", "allowHostNetwork", "allowHostPID", "allowHostPorts",
        "allowPrivilegedContainer", "readOnlyRootFilesystem",
    ), {"type": "boolean"}),
    **dict.fromkeys(("allowedCapabilities", "defaultAddCapabilities", "requiredDropCapabilities", "volumes"), {
        "type": "array", "items": {"type": "string"}, "nullable": True,
    }),
    "priority": {"type": "integer", "nullable": True},
}


@pytest.fixture(params=VALUES)
def values(request) -> dict:
    return copy.deepcopy(VALUES[request.param])


@pytest.fixture
def version(cluster) -> str:
    """The API server's version."""
    return cluster.request("GET", "/version")["gitVersion"]


@pytest.fixture
def taken(cluster, version, namespace, home):
    """Renders for the shared cluster, with names of this test's own: what other tests' pods don't notice."""
    made = []

    def take(values: dict) -> list[dict]:
        values = copy.deepcopy(values)
        for component in ("server", "webhook", "agent"):
            values.setdefault(component, {})["name"] = f"{component}-{namespace}"
        values["webhook"].setdefault("namespaceSelector", []).append({"key": namespace, "operator": "Exists"})
        objects = render(home, values, namespace, version)
        made.extend(objects)
        return objects

    yield take
    for one in made:
        if one["kind"] in CLUSTER_WIDE:
            cluster.try_kubectl("delete", "--ignore-not-found", one["kind"], one["metadata"]["name"])


@pytest.fixture
def openshift(cluster):
    """A cluster that has OpenShift's SecurityContextConstraints."""
    strategy = {"type": "object", "nullable": True, "properties": {"type": {"type": "string"}}}
    more = {
        **dict.fromkeys(("runAsUser", "seLinuxContext", "fsGroup", "supplementalGroups"), strategy),
        **dict.fromkeys(("users", "groups", "seccompProfiles"), {"type": "array", "items": {"type": "string"}}),
        **dict.fromkeys(("allowPrivilegeEscalation", "defaultAllowPrivilegeEscalation"), {"type": "boolean"}),
    }
    name = "securitycontextconstraints.security.openshift.io"
    cluster.apply({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {
            "name": name, "annotations": {"api-approved.kubernetes.io": "unapproved, experimental-only"},
        },
        "spec": {
            "group": "security.openshift.io", "scope": "Cluster",
            "names": {"kind": "SecurityContextConstraints", "plural": "securitycontextconstraints"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {
                "type": "object", "required": sorted(SCC_FIELDS), "properties": SCC_FIELDS | more,
            }}}],
        },
    })
    cluster.kubectl("wait", "--for=condition=Established", f"crd/{name}", "--timeout=60s")
    yield
    cluster.kubectl("delete", "crd", name)


def as_list(objects: list[dict]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})


def test_the_api_server_takes_them(values, taken, cluster, namespace, request):
    if values.get("openshift"):
        request.getfixturevalue("openshift")
    objects = taken(values)
    # Nothing is stored, but everything is admitted; and fields that the API server does not know are refused.
    dry = cluster.kubectl(
        "apply", "--server-side", "--dry-run=server", "-o", "json", "-f", "-", input=as_list(objects),
    )
    answered = json.loads(dry)
    assert len(answered["items"]) == len(objects)
    cluster.kubectl("apply", "--validate=true", "-f", "-", input=as_list(objects))
    # Once more: nothing can't be changed, and nothing is. What `kubectl` says does not tell: it compares claim templates
    # with those that the API server has filled in.
    again = cluster.kubectl("apply", "--validate=true", "-o", "json", "-f", "-", input=as_list(objects))
    assert {one["metadata"].get("generation", 1) for one in json.loads(again)["items"]} == {1}
    for workload in (one for one in objects if "template" in one.get("spec", {})):
        template = workload["spec"]["template"]
        for claim in workload["spec"].get("volumeClaimTemplates", []):
            named = claim["metadata"]["name"]
            template["spec"]["volumes"].append({"name": named, "persistentVolumeClaim": {"claimName": named}})
        cluster.request("POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All", {
            "metadata": {"generateName": "dry-", "labels": template["metadata"]["labels"]}, "spec": template["spec"],
        })


def test_a_field_that_is_misspelt_is_found(taken, cluster):
    objects = taken({})
    container = of_kind(objects, "Deployment")["spec"]["template"]["spec"]["containers"][0]
    container["readinesProbe"] = container.pop("readinessProbe")
    for flags in (["--validate=true"], ["--server-side", "--dry-run=server"]):
        done = cluster.try_kubectl("apply", *flags, "-f", "-", input=as_list(objects))
        assert done.returncode != 0
        assert "readinesProbe" in done.stderr


@pytest.mark.parametrize("name", ["server", "webhook", "agent"])
def test_the_api_server_takes_the_plain_manifests(name, cluster, request):
    objects = plain(name)
    for one in objects:
        if one["apiVersion"] == "policy/v1" and minor_version() < 21:
            one["apiVersion"] = "policy/v1beta1"
    namespace = objects[0]
    assert namespace["kind"] == "Namespace"
    created = cluster.try_kubectl("create", "-f", "-", input=json.dumps(namespace))
    if created.returncode == 0:
        request.addfinalizer(lambda: cluster.kubectl("delete", "namespace", namespace["metadata"]["name"]))
    for flags in (["--server-side"], ["--validate=true"]):
        cluster.kubectl("apply", *flags, "--dry-run=server", "-f", "-", input=as_list(objects))
    assert {one["metadata"].get("namespace") for one in objects if one["kind"] not in CLUSTER_WIDE} == {
        namespace["metadata"]["name"],
    }


def test_controllers_make_the_pods(taken, cluster, namespace):
    cluster.apply(*taken({}))
    deployment = f"webhook-{namespace}"
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{deployment}"
    cluster.watch(path, lambda one: one and one["status"].get("replicas") == 2)
    cluster.watch(
        f"/apis/apps/v1/namespaces/{namespace}/statefulsets/server-{namespace}",
        lambda one: one and one["status"].get("replicas") == 1,
    )
    listed = cluster.request("GET", f"/api/v1/namespaces/{namespace}/pods")["items"]
    volumes = [volume for pod in listed for volume in pod["spec"]["volumes"] if "persistentVolumeClaim" in volume]
    assert [one["persistentVolumeClaim"]["claimName"] for one in volumes] == [f"data-server-{namespace}-0"]


def test_an_upgrade_keeps_the_authority_that_the_webhook_has_put_in(taken, cluster, namespace, home):
    objects = taken({})
    environment = cluster.environment()
    values = home / "values.json"
    name = f"webhook-{namespace}"
    path = f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{name}"

    def release(*arguments: str) -> None:
        done = helm(home, *arguments, "--namespace", namespace, "--values", values, **environment)
        assert done.returncode == 0, done.stderr

    release("install", "daypass", CHART)
    authority = "YXV0aG9yaXR5"
    patch = {"webhooks": [{"name": "pod-identity-webhook.amazonaws.com", "clientConfig": {"caBundle": authority}}]}
    cluster.kubectl(
        "patch", "mutatingwebhookconfiguration", name, "--type=strategic", "-p", json.dumps(patch),
    )
    release("upgrade", "daypass", CHART, "--set", "webhook.timeoutSeconds=7")
    webhook = cluster.request("GET", path)["webhooks"][0]
    assert webhook["timeoutSeconds"] == 7
    assert webhook["clientConfig"]["caBundle"] == authority
    release_objects = {(one["kind"], one["metadata"]["name"]) for one in objects}
    done = helm(home, "uninstall", "daypass", "--namespace", namespace, **environment)
    assert done.returncode == 0, done.stderr
    with pytest.raises(Refused):
        cluster.request("GET", path)
    assert ("StatefulSet", f"server-{namespace}") in release_objects


# Rights


def rules(cluster, namespace: str, account: str) -> set[str]:
    """What a service account may do in its namespace and in the cluster, one rule a text."""
    token = cluster.token(namespace, account, audience=cluster.issuer)
    asked = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}}
    answer = cluster.request("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", asked, token)
    return {json.dumps(rule, sort_keys=True) for rule in answer["status"]["resourceRules"]}


def test_rights_are_those_that_are_needed_and_no_others(taken, cluster, namespace):
    cluster.apply(*taken({"agent": AGENT, "webhook": {"watchConfigMap": True}}))
    webhook = f"webhook-{namespace}"
    cluster.service_account(namespace, "nobody")
    nothing = rules(cluster, namespace, "nobody")

    def rule(group: str, resource: str, verbs: list[str], *names: str) -> str:
        named = {"resourceNames": list(names)} if names else {}
        return json.dumps({"apiGroups": [group], "resources": [resource], "verbs": verbs, **named}, sort_keys=True)

    assert rules(cluster, namespace, webhook) - nothing == {
        rule("", "serviceaccounts", ["get", "list", "watch"]),
        rule("events.k8s.io", "events", ["create"]),
        rule("admissionregistration.k8s.io", "mutatingwebhookconfigurations", ["get", "patch"], webhook),
        rule("", "secrets", ["get", "update"], webhook),
        rule("", "secrets", ["create"]),
        rule("", "configmaps", ["list", "watch"], "pod-identity-webhook"),
    }
    for account in (f"server-{namespace}", f"agent-{namespace}"):
        assert rules(cluster, namespace, account) == nothing


def test_what_kubectl_says_of_the_webhooks_rights(taken, cluster, namespace):
    cluster.apply(*taken({}))
    webhook = f"webhook-{namespace}"
    elsewhere = cluster.namespace(f"{namespace}-else")

    def may(*words: str, where: str = namespace) -> bool:
        answer = cluster.try_kubectl(
            "auth", "can-i", *words, f"--as=system:serviceaccount:{namespace}:{webhook}", "--namespace", where,
        )
        assert answer.stdout.strip() in ("yes", "no"), answer.stderr
        return answer.stdout.strip() == "yes"

    assert may("watch", "serviceaccounts", "--all-namespaces")
    assert may("create", "events.events.k8s.io", where=elsewhere)
    assert may("update", f"secrets/{webhook}")
    assert may("patch", f"mutatingwebhookconfigurations/{webhook}")
    for words in (
        ["get", "secrets"], ["list", "secrets"], ["get", "secrets/another"], ["delete", f"secrets/{webhook}"],
        ["get", "pods"], ["create", "pods"], ["create", "serviceaccounts/token"], ["patch", "serviceaccounts"],
        ["patch", "mutatingwebhookconfigurations/another"], ["create", "mutatingwebhookconfigurations"],
        ["delete", f"mutatingwebhookconfigurations/{webhook}"], ["get", "configmaps"], ["create", "rolebindings"],
        ["impersonate", "users"], ["*", "*"],
    ):
        assert not may(*words), words
    assert not may("create", "secrets", where=elsewhere)
    assert not may("get", f"secrets/{webhook}", where=elsewhere)


def test_the_webhook_can_do_its_work_with_its_rights(taken, cluster, namespace):
    """The requests that the webhook makes, by its own token."""
    cluster.apply(*taken({}))
    webhook = f"webhook-{namespace}"
    token = cluster.token(namespace, webhook, audience=cluster.issuer)

    def ask(method: str, path: str, body: dict | None = None) -> dict:
        return cluster.request(method, path, body, token)

    assert ask("GET", "/api/v1/serviceaccounts")["items"]
    ask("GET", f"/api/v1/namespaces/{namespace}/serviceaccounts/default")
    secrets = f"/api/v1/namespaces/{namespace}/secrets"
    with pytest.raises(Refused) as missing:
        ask("GET", f"{secrets}/{webhook}")
    assert missing.value.code == 404
    empty = {"tls.crt": "", "tls.key": "", "ca.crt": ""}
    made = ask("POST", secrets, {"metadata": {"name": webhook}, "type": "kubernetes.io/tls", "data": empty})
    ask("PUT", f"{secrets}/{webhook}", {**made, "data": {**empty, "ca.crt": "YQ=="}})
    ask("POST", f"/apis/events.k8s.io/v1/namespaces/{namespace}/events", {
        "metadata": {"generateName": "default-"}, "eventTime": "2026-01-01T00:00:00.000000Z", "action": "Admit",
        "reason": "PodIdentityInjected", "type": "Normal", "reportingController": "daypass", "reportingInstance": "a",
        "regarding": {"kind": "ServiceAccount", "name": "default", "namespace": namespace},
    })
    ask("GET", f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{webhook}")
    for path in (secrets, f"/api/v1/namespaces/{namespace}/pods", "/api/v1/secrets", f"{secrets}/another"):
        with pytest.raises(Refused) as refused:
            ask("GET", path)
        assert refused.value.code == 403, path


def test_the_webhook_runs_with_its_rights_and_arguments(taken, cluster, namespace, home):
    """The program itself, where the Deployment would run it."""
    objects = taken({"webhook": {"watchConfigMap": True}})
    cluster.apply(*objects)
    webhook = f"webhook-{namespace}"
    container = of_kind(objects, "Deployment")["spec"]["template"]["spec"]["containers"][0]
    token = cluster.token(namespace, webhook, audience=cluster.issuer)
    # The ports of this machine are not the pod's.
    words = [word for word in container["args"] if not word.startswith(("--port=", "--metrics-port="))]
    words += ["--port=0", "--metrics-port=0", "--bind-address=127.0.0.1"]
    words.append(f"--kubeconfig={cluster.kubeconfig_of(token, webhook)}")
    log = home / "log"
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "--", binary(), *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=log.open("wb"), text=True, env=clean_environment(home),
    )
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    try:
        line = next((line for line in process.stdout if " is ready at " in line), None)
        assert line, log.read_text()
        port = int(re.search(r"https://127\.0\.0\.1:(\d+)/mutate", line)[1])
        configuration = cluster.watch(
            f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{webhook}",
            lambda one: one and one["webhooks"][0]["clientConfig"].get("caBundle"),
        )
        bundle = base64.b64decode(configuration["webhooks"][0]["clientConfig"]["caBundle"]).decode()
        kept = cluster.request("GET", f"/api/v1/namespaces/{namespace}/secrets/{webhook}")
        assert base64.b64decode(kept["data"]["ca.crt"]).decode() == bundle
        # The API server calls it by the Service's name.
        trusting = ssl.create_default_context(cadata=bundle)
        with socket.create_connection(("127.0.0.1", port), timeout=30) as plain_socket:
            with trusting.wrap_socket(plain_socket, server_hostname=f"{webhook}.{namespace}.svc") as connection:
                connection.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
                assert connection.recv(100).startswith(b"HTTP/1.0 200")
        assert "forbidden" not in log.read_text().lower()
    finally:
        watchdog.cancel()
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()


def test_strict_mode_lets_the_server_review_tokens_and_nothing_else(taken, cluster, namespace):
    issuer = {"server": {"tokenReview": {"issuer": cluster.issuer}}}
    cluster.apply(*taken(issuer))
    server = f"server-{namespace}"
    cluster.service_account(namespace, "nobody")
    more = rules(cluster, namespace, server) - rules(cluster, namespace, "nobody")
    assert [json.loads(rule) for rule in more] == [
        {"apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]},
    ]
