//! The bytes of objects and parts: one file each, written once and never changed.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use uuid::Uuid;

use super::OpenError;

/// The name of a data file. It says nothing about the object, so no key can reach outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FileId(Uuid);

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_simple().fmt(f)
    }
}

impl FromStr for FileId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::try_parse(text).map(Self)
    }
}

/// The directory of data files, in 256 subdirectories by the first two digits of the name.
#[derive(Debug, Clone)]
pub(crate) struct Files(Arc<Path>);

impl Files {
    /// Opens the directory, creating it if it isn't there.
    pub(crate) fn open(root: &Path) -> Result<Self, OpenError> {
        let failed = |source| OpenError::files(root, source);
        fs::create_dir_all(root).map_err(failed)?;
        // Only the server's user may read objects, and the database beside them.
        for dir in root.ancestors().take(2) {
            fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).map_err(failed)?;
        }
        Ok(Self(root.into()))
    }

    /// Makes the entries of the directory and its parent durable.
    pub(super) fn sync_root(&self) -> Result<(), OpenError> {
        for dir in self.0.ancestors().take(2) {
            sync_dir(dir).map_err(|source| OpenError::files(dir, source))?;
        }
        Ok(())
    }

    /// The directory that holds the shards.
    pub(super) fn root(&self) -> &Path {
        &self.0
    }

    /// Where a file is.
    pub(crate) fn path(&self, id: FileId) -> PathBuf {
        let name = id.to_string();
        let mut path = self.0.join(name.get(..2).unwrap_or_default());
        path.push(name);
        path
    }

    /// Opens a file for reading. Blocks.
    pub(crate) fn read(&self, id: FileId) -> io::Result<File> {
        File::open(self.path(id))
    }

    /// Creates an empty file under a new name. Blocks.
    pub(crate) fn create(&self) -> io::Result<(NewFile, File)> {
        let guard = NewFile::reserve(self);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let file = self.in_shard(guard.path(), |path| options.open(path))?;
        Ok((guard, file))
    }

    /// A new name for an existing file, which its remaining name then no longer owns. Blocks.
    pub(crate) fn link(&self, id: FileId) -> io::Result<NewFile> {
        let guard = NewFile::reserve(self);
        let source = self.path(id);
        self.in_shard(guard.path(), |path| fs::hard_link(&source, path))?;
        sync_parent(guard.path())?;
        Ok(guard)
    }

    /// Removes a file that no row names any more. What fails is removed at the next start.
    pub(super) fn remove(&self, id: FileId) {
        let path = self.path(id);
        if let Err(error) = fs::remove_file(&path) {
            tracing::warn!(path = %path.display(), %error, "an unused object file stays until the next start");
        }
    }

    fn in_shard<T>(
        &self,
        path: &Path,
        mut make: impl FnMut(&Path) -> io::Result<T>,
    ) -> io::Result<T> {
        match make(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if let Some(shard) = path.parent() {
                    match fs::create_dir(shard) {
                        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                            return Err(error);
                        }
                        _ => sync_dir(&self.0)?,
                    }
                }
                make(path)
            }
            done => done,
        }
    }
}

/// A file that no row names yet: removed on drop unless it is kept.
#[derive(Debug)]
pub(crate) struct NewFile {
    id: FileId,
    path: PathBuf,
    kept: bool,
}

impl NewFile {
    fn reserve(files: &Files) -> Self {
        let id = FileId(Uuid::new_v4());
        Self {
            path: files.path(id),
            id,
            kept: false,
        }
    }

    /// The file's name.
    pub(crate) fn id(&self) -> FileId {
        self.id
    }

    fn path(&self) -> &Path {
        &self.path
    }

    /// Makes bytes and name durable. Blocks.
    pub(crate) fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all()?;
        sync_parent(&self.path)
    }

    /// The file stays, whatever becomes of this value: its row is, or may be, committed.
    pub(super) fn keep(&mut self) -> FileId {
        self.kept = true;
        self.id
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = fs::remove_file(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(path = %self.path.display(), %error, "an unfinished object file stays until the next start");
        }
    }
}

fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), sync_dir)
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn an_unkept_file_is_removed_and_a_kept_one_stays() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::open(&dir.path().join("data")).unwrap();
        let (dropped, _) = files.create().unwrap();
        let dropped_id = dropped.id();
        drop(dropped);
        assert!(files.read(dropped_id).is_err());

        let (mut kept, mut file) = files.create().unwrap();
        file.write_all(b"bytes").unwrap();
        kept.sync(&file).unwrap();
        let id = kept.keep();
        drop(kept);
        assert!(files.read(id).is_ok());

        let mut linked = files.link(id).unwrap();
        files.remove(id);
        let linked_id = linked.keep();
        assert_eq!(fs::read(files.path(linked_id)).unwrap(), b"bytes");
    }
}
