"""GetWebIdentityToken: tokens that an account's principals show to services outside, and who issues them."""

import json
import time

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from support import jwt
from support.aws_cli import Cli
from support.clients import As, refused
from support.front import fronting
from support.policies import ROOT, allow, deny, policy, trust, trust_provider
from support.principals import Account, role_arn
from support.raw import send
from support.server import ACCOUNT, REGION, Credentials
from test_trail import records

NAMESPACE = "https://sts.amazonaws.com/"
GET = policy(allow(["sts:GetWebIdentityToken", "sts:TagGetWebIdentityToken"]))


@pytest.fixture(scope="session")
def issuer_url(admin) -> str:
    """The issuer of the shared server's account, enabled."""
    return admin.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]


def token(principal: As, audience="https://api.example.com", **options) -> str:
    options = {"SigningAlgorithm": "RS256", **options}
    audience = audience if isinstance(audience, list) else [audience]
    return principal.sts.get_web_identity_token(Audience=audience, **options)["WebIdentityToken"]


def served(server, url: str, path: str) -> dict:
    place = "/" + url.removeprefix("https://").partition("/")[2]
    answer = send(server, "GET", place + path, {})
    assert answer.status == 200, answer.text
    return answer.json


def verified(server, url: str, text: str) -> dict:
    """The claims, if the served keys verify the token as any relying party would."""
    discovery = served(server, url, "/.well-known/openid-configuration")
    assert discovery["issuer"] == url and discovery["jwks_uri"] == f"{url}/.well-known/jwks.json"
    keys = {key["kid"]: key for key in served(server, url, "/.well-known/jwks.json")["keys"]}
    head, claims, proof = text.split(".")
    header = json.loads(jwt.decode(head))
    key, signed, proof = keys[header["kid"]], f"{head}.{claims}".encode(), jwt.decode(proof)
    number = lambda name: int.from_bytes(jwt.decode(key[name]), "big")
    assert key["alg"] == header["alg"] and header["typ"] == "JWT"
    if header["alg"] == "RS256":
        public = rsa.RSAPublicNumbers(number("e"), number("n")).public_key()
        public.verify(proof, signed, padding.PKCS1v15(), hashes.SHA256())
    else:
        assert (header["alg"], key["crv"], len(proof)) == ("ES384", "P-384", 96)
        public = ec.EllipticCurvePublicNumbers(number("x"), number("y"), ec.SECP384R1()).public_key()
        r, s = (int.from_bytes(half, "big") for half in (proof[:48], proof[48:]))
        public.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA384()))
    return json.loads(jwt.decode(claims))


@pytest.mark.parametrize("algorithm", ["RS256", "ES384"])
def test_a_token_verifies_against_what_is_served(server, account, issuer_url, algorithm):
    user = account.user(GET)
    before = int(time.time())
    answer = user.sts.get_web_identity_token(Audience=["https://api.example.com"], SigningAlgorithm=algorithm)
    claims = verified(server, issuer_url, answer["WebIdentityToken"])
    assert claims["iss"] == issuer_url
    assert claims["aud"] == "https://api.example.com"
    assert claims["sub"] == user.arn
    assert before <= claims["iat"] <= time.time()
    assert claims["exp"] == claims["iat"] + 300 == answer["Expiration"].timestamp()
    assert claims[NAMESPACE] == {"aws_account": ACCOUNT, "source_region": REGION, "principal_id": user.arn}
    assert verified(server, issuer_url, token(user))["jti"] != claims["jti"]


def test_a_sessions_subject_is_its_role_and_its_tags_are_told(server, account, issuer_url):
    trusted = trust(ROOT, action=["sts:AssumeRole", "sts:TagSession"])
    role = account.role(GET, trusted, Path="/team/", Tags=[{"Key": "Team", "Value": "role"}, {"Key": "Own", "Value": "yes"}])
    answer = account.admin.sts.assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/team/{role}", RoleSessionName="anything",
        Tags=[{"Key": "Team", "Value": "session"}], DurationSeconds=3600,
    )
    session = As(server, Credentials.of(answer["Credentials"]))
    claims = verified(server, issuer_url, token(
        session, ["a", "b"], DurationSeconds=900, Tags=[{"Key": "job-id", "Value": "4711"}]
    ))
    assert claims["sub"] == f"arn:aws:iam::{ACCOUNT}:role/team/{role}"
    assert claims["aud"] == ["a", "b"]
    assert claims["exp"] == claims["iat"] + 900
    about = claims[NAMESPACE]
    assert about["principal_tags"] == {"Team": "session", "Own": "yes"}
    assert about["request_tags"] == {"job-id": "4711"}
    ends = answer["Credentials"]["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ")
    assert about["original_session_exp"] == ends


