"""The pod identity webhook, asked by a real API server."""

import base64
import json
import ssl
import subprocess
import threading

import pytest

from support.certificates import Signer
from support.clients import As
from support.environment import clean_environment
from support.kubelet import Container
from support.kubernetes import Refused
from support.server import Credentials, binary
from support.webhook import PREFIX, token_of, variables

ROLE = "arn:aws:iam::123456789012:role/app"
PAIRS = 1000


@pytest.fixture
def webhook(start_webhook, cluster, namespace):
    """A webhook that is asked, by URL, for the pods of the namespace."""
    webhook = start_webhook()
    webhook.install(namespace)
    webhook.in_force(namespace)
    yield webhook
    cluster.kubectl("delete", "mutatingwebhookconfiguration", "--all")


@pytest.fixture
def configurations(cluster):
    """Removes what a test installs."""
    yield
    cluster.kubectl("delete", "mutatingwebhookconfiguration", "--all")


def account(namespace: str, name: str = "app", role: str = ROLE) -> dict:
    return {"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": namespace, "annotations": {f"{PREFIX}/role-arn": role}}}


def pod(namespace: str, name: str, service_account: str = "app") -> dict:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace},
            "spec": {"serviceAccountName": service_account, "containers": [{"name": "app", "image": "i.invalid/i"}]}}


def pods(cluster, namespace: str) -> list[dict]:
    return cluster.request("GET", f"/api/v1/namespaces/{namespace}/pods")["items"]


def test_a_pod_by_kubectl(webhook, cluster, namespace):
    cluster.apply(account(namespace))
    cluster.apply(pod(namespace, "one"))
    [made] = pods(cluster, namespace)
    assert variables(made)["AWS_ROLE_ARN"] == ROLE
    assert token_of(made)["expirationSeconds"] == 86400
    # What the API server adds to every pod is still there.
    assert len(made["spec"]["volumes"]) == 2


def test_a_pod_of_a_deployment(webhook, cluster, namespace):
    cluster.apply(account(namespace), {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": namespace},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"serviceAccountName": "app", "containers": [{"name": "app", "image": "i.invalid/i"}]},
        }},
    })
    webhook.until(lambda: len(pods(cluster, namespace)) == 2)
    for made in pods(cluster, namespace):
        assert made["metadata"]["ownerReferences"][0]["kind"] == "ReplicaSet"
        assert variables(made)["AWS_ROLE_ARN"] == ROLE


def test_a_pod_with_the_label_is_skipped(webhook, cluster, namespace):
    labelled = pod(namespace, "one")
    labelled["metadata"]["labels"] = {"eks.amazonaws.com/skip-pod-identity-webhook": "true"}
    cluster.apply(account(namespace))
    cluster.apply(labelled)
    assert variables(pods(cluster, namespace)[0]) == {}


def test_one_apply_of_accounts_and_pods_misses_none(webhook, cluster, namespace):
    """Attack row 20, issues 174 and 264 of upstream: by `kubectl apply`."""
    objects = []
    for number in range(40):
        objects += [account(namespace, f"app-{number}"), pod(namespace, f"pod-{number}", f"app-{number}")]
    cluster.apply(*objects)
    made = pods(cluster, namespace)
    assert len(made) == 40
    assert all(variables(it).get("AWS_ROLE_ARN") == ROLE for it in made)


def test_a_thousand_pods_right_after_their_accounts(webhook, cluster, namespace):
    """Attack row 20: each pod follows its account at once, from several sides, and none is missed."""
    numbers = iter(range(PAIRS))
    lock, failed = threading.Lock(), []

    def make() -> None:
        try:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                cluster.service_account(namespace, f"app-{number}", {f"{PREFIX}/role-arn": ROLE})
                cluster.pod(namespace, f"pod-{number}", f"app-{number}")
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    made = pods(cluster, namespace)
    assert len(made) == PAIRS
    assert [it["metadata"]["name"] for it in made if variables(it).get("AWS_ROLE_ARN") != ROLE] == []
    assert webhook.metric("pod_identity_webhook_missing_sa_count") == 0


