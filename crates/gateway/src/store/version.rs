//! How versions follow each other. Every function here is a step of a transaction.

use jiff::Timestamp;
use sqlx::sqlite::SqliteConnection;

use super::versioning::Versioning;
use super::{FileId, StoreError, VersionId, row};
use crate::name::ObjectKey;

/// The row of a key's current version, as far as writes need it.
#[derive(Debug)]
pub(super) struct Current {
    /// Its file.
    pub(super) file: FileId,
    /// Without quotes.
    pub(super) etag: String,
    version: VersionId,
    sequence: i64,
}

/// Where a new version goes.
#[derive(Debug)]
pub(super) struct Place {
    /// Its id.
    pub(super) version: VersionId,
    /// Its sequence.
    pub(super) sequence: i64,
    /// The file of the version that it replaces, if there is one.
    pub(super) replaced: Option<FileId>,
}

/// A version that was removed.
#[derive(Debug)]
pub(super) struct Removed {
    /// Its file; a delete marker has none.
    pub(super) file: Option<FileId>,
}

/// The bucket's versioning, or nothing if the bucket is gone.
pub(super) async fn versioning(
    db: &mut SqliteConnection,
    bucket: i64,
) -> Result<Option<Versioning>, StoreError> {
    let found: Option<Option<String>> =
        sqlx::query_scalar("SELECT versioning FROM bucket WHERE id = ?1")
            .bind(bucket)
            .fetch_optional(db)
            .await?;
    let found = found.map(|status| Versioning::from_column(status.as_deref()));
    Ok(found.transpose()?)
}

/// The current version of an object, if there is one.
pub(super) async fn current(
    db: &mut SqliteConnection,
    bucket: i64,
    key: &ObjectKey,
) -> Result<Option<Current>, StoreError> {
    let found: Option<(String, String, String, i64)> = sqlx::query_as(
        "SELECT file, etag, version, sequence FROM object WHERE bucket = ?1 AND key = ?2",
    )
    .bind(bucket)
    .bind(key.as_str().as_bytes())
    .fetch_optional(db)
    .await?;
    let Some((file, etag, version, sequence)) = found else {
        return Ok(None);
    };
    Ok(Some(Current {
        file: row::file(&file)?,
        etag,
        version: row::version(&version)?,
        sequence,
    }))
}

/// Makes way for a new version, which is to be inserted next: the newest so far becomes one of the versions
/// before it, and where only a version `null` is written, the last one goes. The new one's id and sequence are
/// answered. Without versioning the row in `object` stays, to be written over.
pub(super) async fn make_way(
    db: &mut SqliteConnection,
    bucket: i64,
    key: &ObjectKey,
    current: Option<&Current>,
    versioning: Versioning,
    now: Timestamp,
) -> Result<Place, StoreError> {
    if versioning == Versioning::Off {
        return Ok(Place {
            version: VersionId::Null,
            sequence: current.map_or(0, |current| current.sequence),
            replaced: current.map(|current| current.file),
        });
    }
    let newest = match current {
        Some(current) => Some(current.sequence),
        None => newest_before(db, bucket, key).await?,
    };
    let sequence = newest.map_or(0, |newest| newest + 1);
    let mut replaced = None;
    let mut moves = current.is_some();
    let version = if versioning == Versioning::Enabled {
        VersionId::new(sequence)
    } else {
        match current.filter(|current| current.version == VersionId::Null) {
            Some(current) => {
                forget_current(db, bucket, key).await?;
                replaced = Some(current.file);
                moves = false;
            }
            None => {
                replaced = forget_before(db, bucket, key, VersionId::Null)
                    .await?
                    .and_then(|(removed, _)| removed.file);
            }
        }
        VersionId::Null
    };
    if moves {
        sqlx::query(
            "INSERT INTO version (bucket, key, sequence, version, file, size, etag, modified, tags, description, superseded)
             SELECT bucket, key, sequence, version, file, size, etag, modified, tags, description, ?3
             FROM object WHERE bucket = ?1 AND key = ?2",
        )
        .bind(bucket)
        .bind(key.as_str().as_bytes())
        .bind(now.as_second())
        .execute(&mut *db)
        .await?;
        forget_current(db, bucket, key).await?;
    } else if let Some(newest) = newest {
        // A delete marker, unless it was the version `null` that has just gone.
        sqlx::query(
            "UPDATE version SET superseded = ?4
             WHERE bucket = ?1 AND key = ?2 AND sequence = ?3",
        )
        .bind(bucket)
        .bind(key.as_str().as_bytes())
        .bind(newest)
        .bind(now.as_second())
        .execute(&mut *db)
        .await?;
    }
    Ok(Place {
        version,
        sequence,
        replaced,
    })
}

