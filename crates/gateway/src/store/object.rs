//! Objects: reading a row, swapping it, removing it.

use std::sync::Arc;

use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection as _, Row as _};

use super::recent::Known;
use super::{Description, FileId, NewFile, Store, StoreError, detached, row};
use crate::name::ObjectKey;
use crate::tags::Tags;

/// The current version of an object.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// The file of its bytes, which belongs to this version only.
    pub(crate) file: FileId,
    /// Bytes.
    pub(crate) size: u64,
    /// Without quotes.
    pub(crate) etag: String,
    /// When it was written, in whole seconds.
    pub(crate) modified: Timestamp,
    /// Its tags.
    pub(crate) tags: Tags,
    /// Everything else.
    pub(crate) description: Description,
}

/// What must hold of the current version for a write to go ahead; checked in the
/// transaction of the write, so that two writers can't both pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Guard {
    /// `If-Match`: there must be a version, with one of these ETags; `None` in the list is `*`.
    pub(crate) if_match: Option<Vec<Option<String>>>,
    /// `If-None-Match: *`: there must be no version.
    pub(crate) if_absent: bool,
}

/// Why a write didn't go ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// The bucket is gone.
    NoBucket,
    /// `If-Match` on an object that isn't there.
    NoObject,
    /// `If-Match` on another version.
    NotMatching,
    /// `If-None-Match: *` on an object that is there.
    Exists,
    /// The upload, or a part of it, is gone.
    NoUpload,
}

impl Guard {
    /// Checks the guard against the current version's ETag.
    pub(super) fn check(&self, current: Option<&str>) -> Result<(), Rejected> {
        if self.if_absent && current.is_some() {
            return Err(Rejected::Exists);
        }
        match (&self.if_match, current) {
            (None, _) => Ok(()),
            (Some(_), None) => Err(Rejected::NoObject),
            (Some(wanted), Some(etag)) => wanted
                .iter()
                .any(|w| w.as_deref().is_none_or(|w| w == etag))
                .then_some(())
                .ok_or(Rejected::NotMatching),
        }
    }
}

fn from_row(row: &SqliteRow) -> Result<Object, StoreError> {
    Ok(Object {
        file: row::file(&row.try_get::<String, _>("file")?)?,
        size: row::unsigned(row.try_get("size")?)?,
        etag: row.try_get("etag")?,
        modified: row::seconds(row.try_get("modified")?)?,
        tags: serde_json::from_str(&row.try_get::<String, _>("tags")?)?,
        description: serde_json::from_str(&row.try_get::<String, _>("description")?)?,
    })
}

/// The file and ETag of the current version, if any.
async fn current(
    db: &mut SqliteConnection,
    bucket: i64,
    key: &ObjectKey,
) -> Result<Option<(FileId, String)>, StoreError> {
    let found: Option<(String, String)> =
        sqlx::query_as("SELECT file, etag FROM object WHERE bucket = ?1 AND key = ?2")
            .bind(bucket)
            .bind(key.as_str().as_bytes())
            .fetch_optional(db)
            .await?;
    found
        .map(|(file, etag)| Ok((row::file(&file)?, etag)))
        .transpose()
}

/// Swaps the row inside a transaction; answers the file that no row names any more.
pub(super) async fn swap(
    db: &mut SqliteConnection,
    bucket: i64,
    key: &ObjectKey,
    object: &Object,
    guard: &Guard,
) -> Result<Result<Option<FileId>, Rejected>, StoreError> {
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM bucket WHERE id = ?1)")
        .bind(bucket)
        .fetch_one(&mut *db)
        .await?;
    if !exists {
        return Ok(Err(Rejected::NoBucket));
    }
    let old = current(db, bucket, key).await?;
    if let Err(rejected) = guard.check(old.as_ref().map(|(_, etag)| etag.as_str())) {
        return Ok(Err(rejected));
    }
    sqlx::query(
        "INSERT INTO object (bucket, key, file, size, etag, modified, tags, description)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (bucket, key) DO UPDATE SET file = excluded.file, size = excluded.size,
         etag = excluded.etag, modified = excluded.modified, tags = excluded.tags,
         description = excluded.description",
    )
    .bind(bucket)
    .bind(key.as_str().as_bytes())
    .bind(object.file.to_string())
    .bind(row::signed(object.size))
    .bind(&object.etag)
    .bind(object.modified.as_second())
    .bind(serde_json::to_string(&object.tags)?)
    .bind(serde_json::to_string(&object.description)?)
    .execute(db)
    .await?;
    Ok(Ok(old.map(|(file, _)| file)))
}

