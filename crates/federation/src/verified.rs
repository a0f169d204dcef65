//! Signatures that have been verified once and need not be again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::keys::Fingerprint;
use crate::url::IssuerUrl;

/// SHA-256 of a whole token.
pub(crate) type TokenDigest = [u8; 32];

/// Remembers which key has verified which token, until the token expires.
///
/// That is all it remembers, and it stays true whatever happens to the issuer: no claims, no decision. The provider, its
/// keys, the dates and the audience are looked at for every request, so a key that is removed, a provider that is deleted
/// and a client id that is taken away count at once, for a remembered token as for any.
pub(crate) struct Verified {
    /// The most entries of each generation.
    max: usize,
    generations: Mutex<Generations>,
}

/// Entries are made in the young generation. When that is full it becomes the old one, which goes: what was asked for since
/// is young again.
#[derive(Default)]
struct Generations {
    young: HashMap<TokenDigest, Entry>,
    old: HashMap<TokenDigest, Entry>,
}

struct Entry {
    key: Fingerprint,
    issuer: IssuerUrl,
    /// Seconds since 1970.
    expires_at: i64,
}

impl Verified {
    /// For so many tokens; with 0 nothing is remembered.
    pub(crate) fn new(max_tokens: usize) -> Self {
        Self {
            max: max_tokens.div_ceil(2),
            generations: Mutex::default(),
        }
    }

    pub(crate) fn is_off(&self) -> bool {
        self.max == 0
    }

    /// Whether this very key has verified this very token.
    pub(crate) fn knows(&self, token: &TokenDigest, key: &Fingerprint, now: Timestamp) -> bool {
        let mut generations = self.lock();
        if let Some(entry) = generations.young.get(token) {
            return entry.holds(key, now);
        }
        let Some(entry) = generations.old.remove(token) else {
            return false;
        };
        let holds = entry.holds(key, now);
        if holds {
            self.insert(&mut generations, *token, entry);
        }
        holds
    }

    /// Remembers that a key has verified a token.
    pub(crate) fn remember(
        &self,
        token: TokenDigest,
        key: Fingerprint,
        issuer: &IssuerUrl,
        expires_at: i64,
    ) {
        if self.is_off() {
            return;
        }
        let entry = Entry {
            key,
            issuer: issuer.clone(),
            expires_at,
        };
        self.insert(&mut self.lock(), token, entry);
    }

    /// Drops what is known of an issuer's tokens.
    pub(crate) fn forget(&self, issuer: &IssuerUrl) {
        let mut generations = self.lock();
        generations.young.retain(|_, entry| entry.issuer != *issuer);
        generations.old.retain(|_, entry| entry.issuer != *issuer);
    }

    fn insert(&self, generations: &mut Generations, token: TokenDigest, entry: Entry) {
        if generations.young.len() >= self.max {
            generations.old = std::mem::take(&mut generations.young);
        }
        generations.young.insert(token, entry);
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn holds(&self, key: &Fingerprint, now: Timestamp) -> bool {
        self.key == *key && now.as_second() < self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(name: &str) -> IssuerUrl {
        format!("https://{name}.example").parse().unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn digest(number: u8) -> TokenDigest {
        [number; 32]
    }

    #[test]
    fn a_token_is_known_with_its_key_until_it_expires() {
        let verified = Verified::new(10);
        verified.remember(digest(1), [7; 32], &url("a"), 100);
        assert!(verified.knows(&digest(1), &[7; 32], at(99)));
        assert!(!verified.knows(&digest(1), &[7; 32], at(100)));
        assert!(!verified.knows(&digest(1), &[8; 32], at(99)));
        assert!(!verified.knows(&digest(2), &[7; 32], at(99)));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_what_is_used_stays() {
        let verified = Verified::new(8);
        verified.remember(digest(0), [7; 32], &url("a"), 100);
        for number in 1..=200 {
            verified.remember(digest(number), [7; 32], &url("a"), 100);
            assert!(verified.knows(&digest(0), &[7; 32], at(1)), "{number}");
            let generations = verified.lock();
            assert!(generations.young.len() + generations.old.len() <= 8);
        }
        assert!(!verified.knows(&digest(1), &[7; 32], at(1)));
        let off = Verified::new(0);
        off.remember(digest(0), [7; 32], &url("a"), 100);
        assert!(off.is_off() && !off.knows(&digest(0), &[7; 32], at(1)));
    }

    #[test]
    fn an_issuers_tokens_are_forgotten_in_both_generations() {
        let verified = Verified::new(4);
        for number in 0..4 {
            verified.remember(digest(number), [7; 32], &url("a"), 100);
        }
        verified.remember(digest(9), [7; 32], &url("b"), 100);
        verified.forget(&url("a"));
        let known = |number| verified.knows(&digest(number), &[7; 32], at(1));
        assert!(known(9) && !(0..4).any(known));
    }
}