def test_accounts_that_no_watch_tells_of_are_looked_up(start_webhook, configurations, cluster, namespace):
    """Without the right to watch nothing is known beforehand, and still no pod is missed."""
    cluster.apply(
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": f"get-{namespace}"},
         "rules": [{"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["get"]}]},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
         "metadata": {"name": f"get-{namespace}"},
         "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": f"get-{namespace}"},
         "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": namespace}]},
        account(namespace),
    )
    kubeconfig = cluster.kubeconfig_of(cluster.token(namespace, "default", audience=cluster.issuer), name=namespace)
    webhook = start_webhook(kubeconfig=kubeconfig, ready=False)
    webhook.until(lambda: "can't be watched" in webhook.log())
    assert webhook.get("/readyz")[0] == 503
    webhook.install(namespace)
    webhook.in_force(namespace)
    made = cluster.pod(namespace, "one", "app")
    assert variables(made)["AWS_ROLE_ARN"] == ROLE


def test_without_look_ups_upstreams_race_is_there(start_webhook, cluster, namespace):
    """What the look-up mends: with a grace period of zero an account that isn't known yet is missed."""
    cluster.apply(account(namespace))
    webhook = start_webhook("--service-account-lookup-grace-period=0", "--enable-debugging-handlers")
    review = pod(namespace, "one")
    assert variables(webhook.patched(review, namespace))["AWS_ROLE_ARN"] == ROLE
    webhook.get("/debug/alpha/cache/clear")
    assert variables(webhook.patched(review, namespace)) == {}
    assert webhook.metric("pod_identity_webhook_missing_sa_count") == 1


