"""Pod Identity: a node exchanges a pod's token for a session of the role of its service account."""

import json
import subprocess
import time

import pytest
from cryptography.hazmat.primitives import serialization

from support import jwt
from support.clients import As, refused
from support.eks import AUDIENCE, Cluster, bound, trust_pods
from support.environment import clean_environment
from support.issuer import issuing
from support.organization import Organization
from support.policies import allow, policy
from support.principals import role_arn
from support.server import ACCOUNT, REGION, binary
from support.trail import event

ASSUME = ["sts:AssumeRole", "sts:TagSession"]
INVALID = "The specified Kubernetes service account token is invalid."
UNAUTHORIZED = "Unauthorized Exception! EKS does not have permissions to assume the associated role."


@pytest.fixture
def cluster(server, admin, name, authority):
    with issuing(authority, path=f"/id/{name}") as issuer:
        yield Cluster(server, admin, name, issuer)


@pytest.fixture
def node(account, cluster) -> As:
    """A node's credentials: they may do this one thing."""
    return account.session_with(policy(allow("eks-auth:AssumeRoleForPodIdentity", cluster.arn)), session="i-0123")


@pytest.fixture
def organization(start_server, authority) -> Organization:
    """Accounts of a server that reaches the tests' issuers."""
    return Organization(start_server("--issuer-ca", str(authority.ca), "--issuer-network", "127.0.0.0/8"))


def tags(cluster: Cluster, token: str) -> dict:
    """The tags of a pod's sessions."""
    pod = bound(token)
    return {
        "eks-cluster-arn": cluster.arn,
        "eks-cluster-name": cluster.name,
        "kubernetes-namespace": pod["namespace"],
        "kubernetes-service-account": pod["serviceaccount"]["name"],
        "kubernetes-pod-name": pod["pod"]["name"],
        "kubernetes-pod-uid": pod["pod"]["uid"],
    }


def principal_tags(expected: dict) -> dict:
    return {"StringEquals": {f"aws:PrincipalTag/{key}": value for key, value in expected.items()}}


def test_a_pod_gets_the_role_of_its_service_account(cluster, node, account):
    token = cluster.token(pod="web-7d9f")
    # What the tags say is what the role may do.
    document = policy(allow("iam:ListUsers", Condition=principal_tags(tags(cluster, token))))
    role = account.role(document, trusted=trust_pods(), MaxSessionDuration=12 * 3600)
    made = cluster.associate(role_arn(role))
    before = int(time.time())
    session = cluster.session(token, node)
    answer = session.answer
    assert answer["subject"] == {"namespace": "ns", "serviceAccount": "sa"}
    assert answer["audience"] == AUDIENCE
    assert answer["podIdentityAssociation"] == {
        "associationArn": made["associationArn"], "associationId": made["associationId"],
    }
    arn, identifier = answer["assumedRoleUser"]["arn"], answer["assumedRoleUser"]["assumeRoleId"]
    name = arn.rsplit("/", 1)[1]
    assert arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}"
    assert name.startswith(f"eks-{cluster.name[:11]}") and "-web-7d9f-" in name and len(name) <= 64
    role_id = account.admin.iam.get_role(RoleName=role)["Role"]["RoleId"]
    assert identifier == f"{role_id}:{name}"
    # Six hours, since the role lets it.
    lasts = answer["credentials"]["expiration"].timestamp() - before
    assert 6 * 3600 <= lasts <= 6 * 3600 + 60
    identity = session.sts.get_caller_identity()
    assert (identity["Arn"], identity["UserId"], identity["Account"]) == (arn, identifier, ACCOUNT)
    session.iam.list_users()
    with refused("AccessDenied", 403):
        session.iam.list_roles()
    # Each exchange is a session of its own.
    assert cluster.exchange(token, node)["assumedRoleUser"]["arn"] != arn


