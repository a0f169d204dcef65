//! The algorithms of signatures and digests that are accepted. SHA-1 is not one of them.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey,
};

use crate::signing_key::{Kind, SigningKey};

/// How a signature was made (RFC 9231).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignatureAlgorithm {
    RsaSha256,
    RsaSha384,
    RsaSha512,
    EcdsaSha256,
    EcdsaSha384,
}

impl SignatureAlgorithm {
    pub(crate) fn named(uri: &str) -> Option<Self> {
        let name = uri.strip_prefix("http://www.w3.org/2001/04/xmldsig-more#")?;
        Some(match name {
            "rsa-sha256" => Self::RsaSha256,
            "rsa-sha384" => Self::RsaSha384,
            "rsa-sha512" => Self::RsaSha512,
            "ecdsa-sha256" => Self::EcdsaSha256,
            "ecdsa-sha384" => Self::EcdsaSha384,
            _ => return None,
        })
    }

    /// Whether `key` made `signature` over `message`, with this algorithm and no other.
    pub(crate) fn verifies(self, key: &SigningKey, message: &[u8], signature: &[u8]) -> bool {
        let algorithm: &'static dyn signature::VerificationAlgorithm = match (self, key.kind()) {
            (Self::RsaSha256, Kind::Rsa) => &RSA_PKCS1_2048_8192_SHA256,
            (Self::RsaSha384, Kind::Rsa) => &RSA_PKCS1_2048_8192_SHA384,
            (Self::RsaSha512, Kind::Rsa) => &RSA_PKCS1_2048_8192_SHA512,
            (Self::EcdsaSha256, Kind::P256) => &ECDSA_P256_SHA256_FIXED,
            (Self::EcdsaSha384, Kind::P384) => &ECDSA_P384_SHA384_FIXED,
            _ => return false,
        };
        UnparsedPublicKey::new(algorithm, key.der())
            .verify(message, signature)
            .is_ok()
    }
}

/// The digest algorithm of this name.
pub(crate) fn digest_named(uri: &str) -> Option<&'static digest::Algorithm> {
    match uri {
        "http://www.w3.org/2001/04/xmlenc#sha256" => Some(&digest::SHA256),
        "http://www.w3.org/2001/04/xmldsig-more#sha384" => Some(&digest::SHA384),
        "http://www.w3.org/2001/04/xmlenc#sha512" => Some(&digest::SHA512),
        _ => None,
    }
}
