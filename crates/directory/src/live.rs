//! The directory at work: the current snapshot, and the one writer that replaces it.

use std::sync::Arc;

use arc_swap::ArcSwap;
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

use crate::{Snapshot, Store, StoreError, Transaction};

/// Writes that may wait for the writer before callers have to wait for room.
const QUEUE: usize = 1024;
/// Most writes that one commit covers.
const GROUP: usize = 256;

/// Why a directory can't be opened.
pub type OpenError = StoreError;

/// The directory of one server.
#[derive(Debug)]
pub struct Directory {
    current: Arc<ArcSwap<Snapshot>>,
    queue: mpsc::Sender<Job>,
}

/// A write that has not run yet: it changes the transaction and answers how to tell its
/// caller once the commit is known.
type Job = Box<dyn FnOnce(&mut Transaction) -> Reply + Send>;
type Reply = Box<dyn FnOnce(Result<(), Failure>) + Send>;

/// A failed commit, for each of those whose writes it held.
#[derive(Debug, Clone, Error)]
#[error("{0}")]
struct Failure(String);

impl Directory {
    /// Loads everything from the store and starts the writer on the current runtime.
    ///
    /// # Errors
    /// [`StoreError`] when the store can't be read or a row of it can't be understood.
    pub async fn open(store: impl Store) -> Result<Self, OpenError> {
        let mut loading = Transaction::default();
        store.load(&mut |row| loading.load(&row)).await?;
        let (snapshot, _) = loading.into_parts();
        let current = Arc::new(ArcSwap::from_pointee(snapshot));
        let (queue, jobs) = mpsc::channel(QUEUE);
        tokio::spawn(write(jobs, store, Arc::clone(&current)));
        Ok(Self { current, queue })
    }

    /// What exists now.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Runs `change` on the newest state. If it answers `Ok`, its changes are durable and
    /// visible to everybody when this returns; if it answers `Err`, nothing has changed.
    ///
    /// # Errors
    /// What `change` answers, or the store's failure.
    pub async fn write<T, E, F>(&self, change: F) -> Result<T, E>
    where
        F: FnOnce(&mut Transaction) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (done, outcome) = oneshot::channel::<Result<T, E>>();
        let job: Job = Box::new(move |transaction| {
            let before = transaction.clone();
            match change(transaction) {
                Ok(value) => Box::new(move |committed| {
                    let result = committed
                        .map(|()| value)
                        .map_err(|Failure(reason)| StoreError::Failed(reason).into());
                    // The caller may have gone away; its write stands.
                    let _ = done.send(result);
                }),
                Err(error) => {
                    *transaction = before;
                    Box::new(move |_| {
                        let _ = done.send(Err(error));
                    })
                }
            }
        });
        let stopped = || E::from(StoreError::Stopped);
        self.queue.send(job).await.map_err(|_| stopped())?;
        outcome.await.map_err(|_| stopped())?
    }
}

async fn write(mut jobs: mpsc::Receiver<Job>, store: impl Store, current: Arc<ArcSwap<Snapshot>>) {
    let mut group = Vec::new();
    while jobs.recv_many(&mut group, GROUP).await > 0 {
        let mut transaction = Transaction::new(Snapshot::clone(&current.load()));
        let replies: Vec<Reply> = group.drain(..).map(|job| job(&mut transaction)).collect();
        let (snapshot, changes) = transaction.into_parts();
        let committed = if changes.is_empty() {
            Ok(())
        } else {
            store.commit(changes).await.map_err(|error| {
                tracing::error!(%error, "a write failed");
                Failure(error.to_string())
            })
        };
        if committed.is_ok() {
            current.store(Arc::new(snapshot));
        }
        for reply in replies {
            reply(committed.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use jiff::Timestamp;

    use super::*;
    use crate::{Account, Document, EntityPath, Role, SqliteStore, Tags};

    const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}"#;

    fn account() -> Account {
        Account {
            id: "123456789012".parse().unwrap(),
            canonical_id: "0".repeat(64),
            created: Timestamp::UNIX_EPOCH,
        }
    }

    fn role(id: &str, name: &str) -> Role {
        Role {
            account: account().id,
            id: id.into(),
            name: name.parse().unwrap(),
            path: EntityPath::root(),
            description: None,
            trust: Document::trust(TRUST, |_| None).unwrap(),
            max_session_duration: 3600,
            inline: BTreeMap::new(),
            attached: BTreeSet::new(),
            boundary: None,
            tags: Tags::default(),
            created: Timestamp::UNIX_EPOCH,
        }
    }

    async fn open(dir: &tempfile::TempDir) -> Directory {
        let store = SqliteStore::open(&dir.path().join("d.db")).await.unwrap();
        Directory::open(store).await.unwrap()
    }

    #[tokio::test]
    async fn what_was_written_is_there_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let directory = open(&dir).await;
        directory
            .write(|tx| {
                tx.put_account(account());
                tx.put_role(role("AROA1", "App"));
                tx.put_server_state("keyring", "sealed");
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
        drop(directory);
        let snapshot = open(&dir).await.snapshot();
        let view = snapshot.account(account().id).unwrap();
        assert_eq!(**view.role("APP").unwrap(), role("AROA1", "App"));
        assert_eq!(snapshot.role_by_id("AROA1").unwrap().name.as_str(), "App");
        assert_eq!(&**snapshot.server_state("keyring").unwrap(), "sealed");
        let arn = "arn:aws:iam::123456789012:role/App";
        assert_eq!(snapshot.unique_id(arn).as_deref(), Some("AROA1"));
        assert_eq!(snapshot.unique_id(&arn.to_lowercase()), None);
    }

    #[tokio::test]
    async fn a_change_that_answers_an_error_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let directory = open(&dir).await;
        let result = directory
            .write(|tx| {
                tx.put_account(account());
                Err::<(), _>(StoreError::Stopped)
            })
            .await;
        assert!(matches!(result, Err(StoreError::Stopped)));
        assert!(directory.snapshot().account(account().id).is_none());
    }

    #[tokio::test]
    async fn a_renamed_role_leaves_its_old_name() {
        let dir = tempfile::tempdir().unwrap();
        let directory = open(&dir).await;
        directory
            .write(|tx| {
                tx.put_account(account());
                tx.put_role(role("AROA1", "Old"));
                tx.put_role(role("AROA1", "New"));
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
        let snapshot = directory.snapshot();
        let view = snapshot.account(account().id).unwrap();
        assert!(view.role("Old").is_none());
        assert!(view.role("New").is_some());
    }

    #[tokio::test]
    async fn a_file_that_is_no_database_is_named_in_the_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("d.db");
        std::fs::write(
            &path,
            "not a database, but long enough to look at".repeat(50),
        )
        .unwrap();
        let error = SqliteStore::open(&path).await.unwrap_err();
        assert!(error.to_string().contains("d.db"), "{error}");
    }
}