impl Store {
    /// The current version of an object.
    pub(crate) async fn object(
        &self,
        bucket: i64,
        key: &ObjectKey,
    ) -> Result<Option<Arc<Object>>, StoreError> {
        let ticket = match self.0.recent.find(bucket, key) {
            Known::Row(object) => return Ok(Some(object)),
            Known::Nothing(ticket) => ticket,
        };
        let row = sqlx::query(
            "SELECT file, size, etag, modified, tags, description FROM object
             WHERE bucket = ?1 AND key = ?2",
        )
        .bind(bucket)
        .bind(key.as_str().as_bytes())
        .fetch_optional(&self.0.readers)
        .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let object = Arc::new(from_row(&row)?);
        self.0.recent.keep(ticket, &object);
        Ok(Some(object))
    }

    /// Makes the file the object's current version; its bytes must be durable already.
    pub(crate) async fn put_object(
        &self,
        bucket: i64,
        key: ObjectKey,
        mut file: NewFile,
        object: Object,
        guard: Guard,
    ) -> Result<Result<(), Rejected>, StoreError> {
        let store = self.clone();
        detached(async move {
            let mut db = store.0.writer.lock().await;
            let mut transaction = db.begin().await?;
            let old = match swap(&mut transaction, bucket, &key, &object, &guard).await? {
                Ok(old) => old,
                Err(rejected) => return Ok(Err(rejected)),
            };
            // Even if the commit fails here it may have succeeded on disk.
            file.keep();
            let change = store.0.recent.change(bucket, [&key]);
            transaction.commit().await?;
            drop(change);
            drop(db);
            if let Some(old) = old {
                store.0.files.remove(old);
            }
            Ok(Ok(()))
        })
        .await
    }

    /// Removes objects in one transaction; absent ones count as removed, unless a guard
    /// asks for them. One answer for each key, in order.
    pub(crate) async fn delete_objects(
        &self,
        bucket: i64,
        keys: Vec<(ObjectKey, Guard)>,
    ) -> Result<Vec<Result<(), Rejected>>, StoreError> {
        let store = self.clone();
        detached(async move {
            let mut db = store.0.writer.lock().await;
            let mut transaction = db.begin().await?;
            let mut answers = Vec::with_capacity(keys.len());
            let mut unused = Vec::new();
            for (key, guard) in &keys {
                let old = current(&mut transaction, bucket, key).await?;
                let answer = guard.check(old.as_ref().map(|(_, etag)| etag.as_str()));
                answers.push(answer);
                if answer.is_ok()
                    && let Some((file, _)) = old
                {
                    sqlx::query("DELETE FROM object WHERE bucket = ?1 AND key = ?2")
                        .bind(bucket)
                        .bind(key.as_str().as_bytes())
                        .execute(&mut *transaction)
                        .await?;
                    unused.push(file);
                }
            }
            let keys = keys.iter().map(|(key, _)| key);
            let change = store.0.recent.change(bucket, keys);
            transaction.commit().await?;
            drop(change);
            drop(db);
            for file in unused {
                store.0.files.remove(file);
            }
            Ok(answers)
        })
        .await
    }

    /// Sets the tags of the version in `file`; false if that isn't the current one any more.
    pub(crate) async fn set_object_tags(
        &self,
        bucket: i64,
        key: ObjectKey,
        file: FileId,
        tags: Tags,
    ) -> Result<bool, StoreError> {
        let store = self.clone();
        detached(async move {
            let mut db = store.0.writer.lock().await;
            let change = store.0.recent.change(bucket, [&key]);
            let changed = sqlx::query(
                "UPDATE object SET tags = ?4 WHERE bucket = ?1 AND key = ?2 AND file = ?3",
            )
            .bind(bucket)
            .bind(key.as_str().as_bytes())
            .bind(file.to_string())
            .bind(serde_json::to_string(&tags)?)
            .execute(&mut *db)
            .await?
            .rows_affected();
            drop(change);
            Ok(changed == 1)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guards() {
        let matching = |etags: &[Option<&str>]| Guard {
            if_match: Some(etags.iter().map(|e| e.map(str::to_owned)).collect()),
            if_absent: false,
        };
        let absent = Guard {
            if_match: None,
            if_absent: true,
        };
        for (guard, current, expected) in [
            (Guard::default(), None, Ok(())),
            (Guard::default(), Some("a"), Ok(())),
            (absent.clone(), None, Ok(())),
            (absent, Some("a"), Err(Rejected::Exists)),
            (matching(&[Some("a")]), Some("a"), Ok(())),
            (matching(&[Some("b"), Some("a")]), Some("a"), Ok(())),
            (
                matching(&[Some("b")]),
                Some("a"),
                Err(Rejected::NotMatching),
            ),
            (matching(&[Some("a")]), None, Err(Rejected::NoObject)),
            (matching(&[None]), Some("a"), Ok(())),
            (matching(&[None]), None, Err(Rejected::NoObject)),
        ] {
            assert_eq!(guard.check(current), expected, "{guard:?} {current:?}");
        }
    }
}
