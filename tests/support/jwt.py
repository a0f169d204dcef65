"""JSON Web Tokens, made and broken by hand."""

import base64
import hashlib
import hmac
import json
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature


def encode(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The bytes of a part."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def part(value: dict | str) -> str:
    """A header or payload; text is taken as it is."""
    text = value if isinstance(value, str) else json.dumps(value)
    return encode(text.encode())


def payload(token: str) -> dict:
    """A token's claims, unverified."""
    return json.loads(decode(token.split(".")[1]))


def claims(issuer: str, subject: str, **changes) -> dict:
    """The claims that every token needs; a change to None takes one away."""
    now = int(time.time())
    made = {
        "iss": issuer, "sub": subject, "aud": ["sts.amazonaws.com"],
        "iat": now, "nbf": now, "exp": now + 3600, **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


class Key:
    """A signing key with its algorithm and id."""

    def __init__(self, algorithm: str, kid: str):
        self.algorithm, self.kid = algorithm, kid
        if algorithm in ("RS256", "PS256"):
            self.private = rsa.generate_private_key(65537, 2048)
        elif algorithm == "EdDSA":
            self.private = ed25519.Ed25519PrivateKey.generate()
        else:
            self.private = ec.generate_private_key(ec.SECP256R1())

    def jwk(self) -> dict:
        """The public half, as a key set holds it."""
        common = {"kid": self.kid, "alg": self.algorithm, "use": "sig"}
        if self.algorithm == "EdDSA":
            return {**common, "kty": "OKP", "crv": "Ed25519", "x": encode(self.private.public_key().public_bytes_raw())}
        numbers = self.private.public_key().public_numbers()
        if self.algorithm in ("RS256", "PS256"):
            return {**common, "kty": "RSA", "n": encode(_bytes(numbers.n, 256)), "e": "AQAB"}
        x, y = encode(_bytes(numbers.x, 32)), encode(_bytes(numbers.y, 32))
        return {**common, "kty": "EC", "crv": "P-256", "x": x, "y": y}

    def kube_id(self) -> str:
        """The key id that kube-apiserver gives the key: of the hash of its DER form."""
        der = self.private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return encode(hashlib.sha256(der).digest())

    def public_pem(self) -> bytes:
        """The public half in PEM."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, made: dict | str, **header) -> str:
        """A token with these claims."""
        head = {"alg": self.algorithm, "kid": self.kid, "typ": "JWT", **header}
        signing = f"{part(head)}.{part(made)}"
        algorithm = head["alg"] if head["alg"] in ("RS256", "PS256") else self.algorithm
        if isinstance(self.private, rsa.RSAPrivateKey):
            salted = padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256().digest_size)
            scheme = salted if algorithm == "PS256" else padding.PKCS1v15()
            proof = self.private.sign(signing.encode(), scheme, hashes.SHA256())
        elif self.algorithm == "EdDSA":
            proof = self.private.sign(signing.encode())
        else:
            r, s = decode_dss_signature(self.private.sign(signing.encode(), ec.ECDSA(hashes.SHA256())))
            proof = _bytes(r, 32) + _bytes(s, 32)
        return f"{signing}.{encode(proof)}"


def unsigned(made: dict, algorithm: str, kid: str, proof: bytes = b"") -> str:
    """A token that says how it is signed, and isn't."""
    return f"{part({'alg': algorithm, 'kid': kid, 'typ': 'JWT'})}.{part(made)}.{encode(proof)}"


def with_hmac(made: dict, kid: str, secret: bytes) -> str:
    """A token signed with HS256."""
    signing = f"{part({'alg': 'HS256', 'kid': kid, 'typ': 'JWT'})}.{part(made)}"
    return f"{signing}.{encode(hmac.new(secret, signing.encode(), hashlib.sha256).digest())}"


def _bytes(number: int, length: int) -> bytes:
    return number.to_bytes(length, "big")
