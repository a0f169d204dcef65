"""Where commands find the server and their credentials: as the SDKs do, place by place."""

import http.server
import json
import subprocess
import threading

import pytest

from support.clients import As
from support.environment import clean_environment
from support.policies import allow, policy, trust_provider
from support.principals import role_arn
from support.server import REGION, binary

AUDITOR = policy(allow(["iam:SimulatePrincipalPolicy", "iam:GetRole"]))


@pytest.fixture
def can(account, home):
    """Asks `daypass can` about a role, with nothing configured but what the test says."""
    role = account.role(policy(allow("s3:GetObject")))

    def run(*options: str, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [binary(), "can", *options, f"role/{role}", "s3:GetObject", "*"], capture_output=True, text=True, timeout=60,
            cwd=home, env=clean_environment(home, environment), stdin=subprocess.DEVNULL,
        )

    return run


@pytest.fixture
def dot_aws(home):
    """Writes `~/.aws/config` and `~/.aws/credentials`."""

    def write(config: str, credentials: str = "") -> None:
        (home / ".aws").mkdir()
        (home / ".aws/config").write_text(config)
        (home / ".aws/credentials").write_text(credentials)

    return write


@pytest.fixture
def auditor(server, account, hosted, home):
    """A role for one service account, and the file with its token."""
    role = account.role(AUDITOR, trust_provider(hosted, "system:serviceaccount:ops:auditor"))
    token_file = home / "token"
    token_file.write_text(server.token("ops/auditor"))
    return role, token_file


def is_in_the_trail(admin, session: str) -> bool:
    """Whether a session of this name asked the simulator."""
    found = admin.cloudtrail.lookup_events(LookupAttributes=[{"AttributeKey": "Username", "AttributeValue": session}])
    return "SimulatePrincipalPolicy" in [it["EventName"] for it in found["Events"]]


def keys_of(user: As) -> str:
    return f"aws_access_key_id = {user.credentials.access_key}\naws_secret_access_key = {user.credentials.secret_key}\n"


def test_a_role_and_a_token_file_of_the_environment(server, admin, can, auditor, name):
    role, token_file = auditor
    done = can(
        AWS_ENDPOINT_URL=server.url, AWS_ROLE_ARN=role_arn(role), AWS_WEB_IDENTITY_TOKEN_FILE=str(token_file),
        AWS_ROLE_SESSION_NAME=name,
    )
    assert (done.returncode, done.stderr) == (0, ""), done
    assert is_in_the_trail(admin, name)


def test_a_role_and_a_token_file_of_a_profile(server, admin, can, auditor, dot_aws, name):
    role, token_file = auditor
    dot_aws(
        f"[profile ops]\nendpoint_url = {server.url}\nregion = {REGION}\nrole_arn = {role_arn(role)}\n"
        f"web_identity_token_file = {token_file}\nrole_session_name = {name}\n"
    )
    done = can(AWS_PROFILE="ops")
    assert (done.returncode, done.stderr) == (0, ""), done
    assert is_in_the_trail(admin, name)


def test_keys_of_either_file(server, account, can, dot_aws, home):
    user = account.user(AUDITOR)
    dot_aws(f"[default]\nendpoint_url = {server.url}\n", f"[default]\n{keys_of(user)}")
    assert can().returncode == 0
    (home / ".aws/credentials").unlink()
    (home / ".aws/config").write_text(f"[profile here]\nendpoint_url = {server.url}\n{keys_of(user)}")
    assert can(AWS_PROFILE="here").returncode == 0


def test_files_elsewhere_and_a_program_that_prints_credentials(server, admin, account, can, home):
    session = account.session_with(AUDITOR)
    printed = home / "printed.json"
    credentials = session.answer["Credentials"]
    printed.write_text(json.dumps({
        "Version": 1, **credentials, "Expiration": credentials["Expiration"].isoformat(),
    }))
    (home / "elsewhere").write_text(
        f"[default]\nendpoint_url = {server.url}\ncredential_process = cat '{printed}' | cat\n"
    )
    done = can(AWS_CONFIG_FILE=str(home / "elsewhere"))
    assert (done.returncode, done.stderr) == (0, ""), done


