//! Uploads that are given up.

use jiff::Timestamp;
use sqlx::Connection as _;

use super::{Ending, Page, Removed, end};
use crate::store::{Store, StoreError, detached, row};

impl Ending {
    /// The rule by which this upload has ended.
    fn upload(&self, key: &str, begun: Timestamp) -> Option<&str> {
        let abort = self.lifecycle.abort(key, begun);
        abort
            .filter(|(time, _)| *time <= self.now)
            .map(|(_, rule)| rule.id.as_str())
    }
}

impl Store {
    /// Looks through the next `limit` uploads whose keys begin with `prefix`, after the one of this
    /// key and id.
    pub(crate) async fn ending_uploads(
        &self,
        ending: &Ending,
        prefix: &str,
        (key, id): (Vec<u8>, String),
        limit: usize,
    ) -> Result<Page<String, (Vec<u8>, String)>, StoreError> {
        let rows: Vec<(String, Vec<u8>, i64)> = sqlx::query_as(
            "SELECT id, key, initiated FROM upload
             WHERE bucket = ?1 AND (key, id) > (?2, ?3) AND key < ?4 ORDER BY key, id LIMIT ?5",
        )
        .bind(ending.bucket.id)
        .bind(key.max(prefix.as_bytes().to_vec()))
        .bind(id)
        .bind(end(prefix))
        .bind(row::signed(limit as u64))
        .fetch_all(&self.0.readers)
        .await?;
        let mut due = Vec::new();
        for (id, key, initiated) in &rows {
            let key = row::text(key.clone())?;
            if ending.upload(&key, row::seconds(*initiated)?).is_some() {
                due.push(id.clone());
            }
        }
        let full = rows.len() == limit;
        let last = rows.into_iter().next_back().filter(|_| full);
        Ok(Page {
            due,
            next: last.map(|(id, key, _)| (key, id)),
        })
    }

    /// Gives up those of the uploads that have ended.
    pub(crate) async fn end_uploads(
        &self,
        ending: Ending,
        ids: Vec<String>,
    ) -> Result<(), StoreError> {
        let store = self.clone();
        detached(async move {
            let mut db = store.0.writer.lock().await;
            if !ending.counts(&store) {
                return Ok(());
            }
            let mut transaction = db.begin().await?;
            let mut unused = Vec::new();
            for id in ids {
                let found: Option<(Vec<u8>, i64)> = sqlx::query_as(
                    "SELECT key, initiated FROM upload WHERE id = ?1 AND bucket = ?2",
                )
                .bind(&id)
                .bind(ending.bucket.id)
                .fetch_optional(&mut *transaction)
                .await?;
                let Some((key, initiated)) = found else {
                    continue;
                };
                let key = row::text(key)?;
                let Some(rule) = ending.upload(&key, row::seconds(initiated)?) else {
                    continue;
                };
                let parts: Vec<String> =
                    sqlx::query_scalar("SELECT file FROM part WHERE upload = ?1")
                        .bind(&id)
                        .fetch_all(&mut *transaction)
                        .await?;
                unused.extend(parts);
                sqlx::query("DELETE FROM upload WHERE id = ?1")
                    .bind(&id)
                    .execute(&mut *transaction)
                    .await?;
                ending
                    .note(&mut transaction, &key, rule, Removed::Upload(id))
                    .await?;
            }
            transaction.commit().await?;
            drop(db);
            for file in unused {
                store.0.files.remove(row::file(&file)?);
            }
            Ok(())
        })
        .await
    }
}
