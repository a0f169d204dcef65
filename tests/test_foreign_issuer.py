"""Tokens of another issuer: an https server of the test, reached by discovery."""

import json
import socket
import time

import pytest

from support import jwt
from support.clients import As, refused
from support.issuer import issuing
from support.policies import ROOT, allow, policy, trust, trust_provider
from support.principals import role_arn
from support.server import ACCOUNT, Credentials

SUBJECT = "system:serviceaccount:ns:sa"
NOT_AUTHORIZED = "Not authorized to perform sts:AssumeRoleWithWebIdentity"


class Exchange:
    """A registered issuer and a role that trusts one subject of it."""

    def __init__(self, account, issuer, **more):
        self.account, self.issuer = account, issuer
        self.anonymous = As(account.server, None)
        self.provider_arn = account.admin.iam.create_open_id_connect_provider(
            Url=issuer.url, ClientIDList=["sts.amazonaws.com", "second"]
        )["OpenIDConnectProviderArn"]
        self.role = account.role(
            more.pop("document", None), trusted=more.pop("trusted", None) or trust_provider(issuer.provider, SUBJECT)
        )

    def __call__(self, token: str, role: str | None = None, **options):
        return self.anonymous.sts.assume_role_with_web_identity(
            RoleArn=role_arn(role or self.role), RoleSessionName="session", WebIdentityToken=token, **options
        )


@pytest.fixture
def exchange(account, issuer):
    return Exchange(account, issuer)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "PS256", "EdDSA"])
def test_a_token_of_a_foreign_issuer_is_verified(exchange, issuer, algorithm):
    issuer.keys = [jwt.Key(algorithm, "k")]
    answer = exchange(issuer.token())
    assert answer["SubjectFromWebIdentityToken"] == SUBJECT
    assert answer["Provider"] == f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer.provider}" == exchange.provider_arn
    session = As(exchange.account.server, Credentials.of(answer["Credentials"]))
    assert session.sts.get_caller_identity()["Arn"].endswith(f"assumed-role/{exchange.role}/session")


def test_keys_are_fetched_once(exchange, issuer):
    for _ in range(5):
        exchange(issuer.token())
    assert issuer.requests == [f"{issuer.path}/.well-known/openid-configuration", f"{issuer.path}/keys"]


def test_another_subject_is_not_let_in(exchange, issuer):
    with refused("AccessDenied", 403, NOT_AUTHORIZED):
        exchange(issuer.token("system:serviceaccount:ns:other"))


def test_an_issuer_that_is_not_registered_is_unknown_and_not_asked(account, issuer):
    role = account.role(trusted=trust_provider(issuer.provider, SUBJECT))
    anonymous = As(account.server, None)
    with refused(
        "InvalidIdentityToken", 400, f"No OpenIDConnect provider found in your account for {issuer.url}"
    ):
        anonymous.sts.assume_role_with_web_identity(
            RoleArn=role_arn(role), RoleSessionName="session", WebIdentityToken=issuer.token()
        )
    assert issuer.requests == []


def test_the_issuer_is_compared_to_the_letter(exchange, issuer):
    for wrong in (f"{issuer.url}/", issuer.url.upper(), issuer.url.replace("https", "http"), f"{issuer.url}x",
                  issuer.url.replace("localhost", "user@localhost"), issuer.url.replace("localhost", "127.0.0.1"),
                  issuer.provider, "", f"https://evil.example/{issuer.provider}"):
        with refused("InvalidIdentityToken", 400):
            exchange(issuer.token(iss=wrong))


