//! One RSA signing key: its private bytes, its id, its public form.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
};
use aws_lc_rs::{digest, rsa};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use zeroize::Zeroizing;

use super::{IssuerError, PublishedKey};
use crate::der::rsa_numbers;

/// A private key in PKCS #8 (DER). It is wiped when it goes and `Debug` doesn't show it.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivateKey(Zeroizing<Vec<u8>>);

impl PrivateKey {
    /// Takes the bytes as they were stored. What they are is checked by
    /// [`Issuer::from_stored`](super::Issuer::from_stored).
    pub fn from_pkcs8(der: Vec<u8>) -> Self {
        Self(Zeroizing::new(der))
    }

    /// Reads the first private key of a PEM text: `RSA PRIVATE KEY` (PKCS #1, as ccoctl writes it to
    /// `bound-service-account-signing-key.key`) or `PRIVATE KEY` (PKCS #8).
    ///
    /// # Errors
    /// [`IssuerError::InvalidKey`], also for keys that aren't RSA or shorter than 2048 bits.
    pub fn from_pem(text: &[u8]) -> Result<Self, IssuerError> {
        let pair = match PrivateKeyDer::from_pem_slice(text) {
            Ok(PrivateKeyDer::Pkcs1(der)) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            Ok(PrivateKeyDer::Pkcs8(der)) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            _ => return Err(IssuerError::InvalidKey),
        };
        let pair = pair.map_err(|_| IssuerError::InvalidKey)?;
        Ok(SigningKey::of_pair(pair)?.private)
    }

    /// The bytes, to be sealed and stored.
    pub fn as_pkcs8(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}

pub(crate) struct SigningKey {
    pair: RsaKeyPair,
    private: PrivateKey,
    id: String,
    /// The public key's two numbers, big-endian without leading zeros.
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl SigningKey {
    pub(crate) fn generate() -> Result<Self, IssuerError> {
        Self::of_size(KeySize::Rsa2048)
    }

    pub(crate) fn of_size(size: KeySize) -> Result<Self, IssuerError> {
        let pair = RsaKeyPair::generate(size);
        Self::of_pair(pair.map_err(|_| IssuerError::Crypto("make a key"))?)
    }

    fn of_pair(pair: RsaKeyPair) -> Result<Self, IssuerError> {
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair)
            .map_err(|_| IssuerError::Crypto("encode a key"))?;
        let private = PrivateKey::from_pkcs8(der.as_ref().to_vec());
        Self::new(pair, private)
    }

    pub(crate) fn from_pkcs8(private: PrivateKey) -> Result<Self, IssuerError> {
        let pair =
            RsaKeyPair::from_pkcs8(private.as_pkcs8()).map_err(|_| IssuerError::InvalidKey)?;
        Self::new(pair, private)
    }

    fn new(pair: RsaKeyPair, private: PrivateKey) -> Result<Self, IssuerError> {
        if !(256..=1024).contains(&pair.public_modulus_len()) {
            return Err(IssuerError::InvalidKey);
        }
        let public: &rsa::PublicKey = pair.public_key();
        let id = key_id(&spki(public)?);
        let (modulus, exponent) =
            rsa_numbers(public.as_ref()).ok_or(IssuerError::Crypto("encode a public key"))?;
        let (modulus, exponent) = (modulus.to_vec(), exponent.to_vec());
        Ok(Self {
            pair,
            private,
            id,
            modulus,
            exponent,
        })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn private(&self) -> &PrivateKey {
        &self.private
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, IssuerError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .map_err(|_| IssuerError::Crypto("sign"))?;
        Ok(signature)
    }

    pub(crate) fn public(&self) -> Result<ParsedPublicKey, IssuerError> {
        ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.pair.public_key())
            .map_err(|_| IssuerError::InvalidKey)
    }

    /// The public key's numbers n and e in base64url, as a JWK has them.
    pub(crate) fn numbers(&self) -> (String, String) {
        let encode = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
        (encode(&self.modulus), encode(&self.exponent))
    }

    /// The public key as a key set document shows it.
    pub(crate) fn published(&self) -> PublishedKey {
        PublishedKey::rsa(&self.id, &self.modulus, &self.exponent)
    }

    /// The public key as a SubjectPublicKeyInfo in DER.
    pub(crate) fn spki(&self) -> Result<Vec<u8>, IssuerError> {
        spki(self.pair.public_key())
    }
}

fn spki(public: &rsa::PublicKey) -> Result<Vec<u8>, IssuerError> {
    let der = AsDer::<PublicKeyX509Der<'_>>::as_der(public);
    let der = der.map_err(|_| IssuerError::Crypto("encode a public key"))?;
    Ok(der.as_ref().to_vec())
}

/// The id of a public key, from its SPKI in DER: as kube-apiserver, ccoctl and rosa derive it.
pub(crate) fn key_id(spki: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, spki))
}
