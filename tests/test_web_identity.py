"""AssumeRoleWithWebIdentity with tokens of the server's own issuer."""

import json
import re

import pytest

from support import jwt, raw
from support.clients import As, refused
from support.policies import allow, policy, trust_provider
from support.principals import role_arn
from support.server import ACCOUNT, Credentials

NOT_AUTHORIZED = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
UNVERIFIABLE = (
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity "
    "documentation for requirements"
)


@pytest.fixture(scope="module")
def role(account, hosted):
    """A role for the service account ns/sa."""
    return account.role(
        policy(allow("iam:ListUsers")), trusted=trust_provider(hosted, "system:serviceaccount:ns:sa")
    )


@pytest.fixture
def assume(server, role):
    """Exchanges a token, without any credentials."""
    anonymous = As(server, None)

    def call(token: str, **options):
        parameters = {"RoleArn": role_arn(role), "RoleSessionName": "pod", "WebIdentityToken": token, **options}
        return anonymous.sts.assume_role_with_web_identity(**parameters)

    return call


def test_a_token_becomes_a_session_of_one_role(server, assume, role, hosted, admin):
    answer = assume(server.token("ns/sa"))
    unique = admin.iam.get_role(RoleName=role)["Role"]["RoleId"]
    assert answer["AssumedRoleUser"] == {
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/pod", "AssumedRoleId": f"{unique}:pod",
    }
    assert answer["SubjectFromWebIdentityToken"] == "system:serviceaccount:ns:sa"
    assert answer["Audience"] == "sts.amazonaws.com"
    assert answer["Provider"] == f"arn:aws:iam::{ACCOUNT}:oidc-provider/{hosted}"
    assert "PackedPolicySize" not in answer
    session = As(server, Credentials.of(answer["Credentials"]))
    session.iam.list_users()
    with refused("AccessDenied", 403):
        session.iam.list_roles()


def test_white_space_around_the_token_does_not_matter(server, assume):
    assume(f"{server.token('ns/sa')}\n")


def test_signing_is_neither_needed_nor_looked_at(server, role):
    parameters = {
        "Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleArn": role_arn(role),
        "RoleSessionName": "pod", "WebIdentityToken": server.token("ns/sa"),
    }
    body = raw.form(parameters)
    for headers in (
        {},
        {"Authorization": "garbage"},
        {"Authorization": "AWS4-HMAC-SHA256 Credential=AKIAX/20200101/r/sts/aws4_request, SignedHeaders=host, Signature=0"},
        {"X-Amz-Security-Token": "garbage"},
        {"X-Amz-Date": "19700101T000000Z"},
    ):
        answer = raw.send(server, "POST", "/", {"Content-Type": raw.FORM, **headers}, body)
        assert answer.status == 200, (headers, answer.text)


def test_only_this_operation_may_be_unsigned(server):
    for action in ("AssumeRole", "GetCallerIdentity", "GetSessionToken", "GetFederationToken", "GetAccessKeyInfo"):
        answer = raw.sts(server, action, RoleArn=role_arn("x-role-x"), RoleSessionName="session", WebIdentityToken="x.y.z")
        assert answer.status in (400, 403), answer.text
        assert answer.code in ("MissingAuthenticationToken", "InvalidAction"), answer.text
    for action in ("CreateUser", "ListRoles", "CreateAccessKey"):
        body = {"Action": action, "Version": "2010-05-08", "UserName": "x"}
        raw.query(server, "iam", body, None).is_error(403, "MissingAuthenticationToken")


def test_another_service_account_is_not_let_in(server, assume):
    for other in ("ns/other", "other/sa", "ns/sa2", "n/s-sa"):
        with refused("AccessDenied", 403, NOT_AUTHORIZED):
            assume(server.token(other))


def test_a_role_that_is_not_there_looks_like_one_that_is_closed(server, assume):
    with refused("AccessDenied", 403, NOT_AUTHORIZED):
        assume(server.token("ns/sa"), RoleArn=role_arn("there-is-none"))


def test_a_role_for_aws_principals_is_not_for_tokens(server, assume, account):
    with refused("AccessDenied", 403, NOT_AUTHORIZED):
        assume(server.token("ns/sa"), RoleArn=role_arn(account.role()))


def test_a_token_for_another_audience_is_refused(server, assume):
    for audience in ("https://kubernetes.default.svc", "openshift", "STS.amazonaws.com", "sts.amazonaws.com "):
        with refused("InvalidIdentityToken", 400, "Incorrect token audience"):
            assume(server.token("ns/sa", "--audience", audience))


