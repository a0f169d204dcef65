"""`daypass issuer`: the issuers that a server hosts, one for each cluster, and their documents."""

import base64
import hashlib
import json
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from support import jwt
from support.aws_cli import Cli
from support.clients import As, refused
from support.environment import clean_environment
from support.front import fronting
from support.policies import trust_provider
from support.principals import Account, role_arn
from support.raw import send
from support.server import ACCOUNT, Server, binary
from test_trail import records

SUBJECT = "system:serviceaccount:ns:sa"
UNVERIFIABLE = (
    "Couldn't retrieve verification key from your identity provider,  please reference "
    "AssumeRoleWithWebIdentity documentation for requirements"
)


@pytest.fixture
def cluster(server, account):
    """A hosted issuer of the shared server, registered, and a role that trusts it."""
    return Cluster(server, account, hosted(server, account.name("cluster")))


class Cluster:
    """An issuer that is registered as a provider, and a role that trusts one service account of it."""

    def __init__(self, server: Server, account: Account, url: str):
        self.server, self.account, self.url = server, account, url
        self.provider = url.removeprefix("https://")
        self.arn = account.admin.iam.create_open_id_connect_provider(
            Url=url, ClientIDList=["sts.amazonaws.com"]
        )["OpenIDConnectProviderArn"]
        self.role = account.role(trusted=trust_provider(self.provider, SUBJECT))
        self.anonymous = As(server, None)

    def token(self) -> str:
        return self.server.token("ns/sa", "--issuer", self.url)

    def assume(self, token: str) -> dict:
        return self.anonymous.sts.assume_role_with_web_identity(
            RoleArn=role_arn(self.role), RoleSessionName="session", WebIdentityToken=token
        )


