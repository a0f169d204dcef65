//! A cluster's key pair in the files that ccoctl and kube-apiserver read.

use std::fmt;

use aws_lc_rs::rsa::KeySize;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::{IssuerError, PrivateKey, PublishedKey, SigningKey};
use crate::der::pkcs8_private_key;

/// Characters of a line of PEM (RFC 7468, section 2).
const LINE: usize = 64;

/// An RSA key pair that service-account tokens are signed with.
pub struct KeyPair(SigningKey);

impl KeyPair {
    /// Makes a pair of 2048, 3072, 4096 or 8192 bits. With 4096 bits that takes a core about a second.
    ///
    /// # Errors
    /// [`IssuerError::InvalidKey`] for any other length, [`IssuerError::Crypto`].
    pub fn generate(bits: u32) -> Result<Self, IssuerError> {
        let size = match bits {
            2048 => KeySize::Rsa2048,
            3072 => KeySize::Rsa3072,
            4096 => KeySize::Rsa4096,
            8192 => KeySize::Rsa8192,
            _ => return Err(IssuerError::InvalidKey),
        };
        Ok(Self(SigningKey::of_size(size)?))
    }

    /// Reads a pair from its private key, as [`PrivateKey::from_pem`] does.
    ///
    /// # Errors
    /// [`IssuerError::InvalidKey`].
    pub fn from_pem(text: &[u8]) -> Result<Self, IssuerError> {
        Ok(Self(SigningKey::from_pkcs8(PrivateKey::from_pem(text)?)?))
    }

    /// The private key in PKCS #1 (`RSA PRIVATE KEY`): what ccoctl writes to `serviceaccount-signer.private`.
    ///
    /// # Errors
    /// [`IssuerError::Crypto`].
    pub fn private_pem(&self) -> Result<Zeroizing<String>, IssuerError> {
        let der = pkcs8_private_key(self.0.private().as_pkcs8());
        let der = der.ok_or(IssuerError::Crypto("encode a key"))?;
        Ok(Zeroizing::new(pem("RSA PRIVATE KEY", der)))
    }

    /// The public key as a SubjectPublicKeyInfo (`PUBLIC KEY`): what ccoctl writes to `serviceaccount-signer.public`.
    ///
    /// # Errors
    /// [`IssuerError::Crypto`].
    pub fn public_pem(&self) -> Result<String, IssuerError> {
        Ok(pem("PUBLIC KEY", &self.0.spki()?))
    }

    /// The public key as a key set document shows it.
    pub fn published(&self) -> PublishedKey {
        self.0.published()
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyPair").field(&self.0.id()).finish()
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let body = Zeroizing::new(STANDARD.encode(der));
    // Room for all of it, so that no copy of a secret is left behind by growing.
    let mut text = String::with_capacity(body.len() + body.len() / LINE + 2 * label.len() + 64);
    text.extend(["-----BEGIN ", label, "-----\n"]);
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE));
        text.extend([line, "\n"]);
        rest = after;
    }
    text.extend(["-----END ", label, "-----\n"]);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_that_is_written_is_read_again() {
        let pair = KeyPair::generate(2048).unwrap();
        let private = pair.private_pem().unwrap();
        assert!(private.starts_with("-----BEGIN RSA PRIVATE KEY-----\nMII"));
        assert!(private.lines().all(|line| line.len() <= LINE));
        let again = KeyPair::from_pem(private.as_bytes()).unwrap();
        assert_eq!(*again.private_pem().unwrap(), *private);
        let public = again.public_pem().unwrap();
        let published = PublishedKey::from_pem(public.as_bytes()).unwrap();
        assert_eq!(published, pair.published());
        assert!(!format!("{pair:?}").contains("private"));
    }

    #[test]
    fn other_lengths_are_refused() {
        assert!(KeyPair::generate(1024).is_err());
    }
}
