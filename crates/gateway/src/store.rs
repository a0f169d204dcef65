//! What is stored: rows in SQLite, objects as files, buckets mirrored in memory.
//!
//! An object is written to a new file, the file and its directory are synced, and then one
//! transaction swaps the row; only after that is the old file removed. So a crash leaves
//! either the old object or the new one, and at most files that no row names, which
//! [`Store::open`] removes. Where versions are kept, the old file stays and its row moves aside.

mod access_block;
mod account;
mod bucket;
mod bucket_policy;
mod bucket_settings;
mod configuration;
mod description;
mod error;
mod expire;
mod files;
mod find;
mod listing;
mod object;
mod recent;
mod row;
mod schema;
mod sweep;
mod upload;
mod version;
mod version_id;
mod version_listing;
mod versioning;

pub(crate) use access_block::PublicAccessBlock;
pub(crate) use bucket::{Bucket, BucketRejected};
pub(crate) use bucket_policy::StoredPolicy;
pub(crate) use configuration::{Configuration, Configurations, DefaultEncryption};
pub(crate) use description::{ChecksumKind, Description, Part, StoredChecksum};
pub use error::OpenError;
pub(crate) use error::StoreError;
pub(crate) use expire::{Ending, Removal, Removed, VersionPlace};
pub(crate) use files::{FileId, Files, NewFile};
pub(crate) use find::{Found, Marker};
pub(crate) use listing::{Entry, Listing, ListingQuery, successor};
pub(crate) use object::{Deleted, Deletion, Guard, Object, Rejected};
pub(crate) use upload::{Finished, Upload, UploadPart, UploadQuery};
pub(crate) use version_id::{InvalidVersionId, VersionId};
pub(crate) use version_listing::{VersionEntry, VersionLine, VersionsFrom, VersionsQuery};
pub(crate) use versioning::Versioning;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use tokio::sync::Mutex;

use crate::name::BucketName;
use recent::Recent;

/// Connections that read beside the one that writes.
const READERS: u32 = 4;

/// Every bucket by name.
pub(crate) type Buckets = BTreeMap<BucketName, Arc<Bucket>>;

/// The embedded store. Clones share it.
#[derive(Clone)]
pub(crate) struct Store(Arc<Inner>);

struct Inner {
    /// SQLite has one writer; so have we, and what changes with a row changes under this lock.
    writer: Mutex<SqliteConnection>,
    readers: SqlitePool,
    files: Files,
    recent: Recent,
    buckets: ArcSwap<Buckets>,
    accounts: ArcSwap<account::AccountBlocks>,
}

impl Store {
    /// Opens the store in `dir`, creating it if it isn't there, and removes what a crash left.
    pub(crate) async fn open(dir: &Path) -> Result<Self, OpenError> {
        let files = Files::open(&dir.join("data"))?;
        let path = dir.join("objects.db");
        let failed = |source| OpenError::database(&path, source);
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(std::time::Duration::from_secs(10))
            .disable_statement_logging();
        let mut writer = options.connect().await.map_err(failed)?;
        schema::prepare(&mut writer, &path).await?;
        let mut buckets = bucket::load(&mut writer).await.map_err(failed)?;
        let loaded = configuration::load(&mut writer, &mut buckets).await;
        loaded.map_err(failed)?;
        let accounts = account::load(&mut writer).await.map_err(failed)?;
        sweep::sweep(&mut writer, &files).await.map_err(failed)?;
        files.sync_root()?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_lazy_with(options);
        Ok(Self(Arc::new(Inner {
            writer: Mutex::new(writer),
            readers,
            files,
            recent: Recent::new(),
            buckets: ArcSwap::from_pointee(buckets),
            accounts: ArcSwap::from_pointee(accounts),
        })))
    }

    /// Every bucket as of now.
    pub(crate) fn buckets(&self) -> Arc<Buckets> {
        self.0.buckets.load_full()
    }

    /// A bucket as of now.
    pub(crate) fn bucket(&self, name: &BucketName) -> Option<Arc<Bucket>> {
        self.0.buckets.load().get(name).cloned()
    }

    /// Where the objects' bytes are.
    pub(crate) fn files(&self) -> &Files {
        &self.0.files
    }
}

/// Runs a change to its end even if the request that asked for it is dropped: a commit
/// whose outcome nobody saw would leave memory and files behind the database.
async fn detached<T, F>(change: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, StoreError>> + Send + 'static,
{
    tokio::spawn(change)
        .await
        .map_err(|error| StoreError::Task(error.to_string()))?
}