def test_the_cli_exchanges_a_token(cluster, account, aws):
    cluster.associate(role_arn(account.role(trusted=trust_pods())))
    answer = aws.json("eks-auth", "assume-role-for-pod-identity", "--cluster-name", cluster.name,
                      "--token", cluster.token())
    assert set(answer) == {"subject", "audience", "podIdentityAssociation", "assumedRoleUser", "credentials"}
    assert set(answer["credentials"]) == {"sessionToken", "secretAccessKey", "accessKeyId", "expiration"}


def test_no_session_outlives_what_its_role_allows(cluster, account):
    for hours, service_account in ((1, "short"), (2, "longer")):
        role = account.role(trusted=trust_pods(), MaxSessionDuration=hours * 3600)
        cluster.associate(role_arn(role), service_account)
        before = int(time.time())
        answer = cluster.exchange(cluster.token(service_account))
        lasts = answer["credentials"]["expiration"].timestamp() - before
        assert hours * 3600 <= lasts <= hours * 3600 + 60


def test_a_trust_policy_sees_the_pod_and_its_cluster(cluster, account):
    token = cluster.token()
    wanted = {f"aws:RequestTag/{key}": value for key, value in tags(cluster, token).items()}
    document = trust_pods({
        "StringEquals": {
            **wanted, "aws:SourceAccount": ACCOUNT, "aws:PrincipalServiceName": AUDIENCE,
            "daypass:attested/serviceaccount-uid": bound(token)["serviceaccount"]["uid"],
            "daypass:attested/provider": cluster.provider,
        },
        "ArnEquals": {"aws:SourceArn": cluster.arn},
        "Bool": {"aws:PrincipalIsAWSService": "true"},
        "StringLike": {"sts:RoleSessionName": "eks-*-web-0-*"},
        "ForAllValues:StringEquals": {"aws:TagKeys": list(tags(cluster, token)),
                                      "sts:TransitiveTagKeys": list(tags(cluster, token))},
    })
    cluster.associate(role_arn(account.role(trusted=document)))
    cluster.exchange(token)
    # A service account that was made again under the name is another one here.
    again = {**bound(token), "serviceaccount": {"name": "sa", "uid": "99999999-9999-4999-8999-999999999999"}}
    for other in (cluster.token(pod="web-1"), cluster.token(**{"kubernetes.io": again})):
        with refused("AccessDeniedException", 400, UNAUTHORIZED):
            cluster.exchange(other)


def test_without_tags_nothing_is_tagged(cluster, account):
    condition = {"Null": {"aws:PrincipalTag/eks-cluster-name": "true"}}
    role = account.role(policy(allow("iam:ListUsers", Condition=condition)), trusted=trust_pods(action=["sts:AssumeRole"]))
    cluster.associate(role_arn(role), disableSessionTags=True)
    cluster.session().iam.list_users()


def test_a_session_policy_narrows_and_gives_nothing(cluster, account):
    role = account.role(policy(allow(["iam:ListUsers", "iam:ListRoles"])), trusted=trust_pods())
    made = cluster.associate(
        role_arn(role), disableSessionTags=True, policy=policy(allow(["iam:ListUsers", "iam:ListGroups"]))
    )
    session = cluster.session()
    session.iam.list_users()
    for call in (session.iam.list_roles, session.iam.list_groups):
        with refused("AccessDenied", 403):
            call()
    cluster.admin.eks.update_pod_identity_association(
        clusterName=cluster.name, associationId=made["associationId"], policy=""
    )
    # The session has what it was issued with; the next one has more.
    with refused("AccessDenied", 403):
        session.iam.list_roles()
    cluster.session().iam.list_roles()


def test_tags_and_policy_must_fit_a_session(cluster, account):
    role = account.role(trusted=trust_pods())
    document = policy(*(allow(f"s3:{chr(97 + n % 26)}{n * 7919}x") for n in range(30)))
    assert len(document) < 2048
    cluster.associate(role_arn(role), disableSessionTags=True, policy=document)
    cluster.exchange()


