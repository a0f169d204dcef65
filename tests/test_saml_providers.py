"""SAML providers: their life, their metadata, their keys, their tags."""

import datetime
import re

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from support import saml
from support.clients import As, refused
from support.policies import allow, deny, policy
from support.server import ACCOUNT

UNPARSED = "Could not parse metadata"


@pytest.fixture(scope="module")
def idp():
    return saml.Idp()


@pytest.fixture
def iam(admin):
    return admin.iam


@pytest.fixture
def provider(iam, idp, name) -> str:
    """The ARN of a provider."""
    return iam.create_saml_provider(Name=name, SAMLMetadataDocument=idp.metadata())["SAMLProviderArn"]


def arn_of(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:saml-provider/{name}"


def missing(arn: str):
    return refused("NoSuchEntity", 404, f"Manifest not found for arn {arn}")


def test_the_life_of_a_provider(iam, idp, name):
    document = idp.metadata(valid_until="2099-12-31T00:00:00Z")
    created = iam.create_saml_provider(
        Name=name, SAMLMetadataDocument=document, Tags=[{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "2"}]
    )
    arn = created["SAMLProviderArn"]
    assert arn == arn_of(name)
    assert created["Tags"] == [{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "1"}]
    for taken in (name, name.upper()):
        with refused("EntityAlreadyExists", 409, f"Provider with name {taken} already exists."):
            iam.create_saml_provider(Name=taken, SAMLMetadataDocument=document)
    shown = iam.get_saml_provider(SAMLProviderArn=arn)
    assert shown["SAMLMetadataDocument"] == document
    assert shown["ValidUntil"] == datetime.datetime(2099, 12, 31, tzinfo=datetime.UTC)
    assert re.fullmatch("[A-Z0-9]{22,64}", shown["SAMLProviderUUID"])
    assert shown["Tags"] == created["Tags"]
    assert "AssertionEncryptionMode" not in shown and shown["PrivateKeyList"] == []
    listed = [it for it in iam.list_saml_providers()["SAMLProviderList"] if it["Arn"] == arn]
    assert listed == [{key: {**shown, "Arn": arn}[key] for key in ("Arn", "ValidUntil", "CreateDate")}]
    iam.delete_saml_provider(SAMLProviderArn=arn)
    for call in (iam.get_saml_provider, iam.delete_saml_provider, iam.list_saml_provider_tags):
        with missing(arn):
            call(SAMLProviderArn=arn)
    again = iam.create_saml_provider(Name=name, SAMLMetadataDocument=document)["SAMLProviderArn"]
    assert iam.get_saml_provider(SAMLProviderArn=again)["SAMLProviderUUID"] != shown["SAMLProviderUUID"]


def test_the_cli_keeps_a_provider(aws, idp, name, home):
    (home / "metadata.xml").write_text(idp.metadata())
    (home / "key.pem").write_text(saml.pem(idp.key))
    document = ("--saml-metadata-document", "file://metadata.xml")
    created = aws.json("iam", "create-saml-provider", "--name", name, *document, "--tags", "Key=team,Value=a")
    arn = ("--saml-provider-arn", created["SAMLProviderArn"])
    assert arn[1] in [it["Arn"] for it in aws.json("iam", "list-saml-providers")["SAMLProviderList"]]
    updated = aws.json(
        "iam", "update-saml-provider", *arn, *document,
        "--assertion-encryption-mode", "Required", "--add-private-key", "file://key.pem",
    )
    assert updated == {"SAMLProviderArn": arn[1]}
    aws("iam", "tag-saml-provider", *arn, "--tags", "Key=x,Value=y")
    aws("iam", "untag-saml-provider", *arn, "--tag-keys", "TEAM")
    assert aws.json("iam", "list-saml-provider-tags", *arn)["Tags"] == [{"Key": "x", "Value": "y"}]
    shown = aws.json("iam", "get-saml-provider", *arn)
    assert shown["AssertionEncryptionMode"] == "Required" and len(shown["PrivateKeyList"]) == 1
    aws("iam", "delete-saml-provider", *arn)
    assert "(NoSuchEntity)" in aws.fails("iam", "get-saml-provider", *arn)


def test_metadata_that_name_no_identity_provider_are_refused(iam, idp, name):
    good = idp.metadata()
    short = saml.Idp(rsa.generate_private_key(public_exponent=65537, key_size=1024))
    curve = saml.Idp(ec.generate_private_key(ec.SECP521R1()))
    for wrong in (
        "x" * 1000,
        good.replace("</md:EntityDescriptor>", ""),
        good.replace("entityID=", "other="),
        good.replace("IDPSSODescriptor", "SPSSODescriptor"),
        good.replace(saml.NS["samlp"], "urn:oasis:names:tc:SAML:1.1:protocol"),
        idp.metadata(use='use="encryption"'),
        idp.metadata(certificates=["AAAA" * 300]),
        idp.metadata(certificates=["not base64 " * 100]),
        idp.metadata(valid_until="2020-01-01T00:00:00Z"),
        idp.metadata(valid_until="someday"),
        good.replace("<?xml version=\"1.0\"?>", '<!DOCTYPE x [<!ENTITY e "v">]>'),
        short.metadata(),
        curve.metadata(),
    ):
        with refused("InvalidInput", 400, UNPARSED):
            iam.create_saml_provider(Name=name, SAMLMetadataDocument=wrong.ljust(1000))
    with missing(arn_of(name)):
        iam.get_saml_provider(SAMLProviderArn=arn_of(name))


def test_the_constraints_of_the_model(iam, idp, name):
    for parameters, member in (
        ({"SAMLMetadataDocument": "x" * 999}, "sAMLMetadataDocument"),
        ({"Name": "a b"}, "name"),
        ({"Name": "x" * 129}, "name"),
        ({"AssertionEncryptionMode": "Never"}, "assertionEncryptionMode"),
    ):
        with refused("ValidationError", 400, has=f"at '{member}' failed to satisfy constraint"):
            iam.create_saml_provider(**{"Name": name, "SAMLMetadataDocument": idp.metadata(), **parameters})
    with refused("ValidationError", 400):
        iam.get_saml_provider(SAMLProviderArn="not-an-arn-but-long-enough")
    with missing(f"arn:aws:iam::999999999999:saml-provider/{name}"):
        iam.get_saml_provider(SAMLProviderArn=f"arn:aws:iam::999999999999:saml-provider/{name}")


def test_metadata_are_replaced(iam, provider):
    other = saml.Idp(entity="https://other.example.com")
    before = iam.get_saml_provider(SAMLProviderArn=provider)
    answer = iam.update_saml_provider(SAMLProviderArn=provider, SAMLMetadataDocument=other.metadata())
    assert answer["SAMLProviderArn"] == provider
    after = iam.get_saml_provider(SAMLProviderArn=provider)
    assert after["SAMLMetadataDocument"] == other.metadata()
    assert after["SAMLProviderUUID"] == before["SAMLProviderUUID"]
    with refused("InvalidInput", 400, UNPARSED):
        iam.update_saml_provider(SAMLProviderArn=provider, SAMLMetadataDocument="x" * 1000)
    assert iam.get_saml_provider(SAMLProviderArn=provider)["SAMLMetadataDocument"] == other.metadata()


def test_private_keys_are_kept_two_at_a_time_and_never_shown(iam, provider, idp, server):
    def update(**changes):
        return iam.update_saml_provider(SAMLProviderArn=provider, **changes)

    def keys():
        return [it["KeyId"] for it in iam.get_saml_provider(SAMLProviderArn=provider)["PrivateKeyList"]]

    with refused("InvalidInput", 400, has="No updates are defined for metadata or encryption assertion."):
        update()
    with refused("InvalidInput", 400, has="to Required because no private key is provided."):
        update(AssertionEncryptionMode="Required")
    for wrong in ("x", saml.pem(saml.p256()), saml.pem(idp.key)[:-40], saml.pem(idp.key).replace("A", "B")):
        with refused("InvalidInput", 400, "Invalid private key."):
            update(AddPrivateKey=wrong)
    update(AddPrivateKey=saml.pem(idp.key), AssertionEncryptionMode="Required")
    update(AddPrivateKey=saml.pem(idp.key, traditional=True))
    first, second = keys()
    assert all(re.fullmatch("[A-Z0-9]{22,64}", key) for key in (first, second)) and first != second
    with refused("LimitExceeded", 409, "Private key limit of 2 is reached."):
        update(AddPrivateKey=saml.pem(idp.key))
    with refused("InvalidInput", 400, has="Unable to add and remove private keys in the same request."):
        update(AddPrivateKey=saml.pem(idp.key), RemovePrivateKey=first)
    with refused("InvalidInput", 400, has="because the Key ID does not match a private key."):
        update(RemovePrivateKey="A" * 32)
    update(RemovePrivateKey=first)
    assert keys() == [second]
    with refused("InvalidInput", 400, "Failed to remove private key."):
        update(RemovePrivateKey=second)
    update(RemovePrivateKey=second, AssertionEncryptionMode="Allowed")
    assert keys() == []
    secret = saml.pem(idp.key).split("\n")[3]
    stored = b"".join(path.read_bytes() for path in server.data.rglob("*") if path.is_file())
    assert secret.encode() not in stored
    assert secret not in server.log()


def test_tags_have_their_pages(iam, provider):
    iam.tag_saml_provider(SAMLProviderArn=provider, Tags=[{"Key": f"k{n}", "Value": str(n)} for n in range(5)])
    pages, marker = [], {}
    while True:
        page = iam.list_saml_provider_tags(SAMLProviderArn=provider, MaxItems=2, **marker)
        pages.append([it["Key"] for it in page["Tags"]])
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    assert pages == [["k0", "k1"], ["k2", "k3"], ["k4"]]
    iam.untag_saml_provider(SAMLProviderArn=provider, TagKeys=["K0", "none"])
    assert len(iam.list_saml_provider_tags(SAMLProviderArn=provider)["Tags"]) == 4
    with refused("InvalidInput", 400):
        iam.tag_saml_provider(SAMLProviderArn=provider, Tags=[{"Key": "aws:x", "Value": ""}])


def test_each_operation_needs_its_permission(iam, account, provider, idp, name):
    document = idp.metadata()
    new = arn_of(name + "-new")
    calls = {
        "CreateSAMLProvider": lambda it: it.create_saml_provider(Name=name + "-new", SAMLMetadataDocument=document),
        "GetSAMLProvider": lambda it: it.get_saml_provider(SAMLProviderArn=provider),
        "UpdateSAMLProvider": lambda it: it.update_saml_provider(
            SAMLProviderArn=provider, SAMLMetadataDocument=document),
        "ListSAMLProviderTags": lambda it: it.list_saml_provider_tags(SAMLProviderArn=provider),
        "TagSAMLProvider": lambda it: it.tag_saml_provider(SAMLProviderArn=provider, Tags=[{"Key": "a", "Value": ""}]),
        "UntagSAMLProvider": lambda it: it.untag_saml_provider(SAMLProviderArn=provider, TagKeys=["a"]),
        "ListSAMLProviders": lambda it: it.list_saml_providers(),
        "DeleteSAMLProvider": lambda it: it.delete_saml_provider(SAMLProviderArn=provider),
    }
    resources = {"CreateSAMLProvider": new, "ListSAMLProviders": arn_of("*")}
    nobody = account.user()
    for action, call in calls.items():
        resource = resources.get(action, provider)
        with refused(
            "AccessDenied", 403,
            f"User: {nobody.arn} is not authorized to perform: iam:{action} on resource: {resource} "
            f"because no identity-based policy allows the iam:{action} action",
        ):
            call(nobody.iam)
        call(account.user(policy(allow(f"iam:{action}", resource))).iam)


def test_tags_decide(iam, account, provider):
    iam.tag_saml_provider(SAMLProviderArn=provider, Tags=[{"Key": "team", "Value": "a"}])
    locked = deny("iam:*", Condition={"StringEquals": {"aws:ResourceTag/team": "a"}})
    with refused("AccessDenied", 403, has="with an explicit deny in an identity-based policy"):
        account.user(policy(allow("iam:*"), locked)).iam.get_saml_provider(SAMLProviderArn=provider)
    creator = account.user(policy(allow("iam:CreateSAMLProvider")))
    with refused("AccessDenied", 403, has="iam:TagSAMLProvider"):
        creator.iam.create_saml_provider(
            Name=account.name("saml"), SAMLMetadataDocument=saml.Idp().metadata(), Tags=[{"Key": "a", "Value": ""}]
        )


def test_providers_last_and_count(own_server, idp):
    iam = As(own_server, own_server.administrator).iam
    before = iam.get_account_summary()["SummaryMap"]["Providers"]
    document = idp.metadata()
    arns = [
        iam.create_saml_provider(Name=f"p{number:03}", SAMLMetadataDocument=document)["SAMLProviderArn"]
        for number in range(100)
    ]
    with refused("LimitExceeded", 409, "Cannot exceed quota for SAMLProvidersPerAccount: 100"):
        iam.create_saml_provider(Name="more", SAMLMetadataDocument=document)
    iam.update_saml_provider(SAMLProviderArn=arns[0], AddPrivateKey=saml.pem(idp.key), AssertionEncryptionMode="Required")
    shown = iam.get_saml_provider(SAMLProviderArn=arns[0])
    own_server.kill()
    own_server.start()
    iam = As(own_server, own_server.administrator).iam
    assert iam.get_account_summary()["SummaryMap"]["Providers"] == before + 100
    assert [it["Arn"] for it in iam.list_saml_providers()["SAMLProviderList"]] == arns
    again = iam.get_saml_provider(SAMLProviderArn=arns[0])
    assert {**again, "ResponseMetadata": 0} == {**shown, "ResponseMetadata": 0}
