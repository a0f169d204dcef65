//! The directory that files are written to.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tempfile::NamedTempFile;

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// Its owner.
    Owner,
    /// Everybody whom the umask lets.
    All,
}

/// `--output-dir`. Directories in it are made when something is written there.
#[derive(Debug)]
pub(super) struct OutputDir(PathBuf);

impl OutputDir {
    /// Makes the directory if it isn't there.
    pub(super) fn new(path: &Path) -> Result<Self> {
        make(path)?;
        Ok(Self(path.to_owned()))
    }

    /// Where a file is.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A file's content, if there is such a file.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let path = self.path(name);
        match fs::read(&path) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read `{}`", path.display())),
        }
    }

    /// Writes a file, whole or not at all, in place of an earlier one.
    pub(super) fn write(&self, name: &str, content: &[u8], readers: Readers) -> Result<PathBuf> {
        let path = self.path(name);
        let written = self.written(&path, content, readers)?;
        let kept = written.persist(&path).map_err(|error| error.error);
        kept.with_context(|| cannot_write(&path))?;
        Ok(path)
    }

    /// Writes a file that must not be there yet.
    pub(super) fn write_new(
        &self,
        name: &str,
        content: &[u8],
        readers: Readers,
    ) -> Result<PathBuf> {
        let path = self.path(name);
        let written = self.written(&path, content, readers)?;
        let kept = written
            .persist_noclobber(&path)
            .map_err(|error| error.error);
        kept.with_context(|| cannot_write(&path))?;
        Ok(path)
    }

    fn written(&self, path: &Path, content: &[u8], readers: Readers) -> Result<NamedTempFile> {
        let dir = path.parent().unwrap_or(&self.0);
        make(dir)?;
        let mode = match readers {
            Readers::Owner => 0o600,
            Readers::All => 0o644,
        };
        let mut file = tempfile::Builder::new()
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(dir)
            .with_context(|| cannot_write(path))?;
        file.write_all(content)
            .and_then(|()| file.as_file().sync_all())
            .with_context(|| cannot_write(path))?;
        Ok(file)
    }
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write `{}`", path.display())
}

fn make(dir: &Path) -> Result<()> {
    // What is in it is not for others: keys, and names of roles.
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.with_context(|| format!("cannot create the directory `{}`", dir.display()))?;
    if !dir.is_dir() {
        bail!("`{}` is no directory", dir.display());
    }
    Ok(())
}
