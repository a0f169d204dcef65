//! Signing keys that were good for a request, kept for the next one.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::access_key::AccessKeyId;
use crate::secret::Secret;
use crate::sigv4::scope::{Scope, SigningKey};

/// Most keys that are kept. Beyond, all are forgotten: those in use are back at once.
const MOST: usize = 4096;

/// The keys of secrets for a day, region and service, in memory and with a bound. Deriving one takes four HMACs.
#[derive(Default)]
pub struct SigningKeys(Mutex<HashMap<(AccessKeyId, Scope), (Secret, SigningKey)>>);

impl SigningKeys {
    /// The key of `secret` for this scope, kept or derived.
    pub fn of(&self, id: &AccessKeyId, scope: &Scope, secret: &Secret) -> SigningKey {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // An id has one secret; that it is this one is looked at all the same.
        let known = keys.get(&(id.clone(), scope.clone()));
        let known = known.filter(|(known, _)| known == secret);
        let known = known.map(|(_, key)| key.clone());
        drop(keys);
        known.unwrap_or_else(|| SigningKey::derive(secret, scope))
    }

    /// Keeps a key that a signature was made with: strangers, who have none, keep nothing here.
    pub fn keep(&self, id: &AccessKeyId, scope: &Scope, secret: &Secret, key: &SigningKey) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let named = (id.clone(), scope.clone());
        if keys.get(&named).is_some_and(|(known, _)| known == secret) {
            return;
        }
        if keys.len() >= MOST {
            keys.clear();
        }
        keys.insert(named, (secret.clone(), key.clone()));
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKeys(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(date: u32) -> Scope {
        Scope {
            date: date.to_string(),
            region: "eu-west-1".into(),
            service: "s3".into(),
        }
    }

    fn kept(keys: &SigningKeys) -> usize {
        keys.0.lock().unwrap().len()
    }

    #[test]
    fn a_kept_key_is_used_for_its_own_secret_and_scope_only() {
        let keys = SigningKeys::default();
        let id: AccessKeyId = "AKIAIOSFODNN7EXAMPLE".parse().unwrap();
        let (secret, other) = (Secret::from("a"), Secret::from("b"));
        // A key that is told apart from a derived one by what it signs.
        let marked = SigningKey::derive(&other, &scope(1));
        keys.keep(&id, &scope(1), &secret, &marked);
        let same = |one: &SigningKey, two: &SigningKey| one.sign("x") == two.sign("x");
        assert!(same(&keys.of(&id, &scope(1), &secret), &marked));
        assert!(!same(&keys.of(&id, &scope(2), &secret), &marked));
        let derived = keys.of(&id, &scope(1), &other);
        assert!(same(&derived, &SigningKey::derive(&other, &scope(1))));
        keys.keep(&id, &scope(1), &other, &derived);
        assert_eq!(kept(&keys), 1);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let keys = SigningKeys::default();
        let id: AccessKeyId = "AKIAIOSFODNN7EXAMPLE".parse().unwrap();
        let secret = Secret::from("a");
        let key = SigningKey::derive(&secret, &scope(0));
        for date in 0..=MOST as u32 {
            keys.keep(&id, &scope(date), &secret, &key);
        }
        assert_eq!(kept(&keys), 1);
    }
}
