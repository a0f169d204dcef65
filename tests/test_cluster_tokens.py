"""Service-account tokens of a real API server, verified through its own discovery documents."""

import time

import pytest
from botocore.exceptions import ClientError

from support.clients import As, refused
from support.policies import allow, policy, trust_provider
from support.principals import role_arn
from support.server import ACCOUNT, Credentials
from support.trail import event

AUDIENCE = "sts.amazonaws.com"


def subject(namespace: str, service_account: str) -> str:
    return f"system:serviceaccount:{namespace}:{service_account}"


def exchange(server, role: str, token: str, session: str = "pod"):
    return As(server, None).sts.assume_role_with_web_identity(
        RoleArn=role_arn(role), RoleSessionName=session, WebIdentityToken=token
    )


class Workload:
    """A pod of a service account, its token, and a role for it."""

    def __init__(self, cluster, account, provider: str, namespace: str, service_account: str = "app"):
        self.cluster, self.namespace, self.service_account = cluster, namespace, service_account
        self.subject = subject(namespace, service_account)
        self.account = cluster.service_account(namespace, service_account)
        self.pod = cluster.pod(namespace, "app-0", service_account)
        self.role = account.role(policy(allow("s3:ListAllMyBuckets")), trusted=trust_provider(provider, self.subject))

    def token(self, **options) -> str:
        """The token that the kubelet would put into the pod."""
        return self.cluster.token(self.namespace, self.service_account, pod=self.pod, **options)


@pytest.fixture
def workload(cluster, account, cluster_provider, namespace) -> Workload:
    return Workload(cluster, account, cluster_provider, namespace)


def test_a_projected_token_becomes_a_session_of_the_role(server, workload, cluster):
    answer = exchange(server, workload.role, workload.token())
    assert answer["SubjectFromWebIdentityToken"] == workload.subject
    assert answer["Audience"] == AUDIENCE
    assert answer["Provider"] == f"arn:aws:iam::{ACCOUNT}:oidc-provider/{cluster.provider}"
    session = As(server, Credentials.of(answer["Credentials"]))
    assert session.sts.get_caller_identity()["Arn"].endswith(f":assumed-role/{workload.role}/pod")
    session.s3.list_buckets()
    with refused("AccessDenied", 403):
        session.iam.list_users()


def test_another_service_account_of_the_cluster_is_not_let_in(server, workload, cluster):
    cluster.service_account(workload.namespace, "other")
    with refused("AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithWebIdentity"):
        exchange(server, workload.role, cluster.token(workload.namespace, "other"))


def test_a_token_of_the_cluster_for_its_own_api_server_is_refused(server, workload, cluster):
    own = workload.token(audience=cluster.issuer)
    # It is a good token: the API server itself takes it.
    assert cluster.request("GET", "/api", token=own)["kind"] == "APIVersions"
    with refused("InvalidIdentityToken", 400, "Incorrect token audience"):
        exchange(server, workload.role, own)


def test_the_shortest_token_is_good_and_its_session_lasts_an_hour(server, workload):
    answer = exchange(server, workload.role, workload.token(seconds=600))
    left = answer["Credentials"]["Expiration"].timestamp() - time.time()
    assert 3500 < left <= 3600


@pytest.mark.parametrize("session", ["root", "kube-system.admin"])
def test_a_session_name_of_the_pods_choice_hides_no_pod(server, workload, session):
    answer = exchange(server, workload.role, workload.token(), session)
    attested = {
        "sub": workload.subject,
        "kubernetes.io/namespace": workload.namespace,
        "kubernetes.io/serviceaccount": workload.service_account,
        "kubernetes.io/serviceaccount-uid": workload.account["metadata"]["uid"],
        "kubernetes.io/pod": workload.pod["metadata"]["name"],
        "kubernetes.io/pod-uid": workload.pod["metadata"]["uid"],
    }
    came = event(server, "AssumeRoleWithWebIdentity", answer)
    assert came["userIdentity"]["userName"] == workload.subject
    # A newer cluster attests its node and the token's id too.
    attributes = came["additionalEventData"]["webIdFederationData"]["attributes"]
    assert attested.items() <= attributes.items()

    used = event(
        server, "GetCallerIdentity", As(server, Credentials.of(answer["Credentials"])).sts.get_caller_identity()
    )["userIdentity"]
    assert used["arn"].endswith(f":assumed-role/{workload.role}/{session}")
    assert used["sessionContext"]["webIdFederationData"]["attributes"] == attributes


def test_a_service_account_made_again_is_not_the_one_that_was_pinned(server, account, cluster, workload):
    uid = workload.account["metadata"]["uid"]
    pinned = account.role(trusted=trust_provider(
        cluster.provider, workload.subject, StringEquals={"daypass:attested/serviceaccount-uid": uid}
    ))
    exchange(server, pinned, workload.token())
    cluster.delete(f"/api/v1/namespaces/{workload.namespace}/serviceaccounts/{workload.service_account}")
    cluster.service_account(workload.namespace, workload.service_account)
    again = cluster.token(workload.namespace, workload.service_account)
    exchange(server, workload.role, again)
    with refused("AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithWebIdentity"):
        exchange(server, pinned, again)


def test_the_clusters_keys_rotate_without_a_gap_and_an_old_key_ends(start_server, own_cluster):
    cluster = own_cluster
    server = start_server("--issuer-ca", str(cluster.ca), "--issuer-network", "127.0.0.0/8")
    admin = As(server, server.administrator)
    admin.iam.create_open_id_connect_provider(Url=cluster.issuer, ClientIDList=[AUDIENCE])
    admin.iam.create_role(
        RoleName="app", AssumeRolePolicyDocument=trust_provider(cluster.provider, subject("default", "default"))
    )
    first = cluster.token("default", "default")
    exchange(server, "app", first)

    # The new key signs, and both verify.
    cluster.restart_api("second", "first")
    second = cluster.token("default", "default")
    until_accepted(server, second)
    exchange(server, "app", first)

    # The first key is gone with the next rotation: neither the cluster nor the server takes its tokens.
    cluster.restart_api("third", "second")
    until_accepted(server, cluster.token("default", "default"))
    exchange(server, "app", second)
    with refused("InvalidIdentityToken", 400, has="Couldn't retrieve verification key"):
        exchange(server, "app", first)


def until_accepted(server, token: str) -> None:
    """The server asks an issuer for unknown keys some seconds after it has last asked, and not before."""
    deadline = time.monotonic() + 60
    while True:
        try:
            exchange(server, "app", token)
            return
        except ClientError as error:
            assert error.response["Error"]["Code"] == "InvalidIdentityToken"
            assert time.monotonic() < deadline, "the new key was never fetched"
            time.sleep(0.5)