/// Puts a delete marker in its place.
pub(super) async fn mark_deleted(
    db: &mut SqliteConnection,
    bucket: i64,
    key: &ObjectKey,
    place: &Place,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO version (bucket, key, sequence, version, size, etag, modified, tags, description)
         VALUES (?1, ?2, ?3, ?4, 0, '', ?5, '{}', '{}')",
    )
    .bind(bucket)
    .bind(key.as_str().as_bytes())
    .bind(place.sequence)
    .bind(place.version.to_string())
    .bind(now.as_second())
    .execute(db)
    .await?;
    Ok(())
}

/// Removes one version for good. If it was the newest, the one before it takes its place.
pub(super) async fn remove(
    db: &mut SqliteConnection,
    bucket: i64,
    key: &ObjectKey,
    version: VersionId,
    current: Option<&Current>,
) -> Result<Option<Removed>, StoreError> {
    if let Some(current) = current.filter(|current| current.version == version) {
        forget_current(db, bucket, key).await?;
        // Nothing is older than the first.
        if current.sequence > 0 {
            promote(db, bucket, key).await?;
        }
        return Ok(Some(Removed {
            file: Some(current.file),
        }));
    }
    let Some((removed, newest)) = forget_before(db, bucket, key, version).await? else {
        return Ok(None);
    };
    if newest {
        promote(db, bucket, key).await?;
    }
    Ok(Some(removed))
}

/// Makes the newest version that is left the current one.
async fn promote(
    db: &mut SqliteConnection,
    bucket: i64,
    key: &ObjectKey,
) -> Result<(), StoreError> {
    let Some(newest) = newest_before(db, bucket, key).await? else {
        return Ok(());
    };
    let moved = sqlx::query(
        "INSERT INTO object (bucket, key, sequence, version, file, size, etag, modified, tags, description)
         SELECT bucket, key, sequence, version, file, size, etag, modified, tags, description
         FROM version WHERE bucket = ?1 AND key = ?2 AND sequence = ?3 AND file IS NOT NULL",
    )
    .bind(bucket)
    .bind(key.as_str().as_bytes())
    .bind(newest)
    .execute(&mut *db)
    .await?
    .rows_affected();
    let rest = if moved == 1 {
        "DELETE FROM version WHERE bucket = ?1 AND key = ?2 AND sequence = ?3"
    } else {
        "UPDATE version SET superseded = NULL WHERE bucket = ?1 AND key = ?2 AND sequence = ?3"
    };
    sqlx::query(rest)
        .bind(bucket)
        .bind(key.as_str().as_bytes())
        .bind(newest)
        .execute(db)
        .await?;
    Ok(())
}

/// The highest sequence among the versions that are not in `object`.
async fn newest_before(
    db: &mut SqliteConnection,
    bucket: i64,
    key: &ObjectKey,
) -> Result<Option<i64>, StoreError> {
    let found = sqlx::query_scalar(
        "SELECT sequence FROM version WHERE bucket = ?1 AND key = ?2
         ORDER BY sequence DESC LIMIT 1",
    )
    .bind(bucket)
    .bind(key.as_str().as_bytes())
    .fetch_optional(db)
    .await?;
    Ok(found)
}

async fn forget_current(
    db: &mut SqliteConnection,
    bucket: i64,
    key: &ObjectKey,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM object WHERE bucket = ?1 AND key = ?2")
        .bind(bucket)
        .bind(key.as_str().as_bytes())
        .execute(db)
        .await?;
    Ok(())
}

/// Removes a version that is not in `object`, and tells whether it was the newest of its key.
async fn forget_before(
    db: &mut SqliteConnection,
    bucket: i64,
    key: &ObjectKey,
    version: VersionId,
) -> Result<Option<(Removed, bool)>, StoreError> {
    let found: Option<(i64, Option<String>, Option<i64>)> = sqlx::query_as(
        "SELECT sequence, file, superseded FROM version
         WHERE bucket = ?1 AND key = ?2 AND version = ?3",
    )
    .bind(bucket)
    .bind(key.as_str().as_bytes())
    .bind(version.to_string())
    .fetch_optional(&mut *db)
    .await?;
    let Some((sequence, file, superseded)) = found else {
        return Ok(None);
    };
    sqlx::query("DELETE FROM version WHERE bucket = ?1 AND key = ?2 AND sequence = ?3")
        .bind(bucket)
        .bind(key.as_str().as_bytes())
        .bind(sequence)
        .execute(db)
        .await?;
    let file = file.as_deref().map(row::file).transpose()?;
    Ok(Some((Removed { file }, superseded.is_none())))
}

#[cfg(test)]
#[path = "version_tests.rs"]
mod tests;