def issuer(server: Server, *arguments: str) -> str:
    """What `daypass issuer …` prints; it must succeed."""
    done = run(server, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run(server: Server, command: str, *arguments: str, **options):
    """`daypass issuer COMMAND`; `--data` stands after the second word."""
    return subprocess.run(
        [binary(), "issuer", command, "--data", str(server.data), *map(str, arguments)],
        capture_output=True, text=True, timeout=60, env=clean_environment(server.home), **options,
    )


def fails(server: Server, *arguments: str, **options) -> str:
    done = run(server, *arguments, **options)
    assert done.returncode == 1, done.stdout
    return done.stderr


def hosted(server: Server, name: str) -> str:
    """The URL of a new issuer."""
    return issuer(server, "create", "--name", name).splitlines()[0]


def listed(server: Server) -> dict:
    """The issuers by URL."""
    answer = json.loads(issuer(server, "list", "--output", "json"))
    return {it["url"]: it for it in answer["issuers"]}


def kid(token: str) -> str:
    return json.loads(jwt.decode(token.split(".")[0]))["kid"]


def key_id(public) -> str:
    """The rule of kube-apiserver, ccoctl and rosa."""
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return jwt.encode(hashlib.sha256(der).digest())


def ccoctl_discovery(url: str) -> str:
    """The discovery document byte for byte as `ccoctl aws create-identity-provider` writes it."""
    return (
        '{\n\t"issuer": "%s",\n\t"jwks_uri": "%s/keys.json",\n'
        '    "response_types_supported": [\n        "id_token"\n    ],\n'
        '    "subject_types_supported": [\n        "public"\n    ],\n'
        '    "id_token_signing_alg_values_supported": [\n        "RS256"\n    ],\n'
        '    "claims_supported": [\n        "aud",\n        "exp",\n        "sub",\n        "iat",\n'
        '        "iss",\n        "sub"\n    ]\n}'
    ) % (url, url)


def ccoctl_keys(*keys) -> str:
    """The key set as it is written there: Go's indentation, members in this order."""
    shown = []
    for public in keys:
        numbers = public.public_numbers()
        number = lambda n: jwt.encode(n.to_bytes((n.bit_length() + 7) // 8, "big"))
        shown.append({
            "use": "sig", "kty": "RSA", "kid": key_id(public), "alg": "RS256",
            "n": number(numbers.n), "e": number(numbers.e),
        })
    return json.dumps({"keys": shown}, indent=4)


def public_key(jwk: dict):
    number = lambda text: int.from_bytes(jwt.decode(text), "big")
    return rsa.RSAPublicNumbers(number(jwk["e"]), number(jwk["n"])).public_key()


def document(server: Server, url: str, path: str) -> str:
    """A document of an issuer, as it is served."""
    place = "/" + url.removeprefix("https://").partition("/")[2]
    answer = send(server, "GET", place.rstrip("/") + path, {})
    assert answer.status == 200, answer.text
    return answer.text


def test_a_token_of_a_new_issuer_is_honoured_at_once(cluster):
    answer = cluster.assume(cluster.token())
    assert answer["Provider"] == cluster.arn
    shown = listed(cluster.server)[cluster.url]
    assert [key["state"] for key in shown["keys"]] == ["signs"] and not shown["default"]
    assert listed(cluster.server)[f"https://{cluster.server.issuer()}"]["default"]


def test_issuers_are_told_apart(cluster, account):
    other = hosted(cluster.server, account.name("cluster"))
    token = cluster.server.token("ns/sa", "--issuer", other)
    with refused("InvalidIdentityToken", has="No OpenIDConnect provider found in your account for"):
        cluster.assume(token)
    # The same claims, signed with the other's key.
    head, claims, _ = cluster.token().split(".")
    with refused("InvalidIdentityToken", 400, UNVERIFIABLE):
        cluster.assume(f"{head}.{claims}.{token.split('.')[2]}")


def test_documents_are_ccoctls_and_the_key_id_is_kubernetes(cluster):
    assert document(cluster.server, cluster.url, "/.well-known/openid-configuration") == ccoctl_discovery(cluster.url)
    text = document(cluster.server, cluster.url, "/keys.json")
    key, = json.loads(text)["keys"]
    assert text == ccoctl_keys(public_key(key))
    assert kid(cluster.token()) == key["kid"] == key_id(public_key(key))


def test_a_rotation_overlaps_and_a_retired_key_is_refused_at_once(cluster):
    server, url = cluster.server, cluster.url
    old = cluster.token()
    # Published at once, signing later.
    issuer(server, "rotate", url)
    new, first = listed(server)[url]["keys"]
    assert (new["state"], first["state"]) == ("next", "signs") and new["signs_from"]
    published = {key["kid"] for key in json.loads(document(server, url, "/keys.json"))["keys"]}
    assert published == {new["id"], first["id"]}
    assert kid(cluster.token()) == first["id"] == kid(old)
    assert "waits for its time already" in fails(server, "rotate", url)
    issuer(server, "retire", url, "--key", new["id"])

    issuer(server, "rotate", url, "--after", "0s")
    new, first = listed(server)[url]["keys"]
    assert (new["state"], first["state"]) == ("signs", "earlier")
    assert first["id"] == kid(old)
    assert kid(cluster.token()) == new["id"]
    cluster.assume(cluster.token())
    cluster.assume(old)

    assert "signs now" in fails(server, "retire", url, "--key", new["id"])
    assert "no key" in fails(server, "retire", url, "--key", "x" * 43)
    issuer(server, "retire", url, "--key", first["id"])
    with refused("InvalidIdentityToken", 400, UNVERIFIABLE):
        cluster.assume(old)
    cluster.assume(cluster.token())
    assert [key["kid"] for key in json.loads(document(server, url, "/keys.json"))["keys"]] == [new["id"]]


@pytest.mark.parametrize("form", ["TraditionalOpenSSL", "PKCS8"])
def test_a_cluster_goes_on_signing_with_a_key_that_is_imported(server, account, home, form):
    url = f"https://{account.name('cluster')}.s3.us-east-1.amazonaws.com"
    signer = jwt.Key("RS256", "")
    signer.kid = key_id(signer.private.public_key())
    path = home / "bound-service-account-signing-key.key"
    path.write_bytes(signer.private.private_bytes(
        serialization.Encoding.PEM, getattr(serialization.PrivateFormat, form), serialization.NoEncryption()
    ))
    assert signer.kid in issuer(server, "import", url, path)
    cluster = Cluster(server, account, url)
    cluster.assume(signer.sign(jwt.claims(url, SUBJECT)))
    assert kid(cluster.token()) == signer.kid
    assert "has the key" in fails(server, "import", url, path)
    # By another host this path has other documents; this one's names it.
    answer = send(server, "GET", "/keys.json", {"Host": url.removeprefix("https://")})
    assert answer.text == ccoctl_keys(signer.private.public_key())

    # A key that comes later signs, and the first one still counts.
    later = jwt.Key("RS256", "")
    text = later.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    issuer_input = run(server, "import", url, "-", input=text.decode())
    assert issuer_input.returncode == 0, issuer_input.stderr
    assert kid(cluster.token()) == key_id(later.private.public_key())
    cluster.assume(signer.sign(jwt.claims(url, SUBJECT)))


def test_what_is_no_signing_key_is_refused(server, account, home):
    url = f"https://{account.name('cluster')}.example"
    path = home / "key.pem"
    for content in (b"", b"junk", jwt.Key("ES256", "x").public_pem(), jwt.Key("RS256", "x").public_pem()):
        path.write_bytes(content)
        assert "isn't an RSA private key" in fails(server, "import", url, path)
    short = rsa.generate_private_key(65537, 1024)
    path.write_bytes(short.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ))
    assert "isn't an RSA private key" in fails(server, "import", url, path)
    assert url not in listed(server)


def test_unknown_doubled_and_needed_issuers(cluster):
    server, url = cluster.server, cluster.url
    assert "already" in fails(server, "create", url)
    unknown = "https://nowhere.example/id/x"
    for arguments in (("rotate", unknown), ("retire", unknown, "--key", "k"), ("delete", unknown),
                      ("export", unknown, "/tmp/never")):
        assert "hosts no such issuer" in fails(server, *arguments)
    assert "default issuer" in fails(server, "delete", f"https://{server.issuer()}")
    assert cluster.arn in fails(server, "delete", url)
    token = cluster.token()
    cluster.account.admin.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=cluster.arn)
    issuer(server, "delete", url)
    assert url not in listed(server)
    place = "/" + url.removeprefix("https://").partition("/")[2]
    assert 400 <= send(server, "GET", f"{place}/keys.json", {}).status < 500
    with refused("InvalidIdentityToken", has="No OpenIDConnect provider found"):
        cluster.assume(token)
    # Made again under its URL, it has another key.
    issuer(server, "create", url)
    assert kid(server.token("ns/sa", "--issuer", url)) != kid(token)


def test_a_forged_host_picks_no_other_document(server, account):
    one, two = (f"https://{account.name('c')}.example" for _ in range(2))
    issuer(server, "create", one)
    issuer(server, "create", two)
    path = "/.well-known/openid-configuration"
    for url in (one, two):
        answer = send(server, "GET", path, {"Host": url.removeprefix("https://")})
        assert answer.text == ccoctl_discovery(url)
    # Nobody is meant by another name: it is S3's then.
    forged = {"Host": "evil.example", "X-Forwarded-Host": one.removeprefix("https://")}
    assert 400 <= send(server, "GET", path, forged).status < 500


def test_each_change_is_recorded_and_no_key_gets_out(start_server, home):
    server = start_server(environment={"DAYPASS_LOG": "trace"})
    admin = As(server, server.administrator)
    url = "https://recorded.example/id/a"
    signer = jwt.Key("RS256", "x")
    pem = signer.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (home / "k.pem").write_bytes(pem)
    issuer(server, "create", url)
    issuer(server, "rotate", url, "--after", "0s")
    new, old = listed(server)[url]["keys"]
    issuer(server, "retire", url, "--key", old["id"])
    fails(server, "retire", url, "--key", old["id"])
    issuer(server, "import", url, home / "k.pem")
    issuer(server, "export", url, home / "out")
    issuer(server, "delete", url)
    names = ["CreateIssuer", "RotateIssuer", "RetireIssuerKey", "ImportIssuerKey", "ExportIssuer", "DeleteIssuer"]
    found = {name: records(admin.cloudtrail, EventName=name) for name in names}
    for name in names:
        record = found[name][-1]
        assert record["requestParameters"]["issuer"] == url
        assert record["userIdentity"]["accountId"] == ACCOUNT
        assert record["readOnly"] is (name == "ExportIssuer")
    assert found["RetireIssuerKey"][-1]["requestParameters"]["keyId"] == old["id"]
    assert found["RetireIssuerKey"][0]["errorMessage"] == f"the issuer has no key {old['id']}"
    assert new["id"] in found["RotateIssuer"][0]["responseElements"]["keyIds"]
    server.stop()
    numbers = signer.private.private_numbers()
    secret = numbers.d.to_bytes(256, "big")
    everything = [path.read_bytes() for path in server.data.rglob("*") if path.is_file()]
    everything.append(server.log_file.read_bytes())
    for form in (secret, base64.b64encode(secret)[3:200], pem.splitlines()[3], secret.hex().encode()):
        assert not any(form in content for content in everything)


def test_whatever_was_answered_is_there_after_kill_9(own_server):
    done, lock, enough = [], threading.Lock(), threading.Event()

    def work(number: int):
        at = 0
        while True:
            url = f"https://host.example/id/{number}-{at}"
            created = run(own_server, "create", url)
            rotated = run(own_server, "rotate", url, "--after", "0s")
            with lock:
                if created.returncode == 0:
                    done.append((url, rotated.returncode == 0))
                if rotated.returncode != 0:
                    return
                if len(done) >= 6:
                    enough.set()
            at += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    assert enough.wait(120)
    own_server.kill()
    for thread in threads:
        thread.join()
    own_server.restart()
    after = listed(own_server)
    for url, rotated in done:
        states = [key["state"] for key in after[url]["keys"]]
        assert states == ["signs", "earlier"] if rotated else states in (["signs"], ["signs", "earlier"])
    # What nobody heard of is whole as well: an issuer with its key.
    assert all(it["keys"] for it in after.values())
    for url in after:
        own_server.token("ns/sa", "--issuer", url)


def test_changes_at_one_time_are_kept_or_refused(server, account):
    url = hosted(server, account.name("cluster"))
    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(lambda _: run(server, "rotate", url, "--after", "0s"), range(6)))
    fine = [it for it in done if it.returncode == 0]
    assert fine
    assert all("try again" in it.stderr or "waits for its time" in it.stderr for it in done if it.returncode)
    keys = listed(server)[url]["keys"]
    assert len({key["id"] for key in keys}) == len(keys) == 1 + len(fine)


