//! Versions that aren't current any more, and delete markers with nothing behind them.

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection as _, Row as _};

use super::{Ending, Page, Removed, after, end};
use crate::lifecycle::Subject;
use crate::name::ObjectKey;
use crate::store::object::delete;
use crate::store::{Deletion, Guard, Store, StoreError, VersionId, detached, row, version};
use crate::tags::Tags;

/// How far the versions of a bucket have been looked through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VersionPlace {
    key: Vec<u8>,
    sequence: i64,
    /// Versions of the key up to here that aren't current, delete markers included.
    passed: u32,
}

impl Ending {
    /// The rule by which this version has ended; `newer` versions of its key aren't current either.
    /// `alone` says of a delete marker that there is no other version.
    fn version(
        &self,
        key: &str,
        row: &SqliteRow,
        newer: u32,
        alone: bool,
    ) -> Result<Option<&str>, StoreError> {
        let modified = row::seconds(row.try_get("modified")?)?;
        let superseded: Option<i64> = row.try_get("superseded")?;
        let ended = match superseded {
            Some(superseded) => {
                let tags: Tags = serde_json::from_str(&row.try_get::<String, _>("tags")?)?;
                let subject = Subject {
                    key,
                    size: row::unsigned(row.try_get("size")?)?,
                    modified,
                    tags: &tags,
                };
                let superseded = row::seconds(superseded)?;
                self.lifecycle
                    .noncurrent_ended(&subject, superseded, newer, self.now)
            }
            None if alone => self.lifecycle.marker_ended(key, modified, self.now),
            None => None,
        };
        Ok(ended.map(|rule| rule.id.as_str()))
    }
}

impl Store {
    /// Looks through some of the versions of keys that begin with `prefix`, behind `place`: those
    /// that aren't current, and delete markers. At least `limit` if there are so many.
    pub(crate) async fn ending_versions(
        &self,
        ending: &Ending,
        prefix: &str,
        place: Option<&VersionPlace>,
        limit: usize,
    ) -> Result<Page<(ObjectKey, VersionId), VersionPlace>, StoreError> {
        let from = place.map_or_else(|| prefix.as_bytes().to_vec(), |place| after(&place.key));
        // The rest of the key that the last page ended in, and the keys behind it. A delete marker
        // is alone if it is the newest version and the oldest.
        let rows = sqlx::query(
            "SELECT * FROM (SELECT key, sequence, version, size, modified, tags, superseded,
                 FALSE AS alone
                 FROM version WHERE bucket = ?1 AND key = ?2 AND sequence < ?3
                 ORDER BY sequence DESC LIMIT ?6)
             UNION ALL
             SELECT * FROM (SELECT key, sequence, version, size, modified, tags, superseded,
                 superseded IS NULL AND NOT EXISTS (SELECT 1 FROM version AS older
                     WHERE older.bucket = ?1 AND older.key = version.key
                     AND older.sequence < version.sequence) AS alone
                 FROM version WHERE bucket = ?1 AND key >= ?4 AND key < ?5
                 ORDER BY key, sequence DESC LIMIT ?6)
             ORDER BY key, sequence DESC",
        )
        .bind(ending.bucket.id)
        .bind(place.map(|place| place.key.clone()))
        .bind(place.map(|place| place.sequence))
        .bind(from)
        .bind(end(prefix))
        .bind(row::signed(limit as u64))
        .fetch_all(&self.0.readers)
        .await?;
        let mut due = Vec::new();
        let mut last = place.cloned();
        // What is behind a first part that was cut off by the limit waits for the next page.
        let first = last.as_ref().map(|place| place.key.clone());
        let mut of_first = 0;
        for row in &rows {
            let key: Vec<u8> = row.try_get("key")?;
            if first.as_ref() == Some(&key) {
                of_first += 1;
            } else if of_first == limit {
                break;
            }
            let newer = last
                .as_ref()
                .filter(|last| last.key == key)
                .map_or(0, |last| last.passed);
            let text = row::text(key.clone())?;
            if ending
                .version(&text, row, newer, row.try_get("alone")?)?
                .is_some()
            {
                let version = row::version(&row.try_get::<String, _>("version")?)?;
                due.push((row::key(&text)?, version));
            }
            let superseded: Option<i64> = row.try_get("superseded")?;
            last = Some(VersionPlace {
                key,
                sequence: row.try_get("sequence")?,
                passed: newer + u32::from(superseded.is_some()),
            });
        }
        Ok(Page {
            due,
            next: last.filter(|_| rows.len() >= limit),
        })
    }

    /// Removes those of the versions that have ended, as they are now.
    pub(crate) async fn end_versions(
        &self,
        ending: Ending,
        versions: Vec<(ObjectKey, VersionId)>,
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
            for (key, version) in &versions {
                let Some(rule) = ended_now(&mut transaction, &ending, key, *version).await? else {
                    continue;
                };
                let deletion = Deletion {
                    key: key.clone(),
                    version: Some(*version),
                    guard: Guard::default(),
                };
                let done = delete(&mut transaction, id, versioning, &deletion, ending.now).await?;
                let Ok((deleted, file)) = done else { continue };
                unused.extend(file);
                let what = match deleted.marker {
                    true => Removed::Marker(version.to_string()),
                    false => Removed::Version(version.to_string()),
                };
                ending
                    .note(&mut transaction, key.as_str(), rule, what)
                    .await?;
            }
            let change = store
                .0
                .recent
                .change(id, versions.iter().map(|(key, _)| key));
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

/// The rule by which a version has ended, inside the transaction that removes it.
async fn ended_now<'a>(
    db: &mut SqliteConnection,
    ending: &'a Ending,
    key: &ObjectKey,
    version: VersionId,
) -> Result<Option<&'a str>, StoreError> {
    // No rule keeps more than `?4`, so more need not be counted.
    let row = sqlx::query(
        "SELECT size, modified, tags, superseded,
             (SELECT count(*) FROM (SELECT 1 FROM version AS newer
                 WHERE newer.bucket = ?1 AND newer.key = ?2
                 AND newer.sequence > version.sequence AND newer.superseded IS NOT NULL
                 LIMIT ?4)) AS newer,
             NOT EXISTS (SELECT 1 FROM version AS older WHERE older.bucket = ?1
                 AND older.key = ?2 AND older.sequence < version.sequence) AS alone
         FROM version WHERE bucket = ?1 AND key = ?2 AND version = ?3",
    )
    .bind(ending.bucket.id)
    .bind(key.as_str().as_bytes())
    .bind(version.to_string())
    .bind(ending.lifecycle.most_kept())
    .fetch_optional(db)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let (newer, alone) = (row.try_get("newer")?, row.try_get("alone")?);
    ending.version(key.as_str(), &row, newer, alone)
}
