//! Being an issuer: signing keys with overlap, discovery and JWKS documents, service accounts' tokens.

mod documents;
mod key_pair;
mod published_key;
mod service_account;
mod signing_key;

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::algorithm::Algorithm;
use crate::error::TokenError;
use crate::fetch::DISCOVERY_PATH;
use crate::keys::{KeySet, MAX_KEYS, VerificationKey};
use crate::url::IssuerUrl;

pub(crate) use signing_key::{SigningKey, key_id};

pub use documents::discovery_document;
pub use key_pair::KeyPair;
pub use published_key::PublishedKey;
pub use service_account::{InvalidServiceAccount, PodRef, ServiceAccountRef, ServiceAccountToken};
pub use signing_key::PrivateKey;

/// An issuer hosted in this process, as it is at one moment: what changes it makes another one. It signs RS256 with
/// the newest of the keys whose time has come; the tokens of the earlier keys stay valid until those are retired.
pub struct Issuer {
    url: IssuerUrl,
    /// Newest first.
    keys: Vec<Held>,
    verification: KeySet,
    document: Vec<u8>,
}

/// A signing key and the second since 1970 from which on it signs. It is published before that already, so that those
/// who keep the key set for a while know it by then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// The private key.
    pub private: PrivateKey,
    /// The first second at which it signs.
    pub signs_from: i64,
}

/// What a key is good for at a moment. All of them are published and verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// It will sign from this second on.
    Next(i64),
    /// It signs.
    Signs,
    /// It has signed.
    Earlier,
}

/// An issuer can't be made or can't do what is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// The cryptographic library failed to make a key, a signature or random bytes.
    #[error("the cryptographic library failed to {0}")]
    Crypto(&'static str),
    /// The bytes aren't a private key that an issuer can have.
    #[error("the key isn't an RSA private key of 2048 to 8192 bits in PKCS #1 or PKCS #8")]
    InvalidKey,
    /// The text isn't a public key that an issuer can have.
    #[error("there is no RSA public key of 2048 to 8192 bits in it (`PUBLIC KEY` in PEM)")]
    InvalidPublicKey,
    /// The document isn't a key set.
    #[error("it is no JWK set: a JSON object with a list `keys`")]
    InvalidKeySet,
    /// There is no key, or no room for another one.
    #[error("an issuer has 1 to {MAX_KEYS} keys")]
    KeyCount,
    /// The issuer has this key already.
    #[error("the issuer has the key {0} already")]
    KnownKey(String),
    /// The issuer has no such key.
    #[error("the issuer has no key {0}")]
    UnknownKey(String),
    /// The key signs at this moment.
    #[error("the key {0} signs now; rotate first, and retire it when its last token has expired")]
    CurrentKey(String),
    /// The lifetime isn't one that Kubernetes would give or that we would accept.
    #[error("a token's lifetime is 600 to 86400 seconds, not {0}")]
    Lifetime(i64),
    /// There is no audience, or an empty one.
    #[error("a token needs at least one audience, and none may be empty")]
    Audience,
}

#[derive(Clone)]
struct Held {
    key: Arc<SigningKey>,
    signs_from: i64,
}

impl Issuer {
    /// Where an issuer's discovery document is, below its URL.
    pub const DISCOVERY_PATH: &'static str = DISCOVERY_PATH;
    /// Where an issuer's key set is, below its URL: the path that ccoctl and the pod identity webhook's guide use.
    pub const KEY_SET_PATH: &'static str = "/keys.json";

    /// Makes an issuer with a new 2048-bit key. That takes a core some tenths of a second.
    ///
    /// # Errors
    /// [`IssuerError::Crypto`].
    pub fn generate(url: IssuerUrl) -> Result<Self, IssuerError> {
        let key = Held {
            key: Arc::new(SigningKey::generate()?),
            signs_from: 0,
        };
        Self::of(url, vec![key])
    }

    /// Makes an issuer of its stored keys, the newest first, as [`Issuer::stored_keys`] gives them.
    ///
    /// # Errors
    /// [`IssuerError::InvalidKey`] or [`IssuerError::KeyCount`].
    pub fn from_stored(url: IssuerUrl, keys: &[StoredKey]) -> Result<Self, IssuerError> {
        let held = |stored: &StoredKey| {
            Ok(Held {
                key: Arc::new(SigningKey::from_pkcs8(stored.private.clone())?),
                signs_from: stored.signs_from,
            })
        };
        let keys = keys.iter().map(held).collect::<Result<_, _>>()?;
        Self::of(url, keys)
    }

    /// The issuer's URL.
    pub fn url(&self) -> &IssuerUrl {
        &self.url
    }

    /// The keys, the newest first, to be stored sealed.
    pub fn stored_keys(&self) -> Vec<StoredKey> {
        let stored = |held: &Held| StoredKey {
            private: held.key.private().clone(),
            signs_from: held.signs_from,
        };
        self.keys.iter().map(stored).collect()
    }

    /// The ids of the keys, the newest first, and what each is good for: base64url of the SHA-256 of the public key's
    /// SPKI in DER, as kube-apiserver derives them.
    pub fn key_ids(&self, now: Timestamp) -> Vec<(String, KeyUse)> {
        let signing = self.signing(now).map(|held| held.key.id().to_owned());
        let id = |held: &Held| {
            let id = held.key.id().to_owned();
            let usage = match () {
                () if signing.as_ref() == Some(&id) => KeyUse::Signs,
                () if held.signs_from > now.as_second() => KeyUse::Next(held.signs_from),
                () => KeyUse::Earlier,
            };
            (id, usage)
        };
        self.keys.iter().map(id).collect()
    }

