//! Objects: putting a version in place, deleting, tagging.

use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection as _, Row as _};

use super::versioning::Versioning;
use super::{Description, FileId, NewFile, Store, StoreError, VersionId, detached, row, version};
use crate::name::ObjectKey;
use crate::tags::Tags;

/// A version of an object.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// Its id. What is about to be written has none yet.
    pub(crate) version: VersionId,
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

/// Reads a row of `object`, or one of `version` that is no delete marker.
pub(super) fn from_row(row: &SqliteRow) -> Result<Object, StoreError> {
    Ok(Object {
        version: row::version(&row.try_get::<String, _>("version")?)?,
        file: row::file(&row.try_get::<String, _>("file")?)?,
        size: row::unsigned(row.try_get("size")?)?,
        etag: row.try_get("etag")?,
        modified: row::seconds(row.try_get("modified")?)?,
        tags: serde_json::from_str(&row.try_get::<String, _>("tags")?)?,
        description: serde_json::from_str(&row.try_get::<String, _>("description")?)?,
    })
}

/// What a write did.
#[derive(Debug)]
pub(super) struct Swapped {
    /// The version that it made.
    pub(super) version: VersionId,
    /// The file that no row names any more.
    pub(super) replaced: Option<FileId>,
}

/// Makes an object the current version, inside a transaction. Its id is chosen here.
pub(super) async fn swap(
    db: &mut SqliteConnection,
    bucket: i64,
    key: &ObjectKey,
    object: &Object,
    guard: &Guard,
) -> Result<Result<Swapped, Rejected>, StoreError> {
    let Some(versioning) = version::versioning(db, bucket).await? else {
        return Ok(Err(Rejected::NoBucket));
    };
    let current = version::current(db, bucket, key).await?;
    if let Err(rejected) = guard.check(current.as_ref().map(|current| current.etag.as_str())) {
        return Ok(Err(rejected));
    }
    let now = object.modified;
    let place = version::make_way(db, bucket, key, current.as_ref(), versioning, now).await?;
    sqlx::query(
        "INSERT INTO object (bucket, key, file, size, etag, modified, tags, description, version, sequence)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
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
    .bind(place.version.to_string())
    .bind(place.sequence)
    .execute(db)
    .await?;
    Ok(Ok(Swapped {
        version: place.version,
        replaced: place.replaced,
    }))
}

/// What a deletion did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Deleted {
    /// The version that it removed or, of a delete marker, made. None without versioning.
    pub(crate) version: Option<VersionId>,
    /// Whether that version is a delete marker.
    pub(crate) marker: bool,
}

/// A key to be deleted, or one version of it.
#[derive(Debug)]
pub(crate) struct Deletion {
    /// The key.
    pub(crate) key: ObjectKey,
    /// The version that is to go for good.
    pub(crate) version: Option<VersionId>,
    /// What must hold of the current version, whichever is to go (S3 User Guide, "How to perform conditional deletes").
    pub(crate) guard: Guard,
}

/// Deletes inside a transaction; answers the file that no row names any more, too.
pub(super) async fn delete(
    db: &mut SqliteConnection,
    bucket: i64,
    versioning: Versioning,
    deletion: &Deletion,
    now: Timestamp,
) -> Result<Result<(Deleted, Option<FileId>), Rejected>, StoreError> {
    let key = &deletion.key;
    let current = version::current(db, bucket, key).await?;
    let etag = current.as_ref().map(|current| current.etag.as_str());
    if let Err(rejected) = deletion.guard.check(etag) {
        return Ok(Err(rejected));
    }
    if deletion.version.is_some() || versioning == Versioning::Off {
        let id = deletion.version.unwrap_or_default();
        let removed = version::remove(db, bucket, key, id, current.as_ref()).await?;
        let marker = removed.as_ref().is_some_and(|it| it.file.is_none());
        let deleted = Deleted {
            version: deletion.version,
            marker,
        };
        return Ok(Ok((deleted, removed.and_then(|removed| removed.file))));
    }
    let place = version::make_way(db, bucket, key, current.as_ref(), versioning, now).await?;
    version::mark_deleted(db, bucket, key, &place, now).await?;
    let deleted = Deleted {
        version: Some(place.version),
        marker: true,
    };
    Ok(Ok((deleted, place.replaced)))
}

impl Store {
    /// Makes the file the object's current version; its bytes must be durable already. Answers the version if it
    /// has an id of its own.
    pub(crate) async fn put_object(
        &self,
        bucket: i64,
        key: ObjectKey,
        mut file: NewFile,
        object: Object,
        guard: Guard,
    ) -> Result<Result<Option<VersionId>, Rejected>, StoreError> {
        let store = self.clone();
        detached(async move {
            let mut db = store.0.writer.lock().await;
            let mut transaction = db.begin().await?;
            let swapped = swap(&mut transaction, bucket, &key, &object, &guard).await?;
            let Swapped { version, replaced } = match swapped {
                Ok(swapped) => swapped,
                Err(rejected) => return Ok(Err(rejected)),
            };
            // Even if the commit fails here it may have succeeded on disk.
            file.keep();
            let change = store.0.recent.change(bucket, [&key]);
            transaction.commit().await?;
            drop(change);
            drop(db);
            if let Some(replaced) = replaced {
                store.0.files.remove(replaced);
            }
            Ok(Ok(version.own()))
        })
        .await
    }

    /// Deletes in one transaction; what is absent counts as deleted, unless a guard asks for it. One answer for
    /// each deletion, in order. `now` is when delete markers are made.
    pub(crate) async fn delete_objects(
        &self,
        bucket: i64,
        deletions: Vec<Deletion>,
        now: Timestamp,
    ) -> Result<Vec<Result<Deleted, Rejected>>, StoreError> {
        let store = self.clone();
        detached(async move {
            let mut db = store.0.writer.lock().await;
            let mut transaction = db.begin().await?;
            let Some(versioning) = version::versioning(&mut transaction, bucket).await? else {
                return Ok(vec![Err(Rejected::NoBucket); deletions.len()]);
            };
            let mut answers = Vec::with_capacity(deletions.len());
            let mut unused = Vec::new();
            for deletion in &deletions {
                let answer = delete(&mut transaction, bucket, versioning, deletion, now).await?;
                answers.push(answer.map(|(deleted, file)| {
                    unused.extend(file);
                    deleted
                }));
            }
            let keys = deletions.iter().map(|deletion| &deletion.key);
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

    /// Sets the tags of the version in `file`; false if it is gone.
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
            let tags = serde_json::to_string(&tags)?;
            let mut changed = 0;
            for update in [
                "UPDATE object SET tags = ?4 WHERE bucket = ?1 AND key = ?2 AND file = ?3",
                "UPDATE version SET tags = ?4 WHERE bucket = ?1 AND key = ?2 AND file = ?3",
            ] {
                if changed == 0 {
                    changed = sqlx::query(update)
                        .bind(bucket)
                        .bind(key.as_str().as_bytes())
                        .bind(file.to_string())
                        .bind(&tags)
                        .execute(&mut *db)
                        .await?
                        .rows_affected();
                }
            }
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
