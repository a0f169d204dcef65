"""`daypass create cluster`: a cluster in one command, and its undoing."""

import base64
import contextlib
import json
import time

import pytest

from support.clients import client, refused
from support.kubernetes import Refused
from support.server import ACCOUNT
from support.site import CONFIGURATION, Site, by_url
from support.webhook import Webhook, variables

NAMESPACE = "/api/v1/namespaces/daypass"
DEPLOYMENT = "/apis/apps/v1/namespaces/daypass/deployments/pod-identity-webhook"


@pytest.fixture
def nobody(authority):
    """A webhook's URL at which nobody answers."""
    class Nobody:
        port, certificates = 1, authority
    return Nobody()


@pytest.fixture
def own_webhook(own_cluster, authority):
    """A webhook for a cluster that the test may stop."""
    webhook = Webhook(own_cluster, certificates=authority)
    yield webhook.start()
    webhook.remove()


@pytest.fixture
def far_site(start_server, module_cluster, name):
    """A server that reaches no issuer on loopback, or trusts no authority of its own, as its options say."""
    def start(*options: str) -> Site:
        return Site(start_server(*options), module_cluster, name)

    yield start
    module_cluster.kubectl("delete", "mutatingwebhookconfiguration", "--all")


def test_a_cluster_in_one_command_and_again(site, outside_webhook):
    told = site.create(outside_webhook)
    arn = f"arn:aws:eks:us-east-2:{ACCOUNT}:cluster/{site.name}"
    for line in (
        f"✓ issuer: {site.cluster.issuer}\n",
        f"✓ provider: {site.provider_arn} was made; client ids sts.amazonaws.com; thumbprint ",
        "✓ keys: the server fetches them from the issuer\n",
        f"✓ registration: {arn} was made\n",
        "✓ webhook: by URL, 1 of 1 objects were made\n",
        "✓ session: of arn:aws:iam::",
        "✓ refused call: iam:ListRoles is answered with 403\n",
        "✓ other service account: default/default is refused\n",
        "✓ pod: a new one gets AWS_ROLE_ARN=",
        "✓ clean-up: ",
        f"undo: daypass delete cluster --name {site.name}",
    ):
        assert line in told, told
    provider = site.provider()
    assert provider["ClientIDList"] == ["sts.amazonaws.com"]
    assert {"Key": "app.kubernetes.io/managed-by", "Value": "daypass"} in provider["Tags"]
    eks = client(site.server, "eks", site.server.administrator)
    assert eks.describe_cluster(name=site.name)["cluster"]["identity"]["oidc"]["issuer"] == site.cluster.issuer
    assert site.leftovers() == []

    before = site.cluster.request("GET", CONFIGURATION)
    again = site.create(outside_webhook)
    for line in (
        f"✓ provider: {site.provider_arn} was there\n",
        f"✓ registration: {arn} was there\n",
        "✓ webhook: by URL, was there\n",
    ):
        assert line in again, again
    after = site.cluster.request("GET", CONFIGURATION)
    assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
    assert site.provider() | {"ResponseMetadata": 0} == provider | {"ResponseMetadata": 0}

    listed = site.ok("list", "clusters")
    assert site.name in listed and site.cluster.issuer in listed
    described = json.loads(site.ok("describe", "cluster", "--name", site.name, "-o", "json"))
    assert described["provider"]["arn"] == site.provider_arn
    assert (described["pushedKeys"], described["iamServiceAccounts"]) == ([], 0)
    assert "fetched from the issuer" in site.ok("describe", "cluster", "--name", site.name)


def test_delete_takes_back_what_was_made(site, outside_webhook):
    site.create(outside_webhook)
    told = site.ok("delete", "cluster", "--name", site.name)
    assert "mutatingwebhookconfigurations.admissionregistration.k8s.io/pod-identity-webhook was deleted" in told
    with refused("NoSuchEntity"):
        site.provider()
    with pytest.raises(Refused, match="not found"):
        site.cluster.request("GET", CONFIGURATION)
    assert "no cluster is registered" in site.ok("list", "clusters")
    # Once more there is no such cluster, and with --force nothing to do.
    assert f"no cluster `{site.name}` is registered" in site.fails("delete", "cluster", "--name", site.name)
    again = site.ok("delete", "cluster", "--name", site.name, "--force")
    assert "- registration: no cluster" in again and "- provider: there is none" in again


