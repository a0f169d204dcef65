"""Every way in, as somebody without credentials."""

import pytest

from support.raw import FORM, send

OPEN = {"/healthz"}

ROUTES = [
    ("GET", "/", {}, b""),
    ("POST", "/", {"Content-Type": FORM}, b"Action=ListRoles&Version=2010-05-08"),
    ("POST", "/", {"Content-Type": FORM}, b"Action=GetCallerIdentity&Version=2011-06-15"),
    ("POST", "/", {"Content-Type": FORM}, b"Action=AssumeRole&Version=2011-06-15"),
    ("GET", "/?Action=CreateUser&Version=2010-05-08&UserName=eve", {}, b""),
    (
        "POST", "/",
        {"X-Amz-Target": "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents"}, b"{}",
    ),
    ("GET", "/clusters", {}, b""),
    ("GET", "/clusters/prod", {}, b""),
    ("POST", "/clusters/prod/pod-identity-associations", {"Content-Type": "application/json"}, b"{}"),
    (
        "POST", "/clusters/prod/assume-role-for-pod-identity", {"Content-Type": "application/json"},
        b'{"token":"a.b.c"}',
    ),
    ("PUT", "/a-new-bucket", {}, b""),
    ("GET", "/a-new-bucket", {}, b""),
    ("GET", "/a-new-bucket?policy", {}, b""),
    ("PUT", "/a-new-bucket/key", {}, b"text"),
    ("DELETE", "/a-new-bucket/key", {}, b""),
    ("POST", "/a-new-bucket?delete", {}, b"<Delete/>"),
    ("GET", "/metrics", {}, b""),
    ("GET", "/debug/pprof", {}, b""),
    ("GET", "/admin", {}, b""),
    ("GET", "/healthz?list-type=2", {}, b""),
    ("POST", "/healthz", {}, b""),
    ("PUT", "/.well-known/openid-configuration", {}, b"{}"),
    ("OPTIONS", "/", {}, b""),
    (
        "OPTIONS", "/a-new-bucket/key",
        {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}, b"",
    ),
    ("TRACE", "/", {}, b""),
]


@pytest.mark.parametrize(("method", "target", "headers", "body"), ROUTES, ids=lambda it: str(it)[:60])
def test_every_route_refuses_strangers(server, method, target, headers, body):
    answer = send(server, method, target, headers, body)
    assert 400 <= answer.status < 500, (answer.status, answer.text)


def test_what_is_open_says_nothing_that_is_not_public(server):
    assert send(server, "GET", "/healthz", {}).text == "ok\n"
    path = "/" + server.issuer().split("/", 1)[1]
    discovery = send(server, "GET", f"{path}/.well-known/openid-configuration", {}).json
    assert discovery["issuer"] == f"https://{server.issuer()}"
    keys = send(server, "GET", f"{path}/keys.json", {}).json["keys"]
    assert keys and all(set(key) <= {"kty", "use", "alg", "kid", "n", "e"} for key in keys)


def test_forged_hosts_change_no_document(server):
    path = "/" + server.issuer().split("/", 1)[1]
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    discovery = send(server, "GET", f"{path}/.well-known/openid-configuration", forged)
    assert "evil" not in discovery.text


def test_the_path_of_a_bucket_host_is_a_key_and_nothing_of_the_servers(server):
    answer = send(server, "GET", "/healthz", {"Host": "some-bucket.s3.localhost"})
    assert answer.status in (403, 404), answer.text

@pytest.mark.parametrize("name", ["User-Agent", "Referer"])
def test_a_header_that_policies_are_compared_with_has_a_bound(server, name):
    within = send(server, "GET", "/a-new-bucket/key", {name: "x" * 2048})
    assert within.status in (403, 404), within.text
    beyond = send(server, "GET", "/a-new-bucket/key", {name: "x" * 2049})
    assert beyond.status == 400 and "RequestHeaderSectionTooLarge" in beyond.text
