"""Pod Identity: whose token, which cluster, which account: what a node, a pod or a stranger must not get."""

import time

import pytest

from support import jwt
from support.clients import As, client, refused
from support.eks import AUDIENCE, Cluster, bound, trust_pods
from support.issuer import issuing
from support.organization import Organization
from support.policies import allow, policy
from support.principals import role_arn

INVALID = "The specified Kubernetes service account token is invalid."
UNAUTHORIZED = "Unauthorized Exception! EKS does not have permissions to assume the associated role."


@pytest.fixture
def cluster(server, admin, name, authority):
    with issuing(authority, path=f"/id/{name}") as issuer:
        yield Cluster(server, admin, name, issuer)


@pytest.fixture
def organization(start_server, authority) -> Organization:
    """Accounts of a server that reaches the tests' issuers."""
    return Organization(start_server("--issuer-ca", str(authority.ca), "--issuer-network", "127.0.0.0/8"))


def test_the_node_needs_its_permission_on_this_cluster(cluster, account):
    cluster.associate(role_arn(account.role(trusted=trust_pods())))
    action = "eks-auth:AssumeRoleForPodIdentity"
    for document in (
        policy(allow("eks:*")), policy(allow(action, f"{cluster.arn}-2")),
        policy(allow(action, Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}})),
    ):
        node = account.session_with(document)
        with refused("AccessDeniedException", 400, f"User: {node.arn} is not authorized to perform: {action} on resource: "
                     f"{cluster.arn} because no identity-based policy allows the {action} action"):
            cluster.exchange(node=node)
        # Nor does it learn which clusters there are.
        with refused("AccessDeniedException", 400):
            node.eks_auth.assume_role_for_pod_identity(clusterName="nothing", token=cluster.token())
    cluster.admin.eks.tag_resource(resourceArn=cluster.arn, tags={"team": "blue"})
    cluster.exchange(node=node)
    with refused("ResourceNotFoundException", 404, "No cluster found for name: nothing."):
        cluster.admin.eks_auth.assume_role_for_pod_identity(clusterName="nothing", token=cluster.token())


def test_a_token_of_something_else_is_refused(cluster, account, admin, server, name, authority):
    cluster.associate(role_arn(account.role(trusted=trust_pods())))
    good = cluster.token()
    stranger = jwt.Key("RS256", "rsa-1")
    pod = bound(good)
    other_sa = {**pod, "serviceaccount": {"name": "admin", "uid": "u"}}
    with issuing(authority, path=f"/id/other-{name}") as issuer:
        other = Cluster(server, admin, f"{name}-2", issuer)
        for token in (
            cluster.token(aud=["sts.amazonaws.com"]),
            cluster.token(aud="https://kubernetes.default.svc"),
            cluster.token(aud=[AUDIENCE.upper()]),
            cluster.token(azp="sts.amazonaws.com"),
            cluster.token(**{"kubernetes.io": None}),
            cluster.token(**{"kubernetes.io": {**pod, "pod": None}}),
            cluster.token(**{"kubernetes.io": {**pod, "pod": {"name": "web-0"}}}),
            cluster.token(**{"kubernetes.io": {**pod, "namespace": "other"}}),
            cluster.token(**{"kubernetes.io": other_sa}),
            cluster.token(sub="system:serviceaccount:ns:admin", iss=cluster.issuer.url),
            cluster.token(iss=f"{cluster.issuer.url}/"),
            cluster.token(exp=None),
            # Of a pod of the same names in another cluster, which is registered too.
            other.token(),
            # Signed by somebody else; not signed.
            stranger.sign(jwt.payload(good)),
            jwt.unsigned(jwt.payload(good), "none", "rsa-1", b"x"),
            jwt.with_hmac(jwt.payload(good), "rsa-1", cluster.issuer.keys[0].public_pem()),
            f"{good[:-8]}AAAAAAAA",
        ):
            with refused("InvalidTokenException", 400, INVALID):
                cluster.exchange(token)
        with refused("InvalidTokenException", 400, INVALID):
            other.exchange(good)
    for token in (cluster.token(exp=int(time.time()) - 1), cluster.token(iat=int(time.time()) - 100_000)):
        with refused("ExpiredTokenException", 400, "The specified Kubernetes service account token is expired."):
            cluster.exchange(token)
    for token in ("x", "a.b", "a b.c.d", ""):
        with refused("InvalidParameterException", 400):
            cluster.exchange(token)
    with refused("InvalidParameterException", 400, has="Member must not be null"):
        admin.eks_auth.assume_role_for_pod_identity(clusterName=cluster.name)
    cluster.exchange(good)