def test_delete_of_a_name_that_is_not_registered_deletes_nothing(site, outside_webhook):
    site.create(outside_webhook)
    for options in ((), ("--mode", "manual"), ("--keep-webhook",)):
        done = site.run("delete", "cluster", "--name", "typo", *options)
        assert (done.returncode, done.stdout) == (1, "")
        assert "no cluster `typo` is registered; `daypass list clusters` shows those there are" in done.stderr
        assert "--force" in done.stderr
    # Not even so: what is in this cluster belongs to its own name.
    told = site.fails("delete", "cluster", "--name", "typo", "--force")
    assert f"the one that was asked is `{site.name}`; nothing was deleted" in told
    assert site.cluster.request("GET", CONFIGURATION) and site.provider()
    # Of an installation whose registration is gone, the rest is taken back.
    client(site.server, "eks", site.server.administrator).deregister_cluster(name=site.name)
    site.fails("delete", "cluster", "--name", site.name)
    assert "pod-identity-webhook was deleted" in site.ok("delete", "cluster", "--name", site.name, "--force")
    with pytest.raises(Refused, match="not found"):
        site.cluster.request("GET", CONFIGURATION)


def test_what_others_made_is_used_and_kept(site, outside_webhook):
    site.admin.iam.create_open_id_connect_provider(Url=site.cluster.issuer, ClientIDList=["mine"])
    theirs = outside_webhook.configuration("default")
    del theirs["webhooks"][0]["namespaceSelector"]
    site.cluster.apply(theirs)
    told = site.create(outside_webhook)
    assert "was there; client ids sts.amazonaws.com were added" in told
    assert "- webhook: the cluster has a MutatingWebhookConfiguration `pod-identity-webhook`" in told
    assert site.provider()["ClientIDList"] == ["mine", "sts.amazonaws.com"]
    told = site.ok("delete", "cluster", "--name", site.name)
    assert f"{site.provider_arn} stays" in told
    provider = site.provider()
    assert (provider["ClientIDList"], provider.get("Tags", [])) == (["mine"], [])
    assert site.cluster.request("GET", CONFIGURATION)["metadata"]["name"] == "pod-identity-webhook"


def test_keys_are_pushed_where_the_issuer_cannot_be_reached(far_site, outside_webhook):
    site = far_site()
    told = site.create(outside_webhook)
    assert "✓ keys: 1 key was pushed (the server can't fetch them: " in told
    again = site.create(outside_webhook)
    assert "✓ keys: 1 key was pushed before\n" in again
    described = json.loads(site.ok("describe", "cluster", "--name", site.name, "-o", "json"))
    assert len(described["pushedKeys"]) == 1


def test_keys_are_pushed_when_asked_for_and_follow_a_rotation(site, own_cluster, own_webhook):
    site.cluster = own_cluster
    site.provider_arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{own_cluster.provider}"
    assert "✓ keys: 1 key was pushed (--push-keys)" in site.create(own_webhook, "--push-keys")
    own_cluster.restart_api("second", "first")
    found = site.status()
    assert found["keys"]["outcome"] == "failed"
    assert found["keys"]["next"].startswith("kubectl get --raw /openid/v1/jwks | daypass oidc push-keys")
    assert "✓ keys: 2 keys were pushed (the cluster has others than were pushed before)" in site.create(own_webhook)
    assert site.status()["keys"]["outcome"] == "passed"


def test_a_private_authority_is_trusted_by_its_thumbprint(far_site, outside_webhook):
    # The server trusts the platform's roots only; the provider's thumbprint vouches for the API server.
    site = far_site("--issuer-network", "127.0.0.0/8")
    told = site.create(outside_webhook)
    assert "✓ keys: the server fetches them from the issuer\n" in told
    assert len(site.provider()["ThumbprintList"]) == 1