def test_killed_and_restarted_under_load(start_webhook, configurations, cluster, namespace):
    """With `failurePolicy: Fail` no pod is ever made without its role, whenever the webhook dies."""
    webhook = start_webhook()
    cluster.apply(account(namespace))
    webhook.install(namespace, failurePolicy="Fail", timeoutSeconds=2)
    webhook.in_force(namespace)
    made, refused, ended = [], [], threading.Event()

    def load(worker: int) -> None:
        number = 0
        while not ended.is_set():
            number += 1
            try:
                made.append(cluster.pod(namespace, f"pod-{worker}-{number}", "app"))
            except Refused as error:
                refused.append(error)

    threads = [threading.Thread(target=load, args=(worker,)) for worker in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            before = len(made)
            webhook.until(lambda: len(made) > before + 20)
            lost = len(refused)
            webhook.kill()
            webhook.until(lambda: len(refused) > lost)
            webhook.start()
        after = len(made)
        webhook.until(lambda: len(made) > after + 20)
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert all(variables(it).get("AWS_ROLE_ARN") == ROLE for it in made)
    assert all("pod-identity-webhook.amazonaws.com" in error.status["message"] for error in refused)


def test_a_service_with_the_webhooks_own_certificate(start_webhook, configurations, cluster, namespace):
    """By Service: the webhook makes a certificate, keeps it in a Secret, and has the API server trust it."""
    webhook = start_webhook(f"--namespace={namespace}", certificates=None)
    # There is no network of pods here: the Service's name leads to this machine.
    cluster.apply({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "pod-identity-webhook", "namespace": namespace},
        "spec": {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": webhook.port}]},
    })
    service = {"name": "pod-identity-webhook", "namespace": namespace, "path": "/mutate", "port": webhook.port}
    webhook.install(namespace, clientConfig={"service": service})
    cluster.apply(account(namespace))
    webhook.until(lambda: "API servers were told whom to trust" in webhook.log())
    webhook.in_force(namespace)
    assert variables(cluster.pod(namespace, "one", "app"))["AWS_ROLE_ARN"] == ROLE

    secret = cluster.request("GET", f"/api/v1/namespaces/{namespace}/secrets/pod-identity-webhook")
    assert secret["type"] == "kubernetes.io/tls"
    assert "PRIVATE KEY" not in webhook.log()
    # A second replica takes the same certificate.
    other = start_webhook(f"--namespace={namespace}", certificates=None)
    assert _certificate(other) == _certificate(webhook) == base64.b64decode(secret["data"]["tls.crt"]).decode()
    # Whoever removes the bundle finds it again.
    cluster.kubectl("patch", "mutatingwebhookconfiguration", "pod-identity-webhook", "--type=json",
                    '-p=[{"op": "remove", "path": "/webhooks/0/clientConfig/caBundle"}]')
    path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/pod-identity-webhook"
    found = cluster.watch(path, lambda it: "caBundle" in it["webhooks"][0]["clientConfig"])
    assert found["webhooks"][0]["clientConfig"]["caBundle"] == secret["data"]["ca.crt"]


def test_a_certificate_that_ends_is_replaced_and_both_are_trusted(start_webhook, cluster, namespace):
    """A Secret with somebody else's short-lived certificate: the new bundle holds the old authority too."""
    signer = Signer()
    certificate, key = signer.server(f"pod-identity-webhook.{namespace}.svc")
    data = {"tls.crt": certificate, "tls.key": key, "ca.crt": signer.pem()}
    cluster.apply({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
        "metadata": {"name": "pod-identity-webhook", "namespace": namespace},
        "data": {name: base64.b64encode(value).decode() for name, value in data.items()},
    })
    start_webhook(f"--namespace={namespace}", certificates=None)
    secret = cluster.request("GET", f"/api/v1/namespaces/{namespace}/secrets/pod-identity-webhook")
    now = {name: base64.b64decode(value).decode() for name, value in secret["data"].items()}
    assert now["tls.crt"] != certificate.decode()
    assert now["ca.crt"].count("BEGIN CERTIFICATE") == 2
    assert signer.pem().decode().strip() in now["ca.crt"]


def _certificate(webhook) -> str:
    return ssl.get_server_certificate(("127.0.0.1", webhook.port))


def test_certificate_files_are_read_again(start_webhook, authority, home):
    """The new certificate is served without a restart; one that doesn't fit changes nothing."""
    signer = Signer()
    files = type("Files", (), {
        "ca": home / "ca.pem", "certificate": home / "tls.crt", "key": home / "tls.key",
    })

    def write(certificate: bytes, key: bytes) -> None:
        files.certificate.write_bytes(certificate)
        files.key.write_bytes(key)

    first, second = signer.server("localhost"), signer.server("localhost")
    write(*first)
    webhook = start_webhook(certificates=files)
    assert _certificate(webhook) == first[0].decode()
    write(second[0], first[1])
    webhook.until(lambda: "a changed file can't be used" in webhook.log())
    assert _certificate(webhook) == first[0].decode()
    write(*second)
    webhook.until(lambda: _certificate(webhook) == second[0].decode())


def test_events_tell_what_was_done(webhook, cluster, namespace):
    cluster.apply(account(namespace), account(namespace, "odd", role="no-arn"))
    cluster.kubectl("apply", "--dry-run=server", "-f", "-", input=json.dumps(pod(namespace, "dry")))
    cluster.pod(namespace, "one", "app")
    cluster.pod(namespace, "two", "app")
    cluster.pod(namespace, "three", "odd")

    def events() -> list[dict]:
        items = cluster.request("GET", f"/apis/events.k8s.io/v1/namespaces/{namespace}/events")["items"]
        return [it for it in items if it.get("reportingController") == "daypass.io/pod-identity-webhook"]

    # The probes' account has no role, which is no news; the same is said once.
    webhook.until(lambda: len(events()) == 2)
    [given] = [it for it in events() if it["type"] == "Normal"]
    assert given["reason"] == "PodIdentityInjected"
    assert f"{ROLE} (audience sts.amazonaws.com) is given to app" in given["note"]
    [odd] = [it for it in events() if it["type"] == "Warning"]
    assert odd["reason"] == "PodIdentityInvalidRole"
    assert "`no-arn` is not the ARN of a role" in odd["note"]
    described = cluster.kubectl("describe", "serviceaccount", "-n", namespace, "app")
    assert "PodIdentityInjected" in described


def test_choosing_a_role_in_an_annotation_gives_no_right_to_it(
    start_webhook, configurations, cluster, namespace, start_server, tmp_path
):
    """Attack row 20: who may edit service accounts can name any role, and its trust policy decides."""
    server = start_server("--issuer-ca", str(cluster.ca), "--issuer-network", "127.0.0.0/8")
    admin = As(server, server.administrator)
    provider = admin.iam.create_open_id_connect_provider(Url=cluster.issuer, ClientIDList=["sts.amazonaws.com"])
    for name in ("app", "admin"):
        trust = {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": provider["OpenIDConnectProviderArn"]},
            "Condition": {"StringEquals": {
                f"{cluster.provider}:sub": f"system:serviceaccount:{namespace}:{name}",
                f"{cluster.provider}:aud": "sts.amazonaws.com",
            }},
        }]}
        admin.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    webhook = start_webhook(f"--aws-endpoint-url={server.url}", "--role-session-name")
    webhook.install(namespace)
    webhook.in_force(namespace)
    cluster.apply(account(namespace, "app", role="arn:aws:iam::123456789012:role/admin"),
                  account(namespace, "good", role="arn:aws:iam::123456789012:role/app"))
    # The good one's annotation names `app`, which trusts the account `app` alone; the other's names `admin`.
    for service_account, role in [("app", "admin"), ("good", "app")]:
        made = cluster.pod(namespace, f"pod-{service_account}", service_account)
        found = Container(cluster, made, tmp_path / service_account).environment()
        assert found["AWS_ROLE_ARN"].endswith(f"/{role}")
        with open(found["AWS_WEB_IDENTITY_TOKEN_FILE"]) as token, pytest.raises(Exception, match="AccessDenied"):
            As(server, Credentials("x", "x")).sts.assume_role_with_web_identity(
                RoleArn=found["AWS_ROLE_ARN"], RoleSessionName="somebody", WebIdentityToken=token.read()
            )


