//! Listing versions: by key, and the newest of a key first.

use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::listing::{FEW, MANY, after, common_prefix, end_of, position_after};
use super::{ChecksumKind, Store, StoreError, VersionId, row, successor};
use crate::checksum::Algorithm;

/// Which versions are asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct VersionsQuery {
    /// Only keys that begin so.
    pub(crate) prefix: String,
    /// Keys are rolled up to what comes before and with the first one after the prefix.
    pub(crate) delimiter: Option<String>,
    /// Where to begin.
    pub(crate) from: VersionsFrom,
    /// Most entries.
    pub(crate) limit: usize,
}

/// Where a listing of versions begins.
#[derive(Debug, Clone, Default)]
pub(crate) enum VersionsFrom {
    /// At the first key.
    #[default]
    Start,
    /// At what comes after a key and its versions or, if the listing rolls up to it, after that prefix.
    AfterKey(String),
    /// At what comes after a version of a key.
    AfterVersion(String, VersionId),
}

/// One page of versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VersionsPage {
    /// Versions and common prefixes in order.
    pub(crate) entries: Vec<VersionEntry>,
    /// Whether there are more.
    pub(crate) truncated: bool,
}

/// A line of a listing of versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum VersionEntry {
    /// An object, or a delete marker.
    Version(VersionLine),
    /// All keys that begin so.
    Prefix(String),
}

/// A version in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VersionLine {
    /// The key.
    pub(crate) key: String,
    /// The version's id.
    pub(crate) version: VersionId,
    /// Whether it is the newest of its key.
    pub(crate) latest: bool,
    /// When it was written.
    pub(crate) modified: Timestamp,
    /// What it has; nothing if it is a delete marker.
    pub(crate) object: Option<ObjectLine>,
}

/// What a listing tells of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ObjectLine {
    /// Bytes.
    pub(crate) size: u64,
    /// Without quotes.
    pub(crate) etag: String,
    /// Its checksum's algorithm and kind.
    pub(crate) checksum: Option<(Algorithm, ChecksumKind)>,
}

/// A position between versions.
#[derive(Debug, Clone)]
enum Position {
    /// At a byte string that keys are compared with.
    Key(Vec<u8>),
    /// Within the versions of a key, below a sequence.
    Within(Vec<u8>, i64),
}

/// Both tables have their rows in this order, so SQLite merges them as they come and reads no more than it
/// answers with.
macro_rules! page {
    ($range:literal) => {
        concat!(
            "SELECT key, sequence, version, TRUE AS latest, file, size, etag, modified,
                    description ->> '$.checksum.algorithm' AS algorithm,
                    description ->> '$.checksum.kind' AS kind
             FROM object WHERE bucket = ?1 AND ",
            $range,
            " UNION ALL
             SELECT key, sequence, version, superseded IS NULL, file, size, etag, modified,
                    description ->> '$.checksum.algorithm', description ->> '$.checksum.kind'
             FROM version WHERE bucket = ?1 AND ",
            $range,
            " ORDER BY key, sequence DESC LIMIT ?4"
        )
    };
}

/// Versions of a range of keys.
const PAGE: &str = page!("key >= ?2 AND key < ?3");
/// Versions of one key, below a sequence.
const WITHIN: &str = page!("key = ?2 AND sequence < ?3");

