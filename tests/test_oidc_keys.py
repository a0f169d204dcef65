"""Keys that are pushed for an issuer that can't be reached."""

import json

import pytest

from support import jwt, raw
from support.clients import As, refused
from support.issuer import issuing
from support.policies import allow, policy, trust_provider
from support.principals import role_arn
from support.server import ACCOUNT, Credentials

SUBJECT = "system:serviceaccount:ns:sa"
VERSION = "2026-11-22"


class Cluster:
    """A registered issuer that nobody can reach, and a role that trusts one of its service accounts."""

    def __init__(self, server, admin, name: str):
        self.server, self.admin = server, admin
        self.url = f"https://{name}.invalid/cluster"
        self.key = jwt.Key("RS256", "first")
        self.arn = admin.iam.create_open_id_connect_provider(
            Url=self.url, ClientIDList=["sts.amazonaws.com"]
        )["OpenIDConnectProviderArn"]
        self.role = f"role-{name}"
        admin.iam.create_role(
            RoleName=self.role,
            AssumeRolePolicyDocument=trust_provider(self.url.removeprefix("https://"), SUBJECT),
        )

    def jwks(self, *keys) -> str:
        return json.dumps({"keys": [key.jwk() for key in keys or (self.key,)]})

    def token(self, key=None, **header) -> str:
        return (key or self.key).sign(jwt.claims(self.url, SUBJECT), **header)

    def exchange(self, token: str):
        return As(self.server, None).sts.assume_role_with_web_identity(
            RoleArn=role_arn(self.role), RoleSessionName="pod", WebIdentityToken=token
        )

    def command(self, *arguments: str, **options):
        return self.server.command("oidc", *arguments, **options)

    def push(self, keys: str, *options: str):
        """Pushes through standard input; the ids that are there then."""
        done = self.command("push-keys", "--provider-arn", self.arn, *options, "-", input=keys)
        assert done.returncode == 0, done.stderr
        return [line.split("\t")[0] for line in done.stdout.splitlines()]

    def is_refused(self, token: str) -> None:
        with refused("InvalidIdentityToken", 400, has="Couldn't retrieve verification key"):
            self.exchange(token)


@pytest.fixture
def cluster(server, admin, name):
    return Cluster(server, admin, name)


def call(server, operation: str, credentials, **parameters):
    body = {"Action": operation, "Version": VERSION, **parameters}
    return raw.query(server, "daypass", body, credentials)


def test_a_token_is_verified_with_pushed_keys_and_nothing_is_fetched(server, admin, authority):
    with issuing(authority) as issuer:
        arn = admin.iam.create_open_id_connect_provider(
            Url=issuer.url, ClientIDList=["sts.amazonaws.com"]
        )["OpenIDConnectProviderArn"]
        admin.iam.create_role(
            RoleName="behind-a-firewall", AssumeRolePolicyDocument=trust_provider(issuer.provider, SUBJECT)
        )
        pushed = jwt.Key("EdDSA", "pushed")
        done = server.command(
            "oidc", "push-keys", "--provider-arn", arn, input=json.dumps({"keys": [pushed.jwk()]})
        )
        assert (done.returncode, done.stdout) == (0, "pushed\tEdDSA\n"), done.stderr

        def exchange(token):
            As(server, None).sts.assume_role_with_web_identity(
                RoleArn=role_arn("behind-a-firewall"), RoleSessionName="pod", WebIdentityToken=token
            )

        exchange(pushed.sign(jwt.claims(issuer.url, SUBJECT)))
        # The issuer's own keys, which a fetch would find, don't count.
        with refused("InvalidIdentityToken", 400):
            exchange(issuer.token())
        assert issuer.requests == []
        # Without pushed keys it is asked again.
        done = server.command("oidc", "keys", "delete", "--provider-arn", arn, "--all")
        assert (done.returncode, done.stdout) == (0, "no keys are pushed: they are fetched from the issuer\n")
        exchange(issuer.token())
        assert issuer.requests
        with refused("InvalidIdentityToken", 400):
            exchange(pushed.sign(jwt.claims(issuer.url, SUBJECT)))


def test_a_clusters_public_key_in_pem_has_its_kube_apiserver_id(cluster, home):
    file = home / "sa.pub"
    file.write_bytes(cluster.key.public_pem())
    done = cluster.command("push-keys", "--provider-arn", cluster.url, str(file))
    assert (done.returncode, done.stdout) == (0, f"{cluster.key.kube_id()}\tRS256\n"), done.stderr
    cluster.exchange(cluster.token(kid=cluster.key.kube_id()))
    cluster.is_refused(cluster.token(kid="another"))


