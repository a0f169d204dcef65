//! Encrypted assertions (SAML 2.0 core, section 2.3.4; W3C, "XML Encryption" 1.1).
//!
//! The key is transported by RSA-OAEP and the content encrypted by AES-GCM. AES-CBC is refused:
//! nothing authenticates its plaintext, so whoever may hand in altered texts can have them
//! decrypted by watching the answers.

use std::fmt;

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512,
    OaepAlgorithm, OaepPrivateDecryptingKey, PrivateDecryptingKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Node;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::der;
use crate::error::SamlError;
use crate::tree::{bytes_of, children, is, ns, only_child};

/// An RSA key that assertions are encrypted to, in PKCS #8.
pub struct PrivateKey {
    key: OaepPrivateDecryptingKey,
    der: Zeroizing<Vec<u8>>,
}

/// Not the PEM of an RSA key of 2,048 to 8,192 bits, in PKCS #8 or PKCS #1 and without a password.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not an RSA private key in PEM without a password, of 2048 to 8192 bits")]
pub struct InvalidPrivateKey;

impl PrivateKey {
    /// The key of a PEM file with nothing else in it.
    ///
    /// # Errors
    /// [`InvalidPrivateKey`].
    pub fn from_pem(text: &str) -> Result<Self, InvalidPrivateKey> {
        let inside = |label: &str| {
            let (begin, end) = (
                format!("-----BEGIN {label}-----"),
                format!("-----END {label}-----"),
            );
            let text = text.trim().strip_prefix(&begin)?.strip_suffix(&end)?;
            let mut text = Zeroizing::new(text.to_owned());
            text.retain(|letter| !letter.is_ascii_whitespace());
            STANDARD.decode(text.as_bytes()).ok().map(Zeroizing::new)
        };
        if let Some(der) = inside("PRIVATE KEY") {
            return Self::from_pkcs8(&der);
        }
        let der = inside("RSA PRIVATE KEY").ok_or(InvalidPrivateKey)?;
        Self::from_pkcs8(&der::pkcs8_of_rsa(&der))
    }

    /// The key in PKCS #8.
    ///
    /// # Errors
    /// [`InvalidPrivateKey`].
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, InvalidPrivateKey> {
        let key = PrivateDecryptingKey::from_pkcs8(der).map_err(|_| InvalidPrivateKey)?;
        if !(2048..=8192).contains(&key.key_size_bits()) {
            return Err(InvalidPrivateKey);
        }
        Ok(Self {
            key: OaepPrivateDecryptingKey::new(key).map_err(|_| InvalidPrivateKey)?,
            der: Zeroizing::new(der.to_vec()),
        })
    }

