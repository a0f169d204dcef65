"""Signing certificates of users, and server certificates of the account."""

import re

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from support import keys
from support.aws_cli import Cli
from support.clients import As, refused
from support.policies import allow, policy
from support.principals import Account
from support.server import ACCOUNT

UNREADABLE = "Unable to parse certificate. Please ensure the certificate is in PEM format."
CHAIN = (
    "Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, "
    "followed by any intermediaries in order."
)
NO_KEY = "Unable to parse private key. Please ensure the private key is in PEM format."


@pytest.fixture(scope="module")
def key():
    return keys.rsa_key()


@pytest.fixture
def own(own_server) -> Account:
    """The account of a server of the test's own: an account has room for 20 certificates."""
    return Account(own_server, As(own_server, own_server.administrator))


def missing(name: str):
    return refused("NoSuchEntity", 404, f"The Server Certificate with name {name} cannot be found.")


def upload(iam, name: str, key, **more) -> dict:
    """Uploads a self-signed certificate; its metadata."""
    answer = iam.upload_server_certificate(**{
        "ServerCertificateName": name, "CertificateBody": keys.pem(keys.certificate(key)),
        "PrivateKey": keys.private_pem(key), **more,
    })
    return answer["ServerCertificateMetadata"]


def test_the_life_of_a_signing_certificate(admin, name, key):
    iam = admin.iam
    body = keys.pem(keys.certificate(key, name))
    with refused("NoSuchEntity", 404, f"The user with name {name} cannot be found."):
        iam.upload_signing_certificate(UserName=name, CertificateBody=body)
    iam.create_user(UserName=name)
    made = iam.upload_signing_certificate(UserName=name, CertificateBody=body)["Certificate"]
    assert re.fullmatch(r"[A-Z2-7]{32}", made["CertificateId"])
    assert (made["UserName"], made["Status"], made["CertificateBody"]) == (name, "Active", body)
    assert iam.list_signing_certificates(UserName=name)["Certificates"] == [made]
    own = {"UserName": name, "CertificateId": made["CertificateId"]}
    iam.update_signing_certificate(**own, Status="Inactive")
    assert iam.list_signing_certificates(UserName=name)["Certificates"][0]["Status"] == "Inactive"
    with refused("InvalidInput", 400):
        iam.update_signing_certificate(**own, Status="Expired")
    with refused("DeleteConflict", 409, "Cannot delete entity, must delete certificates first."):
        iam.delete_user(UserName=name)
    iam.update_user(UserName=name, NewUserName=f"{name}-new")
    own["UserName"] = f"{name}-new"
    iam.delete_signing_certificate(**own)
    gone = f"The Certificate with id {made['CertificateId']} cannot be found."
    with refused("NoSuchEntity", 404, gone):
        iam.update_signing_certificate(**own, Status="Active")
    with refused("NoSuchEntity", 404, gone):
        iam.delete_signing_certificate(**own)
    iam.delete_user(UserName=f"{name}-new")


