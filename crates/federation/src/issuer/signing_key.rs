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
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::IssuerError;
use crate::der::rsa_numbers;

/// A private key in PKCS #8 (DER). It is wiped when it goes and `Debug` doesn't show it.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivateKey(Zeroizing<Vec<u8>>);

impl PrivateKey {
    /// Takes the bytes as they were stored. What they are is checked by
    /// [`Issuer::from_pkcs8`](super::Issuer::from_pkcs8).
    pub fn from_pkcs8(der: Vec<u8>) -> Self {
        Self(Zeroizing::new(der))
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

pub(super) struct SigningKey {
    pair: RsaKeyPair,
    private: PrivateKey,
    id: String,
    /// The public key's two numbers, big-endian without leading zeros.
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl SigningKey {
    pub(super) fn generate() -> Result<Self, IssuerError> {
        let failed = |_| IssuerError::Crypto("make a key");
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(failed)?;
        let private = PrivateKey::from_pkcs8(der.as_ref().to_vec());
        Self::new(pair, private)
    }

    pub(super) fn from_pkcs8(private: PrivateKey) -> Result<Self, IssuerError> {
        let pair =
            RsaKeyPair::from_pkcs8(private.as_pkcs8()).map_err(|_| IssuerError::InvalidKey)?;
        if pair.public_modulus_len() < 256 {
            return Err(IssuerError::InvalidKey);
        }
        Self::new(pair, private)
    }

    fn new(pair: RsaKeyPair, private: PrivateKey) -> Result<Self, IssuerError> {
        let public: &rsa::PublicKey = pair.public_key();
        let spki = AsDer::<PublicKeyX509Der<'_>>::as_der(public)
            .map_err(|_| IssuerError::Crypto("encode a public key"))?;
        let id = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, spki.as_ref()));
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

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn private(&self) -> &PrivateKey {
        &self.private
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, IssuerError> {
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

    pub(super) fn public(&self) -> Result<ParsedPublicKey, IssuerError> {
        ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.pair.public_key())
            .map_err(|_| IssuerError::InvalidKey)
    }

    /// The public key as kube-apiserver and ccoctl publish it.
    pub(super) fn jwk(&self) -> Value {
        json!({
            "use": "sig",
            "kty": "RSA",
            "kid": self.id,
            "alg": "RS256",
            "n": URL_SAFE_NO_PAD.encode(&self.modulus),
            "e": URL_SAFE_NO_PAD.encode(&self.exponent),
        })
    }
}
