"""A certificate authority for one run of the tests."""

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from support.keys import private_pem


@dataclass(frozen=True)
class Authority:
    """Files in PEM: the authority's certificate, and a server's certificate and key for loopback names."""

    ca: Path
    certificate: Path
    key: Path


class Signer:
    """The authority's own key."""

    def __init__(self, name: str = "daypass tests"):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _name(name)
        self.certificate = (
            _builder(self.name, self.name, self.key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )

    def pem(self) -> bytes:
        """Its certificate."""
        return self.certificate.public_bytes(Encoding.PEM)

    def server(self, *names: str) -> tuple[bytes, bytes]:
        """A server's certificate and key in PEM, for host names and 127.0.0.1."""
        alternatives = [x509.DNSName(name) for name in names]
        alternatives.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
        return self._leaf(_name("localhost"), ExtendedKeyUsageOID.SERVER_AUTH, alternatives)

    def client(self, user: str, group: str) -> tuple[bytes, bytes]:
        """A client's certificate and key in PEM: the names that Kubernetes reads from it."""
        subject = x509.Name([
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, group), x509.NameAttribute(NameOID.COMMON_NAME, user),
        ])
        return self._leaf(subject, ExtendedKeyUsageOID.CLIENT_AUTH, [])

    def _leaf(self, subject: x509.Name, usage, alternatives: list) -> tuple[bytes, bytes]:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            _builder(self.name, subject, key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        )
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        certificate = builder.sign(self.key, hashes.SHA256())
        return certificate.public_bytes(Encoding.PEM), private_pem(key).encode()


def make_authority(directory: Path) -> Authority:
    """Makes a fresh authority."""
    signer = Signer()
    made = Authority(directory / "ca.pem", directory / "server.pem", directory / "server.key")
    certificate, key = signer.server("localhost", "s3.localhost", "*.s3.localhost")
    made.ca.write_bytes(signer.pem())
    made.certificate.write_bytes(certificate)
    made.key.write_bytes(key)
    return made


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(issuer: x509.Name, subject: x509.Name, key) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer).subject_name(subject).public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, key_cert_sign=signs_certificates,
        crl_sign=signs_certificates, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )
