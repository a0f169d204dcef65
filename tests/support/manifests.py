"""The manifests under deploy/: rendered, read, and looked through."""

import json
import subprocess
from pathlib import Path

import yaml

from support.environment import clean_environment
from support.kubernetes import binaries

DEPLOY = Path(__file__).parents[2] / "deploy"
CHART = DEPLOY / "helm" / "daypass"
# Kinds that are in no namespace.
CLUSTER_WIDE = {
    "Namespace", "ClusterRole", "ClusterRoleBinding", "MutatingWebhookConfiguration", "SecurityContextConstraints",
}
AGENT = {"enabled": True, "clusterName": "c1", "roleArn": "arn:aws:iam::123456789012:role/agent"}


def helm(home: Path, *arguments: str, **more) -> subprocess.CompletedProcess:
    """Runs helm, whatever comes of it."""
    command = [str(binaries() / "helm"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=clean_environment(home, more))


def try_render(
    home: Path, values: dict, namespace: str = "daypass", version: str = "v1.33.0", apis: tuple = ()
) -> subprocess.CompletedProcess:
    """`helm template` with these values, for a version of Kubernetes."""
    file = home / "values.json"
    file.write_text(json.dumps(values))
    named = [word for api in apis for word in ("--api-versions", api)]
    return helm(
        home, "template", "daypass", CHART, "--namespace", namespace, "--kube-version", version, "--values", file, *named,
    )


def render(home: Path, values: dict, *arguments, **options) -> list[dict]:
    """The objects that the chart makes of these values."""
    done = try_render(home, values, *arguments, **options)
    assert done.returncode == 0, done.stderr
    return read(done.stdout)


def read(text: str) -> list[dict]:
    """The objects of a file of manifests."""
    return [document for document in yaml.load_all(text, Loader=_Strict) if document is not None]


class _Strict(yaml.SafeLoader):
    """YAML in which no key stands twice, which most readers let pass."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"a key stands twice\n{node.start_mark}"
        return super().construct_mapping(node, deep)


def plain(name: str) -> list[dict]:
    """The objects of a file under deploy/kubernetes."""
    return read((DEPLOY / "kubernetes" / f"{name}.yaml").read_text())


def of_kind(objects: list[dict], kind: str) -> dict:
    """The one object of a kind."""
    (found,) = [one for one in objects if one["kind"] == kind]
    return found


def kinds(objects: list[dict]) -> set[str]:
    return {one["kind"] for one in objects}


def pods(objects: list[dict]) -> list[dict]:
    """The templates of pods."""
    return [one["spec"]["template"] for one in objects if "template" in one.get("spec", {})]


def containers(template: dict) -> list[dict]:
    return template["spec"].get("initContainers", []) + template["spec"]["containers"]


def argument(container: dict, flag: str) -> str:
    """The value of a flag."""
    (found,) = [text for text in container["args"] if text.startswith(f"{flag}=")]
    return found.removeprefix(f"{flag}=")