def test_openshift_says_its_issuer_itself(site, outside_webhook):
    site.cluster.apply({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "authentications.config.openshift.io"},
        "spec": {
            "group": "config.openshift.io", "scope": "Cluster",
            "names": {"kind": "Authentication", "plural": "authentications", "singular": "authentication"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {
                "type": "object", "x-kubernetes-preserve-unknown-fields": True}}}],
        },
    })
    try:
        site.cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s",
                             "crd/authentications.config.openshift.io")
        site.cluster.kubectl("apply", "-f", "-", input=json.dumps({
            "apiVersion": "config.openshift.io/v1", "kind": "Authentication", "metadata": {"name": "cluster"},
            "spec": {"serviceAccountIssuer": site.cluster.issuer},
        }))
        site.create(outside_webhook)
        assert sorted(site.provider()["ClientIDList"]) == ["openshift", "sts.amazonaws.com"]
        site.cluster.kubectl("patch", "authentications.config.openshift.io", "cluster", "--type=merge",
                             "-p", '{"spec": {"serviceAccountIssuer": "https://other.example/id"}}')
        told = site.fails("create", "cluster", "--name", site.name, *by_url(outside_webhook))
        assert f"is registered for the issuer {site.cluster.issuer}" in told
        assert f"daypass delete cluster --name {site.name}" in told
    finally:
        site.cluster.kubectl("delete", "crd", "authentications.config.openshift.io")


def test_what_a_second_run_does_not_say_stays_as_it_is(site, outside_webhook):
    site.create(outside_webhook)
    before = site.cluster.request("GET", CONFIGURATION)
    told = site.ok("create", "cluster", "--name", site.name)
    url = f"https://localhost:{outside_webhook.port}/mutate"
    assert f"✓ webhook: by URL, was there; kept as it was: --webhook-url {url}, its CA bundle\n" in told
    after = site.cluster.request("GET", CONFIGURATION)
    assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
    with pytest.raises(Refused, match="not found"):
        site.cluster.request("GET", DEPLOYMENT)


def test_a_webhook_in_the_cluster_stays_as_it_is_and_goes_whole(site, outside_webhook):
    try:
        site.fails("create", "cluster", "--name", site.name, "--webhook-image", "registry.invalid/mine:1",
                   "--webhook-replicas", "3", "--endpoint-url", "https://daypass.example", "--webhook-arg=--v=2",
                   "--timeout", "1")
        before = site.cluster.request("GET", DEPLOYMENT)
        again = ("create", "cluster", "--name", site.name, "--timeout", "1")
        told = site.fails(*again)
        assert ("✓ webhook: in the namespace daypass, was there; kept as it was: --endpoint-url https://daypass.example, "
                "--webhook-image registry.invalid/mine:1, --webhook-replicas 3, --webhook-arg=--v=2\n") in told
        assert site.cluster.request("GET", DEPLOYMENT)["spec"] == before["spec"]
        told = site.fails(*again, "--webhook-image", "registry.invalid/mine:2")
        assert "changed: deployments.apps/pod-identity-webhook in daypass; kept as it was: --endpoint-url" in told
        container, = site.cluster.request("GET", DEPLOYMENT)["spec"]["template"]["spec"]["containers"]
        old, = before["spec"]["template"]["spec"]["containers"]
        assert container == {**old, "image": "registry.invalid/mine:2"}

        # A webhook by URL in its place: what is left of it goes with the cluster.
        site.create(outside_webhook)
        told = site.ok("delete", "cluster", "--name", site.name)
        assert "deployments.apps/pod-identity-webhook in daypass was deleted" in told
        for path in (DEPLOYMENT, CONFIGURATION, "/apis/rbac.authorization.k8s.io/v1/clusterroles/pod-identity-webhook"):
            with pytest.raises(Refused, match="not found"):
                site.cluster.request("GET", path)
        site.cluster.watch(NAMESPACE, lambda it: it is None)
    finally:
        with contextlib.suppress(Refused):
            site.cluster.delete(NAMESPACE)


def test_a_second_name_for_the_same_issuer_is_refused(site, outside_webhook):
    site.create(outside_webhook)
    told = site.fails("create", "cluster", "--name", "another", *by_url(outside_webhook))
    assert f"is already that of the cluster `{site.name}`" in told
    assert "another" not in site.ok("list", "clusters")


def test_a_webhook_that_does_not_answer_is_told_and_the_rest_is_done(site, nobody):
    told = site.fails("create", "cluster", "--name", site.name, *by_url(nobody))
    assert "✗ pod: a new one gets neither role nor token: the webhook does not answer" in told
    assert f"next: daypass status --cluster {site.name}" in told
    assert "done: provider, keys, registration, webhook, pods; not done: verification" in told
    assert f"daypass delete cluster --name {site.name}" in told
    assert site.leftovers() == []


