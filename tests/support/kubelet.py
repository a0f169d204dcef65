"""What a node would do for a pod, as far as identity goes: its containers' variables, and tokens in projected volumes."""

from pathlib import Path


class Container:
    """A container of a pod that exists, as a program on this machine sees it.

    Mounts are directories below `root`, and the paths in variables lead there.
    """

    def __init__(self, cluster, pod: dict, root: Path, name: str | None = None):
        self.cluster, self.pod, self.root = cluster, pod, root
        containers = pod["spec"]["containers"]
        self.spec = next(it for it in containers if name in (None, it["name"]))
        self.project()

    def project(self) -> None:
        """Asks for the tokens of its projected volumes and writes them where they are mounted."""
        volumes = {volume["name"]: volume for volume in self.pod["spec"].get("volumes", [])}
        for mount in self.spec.get("volumeMounts", []):
            for source in volumes[mount["name"]].get("projected", {}).get("sources", []):
                if token := source.get("serviceAccountToken"):
                    directory = self._local(mount["mountPath"])
                    directory.mkdir(parents=True, exist_ok=True)
                    (directory / token["path"]).write_text(self._token(token))

    def environment(self) -> dict:
        """Its variables."""
        pairs = {variable["name"]: variable.get("value", "") for variable in self.spec.get("env", [])}
        for mount in self.spec.get("volumeMounts", []):
            inside = f"{mount['mountPath']}/"
            for name, value in pairs.items():
                if value.startswith(inside):
                    pairs[name] = str(self._local(value))
        return pairs

    def _token(self, projection: dict) -> str:
        return self.cluster.token(
            self.pod["metadata"]["namespace"], self.pod["spec"]["serviceAccountName"],
            # The API server's own audience is the default.
            projection.get("audience") or self.cluster.issuer, projection["expirationSeconds"], pod=self.pod,
        )

    def _local(self, path: str) -> Path:
        return self.root / path.lstrip("/")