class TestTimes:
    def test_an_expired_token_is_told_so(self, exchange, issuer):
        now = int(time.time())
        with refused("ExpiredTokenException", 400, has=f"must be before the expiration date/time {now - 10}"):
            exchange(issuer.token(exp=now - 10, iat=now - 1000, nbf=now - 1000))
        with refused("ExpiredTokenException", 400, has="Token expired: current date/time "):
            exchange(issuer.token(exp=now, iat=now - 1000, nbf=now - 1000))

    def test_a_very_old_token_is_told_so(self, exchange, issuer):
        now = int(time.time())
        with refused("ExpiredTokenException", 400, has="Token too old: "):
            exchange(issuer.token(iat=now - 10 * 86400, nbf=now - 10 * 86400))

    def test_a_token_of_the_future_is_refused(self, exchange, issuer):
        now = int(time.time())
        for changes in ({"nbf": now + 600}, {"iat": now + 600, "nbf": now + 600}):
            with refused("InvalidIdentityToken", 400):
                exchange(issuer.token(**changes))

    def test_times_are_whole_numbers(self, exchange, issuer):
        now = int(time.time())
        for wrong in (str(now + 3600), now + 3600.5, 1e300, None, True, [], -1):
            with pytest.raises(Exception) as caught:
                exchange(issuer.token(exp=wrong))
            assert caught.value.response["Error"]["Code"] in ("InvalidIdentityToken", "ExpiredTokenException"), wrong
            assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        with refused("InvalidIdentityToken", 400):
            exchange(issuer.token(iat=str(now)))


class TestClaims:
    @pytest.mark.parametrize("claim", ["iss", "aud", "sub", "exp", "iat"])
    def test_what_every_token_needs(self, exchange, issuer, claim):
        with refused("InvalidIdentityToken", 400):
            exchange(issuer.token(**{claim: None}))

    def test_a_missing_audience_is_named(self, exchange, issuer):
        with refused("InvalidIdentityToken", 400, "Missing a required claim: aud"):
            exchange(issuer.token(aud=None))

    def test_the_audience_may_be_text_or_a_list(self, exchange, issuer):
        for audience in ("sts.amazonaws.com", ["sts.amazonaws.com"], ["x", "second"]):
            assert exchange(issuer.token(aud=audience))["Audience"] in ("sts.amazonaws.com", "second")
        for audience in ("x", ["x"], [], "", [""], "sts.amazonaws.com,x"):
            with pytest.raises(Exception) as caught:
                exchange(issuer.token(aud=audience))
            assert caught.value.response["Error"]["Code"] == "InvalidIdentityToken", audience

    def test_azp_is_the_audience_when_it_is_there(self, exchange, issuer):
        assert exchange(issuer.token(aud="whatever", azp="second"))["Audience"] == "second"
        with refused("InvalidIdentityToken", 400, "Incorrect token audience"):
            exchange(issuer.token(aud="sts.amazonaws.com", azp="somebody"))

    def test_a_subject_that_is_no_text_is_refused(self, exchange, issuer):
        for wrong in (1, [], {}, True, ""):
            with refused("InvalidIdentityToken", 400):
                exchange(jwt_with(issuer, sub=wrong))

    def test_a_claim_that_stands_twice_is_refused(self, exchange, issuer):
        made = json.dumps(jwt.claims(issuer.url, "system:serviceaccount:ns:other"))
        twice = made[:-1] + f', "sub": "{SUBJECT}"' + "}"
        key = issuer.keys[1]
        with refused("InvalidIdentityToken", 400):
            exchange(sign_text(key, twice))


def jwt_with(issuer, **changes) -> str:
    return issuer.keys[0].sign({**jwt.claims(issuer.url, SUBJECT), **changes})


def sign_text(key, text: str) -> str:
    """A token whose payload is exactly this text."""

    return key.sign(text)


