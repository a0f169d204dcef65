"""The node agent against a service that does what the test wants: what it keeps, renews, refuses and survives."""

import concurrent.futures
import contextlib
import datetime
import socket
import subprocess
import threading
import time

import pytest

from support import jwt
from support.agent import NODE, SECRET, Agent, Pod, StandIn, eventually, expiration, pod_token, standing_in
from support.environment import clean_environment
from support.server import REGION, binary


@pytest.fixture
def service() -> StandIn:
    with standing_in() as service:
        yield service


@pytest.fixture
def start_agent(home):
    """Starts agents that are ended with the test."""
    started = []

    def start(endpoint: str, *options: str, environment: dict | None = None) -> Agent:
        agent = Agent(home, endpoint, environment, *options)
        started.append(agent)
        return agent.start()

    yield start
    for agent in started:
        agent.end()


@pytest.fixture
def agent(service, start_agent) -> Agent:
    return start_agent(service.url)


# Renewals come each second; the node's rate must do for what is kept.
BRISK = ("--max-credential-retention-before-renewal", "1s", "--max-cache-size", "6")


def key(answer) -> str:
    assert answer.status == 200, answer.text
    return answer.json["AccessKeyId"]


def test_a_pod_gets_what_sdks_read(agent, service):
    answer = agent.get(pod_token("web"))
    assert answer.status == 200 and answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    left = expiration(answer) - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(hours=5) < left <= datetime.timedelta(hours=6)
    told = answer.json
    del told["Expiration"]
    assert told == {
        "AccessKeyId": "ASIASTANDIN00001", "SecretAccessKey": SECRET, "Token": "session-of-web-1", "AccountId": "123456789012",
    }


def test_unmodified_sdks_take_their_credentials_from_it(agent, service, home):
    pod = Pod(agent, home, pod_token("web"))
    script = "c = boto3.Session().get_credentials(); f = c.get_frozen_credentials(); print(c.method, f.access_key, f.token)"
    assert pod.python(script) == "container-role ASIASTANDIN00001 session-of-web-1"
    listed = pod.aws("configure", "list")
    assert "0001" in listed and "container-role" in listed
    assert len(service.asked) == 1


def test_many_requests_of_one_token_make_one_call(agent, service):
    service.open.clear()
    token = pod_token()
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        waiting = [pool.submit(agent.get, token) for _ in range(40)]
        eventually(lambda: service.asked)
        service.open.set()
        keys = {key(it.result()) for it in waiting}
    assert keys == {"ASIASTANDIN00001"} and len(service.asked) == 1


def test_each_token_gets_its_own(agent, service):
    names = [f"p{number}" for number in range(20)]
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda name: agent.get(pod_token(name)), names))
    assert [it.json["Token"].split("-")[2] for it in answers] == names
    assert len(service.asked) == 20


def test_the_claims_of_another_pods_token_get_nothing(agent, service):
    token = pod_token("victim")
    key(agent.get(token))
    forged = f"{token.rsplit('.', 1)[0]}.{jwt.encode(b'forged')}"
    service.refusal = (400, "InvalidTokenException", "The token is not signed by the cluster.")
    answer = agent.get(forged)
    assert answer.status == 400 and "InvalidTokenException" in answer.text and SECRET not in answer.text
    # The service was asked about this very token, and the victim goes on.
    assert service.asked == [token, forged]
    assert key(agent.get(token)) == "ASIASTANDIN00001"


def test_credentials_are_renewed_before_they_expire(service, start_agent):
    agent = start_agent(service.url, *BRISK)
    token = pod_token()
    assert key(agent.get(token)) == "ASIASTANDIN00001"
    # Nobody asks meanwhile: the renewal is the agent's own.
    eventually(lambda: len(service.asked) == 2)
    eventually(lambda: key(agent.get(token)) != "ASIASTANDIN00001")
    assert set(service.asked) == {token}


def test_a_pod_that_is_gone_costs_one_renewal(service, start_agent):
    agent = start_agent(service.url, *BRISK)
    gone, living = pod_token("gone"), pod_token("living")
    agent.get(gone)

    def asked() -> int:
        key(agent.get(living))
        return service.asked.count(living)

    eventually(lambda: asked() >= 5)
    assert service.asked.count(gone) == 2


