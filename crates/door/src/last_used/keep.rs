//! From memory to the directory.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use directory::{KeyUse, PrincipalUse, StoreError, Transaction};
use policy::AccountId;

use super::{Key, LastUsed, Principal};
use crate::Door;

/// Most principals or keys that one write keeps: the writer has others to serve.
const BATCH: usize = 512;

/// Copies of what is in the shards, each with its id.
type ById<T> = Vec<(Box<str>, T)>;

impl Door {
    /// Keeps the last uses that were noted since the last time; they are durable when this
    /// returns `Ok`.
    ///
    /// # Errors
    /// [`StoreError`]; what is not kept waits for the next time.
    pub async fn keep_last_uses(&self) -> Result<(), StoreError> {
        let _one_at_a_time = self.last_used.keeping.lock().await;
        let (principals, keys) = self.last_used.copy();
        for batch in principals.chunks(BATCH) {
            let copies = batch.to_vec();
            self.directory
                .write(move |tx| {
                    for (id, principal) in &copies {
                        keep_principal(tx, id, principal);
                    }
                    Ok::<_, StoreError>(())
                })
                .await?;
            self.last_used.forget_principals(batch);
        }
        for batch in keys.chunks(BATCH) {
            let copies = batch.to_vec();
            self.directory
                .write(move |tx| {
                    for (id, key) in &copies {
                        keep_key(tx, key.to_use(id));
                    }
                    Ok::<_, StoreError>(())
                })
                .await?;
            self.last_used.forget_keys(batch);
        }
        Ok(())
    }

    /// Waits until half of the room for last uses is taken.
    pub async fn many_last_uses(&self) {
        self.last_used.filling.notified().await;
    }
}

/// One that was deleted since leaves nothing.
fn keep_principal(tx: &mut Transaction, id: &str, principal: &Principal) {
    let (snapshot, account) = (tx.snapshot(), principal.account);
    let exists = snapshot.user_by_id(id).is_some()
        || snapshot.role_by_id(id).is_some()
        || id.parse::<AccountId>().is_ok();
    let Some(view) = snapshot.account(account).filter(|_| exists) else {
        return;
    };
    let kept = view.shelved::<PrincipalUse>(id);
    let none = || PrincipalUse::none(account, id);
    let mut all = kept.map_or_else(none, |kept| PrincipalUse::clone(kept));
    principal.merge_into(&mut all);
    tx.shelve(all);
}

fn keep_key(tx: &mut Transaction, used: KeyUse) {
    if tx.snapshot().key(&used.key).is_some() {
        tx.shelve(used);
    }
}

impl LastUsed {
    fn copy(&self) -> (ById<Principal>, ById<Key>) {
        let (mut principals, mut keys) = (Vec::new(), Vec::new());
        for shard in &self.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            let all = shard.principals.iter();
            principals.extend(all.map(|(id, it)| (id.clone(), it.clone())));
            let all = shard.keys.iter();
            keys.extend(all.map(|(id, it)| (id.clone(), it.clone())));
        }
        (principals, keys)
    }

    /// Forgets what was kept, unless it has been used again since.
    fn forget_principals(&self, kept: &[(Box<str>, Principal)]) {
        for (id, kept) in kept {
            let mut shard = self.shard(id);
            let Some(principal) = shard.principals.get_mut(id) else {
                continue;
            };
            let before = principal.uses.len();
            principal.uses.retain(|noted| !kept.uses.contains(noted));
            let forgotten = before - principal.uses.len();
            if principal.uses.is_empty() {
                shard.principals.remove(id);
            }
            self.held.fetch_sub(forgotten, Ordering::Relaxed);
        }
    }

    fn forget_keys(&self, kept: &[(Box<str>, Key)]) {
        for (id, kept) in kept {
            let mut shard = self.shard(id);
            let same = shard.keys.get(id).is_some_and(|it| it.last == kept.last);
            if same {
                shard.keys.remove(id);
                self.held.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }
}
