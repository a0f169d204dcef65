"""A SAML identity provider: metadata, and responses that an independent implementation signs."""

import base64
import datetime
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml import CanonicalizationMethod, SignatureMethod, XMLSigner, methods

NS = {
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "md": "urn:oasis:names:tc:SAML:2.0:metadata",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "xenc": "http://www.w3.org/2001/04/xmlenc#",
}
ENTITY = "https://idp.example.com/saml"
AWS = "https://aws.amazon.com/SAML/Attributes/"
RECIPIENT = "https://signin.aws.amazon.com/saml"
AUDIENCE = "urn:amazon:webservices"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"


def stamp(seconds: float, now: datetime.datetime | None = None) -> str:
    """A time so many seconds from now, as SAML writes it."""
    at = (now or datetime.datetime.now(datetime.UTC)) + datetime.timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


class Idp:
    """An identity provider with a key and a self-signed certificate."""

    def __init__(self, key=None, entity: str = ENTITY):
        self.entity = entity
        self.key = key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.certificate = certificate_of(self.key)

    def metadata(self, *, use: str = 'use="signing"', valid_until: str | None = None, certificates=None) -> str:
        """The metadata document."""
        end = f' validUntil="{valid_until}"' if valid_until else ""
        keys = "".join(
            f'<md:KeyDescriptor {use}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{text}</ds:X509Certificate>'
            "</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            for text in (certificates or [base64_of(self.certificate)])
        )
        return (
            '<?xml version="1.0"?>\n<!-- An identity provider. -->\n'
            f'<md:EntityDescriptor xmlns:md="{NS["md"]}" xmlns:ds="{NS["ds"]}" entityID="{self.entity}"{end}>'
            f'<md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="{NS["samlp"]}">'
            f"{keys}<md:NameIDFormat>{PERSISTENT}</md:NameIDFormat>"
            '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" '
            f'Location="{self.entity}/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>'
        )

    def sign(self, element, *, method=SignatureMethod.RSA_SHA256, digest="sha256", key=None, after_issuer=True):
        """Signs an element that has an ID, and puts the signature where SAML has it. Returns the signed element,
        in the place of the other."""
        signer = XMLSigner(
            method=methods.enveloped, signature_algorithm=method, digest_algorithm=digest,
            c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        )
        signed = signer.sign(
            element, key=key or self.key, cert=[self.certificate], reference_uri="#" + element.get("ID"),
            always_add_key_value=False,
        )
        if after_issuer:
            signature = signed.find("ds:Signature", NS)
            issuer = signed.find("saml:Issuer", NS)
            signed.remove(signature)
            issuer.addnext(signature)
        parent = element.getparent()
        if parent is not None:
            parent.replace(element, signed)
        return signed

    def response(self, roles: list[str], **options):
        """An unsigned response with one assertion, as elements."""
        return etree.fromstring(self.text(roles, **options).encode())

    def text(
        self, roles: list[str], *, name: str = "alice", subject: str = "alice@example.com",
        format: str | None = PERSISTENT, recipient: str = RECIPIENT, audiences=(AUDIENCE,), attributes: dict | None = None,
        issued: float = 0, not_before: float = -30, not_after: float = 300, confirmed: float = 300,
        session_end: float | None = None, issuer: str | None = None, status: str = SUCCESS,
        destination: str | None = None, condition: str = "", confirmation: str = "urn:oasis:names:tc:SAML:2.0:cm:bearer",
        now: datetime.datetime | None = None, ids: tuple[str, str] | None = None,
    ) -> str:
        """The text of an unsigned response."""
        at = lambda seconds: stamp(seconds, now)  # noqa: E731
        response_id, assertion_id = ids or ("_r" + os.urandom(8).hex(), "_a" + os.urandom(8).hex())
        given = {AWS + "Role": roles, AWS + "RoleSessionName": [name], **(attributes or {})}
        written = "".join(
            f'<saml:Attribute Name="{key}">'
            + "".join(f"<saml:AttributeValue>{value}</saml:AttributeValue>" for value in values)
            + "</saml:Attribute>"
            for key, values in given.items() if values is not None
        )
        audience = "".join(f"<saml:Audience>{it}</saml:Audience>" for it in audiences)
        restriction = f"<saml:AudienceRestriction>{audience}</saml:AudienceRestriction>" if audiences else ""
        format_of = f' Format="{format}"' if format else ""
        end = f' SessionNotOnOrAfter="{at(session_end)}"' if session_end is not None else ""
        sent_to = f' Destination="{destination or recipient}"'
        issuer = f"<saml:Issuer>{issuer or self.entity}</saml:Issuer>"
        return (
            f'<samlp:Response xmlns:samlp="{NS["samlp"]}" xmlns:saml="{NS["saml"]}" ID="{response_id}" Version="2.0" '
            f'IssueInstant="{at(issued)}"{sent_to}>{issuer}'
            f'<samlp:Status><samlp:StatusCode Value="{status}"/></samlp:Status>'
            f'<saml:Assertion ID="{assertion_id}" Version="2.0" IssueInstant="{at(issued)}">{issuer}'
            f"<saml:Subject><saml:NameID{format_of}>{subject}</saml:NameID>"
            f'<saml:SubjectConfirmation Method="{confirmation}"><saml:SubjectConfirmationData '
            f'NotOnOrAfter="{at(confirmed)}" Recipient="{recipient}"/></saml:SubjectConfirmation></saml:Subject>'
            f'<saml:Conditions NotBefore="{at(not_before)}" NotOnOrAfter="{at(not_after)}">{restriction}{condition}'
            f'</saml:Conditions><saml:AuthnStatement AuthnInstant="{at(issued)}"{end}><saml:AuthnContext>'
            "<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>"
            "</saml:AuthnContext></saml:AuthnStatement>"
            f"<saml:AttributeStatement>{written}</saml:AttributeStatement></saml:Assertion></samlp:Response>"
        )

    def signed(self, roles: list[str], *, what: str = "assertion", method=None, digest="sha256", **options) -> str:
        """A signed response in base64; `what` is signed: the assertion, the response or both."""
        response = self.response(roles, **options)
        signing = {"digest": digest, **({"method": method} if method else {})}
        if what in ("assertion", "both"):
            self.sign(assertion_of(response), **signing)
        if what in ("response", "both"):
            response = self.sign(response, **signing)
        return encode(response)


