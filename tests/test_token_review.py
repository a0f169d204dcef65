"""Strict mode: the issuer's cluster reviews each token (`--token-review`)."""

import json
import shutil
import socket
import subprocess
import time

import pytest
from botocore.exceptions import ClientError

from support.clients import As, refused
from support.issuer import issuing
from support.kubernetes import Refused
from support.policies import trust_provider
from support.principals import role_arn
from support.server import Credentials, Server
from support.trail import event

AUDIENCE = "sts.amazonaws.com"
SUBJECT = "system:serviceaccount:{}:app"
GONE = (
    "The web identity token that was passed could not be validated. Get a new identity token from the identity "
    "provider and then retry the request."
)
UNREACHABLE = "The identity provider could not be reached to verify the token. Retry the request."


def reviewer(cluster, bound: bool = True):
    """The kubeconfig of a service account that may review tokens, as a server has it outside of the cluster."""
    namespace = "daypass" if bound else "stranger"
    try:
        cluster.namespace(namespace)
    except Refused as error:
        assert error.code == 409
    if bound:
        cluster.apply({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": "daypass-token-review"},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:auth-delegator",
            },
            "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": namespace}],
        })
    return cluster.kubeconfig_of(cluster.token(namespace, "default", cluster.issuer, 3600), namespace)


def options(cluster) -> list[str]:
    return ["--issuer-ca", str(cluster.ca), "--issuer-network", "127.0.0.0/8"]


class Pods:
    """Pods of a service account, their tokens, and a server that has a role for them."""

    def __init__(self, server: Server, cluster, namespace: str):
        self.server, self.cluster, self.namespace = server, cluster, namespace
        admin = As(server, server.administrator)
        if not admin.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
            admin.iam.create_open_id_connect_provider(Url=cluster.issuer, ClientIDList=[AUDIENCE])
        admin.iam.create_role(RoleName=namespace, AssumeRolePolicyDocument=trust_provider(
            cluster.provider, SUBJECT.format(namespace)
        ))
        if namespace != "default":
            cluster.namespace(namespace)
        cluster.service_account(namespace, "app")

    def token(self, pod: str) -> str:
        """A token that is bound to a new pod."""
        made = self.cluster.pod(self.namespace, pod, "app")
        return self.cluster.token(self.namespace, "app", pod=made)

    def delete(self, kind: str, name: str) -> None:
        self.cluster.delete(f"/api/v1/namespaces/{self.namespace}/{kind}/{name}")

    def exchange(self, token: str):
        return As(self.server, None).sts.assume_role_with_web_identity(
            RoleArn=role_arn(self.namespace), RoleSessionName="pod", WebIdentityToken=token
        )


@pytest.fixture(scope="module")
def strict_server(cluster):
    server = Server(*options(cluster), "--token-review", f"{cluster.issuer}={reviewer(cluster)}")
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture
def pods(strict_server, cluster, name) -> Pods:
    return Pods(strict_server, cluster, name)


def until_refused(exchange, token: str) -> None:
    """An API server remembers for ten seconds that it has authenticated a token."""
    deadline = time.monotonic() + 60
    while True:
        try:
            exchange(token)
        except ClientError as error:
            assert error.response["Error"] == {"Type": "Sender", "Code": "InvalidIdentityToken", "Message": GONE}
            return
        assert time.monotonic() < deadline, "the token is still accepted"
        time.sleep(0.5)


