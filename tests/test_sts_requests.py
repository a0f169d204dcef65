"""Requests to STS and IAM that are wrong before any operation runs: exact code, status and message."""

import http.client
import re
import socket
from urllib.parse import urlsplit

import pytest

from support import raw
from support.clients import As, refused
from support.policies import allow, policy
from support.server import Credentials
from support.sigv4 import ago, sign, stamp

IDENTITY = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
INVALID_TOKEN = "The security token included in the request is invalid"
WRONG_SIGNATURE = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


def test_the_envelope_of_an_answer(server):
    answer = raw.query(server, "sts", IDENTITY, server.administrator)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/xml")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer.headers["x-amzn-requestid"])
    assert answer.find("RequestId") == answer.headers["x-amzn-requestid"]
    assert '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">' in answer.text


def test_the_envelope_of_an_error(server):
    answer = raw.query(server, "sts", IDENTITY, None)
    answer.is_error(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
    assert answer.headers["content-type"].startswith("text/xml")
    assert re.search(
        r"<ErrorResponse xmlns=.*?><Error><Type>Sender</Type><Code>\w+</Code><Message>[^<]+</Message></Error>"
        r"<RequestId>[-0-9a-f]{36}</RequestId></ErrorResponse>",
        re.sub(r">\s+<", "><", answer.text),
    ), answer.text
    assert answer.find("RequestId") == answer.headers["x-amzn-requestid"]


def test_an_unknown_action_is_refused(server):
    answer = raw.sts(server, "GetCallerIdentitee", server.administrator)
    answer.is_error(400, "InvalidAction", "Could not find operation GetCallerIdentitee for version 2011-06-15")
    body = {"Action": "CreateRoles", "Version": "2010-05-08"}
    answer = raw.query(server, "iam", body, server.administrator)
    answer.is_error(400, "InvalidAction", "Could not find operation CreateRoles for version 2010-05-08")


def test_an_action_of_another_service_is_refused(server):
    # Signed for STS, an operation of IAM: the scope's service does not fit.
    body = {"Action": "ListRoles", "Version": "2010-05-08"}
    answer = raw.query(server, "sts", body, server.administrator)
    assert answer.status in (400, 403)
    assert answer.code in ("InvalidAction", "SignatureDoesNotMatch")


def test_no_action_at_all_is_refused(server):
    for body in (b"", b"Version=2011-06-15", b"Action=&Version=2011-06-15"):
        answer = raw.query(server, "sts", body, server.administrator)
        assert 400 <= answer.status < 500, (body, answer.text)


def test_a_malformed_form_is_refused(server):
    for body in (b"Action=%zz&Version=2011-06-15", b"Action=GetCallerIdentity%", b"%ff%fe=\xff\xfe", b"\x00\x01\x02",
                 b"&&&===", b"{\"Action\":\"GetCallerIdentity\"}"):
        answer = raw.query(server, "sts", body, server.administrator)
        assert 400 <= answer.status < 500, (body, answer.text)
        assert answer.code


def test_a_parameter_that_is_given_twice_is_refused(server, account):
    role = account.role()
    body = raw.form({"Action": "AssumeRole", "Version": "2011-06-15", "RoleSessionName": "ab",
                     "RoleArn": f"arn:aws:iam::123456789012:role/{role}"})
    assert raw.query(server, "sts", body, server.administrator).status == 200
    for twice in (b"&RoleSessionName=cd", b"&Action=GetCallerIdentity", b"&Action=AssumeRole"):
        answer = raw.query(server, "sts", body + twice, server.administrator)
        assert answer.status == 400, (twice, answer.text)


def test_the_query_string_does_not_overrule_the_body(server):
    # One request that says two things: neither happens (the relay of CVE-2022-2385).
    body = raw.form(IDENTITY)
    headers = raw.sign(
        server.administrator, "POST", "/?Action=AssumeRole&Version=2011-06-15",
        {"Content-Type": raw.FORM}, body, service="sts", host=urlsplit(server.url).netloc,
    )
    answer = raw.send(server, "POST", "/?Action=AssumeRole&Version=2011-06-15", headers, body)
    assert answer.status == 400, answer.text


def test_a_wrong_signature_is_refused(server):
    wrong = Credentials(
        server.administrator.access_key, "wrong" + server.administrator.secret_key[5:], server.administrator.token
    )
    raw.sts(server, "GetCallerIdentity", wrong).is_error(403, "SignatureDoesNotMatch", WRONG_SIGNATURE)


def test_a_body_that_was_changed_after_signing_is_refused(server):
    body = raw.form({"Action": "GetCallerIdentity", "Version": "2011-06-15"})
    headers = raw.sign(
        server.administrator, "POST", "/", {"Content-Type": raw.FORM}, body, service="sts",
        host=urlsplit(server.url).netloc,
    )
    answer = raw.send(server, "POST", "/", headers, body + b"&X=1")
    answer.is_error(403, "SignatureDoesNotMatch", WRONG_SIGNATURE)


def test_a_host_that_was_not_signed_for_is_refused(server):
    body = raw.form(IDENTITY)
    headers = raw.sign(
        server.administrator, "POST", "/", {"Content-Type": raw.FORM}, body, service="sts",
        host=urlsplit(server.url).netloc,
    )
    answer = raw.send(server, "POST", "/", {**headers, "Host": "sts.amazonaws.com"}, body)
    answer.is_error(403, "SignatureDoesNotMatch", WRONG_SIGNATURE)


def test_the_host_must_be_signed(server):
    answer = raw.query(server, "sts", IDENTITY, server.administrator, leave_out=("host",))
    assert answer.status in (400, 403), answer.text
    assert answer.code in ("SignatureDoesNotMatch", "IncompleteSignature")


def test_a_clock_that_is_wrong_by_five_minutes_is_told_so(server):
    for seconds in (-240, 240):
        answer = raw.query(server, "sts", IDENTITY, server.administrator, when=ago(seconds))
        assert answer.status == 200, answer.text
    old = ago(310)
    answer = raw.query(server, "sts", IDENTITY, server.administrator, when=old)
    answer.is_error(403, "SignatureDoesNotMatch")
    assert re.fullmatch(
        rf"Signature expired: {stamp(old)} is now earlier than \d{{8}}T\d{{6}}Z \(\d{{8}}T\d{{6}}Z - 5 min\.\)",
        answer.message,
    ), answer.message
    early = ago(-310)
    answer = raw.query(server, "sts", IDENTITY, server.administrator, when=early)
    answer.is_error(403, "SignatureDoesNotMatch")
    assert re.fullmatch(
        rf"Signature not yet current: {stamp(early)} is still later than \d{{8}}T\d{{6}}Z "
        r"\(\d{8}T\d{6}Z \+ 5 min\.\)",
        answer.message,
    ), answer.message


def test_an_incomplete_authorization_is_refused(server):
    body = raw.form(IDENTITY)
    headers = raw.sign(
        server.administrator, "POST", "/", {"Content-Type": raw.FORM}, body, service="sts",
        host=urlsplit(server.url).netloc,
    )
    whole = headers["Authorization"]
    without_signature = whole.rsplit(",", 1)[0]
    answer = raw.send(server, "POST", "/", {**headers, "Authorization": without_signature}, body)
    answer.is_error(400, "IncompleteSignature")
    assert "requires 'Signature' parameter" in answer.message
    for wrong in ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=x", whole.replace("aws4_request", "aws5_request"),
                  "Basic dXNlcjpwYXNz", "Bearer x", whole + ", Signature=00"):
        answer = raw.send(server, "POST", "/", {**headers, "Authorization": wrong}, body)
        assert answer.status in (400, 403), (wrong, answer.text)
        assert answer.code in ("IncompleteSignature", "MissingAuthenticationToken", "SignatureDoesNotMatch"), wrong


