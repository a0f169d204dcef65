//! Current versions that end.

use sqlx::sqlite::SqliteRow;
use sqlx::{Connection as _, Row as _};

use super::{Ending, Page, Removed, after, end, version_text};
use crate::lifecycle::Subject;
use crate::name::ObjectKey;
use crate::store::object::delete;
use crate::store::{Deletion, Guard, Store, StoreError, detached, row, version};
use crate::tags::Tags;

impl Ending {
    /// The rule by which this object has ended.
    fn object(&self, key: &str, row: &SqliteRow) -> Result<Option<&str>, StoreError> {
        let tags: Tags = serde_json::from_str(&row.try_get::<String, _>("tags")?)?;
        let subject = Subject {
            key,
            size: row::unsigned(row.try_get("size")?)?,
            modified: row::seconds(row.try_get("modified")?)?,
            tags: &tags,
        };
        let expiry = self.lifecycle.expiry(&subject);
        Ok(expiry
            .filter(|(time, _)| *time <= self.now)
            .map(|(_, rule)| rule.id.as_str()))
    }
}

impl Store {
    /// Looks through the next `limit` keys that begin with `prefix`, from `from` on.
    pub(crate) async fn ending_objects(
        &self,
        ending: &Ending,
        prefix: &str,
        from: &[u8],
        limit: usize,
    ) -> Result<Page<ObjectKey, Vec<u8>>, StoreError> {
        let rows = sqlx::query(
            "SELECT key, size, modified, tags FROM object
             WHERE bucket = ?1 AND key >= ?2 AND key < ?3 ORDER BY key LIMIT ?4",
        )
        .bind(ending.bucket.id)
        .bind(from.max(prefix.as_bytes()))
        .bind(end(prefix))
        .bind(row::signed(limit as u64))
        .fetch_all(&self.0.readers)
        .await?;
        let mut due = Vec::new();
        let mut last = None;
        for row in &rows {
            let key = row::text(row.try_get("key")?)?;
            if ending.object(&key, row)?.is_some() {
                due.push(row::key(&key)?);
            }
            last = Some(key);
        }
        Ok(Page {
            due,
            next: last
                .filter(|_| rows.len() == limit)
                .map(|key| after(key.as_bytes())),
        })
    }

    /// Ends those of the objects that have ended, as they are now: one that was replaced or got
    /// other tags meanwhile stays. Where versions are kept that makes a delete marker.
    pub(crate) async fn end_objects(
        &self,
        ending: Ending,
        keys: Vec<ObjectKey>,
    ) -> Result<(), StoreError> {
        let store = self.clone();
        detached(async move {
            let mut db = store.0.writer.lock().await;
            if !ending.counts(&store) {
                return Ok(());
            }
            let id = ending.bucket.id;
            let mut transaction = db.begin().await?;
            let Some(versioning) = version::versioning(&mut transaction, id).await? else {
                return Ok(());
            };
            let mut unused = Vec::new();
            for key in &keys {
                let row = sqlx::query(
                    "SELECT size, modified, tags FROM object WHERE bucket = ?1 AND key = ?2",
                )
                .bind(id)
                .bind(key.as_str().as_bytes())
                .fetch_optional(&mut *transaction)
                .await?;
                let Some(row) = row else { continue };
                let Some(rule) = ending.object(key.as_str(), &row)? else {
                    continue;
                };
                let deletion = Deletion {
                    key: key.clone(),
                    version: None,
                    guard: Guard::default(),
                };
                let done = delete(&mut transaction, id, versioning, &deletion, ending.now).await?;
                let Ok((deleted, file)) = done else { continue };
                unused.extend(file);
                let what = match deleted.marker {
                    true => Removed::Behind(version_text(deleted.version)),
                    false => Removed::Object,
                };
                ending
                    .note(&mut transaction, key.as_str(), rule, what)
                    .await?;
            }
            let change = store.0.recent.change(id, &keys);
            transaction.commit().await?;
            drop(change);
            drop(db);
            for file in unused {
                store.0.files.remove(file);
            }
            Ok(())
        })
        .await
    }
}
