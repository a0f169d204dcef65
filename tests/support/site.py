"""A server and a cluster, and the commands that set one up for the other."""

import json
import subprocess
from pathlib import Path

from support.aws_cli import Shell
from support.clients import As
from support.environment import clean_environment
from support.kubernetes import Cluster
from support.server import Server, binary

CONFIGURATION = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/pod-identity-webhook"


class Site:
    """Runs `daypass` commands as the server's administrator and the cluster's."""

    def __init__(self, server: Server, cluster: Cluster, name: str):
        self.server, self.cluster, self.name = server, cluster, name
        self.admin = As(server, server.administrator)
        self.provider_arn = f"arn:aws:iam::123456789012:oidc-provider/{cluster.provider}"

    def environment(self, **more: str) -> dict:
        return {"KUBECONFIG": str(self.cluster.kubeconfig), **more}

    def run(self, *words: str, **options) -> subprocess.CompletedProcess:
        """Runs a command, whatever comes of it."""
        environment = {**self.environment(), **options.pop("environment", {})}
        return self.server.command(*words, environment=environment, timeout=120, **options)

    def ok(self, *words: str, **options) -> str:
        """What a command prints; it must succeed."""
        done = self.run(*words, **options)
        assert done.returncode == 0, f"daypass {' '.join(words)}\n{done.stdout}{done.stderr}"
        return done.stdout

    def fails(self, *words: str, **options) -> str:
        """What a command prints and complains of; it must fail."""
        done = self.run(*words, **options)
        assert done.returncode == 1, f"daypass {' '.join(words)}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def start(self, *words: str, environment: dict | None = None) -> subprocess.Popen:
        """Starts a command and does not wait for it."""
        first, *rest = words
        return subprocess.Popen(
            [binary(), first, "--data", str(self.server.data), *rest], text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=clean_environment(self.server.home, {**self.environment(), **(environment or {})}),
        )

    def create(self, webhook, *words: str) -> str:
        """Registers the cluster with a webhook by URL."""
        return self.ok("create", "cluster", "--name", self.name, *by_url(webhook), *words)

    def provider(self) -> dict:
        return self.admin.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=self.provider_arn)

    def status(self, *words: str) -> dict:
        """The outcomes of `daypass status`, by check."""
        done = self.run("status", "-o", "json", *words)
        told = json.loads(done.stdout)
        assert done.returncode == (0 if told["ok"] else 1)
        return {check["check"]: check for check in told["checks"]}

    def follow(self, script: str, home: Path) -> str:
        """Runs printed commands as they are, in a shell that stops at the first that fails."""
        environment = self.cluster.environment()
        own = clean_environment(home)
        # kubectl's directory is the first one in the cluster's path.
        environment["PATH"] = f"{environment['PATH'].split(':')[0]}:{own['PATH']}"
        shell = Shell(home, environment)
        try:
            return shell.run("set -e; (" + script + "\n)")
        finally:
            shell.close()

    def leftovers(self) -> list:
        """What tests of identity should not have left: roles, and service accounts in `default`."""
        roles = [it["RoleName"] for it in self.admin.iam.list_roles()["Roles"]]
        accounts = self.cluster.request("GET", "/api/v1/namespaces/default/serviceaccounts")["items"]
        names = roles + [it["metadata"]["name"] for it in accounts]
        return [it for it in names if it.startswith("daypass-")]


def by_url(webhook) -> list[str]:
    """The options for a webhook that runs outside of the cluster."""
    return [
        "--webhook-url", f"https://localhost:{webhook.port}",
        "--webhook-ca-bundle", str(webhook.certificates.ca),
    ]