def test_documents_for_a_bucket_and_the_thumbprint(start_server, authority, home):
    server = start_server("--tls-cert", str(authority.certificate), "--tls-key", str(authority.key))
    url = "https://c1-oidc.s3.us-east-1.amazonaws.com"
    issuer(server, "create", url)
    printed = issuer(server, "export", url, home / "out")
    certificate = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
    assert f"thumbprint  {certificate.fingerprint(hashes.SHA1()).hex()}" in printed
    other = x509.load_pem_x509_certificate(authority.ca.read_bytes()).fingerprint(hashes.SHA1()).hex()
    assert other in issuer(server, "export", url, home / "out", "--certificate", authority.ca)
    assert (home / "out/.well-known/openid-configuration").read_text() == ccoctl_discovery(url)
    key, = json.loads((home / "out/keys.json").read_text())["keys"]
    assert (home / "out/keys.json").read_text() == ccoctl_keys(public_key(key))


@pytest.mark.parametrize("style", ["{bucket}.s3.us-east-2.amazonaws.com", "s3.us-east-2.amazonaws.com/{bucket}/prefix"])
def test_an_issuer_named_like_our_bucket_is_read_from_it(server, own_server, account, bucket, home, style):
    """A cluster signs elsewhere; its documents are in a bucket of this server, as ccoctl and rosa put them there."""
    url = "https://" + style.format(bucket=bucket)
    prefix = "prefix/" if "prefix" in style else ""
    issuer(own_server, "create", url)

    def publish():
        issuer(own_server, "export", url, home / "out")
        Cli.of(server, home)("s3", "cp", "--recursive", home / "out", f"s3://{bucket}/{prefix}")

    publish()
    cluster = Cluster(server, account, url)
    token = lambda: own_server.token("ns/sa", "--issuer", url)
    old = token()
    cluster.assume(old)
    # A rotation counts from the next token on, and so does a retirement.
    issuer(own_server, "rotate", url, "--after", "0s")
    with refused("InvalidIdentityToken", 400, UNVERIFIABLE):
        cluster.assume(token())
    publish()
    cluster.assume(token())
    cluster.assume(old)
    issuer(own_server, "retire", url, "--key", kid(old))
    publish()
    with refused("InvalidIdentityToken", 400, UNVERIFIABLE):
        cluster.assume(old)
    # Without its documents it is no issuer, and nobody looks for them elsewhere.
    account.admin.s3.delete_object(Bucket=bucket, Key=f"{prefix}keys.json")
    with refused("InvalidIdentityToken", 400, UNVERIFIABLE):
        cluster.assume(token())