def test_keys_are_replaced_kept_listed_and_deleted(cluster):
    second, third = jwt.Key("ES256", "second"), jwt.Key("ES256", "third")
    assert cluster.push(cluster.jwks()) == ["first"]
    first_token = cluster.token()
    cluster.exchange(first_token)
    assert cluster.push(cluster.jwks(second), "--keep-others") == ["second", "first"]
    cluster.exchange(first_token)
    cluster.exchange(cluster.token(second))
    # A set without a key takes the key away, from tokens that have been verified before too.
    assert cluster.push(cluster.jwks(second, third)) == ["second", "third"]
    cluster.is_refused(first_token)
    cluster.exchange(cluster.token(third))
    deleted = cluster.command("keys", "delete", "--provider", cluster.arn, "third")
    assert (deleted.returncode, deleted.stdout) == (0, "second\tES256\n"), deleted.stderr
    cluster.is_refused(cluster.token(third))
    again = cluster.command("keys", "delete", "--provider", cluster.arn, "third")
    assert again.returncode == 1 and "NoSuchEntity" in again.stderr
    last = cluster.command("keys", "delete", "--provider", cluster.arn, "second")
    assert last.returncode == 1 and "--all" in last.stderr
    listed = cluster.command("keys", "list", "--provider", cluster.url)
    assert listed.stdout == "second\tES256\n"
    cluster.exchange(cluster.token(second))


def test_a_key_pushed_under_an_old_id_takes_over(cluster):
    cluster.push(cluster.jwks())
    token = cluster.token()
    cluster.exchange(token)
    cluster.key = jwt.Key("RS256", "first")
    cluster.push(cluster.jwks(), "--keep-others")
    cluster.exchange(cluster.token())
    cluster.is_refused(token)


def test_what_is_no_key_set_is_told_before_the_server_is_asked(cluster, home):
    private = cluster.key.private.private_bytes(
        jwt.serialization.Encoding.PEM, jwt.serialization.PrivateFormat.PKCS8, jwt.serialization.NoEncryption()
    ).decode()
    for text, reason in (
        ("", "neither a JWK set nor public keys"),
        ("<html>", "neither a JWK set nor public keys"),
        ('{"keys": []}', "1 to 100 keys"),
        (private, "private key"),
        (json.dumps({"keys": [{**cluster.key.jwk(), "d": "AAAA"}]}), "private key"),
        (json.dumps({"keys": [{"kty": "oct", "k": "AAAA"}]}), "private key"),
        (json.dumps({"keys": [cluster.key.jwk(), {**cluster.key.jwk(), "n": "AQAB"}]}), "key 2 can't be used"),
    ):
        done = cluster.command("push-keys", "--provider-arn", cluster.arn, input=text)
        assert done.returncode == 1 and reason in done.stderr, (text, done.stderr)
    done = cluster.command("push-keys", "--provider-arn", cluster.arn, str(home / "absent"))
    assert done.returncode == 1 and "cannot read" in done.stderr
    done = cluster.command("push-keys", "--provider-arn", "somewhere", input=cluster.jwks())
    assert done.returncode == 1 and "neither the ARN" in done.stderr


def test_the_server_takes_public_keys_only_and_of_a_provider_that_is_there(server, cluster, admin):
    arn = {"OpenIDConnectProviderArn": cluster.arn}
    credentials = admin.credentials
    private = json.dumps({"keys": [{**cluster.key.jwk(), "d": "AAAA"}]})
    answer = call(server, "PushOpenIDConnectProviderKeys", credentials, KeySet=private, **arn)
    answer.is_error(400, "InvalidInput")
    assert "private key" in answer.message
    missing = {"OpenIDConnectProviderArn": f"{cluster.arn}-2"}
    for operation, more in (
        ("PushOpenIDConnectProviderKeys", {"KeySet": cluster.jwks()}),
        ("ListOpenIDConnectProviderKeys", {}),
        ("DeleteOpenIDConnectProviderKeys", {}),
    ):
        call(server, operation, credentials, **missing, **more).is_error(404, "NoSuchEntity")
        call(server, operation, credentials, OpenIDConnectProviderArn="x" * 30, **more).is_error(400, "ValidationError")
        call(server, operation, credentials, **more).is_error(400, "ValidationError")
        call(server, operation, None, **arn, **more).is_error(403, "MissingAuthenticationToken")
    call(server, "ForgetOpenIDConnectProviderKeys", credentials).is_error(400, "InvalidAction")
    # The signature must be for this very service.
    body = {"Action": "ListOpenIDConnectProviderKeys", "Version": VERSION, **arn}
    assert raw.query(server, "iam", body, credentials).status == 403


