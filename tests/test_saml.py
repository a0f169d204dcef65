"""AssumeRoleWithSAML: assertions that an independent implementation signed become sessions."""

import base64
import contextlib
import hashlib
import json
from email.utils import parsedate_to_datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from signxml import SignatureMethod

from support import raw, saml
from support.aws_cli import Cli
from support.clients import As, refused
from support.policies import allow, policy, trust_saml
from support.principals import role_arn
from support.server import ACCOUNT, Credentials

NOT_AUTHORIZED = "Not authorized to perform sts:AssumeRoleWithSAML"
NOT_FOR_US = "Response does not contain the required audience."
BAD_SIGNATURE = "Response signature invalid"


@pytest.fixture(scope="module")
def idp():
    return saml.Idp()


@pytest.fixture(scope="module")
def provider(admin, account, idp) -> str:
    """The ARN of the identity provider's provider."""
    name = account.name("saml")
    return admin.iam.create_saml_provider(Name=name, SAMLMetadataDocument=idp.metadata())["SAMLProviderArn"]


@pytest.fixture(scope="module")
def role(account, provider) -> str:
    """A role that trusts the provider."""
    return account.role(policy(allow("iam:ListUsers")), trusted=trust_saml(provider))


@pytest.fixture
def pair(role, provider) -> list:
    return [f"{role_arn(role)},{provider}"]


@pytest.fixture
def assume(server, role, provider):
    """Exchanges a response, without any credentials."""
    anonymous = As(server, None)

    def call(response: str, **options):
        parameters = {
            "RoleArn": role_arn(role), "PrincipalArn": provider, "SAMLAssertion": response, **options,
        }
        return anonymous.sts.assume_role_with_saml(**parameters)

    return call


def test_an_assertion_becomes_a_session_of_one_role(server, assume, idp, pair, role, provider, admin):
    answer = assume(idp.signed(pair))
    unique = admin.iam.get_role(RoleName=role)["Role"]["RoleId"]
    assert answer["AssumedRoleUser"] == {
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/alice", "AssumedRoleId": f"{unique}:alice",
    }
    assert answer["Subject"] == "alice@example.com"
    assert answer["SubjectType"] == "persistent"
    assert answer["Issuer"] == saml.ENTITY
    assert answer["Audience"] == saml.RECIPIENT
    assert len(base64.b64decode(answer["NameQualifier"])) == 20
    assert "PackedPolicySize" not in answer and "SourceIdentity" not in answer
    session = As(server, Credentials.of(answer["Credentials"]))
    assert session.sts.get_caller_identity()["Arn"] == answer["AssumedRoleUser"]["Arn"]
    session.iam.list_users()
    with refused("AccessDenied", 403):
        session.iam.list_roles()


def test_the_cli_needs_no_credentials(server, home, idp, pair, role, provider):
    cli = Cli(home, {"AWS_ENDPOINT_URL": server.url})
    (home / "assertion").write_text(idp.signed(pair))
    answer = cli.json(
        "sts", "assume-role-with-saml", "--role-arn", role_arn(role), "--principal-arn", provider,
        "--saml-assertion", "file://assertion",
    )
    session = Cli.of(server, home, Credentials.of(answer["Credentials"]))
    assert session.json("sts", "get-caller-identity")["Arn"] == answer["AssumedRoleUser"]["Arn"]


@pytest.mark.parametrize("what", ["assertion", "response", "both"])
@pytest.mark.parametrize("method, digest", [
    (SignatureMethod.RSA_SHA256, "sha256"), (SignatureMethod.RSA_SHA384, "sha384"), (SignatureMethod.RSA_SHA512, "sha512"),
])
def test_what_is_signed_and_how(assume, idp, pair, what, method, digest):
    assume(idp.signed(pair, what=what, method=method, digest=digest))


def test_signatures_of_elliptic_curves(admin, account, assume):
    idp = saml.Idp(saml.p256())
    provider = admin.iam.create_saml_provider(
        Name=account.name("saml"), SAMLMetadataDocument=idp.metadata())["SAMLProviderArn"]
    role = account.role(trusted=trust_saml(provider))
    pair = [f"{role_arn(role)},{provider}"]
    response = idp.signed(pair, method=SignatureMethod.ECDSA_SHA256)
    assume(response, RoleArn=role_arn(role), PrincipalArn=provider)


