"""What attackers make of signed SAML responses: wrapping, truncation, entities, weak algorithms."""

import base64
import copy

import pytest
from lxml import etree

from support import saml
from support.clients import As, refused
from support.policies import trust_saml
from support.principals import role_arn

NS = saml.NS
SIGNATURE = f"{{{NS['ds']}}}Signature"
BAD_SIGNATURE = "Response signature invalid"
INVALID = "Your request included an invalid SAML response."


@pytest.fixture(scope="module")
def idp():
    return saml.Idp()


@pytest.fixture(scope="module")
def target(admin, account, idp):
    """A role and the provider that it trusts."""
    provider = admin.iam.create_saml_provider(
        Name=account.name("saml"), SAMLMetadataDocument=idp.metadata())["SAMLProviderArn"]
    return role_arn(account.role(trusted=trust_saml(provider))), provider


@pytest.fixture
def assume(server, target):
    anonymous = As(server, None)

    def call(response):
        return anonymous.sts.assume_role_with_saml(
            RoleArn=target[0], PrincipalArn=target[1], SAMLAssertion=saml.encode(response))

    return call


@pytest.fixture
def signed(idp, target):
    """A response whose assertion, or what is said, is signed."""
    return lambda what="assertion": saml.decode(idp.signed([",".join(target)], what=what))


def forged_copy(response):
    """The assertion once more: about somebody else, with another id, unsigned."""
    forged = copy.deepcopy(saml.assertion_of(response))
    for signature in forged.findall("ds:Signature", NS):
        forged.remove(signature)
    forged.set("ID", "_forged")
    forged.find("saml:Subject/saml:NameID", NS).text = "mallory@example.com"
    return forged


def test_what_the_attacks_start_from_is_accepted(assume, signed):
    for what in ("assertion", "response", "both"):
        assert assume(signed(what))["Subject"] == "alice@example.com"


def test_a_changed_assertion_breaks_its_signature(assume, signed):
    for what in ("assertion", "response", "both"):
        response = signed(what)
        response.find(".//saml:NameID", NS).text = "mallory@example.com"
        with refused("InvalidIdentityToken", 400, BAD_SIGNATURE):
            assume(response)


def test_an_unsigned_assertion_is_refused(assume, signed):
    response = signed()
    response.replace(saml.assertion_of(response), forged_copy(response))
    with refused("InvalidIdentityToken", 400, BAD_SIGNATURE):
        assume(response)


def test_a_forged_assertion_beside_the_signed_one_is_refused(assume, signed):
    for what in ("assertion", "response"):
        for before in (True, False):
            response = signed(what)
            assertion = saml.assertion_of(response)
            (assertion.addprevious if before else assertion.addnext)(forged_copy(response))
            with refused("InvalidIdentityToken", 400, INVALID):
                assume(response)


def test_the_signed_assertion_inside_a_forged_one_is_refused(assume, signed):
    # With and without the signature moved to the forged one.
    for moved in (True, False):
        response = signed()
        original, forged = saml.assertion_of(response), forged_copy(response)
        response.replace(original, forged)
        signature = original.find("ds:Signature", NS)
        if moved:
            original.remove(signature)
            forged.find("saml:Issuer", NS).addnext(signature)
        advice = etree.SubElement(forged, f"{{{NS['saml']}}}Advice")
        advice.append(original)
        with refused("InvalidIdentityToken", 400, INVALID):
            assume(response)


def test_the_signed_assertion_inside_the_signature_is_refused(assume, signed):
    response = signed()
    original, forged = saml.assertion_of(response), forged_copy(response)
    response.replace(original, forged)
    signature = original.find("ds:Signature", NS)
    original.remove(signature)
    forged.find("saml:Issuer", NS).addnext(signature)
    etree.SubElement(signature, f"{{{NS['ds']}}}Object").append(original)
    with refused("InvalidIdentityToken", 400, INVALID):
        assume(response)