def test_two_authorizations_are_refused(server):
    body = raw.form(IDENTITY)
    headers = raw.sign(
        server.administrator, "POST", "/", {"Content-Type": raw.FORM}, body, service="sts",
        host=urlsplit(server.url).netloc,
    )
    pairs = [*headers.items(), ("Authorization", headers["Authorization"])]
    answer = raw.send(server, "POST", "/", pairs, body)
    assert answer.status in (400, 403), answer.text


def test_the_scopes_service_must_be_the_requests(server):
    answer = raw.query(server, "sts", IDENTITY, server.administrator, scope_service="s3")
    assert answer.status in (400, 403), answer.text
    answer = raw.query(server, "sts", IDENTITY, server.administrator, scope_service="iam")
    answer.is_error(403, "SignatureDoesNotMatch", "Credential should be scoped to correct service: 'sts'.")


def test_any_region_is_good_for_the_global_services(server):
    for region in ("us-east-1", "eu-west-1", "aws-global"):
        assert raw.query(server, "sts", IDENTITY, server.administrator, region=region).status == 200
        body = {"Action": "ListRoles", "Version": "2010-05-08"}
        assert raw.query(server, "iam", body, server.administrator, region=region).status == 200


def test_a_key_that_does_not_exist_is_refused(server):
    unknown = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    for body in (IDENTITY, {"Action": "ListRoles", "Version": "2010-05-08"}):
        service = "sts" if body is IDENTITY else "iam"
        raw.query(server, service, body, unknown).is_error(403, "InvalidClientTokenId", INVALID_TOKEN)


