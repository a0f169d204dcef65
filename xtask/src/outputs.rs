//! Committed files: written, or checked for being fresh.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// What to do with a file's fresh content.
#[derive(Clone, Copy)]
pub(crate) enum Outputs {
    /// Write it.
    Write,
    /// Compare it with what is committed.
    Check,
}

impl Outputs {
    /// Writes `fresh` to `path` (relative to the repository), or fails if the file there holds something else.
    pub(crate) fn deliver(self, path: &str, fresh: &[u8]) -> Result<()> {
        let file = repository().join(path);
        match self {
            Outputs::Write => {
                if let Some(folder) = file.parent() {
                    fs::create_dir_all(folder)?;
                }
                fs::write(&file, fresh).with_context(|| format!("cannot write {}", file.display()))
            }
            Outputs::Check => {
                let committed =
                    fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
                if committed != fresh {
                    bail!(
                        "{path} is stale: run the same command without --check and commit the result"
                    );
                }
                Ok(())
            }
        }
    }
}

/// The repository's root.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
