"""`daypass run`: a local program in a pod's environment."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from support.environment import clean_environment
from support.jwt import payload
from support.policies import trust_provider
from support.principals import role_arn
from support.server import binary


@pytest.fixture
def run(server, home):
    """Runs a program in a pod's environment; the caller has credentials of its own."""

    def start(*program: str, role: str = "some-role", service_account: str = "ns/sa", **environment):
        mine = {
            "AWS_ACCESS_KEY_ID": "AKIAMINE", "AWS_SECRET_ACCESS_KEY": "mine", "AWS_SESSION_TOKEN": "mine",
            "AWS_PROFILE": "mine", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/mine",
            "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1/", "MINE": "kept", **environment,
        }
        return server.command(
            "run", "--role-arn", role_arn(role), "--service-account", service_account, "--", *program,
            environment=mine,
        )

    return start


def variables(done) -> dict:
    assert done.returncode == 0, done.stderr
    return dict(line.split("=", 1) for line in done.stdout.split("\0") if line)


def test_the_program_gets_the_pods_variables_and_nothing_of_the_callers(run, server):
    seen = variables(run("env", "-0"))
    assert seen["AWS_ROLE_ARN"] == role_arn("some-role")
    assert seen["AWS_REGION"] == seen["AWS_DEFAULT_REGION"] == "us-east-2"
    assert seen["AWS_ENDPOINT_URL"] == server.url
    assert seen["MINE"] == "kept"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
                 "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_ENDPOINT_URL_S3"):
        assert name not in seen
    assert "mine" not in " ".join(value for name, value in seen.items() if name.startswith("AWS_"))


def test_the_callers_profiles_are_out_of_reach(run, server):
    aws = server.home / ".aws"
    aws.mkdir(exist_ok=True)
    (aws / "credentials").write_text("[default]\naws_access_key_id = AKIAFILE\naws_secret_access_key = file\n")
    try:
        done = run("aws", "configure", "list")
    finally:
        (aws / "credentials").unlink()
    assert "FILE" not in done.stdout, done.stdout


def test_the_token_file_is_for_that_service_account_and_goes_away(run):
    done = run("sh", "-c", 'echo "$AWS_WEB_IDENTITY_TOKEN_FILE"; stat -c %a "$AWS_WEB_IDENTITY_TOKEN_FILE"; '
               'cat "$AWS_WEB_IDENTITY_TOKEN_FILE"', service_account="shop/cart")
    path, mode, token = done.stdout.split()
    assert int(mode, 8) & 0o077 == 0
    claims = payload(token)
    assert claims["sub"] == "system:serviceaccount:shop:cart"
    assert claims["aud"] == ["sts.amazonaws.com"]
    assert claims["exp"] - claims["iat"] == 86400
    assert not Path(path).exists()


def test_the_exit_code_passes_through(run):
    for code in (0, 1, 7, 255):
        assert run("sh", "-c", f"exit {code}").returncode == code


def test_output_and_input_are_the_programs(run):
    done = run("sh", "-c", "echo out; echo err >&2")
    assert (done.stdout, done.stderr) == ("out\n", "err\n")


def test_a_program_that_is_not_there_is_an_error(run):
    done = run("/no/such/program")
    assert done.returncode != 0
    assert "/no/such/program" in done.stderr


def test_the_cli_inside_is_the_role(run, account, hosted):
    role = account.role(trusted=trust_provider(hosted, "system:serviceaccount:ns:sa"))
    done = run("aws", "sts", "get-caller-identity", role=role)
    assert done.returncode == 0, done.stderr
    assert f":assumed-role/{role}/" in json.loads(done.stdout)["Arn"]


def test_what_the_cli_cached_for_one_service_account_is_nothing_to_another(run, account, hosted):
    # The CLI keeps web identity sessions under its home, by role and session name and not by token.
    role = account.role(trusted=trust_provider(hosted, "system:serviceaccount:ns:trusted"))
    first = run("aws", "sts", "get-caller-identity", role=role, service_account="ns/trusted")
    assert first.returncode == 0, first.stderr
    second = run("aws", "sts", "get-caller-identity", role=role, service_account="ns/other")
    assert "Not authorized to perform sts:AssumeRoleWithWebIdentity" in second.stderr, second.stdout
    assert second.returncode != 0


class TestEnding:
    @pytest.fixture
    def waiting(self, server, home):
        """Starts a program that waits, in the foreground of `daypass run`."""
        started = []

        def start(script: str, before: str = ":") -> subprocess.Popen:
            command = [
                binary(), "run", "--data", str(server.data), "--role-arn", role_arn("some-role"),
                "--service-account", "ns/sa", "--", "sh", "-c", f"{before}; echo ready; {script}",
            ]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean_environment(home))
            started.append(process)
            assert process.stdout.readline() == "ready\n"
            return process

        yield start
        for process in started:
            process.kill()
            process.communicate()

    def test_a_request_to_end_reaches_the_program_and_the_token_goes_with_it(self, waiting, home):
        process = waiting("while :; do sleep 0.05; done", before='trap "exit 7" TERM')
        assert list(home.glob("daypass-run-*/token"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 7
        assert not list(home.glob("daypass-run-*"))

    def test_a_program_that_a_signal_ended_ends_it_as_in_a_shell(self, waiting):
        assert waiting("kill -9 $$").wait(timeout=30) == 128 + signal.SIGKILL

    def test_the_program_keeps_the_callers_file_mask(self, run):
        done = run("sh", "-c", "umask")
        mask = os.umask(0)
        os.umask(mask)
        assert int(done.stdout, 8) == mask

    def test_a_program_that_is_not_there_is_told(self, run):
        done = run("no-such-program")
        assert done.returncode == 127
        assert "no such program" in done.stderr
