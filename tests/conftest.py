"""Fixtures: servers, principals and names of the test's own."""

import itertools
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from support.aws_cli import Cli, Shell
from support.certificates import make_authority
from support.clients import As
from support.coverage import OPTION, Coverage
from support.issuer import issuing
from support.kubernetes import Cluster
from support.principals import Account
from support.s3_backends import NAMES, Backend, deviation, fronting, upstream, upstreams_are_served
from support.server import Server
from support.site import Site
from support.webhook import Webhook

for _name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[_name]
os.environ.update(
    AWS_CONFIG_FILE="/dev/null",
    AWS_SHARED_CREDENTIALS_FILE="/dev/null",
    AWS_EC2_METADATA_DISABLED="true",
)

_servers: list[Server] = []
_clusters: list[Cluster] = []
_numbers = itertools.count(1)


def pytest_addoption(parser):
    parser.addini(OPTION, "fail a whole run after which an operation of the models has no scenario", type="bool")


def pytest_configure(config):
    config.pluginmanager.register(Coverage(config, _servers), "operations")


def pytest_collection_modifyitems(items):
    for item in items:
        parameters = getattr(item, "callspec", None) and item.callspec.params
        if parameters and parameters.get("backend") == "moto" and (reason := deviation(item.name)):
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Shows what the servers and clusters logged during a test that failed."""
    lengths = item.stash.setdefault(_LENGTHS, {})
    outcome = yield
    report = outcome.get_result()
    if call.when == "setup":
        for server in [*_servers, *_clusters]:
            lengths[server] = len(server.log())
    if report.failed:
        for server in [*_servers, *_clusters]:
            new = server.log()[lengths.get(server, 0):]
            if new.strip():
                report.sections.append((f"log of the server on {server.data}", new[-6000:]))


_LENGTHS = pytest.StashKey[dict]()


def _run(server: Server):
    _servers.append(server)
    try:
        yield server.start()
    finally:
        server.remove()
        _servers.remove(server)


def _run_cluster(cluster: Cluster):
    _clusters.append(cluster)
    try:
        yield cluster.start()
    finally:
        cluster.remove()
        _clusters.remove(cluster)


@pytest.fixture(scope="session")
def authority():
    """A certificate authority."""
    directory = Path(tempfile.mkdtemp(prefix="dp-ca-", dir="/tmp"))
    yield make_authority(directory)
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def server(authority):
    """The server that tests share: what they create has names of their own, and some of it stays."""
    yield from _run(Server(
        "--issuer-ca", str(authority.ca), "--issuer-network", "127.0.0.0/8",
        "--quota", "oidc-providers=700",
    ))


@pytest.fixture(scope="session")
def https_server(authority):
    """A shared server that speaks https."""
    yield from _run(Server("--tls-cert", str(authority.certificate), "--tls-key", str(authority.key)))


@pytest.fixture(scope="session", params=NAMES)
def backend(request) -> Backend:
    """A server over each kind of store: one suite for all."""
    if request.param == "embedded":
        yield Backend("embedded", request.getfixturevalue("server"))
        return
    if not upstreams_are_served():
        pytest.skip("this binary has no upstreams")
    with upstream(request.param) as (url, credentials):
        for front in _run(fronting(url, credentials)):
            yield Backend(request.param, front)


@pytest.fixture
def own_server():
    """A server that the test may kill, fill and revoke."""
    yield from _run(Server())


@pytest.fixture
def start_server():
    """Starts servers with options of the test's choice."""
    started = []

    def start(*options: str, **more) -> Server:
        server = Server(*options, **more)
        started.append(server)
        _servers.append(server)
        return server.start()

    yield start
    for server in started:
        server.remove()
        _servers.remove(server)


@pytest.fixture(scope="module")
def module_server():
    """A server of one file's tests, which they may fill."""
    yield from _run(Server())


@pytest.fixture(scope="session")
def admin(server) -> As:
    """The shared server's administrator."""
    return As(server, server.administrator)


@pytest.fixture(scope="session")
def account(server, admin) -> Account:
    """The shared server's account: principals on demand."""
    return Account(server, admin)


@pytest.fixture(scope="session")
def hosted(server, admin) -> str:
    """Host and path of the shared server's own issuer, registered as a provider."""
    provider = server.issuer()
    admin.iam.create_open_id_connect_provider(
        Url=f"https://{provider}", ClientIDList=["sts.amazonaws.com"]
    )
    return provider


@pytest.fixture(scope="session")
def cluster(authority):
    """The cluster that tests share: what they create is in namespaces of their own."""
    yield from _run_cluster(Cluster(authority))


@pytest.fixture
def own_cluster(authority):
    """A cluster that the test may stop and whose keys it may change."""
    yield from _run_cluster(Cluster(authority))


@pytest.fixture(scope="session")
def cluster_provider(cluster, admin) -> str:
    """Host and port of the shared cluster, registered as a provider of the shared server."""
    admin.iam.create_open_id_connect_provider(Url=cluster.issuer, ClientIDList=["sts.amazonaws.com"])
    return cluster.provider


@pytest.fixture
def namespace(cluster, name) -> str:
    """A new namespace of the shared cluster."""
    return cluster.namespace(name)


@pytest.fixture(scope="module")
def module_cluster(authority):
    """A cluster of one file's tests, which they may register and install a webhook in."""
    yield from _run_cluster(Cluster(authority))


@pytest.fixture
def site(start_server, module_cluster, authority, name):
    """A server of the test's own that can fetch the keys of the file's cluster."""
    server = start_server("--issuer-ca", str(authority.ca), "--issuer-network", "127.0.0.0/8")
    yield Site(server, module_cluster, name)
    module_cluster.kubectl("delete", "mutatingwebhookconfiguration", "--all")


@pytest.fixture
def outside_webhook(module_cluster, authority):
    """A webhook for the file's cluster that runs outside of it."""
    webhook = Webhook(module_cluster, "--aws-endpoint-url=https://daypass.example", certificates=authority)
    _servers.append(webhook)
    yield webhook.start()
    webhook.remove()
    _servers.remove(webhook)


@pytest.fixture
def start_webhook(cluster, authority):
    """Starts webhooks for the shared cluster, with the authority's certificate, and options of the test's choice."""
    started = []

    def start(*options: str, of=cluster, certificates=authority, ready: bool = True, **more) -> Webhook:
        webhook = Webhook(of, *options, certificates=certificates, **more)
        started.append(webhook)
        _servers.append(webhook)
        return webhook.start(ready)

    yield start
    for webhook in started:
        webhook.remove()
        _servers.remove(webhook)


@pytest.fixture
def issuer(authority):
    """A foreign issuer, not registered."""
    with issuing(authority) as issuer:
        yield issuer


@pytest.fixture
def name() -> str:
    """A name that nothing else on the shared servers has; also fit for a bucket."""
    return f"t{next(_numbers)}-{os.urandom(3).hex()}"


@pytest.fixture
def bucket(admin, name) -> str:
    """An empty bucket of the shared server."""
    admin.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
    return name


@pytest.fixture
def home():
    """A home directory, short enough for sockets."""
    directory = Path(tempfile.mkdtemp(prefix="dp-home-", dir="/tmp"))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def aws(server, home) -> Cli:
    """The `aws` CLI as the shared server's administrator."""
    return Cli.of(server, home)


@pytest.fixture
def shell(home):
    """Starts shells that are ended with the test."""
    shells = []

    def start(**environment: str) -> Shell:
        made = Shell(home, environment)
        shells.append(made)
        return made

    yield start
    for made in shells:
        made.close()
