"""What has been done to systems that take web identities, done to this one."""

import hashlib
import threading
import time

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from support import jwt, raw
from support.clients import As, refused
from support.policies import allow, policy, trust_provider
from support.principals import role_arn
from support.server import ACCOUNT, Credentials

SUBJECT = "system:serviceaccount:ns:sa"
NOT_AUTHORIZED = "Not authorized to perform sts:AssumeRoleWithWebIdentity"


@pytest.fixture
def exchange(account, issuer):
    """Exchanges a token for a session of a role that trusts `SUBJECT`, or of another role."""
    account.admin.iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=["sts.amazonaws.com"])
    own = account.role(trusted=trust_provider(issuer.provider, SUBJECT))
    anonymous = As(account.server, None)

    def call(token: str, role: str = own, **options):
        parameters = {"RoleArn": role_arn(role), "RoleSessionName": "pod", "WebIdentityToken": token, **options}
        return anonymous.sts.assume_role_with_web_identity(**parameters)

    call.role = own
    return call


def refusal(call) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


SHARED = [
    ("token.actions.githubusercontent.com", "sub", "repo:org/repo:ref:refs/heads/main"),
    ("gitlab.com", "sub", "project_path:group/project:ref_type:branch:ref:main"),
    ("agent.buildkite.com", "sub", "organization:acme:pipeline:x"),
    ("app.terraform.io", "sub", "organization:acme:project:x"),
    ("oidc.vercel.com", "aud", "https://vercel.com/acme"),
]


@pytest.mark.parametrize(("provider", "claim", "value"), SHARED, ids=[it[0] for it in SHARED])
def test_a_role_for_everybody_at_a_shared_issuer_is_not_written(account, provider, claim, value):
    iam = account.admin.iam
    name = account.name("shared")
    other = "aud" if claim == "sub" else "sub"
    open_to_all = trust_provider(provider, None, StringEquals={f"{provider}:{other}": "x"})
    wildcard = trust_provider(provider, None, StringLike={f"{provider}:{claim}": "*"})
    narrow = trust_provider(provider, None, StringEquals={f"{provider}:{claim}": value})
    for document in (trust_provider(provider, None), open_to_all, wildcard):
        with refused("MalformedPolicyDocument", 400, has=f"{provider}:{claim}"):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
    with refused("NoSuchEntity"):
        iam.get_role(RoleName=name)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=narrow)
    for document in (open_to_all, wildcard):
        with refused("MalformedPolicyDocument", 400, has=f"{provider}:{claim}"):
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=document)
    kept = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    assert value in str(kept)


def test_a_wildcard_subject_lets_in_what_it_names_and_nothing_beside_it(exchange, account, issuer):
    role = account.role(trusted=trust_provider(issuer.provider, None, StringLike={
        f"{issuer.provider}:sub": "system:serviceaccount:team-a:*",
    }))
    exchange(issuer.token("system:serviceaccount:team-a:sa"), role)
    for other in (
        "system:serviceaccount:evil:sa", "system:serviceaccount:team-a-evil:sa", "system:serviceaccount:team-a",
        "x:system:serviceaccount:team-a:sa", "System:serviceaccount:team-a:sa", "system:serviceaccount:team-?:sa",
        "system:serviceaccount:*:sa",
    ):
        with refused("AccessDenied", 403, NOT_AUTHORIZED):
            exchange(issuer.token(other), role)


def test_a_token_signed_with_a_callers_own_secrets_is_refused(exchange, account, issuer):
    user = account.user(policy(allow("*")))
    session = account.session_with(policy(allow("*")))
    made = jwt.claims(issuer.url, SUBJECT)
    for secret in (user.credentials.secret_key, session.credentials.secret_key, session.credentials.token):
        for kid in (user.credentials.access_key, "rsa-1", ""):
            with refused("InvalidIdentityToken", 400):
                exchange(jwt.with_hmac(made, kid, secret.encode()))
    # Temporary credentials are no identity token either.
    with refused("InvalidIdentityToken", 400):
        exchange(session.credentials.token)
    with refused("InvalidIdentityToken", 400, "Missing a required claim: exp"):
        exchange(issuer.token(exp=None))


def test_an_issuer_is_registered_once_and_by_its_exact_url(exchange, account, issuer):
    iam = account.admin.iam
    with refused("EntityAlreadyExists", 409):
        iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=["another"])
    # Neighbours in spelling are other issuers: the token isn't theirs, and theirs isn't the role's.
    for url in (f"{issuer.url}/", issuer.url.replace("localhost", "LOCALHOST"), f"{issuer.url}.evil"):
        iam.create_open_id_connect_provider(Url=url, ClientIDList=["sts.amazonaws.com"])
        provider = url.removeprefix("https://")
        role = account.role(trusted=trust_provider(provider, SUBJECT))
        with refused("AccessDenied", 403, NOT_AUTHORIZED):
            exchange(issuer.token(), role)
        forged = issuer.keys[0].sign(jwt.claims(url, SUBJECT))
        with refused("InvalidIdentityToken", 400):
            exchange(forged)
    for url in (f"{issuer.url}?x", f"{issuer.url}#x", issuer.url.replace("https", "http"),
                issuer.url.replace("https://", "https://user@"), f"{issuer.url}/../x"):
        with refused("ValidationError", 400):
            iam.create_open_id_connect_provider(Url=url, ClientIDList=["sts.amazonaws.com"])
    exchange(issuer.token())


