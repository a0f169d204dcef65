//! Listing keys in their byte order, with common prefixes, in bounded memory.

use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use super::{Store, StoreError, row};
use crate::checksum::Algorithm;

/// Which keys are asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct ListingQuery {
    /// Only keys that begin so.
    pub(crate) prefix: String,
    /// Keys are rolled up to what comes before and with the first one after the prefix.
    pub(crate) delimiter: Option<String>,
    /// Nothing that sorts before this. A position and not a key, so it needn't be UTF-8.
    pub(crate) from: Vec<u8>,
    /// Most entries.
    pub(crate) limit: usize,
}

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listing {
    /// Objects and common prefixes in order.
    pub(crate) entries: Vec<Entry>,
    /// Where the next page begins, if there is one.
    pub(crate) next: Option<Vec<u8>>,
}

/// A line of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    /// An object.
    Object {
        /// Its key.
        key: String,
        /// Bytes.
        size: u64,
        /// Without quotes.
        etag: String,
        /// When it was written.
        modified: Timestamp,
        /// Its checksum's algorithm.
        algorithm: Option<Algorithm>,
    },
    /// All keys that begin so.
    Prefix(String),
}

impl Entry {
    /// The key or prefix.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Object { key, .. } => key,
            Self::Prefix(prefix) => prefix,
        }
    }
}

/// The least byte string after everything that begins with `prefix`; `None` if there is none.
pub(crate) fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let end = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut next = prefix.get(..=end)?.to_vec();
    if let Some(last) = next.last_mut() {
        *last += 1;
    }
    Some(next)
}

/// What sorts after all keys that begin so, and not after any other. A plain bound, so that SQLite
/// stops there instead of reading the bucket to its end.
pub(super) fn end_of(prefix: &[u8]) -> Vec<u8> {
    // No UTF-8 has this byte.
    successor(prefix).unwrap_or_else(|| vec![u8::MAX])
}

/// The position right after a key.
pub(super) fn after(key: &[u8]) -> Vec<u8> {
    let mut next = key.to_vec();
    next.push(0);
    next
}

/// What `key` is rolled up to.
pub(super) fn common_prefix<'a>(
    key: &'a str,
    prefix: &str,
    delimiter: Option<&str>,
) -> Option<&'a str> {
    let rest = key.get(prefix.len()..)?;
    let at = rest.find(delimiter?)?;
    key.get(..prefix.len() + at + delimiter?.len())
}

/// Where a listing goes on after `marker`: behind the whole prefix if the marker is one
/// that the listing rolls up to.
pub(super) fn position_after(marker: &str, prefix: &str, delimiter: Option<&str>) -> Vec<u8> {
    let rolled =
        marker.starts_with(prefix) && common_prefix(marker, prefix, delimiter) == Some(marker);
    if rolled && let Some(next) = successor(marker.as_bytes()) {
        return next;
    }
    after(marker.as_bytes())
}

impl ListingQuery {
    /// Where the listing goes on after `marker`.
    pub(crate) fn position_after(&self, marker: &str) -> Vec<u8> {
        position_after(marker, &self.prefix, self.delimiter.as_deref())
    }
}

/// Rows asked for at once while common prefixes are being skipped.
pub(super) const FEW: usize = 16;
/// Rows asked for at once otherwise.
pub(super) const MANY: usize = 1001;

/// Lists a bucket.
pub(super) async fn list(
    db: &mut SqliteConnection,
    bucket: i64,
    query: &ListingQuery,
) -> Result<Listing, StoreError> {
    let prefix = query.prefix.as_bytes();
    let end = end_of(prefix);
    let delimiter = query.delimiter.as_deref();
    let mut from = query.from.clone().max(prefix.to_vec());
    let mut entries: Vec<Entry> = Vec::new();
    let mut batch = if delimiter.is_some() { FEW } else { MANY };
    if query.limit == 0 {
        return Ok(Listing {
            entries,
            next: None,
        });
    }
    loop {
        let want = batch.min(query.limit - entries.len() + 1);
        let rows = sqlx::query(
            "SELECT key, size, etag, modified, description ->> '$.checksum.algorithm' AS algorithm
             FROM object WHERE bucket = ?1 AND key >= ?2 AND key < ?3
             ORDER BY key LIMIT ?4",
        )
        .bind(bucket)
        .bind(&from)
        .bind(&end)
        .bind(row::signed(want as u64))
        .fetch_all(&mut *db)
        .await?;
        let last_batch = rows.len() < want;
        let mut skipping = false;
        for row in &rows {
            let key: Vec<u8> = row.try_get("key")?;
            if key < from {
                // Under a common prefix that has its entry already.
                skipping = true;
                continue;
            }
            if entries.len() == query.limit {
                return Ok(Listing {
                    entries,
                    next: Some(from),
                });
            }
            let key = row::text(key)?;
            if let Some(common) = common_prefix(&key, &query.prefix, delimiter) {
                let Some(next) = successor(common.as_bytes()) else {
                    return Err(StoreError::Row(key));
                };
                from = next;
                entries.push(Entry::Prefix(common.to_owned()));
                skipping = true;
            } else {
                from = after(key.as_bytes());
                skipping = false;
                entries.push(Entry::Object {
                    size: row::unsigned(row.try_get("size")?)?,
                    etag: row.try_get("etag")?,
                    modified: row::seconds(row.try_get("modified")?)?,
                    algorithm: row
                        .try_get::<Option<String>, _>("algorithm")?
                        .and_then(|name| Algorithm::parse(&name)),
                    key,
                });
            }
        }
        if last_batch {
            return Ok(Listing {
                entries,
                next: None,
            });
        }
        batch = if skipping { FEW } else { (batch * 4).min(MANY) };
    }
}

