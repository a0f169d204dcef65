//! Keys that an administrator has given for an issuer that can't be reached.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{KeySet, MAX_KEYS, jwk, pem};
use crate::json;

/// The public keys of an issuer, each usable and of one algorithm: 1 to 100 of each type. Clones share them.
///
/// Unlike a fetched set, which is used as far as it can be, a pushed one is refused for any key that can't: somebody is
/// there to read why.
#[derive(Clone)]
pub struct PushedKeys(Arc<Inner>);

struct Inner {
    /// In canonical form, in their order.
    jwks: Vec<Value>,
    keys: Vec<PushedKey>,
    set: KeySet,
}

/// One pushed key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedKey {
    /// `kid`.
    pub id: Option<String>,
    /// The algorithm that it verifies, e.g. `RS256`.
    pub algorithm: &'static str,
}

/// The keys can't be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeys {
    /// It is neither a JWK set nor PEM.
    #[error("neither a JWK set nor public keys in PEM: {0}")]
    Document(String),
    /// PEM with something else in it.
    #[error("not public keys in PEM: {0}")]
    Pem(&'static str),
    /// A private or symmetric key.
    #[error("there is a private key among them: it must not leave its owner, push the public keys")]
    Private,
    /// A key that can't be used. Keys count from 1.
    #[error("key {place} can't be used: {reason}")]
    Unusable {
        /// Which one.
        place: usize,
        /// Why.
        reason: &'static str,
    },
    /// Two different keys that a token can't tell apart.
    #[error("two keys have the id `{0}` and the same algorithm")]
    Twice(String),
    /// None that is for signatures, or too many.
    #[error("there must be 1 to {MAX_KEYS} keys of a type")]
    Count,
}

impl PushedKeys {
    /// Reads a JWK set, or public keys in PEM.
    ///
    /// # Errors
    /// [`InvalidKeys`].
    pub fn read(text: &[u8]) -> Result<Self, InvalidKeys> {
        match std::str::from_utf8(text) {
            Ok(text) if text.contains("-----BEGIN ") => Self::of(pem::jwks(text)?),
            _ => Self::from_jwks(text),
        }
    }

    /// Reads a JWK set (RFC 7517, section 5). Keys for encryption are left out.
    ///
    /// # Errors
    /// [`InvalidKeys`].
    pub fn from_jwks(text: &[u8]) -> Result<Self, InvalidKeys> {
        let set = json::object(text).map_err(|error| InvalidKeys::Document(error.to_string()))?;
        match set.get("keys") {
            Some(Value::Array(keys)) => Self::of(keys.clone()),
            _ => Err(InvalidKeys::Document("there is no list `keys`".to_owned())),
        }
    }

    /// The JWK set.
    pub fn document(&self) -> String {
        json!({ "keys": self.0.jwks }).to_string()
    }

    /// The keys in their order.
    pub fn keys(&self) -> &[PushedKey] {
        &self.0.keys
    }

    /// These keys and the newer ones, which take the place of those of the same id and algorithm.
    ///
    /// # Errors
    /// [`InvalidKeys::Count`].
    pub fn with(&self, newer: &Self) -> Result<Self, InvalidKeys> {
        let earlier = self.0.keys.iter().zip(&self.0.jwks);
        let kept = earlier.filter(|(key, jwk)| {
            !newer.0.keys.contains(*key) || key.id.is_none() && !newer.0.jwks.contains(jwk)
        });
        let kept = kept.map(|(_, jwk)| jwk);
        Self::of(newer.0.jwks.iter().chain(kept).cloned().collect())
    }

    /// These keys but those of this id; `None` if that leaves none.
    pub fn without(&self, id: &str) -> Option<Self> {
        let all = self.0.keys.iter().zip(&self.0.jwks);
        let kept = all.filter(|(key, _)| key.id.as_deref() != Some(id));
        Self::of(kept.map(|(_, jwk)| jwk.clone()).collect()).ok()
    }

    pub(crate) fn set(&self) -> &KeySet {
        &self.0.set
    }

    fn of(given: Vec<Value>) -> Result<Self, InvalidKeys> {
        let mut inner = Inner {
            jwks: Vec::new(),
            keys: Vec::new(),
            set: KeySet::default(),
        };
        for (index, given) in given.iter().enumerate() {
            if PRIVATE.iter().any(|member| given.get(member).is_some()) {
                return Err(InvalidKeys::Private);
            }
            if given.get("use").is_some_and(|usage| usage == "enc") {
                continue;
            }
            let unusable = |reason| InvalidKeys::Unusable {
                place: index + 1,
                reason,
            };
            let (id, key) = jwk::read(given, |_| true).map_err(unusable)?;
            let described = PushedKey {
                id: id.map(str::to_owned),
                algorithm: key.algorithm.name(),
            };
            let jwk = canonical(given, &described);
            if inner.jwks.contains(&jwk) {
                continue;
            }
            if let Some(id) = id
                && inner.keys.contains(&described)
            {
                return Err(InvalidKeys::Twice(id.to_owned()));
            }
            *inner.set.count_mut(key.algorithm.key_type()) += 1;
            if inner.set.too_many(key.algorithm.key_type()) {
                return Err(InvalidKeys::Count);
            }
            inner.set.insert(id, key);
            inner.jwks.push(jwk);
            inner.keys.push(described);
        }
        if inner.keys.is_empty() {
            return Err(InvalidKeys::Count);
        }
        Ok(Self(Arc::new(inner)))
    }
}

/// The members of private and symmetric keys (RFC 7518, sections 6.2.2, 6.3.2 and 6.4; RFC 8037).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
/// The members that make a public key.
const PUBLIC: [&str; 6] = ["kty", "crv", "x", "y", "n", "e"];

/// What is kept of a key: nothing that isn't used, and the algorithm in any case.
fn canonical(given: &Value, described: &PushedKey) -> Value {
    let mut jwk = Map::new();
    for name in PUBLIC {
        if let Some(member) = given.get(name) {
            jwk.insert(name.to_owned(), member.clone());
        }
    }
    jwk.insert("use".to_owned(), json!("sig"));
    jwk.insert("alg".to_owned(), json!(described.algorithm));
    if let Some(id) = &described.id {
        jwk.insert("kid".to_owned(), json!(id));
    }
    Value::Object(jwk)
}

impl fmt::Debug for PushedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PushedKeys").field(&self.0.keys).finish()
    }
}

impl PartialEq for PushedKeys {
    fn eq(&self, other: &Self) -> bool {
        self.0.jwks == other.0.jwks
    }
}

impl Eq for PushedKeys {}

impl Serialize for PushedKeys {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.jwks.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PushedKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let jwks = Vec::deserialize(deserializer)?;
        Self::of(jwks).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