    /// The issuer with one more key, a new one, which is published at once and signs from `signs_from` on. The earlier
    /// ones stay published and valid; retire them when their last token has expired.
    ///
    /// # Errors
    /// [`IssuerError::Crypto`], or [`IssuerError::KeyCount`] if there are 100 keys already.
    pub fn with_new_key(&self, signs_from: Timestamp) -> Result<Self, IssuerError> {
        self.with(SigningKey::generate()?, signs_from)
    }

    /// The issuer with one more key that somebody else has made.
    ///
    /// # Errors
    /// [`IssuerError::InvalidKey`], [`IssuerError::KnownKey`] or [`IssuerError::KeyCount`].
    pub fn with_key(&self, key: PrivateKey, signs_from: Timestamp) -> Result<Self, IssuerError> {
        self.with(SigningKey::from_pkcs8(key)?, signs_from)
    }

    /// The issuer without a key, which is no longer published and accepted then.
    ///
    /// # Errors
    /// [`IssuerError::UnknownKey`], or [`IssuerError::CurrentKey`] for the one that signs.
    pub fn without_key(&self, id: &str, now: Timestamp) -> Result<Self, IssuerError> {
        if !self.keys.iter().any(|held| held.key.id() == id) {
            return Err(IssuerError::UnknownKey(id.to_owned()));
        }
        if self.signing(now).is_some_and(|held| held.key.id() == id) {
            return Err(IssuerError::CurrentKey(id.to_owned()));
        }
        let others = self.keys.iter().filter(|held| held.key.id() != id);
        Self::of(self.url.clone(), others.cloned().collect())
    }

    /// Signs a token with the claims of a Kubernetes projected token (service account, optional pod).
    ///
    /// # Errors
    /// [`IssuerError::Lifetime`], [`IssuerError::Audience`] or [`IssuerError::Crypto`].
    pub fn sign(&self, token: &ServiceAccountToken, now: Timestamp) -> Result<String, IssuerError> {
        let claims = token.claims(&self.url, now, random_uuid()?)?;
        let signing = self.signing(now).ok_or(IssuerError::KeyCount)?;
        let header = json!({"alg": "RS256", "kid": signing.key.id()});
        compact(&header, &claims, |message| signing.key.sign(message))
    }

    /// The discovery document, byte for byte as ccoctl writes it.
    pub fn discovery_document(&self) -> Vec<u8> {
        discovery_document(self.url.as_str())
    }

    /// The JWK set, byte for byte as ccoctl writes it: the newest key first.
    pub fn jwks(&self) -> Vec<u8> {
        self.document.clone()
    }

    pub(crate) fn key(
        &self,
        algorithm: Algorithm,
        id: Option<&str>,
    ) -> Result<Arc<VerificationKey>, TokenError> {
        self.verification.select(algorithm, id).cloned()
    }

    /// The key that signs: of those whose time has come, the one whose time came last; the newer of two.
    fn signing(&self, now: Timestamp) -> Option<&Held> {
        let due = |held: &&Held| held.signs_from <= now.as_second();
        let due = self.keys.iter().rev().filter(due);
        // With a clock that was set back, the one that is due first.
        let first = || self.keys.iter().rev().min_by_key(|held| held.signs_from);
        due.max_by_key(|held| held.signs_from).or_else(first)
    }

    fn with(&self, key: SigningKey, signs_from: Timestamp) -> Result<Self, IssuerError> {
        if self.keys.iter().any(|held| held.key.id() == key.id()) {
            return Err(IssuerError::KnownKey(key.id().to_owned()));
        }
        let new = Held {
            key: Arc::new(key),
            signs_from: signs_from.as_second(),
        };
        let keys = std::iter::once(new).chain(self.keys.iter().cloned());
        Self::of(self.url.clone(), keys.collect())
    }

    fn of(url: IssuerUrl, keys: Vec<Held>) -> Result<Self, IssuerError> {
        if !(1..=MAX_KEYS).contains(&keys.len()) {
            return Err(IssuerError::KeyCount);
        }
        let parsed = keys
            .iter()
            .map(|held| Ok((held.key.id().to_owned(), held.key.public()?)))
            .collect::<Result<Vec<_>, IssuerError>>()?;
        let published: Vec<_> = keys.iter().map(|held| held.key.published()).collect();
        Ok(Self {
            verification: KeySet::of_own(parsed),
            document: documents::key_set(&published),
            url,
            keys,
        })
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<&str> = self.keys.iter().map(|held| held.key.id()).collect();
        f.debug_struct("Issuer")
            .field("url", &self.url)
            .field("keys", &ids)
            .finish()
    }
}

/// A token in the compact form (RFC 7515, section 7.1).
pub(crate) fn compact(
    header: &Value,
    claims: &Value,
    sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, IssuerError>,
) -> Result<String, IssuerError> {
    let mut text = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    let signature = sign(text.as_bytes())?;
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut text);
    Ok(text)
}

/// A random UUID (RFC 9562, version 4), for `jti`.
pub(crate) fn random_uuid() -> Result<String, IssuerError> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| IssuerError::Crypto("make random bytes"))?;
    Ok(service_account::uuid(bytes, 4))
}

#[cfg(test)]
mod tests;