class TestAlgorithms:
    def test_hs256_with_the_public_key_is_refused(self, exchange, issuer):
        exchange(issuer.token())
        key = issuer.keys[0]
        made = jwt.claims(issuer.url, SUBJECT)
        for secret in (key.public_pem(), key.public_pem().strip(), json.dumps(key.jwk()).encode(), b""):
            with refused("InvalidIdentityToken", 400):
                exchange(jwt.with_hmac(made, key.kid, secret))

    def test_alg_none_in_any_spelling_is_refused(self, exchange, issuer):
        made = jwt.claims(issuer.url, SUBJECT)
        for algorithm in ("none", "None", "nOnE", "NONE"):
            with refused("InvalidIdentityToken", 400):
                exchange(jwt.unsigned(made, algorithm, "rsa-1"))

    def test_an_all_zero_ecdsa_signature_is_refused(self, exchange, issuer):
        made = jwt.claims(issuer.url, SUBJECT)
        with refused("InvalidIdentityToken", 400):
            exchange(jwt.unsigned(made, "ES256", "ec-1", bytes(64)))

    def test_an_algorithm_that_is_not_the_keys_is_refused(self, exchange, issuer):
        with refused("InvalidIdentityToken", 400):
            exchange(issuer.keys[1].sign(jwt.claims(issuer.url, SUBJECT), kid="rsa-1"))
        with refused("InvalidIdentityToken", 400):
            exchange(issuer.keys[0].sign(jwt.claims(issuer.url, SUBJECT), alg="ES256"))

    def test_an_rsa_key_without_algorithm_is_for_rs256_alone(self, account, exchange, issuer):
        key = issuer.keys[0]
        made = jwt.claims(issuer.url, SUBJECT)
        open_set = {"keys": [{name: value for name, value in key.jwk().items() if name != "alg"}]}
        issuer.key_set = lambda: open_set
        exchange(key.sign(made))
        for algorithm in ("PS256", "RS384", "RS512"):
            with refused("InvalidIdentityToken", 400):
                exchange(key.sign(made, alg=algorithm))

    def test_keys_in_the_header_are_not_used(self, exchange, issuer):
        own = jwt.Key("RS256", "rsa-1")
        made = jwt.claims(issuer.url, SUBJECT)
        for header in ({"jwk": own.jwk()}, {"jku": f"{issuer.url}/mine"}, {"x5u": f"{issuer.url}/mine"}, {"crit": ["x"]}):
            with refused("InvalidIdentityToken", 400):
                exchange(own.sign(made, **header))
        assert f"{issuer.path}/mine" not in issuer.requests

    def test_another_issuers_key_of_the_same_name_is_refused(self, account, authority, exchange, issuer):
        with issuing(authority) as other:
            Exchange(account, other)(other.token())
            with refused("InvalidIdentityToken", 400):
                exchange(other.keys[0].sign(jwt.claims(issuer.url, SUBJECT)))


def test_rotated_keys_are_found_and_removed_ones_forgotten(exchange, issuer):
    old = issuer.keys[0]
    exchange(issuer.token())
    issuer.keys = [jwt.Key("RS256", "rsa-2")]
    # The server asks an issuer again after some seconds at the earliest.
    deadline = time.monotonic() + 30
    while True:
        try:
            exchange(issuer.token())
            break
        except exchange.anonymous.sts.exceptions.InvalidIdentityTokenException:
            assert time.monotonic() < deadline, "the new key was never fetched"
            time.sleep(0.5)
    with refused("InvalidIdentityToken", 400):
        exchange(old.sign(jwt.claims(issuer.url, SUBJECT)))


def test_unknown_keys_do_not_make_the_server_ask_each_time(exchange, issuer):
    exchange(issuer.token())
    for at in range(20):
        with refused("InvalidIdentityToken", 400):
            exchange(jwt.Key("ES256", f"unknown-{at}").sign(jwt.claims(issuer.url, SUBJECT)))
    assert len(issuer.requests) <= 4, issuer.requests


