//! The credentials that are kept, by the token that they were given for.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::backoff::Backoff;
use super::renewal::{Chance, LEAST_LIFE, renewal_time};
use super::token::PodToken;

/// How much is kept, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most tokens; 0 keeps nothing.
    pub entries: usize,
    /// The longest time until a renewal; zero keeps nothing.
    pub retention: SignedDuration,
}

/// Credentials by tokens.
///
/// The key is the whole token, and never what it claims: claims can be copied by whoever likes.
/// An entry ends with its token, with its credentials, when the service refuses the token for
/// good, or when there is no room and it was asked for least recently.
///
/// Ours: an entry that nobody asked for since the last renewal is not renewed again, so a pod that
/// is gone costs one renewal and not one every three hours for the rest of its token's life.
#[derive(Debug)]
pub struct Cache<C> {
    limits: Limits,
    entries: HashMap<Arc<PodToken>, Entry<C>>,
}

#[derive(Debug)]
struct Entry<C> {
    credentials: C,
    expires: Timestamp,
    renew_at: Timestamp,
    renewing: bool,
    failures: u32,
    /// Since the last renewal began.
    asked: bool,
    last_asked: Timestamp,
}

impl<C: Clone> Cache<C> {
    /// An empty one.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            entries: HashMap::new(),
        }
    }

    /// The credentials of a token, if they may be handed out now: also those that are due for
    /// renewal, as long as they live.
    pub fn get(&mut self, token: &PodToken, now: Timestamp) -> Option<C> {
        let entry = self.entries.get_mut(token)?;
        if now >= entry.end(token) {
            return None;
        }
        entry.asked = true;
        entry.last_asked = now;
        Some(entry.credentials.clone())
    }

    /// Whether a token's credentials are to be renewed now.
    #[must_use]
    pub fn is_due(&self, token: &PodToken, now: Timestamp) -> bool {
        let entry = self.entries.get(token);
        entry.is_some_and(|it| it.waits() && it.renew_at <= now)
    }

    /// Keeps what the service gave for a token; the number of others that had to go.
    pub fn put(
        &mut self,
        token: Arc<PodToken>,
        credentials: C,
        expires: Timestamp,
        now: Timestamp,
        chance: Chance,
    ) -> usize {
        let retention = self.limits.retention;
        if self.limits.entries == 0 || retention <= SignedDuration::ZERO {
            return 0;
        }
        let before = self.entries.remove(&*token);
        let entry = Entry {
            credentials,
            expires,
            renew_at: renewal_time(now, expires, retention, chance),
            renewing: false,
            failures: 0,
            asked: before.as_ref().is_none_or(|it| it.asked),
            last_asked: before.map_or(now, |it| it.last_asked),
        };
        if now >= entry.end(&token) {
            return 0;
        }
        let gone = self.make_room();
        self.entries.insert(token, entry);
        gone
    }

    /// The tokens whose credentials are due for renewal. Each is told once, until
    /// [`put`](Self::put) or [`failed`](Self::failed) say how it went.
    pub fn due(&mut self, now: Timestamp) -> Vec<Arc<PodToken>> {
        let due = self.entries.iter_mut().filter_map(|(token, entry)| {
            if !entry.waits() || entry.renew_at > now {
                return None;
            }
            entry.renewing = true;
            entry.asked = false;
            Some(Arc::clone(token))
        });
        due.collect()
    }

    /// A renewal failed, and may succeed later; whether the old credentials are still there.
    pub fn failed(&mut self, token: &PodToken, now: Timestamp, chance: Chance) -> bool {
        let Some(entry) = self.entries.get_mut(token) else {
            return false;
        };
        entry.failures = entry.failures.saturating_add(1);
        entry.renewing = false;
        // It was asked for when the renewal began, and still is to be renewed.
        entry.asked = true;
        entry.renew_at = now + Backoff::RENEWAL.pause(entry.failures, chance);
        true
    }

    /// The service refused a token for good; whether there was something to forget.
    pub fn forget(&mut self, token: &PodToken) -> bool {
        self.entries.remove(token).is_some()
    }

    /// Forgets what has come to its end; the number of entries.
    pub fn sweep(&mut self, now: Timestamp) -> usize {
        let before = self.entries.len();
        self.entries.retain(|token, entry| now < entry.end(token));
        before - self.entries.len()
    }

    /// When there is something to do next: a renewal, or an end.
    #[must_use]
    pub fn next(&self) -> Option<Timestamp> {
        let times = self.entries.iter().map(|(token, entry)| {
            let end = entry.end(token);
            match entry.waits() {
                true => end.min(entry.renew_at),
                false => end,
            }
        });
        times.min()
    }

    /// How many tokens there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn make_room(&mut self) -> usize {
        let before = self.entries.len();
        while self.entries.len() >= self.limits.entries {
            let oldest = self.entries.iter().min_by_key(|it| it.1.last_asked);
            let Some(oldest) = oldest.map(|it| Arc::clone(it.0)) else {
                break;
            };
            self.entries.remove(&oldest);
        }
        before - self.entries.len()
    }
}

impl<C> Entry<C> {
    fn end(&self, token: &PodToken) -> Timestamp {
        token.expires().min(self.expires - LEAST_LIFE)
    }

    /// Whether it is to be renewed when its time comes.
    fn waits(&self) -> bool {
        self.asked && !self.renewing
    }
}

#[cfg(test)]
mod tests;
