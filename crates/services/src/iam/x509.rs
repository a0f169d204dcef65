//! X.509 certificates (RFC 5280): what IAM looks at in them.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use jiff::Timestamp;
use x509_cert::der::{self, Decode, Reader, SliceReader};

use super::pem;

/// A certificate that could be read.
pub(super) struct Certificate {
    der: Vec<u8>,
    /// What the issuer has signed.
    signed: Vec<u8>,
    parsed: x509_cert::Certificate,
    /// From when on it is valid.
    not_before: Timestamp,
    /// The last moment that it is valid.
    pub(super) not_after: Timestamp,
}

impl Certificate {
    /// The only certificate in a text in PEM.
    pub(super) fn one(text: &str) -> Option<Self> {
        let mut all = Self::all(text)?;
        let one = all.pop()?;
        all.is_empty().then_some(one)
    }

    /// The certificates in a text in PEM that holds nothing else.
    pub(super) fn all(text: &str) -> Option<Vec<Self>> {
        let blocks = pem::blocks(text)?.into_iter();
        blocks
            .map(|block| match block.label {
                "CERTIFICATE" => Self::from_der(&block.der),
                _ => None,
            })
            .collect()
    }

    fn from_der(der: &[u8]) -> Option<Self> {
        let parsed = x509_cert::Certificate::from_der(der).ok()?;
        let validity = parsed.tbs_certificate().validity();
        Some(Self {
            not_before: timestamp(validity.not_before)?,
            not_after: timestamp(validity.not_after)?,
            der: der.to_vec(),
            signed: signed_part(der).ok()?,
            parsed,
        })
    }

    /// Says what is wrong when the certificate isn't valid at `now`.
    pub(super) fn valid_at(&self, now: Timestamp) -> Result<(), String> {
        if now < self.not_before {
            let from = self.not_before;
            return Err(format!(
                "Certificate is not yet valid. The 'Not Before' date restricts it to {from} and later."
            ));
        }
        if self.not_after < now {
            let until = self.not_after;
            return Err(format!(
                "Certificate is no longer valid. The 'Not After' date restricts it to {until} and \
                 earlier."
            ));
        }
        Ok(())
    }

    /// SHA-256 of it, in hexadecimal.
    pub(super) fn digest(&self) -> String {
        let digest = digest(&SHA256, &self.der);
        digest
            .as_ref()
            .iter()
            .map(|it| format!("{it:02x}"))
            .collect()
    }

    /// The bits of its public key: `RSAPublicKey` in DER, or a point of a curve.
    pub(super) fn public_key(&self) -> &[u8] {
        let info = self.parsed.tbs_certificate().subject_public_key_info();
        info.subject_public_key.raw_bytes()
    }

    /// Whether `issuer` has issued it: the names meet, and the signature is the issuer's.
    pub(super) fn is_issued_by(&self, issuer: &Self) -> bool {
        let named = self.parsed.tbs_certificate().issuer();
        if named != issuer.parsed.tbs_certificate().subject() {
            return false;
        }
        let algorithm = self.parsed.signature_algorithm().oid.to_string();
        let signature = self.parsed.signature().raw_bytes();
        algorithms(&algorithm).iter().any(|algorithm| {
            let key = UnparsedPublicKey::new(*algorithm, issuer.public_key());
            key.verify(&self.signed, signature).is_ok()
        })
    }
}

/// The first part of a certificate's sequence, byte for byte.
fn signed_part(der: &[u8]) -> Result<Vec<u8>, der::Error> {
    SliceReader::new(der)?.sequence(|parts| {
        let signed = parts.tlv_bytes()?.to_vec();
        parts.tlv_bytes()?;
        parts.tlv_bytes()?;
        Ok(signed)
    })
}

fn timestamp(time: x509_cert::time::Time) -> Option<Timestamp> {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).ok()?;
    Timestamp::from_second(seconds).ok()
}

/// The algorithms that an algorithm identifier may stand for; which one it is follows from the
/// issuer's key, that the others can't read (RFC 4055, RFC 5758, RFC 8410).
fn algorithms(oid: &str) -> &'static [&'static dyn VerificationAlgorithm] {
    match oid {
        "1.2.840.113549.1.1.5" => &[&signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY],
        "1.2.840.113549.1.1.11" => &[&signature::RSA_PKCS1_2048_8192_SHA256],
        "1.2.840.113549.1.1.12" => &[&signature::RSA_PKCS1_2048_8192_SHA384],
        "1.2.840.113549.1.1.13" => &[&signature::RSA_PKCS1_2048_8192_SHA512],
        "1.2.840.113549.1.1.10" => &[
            &signature::RSA_PSS_2048_8192_SHA256,
            &signature::RSA_PSS_2048_8192_SHA384,
            &signature::RSA_PSS_2048_8192_SHA512,
        ],
        "1.2.840.10045.4.3.2" => &[
            &signature::ECDSA_P256_SHA256_ASN1,
            &signature::ECDSA_P384_SHA256_ASN1,
            &signature::ECDSA_P521_SHA256_ASN1,
        ],
        "1.2.840.10045.4.3.3" => &[
            &signature::ECDSA_P256_SHA384_ASN1,
            &signature::ECDSA_P384_SHA384_ASN1,
            &signature::ECDSA_P521_SHA384_ASN1,
        ],
        "1.2.840.10045.4.3.4" => &[
            &signature::ECDSA_P256_SHA512_ASN1,
            &signature::ECDSA_P384_SHA512_ASN1,
            &signature::ECDSA_P521_SHA512_ASN1,
        ],
        "1.3.101.112" => &[&signature::ED25519],
        _ => &[],
    }
}
