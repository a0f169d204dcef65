"""The node agent between unmodified SDKs in pods and a real server: associations, roles and S3."""

import json

import pytest

from support import jwt
from support.agent import Agent, Pod, eventually
from support.clients import As
from support.eks import AUDIENCE, Cluster, trust_pods
from support.issuer import issuing
from support.policies import allow, policy, trust_provider
from support.principals import Account, role_arn
from support.server import ACCOUNT

NODE = "system:serviceaccount:kube-system:agent"


@pytest.fixture
def cluster(server, admin, name, authority):
    with issuing(authority, path=f"/id/{name}") as issuer:
        yield Cluster(server, admin, name, issuer)


@pytest.fixture
def start_agent(home):
    """Starts agents that are ended with the test."""
    started = []

    def start(cluster: Cluster, environment: dict, *options: str) -> Agent:
        agent = Agent(home, cluster.server.url, environment, *options, cluster=cluster.name)
        started.append(agent)
        return agent.start()

    yield start
    for agent in started:
        agent.end()


@pytest.fixture
def node(account, cluster) -> dict:
    """The variables of a node whose role may do this one thing."""
    made = account.session_with(policy(allow("eks-auth:AssumeRoleForPodIdentity", cluster.arn)), session="i-0123")
    return made.credentials.environment()


@pytest.fixture
def agent(start_agent, cluster, node) -> Agent:
    return start_agent(cluster, node)


def app(account, cluster, document: str, service_account: str = "sa") -> str:
    """A role for pods with an association; its name."""
    role = account.role(document, trusted=trust_pods(), MaxSessionDuration=6 * 3600)
    cluster.associate(role_arn(role), service_account)
    return role