def test_why_a_pod_has_a_role_or_none_is_explained(webhook, cluster, namespace, tmp_path):
    """`daypass explain pod`: what it was given, and for each way to get nothing the reason and the next command."""
    def explained(name: str, *options: str) -> tuple[int, str]:
        done = subprocess.run(
            [binary(), "explain", "pod", f"{namespace}/{name}", *options], capture_output=True, text=True, timeout=60,
            env=clean_environment(tmp_path, cluster.environment()),
        )
        assert not done.stderr, done.stderr
        return done.returncode, done.stdout

    cluster.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "app", "namespace": namespace}})
    cluster.pod(namespace, "early", "app")
    code, text = explained("early")
    assert code == 1
    assert f"The service account {namespace}/app has no annotation eks.amazonaws.com/role-arn." in text
    # Pasted as it is, it changes nothing.
    assert f"next:  daypass create iamserviceaccount --cluster CLUSTER --namespace {namespace} --name app\n" in text

    created = cluster.request("GET", f"/api/v1/namespaces/{namespace}/pods/early")["metadata"]["creationTimestamp"]
    cluster.kubectl("annotate", "serviceaccount", "-n", namespace, "app", f"{PREFIX}/role-arn={ROLE}")
    webhook.until(lambda: variables(webhook.patched(pod(namespace, "x"), namespace)))
    cluster.pod(namespace, "late", "app")
    code, text = explained("late")
    assert code == 0
    assert text.startswith(
        f"The pod's container app has {ROLE}, with tokens of 86400 s for sts.amazonaws.com in the volume aws-iam-token.\n"
        "It was given no AWS_ENDPOINT_URL: its SDK asks AWS itself.")
    own = ("--kubeconfig", str(cluster.kubeconfig))
    code, text = explained("early", "-o", "json", *own)
    assert code == 1
    # Both may be of the same second.
    if created in str(json.loads(text)["findings"]):
        assert json.loads(text)["next"] == f"kubectl {' '.join(own)} -n {namespace} delete pod early"
    else:
        assert "It can't be known" in text and json.loads(text)["next"] == f"daypass status {' '.join(own)}"

    wrong = account(namespace, "wrong", "web")
    wrong["metadata"]["annotations"][f"{PREFIX}/endpoint-url"] = "https://daypass.example"
    cluster.apply(wrong)
    cluster.pod(namespace, "wrong", "wrong")
    code, text = explained("wrong")
    assert code == 1 and text.startswith("The pod's container app has `web` for a role, which is no role's ARN")
    cluster.kubectl("annotate", "--overwrite", "serviceaccount", "-n", namespace, "wrong", f"{PREFIX}/role-arn={ROLE}")
    webhook.until(lambda: variables(webhook.patched(pod(namespace, "x", "wrong"), namespace))["AWS_ROLE_ARN"] == ROLE)
    assert explained("wrong")[1].endswith(f"next:  kubectl -n {namespace} delete pod wrong\n")
    cluster.pod(namespace, "right", "wrong")
    code, text = explained("right")
    assert code == 0 and text.endswith("\nIts SDK asks https://daypass.example.\n")

    labelled = pod(namespace, "labelled")
    labelled["metadata"]["labels"] = {"eks.amazonaws.com/skip-pod-identity-webhook": "true"}
    cluster.apply(labelled)
    assert "it has eks.amazonaws.com/skip-pod-identity-webhook" in explained("labelled")[1]
    missing = subprocess.run(
        [binary(), "explain", "pod", f"{namespace}/nobody"], capture_output=True, text=True, timeout=60,
        env=clean_environment(tmp_path, cluster.environment()),
    )
    assert missing.returncode == 1 and f"there is no pod {namespace}/nobody" in missing.stderr

    nobody = subprocess.run(
        [binary(), "explain", f"{namespace}/late"], capture_output=True, text=True, timeout=60,
        env=clean_environment(tmp_path, cluster.environment()),
    )
    assert nobody.returncode == 1 and f"`daypass explain pod {namespace}/late`" in nobody.stderr