class TestStrict:
    def test_a_token_of_a_living_pod_is_accepted(self, pods):
        token = pods.token("app-0")
        for _ in range(3):
            session = As(pods.server, Credentials.of(pods.exchange(token)["Credentials"]))
            session.sts.get_caller_identity()

    def test_a_token_is_refused_once_its_pod_is_deleted(self, pods):
        stolen, other = pods.token("app-0"), pods.token("app-1")
        pods.delete("pods", "app-0")
        with refused("InvalidIdentityToken", 400, GONE):
            pods.exchange(stolen)
        pods.exchange(other)
        # Another pod of the same name is another pod.
        again = pods.token("app-0")
        pods.exchange(again)
        with refused("InvalidIdentityToken", 400, GONE):
            pods.exchange(stolen)

    def test_a_token_that_was_accepted_before_is_refused_too(self, pods):
        token = pods.token("app-0")
        session = As(pods.server, Credentials.of(pods.exchange(token)["Credentials"]))
        pods.delete("pods", "app-0")
        until_refused(pods.exchange, token)
        # Sessions are the server's: they end by themselves, or with `daypass revoke`.
        session.sts.get_caller_identity()

    def test_a_token_is_refused_once_its_service_account_is_deleted(self, pods, cluster):
        token = cluster.token(pods.namespace, "app")
        pods.delete("serviceaccounts", "app")
        with refused("InvalidIdentityToken", 400, GONE):
            pods.exchange(token)
        cluster.service_account(pods.namespace, "app")
        with refused("InvalidIdentityToken", 400, GONE):
            pods.exchange(token)
        pods.exchange(cluster.token(pods.namespace, "app"))

    def test_why_is_in_the_log_and_in_the_trail_and_the_token_is_not(self, pods):
        token = pods.token("app-0")
        pods.delete("pods", "app-0")
        with pytest.raises(ClientError) as caught:
            pods.exchange(token)
        record = event(pods.server, "AssumeRoleWithWebIdentity", caught.value.response)
        assert record["errorCode"] == "InvalidIdentityTokenException"
        assert record["userIdentity"]["userName"] == SUBJECT.format(pods.namespace)
        attributes = record["additionalEventData"]["webIdFederationData"]["attributes"]
        assert attributes["kubernetes.io/pod"] == "app-0"
        log = pods.server.logged("the token review refused it")
        assert SUBJECT.format(pods.namespace) in log
        assert token.rpartition(".")[2] not in log and token.rpartition(".")[2] not in str(record)

    def test_our_own_checks_come_first(self, pods, cluster):
        pods.token("app-0")
        for audience in (cluster.issuer, "https://elsewhere.example"):
            with refused("InvalidIdentityToken", 400, "Incorrect token audience"):
                pods.exchange(cluster.token(pods.namespace, "app", audience))
        altered = cluster.token(pods.namespace, "app")
        altered = altered[:-8] + ("AAAAAAAA" if altered[-8:] != "AAAAAAAA" else "BBBBBBBB")
        with refused("InvalidIdentityToken", 400, has="Couldn't retrieve verification key"):
            pods.exchange(altered)

    def test_other_issuers_are_not_reviewed(self, pods, authority, name):
        admin = As(pods.server, pods.server.administrator)
        with issuing(authority) as issuer:
            admin.iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=[AUDIENCE])
            admin.iam.create_role(
                RoleName=f"{name}-other", AssumeRolePolicyDocument=trust_provider(issuer.provider, "anybody")
            )
            As(pods.server, None).sts.assume_role_with_web_identity(
                RoleArn=role_arn(f"{name}-other"), RoleSessionName="pod", WebIdentityToken=issuer.token("anybody")
            )


def test_without_strict_mode_a_token_is_good_until_it_expires_as_with_aws(server, cluster, cluster_provider, name):
    pods = Pods(server, cluster, name)
    token = pods.token("app-0")
    pods.delete("pods", "app-0")
    pods.delete("serviceaccounts", "app")
    pods.exchange(token)


def test_a_server_that_may_not_review_lets_nobody_in(start_server, cluster, name):
    server = start_server(
        *options(cluster), "--token-review", f"{cluster.issuer}={reviewer(cluster, bound=False)}"
    )
    pods = Pods(server, cluster, name)
    with refused("IDPCommunicationError", 400, UNREACHABLE):
        pods.exchange(pods.token("app-0"))
    server.logged("needs the cluster role system:auth-delegator")


def test_another_clusters_review_counts_for_nothing(start_server, cluster, own_cluster, name):
    server = start_server(
        *options(cluster), "--token-review", f"{cluster.issuer}={own_cluster.kubeconfig}"
    )
    pods = Pods(server, cluster, name)
    with refused("InvalidIdentityToken", 400, GONE):
        pods.exchange(pods.token("app-0"))