def test_each_operation_needs_its_own_permission_on_the_provider(server, cluster, account):
    operations = {
        "PushOpenIDConnectProviderKeys": {"KeySet": cluster.jwks()},
        "ListOpenIDConnectProviderKeys": {},
        "DeleteOpenIDConnectProviderKeys": {},
    }
    for operation, parameters in operations.items():
        parameters = {"OpenIDConnectProviderArn": cluster.arn, **parameters}
        others = [f"daypass:{it}" for it in operations if it != operation]
        denied = account.user(policy(allow([*others, "iam:*"])))
        call(server, operation, denied.credentials, **parameters).is_error(
            403, "AccessDenied",
            f"User: {denied.arn} is not authorized to perform: daypass:{operation} on resource: {cluster.arn} "
            f"because no identity-based policy allows the daypass:{operation} action",
        )
        elsewhere = account.user(policy(allow(["daypass:*", "iam:*"], f"{cluster.arn}2")))
        assert call(server, operation, elsewhere.credentials, **parameters).status == 403
        # What IAM asks for its own keys of the provider is asked too.
        own_only = account.user(policy(allow(f"daypass:{operation}", cluster.arn)))
        assert call(server, operation, own_only.credentials, **parameters).status == 403
        iam = "GetOpenIDConnectProvider" if operation.startswith("List") else "UpdateOpenIDConnectProviderThumbprint"
        allowed = account.user(policy(allow([f"daypass:{operation}", f"iam:{iam}"], cluster.arn)))
        answer = call(server, operation, allowed.credentials, **parameters)
        assert answer.status == 200, answer.text


def test_who_is_kept_from_iam_does_not_decide_whom_it_trusts(server, cluster, account):
    parameters = {"OpenIDConnectProviderArn": cluster.arn, "KeySet": cluster.jwks()}
    power_user = account.user()
    account.admin.iam.attach_user_policy(
        UserName=power_user.name, PolicyArn="arn:aws:iam::aws:policy/PowerUserAccess"
    )
    answer = call(server, "PushOpenIDConnectProviderKeys", power_user.credentials, **parameters)
    answer.is_error(403, "AccessDenied")
    # Sessions that may call nothing of IAM, whatever policies say.
    user = account.user(policy(allow("*")))
    for session in (
        user.sts.get_session_token(),
        user.sts.get_federation_token(Name="partner", Policy=policy(allow("*"))),
    ):
        credentials = Credentials.of(session["Credentials"])
        answer = call(server, "PushOpenIDConnectProviderKeys", credentials, **parameters)
        assert answer.status == 403, answer.text


def test_a_push_is_in_the_trail(server, cluster, account, admin):
    user = account.user(policy(allow(["daypass:*", "iam:*"])))
    call(
        server, "PushOpenIDConnectProviderKeys", user.credentials,
        OpenIDConnectProviderArn=cluster.arn, KeySet=cluster.jwks(),
    )
    found = admin.cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "AccessKeyId", "AttributeValue": user.credentials.access_key}]
    )["Events"]
    record, = (json.loads(it["CloudTrailEvent"]) for it in found)
    assert (record["eventSource"], record["eventName"]) == ("daypass.internal", "PushOpenIDConnectProviderKeys")
    assert record["readOnly"] is False
    assert record["resources"] == [{"accountId": ACCOUNT, "type": "AWS::IAM::OIDCProvider", "ARN": cluster.arn}]
    # What was pushed by mistake may be a private key.
    assert record["requestParameters"] == {"openIDConnectProviderArn": cluster.arn}
    assert record["responseElements"]["keys"] == [{"keyId": "first", "algorithm": "RS256"}]


def test_pushed_keys_survive_a_kill_and_go_with_their_provider(own_server, name):
    cluster = Cluster(own_server, As(own_server, own_server.administrator), name)
    cluster.push(cluster.jwks())
    own_server.kill()
    own_server.restart()
    cluster.admin = As(own_server, own_server.administrator)
    cluster.exchange(cluster.token())
    cluster.admin.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=cluster.arn)
    listed = cluster.command("keys", "list", "--provider-arn", cluster.arn)
    assert listed.returncode == 1 and "NoSuchEntity" in listed.stderr
    cluster.admin.iam.create_open_id_connect_provider(Url=cluster.url, ClientIDList=["sts.amazonaws.com"])
    listed = cluster.command("keys", "list", "--provider-arn", cluster.arn)
    assert listed.stdout == "no keys are pushed: they are fetched from the issuer\n"
    with refused("IDPCommunicationError", 400):
        cluster.exchange(cluster.token())


def test_somebody_elses_credentials_are_used_from_the_environment(server, cluster, account):
    user = account.user(policy(allow(["daypass:*", "iam:*"], cluster.arn)))
    environment = {"AWS_ENDPOINT_URL": server.url, **user.credentials.environment()}
    arguments = ("push-keys", "--provider-arn", cluster.arn)
    done = cluster.command(*arguments, input=cluster.jwks(), environment=environment)
    assert (done.returncode, done.stdout) == (0, "first\tRS256\n"), done.stderr
    stranger = account.user()
    environment = {"AWS_ENDPOINT_URL": server.url, **stranger.credentials.environment()}
    done = cluster.command(*arguments, input=cluster.jwks(), environment=environment)
    assert done.returncode == 1 and "AccessDenied" in done.stderr
