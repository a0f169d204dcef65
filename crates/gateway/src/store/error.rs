//! What can go wrong in the store.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why the store can't be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// A directory or file can't be created, read or synced.
    #[error("can't use `{}` for S3 objects: {source}; check that it exists and belongs to the server's user", path.display())]
    Files {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database can't be opened or read.
    #[error("can't use the S3 database `{}`: {source}; restore it from a backup, or move it and the `data` directory beside it away to start without objects", path.display())]
    Database {
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database was written by a newer version.
    #[error("the S3 database `{}` has schema version {found}, and this version of daypass knows up to {known}; use the newer daypass again", path.display())]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The version in the file.
        found: i64,
        /// The newest version that is known here.
        known: i64,
    },
}

impl OpenError {
    pub(super) fn files(path: &Path, source: std::io::Error) -> Self {
        Self::Files {
            path: path.to_owned(),
            source,
        }
    }

    pub(super) fn database(
        path: &Path,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Database {
            path: path.to_owned(),
            source: source.into(),
        }
    }
}

/// The store failed; the client learns no more than that.
#[derive(Debug, Error)]
pub(crate) enum StoreError {
    /// SQLite.
    #[error("database: {0}")]
    Sql(#[from] sqlx::Error),
    /// The file system.
    #[error("files: {0}")]
    Io(#[from] std::io::Error),
    /// A row that this version can't have written.
    #[error("a row is damaged: {0}")]
    Row(String),
    /// A task ended without a result.
    #[error("a task ended early: {0}")]
    Task(String),
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Row(error.to_string())
    }
}

impl From<StoreError> for crate::fault::Fault {
    fn from(error: StoreError) -> Self {
        Self::internal("the object store failed", &error)
    }
}