def test_a_target_role_is_assumed_by_way_of_the_first(cluster, account, node):
    token = cluster.token()
    external = f"{REGION}/{ACCOUNT}/{cluster.name}/ns/sa"
    wanted = {f"aws:RequestTag/{key}": value for key, value in tags(cluster, token).items()}
    first = account.role(trusted=trust_pods(), MaxSessionDuration=12 * 3600)
    target = account.role(
        policy(allow("iam:ListUsers", Condition=principal_tags(tags(cluster, token))), allow("iam:ListRoles"),
               allow(ASSUME)),
        trusted=policy({
            "Effect": "Allow", "Principal": {"AWS": role_arn(first)}, "Action": ASSUME,
            "Condition": {"StringEquals": {"sts:ExternalId": external, **wanted},
                          "ArnEquals": {"aws:PrincipalArn": role_arn(first)}},
        }),
        MaxSessionDuration=12 * 3600,
    )
    made = cluster.associate(role_arn(first), targetRoleArn=role_arn(target))
    assert made["externalId"] == external
    before = int(time.time())
    session = cluster.session(token, node)
    assert f":assumed-role/{target}/eks-" in session.answer["assumedRoleUser"]["arn"]
    # A chained session gets an hour, whatever its roles allow.
    lasts = session.answer["credentials"]["expiration"].timestamp() - before
    assert 3600 <= lasts <= 3660
    session.iam.list_users()
    # The tags pass on, and stay what they are.
    last = account.role(
        policy(allow("iam:ListGroups", Condition=principal_tags(tags(cluster, token)))),
        trusted=policy({"Effect": "Allow", "Principal": {"AWS": role_arn(target)}, "Action": ASSUME}),
    )
    account.session(last, caller=session).iam.list_groups()
    with refused("InvalidParameterValue", 400):
        account.session(last, caller=session, Tags=[{"Key": "kubernetes-namespace", "Value": "other"}])
    # Another service account of the same first role is another external id.
    cluster.associate(role_arn(first), "other", targetRoleArn=role_arn(target))
    with refused("AccessDeniedException", 400, UNAUTHORIZED):
        cluster.exchange(cluster.token("other"))
    cluster.associate(role_arn(first), "lost", targetRoleArn=role_arn("nobody"))
    with refused("AccessDeniedException", 400, UNAUTHORIZED):
        cluster.exchange(cluster.token("lost"))


def test_a_policy_is_for_the_target_role(cluster, account):
    first = account.role(trusted=trust_pods())
    target = account.role(
        policy(allow(["iam:ListUsers", "iam:ListRoles"])),
        trusted=policy({"Effect": "Allow", "Principal": {"AWS": role_arn(first)}, "Action": "sts:AssumeRole"}),
    )
    cluster.associate(role_arn(first), targetRoleArn=role_arn(target), disableSessionTags=True,
                      policy=policy(allow("iam:ListUsers")))
    session = cluster.session()
    session.iam.list_users()
    with refused("AccessDenied", 403):
        session.iam.list_roles()


def test_a_target_role_of_another_account(organization, authority):
    server = organization.server
    home, away = organization.account("home"), organization.account("away")
    with issuing(authority) as issuer:
        cluster = Cluster(server, home, "prod", issuer)
        first = home.role("first", trust_pods(), None)
        external = f"{REGION}/{home.id}/prod/ns/sa"
        target = away.role("target", policy({
            "Effect": "Allow", "Principal": {"AWS": first}, "Action": ASSUME,
            "Condition": {"StringEquals": {"sts:ExternalId": external}},
        }))
        cluster.associate(first, targetRoleArn=target)
        # Both sides must allow it.
        with refused("AccessDeniedException", 400, UNAUTHORIZED):
            cluster.exchange()
        home.iam.put_role_policy(RoleName="first", PolicyName="p", PolicyDocument=policy(allow(ASSUME, target)))
        session = cluster.session()
        assert session.sts.get_caller_identity()["Account"] == away.id
        # Each account has its record.
        for account, kind in ((home, "AssumedRole"), (away, "AWSAccount")):
            found = account.cloudtrail.lookup_events(
                LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "AssumeRoleForPodIdentity"}]
            )["Events"]
            records = [json.loads(it["CloudTrailEvent"]) for it in found]
            record, = (it for it in records if "errorCode" not in it)
            assert record["userIdentity"]["type"] == kind and record["recipientAccountId"] == account.id
            assert record["resources"][0] == {"accountId": away.id, "type": "AWS::IAM::Role", "ARN": target}


