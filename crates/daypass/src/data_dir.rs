//! The data directory: what is where in it, and that only one server uses it.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use rustix::fs::{FlockOperation, flock};

/// A server's data directory.
#[derive(Debug, Clone)]
pub(crate) struct DataDir(PathBuf);

/// Holds the directory for this process; the kernel lets go of it when the process ends,
/// however it ends.
#[derive(Debug)]
pub(crate) struct Locked {
    _file: File,
}

impl DataDir {
    pub(crate) fn new(dir: &Path) -> Self {
        Self(dir.to_owned())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn directory_database(&self) -> PathBuf {
        self.0.join("directory.db")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.0.join("key")
    }

    pub(crate) fn trail(&self) -> PathBuf {
        self.0.join("trail")
    }

    pub(crate) fn s3(&self) -> PathBuf {
        self.0.join("s3")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.0.join("daypass.sock")
    }

    /// Creates the directory, for its owner only, and takes it for this process.
    pub(crate) fn lock(&self) -> Result<Locked> {
        let dir = self.0.display();
        let created = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.0);
        created.with_context(|| format!("cannot create the data directory `{dir}`"))?;
        // One that was there before may be open to others.
        fs::set_permissions(&self.0, fs::Permissions::from_mode(0o700))
            .with_context(|| format!("cannot restrict the data directory `{dir}`"))?;
        let path = self.0.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("cannot open `{}`", path.display()))?;
        if let Err(error) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
            if error.kind() == ErrorKind::WouldBlock {
                let pid = fs::read_to_string(&path).unwrap_or_default();
                bail!(
                    "another server (process {}) is using the data directory `{dir}`; stop it, or \
                     choose another directory with --data",
                    pid.trim()
                );
            }
            bail!("cannot lock the data directory `{dir}`: {error}");
        }
        file.set_len(0)?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Locked { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_is_refused_and_told_why() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::new(&dir.path().join("a/b"));
        let held = data.lock().unwrap();
        let error = data.lock().unwrap_err().to_string();
        assert!(error.contains("is using the data directory"), "{error}");
        assert!(error.contains(&std::process::id().to_string()), "{error}");
        drop(held);
        data.lock().unwrap();
    }

    #[test]
    fn a_directory_that_was_open_to_others_is_closed() {
        let dir = tempfile::tempdir().unwrap();
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(dir.path(), open).unwrap();
        let _held = DataDir::new(dir.path()).lock().unwrap();
        let mode = fs::metadata(dir.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}
