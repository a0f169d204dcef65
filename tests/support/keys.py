"""Keys and certificates that users and accounts upload."""

import datetime
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID


def rsa_key(bits: int = 2048):
    """A fresh RSA key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def ec_key(curve=None):
    """A fresh key on a curve."""
    return ec.generate_private_key(curve or ec.SECP256R1())


def private_pem(key, *, traditional: bool = False, password: bytes | None = None) -> str:
    """A private key in PEM: PKCS #8, or its algorithm's own older form."""
    formats = serialization.PrivateFormat
    protection = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    form = formats.TraditionalOpenSSL if traditional else formats.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, protection).decode()


def public_pem(key) -> str:
    """A public key in PEM."""
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def ssh_line(key, comment: str = "") -> str:
    """A public key as OpenSSH writes it."""
    line = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    ).decode()
    return f"{line} {comment}".strip()


def fingerprint(key) -> str:
    """MD5 of a public key in DER, as `openssl md5 -c` shows it."""
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.md5(der).digest().hex(":")


def certificate(key, name: str = "server", issuer=None, issuer_key=None, *, days=(-1, 30), algorithm=None):
    """A certificate for a key, self-signed unless an issuer (a certificate) and its key are given."""
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=days[0]))
        .not_valid_after(now + datetime.timedelta(days=days[1]))
        .sign(issuer_key or key, algorithm or hashes.SHA256())
    )


def pem(*certificates) -> str:
    """Certificates in PEM, one after the other."""
    return "".join(it.public_bytes(serialization.Encoding.PEM).decode() for it in certificates)
