//! Being an issuer: signing keys with overlap, discovery and JWKS documents, service accounts' tokens.

mod service_account;
mod signing_key;

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
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

use signing_key::SigningKey;

pub use service_account::{InvalidServiceAccount, PodRef, ServiceAccountRef, ServiceAccountToken};
pub use signing_key::PrivateKey;

/// An issuer hosted in this process. It signs RS256 with its newest key; the tokens of the earlier keys stay valid
/// until those are retired.
pub struct Issuer {
    url: IssuerUrl,
    keys: ArcSwap<Keys>,
}

/// An issuer can't be made or can't do what is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// The cryptographic library failed to make a key, a signature or random bytes.
    #[error("the cryptographic library failed to {0}")]
    Crypto(&'static str),
    /// The stored bytes aren't a private key of ours.
    #[error("a stored key isn't an RSA private key of at least 2048 bits in PKCS #8")]
    InvalidKey,
    /// There is no key, or no room for another one.
    #[error("an issuer has 1 to {MAX_KEYS} keys")]
    KeyCount,
    /// The lifetime isn't one that Kubernetes would give or that we would accept.
    #[error("a token's lifetime is 600 to 86400 seconds, not {0}")]
    Lifetime(i64),
    /// There is no audience, or an empty one.
    #[error("a token needs at least one audience, and none may be empty")]
    Audience,
}

/// The keys, newest first, and what is made of them.
struct Keys {
    signing: Vec<Arc<SigningKey>>,
    verification: KeySet,
    document: Vec<u8>,
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
        Self::from_keys(url, vec![Arc::new(SigningKey::generate()?)])
    }

    /// Makes an issuer of its stored keys, the current one first, as [`Issuer::private_keys`] gives them.
    ///
    /// # Errors
    /// [`IssuerError::InvalidKey`] or [`IssuerError::KeyCount`].
    pub fn from_pkcs8(url: IssuerUrl, keys: &[PrivateKey]) -> Result<Self, IssuerError> {
        let signing = keys
            .iter()
            .map(|key| SigningKey::from_pkcs8(key.clone()).map(Arc::new))
            .collect::<Result<_, _>>()?;
        Self::from_keys(url, signing)
    }

    /// The issuer's URL.
    pub fn url(&self) -> &IssuerUrl {
        &self.url
    }

    /// The private keys, the current one first, to be stored sealed.
    pub fn private_keys(&self) -> Vec<PrivateKey> {
        let keys = self.keys.load();
        keys.signing
            .iter()
            .map(|key| key.private().clone())
            .collect()
    }

    /// The ids of the keys, the current one first: base64url of the SHA-256 of the public key's SPKI in DER, as
    /// kube-apiserver derives them.
    pub fn key_ids(&self) -> Vec<String> {
        let keys = self.keys.load();
        keys.signing.iter().map(|key| key.id().to_owned()).collect()
    }

    /// Signs with a new key from now on. The earlier ones stay published and valid; retire them when their last
    /// token has expired. Store [`Issuer::private_keys`] afterwards.
    ///
    /// # Errors
    /// [`IssuerError::Crypto`], or [`IssuerError::KeyCount`] if there are 100 keys already.
    pub fn rotate(&self) -> Result<(), IssuerError> {
        let new = Arc::new(SigningKey::generate()?);
        self.update(|signing| signing.insert(0, Arc::clone(&new)))
    }

    /// Stops publishing and accepting an earlier key. Unknown ids and the current key are left alone; true if a key
    /// went.
    ///
    /// # Errors
    /// [`IssuerError::Crypto`].
    pub fn retire(&self, key_id: &str) -> Result<bool, IssuerError> {
        let before = self.keys.load().signing.len();
        self.update(|signing| {
            let current = signing.first().cloned();
            signing.retain(|key| {
                key.id() != key_id
                    || current
                        .as_ref()
                        .is_some_and(|current| current.id() == key_id)
            });
        })?;
        Ok(self.keys.load().signing.len() < before)
    }

    /// Signs a token with the claims of a Kubernetes projected token (service account, optional pod).
    ///
    /// # Errors
    /// [`IssuerError::Lifetime`], [`IssuerError::Audience`] or [`IssuerError::Crypto`].
    pub fn sign(&self, token: &ServiceAccountToken, now: Timestamp) -> Result<String, IssuerError> {
        let claims = token.claims(&self.url, now, random_uuid()?)?;
        self.sign_claims(&claims)
    }

    /// The discovery document, as ccoctl and EKS write it.
    pub fn discovery_document(&self) -> Vec<u8> {
        let document = json!({
            "issuer": self.url,
            "jwks_uri": self.url.join(Self::KEY_SET_PATH),
            "authorization_endpoint": "urn:kubernetes:programmatic_authorization",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": ["aud", "exp", "iat", "iss", "sub"],
        });
        document.to_string().into_bytes()
    }

    /// The JWK set: the current key first, then the earlier ones.
    pub fn jwks(&self) -> Vec<u8> {
        self.keys.load().document.clone()
    }

    pub(crate) fn key(
        &self,
        algorithm: Algorithm,
        id: Option<&str>,
    ) -> Result<Arc<VerificationKey>, TokenError> {
        self.keys.load().verification.select(algorithm, id).cloned()
    }

    /// Signs any claims: what a token says is [`ServiceAccountToken`]'s business.
    pub(crate) fn sign_claims(&self, claims: &Value) -> Result<String, IssuerError> {
        let keys = self.keys.load();
        let key = keys.signing.first().ok_or(IssuerError::KeyCount)?;
        let header = json!({"alg": "RS256", "kid": key.id()}).to_string();
        let mut text = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let signature = key.sign(text.as_bytes())?;
        text.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut text);
        Ok(text)
    }

    fn from_keys(url: IssuerUrl, signing: Vec<Arc<SigningKey>>) -> Result<Self, IssuerError> {
        Ok(Self {
            url,
            keys: ArcSwap::from_pointee(Keys::new(signing)?),
        })
    }

    /// Changes the list of keys. Two changes at a time both take effect.
    fn update(&self, change: impl Fn(&mut Vec<Arc<SigningKey>>)) -> Result<(), IssuerError> {
        let mut current = self.keys.load_full();
        loop {
            let mut signing = current.signing.clone();
            change(&mut signing);
            let previous = self
                .keys
                .compare_and_swap(&current, Arc::new(Keys::new(signing)?));
            if Arc::ptr_eq(&previous, &current) {
                return Ok(());
            }
            current = arc_swap::Guard::into_inner(previous);
        }
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer")
            .field("url", &self.url)
            .field("key_ids", &self.key_ids())
            .finish()
    }
}

impl Keys {
    fn new(signing: Vec<Arc<SigningKey>>) -> Result<Self, IssuerError> {
        if !(1..=MAX_KEYS).contains(&signing.len()) {
            return Err(IssuerError::KeyCount);
        }
        let parsed = signing
            .iter()
            .map(|key| Ok((key.id().to_owned(), key.public()?)))
            .collect::<Result<Vec<_>, IssuerError>>()?;
        let published: Vec<Value> = signing.iter().map(|key| key.jwk()).collect();
        Ok(Self {
            verification: KeySet::of_own(parsed),
            document: json!({ "keys": published }).to_string().into_bytes(),
            signing,
        })
    }
}

/// A random UUID (RFC 9562, version 4), for `jti`.
fn random_uuid() -> Result<String, IssuerError> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| IssuerError::Crypto("make random bytes"))?;
    Ok(service_account::uuid(bytes, 4))
}

#[cfg(test)]
mod tests;