def assertion_of(response):
    """The assertion of a response."""
    return response.find("saml:Assertion", NS)


def encode(element) -> str:
    """A document in base64."""
    text = element if isinstance(element, str) else etree.tostring(element)
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def decode(encoded: str):
    """The elements of an encoded document."""
    return etree.fromstring(base64.b64decode(encoded))


def base64_of(certificate) -> str:
    """A certificate as metadata hold it."""
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()


def certificate_of(key):
    """A self-signed certificate that expired long ago, which nobody minds."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp")])
    begin = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(begin).not_valid_after(begin + datetime.timedelta(days=1))
    return builder.sign(key, hashes.SHA256())


def pem(key, *, traditional: bool = False) -> str:
    """A private key in PEM."""
    form = serialization.PrivateFormat.TraditionalOpenSSL if traditional else serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def encrypt(response, public_key, *, bits: int = 256, oaep: str = "sha1", cipher: str | None = None) -> None:
    """Puts an encrypted assertion in the place of a response's assertion."""
    assertion = assertion_of(response)
    # A document of its own: it declares what it uses.
    plain = etree.tostring(assertion, method="c14n", exclusive=True)
    content, nonce = AESGCM.generate_key(bits), os.urandom(12)
    sealed = nonce + AESGCM(content).encrypt(nonce, plain, None)
    hashing = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256()}[oaep]
    wrapped = public_key.encrypt(content, padding.OAEP(padding.MGF1(hashing), hashing, None))
    method = {
        "sha1": '<xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"/>',
        "sha256": '<xenc:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#rsa-oaep">'
                  f'<ds:DigestMethod xmlns:ds="{NS["ds"]}" Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
                  '<xenc11:MGF xmlns:xenc11="http://www.w3.org/2009/xmlenc11#" '
                  'Algorithm="http://www.w3.org/2009/xmlenc11#mgf1sha256"/></xenc:EncryptionMethod>',
    }[oaep]
    text = base64.b64encode
    cipher = cipher or f"http://www.w3.org/2009/xmlenc11#aes{bits}-gcm"
    encrypted = etree.fromstring(
        f'<saml:EncryptedAssertion xmlns:saml="{NS["saml"]}"><xenc:EncryptedData xmlns:xenc="{NS["xenc"]}" '
        f'Type="http://www.w3.org/2001/04/xmlenc#Element"><xenc:EncryptionMethod Algorithm="{cipher}"/>'
        f'<ds:KeyInfo xmlns:ds="{NS["ds"]}"><xenc:EncryptedKey>{method}<xenc:CipherData><xenc:CipherValue>'
        f"{text(wrapped).decode()}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo>"
        f"<xenc:CipherData><xenc:CipherValue>{text(sealed).decode()}</xenc:CipherValue></xenc:CipherData>"
        "</xenc:EncryptedData></saml:EncryptedAssertion>"
    )
    response.replace(assertion, encrypted)


def p256():
    """A key of ECDSA on P-256."""
    return ec.generate_private_key(ec.SECP256R1())