def test_nothing_is_told_of_associations_before_the_token_is_verified(cluster, account):
    cluster.associate(role_arn(account.role(trusted=trust_pods())))
    stranger = jwt.Key("RS256", "rsa-1")
    for service_account in ("sa", "without"):
        forged = stranger.sign(jwt.payload(cluster.token(service_account)))
        with refused("InvalidTokenException", 400, INVALID):
            cluster.exchange(forged)


def test_a_service_account_without_an_association_gets_nothing(cluster, account):
    role = role_arn(account.role(trusted=trust_pods()))
    made = cluster.associate(role)
    for service_account, namespace in (("other", "ns"), ("sa", "other"), ("s", "ns"), ("sa2", "ns")):
        with refused("ResourceNotFoundException", 404, has=f"{namespace}/{service_account} in cluster {cluster.name}"):
            cluster.exchange(cluster.token(service_account, namespace))
    cluster.exchange()
    cluster.admin.eks.delete_pod_identity_association(
        clusterName=cluster.name, associationId=made["associationId"]
    )
    with refused("ResourceNotFoundException", 404):
        cluster.exchange()


def test_a_role_that_does_not_let_itself_be_assumed_and_none_get_one_answer(cluster, account):
    iam, name = account.admin.iam, account.role(trusted=trust_pods())
    cluster.associate(role_arn(name))
    cluster.exchange()
    for document in (
        trust_pods(action=["sts:AssumeRole"]),
        trust_pods({"StringEquals": {"aws:RequestTag/kubernetes-namespace": "other"}}),
        trust_pods({"StringEquals": {"aws:SourceAccount": "999999999999"}}),
        trust_pods({"Null": {"aws:RequestTag/eks-cluster-arn": "true"}}),
        trust_pods().replace("pods.eks", "eks"),
    ):
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=document)
        with refused("AccessDeniedException", 400, UNAUTHORIZED):
            cluster.exchange()
    iam.delete_role(RoleName=name)
    with refused("AccessDeniedException", 400, UNAUTHORIZED):
        cluster.exchange()
    assert f"there is no role {role_arn(name)}" in cluster.server.logged(f"there is no role {role_arn(name)}")


def test_nobody_else_is_the_pods_service(cluster, account):
    name = account.role(trusted=trust_pods())
    session = account.session_with(policy(allow("*")))
    with refused("AccessDenied", 403):
        session.sts.assume_role(RoleArn=role_arn(name), RoleSessionName="pod")
    account.admin.iam.add_client_id_to_open_id_connect_provider(
        OpenIDConnectProviderArn=cluster.provider, ClientID="sts.amazonaws.com"
    )
    with refused("AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithWebIdentity"):
        As(cluster.server, None).sts.assume_role_with_web_identity(
            RoleArn=role_arn(name), RoleSessionName="pod", WebIdentityToken=cluster.token(aud="sts.amazonaws.com")
        )


def test_the_token_of_pod_identity_is_none_of_web_identity(cluster, account):
    with refused("InvalidIdentityToken", 400, "Incorrect token audience"):
        As(cluster.server, None).sts.assume_role_with_web_identity(
            RoleArn=role_arn(account.role(trusted=trust_pods())), RoleSessionName="pod", WebIdentityToken=cluster.token()
        )


