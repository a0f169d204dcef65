//! An issuer's verification keys, each bound to its algorithm when it is loaded.

mod jwk;
mod pem;
mod pushed;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{self, SHA256};
use aws_lc_rs::signature::ParsedPublicKey;
use serde_json::Value;

use crate::algorithm::{Algorithm, KeyType};
use crate::error::TokenError;
use crate::json;

pub use pushed::{InvalidKeys, PushedKey, PushedKeys};

/// SHA-256 over a key and its algorithm: equal for the same key of two fetches, different for any two keys.
pub(crate) type Fingerprint = [u8; 32];

/// A parsed public key with the one algorithm that it verifies.
pub(crate) struct VerificationKey {
    algorithm: Algorithm,
    key: ParsedPublicKey,
    fingerprint: Fingerprint,
}

impl VerificationKey {
    fn new(algorithm: Algorithm, key: ParsedPublicKey) -> Self {
        let mut hash = digest::Context::new(&SHA256);
        hash.update(algorithm.name().as_bytes());
        hash.update(b"\n");
        hash.update(key.as_ref());
        let mut fingerprint = [0; 32];
        for (byte, hashed) in fingerprint.iter_mut().zip(hash.finish().as_ref()) {
            *byte = *hashed;
        }
        Self {
            algorithm,
            key,
            fingerprint,
        }
    }

    pub(crate) fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), TokenError> {
        self.key
            .verify_sig(message, signature)
            .map_err(|_| TokenError::unverifiable("the signature is wrong"))
    }
}

/// The keys of one issuer. Two keys of one id and one algorithm can't be told apart by a token: the first counts.
#[derive(Default)]
pub struct KeySet {
    named: HashMap<String, Vec<Arc<VerificationKey>>>,
    all: Vec<Arc<VerificationKey>>,
    rsa_keys: usize,
    ec_keys: usize,
    okp_keys: usize,
    /// About what it takes in memory, in bytes.
    size: usize,
}

impl KeySet {
    /// Reads a JWK set (RFC 7517, section 5). A key that isn't for verifying signatures, or is broken, is left out;
    /// keys of a type that has more than 100 are left out altogether, as AWS does.
    ///
    /// # Errors
    /// [`TokenError::Unverifiable`] if it is no JWK set.
    pub fn parse(document: &[u8]) -> Result<Self, TokenError> {
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
            okp_keys: of_type("OKP"),
            ..Self::default()
        };
        for element in elements {
            match jwk::read(element, |key_type| !keys.too_many(key_type)) {
                Ok((id, key)) => keys.insert(id, key),
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
            set.insert(Some(&id), VerificationKey::new(Algorithm::Rs256, key));
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

    /// About what the keys take in memory, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    fn insert(&mut self, id: Option<&str>, key: VerificationKey) {
        let key = Arc::new(key);
        // The parsed form is a few times the encoded one.
        self.size += 4 * key.key.as_ref().len() + 2 * id.map_or(0, str::len) + 512;
        self.all.push(Arc::clone(&key));
        if let Some(id) = id {
            self.named.entry(id.to_owned()).or_default().push(key);
        }
    }

    fn too_many(&self, key_type: KeyType) -> bool {
        let count = match key_type {
            KeyType::Rsa => self.rsa_keys,
            KeyType::Ec => self.ec_keys,
            KeyType::Okp => self.okp_keys,
        };
        count > MAX_KEYS
    }

    fn count_mut(&mut self, key_type: KeyType) -> &mut usize {
        match key_type {
            KeyType::Rsa => &mut self.rsa_keys,
            KeyType::Ec => &mut self.ec_keys,
            KeyType::Okp => &mut self.okp_keys,
        }
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