def test_while_the_service_is_down_what_is_kept_is_served(service, start_agent):
    agent = start_agent(service.url, *BRISK)
    token = pod_token("running")
    first = key(agent.get(token))
    service.stop()
    # A pod that starts now gets nothing, and is told to come back.
    starting = agent.get(pod_token("starting"))
    assert starting.status == 503 and starting.headers["retry-after"] == "1", starting.text
    eventually(lambda: 'type="Recoverable"' in agent.metrics())
    assert key(agent.get(token)) in (first, "ASIASTANDIN00002")
    agent.logged("gives no answer")
    assert agent.probe("/healthz") == 200
    service.start()
    eventually(lambda: agent.get(pod_token("starting")).status == 200)
    assert agent.get(token).status == 200


def test_an_agent_that_starts_before_the_service_recovers(service, start_agent, home):
    service.stop()
    token_file = home / "node-token"
    token_file.write_text("node.token.1")
    agent = start_agent(service.url, environment={
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/node", "AWS_WEB_IDENTITY_TOKEN_FILE": str(token_file),
    })
    agent.logged("no credentials of its own yet")
    assert agent.get(pod_token()).status == 503
    service.start()
    eventually(lambda: agent.get(pod_token()).status == 200)


def test_the_agents_own_credentials_are_renewed_with_the_token_that_is_there_then(service, start_agent, home):
    token_file = home / "node-token"
    token_file.write_text("node.token.1\n")
    # Of these seconds all but one are too few for a request.
    service.identity_life = 16
    agent = start_agent(service.url, environment={
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/node", "AWS_WEB_IDENTITY_TOKEN_FILE": str(token_file),
        "AWS_ROLE_SESSION_NAME": "agent-on-node-1",
    })
    key(agent.get(pod_token("0")))
    token_file.write_text("node.token.2")

    def renewed() -> bool:
        key(agent.get(pod_token(f"p{time.monotonic_ns()}")))
        return service.identities[-1] == "node.token.2"

    eventually(renewed)
    assert service.identities[0] == "node.token.1"


def test_keys_of_a_rotated_file_are_read(service, start_agent, home):
    credentials = home / "credentials"
    credentials.write_text(f"[default]\naws_access_key_id = AKIAI44QH8DHBEXAMPLE\naws_secret_access_key = {SECRET}\n")
    agent = start_agent(service.url, "--rotate-credentials", environment={
        **NODE, "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
    })
    key(agent.get(pod_token()))
    done = subprocess.run(
        [binary(), "agent", "-c", "prod", "--endpoint", service.url, "-b", "127.0.0.1", "-p", "0", "--probe-port", "0",
         "--metrics-port", "0", "--metrics-address", "127.0.0.1", "--rotate-credentials"],
        capture_output=True, text=True, env=clean_environment(home, NODE), timeout=30,
    )
    assert done.returncode == 1 and "--rotate-credentials" in done.stderr


@pytest.mark.parametrize("code, service_status, status", [
    ("AccessDeniedException", 400, 400),
    ("ExpiredTokenException", 400, 400),
    ("InvalidParameterException", 400, 400),
    ("InvalidRequestException", 400, 400),
    ("InvalidTokenException", 400, 400),
    ("ResourceNotFoundException", 404, 404),
    ("ThrottlingException", 429, 429),
    ("InternalServerException", 500, 500),
    ("ServiceUnavailableException", 503, 503),
])
def test_a_refusal_is_passed_on_at_once_with_the_services_status(agent, service, code, service_status, status):
    service.refusal = (service_status, code, "Because.")
    answer = agent.get(pod_token())
    assert (answer.status, answer.headers["content-type"]) == (status, "text/plain; charset=utf-8")
    fault = "client" if status < 500 else "server"
    assert answer.text == f"({code}): Because., fault: {fault}\n"
    # It is kept by nobody: an association that is made a moment later counts at once.
    service.refusal = None
    eventually(lambda: agent.get(pod_token()).status == 200)