def test_unmodified_clients_in_a_pod_use_s3(server, admin, account, cluster, agent, bucket, home):
    role = app(account, cluster, policy(allow("s3:*", [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"])))
    pod = Pod(agent, home, cluster.token(pod="web-0"), server.url)
    identity = json.loads(pod.aws("sts", "get-caller-identity"))
    assert identity["Arn"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/eks-") and "web-0" in identity["Arn"]
    (home / "file").write_text("from a pod")
    pod.aws("s3", "cp", str(home / "file"), f"s3://{bucket}/key")
    assert "key" in pod.aws("s3", "ls", f"s3://{bucket}/", "--recursive", "--human-readable", "--summarize")
    script = f"print(boto3.client('s3').get_object(Bucket='{bucket}', Key='key')['Body'].read().decode())"
    assert pod.python(script) == "from a pod"
    assert pod.run("aws", "s3", "ls").returncode != 0
    # One token, one session, however many programs asked.
    found = admin.cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "AssumeRoleForPodIdentity"}]
    )["Events"]
    assert len([it for it in found if cluster.name in it["CloudTrailEvent"]]) == 1


def test_two_pods_of_one_agent_are_two_identities(server, account, cluster, agent, home):
    web = app(account, cluster, policy(allow("iam:ListUsers")), "web")
    batch = app(account, cluster, policy(allow("iam:ListUsers")), "batch")
    for name, role in (("web", web), ("batch", batch)):
        pod = Pod(agent, home, cluster.token(name, pod=f"{name}-0"), server.url)
        script = "print(boto3.client('sts').get_caller_identity()['Arn'])"
        assert f":assumed-role/{role}/" in pod.python(script)


def test_other_tokens_get_nothing(account, cluster, agent, authority, name):
    app(account, cluster, policy(allow("s3:*")))
    token = cluster.token()
    assert agent.get(token).status == 200
    head, _ = token.rsplit(".", 1)
    with issuing(authority, path=f"/id/{name}-2") as stranger:
        forged = jwt.Key("RS256", cluster.issuer.keys[0].kid).sign(jwt.payload(token))
        for other in (
            f"{head}.{jwt.encode(b'x' * 256)}",
            forged,
            cluster.token(aud=["sts.amazonaws.com"]),
            cluster.token(**{"kubernetes.io": {"namespace": "ns"}}),
            stranger.token("system:serviceaccount:ns:sa", aud=[AUDIENCE]),
        ):
            answer = agent.get(other)
            assert answer.status == 400 and "(InvalidTokenException): " in answer.text, answer
    assert agent.get(token).status == 200


def test_an_association_counts_for_the_next_request(account, cluster, agent):
    token = cluster.token("late")
    missing = agent.get(token)
    assert missing.status == 404 and "(ResourceNotFoundException): " in missing.text
    app(account, cluster, policy(allow("s3:*")), "late")
    assert agent.get(token).status == 200


def test_a_role_that_does_not_trust_pods_is_refused(account, cluster, agent):
    role = account.role(trusted=trust_pods())
    cluster.associate(role_arn(role))
    account.admin.iam.update_assume_role_policy(
        RoleName=role, PolicyDocument=trust_pods({"StringEquals": {"aws:RequestTag/kubernetes-namespace": "other"}})
    )
    answer = agent.get(cluster.token())
    assert answer.status == 400 and "(AccessDeniedException): Unauthorized Exception!" in answer.text


def test_an_association_that_is_gone_ends_with_the_next_renewal(account, cluster, node, start_agent):
    role = account.role(policy(allow("s3:*")), trusted=trust_pods())
    association = cluster.associate(role_arn(role))["associationId"]
    agent = start_agent(cluster, node, "--max-credential-retention-before-renewal", "1s", "--max-cache-size", "6")
    token = cluster.token()
    assert agent.get(token).status == 200
    account.admin.eks.delete_pod_identity_association(clusterName=cluster.name, associationId=association)
    eventually(lambda: agent.get(token).status == 404)


def test_a_node_without_the_permission_is_told_of_in_the_log_alone(account, cluster, start_agent):
    app(account, cluster, policy(allow("s3:*")))
    agent = start_agent(cluster, account.session_with(policy(allow("s3:*")), session="i-0123").credentials.environment())
    answer = agent.get(cluster.token())
    assert answer.status == 500 and "arn:aws" not in answer.text, answer.text
    agent.logged("is not authorized to perform: eks-auth:AssumeRoleForPodIdentity")


def test_the_agents_own_token_is_its_identity(server, admin, account, cluster, start_agent, home):
    """As in a cluster: the projected token of the agent's service account, a role that trusts it, and nothing else."""
    admin.iam.add_client_id_to_open_id_connect_provider(
        OpenIDConnectProviderArn=cluster.provider, ClientID="sts.amazonaws.com"
    )
    trusted = trust_provider(cluster.issuer.provider, NODE)
    role = account.role(policy(allow("eks-auth:AssumeRoleForPodIdentity", cluster.arn)), trusted=trusted)
    app(account, cluster, policy(allow("s3:*")))
    (home / "agents-token").write_text(cluster.issuer.token(NODE))
    agent = start_agent(cluster, {
        "AWS_ROLE_ARN": role_arn(role), "AWS_WEB_IDENTITY_TOKEN_FILE": str(home / "agents-token"),
        "AWS_ROLE_SESSION_NAME": "agent-on-node-1",
    })
    assert agent.get(cluster.token()).status == 200


def test_the_server_may_speak_https(https_server, authority, home, name, start_agent):
    admin = As(https_server, https_server.administrator, verify=str(authority.ca))
    node = https_server.administrator.environment()
    with issuing(authority, path=f"/id/{name}") as issuer:
        cluster = Cluster(https_server, admin, name, issuer)
        app(Account(https_server, admin), cluster, policy(allow("s3:*")))
        pushed = https_server.command(
            "oidc", "push-keys", "--provider-arn", cluster.provider, input=json.dumps(issuer.key_set()),
            environment={**node, "AWS_ENDPOINT_URL": https_server.url, "AWS_CA_BUNDLE": str(authority.ca)},
        )
        assert pushed.returncode == 0, pushed.stderr
        trusting = start_agent(cluster, node, "--ca-bundle", str(authority.ca))
        assert trusting.get(cluster.token()).status == 200
        doubting = start_agent(cluster, node)
        assert doubting.get(cluster.token()).status == 503
        doubting.logged("invalid peer certificate")
