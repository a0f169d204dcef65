//! An issuer's verification keys, each bound to its algorithm when it is loaded.

mod jwk;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::signature::ParsedPublicKey;
use serde_json::Value;

use crate::algorithm::{Algorithm, KeyType};
use crate::error::TokenError;
use crate::json;

/// A parsed public key with the one algorithm that it verifies.
pub(crate) struct VerificationKey {
    algorithm: Algorithm,
    key: ParsedPublicKey,
}

impl VerificationKey {
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), TokenError> {
        self.key
            .verify_sig(message, signature)
            .map_err(|_| TokenError::unverifiable("the signature is wrong"))
    }
}

/// The keys of one issuer. Two keys of one id and one algorithm can't be told apart by a token: the first counts.
#[derive(Default)]
pub(crate) struct KeySet {
    named: HashMap<String, Vec<Arc<VerificationKey>>>,
    all: Vec<Arc<VerificationKey>>,
    rsa_keys: usize,
    ec_keys: usize,
}

impl KeySet {
    /// Reads a JWK set (RFC 7517, section 5). A key that isn't for verifying signatures, or is broken, is left out;
    /// keys of a type that has more than [`MAX_KEYS`] are left out altogether, as AWS does.
    pub(crate) fn parse(document: &[u8]) -> Result<Self, TokenError> {
        let set = json::object(document)
            .map_err(|error| TokenError::unverifiable(format!("the key set: {error}")))?;
        let Some(Value::Array(elements)) = set.get("keys") else {
            return Err(TokenError::unverifiable("the key set has no list `keys`"));
        };
        let of_type = |name: &str| {
            let has_type = |key: &&Value| key.get("kty").and_then(Value::as_str) == Some(name);
            elements.iter().filter(has_type).count()
        };
        let mut keys = Self {
            rsa_keys: of_type("RSA"),
            ec_keys: of_type("EC"),
            ..Self::default()
        };
        for element in elements {
            match jwk::read(element, |key_type| !keys.too_many(key_type)) {
                Ok((id, parsed)) => {
                    for (algorithm, key) in parsed {
                        keys.insert(id, algorithm, key);
                    }
                }
                Err(reason) => tracing::debug!(reason, "a key of the set is left out"),
            }
        }
        Ok(keys)
    }

    /// A set of our own RS256 keys with their ids.
    pub(crate) fn of_own(keys: impl IntoIterator<Item = (String, ParsedPublicKey)>) -> Self {
        let mut set = Self::default();
        for (id, key) in keys {
            set.rsa_keys += 1;
            set.insert(Some(&id), Algorithm::Rs256, key);
        }
        set
    }

    /// The key for a token: of the id that it names and its algorithm. A token that names none (or an empty one,
    /// as old clusters do) gets the only key of its algorithm, and if there are several, none.
    pub(crate) fn select(
        &self,
        algorithm: Algorithm,
        id: Option<&str>,
    ) -> Result<&Arc<VerificationKey>, TokenError> {
        if self.too_many(algorithm.key_type()) {
            return Err(TokenError::unverifiable(format!(
                "the key set has more than {MAX_KEYS} keys of the token's type"
            )));
        }
        let id = id.unwrap_or_default();
        let fits = |key: &&Arc<VerificationKey>| key.algorithm == algorithm;
        if let Some(key) = self.named.get(id).and_then(|keys| keys.iter().find(fits)) {
            return Ok(key);
        }
        if !id.is_empty() {
            return Err(TokenError::unverifiable(
                "no key of the token's id and algorithm",
            ));
        }
        let mut candidates = self.all.iter().filter(fits);
        let first = candidates
            .next()
            .ok_or_else(|| TokenError::unverifiable("no key of the token's algorithm"))?;
        // The same key under two ids is still one key.
        if candidates.any(|other| other.key.as_ref() != first.key.as_ref()) {
            return Err(TokenError::unverifiable(
                "the token names no key, and there are several of its algorithm",
            ));
        }
        Ok(first)
    }

    fn insert(&mut self, id: Option<&str>, algorithm: Algorithm, key: ParsedPublicKey) {
        let key = Arc::new(VerificationKey { algorithm, key });
        self.all.push(Arc::clone(&key));
        if let Some(id) = id {
            self.named.entry(id.to_owned()).or_default().push(key);
        }
    }

    fn too_many(&self, key_type: KeyType) -> bool {
        let count = match key_type {
            KeyType::Rsa => self.rsa_keys,
            KeyType::Ec => self.ec_keys,
        };
        count > MAX_KEYS
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySet")
            .field("keys", &self.all.len())
            .finish_non_exhaustive()
    }
}

/// How many keys of each type a set may have (IAM User Guide, "Create an OpenID Connect identity provider").
pub(crate) const MAX_KEYS: usize = 100;

#[cfg(test)]
mod tests;