def test_the_agents_own_trouble_is_not_told_to_pods(agent, service):
    service.refusal = (403, "UnrecognizedClientException", "The security token AKIAIOSFODNN7EXAMPLE is invalid.")
    answer = agent.get(pod_token())
    assert answer.status == 500 and "AKIA" not in answer.text and "its log says why" in answer.text
    agent.logged("AKIAIOSFODNN7EXAMPLE is invalid")


def test_a_session_of_the_agent_that_was_ended_is_replaced(service, start_agent, home):
    (home / "node-token").write_text("node.token.1")
    agent = start_agent(service.url, *BRISK, environment={
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/node", "AWS_WEB_IDENTITY_TOKEN_FILE": str(home / "node-token"),
    })
    running = pod_token("running")
    key(agent.get(running))
    service.refusal = (400, "UnrecognizedClientException", "The security token included in the request is invalid")
    # What is kept goes on, and with the next credentials so does the rest.
    eventually(lambda: agent.get(pod_token("starting")).status == 500 and len(service.identities) > 1)
    assert agent.get(running).status == 200
    service.refusal = None
    eventually(lambda: agent.get(pod_token("starting")).status == 200)


def test_a_final_refusal_at_a_renewal_ends_what_is_kept(service, start_agent):
    agent = start_agent(service.url, *BRISK)
    token = pod_token()
    key(agent.get(token))
    service.refusal = (404, "ResourceNotFoundException", "No association.")
    eventually(lambda: agent.get(token).status == 404)
    assert 'pod_identity_cache_errors{code="ResourceNotFoundException",type="NonRecoverable"} 1' in agent.metrics()


def test_what_is_kept_ends_with_its_token(agent, service):
    token = pod_token(seconds=2)
    key(agent.get(token))
    answer = eventually(lambda: (it := agent.get(token)).status != 200 and it)
    assert answer.status == 400 and "token is expired" in answer.text
    assert len(service.asked) == 1


def test_without_a_cache_each_request_is_a_call(service, start_agent):
    for options in (("--max-cache-size", "0"), ("--max-credential-retention-before-renewal", "0")):
        agent, before = start_agent(service.url, *options), len(service.asked)
        assert key(agent.get(pod_token())) != key(agent.get(pod_token()))
        assert len(service.asked) - before == 2


def test_the_cache_has_a_bound_and_the_oldest_goes(service, start_agent):
    agent = start_agent(service.url, "--max-cache-size", "2")
    a, b, c = (pod_token(name) for name in "abc")
    for token in (a, b, a, c):
        key(agent.get(token))
    assert service.asked == [a, b, c]
    key(agent.get(a))
    key(agent.get(b))
    assert service.asked == [a, b, c, b]
    assert 'pod_identity_cache_state{state="evicted"} 2' in agent.metrics()


def test_a_request_without_a_token_or_with_none_that_could_be_good_asks_nobody(agent, service):
    for token, told in (
        (None, "Service account token cannot be empty\n"),
        ("", "Service account token cannot be empty\n"),
        ("nonsense", "invalid number of segments"),
        (f"Bearer {pod_token()}", "cannot be parsed"),
        ("e30.e30.e30.e30", "invalid number of segments"),
        ("!.e30.e30", "its header is not JSON"),
        (pod_token(seconds=-1), "token is expired"),
        (pod_token(nbf=int(time.time()) + 600), "token is not valid yet"),
        (f"{jwt.part({'alg': 'RS256'})}.{jwt.part({'sub': 'x'})}.e30", "no time at which it expires"),
    ):
        answer = agent.get(token)
        assert answer.status == 400 and told in answer.text, (token, answer)
    doubled = agent.send("GET", "/v1/credentials", [("Authorization", pod_token()), ("Authorization", pod_token())])
    assert doubled.status == 400
    assert service.asked == []