def test_somebody_who_may_not_is_told_which_verb_is_missing(site, outside_webhook):
    site.cluster.namespace(site.name)
    token = site.cluster.token(site.name, "default", audience=site.cluster.issuer)
    kubeconfig = site.cluster.kubeconfig_of(token, site.name)
    options = ("--kubeconfig", str(kubeconfig))
    told = site.fails("create", "cluster", "--name", site.name, *by_url(outside_webhook), *options)
    assert "whoever asks needs the verb `get` on `mutatingwebhookconfigurations.admissionregistration.k8s.io`" in told
    assert "auth can-i get mutatingwebhookconfigurations" in told
    # Nothing was made before that was known.
    with refused("NoSuchEntity"):
        site.provider()


def test_a_kubeconfig_that_is_wrong_is_told(site, home):
    for options, reason in (
        (("--kubeconfig", str(home / "absent")), "cannot read the kubeconfig"),
        (("--context", "absent"), "absent"),
    ):
        told = site.fails("create", "cluster", "--name", site.name, *options)
        assert reason in told and "kubectl config get-contexts" in told
    assert site.run("create", "cluster", "--name", "not.a.name").returncode == 2


def test_manual_mode_changes_nothing_and_its_commands_work(site, outside_webhook, home):
    arguments = ("create", "cluster", "--name", site.name, "--mode", "manual", "--output-dir", str(home / "out"))
    script = site.ok(*arguments, *by_url(outside_webhook), "--push-keys")
    with refused("NoSuchEntity"):
        site.provider()
    assert "no cluster is registered" in site.ok("list", "clusters")
    with pytest.raises(Refused, match="not found"):
        site.cluster.request("GET", CONFIGURATION)
    assert sorted(it.name for it in (home / "out").iterdir()) == ["keys.json", "webhook.yaml"]
    written = (home / "out" / "webhook.yaml").read_text()
    assert "kind: MutatingWebhookConfiguration\n" in written

    told = site.follow(script, home)
    assert "✓ pod: a new one gets AWS_ROLE_ARN=" in told
    again = site.create(outside_webhook)
    assert f"✓ provider: {site.provider_arn} was there\n" in again and "✓ keys: 1 key was pushed before" in again
    nothing = site.ok(*arguments, *by_url(outside_webhook))
    assert "# The cluster is registered: " in nothing and "create-open-id-connect-provider" not in nothing

    script = site.ok("delete", "cluster", "--name", site.name, "--mode", "manual")
    assert site.provider()
    site.follow(script, home)
    with refused("NoSuchEntity"):
        site.provider()
    with pytest.raises(Refused, match="not found"):
        site.cluster.request("GET", CONFIGURATION)
    assert "no cluster is registered" in site.ok("list", "clusters")