def test_the_certificates_of_a_profile(https_server, authority, home, dot_aws):
    credentials = https_server.administrator
    dot_aws(
        f"[default]\nendpoint_url = {https_server.url}\nca_bundle = {authority.ca}\n",
        f"[default]\naws_access_key_id = {credentials.access_key}\naws_secret_access_key = {credentials.secret_key}\n"
        f"aws_session_token = {credentials.token}\n",
    )
    command = [binary(), "can", "role/Administrator", "s3:GetObject", "*"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=clean_environment(home))
    assert (done.returncode, done.stderr) == (0, "")
    (home / ".aws/config").write_text(f"[default]\nendpoint_url = {https_server.url}\n")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=clean_environment(home))
    assert done.returncode == 2 and https_server.url in done.stderr


def test_the_environment_counts_before_the_profile(server, account, can, dot_aws):
    user = account.user(AUDITOR)
    dot_aws(
        "[default]\nendpoint_url = http://127.0.0.1:9\n",
        "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = none\n",
    )
    environment = {"AWS_ENDPOINT_URL": server.url, **user.credentials.environment()}
    assert can(**environment).returncode == 0
    assert "127.0.0.1:9" in can(**user.credentials.environment()).stderr
    assert can(AWS_ENDPOINT_URL=server.url).returncode == 2


def test_without_an_endpoint_the_server_of_this_machine_is_asked(server, account, can):
    user = account.user()
    local = can("--data", str(server.data), **user.credentials.environment())
    assert (local.returncode, local.stderr) == (0, "")
    ignored = can("--data", str(server.data), AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="true")
    assert (ignored.returncode, ignored.stderr) == (0, "")


def test_with_an_endpoint_and_no_credentials_it_is_told_where_they_were_looked_for(server, can, home):
    done = can("--data", str(server.data), AWS_ENDPOINT_URL=server.url)
    assert (done.returncode, done.stdout) == (2, "")
    places = ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "profile `default`", f"{home}/.aws/config"]
    found = [done.stderr.find(place) for place in places]
    assert -1 not in found and found == sorted(found), done.stderr


def test_what_is_wrong_with_a_place_is_told_and_no_other_is_asked(server, account, can, auditor, dot_aws, home):
    role, token_file = auditor
    user = account.user(AUDITOR)
    dot_aws(
        f"[profile broken]\ncredential_process = echo wJalrXUtnFEMI\n[profile chained]\nrole_arn = {role_arn(role)}\n"
        f"source_profile = default\n", f"[default]\n{keys_of(user)}",
    )
    web_identity = {"AWS_ROLE_ARN": role_arn(role), "AWS_WEB_IDENTITY_TOKEN_FILE": str(token_file)}
    for environment, told in (
        ({"AWS_PROFILE": "none"}, "aws configure list-profiles"),
        ({"AWS_PROFILE": "broken"}, "credential_process of the profile `broken`"),
        ({"AWS_PROFILE": "chained"}, "aws configure export-credentials --profile chained"),
        ({**web_identity, "AWS_ROLE_ARN": ""}, "AWS_ROLE_ARN is not"),
        ({**web_identity, "AWS_WEB_IDENTITY_TOKEN_FILE": str(home / "gone")}, "cannot read the token file"),
        ({**web_identity, "AWS_ROLE_ARN": role_arn("nobody")}, "AccessDenied"),
        ({"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}, "AWS_SECRET_ACCESS_KEY is not"),
    ):
        done = can(AWS_ENDPOINT_URL=server.url, **environment)
        assert (done.returncode, done.stdout) == (2, ""), (environment, done)
        assert told in done.stderr, (environment, done.stderr)
        for secret in (token_file.read_text(), user.credentials.secret_key, "wJalrXUtnFEMI"):
            assert secret not in done.stderr


@pytest.fixture
def redirecting():
    """A server that sends everybody on to a name that is not its own, and what was asked there."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append((self.headers["Host"].split(":")[0], self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(307)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_no_token_and_no_signature_follows_a_redirect(can, auditor, account, redirecting):
    url, asked = redirecting
    role, token_file = auditor
    session = account.session_with(AUDITOR)
    for environment in (
        {"AWS_ROLE_ARN": role_arn(role), "AWS_WEB_IDENTITY_TOKEN_FILE": str(token_file)}, session.credentials.environment(),
    ):
        done = can(AWS_ENDPOINT_URL=url, **environment)
        assert done.returncode == 2 and "HTTP status 307" in done.stderr, done
        assert [host for host, _ in asked] == ["127.0.0.1"]
        asked.clear()