def test_a_request_that_a_server_was_made_to_send_is_refused(agent, service):
    token = pod_token()
    for header in ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via"):
        answer = agent.get(token, headers={header: "203.0.113.7"})
        assert answer.status == 403 and "Access Denied" in answer.text, header
    for host in ("agent.example.com", "127.0.0.1.nip.io", f"10.0.0.1:{agent.port}", "169.254.169.254", "[::1]", ""):
        answer = agent.send("GET", "/v1/credentials", [("Host", host), ("Authorization", token)])
        assert answer.status in (400, 403), host
    doubled = [("Host", "127.0.0.1"), ("Host", "evil.example"), ("Authorization", token)]
    assert agent.send("GET", "/v1/credentials", doubled).status == 400
    agent.logged("a request was refused unheard")
    absolute = agent.send("GET", "http://evil.example/v1/credentials", [("Authorization", token)])
    assert absolute.status == 403
    assert service.asked == []
    for host in (f"127.0.0.1:{agent.port}", "127.0.0.1", "localhost", "169.254.170.23", "[fd00:ec2::23]:80"):
        assert agent.send("GET", "/v1/credentials", [("Host", host), ("Authorization", token)]).status == 200, host


def test_only_get_and_only_the_one_path(agent, service):
    token = pod_token()
    for method in ("POST", "PUT", "HEAD", "DELETE", "OPTIONS", "TRACE"):
        answer = agent.get(token, method=method)
        assert (answer.status, answer.headers["allow"]) == (405, "GET"), method
    for path in ("/", "/v1/credentials/", "/v1", "//v1/credentials", "/v1/%63redentials", "/V1/credentials", "/metrics", "/healthz"):
        assert agent.get(token, path).status == 404, path
    assert agent.get(token, body=b"{}").status == 400
    assert service.asked == []


