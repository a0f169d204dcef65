"""Pod Identity with a real API server: its tokens, and strict mode."""

import pytest

from support.clients import As, refused
from support.eks import AUDIENCE, Cluster, bound, register, trust_pods
from support.kubernetes import Refused
from support.policies import allow, policy
from support.server import Server
from support.trail import event
from support.webhook import variables

INVALID = "The specified Kubernetes service account token is invalid."


class Issuing:
    """A cluster as the issuer of its tokens."""

    def __init__(self, cluster):
        self.url = cluster.issuer


def reviewer(cluster):
    """The kubeconfig of a service account that may review tokens."""
    try:
        cluster.namespace("pod-identity-reviews")
    except Refused as error:
        assert error.code == 409
    subject = {"kind": "ServiceAccount", "name": "default", "namespace": "pod-identity-reviews"}
    cluster.apply({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": "pod-identity-reviews"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:auth-delegator"},
        "subjects": [subject],
    })
    token = cluster.token(subject["namespace"], "default", cluster.issuer, 3600)
    return cluster.kubeconfig_of(token, subject["namespace"])


@pytest.fixture(scope="module")
def registered(cluster):
    """The cluster, registered at a server that asks it about its tokens, with a role for its pods."""
    server = Server("--issuer-ca", str(cluster.ca), "--issuer-network", "127.0.0.0/8",
                    "--token-review", f"{cluster.issuer}={reviewer(cluster)}")
    try:
        server.start()
        made = Cluster(server, As(server, server.administrator), "prod", Issuing(cluster))
        iam = made.admin.iam
        made.role = iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust_pods())["Role"]["Arn"]
        tags = {"kubernetes-service-account": "app", "eks-cluster-arn": made.arn}
        condition = {"StringEquals": {f"aws:PrincipalTag/{key}": value for key, value in tags.items()}}
        iam.put_role_policy(
            RoleName="app", PolicyName="p", PolicyDocument=policy(allow("iam:ListUsers", Condition=condition))
        )
        yield made
    finally:
        server.remove()


@pytest.fixture
def pods(registered, cluster, namespace):
    """Makes pods of an associated service account: the token of one."""
    cluster.service_account(namespace, "app")
    registered.associate(registered.role, "app", namespace)

    def token(name: str, audience: str = AUDIENCE) -> str:
        return cluster.token(namespace, "app", audience, pod=cluster.pod(namespace, name, "app"))

    return token


def test_a_real_pods_token_becomes_a_session_of_its_role(registered, pods, namespace):
    token = pods("app-0")
    session = registered.session(token)
    assert session.answer["subject"] == {"namespace": namespace, "serviceAccount": "app"}
    session.iam.list_users()
    record = event(registered.server, "AssumeRoleForPodIdentity", session.answer)
    attributes = record["additionalEventData"]["webIdFederationData"]["attributes"]
    assert attributes["kubernetes.io/pod-uid"] == bound(token)["pod"]["uid"]


def test_tokens_of_the_cluster_for_others_are_refused(registered, pods, cluster, namespace):
    unbound = cluster.token(namespace, "app", AUDIENCE)
    for token in (unbound, pods("app-0", "sts.amazonaws.com"), pods("app-1", cluster.issuer)):
        with refused("InvalidTokenException", 400, INVALID):
            registered.exchange(token)


def test_a_token_is_refused_once_its_pod_is_deleted(registered, pods, cluster, namespace):
    stolen, other = pods("app-0"), pods("app-1")
    cluster.delete(f"/api/v1/namespaces/{namespace}/pods/app-0")
    with pytest.raises(registered.admin.eks_auth.exceptions.InvalidTokenException) as caught:
        registered.exchange(stolen)
    assert caught.value.response["Error"]["Message"] == INVALID
    # The trail says whose token it was.
    record = event(registered.server, "AssumeRoleForPodIdentity", caught.value.response)
    attributes = record["additionalEventData"]["webIdFederationData"]["attributes"]
    assert attributes["kubernetes.io/pod-uid"] == bound(stolen)["pod"]["uid"]
    registered.exchange(other)


def test_an_association_is_enough_for_the_webhook(start_server, start_webhook, cluster, namespace):
    """The webhook asks the server who has an association: no annotation and no file."""
    server = start_server("--issuer-ca", str(cluster.ca), "--issuer-network", "127.0.0.0/8")
    admin = As(server, server.administrator)
    provider = admin.iam.create_open_id_connect_provider(Url=cluster.issuer, ClientIDList=["sts.amazonaws.com"])
    assert register(server, server.administrator, "prod", provider["OpenIDConnectProviderArn"]).status == 200
    admin.iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust_pods())
    webhook = start_webhook(
        "--pod-identity-cluster=prod", environment={**server.administrator.environment(), "AWS_ENDPOINT_URL": server.url}
    )
    cluster.service_account(namespace, "app")
    review = {"metadata": {"generateName": "a-"},
              "spec": {"serviceAccountName": "app", "containers": [{"name": "app", "image": "i"}]}}
    assert variables(webhook.patched(review, namespace)) == {}
    # More than a page of them.
    for number in range(101):
        made = admin.eks.create_pod_identity_association(
            clusterName="prod", namespace=namespace, serviceAccount="app" if number == 100 else f"app-{number}",
            roleArn="arn:aws:iam::123456789012:role/app",
        )
    full_uri = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
    webhook.until(lambda: full_uri in variables(webhook.patched(review, namespace)))
    admin.eks.delete_pod_identity_association(
        clusterName="prod", associationId=made["association"]["associationId"]
    )
    webhook.until(lambda: variables(webhook.patched(review, namespace)) == {})
    server.kill()
    webhook.until(lambda: "associations can't be read" in webhook.log())