    /// The key in PKCS #8, to be sealed.
    #[must_use]
    pub fn to_pkcs8(&self) -> &[u8] {
        &self.der
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

/// The text of the assertion in an `EncryptedAssertion`, by the first key that opens it. The keys
/// are asked for when there is something that one of them could open. Why it doesn't open is told
/// to nobody.
///
/// # Errors
/// [`SamlError::Decryption`].
pub(crate) fn decrypt<K: AsRef<[PrivateKey]>>(
    encrypted: Node<'_, '_>,
    keys: impl FnOnce() -> K,
) -> Result<Zeroizing<String>, SamlError> {
    let refuse = |detail: &str| SamlError::Decryption(detail.to_owned());
    let parts = Parts::of(encrypted)
        .ok_or_else(|| refuse("not one text by AES-GCM with one key by RSA-OAEP"))?;
    let keys = keys();
    let opened = keys.as_ref().iter().find_map(|key| parts.open(key));
    opened.ok_or_else(|| refuse("no key of the provider opens the assertion"))
}

struct Parts {
    transport: &'static OaepAlgorithm,
    key: Vec<u8>,
    cipher: &'static Algorithm,
    text: Vec<u8>,
}

impl Parts {
    fn of(encrypted: Node<'_, '_>) -> Option<Self> {
        let data = only_child(encrypted, ns::ENCRYPTION, "EncryptedData")?;
        if data
            .attribute("Type")
            .is_some_and(|kind| kind != "http://www.w3.org/2001/04/xmlenc#Element")
        {
            return None;
        }
        let within = children(data, ns::SIGNATURE, "KeyInfo")
            .flat_map(|info| children(info, ns::ENCRYPTION, "EncryptedKey"));
        let beside = children(encrypted, ns::ENCRYPTION, "EncryptedKey");
        let mut keys = within.chain(beside);
        let key = keys.next()?;
        if keys.next().is_some() {
            return None;
        }
        Some(Self {
            transport: transport(only_child(key, ns::ENCRYPTION, "EncryptionMethod")?)?,
            key: cipher_value(key)?,
            cipher: cipher(only_child(data, ns::ENCRYPTION, "EncryptionMethod")?)?,
            text: cipher_value(data)?,
        })
    }

    fn open(&self, key: &PrivateKey) -> Option<Zeroizing<String>> {
        let mut content_key = Zeroizing::new(vec![0; key.key.min_output_size()]);
        let content_key = key
            .key
            .decrypt(self.transport, &self.key, &mut content_key, None)
            .ok()?;
        let opening = LessSafeKey::new(UnboundKey::new(self.cipher, content_key).ok()?);
        let (nonce, sealed) = self.text.split_first_chunk()?;
        let mut text = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = opening.open_in_place(nonce, Aad::empty(), &mut text).ok()?;
        Some(Zeroizing::new(str::from_utf8(opened).ok()?.to_owned()))
    }
}

/// RSA-OAEP; the digest of the mask is the other digest, as far as it can be said.
fn transport(method: Node<'_, '_>) -> Option<&'static OaepAlgorithm> {
    let algorithm = method.attribute("Algorithm")?;
    if children(method, ns::ENCRYPTION, "OAEPparams")
        .next()
        .is_some()
    {
        return None;
    }
    let digest = children(method, ns::SIGNATURE, "DigestMethod").next();
    let digest = digest.map_or(Some(SHA1), |it| it.attribute("Algorithm"))?;
    let mask = children(method, ns::ENCRYPTION_11, "MGF").next();
    let mask = mask.map_or(Some("mgf1sha1"), |it| {
        it.attribute("Algorithm")?.strip_prefix(ns::ENCRYPTION_11)
    })?;
    match (algorithm, digest, mask) {
        ("http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", SHA1, "mgf1sha1")
        | (OAEP, SHA1, "mgf1sha1") => Some(&OAEP_SHA1_MGF1SHA1),
        (OAEP, "http://www.w3.org/2001/04/xmlenc#sha256", "mgf1sha256") => {
            Some(&OAEP_SHA256_MGF1SHA256)
        }
        (OAEP, "http://www.w3.org/2001/04/xmldsig-more#sha384", "mgf1sha384") => {
            Some(&OAEP_SHA384_MGF1SHA384)
        }
        (OAEP, "http://www.w3.org/2001/04/xmlenc#sha512", "mgf1sha512") => {
            Some(&OAEP_SHA512_MGF1SHA512)
        }
        _ => None,
    }
}

fn cipher(method: Node<'_, '_>) -> Option<&'static Algorithm> {
    match method
        .attribute("Algorithm")?
        .strip_prefix(ns::ENCRYPTION_11)?
    {
        "aes128-gcm" => Some(&AES_128_GCM),
        "aes256-gcm" => Some(&AES_256_GCM),
        _ => None,
    }
}

fn cipher_value(node: Node<'_, '_>) -> Option<Vec<u8>> {
    let data = only_child(node, ns::ENCRYPTION, "CipherData")?;
    let value = only_child(data, ns::ENCRYPTION, "CipherValue")?;
    bytes_of(value)
}

/// Whether an element is an encrypted assertion.
pub(crate) fn is_encrypted(node: &Node<'_, '_>) -> bool {
    is(node, ns::ASSERTION, "EncryptedAssertion")
}

/// As a part of OAEP it only has to mix: nothing rests on its resistance to collisions.
const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";
const OAEP: &str = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
