//! The embedded store: one SQLite file.

use std::path::Path;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Row as _, SqlitePool};

use crate::store::Each;
use crate::{Change, Row, Store, StoreError};

/// The layout that this version reads and writes (`PRAGMA user_version`).
const LAYOUT: i64 = 1;

/// Entities in a SQLite file, write-ahead logged, every commit flushed to disk.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    pool: SqlitePool,
}

impl SqliteStore {
    /// Opens or creates the database file.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when the file is damaged, is no database, or was written by
    /// a newer version.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let unusable = |reason: String| StoreError::Unusable {
            path: path.display().to_string(),
            reason,
        };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A commit is on disk when it returns; NORMAL could lose the last ones.
            .synchronous(SqliteSynchronous::Full)
            // Loading everything at the start is slow by nature, and no news.
            .disable_statement_logging();
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await
            .map_err(|error| unusable(error.to_string()))?;
        let store = Self { pool };
        store.prepare().await.map_err(unusable)?;
        Ok(store)
    }

    async fn prepare(&self) -> Result<(), String> {
        let text = |error: sqlx::Error| error.to_string();
        let check: String = sqlx::query_scalar("PRAGMA quick_check(1)")
            .fetch_one(&self.pool)
            .await
            .map_err(text)?;
        if check != "ok" {
            return Err(check);
        }
        let layout: i64 = sqlx::query_scalar("PRAGMA user_version")
            .fetch_one(&self.pool)
            .await
            .map_err(text)?;
        match layout {
            0 => {
                sqlx::raw_sql(
                    "BEGIN;
                     CREATE TABLE entity (
                         kind TEXT NOT NULL,
                         key TEXT NOT NULL,
                         body TEXT NOT NULL,
                         PRIMARY KEY (kind, key)
                     ) WITHOUT ROWID;
                     PRAGMA user_version = 1;
                     COMMIT;",
                )
                .execute(&self.pool)
                .await
                .map_err(text)?;
                Ok(())
            }
            LAYOUT => Ok(()),
            other => Err(format!(
                "it has layout {other}, and this version reads layout {LAYOUT}"
            )),
        }
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn load(&self, each: Each<'_>) -> Result<(), StoreError> {
        // The order of the primary key, so nothing is sorted.
        let mut rows =
            sqlx::query("SELECT kind, key, body FROM entity ORDER BY kind, key").fetch(&self.pool);
        while let Some(row) = rows.try_next().await.map_err(failed)? {
            each(Row {
                kind: row.try_get(0).map_err(failed)?,
                key: row.try_get(1).map_err(failed)?,
                body: row.try_get(2).map_err(failed)?,
            })?;
        }
        Ok(())
    }

    async fn commit(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await.map_err(failed)?;
        for change in changes {
            let query = match change {
                Change::Put(row) => sqlx::query(
                    "INSERT INTO entity (kind, key, body) VALUES ($1, $2, $3)
                     ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
                )
                .bind(row.kind)
                .bind(row.key)
                .bind(row.body),
                Change::Delete { kind, key } => {
                    sqlx::query("DELETE FROM entity WHERE kind = $1 AND key = $2")
                        .bind(kind)
                        .bind(key)
                }
            };
            query.execute(&mut *transaction).await.map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)
    }
}

fn failed(error: sqlx::Error) -> StoreError {
    StoreError::Failed(error.to_string())
}
