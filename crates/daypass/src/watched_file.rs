//! Files that others change: their content is read again when they have.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use tokio::fs;
use tokio::time::sleep;

/// How often files are looked at. Kubernetes itself takes a minute to bring a Secret's change.
const EVERY: Duration = Duration::from_secs(1);

/// What tells one state of a file from another: which file it is, its length, and when it was
/// changed. Kubernetes changes the files of a volume by changing a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    length: u64,
    changed: (i64, i64),
}

/// Files that belong together.
#[derive(Debug)]
pub(crate) struct WatchedFiles {
    paths: Vec<PathBuf>,
    /// The state that is in use.
    taken: Option<State>,
    /// The state that could not be used.
    refused: Option<State>,
}

/// A state of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State(Vec<Option<Stamp>>);

impl WatchedFiles {
    /// Nothing of them is in use yet.
    pub(crate) fn new(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        Self {
            paths: paths.into_iter().collect(),
            taken: None,
            refused: None,
        }
    }

    /// Waits until the files are no longer in the state that is in use. Then they are to be read,
    /// and [`Self::took`] be told what came of it; the content may be newer than the state, and
    /// is then read once more.
    pub(crate) async fn changed(&mut self) -> State {
        loop {
            sleep(EVERY).await;
            let state = self.state().await;
            if self.taken.as_ref() != Some(&state) {
                return state;
            }
        }
    }

    /// What was read in this state is in use, or why it isn't: that is told once for each state,
    /// and the files are read again while they stay so, for they may be half written.
    pub(crate) fn took(&mut self, state: State, result: Result<()>) {
        match result {
            Ok(()) => (self.taken, self.refused) = (Some(state), None),
            Err(error) if self.refused.as_ref() != Some(&state) => {
                let error = format!("{error:#}");
                tracing::warn!(
                    error,
                    "a changed file can't be used; what was read before stays in use"
                );
                self.refused = Some(state);
            }
            Err(_) => {}
        }
    }

    async fn state(&self) -> State {
        let mut stamps = Vec::with_capacity(self.paths.len());
        for path in &self.paths {
            let metadata = fs::metadata(path).await.ok();
            stamps.push(metadata.map(|it| Stamp {
                inode: it.ino(),
                length: it.len(),
                changed: (it.mtime(), it.mtime_nsec()),
            }));
        }
        State(stamps)
    }
}

/// A file's text; nothing if there is no file.
pub(crate) async fn text_if_any(path: &Path) -> io::Result<String> {
    match fs::read_to_string(path).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        read => read,
    }
}
