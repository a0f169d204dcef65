"""What a Kubernetes token attests: in every event of its sessions, whatever name the caller picks."""

import json

import pytest

from support.clients import As, refused
from support.policies import allow, policy, trust_provider
from support.principals import role_arn
from support.server import ACCOUNT, Credentials

SUBJECT = "system:serviceaccount:ns:sa"
BOUND = {
    "namespace": "ns",
    "serviceaccount": {"name": "sa", "uid": "11111111-1111-4111-8111-111111111111"},
    "pod": {"name": "sa-7d9f", "uid": "22222222-2222-4222-8222-222222222222"},
    "node": {"name": "worker-1", "uid": "33333333-3333-4333-8333-333333333333"},
    "warnafter": 1795262400,
}
ATTRIBUTES = {
    "sub": SUBJECT,
    "kubernetes.io/namespace": "ns",
    "kubernetes.io/serviceaccount": "sa",
    "kubernetes.io/serviceaccount-uid": "11111111-1111-4111-8111-111111111111",
    "kubernetes.io/pod": "sa-7d9f",
    "kubernetes.io/pod-uid": "22222222-2222-4222-8222-222222222222",
    "kubernetes.io/node": "worker-1",
    "kubernetes.io/node-uid": "33333333-3333-4333-8333-333333333333",
    "jti": "token-1",
}


class Cluster:
    def __init__(self, account, issuer):
        self.account, self.issuer = account, issuer
        self.arn = account.admin.iam.create_open_id_connect_provider(
            Url=issuer.url, ClientIDList=["sts.amazonaws.com"]
        )["OpenIDConnectProviderArn"]

    def role(self, document=None, **conditions) -> str:
        trusted = trust_provider(self.issuer.provider, None, StringLike={
            f"{self.issuer.provider}:sub": "system:serviceaccount:ns:*",
        }, **conditions)
        return self.account.role(document, trusted=trusted)

    def token(self, bound=BOUND, **changes) -> str:
        return self.issuer.token(**{"kubernetes.io": bound, "jti": "token-1", **changes})

    def session(self, role: str, name: str = "session", token: str | None = None) -> As:
        answer = As(self.account.server, None).sts.assume_role_with_web_identity(
            RoleArn=role_arn(role), RoleSessionName=name, WebIdentityToken=token or self.token()
        )
        made = As(self.account.server, Credentials.of(answer["Credentials"]))
        made.answer = answer
        return made


@pytest.fixture
def cluster(account, issuer):
    return Cluster(account, issuer)


def events(server, session: As, kind: str = "management") -> list[dict]:
    """The events of a session's key, oldest first."""
    lines = [line for path in sorted((server.data / "trail" / kind).iterdir()) for line in path.read_text().splitlines()]
    key = session.credentials.access_key
    records = [json.loads(line) for line in lines if key in line]
    return [it for it in records if it["userIdentity"].get("accessKeyId") == key]


def federation(record: dict) -> dict:
    return record["userIdentity"]["sessionContext"]["webIdFederationData"]


def test_a_chosen_session_name_hides_nobody(server, cluster, bucket):
    role = cluster.role(policy(allow(["iam:ListUsers", "s3:*"])))
    for name in ("root", "another-pod-0", "system-node-master"):
        session = cluster.session(role, name)
        session.iam.list_users()
        session.s3.put_object(Bucket=bucket, Key=name, Body=b"x")
        with refused("AccessDenied", 403):
            session.iam.list_roles()
        made = [*events(server, session), *events(server, session, "data")]
        assert [it["eventName"] for it in made] == ["ListUsers", "ListRoles", "PutObject"]
        for record in made:
            assert record["userIdentity"]["arn"].endswith(f"/{name}")
            assert federation(record) == {"federatedProvider": cluster.arn, "attributes": ATTRIBUTES}


def test_the_event_of_the_exchange_says_who_came(server, cluster, admin):
    session = cluster.session(cluster.role(), "root")
    key = session.credentials.access_key
    lines = [line for path in (server.data / "trail" / "management").iterdir() for line in path.read_text().splitlines()]
    record, = (json.loads(line) for line in lines if key in line)
    assert record["eventName"] == "AssumeRoleWithWebIdentity"
    assert record["responseElements"]["credentials"]["accessKeyId"] == key
    assert record["additionalEventData"]["webIdFederationData"] == {
        "federatedProvider": cluster.arn, "attributes": ATTRIBUTES,
    }