def test_what_the_api_server_refuses_is_told_in_its_words(start_webhook, cluster, namespace, tmp_path):
    def fails(*words: str) -> str:
        done = subprocess.run([binary(), *words], capture_output=True, text=True, timeout=60, env=clean_environment(tmp_path))
        assert done.returncode == 1 and "ApiError" not in done.stderr and "Status {" not in done.stderr, done.stderr
        return done.stderr

    ports = ("--port=0", "--metrics-port=0", "--bind-address=127.0.0.1")
    told = fails("webhook", f"--kubeconfig={cluster.kubeconfig}", f"--namespace={namespace}-absent", *ports)
    assert f'namespaces "{namespace}-absent" not found; `kubectl create namespace {namespace}-absent` makes it' in told
    user = cluster.kubeconfig_of(cluster.token(namespace, "default", audience=cluster.issuer), namespace)
    told = fails("webhook", f"--kubeconfig={user}", f"--namespace={namespace}", *ports)
    assert "/pod-identity-webhook can't be read: secrets \"pod-identity-webhook\" is forbidden: User" in told
    assert f"`kubectl auth can-i --list -n {namespace}`" in told
    cluster.pod(namespace, "one")
    told = fails("explain", "pod", f"{namespace}/one", "--kubeconfig", str(user))
    assert 'pods "one" is forbidden: User' in told
    assert f"`kubectl --kubeconfig {user} auth can-i get pods -n {namespace}`" in told

    webhook = start_webhook(kubeconfig=user, ready=False)
    told = webhook.until(lambda: [it for it in webhook.records(level="WARN") if "can't be watched" in str(it)])
    assert "serviceaccounts is forbidden: User" in str(told) and "Status {" not in str(told)