def test_the_signed_response_inside_a_forged_one_is_refused(assume, signed):
    for place in ("Extensions", "StatusDetail"):
        response = signed("response")
        outer = copy.deepcopy(response)
        outer.remove(outer.find("ds:Signature", NS))
        outer.set("ID", "_outer")
        outer.replace(saml.assertion_of(outer), forged_copy(response))
        etree.SubElement(outer, f"{{{NS['samlp']}}}{place}").append(response)
        with refused("InvalidIdentityToken", 400, INVALID):
            assume(outer)


def test_a_signature_over_another_element_is_refused(assume, signed):
    # What was signed hides under another name, so that only one assertion is there.
    response = signed()
    original, forged = saml.assertion_of(response), forged_copy(response)
    response.replace(original, forged)
    signature = original.find("ds:Signature", NS)
    original.remove(signature)
    forged.find("saml:Issuer", NS).addnext(signature)
    original.tag = f"{{{NS['saml']}}}Evidence"
    response.append(original)
    with refused("InvalidIdentityToken", 400, BAD_SIGNATURE):
        assume(response)


def test_two_elements_with_one_id_are_refused(assume, signed):
    for attribute in ("ID", "Id", "id", "{http://www.w3.org/XML/1998/namespace}id"):
        response = signed()
        response.find("samlp:Status", NS).set(attribute, saml.assertion_of(response).get("ID"))
        with refused("InvalidIdentityToken", 400, INVALID):
            assume(response)


def test_a_signature_elsewhere_is_refused(assume, signed):
    for place in (".//saml:Subject", "samlp:Status", ".//saml:AttributeStatement"):
        response = signed()
        signature = next(response.iter(SIGNATURE))
        signature.getparent().remove(signature)
        response.find(place, NS).append(signature)
        with refused("InvalidIdentityToken", 400, BAD_SIGNATURE):
            assume(response)
    response = signed()
    signature = next(response.iter(SIGNATURE))
    signature.addnext(copy.deepcopy(signature))
    with refused("InvalidIdentityToken", 400, BAD_SIGNATURE):
        assume(response)


def test_one_good_signature_does_not_excuse_a_bad_one(assume, idp, target):
    response = saml.decode(idp.signed([",".join(target)], what="assertion"))
    other = saml.Idp()
    response = other.sign(response)
    with refused("InvalidIdentityToken", 400, BAD_SIGNATURE):
        assume(response)


def test_the_key_in_the_signature_is_not_looked_at(assume, idp, target):
    attacker = saml.Idp(entity=idp.entity)
    response = attacker.response([",".join(target)])
    attacker.sign(saml.assertion_of(response))
    assert response.find(".//ds:X509Certificate", NS) is not None
    with refused("InvalidIdentityToken", 400, BAD_SIGNATURE):
        assume(response)
    response = idp.response([",".join(target)])
    idp.sign(saml.assertion_of(response))
    for info in list(response.iter(f"{{{NS['ds']}}}KeyInfo")):
        info.getparent().remove(info)
    assume(response)


def test_a_comment_in_a_name_is_refused_cve_2017_11427(assume, idp, target):
    # The provider signed `alice@example.com.evil.example`; the canonical form has no comments.
    response = idp.response([",".join(target)], subject="alice@example.com.evil.example")
    idp.sign(saml.assertion_of(response))
    text = etree.tostring(response).decode()
    assert assume(text)["Subject"] == "alice@example.com.evil.example"
    for cut in ("<!-- -->", "<!---->", "<?x?>"):
        with refused("InvalidIdentityToken", 400, INVALID):
            assume(text.replace("example.com.evil", f"example.com{cut}.evil"))
    # Another spelling of the same characters is the same name.
    again = assume(text.replace("alice@example.com.evil", "<![CDATA[alice]]>&#x40;example.com.evil"))
    assert again["Subject"] == "alice@example.com.evil.example"