def test_either_order_of_the_pair_and_several_pairs(assume, idp, role, provider):
    one, other = f"{provider},{role_arn(role)}", f"{role_arn('x')},{provider}"
    for pairs in ([one], [other, one], [f" {role_arn(role)} , {provider} "], ["nonsense", one]):
        assume(idp.signed(pairs))
    for pairs in ([other], [role_arn(role)], [provider], [], [f"{role_arn(role)}x,{provider}"],
                  [f"{role_arn(role)},{provider}x"], [f"{role_arn(role)},{role_arn(role)}"]):
        with refused("InvalidIdentityToken", 400, has="doesn't contain the requested Role and Metadata"):
            assume(idp.signed(pairs))


def test_another_key_did_not_sign(assume, pair, idp):
    for other in (saml.Idp(), saml.Idp(entity=idp.entity)):
        with refused("InvalidIdentityToken", 400, BAD_SIGNATURE):
            assume(other.signed(pair))


def test_another_issuer_is_not_the_providers(assume, idp, pair):
    for issuer in ("https://idp.example.com/saml/", "https://IDP.example.com/saml", "https://evil.example", ""):
        with refused("InvalidIdentityToken", 400, "Issuer not present in specified provider"):
            assume(idp.signed(pair, issuer=issuer or " "))


def test_a_provider_that_is_not_there(assume, idp, pair):
    for arn in (f"arn:aws:iam::{ACCOUNT}:saml-provider/none", "arn:aws:iam::999999999999:saml-provider/none"):
        with refused("InvalidIdentityToken", 400, "Specified provider doesn't exist."):
            assume(idp.signed(pair), PrincipalArn=arn)
    for wrong in (f"arn:aws:iam::{ACCOUNT}:oidc-provider/x", "x" * 30):
        with refused("ValidationError", 400, "Request ARN is invalid"):
            assume(idp.signed(pair), PrincipalArn=wrong)


def test_a_role_that_is_not_there_looks_like_one_that_is_closed(assume, idp, provider, account):
    closed = account.role()
    foreign = f"arn:aws:iam::999999999999:role/{closed}"
    for arn in (role_arn("there-is-none"), role_arn(closed), foreign):
        with refused("AccessDenied", 403, NOT_AUTHORIZED):
            assume(idp.signed([f"{arn},{provider}"]), RoleArn=arn)


def test_a_role_that_trusts_another_provider_or_another_action_is_closed(assume, idp, provider, account):
    other = f"arn:aws:iam::{ACCOUNT}:saml-provider/other"
    for trusted in (
        trust_saml(other),
        trust_saml(provider, action="sts:AssumeRoleWithWebIdentity"),
        trust_saml(provider, {"StringEquals": {"saml:aud": "https://other.example"}}),
        policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRoleWithSAML"}),
    ):
        arn = role_arn(account.role(trusted=trusted))
        with refused("AccessDenied", 403, NOT_AUTHORIZED):
            assume(idp.signed([f"{arn},{provider}"]), RoleArn=arn)


def test_an_expired_assertion_is_refused(assume, idp, pair):
    for times in ({"not_after": -1}, {"confirmed": -1}, {"session_end": -1}):
        with refused("ExpiredTokenException", 400, "Response has expired"):
            assume(idp.signed(pair, **times))
    with refused("ExpiredTokenException", 400, "Token must be redeemed within 5 minutes of issuance"):
        assume(idp.signed(pair, issued=-301))
    for times in ({"not_before": 90}, {"issued": 90}):
        with refused("InvalidIdentityToken", 400, "Response is not yet valid"):
            assume(idp.signed(pair, **times))
    assume(idp.signed(pair, issued=20, not_before=20))


def test_within_its_life_an_assertion_counts_as_often_as_it_comes(assume, idp, pair):
    response = idp.signed(pair)
    keys = {assume(response)["Credentials"]["AccessKeyId"] for _ in range(3)}
    assert len(keys) == 3


def test_an_assertion_for_another_audience_is_refused(assume, idp, pair):
    for audiences in ((), ("urn:amazon:webservices:x",), ("https://other.example",)):
        with refused("InvalidIdentityToken", 400, NOT_FOR_US):
            assume(idp.signed(pair, audiences=audiences))
    assume(idp.signed(pair, audiences=("https://other.example", saml.AUDIENCE)))
    assume(idp.signed(pair, audiences=(saml.RECIPIENT,)))
    # Every restriction must be met.
    other = "<saml:AudienceRestriction><saml:Audience>https://other.example</saml:Audience></saml:AudienceRestriction>"
    with refused("InvalidIdentityToken", 400, NOT_FOR_US):
        assume(idp.signed(pair, condition=other))
    with refused("InvalidIdentityToken", 400):
        assume(idp.signed(pair, condition="<saml:Condition/>"))


