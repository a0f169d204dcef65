"""`daypass node-address` and the agent's pod, in a network namespace of the test's own that stands for a node."""

import json
import subprocess
import sys

import pytest

from support.environment import clean_environment
from support.manifests import AGENT, of_kind, render
from support.server import binary

# Brings the loopback interface up, runs the commands, and listens where the agent would.
SCRIPT = """
import fcntl, socket, struct, subprocess, sys

program, times, addresses = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
UP, SET_FLAGS = 1, 0x8914
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh22x", b"lo", UP))
for _ in range(times):
    code = subprocess.run([program, "node-address", *addresses]).returncode
    if code:
        sys.exit(code)
for address in addresses:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as listener, socket.socket(family) as pod:
        listener.bind((address, 80))
        listener.listen()
        pod.connect((address, 80))
"""
BOTH = ("169.254.170.23", "fd00:ec2::23")
# Runs a pod as the kubelet does: one init container after the other, then the container, each with its capabilities. Asks
# the probe and, as a container would, for credentials; prints the statuses.
POD = """
import fcntl, http.client, json, os, socket, struct, subprocess, sys, threading

program, pod = sys.argv[1], json.loads(sys.argv[2])
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh22x", b"lo", 1))

def command(container):
    added = [f"+{name.lower()}" for name in container["securityContext"]["capabilities"].get("add", [])]
    confined = ["--bounding-set=" + ",".join(["-all", *added]), "--no-new-privs"]
    return ["setpriv", "--pdeathsig", "KILL", *confined, "--", program, *container["args"]]

def ask(host, port, path):
    connection = http.client.HTTPConnection(host, port, timeout=30)
    connection.request("GET", path)
    return connection.getresponse().status

for container in pod.get("initContainers", []):
    subprocess.run(command(container), check=True, stdout=subprocess.DEVNULL)
(container,) = pod["containers"]
ports = {port["name"]: port["containerPort"] for port in container["ports"]}
probe = container["readinessProbe"]["httpGet"]
variables = {one["name"]: one["value"] for one in container["env"] if "value" in one}
agent = subprocess.Popen(command(container), stdout=subprocess.PIPE, text=True, env={**os.environ, **variables})
watchdog = threading.Timer(30, agent.kill)
watchdog.daemon = True
watchdog.start()
if not any(" is ready at " in line for line in agent.stdout):
    sys.exit(agent.wait())
print(ask(probe["host"], ports[probe["port"]], probe["path"]))
for host in pod["hosts"]:
    print(ask(host, ports["credentials"], "/v1/credentials"))
agent.terminate()
sys.exit(agent.wait())
"""


@pytest.fixture
def namespace(home):
    """Runs a command in a network namespace that it is root of."""

    def run(*command: str, capabilities: str = "+all") -> subprocess.CompletedProcess:
        return subprocess.run(
            ["unshare", "--map-root-user", "--net", "--", "setpriv", f"--bounding-set={capabilities}", "--",
             *map(str, command)],
            capture_output=True, text=True, timeout=60, env=clean_environment(home),
        )

    return run


def listen(*addresses: str, times: int = 1) -> list[str]:
    return [sys.executable, "-c", SCRIPT, binary(), str(times), *addresses]


def test_a_server_can_listen_at_the_addresses(namespace):
    done = namespace(*listen(*BOTH))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{address} added to the loopback interface" for address in BOTH]


def test_a_second_time_changes_nothing(namespace):
    done = namespace(*listen(*BOTH, times=2))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[2:] == [f"{address} was there already" for address in BOTH]


def test_without_it_nobody_can(namespace):
    done = namespace(*listen(*BOTH, times=0))
    assert done.returncode != 0
    assert "Cannot assign requested address" in done.stderr


def test_one_capability_is_enough_and_without_it_the_way_out_is_told(namespace):
    command = [binary(), "node-address", BOTH[0]]
    assert namespace(*command, capabilities="-all,+net_admin").returncode == 0
    refused = namespace(*command, capabilities="-net_admin")
    assert refused.returncode == 1
    assert "without the capability NET_ADMIN" in refused.stderr
    assert f"ip address add {BOTH[0]} dev lo" in refused.stderr


def test_a_node_without_ipv6_gets_the_other_address(namespace):
    switched_off = 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; exec "$@"'
    done = namespace("sh", "-c", switched_off, "sh", binary(), "node-address", *BOTH)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1] == f"{BOTH[1]} left out: there is no IPv6 here"
    alone = namespace("sh", "-c", switched_off, "sh", binary(), "node-address", BOTH[1])
    assert alone.returncode == 1
    assert "add 169.254.170.23" in alone.stderr


def test_what_is_no_address_is_refused(namespace):
    done = namespace(binary(), "node-address", "localhost")
    assert done.returncode == 2
    assert "invalid value 'localhost'" in done.stderr


@pytest.mark.parametrize(("agent", "hosts"), [
    ({}, BOTH),
    ({"port": 8080, "bindHosts": [BOTH[1]]}, BOTH[1:]),
    ({"port": 8080, "assignAddresses": False, "bindHosts": ["127.0.0.1"]}, ("127.0.0.1",)),
])
def test_the_charts_agent_answers_with_the_capabilities_that_it_is_given(namespace, home, agent, hosts):
    daemons = of_kind(render(home, {"agent": {**AGENT, **agent}}), "DaemonSet")
    pod = daemons["spec"]["template"]["spec"] | {"hosts": hosts}
    done = namespace(sys.executable, "-u", "-c", POD, binary(), json.dumps(pod))
    assert done.returncode == 0, done.stderr
    # A container that sends no token is told so.
    assert done.stdout.split() == ["200", *("400" for _ in hosts)]


def test_without_its_capability_the_charts_agent_does_not_start(namespace, home):
    daemons = of_kind(render(home, {"agent": AGENT}), "DaemonSet")
    pod = daemons["spec"]["template"]["spec"] | {"hosts": BOTH}
    del pod["containers"][0]["securityContext"]["capabilities"]["add"]
    # Some systems let everybody have all ports.
    unprivileged = 'echo 1024 >/proc/sys/net/ipv4/ip_unprivileged_port_start; exec "$@"'
    done = namespace("sh", "-c", unprivileged, "sh", sys.executable, "-u", "-c", POD, binary(), json.dumps(pod))
    assert done.returncode != 0
    assert "CAP_NET_BIND_SERVICE" in done.stderr
