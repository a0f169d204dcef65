//! A directory in a folder of the test's own.

use directory::{Directory, SqliteStore, StoreError, Transaction};

pub(crate) async fn store(dir: &tempfile::TempDir) -> SqliteStore {
    SqliteStore::open(&dir.path().join("d.db")).await.unwrap()
}

pub(crate) async fn open(dir: &tempfile::TempDir) -> Directory {
    Directory::open(store(dir).await).await.unwrap()
}

pub(crate) async fn write(
    directory: &Directory,
    change: impl FnOnce(&mut Transaction) + Send + 'static,
) {
    let all = |tx: &mut Transaction| {
        change(tx);
        Ok::<_, StoreError>(())
    };
    directory.write(all).await.unwrap();
}
