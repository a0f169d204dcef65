//! A public key that an identity provider signs with.

use aws_lc_rs::rsa::PublicEncryptingKey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::der;

/// A public key of an identity provider: RSA of 2,048 to 8,192 bits, or ECDSA on P-256 or P-384.
/// It is kept as base64 of its `SubjectPublicKeyInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SigningKey {
    kind: Kind,
    der: Vec<u8>,
}

/// What a key can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Rsa,
    P256,
    P384,
}

/// Why a certificate brings no key to verify with.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidSigningKey {
    /// Not the DER of a certificate, or of a public key.
    #[error("not a certificate")]
    Certificate,
    /// Another kind of key.
    #[error("the key is neither RSA nor ECDSA on P-256 or P-384")]
    Kind,
    /// An RSA key that is too short or too long.
    #[error("an RSA key must have 2048 to 8192 bits")]
    Size,
}

impl SigningKey {
    /// The key in a certificate, of which nothing else is looked at.
    ///
    /// # Errors
    /// [`InvalidSigningKey`].
    pub fn of_certificate(der: &[u8]) -> Result<Self, InvalidSigningKey> {
        let key = der::public_key(der).ok_or(InvalidSigningKey::Certificate)?;
        Self::of_public_key(key)
    }

    /// A key by its `SubjectPublicKeyInfo` (RFC 5280).
    ///
    /// # Errors
    /// [`InvalidSigningKey`].
    pub fn of_public_key(der: &[u8]) -> Result<Self, InvalidSigningKey> {
        let (algorithm, curve) = der::algorithm(der).ok_or(InvalidSigningKey::Certificate)?;
        let kind = match (algorithm, curve) {
            (RSA, _) => Kind::Rsa,
            (ELLIPTIC, Some(P256)) => Kind::P256,
            (ELLIPTIC, Some(P384)) => Kind::P384,
            _ => return Err(InvalidSigningKey::Kind),
        };
        if kind == Kind::Rsa {
            let key = PublicEncryptingKey::from_der(der).map_err(|_| InvalidSigningKey::Size)?;
            if !(2048..=8192).contains(&key.key_size_bits()) {
                return Err(InvalidSigningKey::Size);
            }
        }
        Ok(Self {
            kind,
            der: der.to_vec(),
        })
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }
}

impl TryFrom<String> for SigningKey {
    type Error = InvalidSigningKey;

    fn try_from(text: String) -> Result<Self, InvalidSigningKey> {
        let der = STANDARD
            .decode(text)
            .map_err(|_| InvalidSigningKey::Certificate)?;
        Self::of_public_key(&der)
    }
}

impl From<SigningKey> for String {
    fn from(key: SigningKey) -> Self {
        STANDARD.encode(key.der)
    }
}

/// 1.2.840.113549.1.1.1
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
/// 1.2.840.10045.2.1
const ELLIPTIC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
/// 1.2.840.10045.3.1.7
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
/// 1.3.132.0.34
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0, 0x22];