def test_what_a_client_sends_has_a_bound(agent, service):
    assert agent.get("a" * 20_000).status == 400
    with socket.create_connection(("127.0.0.1", agent.port), timeout=30) as connection:
        connection.sendall(b"GET /v1/credentials HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
        try:
            for _ in range(64):
                connection.sendall(b"a" * 16_384)
            answer = connection.recv(64)
        except (BrokenPipeError, ConnectionResetError):
            answer = b""
    assert b" 200 " not in answer
    assert agent.get(pod_token()).status == 200


def test_tokens_that_are_refused_do_not_use_up_the_nodes_share(agent, service):
    service.refusal = (400, "InvalidTokenException", "No.")
    statuses = [agent.get(pod_token(f"forged{number}")).status for number in range(80)]
    assert statuses[0] == 400 and statuses[-1] == 429 and len(service.asked) < 80


def test_neither_tokens_nor_secrets_are_in_the_log(service, start_agent):
    agent = start_agent(service.url, environment={**NODE, "DAYPASS_LOG": "trace"})
    tokens = [pod_token("good"), pod_token("bad"), "canarycanary", pod_token("late", seconds=-5)]
    key(agent.get(tokens[0]))
    service.refusal = (400, "InvalidTokenException", "No.")
    for token in tokens[1:]:
        agent.get(token)
    service.stop()
    agent.get(pod_token("unlucky"))
    agent.logged("gives no answer")
    log = agent.logged("system:serviceaccount:ns:bad")
    for secret in [SECRET, NODE["AWS_SECRET_ACCESS_KEY"], "session-of-good", "canarycanary", *tokens]:
        assert secret not in log
        assert secret.rsplit(".", 1)[-1] not in log


def test_a_claimed_name_cannot_forge_a_line_of_the_log(agent, service):
    service.refusal = (400, "InvalidTokenException", "No.")
    agent.get(pod_token("x\n2026-01-01T00:00:00Z  INFO forged"))
    lines = agent.logged("forged").splitlines()
    assert not any(line.startswith("2026-01-01T00:00:00Z") for line in lines)


def test_probes_and_metrics(agent, service):
    assert agent.probe("/healthz") == agent.probe("/readyz") == 200
    assert agent.probe("/metrics") == agent.probe("/v1/credentials") == 404
    token = pod_token()
    key(agent.get(token))
    key(agent.get(token))
    agent.get(None)
    metrics = agent.metrics()
    for line in (
        'pod_identity_http_response{code="200"} 2',
        'pod_identity_http_response{code="400"} 1',
        'pod_identity_cache_state{state="hit"} 1',
        'pod_identity_cache_state{state="miss"} 1',
        'daypass_agent_service_calls_total{reason="first-time",result="ok"} 1',
        "daypass_agent_cache_entries 1",
    ):
        assert line in metrics, metrics
    assert agent.send("GET", "/healthz", [], port=agent.metrics_port).status == 200


def test_probes_of_many_pods_do_not_fail_the_nodes_own(agent):
    """Every pod reaches the port for metrics. It has the probes too, and the agent few connections to itself."""
    asked = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with contextlib.ExitStack() as stack:
        pods = [
            stack.enter_context(socket.create_connection(("127.0.0.1", agent.metrics_port), 30, (f"127.0.0.{2 + number % 3}", 0)))
            for number in range(180)
        ]
        for _ in range(3):
            for pod in pods:
                pod.sendall(asked)
            statuses = {pod.recv(4096).split(b" ")[1] for pod in pods}
            assert statuses == {b"200"}
            assert agent.probe("/healthz") == 200


def test_a_pod_that_asks_all_the_time_does_not_keep_the_others_from_being_heard(agent):
    good = pod_token("good")
    key(agent.get(good))
    asked = b"GET /v1/credentials HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 100
    other, throttled = threading.Event(), threading.Event()

    def flood() -> None:
        with socket.create_connection(("127.0.0.1", agent.port), 30, ("127.0.0.2", 0)) as pod:
            while not other.is_set():
                pod.sendall(asked)
                answers = b""
                while answers.count(b"HTTP/1.1 ") < 100:
                    answers += pod.recv(65536)
                if b"HTTP/1.1 429" in answers:
                    throttled.set()

    pods = [threading.Thread(target=flood) for _ in range(4)]
    for pod in pods:
        pod.start()
    try:
        assert throttled.wait(30)
        assert [agent.get(good).status for _ in range(30)] == [200] * 30
    finally:
        other.set()
        for pod in pods:
            pod.join(30)


def test_requests_under_way_end_when_it_stops(agent, service):
    service.open.clear()
    answers = []
    asking = threading.Thread(target=lambda: answers.append(agent.get(pod_token())))
    asking.start()
    eventually(lambda: service.asked)
    stopping = threading.Thread(target=lambda: answers.append(agent.stop()))
    stopping.start()
    agent.logged("no new connections")
    service.open.set()
    asking.join(30)
    stopping.join(30)
    assert [getattr(it, "status", it) for it in answers] == [200, 0]


def test_what_keeps_it_from_starting_is_told(service, home):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for options, told in (
            (("--cluster-name", "a/b"), "a cluster's name"),
            (("--bind-hosts", "localhost"), "not an IP address"),
            (("--port", str(taken.getsockname()[1])), "another agent"),
            (("--ca-bundle", str(home / "none.pem")), "--ca-bundle names"),
            (("--endpoint", "nonsense"), "--endpoint"),
            (("--max-credential-retention-before-renewal", "1s"), "--max-service-qps"),
            (("--max-credential-retention-before-renewal", "soon"), "1h30m"),
        ):
            base = {
                "--cluster-name": "prod", "--endpoint": service.url, "--bind-hosts": "127.0.0.1", "--port": "0",
                "--probe-port": "0", "--metrics-address": "127.0.0.1", "--metrics-port": "0",
            }
            base.update([options])
            words = [word for pair in base.items() for word in pair]
            done = subprocess.run(
                [binary(), "agent", *words], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL,
                env=clean_environment(home, {**NODE, "AWS_REGION": REGION}),
            )
            assert done.returncode != 0 and done.stdout == "" and told in done.stderr, (options, done.stderr)


def test_on_a_node_without_its_addresses_it_says_what_gives_them(service, home):
    done = subprocess.run(
        [binary(), "agent", "--cluster-name", "prod", "--endpoint", service.url, "--port", "0"], capture_output=True, text=True,
        timeout=30, stdin=subprocess.DEVNULL, env=clean_environment(home, NODE),
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "169.254.170.23" in done.stderr and "daypass node-address" in done.stderr