def test_a_registration_of_another_account_counts_for_nobody_else(exchange, account, issuer):
    """The provider is looked up in the account of the role, and the answer doesn't tell whether there is one."""
    unknown = jwt.Key("ES256", "k").sign(jwt.claims("https://unregistered.example", SUBJECT))
    told = {
        refusal(lambda: exchange(unknown, RoleArn=arn))
        for arn in (role_arn(exchange.role), role_arn("none"), "arn:aws:iam::999999999999:role/elsewhere")
    }
    assert told == {(
        "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://unregistered.example",
    )}
    with refused("InvalidIdentityToken", 400, f"No OpenIDConnect provider found in your account for {issuer.url}"):
        exchange(issuer.token(), RoleArn="arn:aws:iam::999999999999:role/elsewhere")


def test_nothing_is_told_of_a_token_before_its_signature_holds(exchange, issuer):
    stranger = jwt.Key("RS256", "rsa-1")
    exchange(issuer.token())
    told = set()
    for changes in ({}, {"aud": "x"}, {"exp": 1}, {"sub": None}, {"sub": "system:serviceaccount:evil:sa"}):
        made = jwt.claims(issuer.url, SUBJECT, **changes)
        for token in (stranger.sign(made), stranger.sign(made, kid="unknown"), jwt.unsigned(made, "RS256", "rsa-1", b"x")):
            told.add(refusal(lambda: exchange(token)))
            told.add(refusal(lambda: exchange(token, role="there-is-none")))
    assert told == {(
        "InvalidIdentityToken",
        "Couldn't retrieve verification key from your identity provider,  please reference "
        "AssumeRoleWithWebIdentity documentation for requirements",
    )}


def test_a_token_is_good_until_it_expires_and_no_session_outlives_the_roles_maximum(exchange, issuer):
    """A pod that is gone keeps what it has for that long, as at AWS."""
    now = int(time.time())
    token = issuer.token(iat=now, exp=now + 5)
    for _ in range(2):
        answer = exchange(token)
        assert answer["Credentials"]["Expiration"].timestamp() <= time.time() + 3600
    with refused("ValidationError", 400):
        exchange(issuer.token(), DurationSeconds=3601)
    deadline = time.monotonic() + 30
    while True:
        try:
            exchange(token)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ExpiredTokenException"
            break
        assert time.monotonic() < deadline, "the token never expired"
        time.sleep(0.2)


def test_forged_hosts_change_no_issuer_and_no_provider(server, exchange, issuer):
    parameters = {
        "Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleArn": role_arn(exchange.role),
        "RoleSessionName": "pod",
    }
    forged = {
        "Content-Type": raw.FORM, "Host": "evil.example", "X-Forwarded-Host": issuer.provider.split("/")[0],
        "X-Forwarded-For": "10.0.0.1", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example",
    }
    answer = raw.send(server, "POST", "/", forged, raw.form({**parameters, "WebIdentityToken": issuer.token()}))
    assert answer.status == 200, answer.text
    assert answer.find("Provider") == f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer.provider}"
    assert "evil.example" not in answer.text and "location" not in answer.headers
    evil = jwt.Key("RS256", "rsa-1").sign(jwt.claims("https://evil.example", SUBJECT))
    answer = raw.send(server, "POST", "/", forged, raw.form({**parameters, "WebIdentityToken": evil}))
    answer.is_error(400, "InvalidIdentityToken")


def test_every_way_into_a_role_asks_its_trust_policy(server, account, exchange, issuer):
    somebody = account.role(policy(allow("sts:AssumeRole")))
    closed = account.role(trusted=policy({
        "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/{somebody}"}, "Action": "sts:AssumeRole",
    }))
    with refused("AccessDenied", 403):
        account.session(closed)
    with refused("AccessDenied", 403, NOT_AUTHORIZED):
        exchange(issuer.token(), closed)
    local = server.command("credentials", "--role-arn", role_arn(closed))
    assert local.returncode != 0 and "trust policy" in local.stderr
    account.session(closed, caller=account.session(somebody))