def test_a_signing_certificate_is_one_of_two_and_of_one_user(admin, account, name):
    iam = admin.iam
    user = account.user(policy(allow("iam:*SigningCertificate*", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}")))
    bodies = [keys.pem(keys.certificate(keys.ec_key(), name)) for _ in range(3)]
    # The caller's own, when nobody is named.
    ids = {user.iam.upload_signing_certificate(CertificateBody=it)["Certificate"]["CertificateId"] for it in bodies[:2]}
    with refused("LimitExceeded", 409, "Cannot exceed quota for SigningCertificatesPerUser: 2"):
        user.iam.upload_signing_certificate(CertificateBody=bodies[2])
    iam.create_user(UserName=name)
    with refused("DuplicateCertificate", 409):
        iam.upload_signing_certificate(UserName=name, CertificateBody=bodies[0])
    pages = user.iam.get_paginator("list_signing_certificates").paginate(PaginationConfig={"PageSize": 1})
    assert {it["CertificateId"] for page in pages for it in page["Certificates"]} == ids
    with refused(
        "AccessDenied", 403,
        f"User: {user.arn} is not authorized to perform: iam:ListSigningCertificates on resource: user {name} "
        "because no identity-based policy allows the iam:ListSigningCertificates action",
    ):
        user.iam.list_signing_certificates(UserName=name)


def test_a_signing_certificate_that_is_none_or_is_not_valid_is_refused(admin, name, key):
    iam = admin.iam
    iam.create_user(UserName=name)
    good = keys.pem(keys.certificate(key, name))
    for body in ("hello", good[:-30], good + good, f"Subject: x\n{good}", keys.public_pem(key),
                 good.replace("MII", "MIJ", 1)):
        with refused("MalformedCertificate", 400, UNREADABLE):
            iam.upload_signing_certificate(UserName=name, CertificateBody=body)
    for days, text in (((-9, -1), "no longer valid"), ((1, 9), "not yet valid")):
        with refused("InvalidCertificate", 400, has=text):
            iam.upload_signing_certificate(UserName=name, CertificateBody=keys.pem(keys.certificate(key, days=days)))
    assert iam.list_signing_certificates(UserName=name)["Certificates"] == []


def test_the_life_of_a_server_certificate(own, key):
    iam = own.admin.iam
    certificate = keys.certificate(key)
    answer = iam.upload_server_certificate(
        ServerCertificateName="Web", Path="/cloudfront/", CertificateBody=keys.pem(certificate),
        PrivateKey=keys.private_pem(key), Tags=[{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "2"}],
    )
    made = answer["ServerCertificateMetadata"]
    tags = [{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "1"}]
    assert answer["Tags"] == tags
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:server-certificate/cloudfront/Web"
    assert re.fullmatch(r"ASCA[A-Z2-7]{17}", made["ServerCertificateId"])
    assert made["Expiration"] == certificate.not_valid_after_utc
    with refused("EntityAlreadyExists", 409, "The Server Certificate with name WEB already exists."):
        upload(iam, "WEB", key)
    shown = iam.get_server_certificate(ServerCertificateName="web")["ServerCertificate"]
    assert shown == {
        "ServerCertificateMetadata": made, "CertificateBody": keys.pem(certificate).strip(), "Tags": tags,
    }
    assert iam.list_server_certificates()["ServerCertificateMetadataList"] == [made]
    assert own.admin.iam.get_account_summary()["SummaryMap"]["ServerCertificates"] == 1

    iam.update_server_certificate(ServerCertificateName="Web", NewServerCertificateName="WEB", NewPath="/x/")
    moved = iam.get_server_certificate(ServerCertificateName="web")["ServerCertificate"]
    assert moved["ServerCertificateMetadata"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:server-certificate/x/WEB"
    iam.update_server_certificate(ServerCertificateName="WEB", NewServerCertificateName="New")
    with missing("Web"):
        iam.get_server_certificate(ServerCertificateName="Web")
    renamed = iam.get_server_certificate(ServerCertificateName="New")["ServerCertificate"]
    assert renamed["ServerCertificateMetadata"]["ServerCertificateId"] == made["ServerCertificateId"]
    assert renamed["Tags"] == tags
    iam.delete_server_certificate(ServerCertificateName="New")
    for call in (iam.get_server_certificate, iam.delete_server_certificate, iam.update_server_certificate,
                 iam.list_server_certificate_tags):
        with missing("New"):
            call(ServerCertificateName="New")
    assert own.admin.iam.get_account_summary()["SummaryMap"]["ServerCertificates"] == 0


def test_keys_of_every_form_belong_to_their_certificates(own, key):
    iam = own.admin.iam
    curves = [keys.ec_key(curve) for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1())]
    for number, each in enumerate([key, *curves]):
        for traditional in (False, True):
            upload(iam, f"c{number}-{traditional}", each, PrivateKey=keys.private_pem(each, traditional=traditional))
    parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    upload(iam, "openssl", curves[0], PrivateKey=parameters + keys.private_pem(curves[0], traditional=True))
    with refused("KeyPairMismatch", 400):
        upload(iam, "other", key, PrivateKey=keys.private_pem(keys.rsa_key()))
    with refused("KeyPairMismatch", 400):
        upload(iam, "other", key, PrivateKey=keys.private_pem(curves[0]))
    encrypted = "Encrypted private keys are not supported."
    for private_key, message in (
        (keys.private_pem(key, password=b"secret"), encrypted),
        (keys.private_pem(key, traditional=True, password=b"secret"), encrypted),
        ("hello", NO_KEY), (keys.public_pem(key), NO_KEY), (keys.private_pem(key)[:-40], NO_KEY),
        (keys.private_pem(key) * 2, NO_KEY),
    ):
        with refused("MalformedCertificate", 400, message):
            upload(iam, "other", key, PrivateKey=private_key)
    for days, text in (((-9, -1), "no longer valid"), ((1, 9), "not yet valid")):
        with refused("MalformedCertificate", 400, has=text):
            upload(iam, "other", key, CertificateBody=keys.pem(keys.certificate(key, days=days)))
    with refused("MalformedCertificate", 400, UNREADABLE):
        upload(iam, "other", key, CertificateBody="hello")
    with missing("other"):
        iam.get_server_certificate(ServerCertificateName="other")


def test_each_certificate_of_a_chain_has_signed_the_one_before(own, key):
    iam = own.admin.iam
    root_key, middle_key = keys.ec_key(ec.SECP384R1()), keys.rsa_key()
    root = keys.certificate(root_key, "root", algorithm=hashes.SHA384())
    middle = keys.certificate(middle_key, "middle", root, root_key)
    leaf = keys.pem(keys.certificate(key, "leaf", middle, middle_key, algorithm=hashes.SHA512()))
    chain = keys.pem(middle, root)
    for number, good in enumerate((keys.pem(middle), chain)):
        upload(iam, f"good-{number}", key, CertificateBody=leaf, CertificateChain=good)
        shown = iam.get_server_certificate(ServerCertificateName=f"good-{number}")["ServerCertificate"]
        assert shown["CertificateChain"] == good.strip()
    # One of the right name, that has not signed it.
    impostor = keys.certificate(keys.rsa_key(), "middle", root, root_key)
    index = f"{CHAIN} The index within the chain of the invalid certificate is: "
    for bad, message in (
        (keys.pem(root, middle), f"{index}0"), (keys.pem(root), f"{index}0"), (keys.pem(impostor, root), f"{index}0"),
        (keys.pem(middle, impostor), f"{index}1"), ("hello", CHAIN), (f"Certificate:\n{chain}", CHAIN),
    ):
        with refused("MalformedCertificate", 400, message):
            upload(iam, "bad", key, CertificateBody=leaf, CertificateChain=bad)


def test_twenty_certificates_in_pages_and_by_path(own):
    iam = own.admin.iam
    key = keys.ec_key()
    names = [f"c{number:02}" for number in range(20)]
    for name in names:
        upload(iam, name, key, Path="/a/" if name < "c05" else "/b/c/")
    with refused("LimitExceeded", 409, "Cannot exceed quota for ServerCertificatesPerAccount: 20"):
        upload(iam, "more", key)
    pages = iam.get_paginator("list_server_certificates").paginate(PathPrefix="/b/", PaginationConfig={"PageSize": 6})
    listed = [[it["ServerCertificateName"] for it in page["ServerCertificateMetadataList"]] for page in pages]
    assert [len(page) for page in listed] == [6, 6, 3]
    assert sum(listed, []) == names[5:]
    with refused("EntityAlreadyExists", 409, "The Server Certificate with name C01 already exists."):
        iam.update_server_certificate(ServerCertificateName="c00", NewServerCertificateName="C01")
    assert iam.get_account_summary()["SummaryMap"]["ServerCertificatesQuota"] == 20


def test_tags_of_server_certificates(own, own_server, key):
    iam = own.admin.iam
    upload(iam, "Web", key)
    iam.tag_server_certificate(
        ServerCertificateName="web", Tags=[{"Key": "team", "Value": "a"}, {"Key": "x", "Value": ""}]
    )
    pages = iam.get_paginator("list_server_certificate_tags").paginate(
        ServerCertificateName="Web", PaginationConfig={"PageSize": 1}
    )
    assert [it["Key"] for page in pages for it in page["Tags"]] == ["team", "x"]
    with refused("InvalidInput", 400):
        iam.tag_server_certificate(ServerCertificateName="Web", Tags=[{"Key": "aws:x", "Value": ""}])
    iam.untag_server_certificate(ServerCertificateName="Web", TagKeys=["X"])
    assert iam.list_server_certificate_tags(ServerCertificateName="Web")["Tags"] == [{"Key": "team", "Value": "a"}]

    same_team = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    document = policy(allow("iam:*ServerCertificate*", Condition=same_team))
    for team, may in (("a", True), ("b", False)):
        user = own.user(document, Tags=[{"Key": "team", "Value": team}])
        if may:
            user.iam.get_server_certificate(ServerCertificateName="Web")
        else:
            with refused("AccessDenied", 403, has="on resource: server certificate Web because"):
                user.iam.get_server_certificate(ServerCertificateName="Web")
    # Tagging at creation is an action of its own.
    arn = f"arn:aws:iam::{ACCOUNT}:server-certificate/new"
    user = own.user(policy(allow("iam:UploadServerCertificate", arn)))
    with refused("AccessDenied", 403, has=f"iam:TagServerCertificate on resource: {arn} because"):
        upload(user.iam, "new", key, Tags=[{"Key": "k", "Value": "v"}])
    upload(user.iam, "new", key)


def test_a_rename_needs_both_names(own, key):
    iam = own.admin.iam
    upload(iam, "old", key)
    user = own.user(policy(allow("iam:UpdateServerCertificate", f"arn:aws:iam::{ACCOUNT}:server-certificate/old")))
    new = f"arn:aws:iam::{ACCOUNT}:server-certificate/p/new"
    with refused("AccessDenied", 403, has=f"iam:UpdateServerCertificate on resource: {new} because"):
        user.iam.update_server_certificate(ServerCertificateName="old", NewServerCertificateName="new", NewPath="/p/")
    user.iam.update_server_certificate(ServerCertificateName="old")
    with refused("AccessDenied", 403, has="iam:ListServerCertificates on resource: * because"):
        user.iam.list_server_certificates()


def test_certificates_survive_a_kill_and_private_keys_are_sealed(own_server, own, key):
    iam = own.admin.iam
    user = own.user().name
    upload(iam, "kept", key, Path="/p/", Tags=[{"Key": "k", "Value": "v"}])
    upload(iam, "old", key)
    upload(iam, "gone", key)
    iam.update_server_certificate(ServerCertificateName="old", NewServerCertificateName="new")
    iam.delete_server_certificate(ServerCertificateName="gone")
    signing = iam.upload_signing_certificate(UserName=user, CertificateBody=keys.pem(keys.certificate(key)))
    before = iam.get_server_certificate(ServerCertificateName="kept")["ServerCertificate"]
    own_server.kill()
    line = keys.private_pem(key).splitlines()[5].encode()
    for path in [*own_server.data.rglob("*"), own_server.log_file]:
        if path.is_file():
            assert line not in path.read_bytes(), path
    own_server.restart()
    iam = As(own_server, own_server.administrator).iam
    assert iam.get_server_certificate(ServerCertificateName="kept")["ServerCertificate"] == before
    listed = iam.list_server_certificates()["ServerCertificateMetadataList"]
    assert [it["ServerCertificateName"] for it in listed] == ["kept", "new"]
    assert iam.list_signing_certificates(UserName=user)["Certificates"] == [signing["Certificate"]]


def test_the_cli_manages_certificates(own_server, own, key, home):
    aws = Cli.of(own_server, home)
    (home / "cert.pem").write_text(keys.pem(keys.certificate(key)))
    (home / "key.pem").write_text(keys.private_pem(key))
    name = ("--server-certificate-name", "web")
    made = aws.json(
        "iam", "upload-server-certificate", *name, "--certificate-body", "file://cert.pem",
        "--private-key", "file://key.pem",
    )["ServerCertificateMetadata"]
    shown = aws.json("iam", "get-server-certificate", *name)["ServerCertificate"]
    assert shown["ServerCertificateMetadata"] == made
    assert aws.json("iam", "list-server-certificates")["ServerCertificateMetadataList"] == [made]
    aws("iam", "tag-server-certificate", *name, "--tags", "Key=team,Value=a")
    assert aws.json("iam", "list-server-certificate-tags", *name)["Tags"] == [{"Key": "team", "Value": "a"}]
    aws("iam", "untag-server-certificate", *name, "--tag-keys", "team")
    aws("iam", "update-server-certificate", *name, "--new-path", "/p/")
    aws("iam", "delete-server-certificate", *name)
    assert "(NoSuchEntity)" in aws.fails("iam", "get-server-certificate", *name)

    user = ("--user-name", own.user().name)
    signing = aws.json("iam", "upload-signing-certificate", *user, "--certificate-body", "file://cert.pem")
    id = ("--certificate-id", signing["Certificate"]["CertificateId"])
    aws("iam", "update-signing-certificate", *user, *id, "--status", "Inactive")
    assert aws.json("iam", "list-signing-certificates", *user)["Certificates"][0]["Status"] == "Inactive"
    aws("iam", "delete-signing-certificate", *user, *id)
    assert aws.json("iam", "list-signing-certificates", *user)["Certificates"] == []