def test_each_account_has_its_own_clusters_and_associations(organization, authority):
    server = organization.server
    one, other = organization.account("one"), organization.account("other")
    with issuing(authority) as issuer:
        mine = Cluster(server, one, "prod", issuer)
        mine.associate(one.role("app", trust_pods()))
        # A node of another account does not reach this account's cluster, though it has a right to all of its own.
        with refused("ResourceNotFoundException", 404, "No cluster found for name: prod."):
            mine.exchange(node=other)
        # Nor with a cluster of the same name and issuer: it finds its own account's associations.
        theirs = Cluster(server, other, "prod", issuer)
        with refused("ResourceNotFoundException", 404, has="ns/sa in cluster prod"):
            mine.exchange(node=other)
        theirs.associate(other.role("app", trust_pods()))
        for node, account in ((one, one), (other, other)):
            arn = mine.exchange(node=node)["assumedRoleUser"]["arn"]
            assert arn.startswith(f"arn:aws:sts::{account.id}:assumed-role/app/")


def test_a_role_that_is_made_again_is_another_one(cluster, account):
    iam, name = account.admin.iam, account.role(policy(allow("iam:ListUsers")), trusted=trust_pods())
    cluster.associate(role_arn(name))
    session = cluster.session()
    session.iam.list_users()
    iam.delete_role_policy(RoleName=name, PolicyName="p")
    iam.delete_role(RoleName=name)
    account.role(policy(allow("iam:ListUsers")), RoleName=name)
    # The old sessions are gone, and its own trust policy decides over new ones.
    with refused("InvalidClientTokenId", 403):
        session.iam.list_users()
    with refused("AccessDeniedException", 400, UNAUTHORIZED):
        cluster.exchange()
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust_pods())
    cluster.session().iam.list_users()


def test_a_provider_that_is_gone_verifies_nothing(cluster, account):
    iam = account.admin.iam
    cluster.associate(role_arn(account.role(trusted=trust_pods())))
    token = cluster.token()
    cluster.exchange(token)
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=cluster.provider)
    with refused("InvalidTokenException", 400, INVALID):
        cluster.exchange(token)
    iam.create_open_id_connect_provider(Url=cluster.issuer.url)
    cluster.exchange(token)


def test_a_cluster_that_is_registered_again_has_no_old_associations(cluster, account, name, authority, admin, server):
    role = role_arn(account.role(trusted=trust_pods()))
    made = cluster.associate(role)
    where = {"clusterName": cluster.name, "associationId": made["associationId"]}
    admin.eks.delete_pod_identity_association(**where)
    admin.eks.deregister_cluster(name=cluster.name)
    with refused("ResourceNotFoundException", 404):
        cluster.exchange()
    with issuing(authority, path=f"/id/second-{name}") as issuer:
        second = Cluster(server, admin, cluster.name, issuer)
        with refused("ResourceNotFoundException", 404):
            second.exchange()
        with refused("InvalidTokenException", 400):
            second.exchange(cluster.token())


def test_an_exchange_without_a_signature_is_none(cluster, account):
    cluster.associate(role_arn(account.role(trusted=trust_pods())))
    anonymous = client(cluster.server, "eks-auth", None)
    with pytest.raises(anonymous.exceptions.ClientError) as caught:
        anonymous.assume_role_for_pod_identity(clusterName=cluster.name, token=cluster.token())
    assert 400 <= caught.value.response["ResponseMetadata"]["HTTPStatusCode"] < 500


def test_a_pods_own_session_may_not_exchange_tokens(cluster, account):
    cluster.associate(role_arn(account.role(policy(allow("iam:ListUsers")), trusted=trust_pods())))
    session = cluster.session()
    with refused("AccessDeniedException", 400):
        cluster.exchange(node=session)
