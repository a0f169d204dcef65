//! The tables.

use std::path::Path;

use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;

use super::OpenError;

/// The version that `PRAGMA user_version` carries.
const VERSION: i64 = 1;

/// Keys are BLOBs, so that they sort by their UTF-8 bytes as S3 lists them. A bucket's id is
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

PRAGMA user_version = 1;
";

/// Creates the tables, or checks that they are of a version known here.
pub(super) async fn prepare(db: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::database(path, source);
    let found: i64 = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(&mut *db)
        .await
        .map_err(failed)?;
    match found {
        0 => create(db).await.map_err(failed),
        VERSION => Ok(()),
        found => Err(OpenError::Newer {
            path: path.to_owned(),
            found,
            known: VERSION,
        }),
    }
}

/// Creates the tables in an empty database.
pub(super) async fn create(db: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut transaction = db.begin().await?;
    sqlx::raw_sql(TABLES).execute(&mut *transaction).await?;
    transaction.commit().await
}
