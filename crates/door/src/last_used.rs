//! When principals and their keys were last used: noted in memory with each request, kept in
//! the directory from time to time.

mod keep;
mod note;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use directory::{KeyUse, PrincipalUse, Use};
use jiff::Timestamp;
use policy::AccountId;
use tokio::sync::Notify;

use crate::Door;

/// Parts that requests lock on their own.
const SHARDS: usize = 16;
/// Most uses that wait to be kept; what comes then is not noted.
const MOST: usize = 64 * 1024;

/// The uses since the last time that they were kept.
///
/// A request costs two lookups and no allocation once its kind has been seen. The directory
/// holds what was kept; what is here is newer.
#[derive(Debug)]
pub(crate) struct LastUsed {
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
    /// Uses in all shards.
    held: AtomicUsize,
    /// Told when half of the room is taken.
    filling: Notify,
    /// Held by whoever keeps them.
    keeping: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Shard {
    /// By unique id; the root's is the account's number.
    principals: HashMap<Box<str>, Principal>,
    /// By access key id.
    keys: HashMap<Box<str>, Key>,
}

#[derive(Debug, Clone)]
struct Principal {
    account: AccountId,
    /// One for each service and action.
    uses: Vec<Noted>,
}

#[derive(Debug, Clone)]
struct Key {
    account: AccountId,
    last: Noted,
}

/// The last use of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Noted {
    service: &'static str,
    action: &'static str,
    at: Timestamp,
    region: Box<str>,
}

impl Default for LastUsed {
    fn default() -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
            held: AtomicUsize::new(0),
            filling: Notify::new(),
            keeping: tokio::sync::Mutex::default(),
        }
    }
}

impl Noted {
    fn to_use(&self) -> Use {
        Use {
            at: self.at,
            region: self.region.to_string(),
        }
    }
}

impl Principal {
    fn merge_into(&self, all: &mut PrincipalUse) {
        for noted in &self.uses {
            let actions = all.uses.entry(noted.service.to_owned()).or_default();
            match actions.get(noted.action) {
                Some(known) if known.at >= noted.at => {}
                _ => {
                    actions.insert(noted.action.to_owned(), noted.to_use());
                }
            }
        }
    }
}

impl Key {
    fn to_use(&self, key: &str) -> KeyUse {
        KeyUse {
            account: self.account,
            key: key.to_owned(),
            service: self.last.service.to_owned(),
            last: self.last.to_use(),
        }
    }
}

impl LastUsed {
    fn shard(&self, key: &str) -> MutexGuard<'_, Shard> {
        // A hash has 64 bits, of which the last four choose.
        let hash = self.hasher.hash_one(key);
        let index = usize::try_from(hash % SHARDS as u64).unwrap_or_default();
        let [first, ..] = &self.shards;
        let shard = self.shards.get(index).unwrap_or(first);
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_room(&self) -> bool {
        let held = self.held.load(Ordering::Relaxed);
        if held >= MOST / 2 {
            self.filling.notify_one();
        }
        held < MOST
    }
}

impl Door {
    /// What a user, a role or an account's root (by the account's number) was last used for.
    #[must_use]
    pub fn last_use(&self, account: AccountId, principal: &str) -> Option<PrincipalUse> {
        // First what is not kept yet: it goes from there once the directory has it.
        let pending = self
            .last_used
            .shard(principal)
            .principals
            .get(principal)
            .cloned();
        let snapshot = self.directory.snapshot();
        let kept = snapshot
            .account(account)?
            .shelved::<PrincipalUse>(principal);
        if kept.is_none() && pending.is_none() {
            return None;
        }
        let none = || PrincipalUse::none(account, principal);
        let mut all = kept.map_or_else(none, |kept| PrincipalUse::clone(kept));
        if let Some(pending) = pending {
            pending.merge_into(&mut all);
        }
        Some(all)
    }

    /// What every principal of an account that was ever used was last used for.
    #[must_use]
    pub fn last_uses(&self, account: AccountId) -> Vec<PrincipalUse> {
        let mut principals: Vec<String> = Vec::new();
        for shard in &self.last_used.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            let own = shard.principals.iter();
            let own = own.filter(|(_, principal)| principal.account == account);
            principals.extend(own.map(|(id, _)| id.to_string()));
        }
        let snapshot = self.directory.snapshot();
        if let Some(view) = snapshot.account(account) {
            let kept = view.shelf::<PrincipalUse>().iter();
            principals.extend(kept.map(|(id, _)| id.clone()));
        }
        principals.sort_unstable();
        principals.dedup();
        let uses = principals.iter().map(|id| self.last_use(account, id));
        uses.flatten().collect()
    }

    /// What an access key was last used for.
    #[must_use]
    pub fn key_last_use(&self, account: AccountId, key: &str) -> Option<KeyUse> {
        let shard = self.last_used.shard(key);
        let pending = shard.keys.get(key).map(|it| it.to_use(key));
        drop(shard);
        let snapshot = self.directory.snapshot();
        let kept = || snapshot.account(account)?.shelved::<KeyUse>(key).cloned();
        pending.or_else(|| kept().map(|kept| KeyUse::clone(&kept)))
    }
}