def test_an_issuer_that_cannot_be_reached_is_told_so_and_pushed_keys_help(server, admin, account, name):
    key = jwt.Key("RS256", "first")

    class Unreachable:
        url = f"https://{name}.invalid/cluster"

        def token(self, subject, **changes):
            return key.sign(jwt.claims(self.url, subject, **changes))

    cluster = Cluster(server, admin, name, Unreachable())
    cluster.associate(role_arn(account.role(trusted=trust_pods())))
    with refused("ServiceUnavailableException", 503):
        cluster.exchange()
    done = server.command("oidc", "push-keys", "--provider-arn", cluster.provider, "-",
                          input=json.dumps({"keys": [key.jwk()]}))
    assert done.returncode == 0, done.stderr
    cluster.exchange()


def test_records_name_the_pod_and_hold_no_token(cluster, account, node, server):
    role = account.role(policy(allow("iam:ListUsers")), trusted=trust_pods())
    made = cluster.associate(role_arn(role))
    token = cluster.token()
    session = cluster.session(token, node)
    record = event(server, "AssumeRoleForPodIdentity", session.answer)
    assert record["eventSource"] == "eks-auth.amazonaws.com" and record["readOnly"] is True
    assert record["userIdentity"]["arn"] == node.arn
    assert record["requestParameters"] == {"clusterName": cluster.name}
    told = record["responseElements"]
    assert told["subject"] == {"namespace": "ns", "serviceAccount": "sa"}
    assert told["podIdentityAssociation"]["associationId"] == made["associationId"]
    assert told["assumedRoleUser"]["arn"] == session.answer["assumedRoleUser"]["arn"]
    assert set(told["credentials"]) == {"accessKeyId", "expiration"}
    assert record["resources"] == [
        {"accountId": ACCOUNT, "type": "AWS::IAM::Role", "ARN": role_arn(role)},
        {"accountId": ACCOUNT, "type": "AWS::EKS::Cluster", "ARN": cluster.arn},
    ]
    pod = bound(token)
    attributes = {
        "sub": "system:serviceaccount:ns:sa", "jti": jwt.payload(token)["jti"],
        "kubernetes.io/namespace": "ns",
        "kubernetes.io/serviceaccount": "sa", "kubernetes.io/serviceaccount-uid": pod["serviceaccount"]["uid"],
        "kubernetes.io/pod": "web-0", "kubernetes.io/pod-uid": pod["pod"]["uid"],
        "kubernetes.io/node": "worker-1", "kubernetes.io/node-uid": pod["node"]["uid"],
    }
    data = {"federatedProvider": cluster.provider, "attributes": attributes}
    assert record["additionalEventData"] == {"webIdFederationData": data}
    # Whatever the session does later tells the pod, too, and so does what follows from it in a chain.
    answer = session.iam.list_users()
    later = event(server, "ListUsers", answer)
    assert later["userIdentity"]["sessionContext"]["webIdFederationData"] == data
    assert later["userIdentity"]["arn"] == session.answer["assumedRoleUser"]["arn"]
    for text in (*token.split("."), session.credentials.secret_key, session.credentials.token):
        for path in (server.data / "trail" / "management").iterdir():
            assert text not in path.read_text()
        assert text not in server.log()


def test_refusals_are_recorded_of_the_node(cluster, node, server):
    with pytest.raises(node.eks_auth.exceptions.ResourceNotFoundException) as caught:
        cluster.exchange(node=node)
    record = event(server, "AssumeRoleForPodIdentity", caught.value.response)
    assert record["errorCode"] == "ResourceNotFoundException" and record["userIdentity"]["arn"] == node.arn
    assert record["responseElements"] is None
    # A verified token says whose request it was.
    assert record["additionalEventData"]["webIdFederationData"]["attributes"]["kubernetes.io/pod"] == "web-0"
    with pytest.raises(node.eks_auth.exceptions.InvalidTokenException) as caught:
        cluster.exchange(cluster.token(aud="x"), node)
    record = event(server, "AssumeRoleForPodIdentity", caught.value.response)
    assert record["errorCode"] == "InvalidTokenException" and "additionalEventData" not in record