def test_a_key_that_was_deactivated_or_deleted_is_refused(account, admin):
    user = account.user(policy(allow("iam:ListUsers")))
    user.iam.list_users()
    key = {"UserName": user.name, "AccessKeyId": user.credentials.access_key}
    admin.iam.update_access_key(**key, Status="Inactive")
    with refused("InvalidClientTokenId", 403, INVALID_TOKEN):
        user.iam.list_users()
    admin.iam.update_access_key(**key, Status="Active")
    user.iam.list_users()
    admin.iam.delete_access_key(**key)
    with refused("InvalidClientTokenId", 403, INVALID_TOKEN):
        user.iam.list_users()


class TestSessionTokens:
    """A session token is bound to its access key and to every one of its bits."""

    @pytest.fixture(scope="class")
    def sessions(self, account):
        role = account.role(policy(allow("*")))
        return account.session(role, "one").credentials, account.session(role, "two").credentials

    def test_a_session_without_its_token_is_refused(self, server, sessions):
        bare = Credentials(sessions[0].access_key, sessions[0].secret_key)
        raw.sts(server, "GetCallerIdentity", bare).is_error(403, "InvalidClientTokenId", INVALID_TOKEN)

    def test_another_sessions_token_is_refused(self, server, sessions):
        swapped = Credentials(sessions[0].access_key, sessions[0].secret_key, sessions[1].token)
        raw.sts(server, "GetCallerIdentity", swapped).is_error(403, "InvalidClientTokenId", INVALID_TOKEN)
        swapped = Credentials(sessions[0].access_key, sessions[1].secret_key, sessions[1].token)
        raw.sts(server, "GetCallerIdentity", swapped).is_error(403, "InvalidClientTokenId", INVALID_TOKEN)

    def test_a_token_altered_anywhere_is_refused(self, server, sessions):
        token = sessions[0].token
        for at in (0, 1, 5, 9, 20, len(token) // 2, len(token) - 6):
            other = "A" if token[at] != "A" else "B"
            altered = token[:at] + other + token[at + 1:]
            forged = Credentials(sessions[0].access_key, sessions[0].secret_key, altered)
            raw.sts(server, "GetCallerIdentity", forged).is_error(403, "InvalidClientTokenId", INVALID_TOKEN)
        for garbage in ("", "x", "AAAA", token + "AAAA", token[:-8], "a" * 5000):
            bare = Credentials(sessions[0].access_key, sessions[0].secret_key)
            answer = raw.query(
                server, "sts", IDENTITY, bare, headers={"X-Amz-Security-Token": garbage},
            )
            answer.is_error(403, "InvalidClientTokenId", INVALID_TOKEN)

    def test_a_token_with_a_long_term_key_is_refused(self, server, account, sessions):
        user = account.user()
        mixed = Credentials(user.credentials.access_key, user.credentials.secret_key, sessions[0].token)
        raw.sts(server, "GetCallerIdentity", mixed).is_error(403, "InvalidClientTokenId", INVALID_TOKEN)

    def test_an_unsigned_token_header_is_no_way_around(self, server, sessions):
        answer = raw.query(server, "sts", IDENTITY, sessions[0], leave_out=("x-amz-security-token",))
        assert answer.status in (200, 403)
        if answer.status == 403:
            assert answer.code in ("SignatureDoesNotMatch", "InvalidClientTokenId")

    def test_s3_tells_it_in_its_own_words(self, server, sessions):
        token = sessions[0].token[:-10] + ("A" * 9) + "="
        forged = Credentials(sessions[0].access_key, sessions[0].secret_key, token)
        with refused("InvalidToken", 400, "The provided token is malformed or otherwise invalid."):
            As(server, forged).s3.list_buckets()
        unknown = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        with refused(
            "InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."
        ):
            As(server, unknown).s3.list_buckets()

    def test_cloudtrail_tells_it_in_its_own_words(self, server, sessions):
        forged = Credentials(sessions[0].access_key, sessions[0].secret_key, sessions[1].token)
        answer = raw.cloudtrail(server, "LookupEvents", forged, {})
        assert answer.status == 400
        assert answer.json["__type"].endswith("UnrecognizedClientException")
        assert answer.json["message"] == INVALID_TOKEN


def test_cloudtrails_errors_are_json(server):
    answer = raw.cloudtrail(server, "LookupEvents", None, {})
    assert (answer.status, answer.json["__type"]) == (400, "MissingAuthenticationTokenException")
    assert answer.json["message"] == "Missing Authentication Token"
    answer = raw.cloudtrail(server, "LookUpEvents", server.administrator, {})
    assert (answer.status, answer.json["__type"]) == (400, "UnknownOperationException")
    answer = raw.cloudtrail(server, "LookupEvents", server.administrator, {}, when=ago(310))
    assert (answer.status, answer.json["__type"]) == (400, "InvalidSignatureException")
    assert answer.json["message"].startswith("Signature expired: ")
    wrong = Credentials(server.administrator.access_key, "x" * 40, server.administrator.token)
    answer = raw.cloudtrail(server, "LookupEvents", wrong, {})
    assert (answer.status, answer.json["__type"]) == (400, "InvalidSignatureException")
    assert answer.json["message"] == WRONG_SIGNATURE


def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: 67108864\r\n\r\nAction=GetCallerIdentity"
        )
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert response.status in (400, 403, 413), response.status