def test_nobody_is_let_in_while_the_cluster_cannot_be_asked(start_server, own_cluster):
    server = start_server(
        *options(own_cluster), "--token-review", f"{own_cluster.issuer}={own_cluster.kubeconfig}"
    )
    pods = Pods(server, own_cluster, "default")
    token, stolen = pods.token("app-0"), pods.token("app-1")
    # The issuer's keys and the token's signature are known from now on.
    pods.exchange(token)
    pods.delete("pods", "app-1")
    own_cluster.stop_api()
    for known in (token, stolen):
        with refused("IDPCommunicationError", 400, UNREACHABLE):
            pods.exchange(known)
    server.logged("no token review")
    own_cluster.start_api()
    pods.exchange(token)
    with refused("InvalidIdentityToken", 400, GONE):
        pods.exchange(stolen)


# The command's paths of a pod's own service account, on a file system that nobody else sees.
IN_A_POD = """
set -e
mount -t tmpfs tmpfs /run
own=/run/secrets/kubernetes.io/serviceaccount
mkdir -p $own
cp "$POD_FILES"/* $own
exec "$@"
"""


@pytest.mark.skipif(
    subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode != 0,
    reason="needs a mount namespace of its own",
)
def test_in_a_pod_the_cluster_is_found_by_itself(start_server, cluster, home, name):
    reviewer(cluster)
    (home / "token").write_text(cluster.token("daypass", "default", cluster.issuer, 3600))
    (home / "namespace").write_text("daypass")
    shutil.copy(cluster.ca, home / "ca.crt")
    server = start_server(
        *options(cluster), "--token-review", cluster.issuer,
        inside=["unshare", "-rm", "sh", "-c", IN_A_POD, "sh"],
        environment={
            "KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(cluster.port),
            "POD_FILES": str(home),
        },
    )
    pods = Pods(server, cluster, name)
    pods.exchange(pods.token("app-0"))
    stolen = pods.token("app-1")
    pods.delete("pods", "app-1")
    with refused("InvalidIdentityToken", 400, GONE):
        pods.exchange(stolen)


def test_a_cluster_that_says_nothing_is_waited_for_briefly(start_server, cluster, home, name):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        configured = json.loads(cluster.kubeconfig.read_text())
        configured["clusters"][0]["cluster"]["server"] = f"https://localhost:{silent.getsockname()[1]}"
        (home / "kubeconfig").write_text(json.dumps(configured))
        server = start_server(*options(cluster), "--token-review", f"{cluster.issuer}={home / 'kubeconfig'}")
        pods = Pods(server, cluster, name)
        with refused("IDPCommunicationError", 400, UNREACHABLE):
            pods.exchange(pods.token("app-0"))
        server.logged("took more than 2 s")


class TestStart:
    @pytest.mark.parametrize("value, complaint", [
        ("https://oidc.example=/nowhere/kubeconfig", "/nowhere/kubeconfig"),
        ("https://oidc.example=", "no file name after `=`"),
        ("oidc.example", "`oidc.example` is no issuer"),
        ("https://oidc.example", "give a kubeconfig, as ISSUER=KUBECONFIG, outside of the cluster"),
    ])
    def test_what_cannot_be_used_is_told(self, start_server, value, complaint):
        with pytest.raises(AssertionError, match="did not start") as caught:
            start_server("--token-review", value)
        assert complaint in str(caught.value)

    def test_an_issuer_is_named_once(self, start_server, cluster):
        twice = ["--token-review", f"{cluster.issuer}={cluster.kubeconfig}"] * 2
        with pytest.raises(AssertionError, match="did not start") as caught:
            start_server(*twice)
        assert "twice" in str(caught.value)

    def test_an_issuer_that_no_account_knows_is_told(self, start_server, cluster):
        server = start_server("--token-review", f"{cluster.issuer}/typo={cluster.kubeconfig}")
        server.logged("no account has an OIDC provider of this URL")