def test_a_bucket_issuers_document_must_name_it(server, own_server, account, bucket, home):
    url = f"https://{bucket}.s3.us-east-2.amazonaws.com"
    issuer(own_server, "create", url)
    issuer(own_server, "export", url, home / "out")
    Cli.of(server, home)("s3", "cp", "--recursive", home / "out", f"s3://{bucket}")
    cluster = Cluster(server, account, url)
    put = account.admin.s3.put_object
    for wrong in (ccoctl_discovery("https://other.example"), "{}", "<html>"):
        put(Bucket=bucket, Key=".well-known/openid-configuration", Body=wrong)
        with refused("InvalidIdentityToken", 400, UNVERIFIABLE):
            cluster.assume(own_server.token("ns/sa", "--issuer", url))


class BucketIssuer:
    """An issuer whose URL is a bucket's of a server below a domain that no network knows, signing elsewhere."""

    def __init__(self, server: Server, signer: Server, home):
        self.server, self.signer, self.home = server, signer, home
        self.account = Account(server, As(server, server.administrator))
        self.bucket = self.account.name("oidc")
        self.url = f"https://{self.bucket}.s3.invalid"
        issuer(signer, "create", self.url)
        issuer(signer, "export", self.url, home / "out")

    def restart(self):
        self.server.kill()
        self.server.restart()
        self.account.admin = As(self.server, self.server.administrator)

    def create(self):
        self.account.admin.s3.create_bucket(Bucket=self.bucket)

    def publish(self):
        Cli.of(self.server, self.home)("s3", "cp", "--recursive", self.home / "out", f"s3://{self.bucket}")

    def delete(self):
        Cli.of(self.server, self.home)("s3", "rb", "--force", f"s3://{self.bucket}")

    def registration(self) -> dict:
        """The newest record of the provider's registration."""
        trail = self.account.admin.cloudtrail
        return records(trail, EventName="CreateOpenIDConnectProvider")[0]

    def token(self) -> str:
        return self.signer.token("ns/sa", "--issuer", self.url)


