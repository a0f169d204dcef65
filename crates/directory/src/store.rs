//! What a durable store has to do: hold rows, and change several of them at once.

use async_trait::async_trait;
use thiserror::Error;

/// One stored entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is, e.g. `role`.
    pub kind: String,
    /// Its key among its kind.
    pub key: String,
    /// JSON.
    pub body: String,
}

/// One change of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Writes a row over whatever was there.
    Put(Row),
    /// Removes a row, if it is there.
    Delete {
        /// The row's kind.
        kind: &'static str,
        /// The row's key.
        key: String,
    },
}

/// Why the store failed.
#[derive(Debug, Error)]
pub enum StoreError {
    /// It can't be opened or isn't one of ours.
    #[error(
        "cannot open the database `{path}`: {reason}; restore it from a backup, or move it away to start anew"
    )]
    Unusable {
        /// The file or address.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A row in it can't be understood.
    #[error("the {kind} `{key}` in the database can't be read: {reason}")]
    BadRow {
        /// The row's kind.
        kind: String,
        /// The row's key.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Reading or committing failed; nothing was changed.
    #[error("the database failed: {0}")]
    Failed(String),
    /// The directory is shutting down.
    #[error("the directory has stopped")]
    Stopped,
}

/// What is done with each row while they are loaded.
pub type Each<'a> = &'a mut (dyn FnMut(Row) -> Result<(), StoreError> + Send);

/// A durable store of entities.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Shows every row, by kind and key; ends with the first error of `each`.
    async fn load(&self, each: Each<'_>) -> Result<(), StoreError>;

    /// Makes all changes, or none; they are on disk when this returns `Ok`.
    async fn commit(&self, changes: Vec<Change>) -> Result<(), StoreError>;
}
