"""A service account of a server's own issuer, and a role that it may assume: the identity of a pod."""

import contextlib
import subprocess

from botocore.exceptions import ClientError

from support.clients import As
from support.policies import trust_provider
from support.principals import Account, role_arn
from support.server import Credentials, Server


class ServiceAccount:
    """One service account; its role has the inline policy `document`. `admin` are the administrator's clients."""

    def __init__(self, server: Server, admin: As, document: str):
        self.server = server
        self._name = f"ns/{Account.name('sa')}"
        provider = server.issuer()
        with contextlib.suppress(ClientError):
            # There already, if the server has another service account.
            admin.iam.create_open_id_connect_provider(
                Url=f"https://{provider}", ClientIDList=["sts.amazonaws.com"]
            )
        subject = f"system:serviceaccount:{self._name.replace('/', ':')}"
        self.role = Account(server, admin).role(document, trusted=trust_provider(provider, subject))

    def session(self, verify: str | None = None) -> Credentials:
        """A session's credentials, by a token of the service account."""
        answer = As(self.server, None, verify=verify).sts.assume_role_with_web_identity(
            RoleArn=role_arn(self.role), RoleSessionName="session", WebIdentityToken=self.server.token(self._name)
        )
        return Credentials.of(answer["Credentials"])

    def run(self, *program: str, environment: dict) -> subprocess.CompletedProcess:
        """Runs a program in the environment of a pod of the service account."""
        return self.server.command(
            "run", "--role-arn", role_arn(self.role), "--service-account", self._name, "--", *program,
            environment=environment, timeout=120,
        )