/// Lists the versions in a bucket.
pub(super) async fn list(
    db: &mut SqliteConnection,
    bucket: i64,
    query: &VersionsQuery,
) -> Result<VersionsPage, StoreError> {
    let prefix = query.prefix.as_bytes();
    let end = end_of(prefix);
    let mut entries = Vec::new();
    if query.limit == 0 {
        let truncated = false;
        return Ok(VersionsPage { entries, truncated });
    }
    let mut batch = if query.delimiter.is_some() { FEW } else { MANY };
    let mut position = begin(db, bucket, query).await?;
    loop {
        let want = batch.min(query.limit - entries.len() + 1);
        let page = match &position {
            Position::Key(from) => sqlx::query(PAGE).bind(bucket).bind(from).bind(&end),
            Position::Within(key, below) => sqlx::query(WITHIN).bind(bucket).bind(key).bind(below),
        };
        let rows = page
            .bind(row::signed(want as u64))
            .fetch_all(&mut *db)
            .await?;
        let mut skip: Option<Vec<u8>> = None;
        for row in &rows {
            let key: Vec<u8> = row.try_get("key")?;
            if skip.as_ref().is_some_and(|next| key < *next) {
                // Under a common prefix that has its entry already.
                continue;
            }
            if entries.len() == query.limit {
                let truncated = true;
                return Ok(VersionsPage { entries, truncated });
            }
            let line = line(row)?;
            let common = common_prefix(&line.key, &query.prefix, query.delimiter.as_deref());
            if let Some(common) = common {
                let next = successor(common.as_bytes());
                skip = Some(next.ok_or_else(|| StoreError::Row(line.key.clone()))?);
                entries.push(VersionEntry::Prefix(common.to_owned()));
            } else {
                skip = None;
                entries.push(VersionEntry::Version(line));
            }
        }
        let exhausted = rows.len() < want;
        batch = if skip.is_some() {
            FEW
        } else {
            (batch * 4).min(MANY)
        };
        position = match (skip, position) {
            (_, Position::Key(_)) if exhausted => break,
            (Some(next), _) => Position::Key(next),
            // All versions of the one key have been there.
            (None, Position::Within(key, _)) if exhausted => Position::Key(after(&key)),
            (None, _) => match rows.last() {
                Some(last) => Position::Within(last.try_get("key")?, last.try_get("sequence")?),
                None => break,
            },
        };
    }
    let truncated = false;
    Ok(VersionsPage { entries, truncated })
}

/// Where the listing begins.
async fn begin(
    db: &mut SqliteConnection,
    bucket: i64,
    query: &VersionsQuery,
) -> Result<Position, StoreError> {
    let prefix = query.prefix.as_bytes();
    let from = match &query.from {
        VersionsFrom::Start => Vec::new(),
        VersionsFrom::AfterKey(key) => {
            position_after(key, &query.prefix, query.delimiter.as_deref())
        }
        VersionsFrom::AfterVersion(key, version) if key.starts_with(&query.prefix) => {
            let below = match version {
                VersionId::Own { sequence, .. } => *sequence,
                VersionId::Null => sequence_of_null(db, bucket, key).await?,
            };
            return Ok(Position::Within(key.as_bytes().to_vec(), below));
        }
        VersionsFrom::AfterVersion(key, _) => after(key.as_bytes()),
    };
    Ok(Position::Key(from.max(prefix.to_vec())))
}

/// Where the version `null` of a key stands. If it has been removed, above all others: rather a version is
/// listed twice than not at all.
async fn sequence_of_null(
    db: &mut SqliteConnection,
    bucket: i64,
    key: &str,
) -> Result<i64, StoreError> {
    let found: Option<i64> = sqlx::query_scalar(
        "SELECT sequence FROM object WHERE bucket = ?1 AND key = ?2 AND version = 'null'
         UNION ALL
         SELECT sequence FROM version WHERE bucket = ?1 AND key = ?2 AND version = 'null'",
    )
    .bind(bucket)
    .bind(key.as_bytes())
    .fetch_optional(db)
    .await?;
    Ok(found.unwrap_or(i64::MAX))
}

fn line(row: &SqliteRow) -> Result<VersionLine, StoreError> {
    let is_object = row.try_get::<Option<String>, _>("file")?.is_some();
    let object = if is_object {
        let algorithm: Option<String> = row.try_get("algorithm")?;
        let kind: Option<String> = row.try_get("kind")?;
        Some(ObjectLine {
            size: row::unsigned(row.try_get("size")?)?,
            etag: row.try_get("etag")?,
            checksum: algorithm
                .and_then(|name| Algorithm::parse(&name))
                .zip(kind.and_then(|kind| ChecksumKind::parse(&kind))),
        })
    } else {
        None
    };
    Ok(VersionLine {
        key: row::text(row.try_get("key")?)?,
        version: row::version(&row.try_get::<String, _>("version")?)?,
        latest: row.try_get("latest")?,
        modified: row::seconds(row.try_get("modified")?)?,
        object,
    })
}

impl Store {
    /// One page of a bucket's versions.
    pub(crate) async fn list_versions(
        &self,
        bucket: i64,
        query: &VersionsQuery,
    ) -> Result<VersionsPage, StoreError> {
        let mut db = self.0.readers.acquire().await?;
        list(&mut db, bucket, query).await
    }
}

#[cfg(test)]
#[path = "version_listing_tests.rs"]
mod tests;