def test_an_assertion_for_another_recipient_is_refused(server, assume, idp, pair):
    for recipient in ("https://other.example/saml", "https://signin.aws.amazon.com/saml/", "http://signin.aws.amazon.com/saml",
                      "https://signin.aws.amazon.com.evil.example/saml", f"{server.url}/other"):
        with refused("InvalidIdentityToken", 400, NOT_FOR_US):
            assume(idp.signed(pair, recipient=recipient))
    with refused("InvalidIdentityToken", 400, NOT_FOR_US):
        assume(idp.signed(pair, destination="https://other.example/saml"))
    for recipient in (server.url, f"{server.url}/saml", "https://eu-west-1.signin.aws.amazon.com/saml"):
        assert assume(idp.signed(pair, recipient=recipient))["Audience"] == recipient


def test_the_host_header_makes_nobody_the_recipient(server, idp, pair, role, provider):
    body = raw.form({
        "Action": "AssumeRoleWithSAML", "Version": "2011-06-15", "RoleArn": role_arn(role), "PrincipalArn": provider,
        "SAMLAssertion": idp.signed(pair, recipient="http://other.example/saml"),
    })
    for headers in ({"Host": "other.example"}, {"X-Forwarded-Host": "other.example"}):
        answer = raw.send(server, "POST", "/", {"Content-Type": raw.FORM, **headers}, body)
        answer.is_error(400, "InvalidIdentityToken", NOT_FOR_US)


def test_only_the_bearer_is_confirmed(assume, idp, pair):
    for confirmation in ("urn:oasis:names:tc:SAML:2.0:cm:holder-of-key", "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"):
        with refused("InvalidIdentityToken", 400):
            assume(idp.signed(pair, confirmation=confirmation))


def test_a_failed_authentication_is_told(assume, idp, pair):
    with refused("IDPRejectedClaim", 403):
        assume(idp.signed(pair, status="urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"))


def test_text_that_is_no_response_is_refused(assume, idp, pair):
    with refused("InvalidIdentityToken", 400, "Invalid base64 SAMLResponse"):
        assume("?" * 20)
    for wrong in ("<a/>", "x" * 100, "<" * 5000, "<a>" * 20000, saml.Idp().metadata(), "\ufffe",
                  "<a " + " ".join(f'xmlns:a{n}="b"' for n in range(2000)) + "/>"):
        with refused("InvalidIdentityToken", 400, "Your request included an invalid SAML response."):
            assume(saml.encode(wrong))
    with refused("InvalidIdentityToken", 400):
        assume(base64.b64encode(b"\xff\xfe<\x00").decode())
    for length in (3, 100_001):
        with refused("ValidationError", 400, has="at 'sAMLAssertion' failed to satisfy constraint"):
            assume("x" * length)


def test_the_session_name_comes_from_the_assertion(assume, idp, pair):
    name = saml.AWS + "RoleSessionName"
    with refused("InvalidIdentityToken", 400, "RoleSessionName is required in AuthnResponse"):
        assume(idp.signed(pair, attributes={name: None}))
    for wrong in ("a", "x" * 65, "a b", "é!"):
        with refused("InvalidIdentityToken", 400, has="RoleSessionName in AuthnResponse must match"):
            assume(idp.signed(pair, attributes={name: [wrong]}))
    with refused("InvalidIdentityToken", 400, has="must have one value"):
        assume(idp.signed(pair, attributes={name: ["alice", "bob"]}))


def test_how_long_the_session_lasts(assume, idp, pair):
    def lasts(response, **options):
        answer = assume(response, **options)
        date = answer["ResponseMetadata"]["HTTPHeaders"]["date"]
        return (answer["Credentials"]["Expiration"] - parsedate_to_datetime(date)).total_seconds()

    duration = saml.AWS + "SessionDuration"
    assert abs(lasts(idp.signed(pair)) - 3600) <= 2
    assert abs(lasts(idp.signed(pair), DurationSeconds=900) - 900) <= 2
    assert abs(lasts(idp.signed(pair, session_end=600)) - 600) <= 2
    assert abs(lasts(idp.signed(pair, attributes={duration: ["1200"]})) - 1200) <= 2
    assert abs(lasts(idp.signed(pair, attributes={duration: ["43200"]})) - 3600) <= 2
    with refused("ValidationError", 400, has="exceeds the MaxSessionDuration set for this role."):
        assume(idp.signed(pair), DurationSeconds=3601)
    for wrong in ("899", "43201", "x", "-900", ""):
        with refused("InvalidIdentityToken", 400, has="SessionDuration"):
            assume(idp.signed(pair, attributes={duration: [wrong]}))