def test_the_sessions_of_a_role_are_listed_with_their_service_accounts(cluster, account, server):
    role = account.role(trusted=trust_pods())
    cluster.associate(role_arn(role))
    session = cluster.session()
    done = server.command("sessions", role, "--output", "json")
    assert done.returncode == 0, done.stderr
    assert session.credentials.access_key in done.stdout
    assert "system:serviceaccount:ns:sa" in done.stdout


def test_a_session_ends_when_its_role_revokes_it(cluster, account):
    role = account.role(policy(allow("iam:ListUsers")), trusted=trust_pods())
    cluster.associate(role_arn(role))
    session = cluster.session()
    session.iam.list_users()
    deny = {"DateLessThan": {"aws:TokenIssueTime": "2100-01-01T00:00:00Z"}}
    account.admin.iam.put_role_policy(
        RoleName=role, PolicyName="revoke",
        PolicyDocument=policy({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": deny}),
    )
    with refused("AccessDenied", 403):
        session.iam.list_users()


def test_a_cluster_whose_key_the_server_has(server, admin, account, name):
    key = jwt.Key("RS256", "")
    key.kid = key.kube_id()
    text = key.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

    class Hosted:
        url = f"https://{name}.example"

        def token(self, subject, **changes):
            return key.sign(jwt.claims(self.url, subject, **changes))

    done = subprocess.run(
        [binary(), "issuer", "import", "--data", str(server.data), Hosted.url, "-"], input=text.decode(),
        capture_output=True, text=True, timeout=60, env=clean_environment(server.home),
    )
    assert done.returncode == 0, done.stderr
    cluster = Cluster(server, admin, name, Hosted())
    cluster.associate(role_arn(account.role(trusted=trust_pods())))
    cluster.exchange()
    # The server's own tokens are bound to no pod.
    done = subprocess.run(
        [binary(), "token", "--data", str(server.data), "--issuer", Hosted.url, "--service-account", "ns/sa",
         "--audience", AUDIENCE],
        capture_output=True, text=True, timeout=60, env=clean_environment(server.home),
    )
    assert done.returncode == 0, done.stderr
    with refused("InvalidTokenException", 400, INVALID):
        cluster.exchange(done.stdout.strip())


def test_resource_control_policies_hold_for_the_pods_service_of_other_organizations_alone(organization, authority):
    """The policy that AWS recommends against confused deputies (AWS Organizations User Guide, "RCP examples")."""
    member = organization.account()
    with issuing(authority) as issuer:
        cluster = Cluster(organization.server, member, "prod", issuer)
        cluster.associate(member.role("app", trust_pods({
            "StringEquals": {"aws:SourceOrgID": organization.id},
            "ForAnyValue:StringLike": {"aws:SourceOrgPaths": f"{organization.id}/{organization.root}/*"},
        })))
        organization.api.enable_policy_type(RootId=organization.root, PolicyType="RESOURCE_CONTROL_POLICY")
        for ours in (organization.id, "o-anotherone"):
            made = organization.policy(policy({
                "Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*",
                "Condition": {
                    "StringNotEqualsIfExists": {"aws:SourceOrgID": ours}, "Null": {"aws:SourceAccount": "false"},
                    "Bool": {"aws:PrincipalIsAWSService": "true"},
                },
            }), "RESOURCE_CONTROL_POLICY", to=member.id)
            if ours == organization.id:
                cluster.exchange(node=member)
            else:
                with refused("AccessDeniedException", 400, UNAUTHORIZED):
                    cluster.exchange(node=member)
            organization.api.detach_policy(PolicyId=made["Id"], TargetId=member.id)