def test_a_body_without_end_is_refused_without_reading_it_all(server):
    declared = 64 * 1024 * 1024
    sent = 0
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        chunk = b"X" * 65536
        try:
            while sent < declared:
                connection.sendall(b"%x\r\n" % len(chunk) + chunk + b"\r\n")
                sent += len(chunk)
        except (BrokenPipeError, ConnectionResetError):
            pass
    assert sent < declared, "the server took it all"
    assert raw.query(server, "sts", IDENTITY, server.administrator).status == 200


def test_a_large_signed_body_is_told_so(server):
    body = raw.form({**IDENTITY, "X": "y" * (3 * 1024 * 1024)})
    answer = raw.query(server, "sts", body, server.administrator)
    answer.is_error(413, "RequestEntityTooLarge")


def test_a_request_that_is_not_http_is_survived(server):
    for bytes_ in (b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                   b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            try:
                connection.sendall(bytes_)
                connection.shutdown(socket.SHUT_WR)
                connection.recv(1000)
            except ConnectionError:
                pass
    assert raw.query(server, "sts", IDENTITY, server.administrator).status == 200


def test_a_presigned_identity_is_answered(server):
    # As `aws eks get-token` makes it: GetCallerIdentity in the query string.
    from botocore.auth import SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials as Keys

    keys = server.administrator
    request = AWSRequest("GET", f"{server.url}/?Action=GetCallerIdentity&Version=2011-06-15",
                         headers={"x-k8s-aws-id": "cluster"})
    SigV4QueryAuth(Keys(keys.access_key, keys.secret_key, keys.token), "sts", "us-east-2", expires=60).add_auth(request)
    target = request.url.removeprefix(server.url)
    answer = raw.send(server, "GET", target, {"x-k8s-aws-id": "cluster"})
    assert answer.status == 200, answer.text
    assert answer.find("Account") == "123456789012"
    other = raw.send(server, "GET", target, {"x-k8s-aws-id": "another"})
    other.is_error(403, "SignatureDoesNotMatch")
    swapped = target.replace("GetCallerIdentity", "GetSessionToken")
    assert raw.send(server, "GET", swapped, {"x-k8s-aws-id": "cluster"}).status == 403


def test_a_relayed_identity_call_is_good_for_nothing_else(server):
    # What a cluster's authenticator gets from a client and passes on (CVE-2020-16250, CVE-2022-2385).
    body = raw.form(IDENTITY)
    host = urlsplit(server.url).netloc
    signed = sign(
        server.administrator, "POST", "/", {"Content-Type": raw.FORM}, body, service="sts", host=host,
    )
    assert raw.send(server, "POST", "/", signed, body).find("Account") == "123456789012"
    swapped = raw.form({"Action": "CreateUser", "Version": "2010-05-08", "UserName": "eve"})
    assume = raw.form({"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": "x", "RoleSessionName": "y"})
    for other in (swapped, assume, body + b"&Action=GetSessionToken", body + b"&action=GetSessionToken"):
        assert raw.send(server, "POST", "/", signed, other).status in (400, 403)
    for query in ("/?Action=GetSessionToken", "/?Action=AssumeRole&Version=2011-06-15", "/?x=y", "/x"):
        assert raw.send(server, "POST", query, signed, body).status in (400, 403)
    for headers in ({"Host": "sts.evil.example"}, {"X-Amz-Target": "CloudTrail_20131101.LookupEvents"}):
        assert raw.send(server, "POST", "/", {**signed, **headers}, body).status in (400, 403)
    assert raw.send(server, "GET", "/?" + body.decode(), signed).status in (400, 403)


def test_json_is_answered_to_who_accepts_it(server):
    answer = raw.query(server, "sts", IDENTITY, server.administrator, headers={"Accept": "application/json"})
    assert answer.headers["content-type"].startswith("application/json")
    result = answer.json["GetCallerIdentityResponse"]
    assert result["GetCallerIdentityResult"]["Account"] == "123456789012"
    assert result["ResponseMetadata"]["RequestId"] == answer.headers["x-amzn-requestid"]
    answer = raw.query(server, "sts", IDENTITY, None, headers={"Accept": "application/json"})
    assert answer.status == 403
    assert answer.json["Error"] == {
        "Code": "MissingAuthenticationToken", "Message": "Request is missing Authentication Token", "Type": "Sender",
    }
    assert answer.json["RequestId"]