def test_a_session_policy_narrows_it(server, assume, idp, pair):
    answer = assume(idp.signed(pair), Policy=policy(allow("iam:GetUser")))
    assert answer["PackedPolicySize"] >= 1
    with refused("AccessDenied", 403, has="because no session policy allows the iam:ListUsers action"):
        As(server, Credentials.of(answer["Credentials"])).iam.list_users()
    answer = assume(idp.signed(pair), PolicyArns=[{"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}])
    with refused("AccessDenied", 403):
        As(server, Credentials.of(answer["Credentials"])).iam.list_users()


def test_tags_and_a_source_identity_need_the_trust_policys_word(server, assume, idp, account, provider):
    attributes = {
        saml.AWS + "PrincipalTag:Team": ["red"], saml.AWS + "PrincipalTag:Cost": ["1"],
        saml.AWS + "TransitiveTagKeys": ["Team"],
    }
    source = {saml.AWS + "SourceIdentity": ["alice"]}
    plain = role_arn(account.role(trusted=trust_saml(provider)))
    with refused("AccessDenied", 403, "Not authorized to perform sts:TagSession"):
        assume(idp.signed([f"{plain},{provider}"], attributes=attributes), RoleArn=plain)
    with refused("AccessDenied", 403, "Not authorized to perform sts:SetSourceIdentity"):
        assume(idp.signed([f"{plain},{provider}"], attributes=source), RoleArn=plain)
    condition = {
        "StringEquals": {"aws:RequestTag/Team": "red"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["Team", "Cost"], "sts:TransitiveTagKeys": ["Team"]},
    }
    actions = ["sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"]
    tagged = account.role(
        policy(allow("iam:ListUsers", Condition={"StringEquals": {
            "aws:PrincipalTag/Team": "red", "aws:SourceIdentity": "alice"}})),
        trusted=trust_saml(provider, condition, action=actions),
    )
    arn = role_arn(tagged)
    answer = assume(idp.signed([f"{arn},{provider}"], attributes={**attributes, **source}), RoleArn=arn)
    assert answer["SourceIdentity"] == "alice" and answer["PackedPolicySize"] >= 1
    As(server, Credentials.of(answer["Credentials"])).iam.list_users()
    with refused("AccessDenied", 403, NOT_AUTHORIZED):
        blue = {**attributes, saml.AWS + "PrincipalTag:Team": ["blue"]}
        assume(idp.signed([f"{arn},{provider}"], attributes=blue), RoleArn=arn)
    for wrong in ({saml.AWS + "SourceIdentity": ["aws:x"]}, {saml.AWS + "SourceIdentity": ["a b"]},
                  {saml.AWS + "PrincipalTag:Team": ["a", "b"]}, {saml.AWS + "PrincipalTag:": ["a"]},
                  {saml.AWS + "PrincipalTag:Team": ["x" * 257]}):
        with refused("InvalidIdentityToken", 400):
            assume(idp.signed([f"{arn},{provider}"], attributes=wrong), RoleArn=arn)
    for wrong in ({saml.AWS + "PrincipalTag:Team": ["a"], saml.AWS + "PrincipalTag:team": ["b"]},
                  {saml.AWS + "PrincipalTag:aws:x": ["a"]}, {saml.AWS + "TransitiveTagKeys": ["Team"]}):
        open_to_all = role_arn(account.role(trusted=trust_saml(provider, action=actions)))
        with refused("InvalidParameterValue", 400):
            assume(idp.signed([f"{open_to_all},{provider}"], attributes=wrong), RoleArn=open_to_all)


def test_the_condition_keys_of_an_assertion(assume, idp, account, provider):
    name = provider.rsplit("/", 1)[1]
    # The formula of the STS API Reference.
    whole = f"{saml.ENTITY}{ACCOUNT}/{name}"
    qualifier = base64.b64encode(hashlib.sha1(whole.encode()).digest()).decode()
    given = {
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.1": ["staff", "member"], "urn:oid:1.3.6.1.4.1.5923.1.1.1.3": ["o=example"],
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress": ["alice@example.com"],
    }
    keys = {
        "saml:aud": saml.RECIPIENT, "saml:iss": saml.ENTITY, "saml:sub": "alice@example.com", "saml:sub_type": "persistent",
        "saml:doc": f"{ACCOUNT}/{name}", "saml:namequalifier": qualifier, "saml:edupersonorgdn": "o=example",
        "saml:mail": "alice@example.com", "sts:RoleSessionName": "alice", "aws:FederatedProvider": provider,
    }
    affiliated = {"ForAnyValue:StringEquals": {"saml:edupersonaffiliation": "member"}}

    def tried(condition):
        arn = role_arn(account.role(trusted=trust_saml(provider, condition)))
        return assume(idp.signed([f"{arn},{provider}"], attributes=given), RoleArn=arn)

    assert tried({"StringEquals": keys, **affiliated})["NameQualifier"] == qualifier
    for key in keys:
        with refused("AccessDenied", 403, NOT_AUTHORIZED):
            tried({"StringEquals": {**keys, key: "other"}})
    with refused("AccessDenied", 403, NOT_AUTHORIZED):
        tried({"ForAnyValue:StringEquals": {"saml:edupersonaffiliation": "student"}})
    with refused("AccessDenied", 403, NOT_AUTHORIZED):
        tried({"StringLike": {"saml:surname": "*"}})


def test_the_session_keeps_who_the_bearer_was(server, assume, idp, account, provider):
    kept = {"saml:sub": "alice@example.com", "saml:sub_type": "persistent", "aws:FederatedProvider": provider}
    role = account.role(
        policy(allow("iam:ListUsers", Condition={"StringEquals": kept}),
               allow("iam:ListRoles", Condition={"StringLike": {"saml:aud": "*"}})),
        trusted=trust_saml(provider),
    )
    arn = role_arn(role)
    for subject, may in (("alice@example.com", True), ("mallory@example.com", False)):
        answer = assume(idp.signed([f"{arn},{provider}"], subject=subject), RoleArn=arn)
        session = As(server, Credentials.of(answer["Credentials"]))
        with contextlib.nullcontext() if may else refused("AccessDenied", 403):
            session.iam.list_users()
        with refused("AccessDenied", 403):
            session.iam.list_roles()


def test_formats_of_names(assume, idp, pair):
    email = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
    for format, told in (
        ("urn:oasis:names:tc:SAML:2.0:nameid-format:transient", "transient"), (email, email),
        (None, "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"),
    ):
        assert assume(idp.signed(pair, format=format))["SubjectType"] == told


def test_rotated_metadata_count_at_once(admin, account, assume):
    old, new = saml.Idp(), saml.Idp()
    name = account.name("saml")
    provider = admin.iam.create_saml_provider(Name=name, SAMLMetadataDocument=old.metadata())["SAMLProviderArn"]
    arn = role_arn(account.role(trusted=trust_saml(provider)))
    pair, options = [f"{arn},{provider}"], {"RoleArn": arn, "PrincipalArn": provider}
    both = [saml.base64_of(old.certificate), saml.base64_of(new.certificate)]
    for certificates, good, bad in (
        (both[:1], [old], [new]), (both, [old, new], []), (both[1:], [new], [old]),
    ):
        document = old.metadata(certificates=certificates)
        admin.iam.update_saml_provider(SAMLProviderArn=provider, SAMLMetadataDocument=document)
        for idp in good:
            assume(idp.signed(pair), **options)
        for idp in bad:
            with refused("InvalidIdentityToken", 400, BAD_SIGNATURE):
                assume(idp.signed(pair), **options)
    admin.iam.delete_saml_provider(SAMLProviderArn=provider)
    with refused("InvalidIdentityToken", 400, "Specified provider doesn't exist."):
        assume(new.signed(pair), **options)


def test_encrypted_assertions(admin, account, assume, idp):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    provider = admin.iam.create_saml_provider(
        Name=account.name("saml"), SAMLMetadataDocument=idp.metadata(),
        AddPrivateKey=saml.pem(key), AssertionEncryptionMode="Allowed",
    )["SAMLProviderArn"]
    uuid = admin.iam.get_saml_provider(SAMLProviderArn=provider)["SAMLProviderUUID"]
    arn = role_arn(account.role(trusted=trust_saml(provider)))
    pair, options = [f"{arn},{provider}"], {"RoleArn": arn, "PrincipalArn": provider}

    def encrypted(what, recipient_key=key, **how):
        response = idp.response(pair, recipient=f"{saml.RECIPIENT}/acs/{uuid}")
        if what == "assertion":
            idp.sign(saml.assertion_of(response))
        saml.encrypt(response, recipient_key.public_key(), **how)
        return saml.encode(idp.sign(response) if what == "response" else response)

    assume(idp.signed(pair), **options)
    admin.iam.update_saml_provider(SAMLProviderArn=provider, AssertionEncryptionMode="Required")
    for what in ("assertion", "response"):
        for how in ({}, {"bits": 128}, {"oaep": "sha256"}):
            assume(encrypted(what, **how), **options)
    unreadable = "Response could not be decrypted"
    with refused("InvalidIdentityToken", 400, unreadable):
        assume(idp.signed(pair), **options)
    with refused("InvalidIdentityToken", 400, unreadable):
        assume(encrypted("assertion", rsa.generate_private_key(public_exponent=65537, key_size=2048)), **options)
    with refused("InvalidIdentityToken", 400, unreadable):
        assume(encrypted("assertion", cipher="http://www.w3.org/2001/04/xmlenc#aes256-cbc"), **options)
    # Everybody may encrypt; only a signature says who did.
    with refused("InvalidIdentityToken", 400, BAD_SIGNATURE):
        assume(encrypted("nothing"), **options)


def test_the_record_names_the_bearer_and_later_the_session(server, admin, assume, idp, account, provider):
    role = account.role(policy(allow("iam:ListUsers")), trusted=trust_saml(provider))
    arn = role_arn(role)
    response = idp.signed([f"{arn},{provider}"])
    answer = assume(response, RoleArn=arn)
    session = As(server, Credentials.of(answer["Credentials"]))
    session.iam.list_users()

    def record(key, value, name):
        found = admin.cloudtrail.lookup_events(LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}])
        events = [json.loads(it["CloudTrailEvent"]) for it in found["Events"]]
        return next(it for it in events if it["eventName"] == name)

    event = record("ResourceName", arn, "AssumeRoleWithSAML")
    assert event["userIdentity"] == {
        "type": "SAMLUser", "principalId": f"{answer['NameQualifier']}:alice@example.com",
        "userName": "alice@example.com", "identityProvider": answer["NameQualifier"],
    }
    assert event["requestParameters"] == {"roleArn": arn, "principalArn": provider}
    assert event["responseElements"]["subject"] == "alice@example.com"
    assert event["responseElements"]["credentials"]["accessKeyId"] == answer["Credentials"]["AccessKeyId"]
    assert event["readOnly"] is True
    assertion = saml.assertion_of(saml.decode(response)).get("ID")
    assert event["additionalEventData"]["sAMLAssertionID"] == assertion
    assert response not in json.dumps(event)
    later = record("AccessKeyId", answer["Credentials"]["AccessKeyId"], "ListUsers")
    assert later["userIdentity"]["type"] == "AssumedRole"
    assert later["userIdentity"]["arn"] == answer["AssumedRoleUser"]["Arn"]
    assert "webIdFederationData" not in later["userIdentity"]["sessionContext"]


def test_why_it_was_refused_is_in_the_log_and_not_in_the_answer(server, assume, idp, pair):
    response = idp.signed(pair, recipient="https://other.example/unusual")
    with refused("InvalidIdentityToken", 400, NOT_FOR_US):
        assume(response)
    assert response not in server.logged("https://other.example/unusual")


def test_signing_is_neither_needed_nor_looked_at(server, idp, pair, role, provider):
    for headers in (
        {}, {"Authorization": "garbage"}, {"X-Amz-Security-Token": "garbage"}, {"X-Amz-Date": "19700101T000000Z"},
    ):
        body = raw.form({
            "Action": "AssumeRoleWithSAML", "Version": "2011-06-15", "RoleArn": role_arn(role), "PrincipalArn": provider,
            "SAMLAssertion": idp.signed(pair),
        })
        answer = raw.send(server, "POST", "/", {"Content-Type": raw.FORM, **headers}, body)
        assert answer.status == 200, (headers, answer.text)