def test_the_webhook_in_the_cluster(site, home):
    """Every object is real; the test is the node: it starts the program with the service account's token, and says that pods
    are ready."""
    command = site.start("create", "cluster", "--name", site.name, "--webhook-image", "registry.invalid/daypass")
    cluster = site.cluster
    webhook = None
    try:
        cluster.watch(DEPLOYMENT, bool)
        cluster.watch(CONFIGURATION, bool)
        token = cluster.token("daypass", "pod-identity-webhook", audience=cluster.issuer)
        kubeconfig = cluster.kubeconfig_of(token, "webhook")
        webhook = Webhook(cluster, "--namespace=daypass", kubeconfig=kubeconfig).start()
        # There is no network of pods here: the Service's name leads to this machine.
        cluster.kubectl("patch", "service", "-n", "daypass", "pod-identity-webhook", "--type=merge", "-p", json.dumps({
            "spec": {"type": "ExternalName", "externalName": "localhost", "clusterIP": None,
                     "ports": [{"name": "https", "port": webhook.port}]}}))
        cluster.kubectl("patch", "mutatingwebhookconfiguration", "pod-identity-webhook", "--type=json", "-p", json.dumps([
            {"op": "replace", "path": "/webhooks/0/clientConfig/service/port", "value": webhook.port}]))
        become_ready(cluster, 2)
        told, _ = command.communicate(timeout=120)
        assert command.returncode == 0, told + webhook.log()
        assert "✓ webhook: in the namespace daypass, 11 of 11 objects were made; pods are not told" in told
        assert "✓ pods: 2 of 2 pods are ready" in told
        assert "✓ pod: a new one gets AWS_ROLE_ARN=" in told
        # The webhook's own rights suffice for its certificate and its events.
        assert webhook.records(level="WARN") == [] and webhook.records(level="ERROR") == []

        found = site.status()
        assert {name: it["outcome"] for name, it in found.items()} == {
            "server": "passed", "clock": "passed", "cluster": "passed", "cluster's clock": "passed",
            "provider": "passed", "keys": "passed", "webhook": "passed", "CA bundle": "passed",
            "webhook's pods": "passed", "admission": "passed", "agent": "skipped",
            # As the command said above.
            "pod's endpoint": "failed",
        }
        # A bundle of somebody else.
        cluster.kubectl("patch", "mutatingwebhookconfiguration", "pod-identity-webhook", "--type=json", "-p", json.dumps([
            {"op": "replace", "path": "/webhooks/0/clientConfig/caBundle",
             "value": base64.b64encode(cluster.ca.read_bytes()).decode()}]))
        webhook.kill()
        found = site.status()
        assert found["CA bundle"]["outcome"] == "failed"
        assert "rollout restart deployment -n daypass" in found["CA bundle"]["next"]
        assert found["admission"]["outcome"] == "failed"

        # Somebody else's object in the namespace keeps it.
        cluster.kubectl("create", "configmap", "mine", "-n", "daypass")
        told = site.ok("delete", "cluster", "--name", site.name)
        assert "- webhook: the namespace daypass stays, for there is configmaps/mine in it" in told
        for path in (DEPLOYMENT, CONFIGURATION, f"{NAMESPACE}/secrets/pod-identity-webhook",
                     "/apis/rbac.authorization.k8s.io/v1/clusterroles/pod-identity-webhook"):
            with pytest.raises(Refused, match="not found"):
                cluster.request("GET", path)
        assert cluster.request("GET", NAMESPACE)["status"]["phase"] == "Active"
    finally:
        command.kill()
        command.wait()
        command.stdout.close()
        if webhook is not None:
            webhook.remove()
        with contextlib.suppress(Refused):
            cluster.delete(NAMESPACE)