def test_a_web_identitys_provider_is_told(server, account, issuer_url, hosted):
    role = account.role(GET, trusted=trust_provider(hosted, "system:serviceaccount:ns:sa"))
    answer = As(server, None).sts.assume_role_with_web_identity(
        RoleArn=role_arn(role), RoleSessionName="session", WebIdentityToken=server.token("ns/sa")
    )
    claims = verified(server, issuer_url, token(As(server, Credentials.of(answer["Credentials"]))))
    assert claims[NAMESPACE]["federated_provider"] == f"arn:aws:iam::{ACCOUNT}:oidc-provider/{hosted}"


def test_a_token_does_not_outlive_its_session(account, issuer_url):
    role = account.role(GET)
    session = account.session(role, DurationSeconds=900)
    token(session, DurationSeconds=600)
    with refused("SessionDurationEscalationException", 403):
        token(session, DurationSeconds=901)


def test_both_actions_are_needed(account, issuer_url):
    nobody = account.user(policy(allow("sts:GetCallerIdentity")))
    with refused("AccessDenied", 403, has="is not authorized to perform: sts:GetWebIdentityToken"):
        token(nobody)
    untagged = account.user(policy(allow("sts:GetWebIdentityToken")))
    token(untagged)
    with refused("AccessDenied", 403, has="sts:TagGetWebIdentityToken"):
        token(untagged, Tags=[{"Key": "a", "Value": "b"}])


def test_conditions_see_audience_duration_algorithm_and_tags(account, issuer_url):
    user = account.user(policy(
        allow("sts:GetWebIdentityToken", Condition={
            "ForAllValues:StringEquals": {"sts:IdentityTokenAudience": ["a", "b"]},
            "NumericLessThanEquals": {"sts:DurationSeconds": 300},
            "StringEquals": {"sts:SigningAlgorithm": "ES384"},
        }),
        allow("sts:TagGetWebIdentityToken", Condition={
            "StringEquals": {"aws:RequestTag/env": "prod"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["env"]},
        }),
    ))
    fine = {"SigningAlgorithm": "ES384", "DurationSeconds": 300, "Tags": [{"Key": "env", "Value": "prod"}]}
    token(user, ["a", "b"], **fine)
    token(user, ["a"], SigningAlgorithm="ES384")
    for audience, change in [
        (["a", "c"], {}), (["a"], {"DurationSeconds": 301}), (["a"], {"SigningAlgorithm": "RS256"}),
        (["a"], {"Tags": [{"Key": "env", "Value": "test"}]}),
        (["a"], {"Tags": [*fine["Tags"], {"Key": "more", "Value": "x"}]}),
    ]:
        with refused("AccessDenied", 403):
            token(user, audience, **{**fine, **change})


@pytest.mark.parametrize(("change", "code", "has"), [
    ({"SigningAlgorithm": "HS256"}, "ValidationError", "Member must satisfy enum value set: [RS256, ES384]"),
    ({"SigningAlgorithm": "none"}, "ValidationError", "signingAlgorithm"),
    ({"DurationSeconds": 59}, "ValidationError", "durationSeconds"),
    ({"DurationSeconds": 3601}, "ValidationError", "durationSeconds"),
    ({"Audience": []}, "ValidationError", "audience"),
    ({"Audience": ["x"] * 11}, "ValidationError", "audience"),
    ({"Audience": ["x" * 1001]}, "ValidationError", "audience"),
    ({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]}, "InvalidParameterValue", "Duplicate tag keys"),
    ({"Tags": [{"Key": f"k{n}", "Value": "v" * 256} for n in range(50)]}, "JWTPayloadSizeExceededException", "8192"),
])
def test_parameters_are_checked(account, issuer_url, change, code, has):
    user = account.user(GET)
    with refused(code, 400, has=has):
        user.sts.get_web_identity_token(**{"Audience": ["a"], "SigningAlgorithm": "RS256", **change})