def test_a_chain_of_three_roles_keeps_who_began_it(server, cluster, account):
    names = [account.name("chain") for _ in range(3)]
    # The roles trust whoever has the account's permission to assume them.
    document = policy(allow(["sts:AssumeRole", "sts:SetSourceIdentity", "iam:ListUsers"]))
    root = f"arn:aws:iam::{ACCOUNT}:root"
    trusted = policy({
        "Effect": "Allow", "Principal": {"AWS": root}, "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
    })
    first = account.role(document, trusted=trust_provider(
        cluster.issuer.provider, SUBJECT, action=["sts:AssumeRoleWithWebIdentity", "sts:SetSourceIdentity"]
    ))
    session = cluster.session(first, token=cluster.token(**{"https://aws.amazon.com/source_identity": "alice"}))
    for name in names:
        account.role(document, RoleName=name, trusted=trusted)
        session = account.session(name, session="root", caller=session)
        session.iam.list_users()
        record, = (it for it in events(server, session) if it["eventName"] == "ListUsers")
        assert record["userIdentity"]["sessionContext"]["sourceIdentity"] == "alice"
        assert federation(record) == {"federatedProvider": cluster.arn, "attributes": ATTRIBUTES}


def test_a_service_account_made_again_is_denied_where_its_uid_is_pinned(cluster):
    pinned = {"daypass:attested/serviceaccount-uid": BOUND["serviceaccount"]["uid"]}
    role = cluster.role(StringEquals=pinned)
    cluster.session(role)
    again = {**BOUND, "serviceaccount": {"name": "sa", "uid": "99999999-9999-4999-8999-999999999999"}}
    for token in (
        cluster.token(again),
        cluster.token({**BOUND, "serviceaccount": {"name": "sa"}}),
        # Bound to another namespace than the subject says: then nothing is attested.
        cluster.token({**BOUND, "namespace": "other"}),
        cluster.issuer.token(),
        cluster.issuer.token(**{"daypass:attested/serviceaccount-uid": BOUND["serviceaccount"]["uid"]}),
    ):
        with refused("AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithWebIdentity"):
            cluster.session(role, token=token)


def test_what_is_attested_can_be_asked_for_in_later_requests(cluster, account):
    condition = {"StringEquals": {"daypass:attested/pod": "sa-7d9f", "daypass:attested/provider": cluster.arn}}
    role = cluster.role(policy(allow("iam:ListUsers", Condition=condition), allow("sts:AssumeRole")))
    cluster.session(role, "someone").iam.list_users()
    other = cluster.token({**BOUND, "pod": {"name": "sa-0000", "uid": "u"}})
    with refused("AccessDenied", 403):
        cluster.session(role, "sa-7d9f", other).iam.list_users()
    chained = account.role(policy(allow("iam:ListUsers", Condition=condition)))
    account.session(chained, caller=cluster.session(role)).iam.list_users()
    with refused("AccessDenied", 403):
        account.session(chained).iam.list_users()


def test_a_session_tag_is_not_attested(cluster, account):
    condition = {"StringEquals": {"daypass:attested/namespace": "kube-system"}}
    actions = ["sts:AssumeRole", "sts:TagSession"]
    trusted = policy({"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": actions})
    role = account.role(policy(allow("iam:ListUsers", Condition=condition)), trusted=trusted)
    tags = [{"Key": "daypass:attested/namespace", "Value": "kube-system"}]
    with refused("AccessDenied", 403):
        account.session(role, Tags=tags).iam.list_users()


def test_a_session_token_stays_small(cluster):
    plain = cluster.session(cluster.role(), token=cluster.issuer.token())
    full = cluster.session(cluster.role())
    grown = len(full.credentials.token) - len(plain.credentials.token)
    assert 0 < grown < 500, grown
    # What Kubernetes would not give is left out.
    odd = {**BOUND, "pod": {"name": "p" * 3000, "uid": "line\nbreak"}, "node": {"name": ["x"] * 100}}
    huge = cluster.session(cluster.role(), token=cluster.token(odd, jti="j" * 3000))
    assert len(huge.credentials.token) < len(full.credentials.token)
