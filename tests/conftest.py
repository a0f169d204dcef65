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
from support.principals import Account
from support.server import Server

for _name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[_name]
os.environ.update(
    AWS_CONFIG_FILE="/dev/null",
    AWS_SHARED_CREDENTIALS_FILE="/dev/null",
    AWS_EC2_METADATA_DISABLED="true",
)

_servers: list[Server] = []
_numbers = itertools.count(1)


def pytest_addoption(parser):
    parser.addini(OPTION, "fail a whole run after which an operation of the models has no scenario", type="bool")


def pytest_configure(config):
    config.pluginmanager.register(Coverage(config, _servers), "operations")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Shows what the servers logged during a test that failed."""
    lengths = item.stash.setdefault(_LENGTHS, {})
    outcome = yield
    report = outcome.get_result()
    if call.when == "setup":
        for server in _servers:
            lengths[server] = len(server.log())
    if report.failed:
        for server in _servers:
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


@pytest.fixture(scope="session")
def authority():
    """A certificate authority."""
    directory = Path(tempfile.mkdtemp(prefix="dp-ca-", dir="/tmp"))
    yield make_authority(directory)
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def server(authority):
    """The server that tests share: what they create has names of their own."""
    yield from _run(Server("--issuer-ca", str(authority.ca), "--issuer-network", "127.0.0.0/8"))


@pytest.fixture(scope="session")
def https_server(authority):
    """A shared server that speaks https."""
    yield from _run(Server("--tls-cert", str(authority.certificate), "--tls-key", str(authority.key)))


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