def test_the_feature_is_off_until_it_is_enabled(own_server):
    account = Account(own_server, As(own_server, own_server.administrator))
    admin, user = account.admin, account.user(GET)
    for call in (admin.iam.get_outbound_web_identity_federation_info,
                 admin.iam.disable_outbound_web_identity_federation):
        with refused("FeatureDisabled", 404):
            call()
    with refused("OutboundWebIdentityFederationDisabledException", 403):
        token(user)
    url = admin.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    with refused("FeatureEnabled", 409):
        admin.iam.enable_outbound_web_identity_federation()
    info = admin.iam.get_outbound_web_identity_federation_info()
    assert (info["IssuerIdentifier"], info["JwtVendingEnabled"]) == (url, True)
    early = token(user)

    # Keys survive a power cut; tokens that were issued are verified after the feature is disabled.
    own_server.kill()
    own_server.restart()
    account = Account(own_server, As(own_server, own_server.administrator))
    admin, user = account.admin, As(own_server, user.credentials)
    assert verified(own_server, url, early)["iss"] == url
    admin.iam.disable_outbound_web_identity_federation()
    with refused("OutboundWebIdentityFederationDisabledException", 403):
        token(user)
    with refused("FeatureDisabled", 404):
        admin.iam.get_outbound_web_identity_federation_info()
    assert verified(own_server, url, early)["iss"] == url
    assert admin.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"] == url
    assert verified(own_server, url, token(user))["iss"] == url


@pytest.mark.parametrize("operation", [
    "enable_outbound_web_identity_federation", "disable_outbound_web_identity_federation",
    "get_outbound_web_identity_federation_info",
])
def test_each_operation_needs_its_permission(account, issuer_url, operation):
    action = "".join(word.capitalize() for word in operation.split("_"))
    user = account.user(policy(allow("iam:*"), deny(f"iam:{action}")))
    with refused("AccessDenied", 403, has=f"iam:{action}"):
        getattr(user.iam, operation)()


def test_the_cli_gets_one_and_the_record_has_it_not(server, account, admin, home, issuer_url):
    user = account.user(GET)
    answer = Cli.of(server, home, user.credentials).json(
        "sts", "get-web-identity-token", "--audience", "api.example.com", "--signing-algorithm", "ES384",
        "--duration-seconds", "60", "--tags", "Key=a,Value=b",
    )
    assert verified(server, issuer_url, answer["WebIdentityToken"])[NAMESPACE]["request_tags"] == {"a": "b"}
    record, = records(admin.cloudtrail, AccessKeyId=user.credentials.access_key)
    assert (record["eventName"], record["readOnly"]) == ("GetWebIdentityToken", True)
    assert record["requestParameters"]["audience"] == ["api.example.com"]
    assert record["requestParameters"]["durationSeconds"] == 60
    text = answer["WebIdentityToken"]
    assert text.split(".")[2] not in json.dumps(record) and text.split(".")[2] not in server.log()


def test_another_server_accepts_it_as_a_web_identity(server, account, authority, start_server):
    """Daypass to Daypass: an account here is an identity provider there."""
    with fronting(authority) as front:
        here = start_server("--issuer", f"{front.url}/id/default")
        front.behind = here.url
        inside = Account(here, As(here, here.administrator))
        url = inside.admin.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
        assert url.startswith(f"{front.url}/id/")
        role = inside.role(GET)
        provider = url.removeprefix("https://")
        account.admin.iam.create_open_id_connect_provider(Url=url, ClientIDList=["there"])
        wanted = account.role(trusted=trust_provider(provider, role_arn(role)))
        outside = As(server, None).sts
        for algorithm in ("RS256", "ES384"):
            answer = outside.assume_role_with_web_identity(
                RoleArn=role_arn(wanted), RoleSessionName="session",
                WebIdentityToken=token(inside.session(role), "there", SigningAlgorithm=algorithm),
            )
            assert answer["SubjectFromWebIdentityToken"] == role_arn(role)
        # Another principal of that account is another subject.
        stranger = token(inside.session(inside.role(GET)), "there")
        with refused("AccessDenied", 403):
            outside.assume_role_with_web_identity(
                RoleArn=role_arn(wanted), RoleSessionName="session", WebIdentityToken=stranger
            )