def test_one_matching_audience_of_several_is_enough(server, assume):
    token = server.token("ns/sa", "--audience", "https://kubernetes.default.svc", "--audience", "sts.amazonaws.com")
    assume(token)


def test_a_changed_claim_breaks_the_signature(server, assume):
    head, body, proof = server.token("ns/other").split(".")
    claims = jwt.payload(f"{head}.{body}.{proof}")
    claims["sub"] = "system:serviceaccount:ns:sa"
    with refused("InvalidIdentityToken", 400, UNVERIFIABLE):
        assume(f"{head}.{jwt.part(claims)}.{proof}")


def test_a_changed_signature_is_refused(server, assume):
    head, body, proof = server.token("ns/sa").split(".")
    raw_proof = bytearray(jwt.decode(proof))
    for at in (0, len(raw_proof) // 2, len(raw_proof) - 1):
        changed = bytearray(raw_proof)
        changed[at] ^= 1
        with refused("InvalidIdentityToken", 400):
            assume(f"{head}.{body}.{jwt.encode(bytes(changed))}")
    for other in (bytes(raw_proof[:-1]), bytes(raw_proof) + b"\0", b"", bytes(len(raw_proof))):
        with refused("InvalidIdentityToken", 400):
            assume(f"{head}.{body}.{jwt.encode(other)}")


def test_the_signature_of_another_token_is_refused(server, assume):
    one, two = server.token("ns/sa").split("."), server.token("ns/other").split(".")
    with refused("InvalidIdentityToken", 400):
        assume(".".join([*one[:2], two[2]]))


def test_alg_none_in_any_spelling_is_refused(server, assume):
    head, body, _ = server.token("ns/sa").split(".")
    kid = json.loads(jwt.decode(head))["kid"]
    claims = jwt.payload(f"{head}.{body}.x")
    for algorithm in ("none", "None", "NONE", "nOnE", "", "HS256", "HS512", "PS256", "EdDSA", "RS256 "):
        for proof in (b"", b"x" * 256):
            with refused("InvalidIdentityToken", 400):
                assume(jwt.unsigned(claims, algorithm, kid, proof))


def test_text_that_is_no_token_is_refused(server, assume):
    head, body, proof = server.token("ns/sa").split(".")
    for wrong in ("abcd", "a.b.c", "....", f"{head}.{body}", f"{head}.{body}.{proof}.x", f"{head}..{proof}",
                  f"{head}=.{body}.{proof}", f"{head}.{body}.{proof}\0", "x" * 20000,
                  f"{jwt.encode(b'[]')}.{body}.{proof}", f"{head}.{jwt.encode(b'{}')}.{proof}",
                  f"{head}.{jwt.encode(b'{' * 3000)}.{proof}"):
        with refused("InvalidIdentityToken", 400):
            assume(wrong)


def test_the_tokens_length_has_limits(server, role):
    for token, text in (("abc", "greater than or equal to 4"), ("x" * 20001, "less than or equal to 20000")):
        answer = raw.sts(
            server, "AssumeRoleWithWebIdentity", RoleArn=role_arn(role), RoleSessionName="pod", WebIdentityToken=token
        )
        answer.is_error(400, "ValidationError")
        assert "at 'webIdentityToken' failed to satisfy constraint" in answer.message
        assert answer.message.endswith(f"Member must have length {text}")
        # The token is a secret: this value is not told.
        assert token not in answer.message


def test_what_is_missing_is_told(server):
    answer = raw.sts(server, "AssumeRoleWithWebIdentity")
    answer.is_error(400, "ValidationError")
    assert answer.message.startswith("3 validation errors detected: ")
    for field in ("roleArn", "roleSessionName", "webIdentityToken"):
        assert f"at '{field}' failed to satisfy constraint: Member must not be null" in answer.message


def test_the_session_lasts_as_long_as_the_role_allows(server, assume):
    assume(server.token("ns/sa"), DurationSeconds=900)
    with refused(
        "ValidationError", 400, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    ):
        assume(server.token("ns/sa"), DurationSeconds=3601)


def test_a_session_policy_narrows_it(server, assume):
    answer = assume(server.token("ns/sa"), Policy=policy(allow("iam:GetUser")))
    assert answer["PackedPolicySize"] >= 1
    with refused("AccessDenied", 403, has="because no session policy allows the iam:ListUsers action"):
        As(server, Credentials.of(answer["Credentials"])).iam.list_users()
    with refused("ValidationError", 400):
        assume(server.token("ns/sa"), Policy=" " * 2049)


def test_the_condition_keys_have_the_issuers_name(server, assume, account, hosted):
    condition = {f"{hosted}:aud": "sts.amazonaws.com", "sts:RoleSessionName": "pod"}
    role = account.role(trusted=trust_provider(hosted, "system:serviceaccount:ns:sa", StringEquals=condition))
    assume(server.token("ns/sa"), RoleArn=role_arn(role))
    with refused("AccessDenied", 403, NOT_AUTHORIZED):
        assume(server.token("ns/sa"), RoleArn=role_arn(role), RoleSessionName="other")
    with_scheme = account.role(trusted=trust_provider(hosted, None, StringEquals={
        f"https://{hosted}:sub": "system:serviceaccount:ns:sa",
    }))
    with refused("AccessDenied", 403, NOT_AUTHORIZED):
        assume(server.token("ns/sa"), RoleArn=role_arn(with_scheme))


def test_claims_of_kubernetes_are_no_condition_keys(server, assume, account, hosted):
    role = account.role(trusted=trust_provider(hosted, None, StringLike={f"{hosted}:kubernetes.io": "*"}))
    with refused("AccessDenied", 403, NOT_AUTHORIZED):
        assume(server.token("ns/sa"), RoleArn=role_arn(role))


def test_the_session_keeps_who_the_pod_was(server, assume, account, hosted):
    role = account.role(
        policy(allow("iam:ListUsers", Condition={"StringEquals": {f"{hosted}:sub": "system:serviceaccount:ns:sa"}})),
        trusted=trust_provider(hosted, None, StringLike={f"{hosted}:sub": "system:serviceaccount:ns:*"}),
    )
    first = assume(server.token("ns/sa"), RoleArn=role_arn(role))
    As(server, Credentials.of(first["Credentials"])).iam.list_users()
    other = assume(server.token("ns/other"), RoleArn=role_arn(role))
    with refused("AccessDenied", 403):
        As(server, Credentials.of(other["Credentials"])).iam.list_users()


def test_a_provider_that_is_gone_is_unknown(start_server):
    server = start_server()
    own = As(server, server.administrator)
    provider = server.issuer()
    arn = own.iam.create_open_id_connect_provider(
        Url=f"https://{provider}", ClientIDList=["sts.amazonaws.com", "other"]
    )["OpenIDConnectProviderArn"]
    own.iam.create_role(RoleName="pod", AssumeRolePolicyDocument=trust_provider(provider, "system:serviceaccount:ns:sa"))
    anonymous = As(server, None)

    def assume():
        return anonymous.sts.assume_role_with_web_identity(
            RoleArn=role_arn("pod"), RoleSessionName="pod", WebIdentityToken=server.token("ns/sa")
        )

    assume()
    own.iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="sts.amazonaws.com")
    with refused("InvalidIdentityToken", 400, "Incorrect token audience"):
        assume()
    own.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    with refused(
        "InvalidIdentityToken", 400, f"No OpenIDConnect provider found in your account for https://{provider}"
    ):
        assume()


def test_a_role_of_an_account_that_is_not_here_has_no_provider(server, assume):
    with refused("InvalidIdentityToken", 400, has="No OpenIDConnect provider found in your account for https://"):
        assume(server.token("ns/sa"), RoleArn="arn:aws:iam::999999999999:role/elsewhere")


def test_an_expired_token_is_told_so(server, assume):
    # The server issues nothing shorter than this; a foreign issuer does (test_foreign_issuer.py).
    done = server.command("token", "--service-account", "ns/sa", "--duration", "0s")
    assert done.returncode != 0
    assert done.stdout == ""


def test_no_answer_repeats_the_token(server, role):
    head, body, _ = server.token("ns/sa").split(".")
    token = f"{head}.{body}.{jwt.encode(b'wrong' * 50)}"
    answer = raw.sts(
        server, "AssumeRoleWithWebIdentity", RoleArn=role_arn(role), RoleSessionName="pod:x", WebIdentityToken=token
    )
    assert answer.status == 400
    assert body not in answer.text and head not in answer.text
    assert not re.search(re.escape(token[:60]), server.log())
