//! The tables.

use std::path::Path;

use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection as _};

use super::{OpenError, row};

/// The first version. Keys are BLOBs, so that they sort by their UTF-8 bytes as S3 lists them. A bucket's id is
/// never used again, so that what still holds one can't reach a later bucket of the same name.
const TABLES: &str = "
CREATE TABLE bucket (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    region TEXT NOT NULL,
    created INTEGER NOT NULL,
    policy TEXT,
    principals TEXT NOT NULL,
    access_block INTEGER,
    tags TEXT NOT NULL
) STRICT;

CREATE TABLE object (
    bucket INTEGER NOT NULL REFERENCES bucket(id),
    key BLOB NOT NULL,
    file TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    modified INTEGER NOT NULL,
    tags TEXT NOT NULL,
    description TEXT NOT NULL,
    PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE upload (
    id TEXT PRIMARY KEY,
    bucket INTEGER NOT NULL REFERENCES bucket(id),
    key BLOB NOT NULL,
    initiated INTEGER NOT NULL,
    algorithm TEXT,
    checksum_kind TEXT NOT NULL,
    tags TEXT NOT NULL,
    description TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX upload_by_key ON upload (bucket, key, id);

CREATE TABLE part (
    upload TEXT NOT NULL REFERENCES upload(id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    file TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    modified INTEGER NOT NULL,
    checksum TEXT NOT NULL,
    PRIMARY KEY (upload, number)
) STRICT, WITHOUT ROWID;
";

/// Versions. `object` keeps the current version of each key, so that what reads and lists current objects never
/// passes over old ones; `version` has the versions that were current before, and delete markers, which have no
/// file. The newest version of a key has its highest `sequence`: it is the row in `object`, or else a delete marker.
/// `superseded` is when the next version came; only the newest has none. All objects from before are `null` versions.
const VERSIONS: &str = "
ALTER TABLE bucket ADD COLUMN versioning TEXT;
ALTER TABLE object ADD COLUMN version TEXT NOT NULL DEFAULT 'null';
ALTER TABLE object ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;

CREATE TABLE version (
    bucket INTEGER NOT NULL REFERENCES bucket(id),
    key BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    version TEXT NOT NULL,
    file TEXT UNIQUE,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    modified INTEGER NOT NULL,
    tags TEXT NOT NULL,
    description TEXT NOT NULL,
    superseded INTEGER,
    PRIMARY KEY (bucket, key, sequence DESC)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX version_by_id ON version (bucket, key, version);
";

/// Configurations of buckets by kind, as JSON, and removals by lifecycles that the trail does not have yet: those
/// outlive their bucket.
const CONFIGURATIONS: &str = "
CREATE TABLE configuration (
    bucket INTEGER NOT NULL REFERENCES bucket(id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (bucket, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE removal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    body TEXT NOT NULL
) STRICT;
";

/// Settings of accounts, and whether the tags of a bucket count in policies.
const ACCOUNTS: &str = "
CREATE TABLE account (
    account TEXT PRIMARY KEY,
    access_block INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
ALTER TABLE bucket ADD COLUMN abac INTEGER NOT NULL DEFAULT 0;
";

/// Where a bucket's objects are: the name of a bucket of the store behind this one, NULL for those kept here.
const UPSTREAM: &str = "ALTER TABLE bucket ADD COLUMN upstream TEXT;";

/// What was changed since, step by step: a database of version N has had the first N of them. Steps that
/// are in a release stay as they are.
const STEPS: &[&str] = &[TABLES, VERSIONS, CONFIGURATIONS, ACCOUNTS, UPSTREAM];

/// The version that a database has after all steps; `PRAGMA user_version` carries it.
fn current() -> i64 {
    row::signed(STEPS.len() as u64)
}

/// Brings the tables to the version known here: creates them, or takes the steps that a database of
/// an earlier version has not had yet.
pub(super) async fn prepare(db: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::database(path, source);
    let found = version(db).await.map_err(failed)?;
    if found > current() {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found,
            known: current(),
        });
    }
    upgrade(db, found).await.map_err(failed)
}

async fn version(db: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(db)
        .await
}

/// Takes the steps after `found`, all or none.
async fn upgrade(db: &mut SqliteConnection, found: i64) -> Result<(), sqlx::Error> {
    let mut transaction = db.begin().await?;
    for (version, step) in (1..).zip(STEPS).filter(|(version, _)| *version > found) {
        sqlx::raw_sql(*step).execute(&mut *transaction).await?;
        sqlx::raw_sql(AssertSqlSafe(format!("PRAGMA user_version = {version}")))
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await
}

/// Creates the tables in an empty database.
#[cfg(test)]
pub(super) async fn create(db: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    upgrade(db, 0).await
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