@pytest.fixture
def in_bucket(start_server, own_server, home):
    return BucketIssuer(start_server("--s3-domain", "s3.invalid"), own_server, home)


def test_a_bucket_that_is_deleted_or_made_again_is_not_looked_for_elsewhere(in_bucket):
    in_bucket.create()
    in_bucket.publish()
    cluster = Cluster(in_bucket.server, in_bucket.account, in_bucket.url)
    cluster.assume(in_bucket.token())
    shown = f"bucket {in_bucket.bucket} of this server"
    assert in_bucket.registration()["additionalEventData"] == {"issuerDocuments": shown}
    # What was decided lasts.
    in_bucket.restart()
    cluster.anonymous = As(in_bucket.server, None)
    cluster.assume(in_bucket.token())

    # A fetch would be told otherwise: nothing answers there.
    in_bucket.delete()
    with refused("InvalidIdentityToken", 400, UNVERIFIABLE):
        cluster.assume(in_bucket.token())
    in_bucket.server.logged("the provider was registered with one that is gone")
    # Somebody else's bucket of the name, whatever is in it.
    in_bucket.create()
    in_bucket.publish()
    with refused("InvalidIdentityToken", 400, UNVERIFIABLE):
        cluster.assume(in_bucket.token())
    in_bucket.server.logged("not in the bucket that the provider was registered with")

    iam = in_bucket.account.admin.iam
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=cluster.arn)
    iam.create_open_id_connect_provider(Url=in_bucket.url, ClientIDList=["sts.amazonaws.com"])
    cluster.assume(in_bucket.token())


@pytest.mark.parametrize("before", ["nothing", "an empty bucket", "another issuer's document"])
def test_an_issuer_that_was_not_in_our_bucket_when_registered_is_only_fetched(in_bucket, before):
    if before != "nothing":
        in_bucket.create()
    if before == "another issuer's document":
        in_bucket.account.admin.s3.put_object(
            Bucket=in_bucket.bucket, Key=".well-known/openid-configuration",
            Body=ccoctl_discovery("https://other.example"),
        )
    cluster = Cluster(in_bucket.server, in_bucket.account, in_bucket.url)
    assert "additionalEventData" not in in_bucket.registration()
    if before == "nothing":
        in_bucket.create()
    in_bucket.publish()
    with refused("IDPCommunicationError", 400):
        cluster.assume(in_bucket.token())


def test_another_server_accepts_what_we_host(server, account, authority, start_server):
    with fronting(authority) as front:
        other = start_server("--issuer", f"{front.url}/id/default")
        front.behind = other.url
        url = hosted(other, "c1")
        assert url == f"{front.url}/id/c1"
        Cluster(server, account, url).assume(other.token("ns/sa", "--issuer", url))
