//! The trail itself: a writer thread that commits in groups.

use std::io;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::Record;
use crate::segment::Segments;

/// Most records that one `fdatasync` covers.
const GROUP: usize = 4096;
/// How long the writer waits for company when the group before had some: a flush costs far
/// more than this, and those who come a moment later would need one of their own.
const LINGER: Duration = Duration::from_micros(100);
/// Records that may wait for the writer before callers have to wait for room.
const QUEUE: usize = 16 * 1024;

/// Why a record could not be kept, or the trail not be opened or read.
#[derive(Debug, Error)]
pub enum TrailError {
    /// The directory or a file in it can't be used.
    #[error("cannot use the audit trail in `{path}`: {source}")]
    Unusable {
        /// The trail's directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The record was not made durable, so the request must not be answered.
    #[error("the audit trail could not be written: {0}")]
    NotDurable(String),
}

/// The audit trail of one server.
#[derive(Debug)]
pub struct Trail {
    dir: PathBuf,
    queue: Option<mpsc::Sender<Waiting>>,
    writer: Option<JoinHandle<()>>,
    pub(crate) searches: Semaphore,
}

/// Searches at once.
const SEARCHES: usize = 2;

struct Waiting {
    record: Record,
    done: oneshot::Sender<Result<(), String>>,
}

impl Trail {
    /// Opens or creates the trail in `dir` and starts its writer.
    ///
    /// # Errors
    /// [`TrailError::Unusable`] when a file can't be created or read.
    pub fn open(dir: &Path) -> Result<Self, TrailError> {
        let unusable = |source| TrailError::Unusable {
            path: dir.to_owned(),
            source,
        };
        let management = Segments::open(&dir.join("management")).map_err(unusable)?;
        let data = Segments::open(&dir.join("data")).map_err(unusable)?;
        let (queue, waiting) = mpsc::channel(QUEUE);
        let writer = std::thread::Builder::new()
            .name("trail".into())
            .spawn(move || write(waiting, management, data))
            .map_err(unusable)?;
        Ok(Self {
            dir: dir.to_owned(),
            queue: Some(queue),
            writer: Some(writer),
            searches: Semaphore::new(SEARCHES),
        })
    }

    /// Keeps a record. It is on disk when this returns `Ok`.
    ///
    /// # Errors
    /// [`TrailError::NotDurable`]: nothing of the record was kept.
    pub async fn record(&self, record: Record) -> Result<(), TrailError> {
        let stopped = || TrailError::NotDurable("its writer has stopped".into());
        let queue = self.queue.as_ref().ok_or_else(stopped)?;
        let (done, kept) = oneshot::channel();
        queue
            .send(Waiting { record, done })
            .await
            .map_err(|_| stopped())?;
        kept.await
            .map_err(|_| stopped())?
            .map_err(TrailError::NotDurable)
    }

    pub(crate) fn management_dir(&self) -> PathBuf {
        self.dir.join("management")
    }
}

impl Drop for Trail {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(writer) = self.writer.take() {
            // A panic of the writer has been answered to those who waited.
            let _ = writer.join();
        }
    }
}

fn write(mut waiting: mpsc::Receiver<Waiting>, mut management: Segments, mut data: Segments) {
    let mut group = Vec::new();
    let mut busy = false;
    while waiting.blocking_recv_many(&mut group, GROUP) > 0 {
        if busy {
            std::thread::sleep(LINGER);
            while group.len() < GROUP
                && let Ok(another) = waiting.try_recv()
            {
                group.push(another);
            }
        }
        busy = group.len() > 1;
        let (management_lines, data_lines) = lines(&group);
        let management_result = commit(&mut management, &management_lines);
        let data_result = commit(&mut data, &data_lines);
        for Waiting { record, done } in group.drain(..) {
            let result = if record.management {
                &management_result
            } else {
                &data_result
            };
            // The caller may have hung up; its record stays.
            let _ = done.send(result.clone());
        }
    }
}

fn lines(group: &[Waiting]) -> (Vec<u8>, Vec<u8>) {
    let mut management = Vec::new();
    let mut data = Vec::new();
    for Waiting { record, .. } in group {
        let stream = if record.management {
            &mut management
        } else {
            &mut data
        };
        stream.extend_from_slice(record.line.as_bytes());
        stream.push(b'\n');
    }
    (management, data)
}

fn commit(segments: &mut Segments, lines: &[u8]) -> Result<(), String> {
    if lines.is_empty() {
        return Ok(());
    }
    segments.append(lines).map_err(|error| {
        tracing::error!(%error, "the audit trail could not be written");
        error.to_string()
    })
}