def test_document_types_and_entities_are_refused(assume, signed):
    text = etree.tostring(signed()).decode()
    bomb = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    for head in ("<!DOCTYPE x>", '<!DOCTYPE x [<!ENTITY e "v">]>', '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
                 f'<!DOCTYPE x [<!ENTITY e0 "x">{bomb}]>'):
        with refused("InvalidIdentityToken", 400, INVALID):
            assume(head + text)
    with refused("InvalidIdentityToken", 400, INVALID):
        assume(text.replace("alice@example.com", "&e;"))


def test_an_element_with_hundreds_of_attributes_is_refused(assume, signed):
    # Where nothing is signed, so that only their number tells.
    text = etree.tostring(signed()).decode()
    for count, is_refused in ((256, False), (257, True), (5_000, True)):
        attributes = " ".join(f"a{n}='x'" for n in range(count))
        many = text.replace("<samlp:Status>", f"<samlp:Status {attributes}>")
        assert many != text
        if is_refused:
            with refused("InvalidIdentityToken", 400, INVALID):
                assume(many)
        else:
            assume(many)


def test_what_a_stranger_hides_in_a_canonical_form_is_refused(assume, signed):
    text = etree.tostring(signed()).decode()
    prefixes = " ".join(f"p{n}" for n in range(10_000))
    exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"
    listed = f'<ec:InclusiveNamespaces xmlns:ec="{exclusive}" PrefixList="{prefixes}"/>'
    for name in ("CanonicalizationMethod", "Transform"):
        empty = f'<ds:{name} Algorithm="{exclusive}"/>'
        assert empty in text
        with refused("InvalidIdentityToken", 400, BAD_SIGNATURE):
            assume(text.replace(empty, f'<ds:{name} Algorithm="{exclusive}">{listed}</ds:{name}>'))


def test_sha_1_and_other_algorithms_are_refused(assume, signed):
    rsa, digest = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmlenc#sha256"
    for old, new in (
        (rsa, "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
        (rsa, "http://www.w3.org/2000/09/xmldsig#hmac-sha1"),
        (rsa, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
        (rsa, ""),
        (digest, "http://www.w3.org/2000/09/xmldsig#sha1"),
        ("http://www.w3.org/2000/09/xmldsig#enveloped-signature", "http://www.w3.org/TR/1999/REC-xslt-19991116"),
        ("http://www.w3.org/2001/10/xml-exc-c14n#", "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"),
        ("http://www.w3.org/2001/10/xml-exc-c14n#", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
    ):
        text = etree.tostring(signed()).decode()
        assert old in text
        with refused("InvalidIdentityToken", 400, BAD_SIGNATURE):
            assume(text.replace(old, new))


def test_every_flipped_bit_of_a_signature_counts(assume, signed):
    response = signed()
    value = response.find(".//ds:SignatureValue", NS)
    whole = base64.b64decode(value.text)
    for at in (0, len(whole) // 2, len(whole) - 1):
        changed = bytearray(whole)
        changed[at] ^= 1
        value.text = base64.b64encode(changed).decode()
        with refused("InvalidIdentityToken", 400, BAD_SIGNATURE):
            assume(response)
    for other in (b"", whole[:-1], whole + b"\0", bytes(len(whole))):
        value.text = base64.b64encode(other).decode()
        with refused("InvalidIdentityToken", 400, BAD_SIGNATURE):
            assume(response)


def test_spelling_that_does_not_count_is_no_attack(assume, signed):
    # Other quotes, the order of attributes, and white space in tags are not in the canonical form.
    text = etree.tostring(signed()).decode()
    with_spaces = text.replace('Version="2.0" IssueInstant', 'Version = "2.0"\n\t IssueInstant')
    assert with_spaces != text
    assume(with_spaces)
    assume(text.replace('Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"', "Method='urn:oasis:names:tc:SAML:2.0:cm:bearer'"))