impl Store {
    /// One page of a bucket's keys.
    pub(crate) async fn list(
        &self,
        bucket: i64,
        query: &ListingQuery,
    ) -> Result<Listing, StoreError> {
        let mut db = self.0.readers.acquire().await?;
        list(&mut db, bucket, query).await
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use sqlx::Connection as _;

    use super::super::schema;
    use super::*;

    async fn database(keys: &BTreeSet<String>) -> SqliteConnection {
        let mut db = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        schema::create(&mut db).await.unwrap();
        sqlx::query(
            "INSERT INTO bucket (id, name, owner, region, created, principals, tags)
             VALUES (1, 'b', '0', 'r', 0, '{}', '{}')",
        )
        .execute(&mut db)
        .await
        .unwrap();
        let mut transaction = db.begin().await.unwrap();
        for (number, key) in keys.iter().enumerate() {
            sqlx::query(
                "INSERT INTO object (bucket, key, file, size, etag, modified, tags, description)
                 VALUES (1, ?1, ?2, 1, 'e', 0, '{}', '{}')",
            )
            .bind(key.as_bytes())
            .bind(number.to_string())
            .execute(&mut *transaction)
            .await
            .unwrap();
        }
        transaction.commit().await.unwrap();
        db
    }

    /// The rules of ListObjects, without any cleverness.
    fn naive(keys: &BTreeSet<String>, prefix: &str, delimiter: Option<&str>) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for key in keys.iter().filter(|key| key.starts_with(prefix)) {
            let rest = &key[prefix.len()..];
            let name = match delimiter.and_then(|d| rest.find(d).map(|at| at + d.len())) {
                Some(end) => &key[..prefix.len() + end],
                None => key,
            };
            if names.last().map(String::as_str) != Some(name) {
                names.push(name.to_owned());
            }
        }
        names
    }

    async fn pages(
        db: &mut SqliteConnection,
        query: &ListingQuery,
        by_marker: bool,
    ) -> Vec<Vec<String>> {
        let mut query = query.clone();
        let mut pages = Vec::new();
        loop {
            let page = list(db, 1, &query).await.unwrap();
            let names: Vec<String> = page.entries.iter().map(|e| e.name().to_owned()).collect();
            let Some(next) = page.next else {
                pages.push(names);
                return pages;
            };
            query.from = if by_marker {
                query.position_after(names.last().unwrap())
            } else {
                next
            };
            pages.push(names);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn pages_together_are_the_naive_listing(
            keys in proptest::collection::btree_set("[ab/é\u{7f}]{1,6}", 0..60),
            prefix in "[ab/é]{0,2}",
            delimiter in proptest::option::of("[/ab]{1,2}"),
            limit in 1usize..8,
            by_marker: bool,
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let pages = runtime.block_on(async {
                let mut db = database(&keys).await;
                let query = ListingQuery { prefix: prefix.clone(), delimiter: delimiter.clone(), from: Vec::new(), limit };
                pages(&mut db, &query, by_marker).await
            });
            for page in &pages {
                prop_assert!(page.len() <= limit);
            }
            let (_, full) = pages.split_last().unwrap();
            for page in full {
                prop_assert_eq!(page.len(), limit);
            }
            prop_assert_eq!(pages.concat(), naive(&keys, &prefix, delimiter.as_deref()));
        }
    }

    #[tokio::test]
    async fn a_big_folder_is_skipped_and_not_read() {
        let mut keys: BTreeSet<String> = (0..3000).map(|n| format!("big/{n:05}")).collect();
        keys.extend(["a", "z"].map(str::to_owned));
        let mut db = database(&keys).await;
        let query = ListingQuery {
            delimiter: Some("/".to_owned()),
            limit: 1000,
            ..ListingQuery::default()
        };
        assert_eq!(pages(&mut db, &query, false).await, [["a", "big/", "z"]]);
    }

    #[test]
    fn successors() {
        assert_eq!(successor(b"a/"), Some(b"a0".to_vec()));
        assert_eq!(successor(&[b'a', 0xff]), Some(b"b".to_vec()));
        assert_eq!(successor(&[0xff]), None);
        assert_eq!(successor(b""), None);
    }
}
