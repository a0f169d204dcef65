"""Registered clusters, and the tokens of their pods."""

import uuid

from support import jwt, raw
from support.clients import As
from support.issuer import Issuer
from support.policies import policy
from support.server import Credentials, Server

VERSION = "2026-11-22"
AUDIENCE = "pods.eks.amazonaws.com"
PODS = {"Service": AUDIENCE}


def register(server: Server, credentials: Credentials | None, name: str, provider: str) -> raw.Answer:
    """A call of `RegisterCluster`."""
    body = {
        "Action": "RegisterCluster", "Version": VERSION, "Name": name, "OpenIDConnectProviderArn": provider,
    }
    return raw.query(server, "daypass", body, credentials)


def trust_pods(condition: dict | None = None, *, action=("sts:AssumeRole", "sts:TagSession")) -> str:
    """A trust policy for the pods of associations."""
    statement = {"Effect": "Allow", "Principal": PODS, "Action": list(action)}
    return policy({**statement, **({"Condition": condition} if condition else {})})


class Cluster:
    """A registered cluster of an administrator's account, and its issuer."""

    def __init__(self, server: Server, admin: As, name: str, issuer: Issuer):
        self.server, self.admin, self.name, self.issuer = server, admin, name, issuer
        # The audience of Pod Identity is none of its client ids.
        self.provider = admin.iam.create_open_id_connect_provider(Url=issuer.url)["OpenIDConnectProviderArn"]
        answer = register(server, admin.credentials, name, self.provider)
        assert answer.status == 200, answer.text
        self.arn = answer.find("Arn")
        self.account = self.arn.split(":")[4]

    def associate(self, role: str, service_account: str = "sa", namespace: str = "ns", **more) -> dict:
        """A new association."""
        return self.admin.eks.create_pod_identity_association(
            clusterName=self.name, namespace=namespace, serviceAccount=service_account, roleArn=role, **more
        )["association"]

    def token(self, service_account: str = "sa", namespace: str = "ns", pod: str = "web-0", **changes) -> str:
        """A token of a pod, as kube-apiserver makes it."""
        bound = {
            "namespace": namespace,
            "serviceaccount": {"name": service_account, "uid": _uid(namespace, service_account)},
            "pod": {"name": pod, "uid": _uid(namespace, pod)},
            "node": {"name": "worker-1", "uid": _uid("", "worker-1")},
        }
        subject = f"system:serviceaccount:{namespace}:{service_account}"
        made = {"aud": [AUDIENCE], "kubernetes.io": bound, "jti": str(uuid.uuid4()), **changes}
        return self.issuer.token(subject, **made)

    def exchange(self, token: str | None = None, node: As | None = None) -> dict:
        """What the node gets for a pod's token."""
        return (node or self.admin).eks_auth.assume_role_for_pod_identity(
            clusterName=self.name, token=self.token() if token is None else token
        )

    def session(self, token: str | None = None, node: As | None = None) -> As:
        """The pod's session."""
        answer = self.exchange(token, node)
        keys = answer["credentials"]
        made = As(self.server, Credentials(keys["accessKeyId"], keys["secretAccessKey"], keys["sessionToken"]))
        made.answer = answer
        return made


def bound(token: str) -> dict:
    """What a token is bound to."""
    return jwt.payload(token)["kubernetes.io"]


def _uid(*names: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, "/".join(names)))