def become_ready(cluster, wanted: int) -> None:
    """What kubelets would say of the webhook's pods."""
    deadline = time.monotonic() + 60
    path = f"{NAMESPACE}/pods"
    pods = []
    while len(pods) < wanted:
        assert time.monotonic() < deadline, pods
        pods = cluster.request("GET", f"{path}?labelSelector=app.kubernetes.io/name=pod-identity-webhook")["items"]
        time.sleep(0.1)
    for pod in pods:
        # It was not asked about itself.
        assert "AWS_ROLE_ARN" not in variables(pod, "pod-identity-webhook")
        cluster.kubectl("get", "--raw", f"{path}/{pod['metadata']['name']}")
        status = {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
        patch(cluster, f"{path}/{pod['metadata']['name']}/status", status)


def patch(cluster, path: str, body: dict) -> None:
    """A merge patch of a subresource, which this kubectl can't do for an old API server."""
    with contextlib.closing(cluster._connect(as_administrator=True)) as connection:
        connection.request("PATCH", path, json.dumps(body), {"Content-Type": "application/merge-patch+json"})
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()


def test_pods_that_do_not_become_ready_are_told(site):
    told = site.fails("create", "cluster", "--name", site.name, "--webhook-image", "registry.invalid/daypass",
                      "--timeout", "1")
    try:
        assert "the webhook is not ready after 1 s: 0 of 2 pods are" in told
        assert "kubectl describe pods -n daypass -l app.kubernetes.io/name=pod-identity-webhook" in told
        assert "done: provider, keys, registration, webhook; not done: pods, verification" in told
        found = site.status()
        assert found["webhook's pods"]["outcome"] == "failed"
        # A half-done installation is taken back whole.
        site.cluster.kubectl("delete", "mutatingwebhookconfiguration", "pod-identity-webhook")
        told = site.ok("delete", "cluster", "--name", site.name)
        assert "deployments.apps/pod-identity-webhook in daypass was deleted" in told
        assert "namespaces/daypass was deleted" in told
        site.cluster.watch(NAMESPACE, lambda it: it is None)
    finally:
        with contextlib.suppress(Refused):
            site.cluster.delete(NAMESPACE)


def test_delete_keeps_a_secret_of_somebody_else(site):
    """The webhook marks the one that it makes."""
    site.cluster.namespace("daypass")
    try:
        site.cluster.kubectl("create", "secret", "generic", "pod-identity-webhook", "-n", "daypass")
        site.fails("create", "cluster", "--name", site.name, "--webhook-image", "registry.invalid/daypass", "--timeout", "1")
        told = site.ok("delete", "cluster", "--name", site.name)
        assert "deployments.apps/pod-identity-webhook in daypass was deleted" in told
        assert "secrets/pod-identity-webhook" not in told
        assert site.cluster.request("GET", f"{NAMESPACE}/secrets/pod-identity-webhook")
    finally:
        with contextlib.suppress(Refused):
            site.cluster.delete(NAMESPACE)


def test_a_foreign_object_in_the_way_is_told_before_anything_is_made(site):
    site.cluster.namespace("daypass")
    try:
        site.cluster.kubectl("create", "deployment", "pod-identity-webhook", "-n", "daypass", "--image", "i.invalid/i")
        told = site.fails("create", "cluster", "--name", site.name, "--webhook-image", "registry.invalid/daypass")
        assert "deployments.apps/pod-identity-webhook in daypass is there and was not made by this command" in told
        with refused("NoSuchEntity"):
            site.provider()
    finally:
        site.cluster.delete(NAMESPACE)


def test_delete_refuses_while_there_are_roles_or_associations(site, outside_webhook):
    site.create(outside_webhook)
    site.ok("create", "iamserviceaccount", "--cluster", site.name, "--name", "app", "--role-only")
    told = site.fails("delete", "cluster", "--name", site.name)
    assert f"have roles: {site.name}-default-app-role; nothing was deleted" in told
    assert site.provider()
    site.ok("delete", "iamserviceaccount", "--cluster", site.name, "--name", "app", "--role-only")
    eks = client(site.server, "eks", site.server.administrator)
    trust = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"]}]}
    role = site.admin.iam.create_role(RoleName="pods", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    eks.create_pod_identity_association(
        clusterName=site.name, namespace="default", serviceAccount="app", roleArn=role)
    told = site.fails("delete", "cluster", "--name", site.name)
    assert "has 1 Pod Identity associations; nothing was deleted" in told
    told = site.ok("delete", "cluster", "--name", site.name, "--force")
    assert "✓ association: a-" in told and "✓ registration: " in told


def test_what_force_leaves_is_named_and_can_be_deleted(site):
    site.ok("create", "cluster", "--name", site.name, "--no-webhook")
    words = ("iamserviceaccount", "--cluster", site.name, "--namespace", site.name, "--name")
    for name in ("one", "two"):
        site.ok("create", *words, name)
    script = site.ok("delete", "cluster", "--name", site.name, "--force", "--mode", "manual")
    told = site.ok("delete", "cluster", "--name", site.name, "--force")
    for name in ("one", "two"):
        command = f"daypass delete iamserviceaccount --cluster {site.name} --namespace {site.name} --name {name}"
        arn = f"arn:aws:iam::{ACCOUNT}:role/{site.name}-{site.name}-{name}-role"
        assert f"- role: {arn} of the service account {site.name}/{name} stays; `{command}" in told
        assert f"# {arn} of the service account {site.name}/{name} stays; this deletes it: {command}" in script
    listed = site.ok("list", "iamserviceaccounts", "--cluster", site.name)
    assert [line.split()[1] for line in listed.splitlines()[1:]] == ["one", "two"]
    # The printed command works as it is, the first with a cluster that is not registered any more.
    command = next(line.split("`")[1] for line in told.splitlines() if "/one stays" in line)
    told = site.ok(*command.split()[1:command.split().index("--data")] if "--data" in command else command.split()[1:])
    assert "serviceaccounts/one" in told and "✓ role: " in told
    site.ok("delete", *words, "two", "--role-only")
    assert "no cluster" in site.fails("list", "iamserviceaccounts", "--cluster", site.name)
    assert "no cluster" in site.fails("delete", *words, "two")
    accounts = site.cluster.request("GET", f"/api/v1/namespaces/{site.name}/serviceaccounts")["items"]
    assert {it["metadata"]["name"] for it in accounts} <= {"default", "two"}