class TestFetching:
    def own(self, start_server, issuer, *options: str, thumbprints=()):
        server = start_server(*options)
        admin = As(server, server.administrator)
        arn = admin.iam.create_open_id_connect_provider(
            Url=issuer.url, ClientIDList=["sts.amazonaws.com"], ThumbprintList=list(thumbprints)
        )["OpenIDConnectProviderArn"]
        admin.iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust_provider(issuer.provider, SUBJECT))

        def exchange():
            return As(server, None).sts.assume_role_with_web_identity(
                RoleArn=role_arn("r"), RoleSessionName="pod", WebIdentityToken=issuer.token()
            )

        return server, admin, arn, exchange

    def test_a_thumbprint_lets_an_issuer_with_a_private_ca_be_fetched(self, start_server, authority, issuer):
        certificate = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
        der = certificate.public_bytes(serialization.Encoding.DER)
        right, wrong = hashlib.sha1(der).hexdigest(), hashlib.sha1(b"").hexdigest()
        _, admin, arn, exchange = self.own(
            start_server, issuer, "--issuer-network", "127.0.0.0/8", thumbprints=[wrong]
        )
        with refused(
            "InvalidIdentityToken", 400,
            "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint",
        ):
            exchange()
        assert issuer.requests == []
        for thumbprints in ([right.upper()], [wrong, right]):
            admin.iam.update_open_id_connect_provider_thumbprint(
                OpenIDConnectProviderArn=arn, ThumbprintList=thumbprints
            )
            exchange()
        # Keys that were fetched on the word of a thumbprint go with it.
        admin.iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=[wrong])
        with refused("InvalidIdentityToken", 400):
            exchange()

    def test_a_configured_ca_lets_an_issuer_be_fetched(self, start_server, authority, issuer):
        *_, exchange = self.own(
            start_server, issuer, "--issuer-network", "127.0.0.0/8", "--issuer-ca", str(authority.ca)
        )
        exchange()

    def test_no_option_lets_an_issuer_be_a_metadata_service(self, start_server):
        server = start_server("--issuer-network", "0.0.0.0/0", "--issuer-network", "::/0")
        admin = As(server, server.administrator)
        for host in ("169.254.169.254", "168.63.129.16", "0.0.0.0"):
            provider = f"{host}/latest"
            admin.iam.create_open_id_connect_provider(Url=f"https://{provider}", ClientIDList=["sts.amazonaws.com"])
            token = jwt.Key("ES256", "k").sign(jwt.claims(f"https://{provider}", SUBJECT))
            with refused("InvalidIdentityToken", 400):
                As(server, None).sts.assume_role_with_web_identity(
                    RoleArn=role_arn("r"), RoleSessionName="pod", WebIdentityToken=token
                )
            server.logged(f"{host} isn't allowed for an issuer")

    def test_private_ranges_are_refused_if_the_server_is_told_so(self, start_server):
        server = start_server("--no-private-issuers")
        admin = As(server, server.administrator)
        admin.iam.create_open_id_connect_provider(Url="https://10.0.0.1/id", ClientIDList=["sts.amazonaws.com"])
        token = jwt.Key("ES256", "k").sign(jwt.claims("https://10.0.0.1/id", SUBJECT))
        with refused("InvalidIdentityToken", 400):
            As(server, None).sts.assume_role_with_web_identity(
                RoleArn=role_arn("r"), RoleSessionName="pod", WebIdentityToken=token
            )
        server.logged("10.0.0.1 isn't allowed for an issuer")


@pytest.mark.parametrize("change", ["delete", "audience", "thumbprint"])
def test_a_provider_that_changes_while_its_keys_are_fetched_counts_as_it_is_then(exchange, account, issuer, change):
    iam = account.admin.iam
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer.provider}"
    asked, go_on = threading.Event(), threading.Event()
    honest = issuer.document

    def held(path):
        asked.set()
        assert go_on.wait(30)
        return honest(path)

    issuer.document = held
    outcome = []
    thread = threading.Thread(target=lambda: outcome.append(attempt(lambda: exchange(issuer.token()))))
    thread.start()
    try:
        assert asked.wait(30)
        if change == "delete":
            iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        elif change == "audience":
            iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="sts.amazonaws.com")
        else:
            iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["0" * 40])
    finally:
        go_on.set()
        thread.join()
    expected = {
        "delete": ("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {issuer.url}"),
        "audience": ("InvalidIdentityToken", "Incorrect token audience"),
        # The server's own CA vouches for the issuer, so this change alters nothing but the way to its keys.
        "thumbprint": None,
    }
    assert outcome == [expected[change]]
    if change == "thumbprint":
        assert len(issuer.requests) == 4


def attempt(call) -> tuple[str, str] | None:
    """The error of a call; none if it succeeds."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    return None


def test_removed_audiences_and_deleted_providers_count_at_once(exchange, account, issuer):
    """For a token that has been verified before as for any."""
    iam = account.admin.iam
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer.provider}"
    token = issuer.token()
    session = As(account.server, Credentials.of(exchange(token)["Credentials"]))
    exchange(token)
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="sts.amazonaws.com")
    with refused("InvalidIdentityToken", 400, "Incorrect token audience"):
        exchange(token)
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="sts.amazonaws.com")
    exchange(token)
    iam.update_assume_role_policy(
        RoleName=exchange.role, PolicyDocument=trust_provider(issuer.provider, "system:serviceaccount:ns:other")
    )
    with refused("AccessDenied", 403, NOT_AUTHORIZED):
        exchange(token)
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    with refused("InvalidIdentityToken", 400, has="No OpenIDConnect provider found"):
        exchange(token)
    # Sessions are the role's, not the provider's.
    session.sts.get_caller_identity()