class TestFetching:
    def test_an_issuer_that_does_not_answer_is_told_so(self, account, authority):
        with issuing(authority) as issuer:
            exchange = Exchange(account, issuer)
            token = issuer.token()
        with refused("IDPCommunicationError", 400):
            exchange(token)

    def test_an_issuer_that_accepts_and_says_nothing_is_given_up(self, account):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            provider = f"localhost:{silent.getsockname()[1]}/silent"
            account.admin.iam.create_open_id_connect_provider(
                Url=f"https://{provider}", ClientIDList=["sts.amazonaws.com"]
            )
            role = account.role(trusted=trust_provider(provider, SUBJECT))
            token = jwt.Key("ES256", "k").sign(jwt.claims(f"https://{provider}", SUBJECT))
            begun = time.monotonic()
            with refused("IDPCommunicationError", 400):
                As(account.server, None).sts.assume_role_with_web_identity(
                    RoleArn=role_arn(role), RoleSessionName="session", WebIdentityToken=token
                )
            assert time.monotonic() - begun < 20

    def test_discovery_must_name_the_issuer(self, account, issuer):
        exchange = Exchange(account, issuer)
        issuer.claimed_issuer = "https://somebody.example"
        with refused("InvalidIdentityToken", 400):
            exchange(issuer.token())

    def test_an_issuer_without_documents_has_no_keys(self, account, issuer):
        exchange = Exchange(account, issuer)
        issuer.document = lambda path: None
        with refused(
            "InvalidIdentityToken", 400,
            "Couldn't retrieve verification key from your identity provider,  please reference "
            "AssumeRoleWithWebIdentity documentation for requirements",
        ):
            exchange(issuer.token())

    def test_an_issuer_on_loopback_is_refused_unless_allowed(self, start_server, authority, issuer):
        server = start_server("--issuer-ca", str(authority.ca))
        admin = As(server, server.administrator)
        admin.iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=["sts.amazonaws.com"])
        admin.iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust_provider(issuer.provider, SUBJECT))
        with pytest.raises(Exception) as caught:
            As(server, None).sts.assume_role_with_web_identity(
                RoleArn=role_arn("r"), RoleSessionName="session", WebIdentityToken=issuer.token()
            )
        assert caught.value.response["Error"]["Code"] in ("IDPCommunicationError", "InvalidIdentityToken")
        assert issuer.requests == []

    def test_a_certificate_nobody_vouches_for_is_refused(self, start_server, issuer):
        server = start_server("--issuer-network", "127.0.0.0/8")
        admin = As(server, server.administrator)
        admin.iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=["sts.amazonaws.com"])
        admin.iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust_provider(issuer.provider, SUBJECT))
        with refused("InvalidIdentityToken", 400):
            As(server, None).sts.assume_role_with_web_identity(
                RoleArn=role_arn("r"), RoleSessionName="session", WebIdentityToken=issuer.token()
            )
        assert issuer.requests == []


class TestWhatTheTokenBrings:
    ACTIONS = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"]

    def test_session_tags(self, account, issuer):
        exchange = Exchange(
            account, issuer,
            document=policy(allow("iam:ListUsers", Condition={"StringEquals": {"aws:PrincipalTag/Team": "blue"}})),
            trusted=trust_provider(issuer.provider, SUBJECT, action=self.ACTIONS),
        )
        tags = {"https://aws.amazon.com/tags": {"principal_tags": {"Team": ["blue"]}, "transitive_tag_keys": ["Team"]}}
        answer = exchange(issuer.token(**tags))
        assert answer["PackedPolicySize"] >= 1
        As(account.server, Credentials.of(answer["Credentials"])).iam.list_users()
        plain = account.role(trusted=trust_provider(issuer.provider, SUBJECT))
        with refused("AccessDenied", 403):
            exchange(issuer.token(**tags), role=plain)

    def test_the_source_identity(self, account, issuer):
        exchange = Exchange(account, issuer, trusted=trust_provider(issuer.provider, SUBJECT, action=self.ACTIONS))
        token = issuer.token(**{"https://aws.amazon.com/source_identity": "alice"})
        assert exchange(token)["SourceIdentity"] == "alice"
        plain = account.role(trusted=trust_provider(issuer.provider, SUBJECT))
        with refused("AccessDenied", 403):
            exchange(token, role=plain)

    def test_the_roles_claim_is_checked_before_trust(self, exchange, issuer):
        mine, other = role_arn(exchange.role), role_arn("other")
        exchange(issuer.token(**{"https://aws.amazon.com/roles": [other, mine]}))
        for wrong in ([other], [mine.replace(exchange.role, "*")]):
            with refused(
                "InvalidIdentityToken", 400,
                "The target role ARN is not present in the roles claim of the identity token",
            ):
                exchange(issuer.token(**{"https://aws.amazon.com/roles": wrong}))

    def test_a_web_identity_session_chains_for_an_hour(self, account, issuer):
        exchange = Exchange(account, issuer, document=policy(allow("sts:AssumeRole")))
        target = account.role(trusted=trust(ROOT), MaxSessionDuration=43200)
        session = As(account.server, Credentials.of(exchange(issuer.token())["Credentials"]))
        account.session(target, caller=session)
        with refused("ValidationError", 400, has="1 hour session limit for roles assumed by role chaining"):
            account.session(target, caller=session, DurationSeconds=7200)
