"""The chart and the plain manifests, rendered for many settings: what is in them and what is not."""

import copy
import json
import subprocess
import tomllib

import pytest

from support.chart_values import VALUES
from support.manifests import (
    AGENT, CHART, DEPLOY, argument, containers, helm, kinds, of_kind, plain, pods, read, render, try_render,
)
from support.server import binary


@pytest.fixture(params=VALUES)
def values(request) -> dict:
    return copy.deepcopy(VALUES[request.param])


def test_the_chart_has_nothing_to_complain_about(home):
    done = helm(home, "lint", "--strict", CHART)
    assert done.returncode == 0, done.stdout


def test_the_chart_is_of_this_version():
    (chart,) = read((CHART / "Chart.yaml").read_text())
    version = tomllib.loads((DEPLOY.parent / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    assert chart["appVersion"] == version
    for name in ("server", "webhook", "agent"):
        images = {container["image"] for template in pods(plain(name)) for container in containers(template)}
        assert images == {f"daypass:{version}"}


def test_every_setting_is_described_and_has_a_default():
    (defaults,) = read((CHART / "values.yaml").read_text())
    schema = json.loads((CHART / "values.schema.json").read_text())

    def compare(part: dict, values: dict, path: str) -> None:
        while "$ref" in part:
            part = schema["definitions"][part["$ref"].rpartition("/")[2]]
        if "properties" in part:
            assert part["additionalProperties"] is False, path
            assert part["properties"].keys() - {"global"} == values.keys(), path
            for key, value in values.items():
                compare(part["properties"][key], value, f"{path}/{key}")

    compare(schema, defaults, "")


@pytest.mark.parametrize(("wrong", "message"), [
    ({"serverr": {}}, "additional properties 'serverr' not allowed"),
    ({"webhook": {"replica": 3}}, "additional properties 'replica' not allowed"),
    ({"image": {"tag": "latest"}}, "/image/tag"),
    ({"agent": {"enabled": True}}, "/agent/clusterName"),
    ({"agent": {**AGENT, "roleArn": "agent"}}, "/agent/roleArn"),
    ({"server": {"account": "12345"}}, "/server/account"),
    ({"webhook": {"tls": {"mode": "secret"}}}, "name the Secret in webhook.tls.secretName"),
    ({"webhook": {"tls": {"caBundle": "YQ=="}}}, "webhook.tls.caBundle is for webhook.tls.mode secret"),
    ({"server": {"tls": {"secretName": ""}}}, "server.tls.secretName is empty"),
    ({"server": {"tls": {"allowPlaintext": True}}}, "set secretName to"),
    ({"server": {"enabled": False}, "agent": AGENT}, "say where it answers"),
])
def test_wrong_values_are_refused(home, wrong, message):
    done = try_render(home, wrong)
    assert done.returncode != 0
    assert message in done.stderr


def test_the_plain_manifests_are_what_the_chart_makes():
    done = subprocess.run(["bash", DEPLOY / "render", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_components_are_switched_on_separately(home):
    every = {name: {"enabled": False} for name in ("server", "webhook", "agent")}
    assert try_render(home, every).stdout.strip() == ""
    workloads = {"server": "StatefulSet", "webhook": "Deployment", "agent": "DaemonSet"}
    for component, kind in workloads.items():
        one = every | {component: {**(AGENT if component == "agent" else {}), "enabled": True}}
        objects = render(home, {**one, "endpoint": "https://daypass.example"})
        assert kinds(objects) & set(workloads.values()) == {kind}
        assert ("MutatingWebhookConfiguration" in kinds(objects)) == (component == "webhook")


def test_the_budgets_version_is_the_clusters(home):
    budgets = {"server": {"podDisruptionBudget": {"enabled": True}}}
    for version, expected in (("v1.20.2", "policy/v1beta1"), ("v1.21.0", "policy/v1"), ("v1.33.1-eks-1", "policy/v1")):
        objects = render(home, budgets, version=version)
        found = [one["apiVersion"] for one in objects if one["kind"] == "PodDisruptionBudget"]
        assert found == [expected, expected], version


def test_openshift_is_recognized_and_its_ranges_are_respected(home):
    apis = ("security.openshift.io/v1",)
    for values, openshift in (({}, True), ({"openshift": False}, False)):
        objects = render(home, {"agent": AGENT, **values}, apis=apis)
        assert ("SecurityContextConstraints" in kinds(objects)) == openshift
        configuration = of_kind(objects, "MutatingWebhookConfiguration")["webhooks"][0]
        selected = configuration["namespaceSelector"]["matchExpressions"]
        run_levels = [one["values"] for one in selected if one["key"] == "openshift.io/run-level"]
        assert run_levels == ([["0", "1"]] if openshift else [])
        for kind in ("StatefulSet", "Deployment"):
            context = of_kind(objects, kind)["spec"]["template"]["spec"]["securityContext"]
            assert "runAsUser" not in context
            assert ("fsGroup" in context) == (kind == "StatefulSet" and not openshift)


def test_what_the_agent_may_on_openshift_is_what_its_pod_asks_for(home):
    def rendered(**agent) -> tuple[dict, list[str]]:
        objects = render(home, {"openshift": True, "agent": {**AGENT, **agent}})
        template = of_kind(objects, "DaemonSet")["spec"]["template"]
        asked = [one for each in containers(template) for one in each["securityContext"]["capabilities"].get("add", [])]
        return of_kind(objects, "SecurityContextConstraints"), asked

    for agent in ({}, {"assignAddresses": False}, {"port": 8080}, {"port": 8080, "assignAddresses": False}):
        constraints, asked = rendered(**agent)
        assert constraints["allowedCapabilities"] == asked, agent
        assert constraints["users"] == ["system:serviceaccount:daypass:daypass-agent"]
        assert not constraints["allowPrivilegedContainer"] and not constraints["allowHostDirVolumePlugin"]


def test_the_webhook_tells_pods_the_agents_port(home):
    def uri(**agent) -> list[str]:
        container = of_kind(render(home, {"agent": {**AGENT, **agent}}), "Deployment")["spec"]["template"]["spec"]
        flags = container["containers"][0]["args"]
        return [flag.partition("=")[2] for flag in flags if flag.startswith("--container-credentials-full-uri=")]

    assert uri() == []
    assert uri(port=8080) == ["http://169.254.170.23:8080/v1/credentials"]
    assert uri(port=8080, bindHosts=["fd00:ec2::23"]) == ["http://[fd00:ec2::23]:8080/v1/credentials"]


def test_the_endpoint_is_the_services_unless_it_is_said(home):
    def endpoints(values: dict) -> set[str]:
        objects = render(home, {"agent": AGENT, **values})
        server, webhook, agent = (of_kind(objects, kind)["spec"]["template"]["spec"]["containers"][0]
                                  for kind in ("StatefulSet", "Deployment", "DaemonSet"))
        return {argument(server, "--endpoint"), argument(webhook, "--aws-endpoint-url"), argument(agent, "--endpoint")}

    assert endpoints({}) == {"https://daypass.daypass.svc"}
    assert endpoints({"server": {"service": {"port": 8443}}}) == {"https://daypass.daypass.svc:8443"}
    assert endpoints(VALUES["plaintext"]) == {"http://daypass.daypass.svc"}
    assert endpoints({"endpoint": "https://aws.example"}) == {"https://aws.example"}


# Security


def test_every_pod_is_confined(values, home):
    for template in pods(render(home, values)):
        spec = template["spec"]
        agent = spec["serviceAccountName"] == "daypass-agent"
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec.get("hostNetwork", False) == agent
        assert not spec.get("hostPID") and not spec.get("hostIPC")
        assert spec["enableServiceLinks"] is False
        assert spec["nodeSelector"]["kubernetes.io/os"] == "linux"
        assert {kind for volume in spec.get("volumes", []) for kind in volume} <= {
            "name", "secret", "configMap", "projected", "emptyDir",
        }
        for container in containers(template):
            context = spec["securityContext"] | container["securityContext"]
            assert context["readOnlyRootFilesystem"] is True
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"]["drop"] == ["ALL"]
            assert not context.get("privileged")
            if "add" in context["capabilities"]:
                # The exceptions: the node's address, and a port below 1024.
                purpose = {"addresses": ["NET_ADMIN"], "agent": ["NET_BIND_SERVICE"]}
                assert agent and context["capabilities"]["add"] == purpose[container["name"]]
                assert context["runAsUser"] == 0
            else:
                assert context["runAsNonRoot"] is True
                assert context.get("runAsUser", 65532) != 0
            assert container["resources"]["requests"].keys() >= {"cpu", "memory"}
            assert container["resources"]["limits"]["memory"]
            image = container["image"]
            assert "@sha256:" in image or (":" in image and not image.endswith(":latest"))
            if container not in spec.get("initContainers", []):
                assert all(container[f"{when}Probe"]["httpGet"]["port"] for when in ("startup", "liveness", "readiness"))


def test_only_the_webhook_has_the_api_servers_token(home):
    objects = render(home, {"agent": AGENT})
    mounted = {one["spec"]["serviceAccountName"]: one["spec"]["automountServiceAccountToken"] for one in pods(objects)}
    assert mounted == {"daypass": False, "pod-identity-webhook": True, "daypass-agent": False}
    assert all(not one["automountServiceAccountToken"] for one in objects if one["kind"] == "ServiceAccount")
    reviewing = render(home, {"server": {"tokenReview": {"issuer": "https://oidc.example"}}})
    assert of_kind(reviewing, "StatefulSet")["spec"]["template"]["spec"]["automountServiceAccountToken"]


def test_no_rule_has_a_wildcard(values, home):
    for one in render(home, values):
        for rule in one.get("rules", []) if one["kind"] in ("Role", "ClusterRole") else []:
            assert all("*" not in rule[key] for key in ("apiGroups", "resources", "verbs"))
            if "secrets" in rule["resources"]:
                assert one["kind"] == "Role"
                assert rule.get("resourceNames") or rule["verbs"] == ["create"]


def test_network_policies_select_the_pods_and_leave_metadata_services_out(home):
    objects = render(home, {})
    policies = [one for one in objects if one["kind"] == "NetworkPolicy"]
    labels = [template["metadata"]["labels"] for template in pods(objects)]
    for policy in policies:
        selector = policy["spec"]["podSelector"]["matchLabels"].items()
        assert len([one for one in labels if selector <= one.items()]) == 1
        assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
        blocks = [peer["ipBlock"] for rule in policy["spec"]["egress"] for peer in rule.get("to", [])]
        assert "169.254.0.0/16" in blocks[0]["except"] and "fd00:ec2::/32" in blocks[1]["except"]
    assert len(policies) == 2


def test_selectors_find_the_pods(values, home):
    objects = render(home, values)
    labels = [template["metadata"]["labels"] for template in pods(objects)]
    for one in objects:
        selector = one.get("spec", {}).get("selector")
        if selector is not None:
            wanted = selector.get("matchLabels", selector) if isinstance(selector, dict) else selector
            assert [each for each in labels if wanted.items() <= each.items()], one["kind"]


# The program


@pytest.mark.parametrize("component", ["StatefulSet", "Deployment", "DaemonSet"])
@pytest.mark.parametrize("chosen", ["defaults", "everything", "given certificates"])
def test_the_program_knows_every_argument(component, chosen, home):
    objects = render(home, {**VALUES[chosen], "agent": AGENT})
    template = of_kind(objects, component)["spec"]["template"]
    for container in containers(template):
        # Arguments are read up to --help, which ends the program well.
        done = subprocess.run([binary(), *container["args"], "--help"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
