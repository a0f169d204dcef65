//! What a lifecycle ends: found page by page, removed in one transaction with a note of each
//! removal, which stays until the trail has it.

mod objects;
mod uploads;
mod versions;

pub(crate) use versions::VersionPlace;

use std::sync::Arc;

use jiff::Timestamp;
use policy::AccountId;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteConnection;

use super::{Bucket, Store, StoreError, VersionId, detached, row, successor};
use crate::lifecycle::Lifecycle;

/// A removal that the trail has to be told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Removal {
    /// The bucket's owner.
    pub(crate) owner: AccountId,
    /// When.
    pub(crate) time: Timestamp,
    /// The bucket.
    pub(crate) bucket: String,
    /// The key.
    pub(crate) key: String,
    /// The id of the rule that asked for it.
    pub(crate) rule: String,
    /// What was removed.
    pub(crate) what: Removed,
}

/// What a lifecycle has removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Removed {
    /// The object, which had no versions.
    Object,
    /// The object, by a delete marker of this version.
    Behind(String),
    /// This version for good.
    Version(String),
    /// The delete marker of this version, which had nothing behind it any more or was replaced.
    Marker(String),
    /// An upload that was neither completed nor aborted.
    Upload(String),
}

/// A page of what a lifecycle may end.
#[derive(Debug)]
pub(crate) struct Page<T, P> {
    /// What is due.
    pub(crate) due: Vec<T>,
    /// Where the next page begins, if there is one.
    pub(crate) next: Option<P>,
}

/// A lifecycle, the bucket it is of, and the time that counts.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    /// The bucket.
    pub(crate) bucket: Arc<Bucket>,
    /// Its lifecycle.
    pub(crate) lifecycle: Arc<Lifecycle>,
    /// What ends by then has ended.
    pub(crate) now: Timestamp,
}

impl Ending {
    /// Whether the bucket still has this lifecycle: one that was replaced or deleted ends
    /// nothing more.
    fn counts(&self, store: &Store) -> bool {
        store.bucket(&self.bucket.name).is_some_and(|bucket| {
            let current = bucket.configurations.lifecycle.as_ref();
            bucket.id == self.bucket.id
                && current.is_some_and(|current| Arc::ptr_eq(current, &self.lifecycle))
        })
    }

    /// Notes a removal in its transaction.
    async fn note(
        &self,
        db: &mut SqliteConnection,
        key: &str,
        rule: &str,
        what: Removed,
    ) -> Result<(), StoreError> {
        let removal = Removal {
            owner: self.bucket.owner,
            time: self.now,
            bucket: self.bucket.name.to_string(),
            key: key.to_owned(),
            rule: rule.to_owned(),
            what,
        };
        sqlx::query("INSERT INTO removal (body) VALUES (?1)")
            .bind(serde_json::to_string(&removal)?)
            .execute(db)
            .await?;
        Ok(())
    }
}

impl Store {
    /// Removals that the trail doesn't have yet, oldest first.
    pub(crate) async fn unrecorded_removals(
        &self,
        limit: usize,
    ) -> Result<Vec<(i64, Removal)>, StoreError> {
        let rows: Vec<(i64, String)> =
            sqlx::query_as("SELECT id, body FROM removal ORDER BY id LIMIT ?1")
                .bind(row::signed(limit as u64))
                .fetch_all(&self.0.readers)
                .await?;
        rows.into_iter()
            .map(|(id, body)| Ok((id, serde_json::from_str(&body)?)))
            .collect()
    }

    /// The trail has the removals up to this one.
    pub(crate) async fn forget_removals(&self, last: i64) -> Result<(), StoreError> {
        let store = self.clone();
        detached(async move {
            let mut db = store.0.writer.lock().await;
            sqlx::query("DELETE FROM removal WHERE id <= ?1")
                .bind(last)
                .execute(&mut *db)
                .await?;
            Ok(())
        })
        .await
    }
}

/// The end of the keys that begin with a prefix, as a bound that every key is below if there is none.
fn end(prefix: &str) -> Vec<u8> {
    // No text in UTF-8 has this byte.
    successor(prefix.as_bytes()).unwrap_or_else(|| vec![0xff])
}

/// The smallest key behind this one.
fn after(key: &[u8]) -> Vec<u8> {
    [key, &[0]].concat()
}

fn version_text(version: Option<VersionId>) -> String {
    version.unwrap_or_default().to_string()
}
