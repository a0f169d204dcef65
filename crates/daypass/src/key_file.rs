//! The key that seals everything secret in the data directory.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use session::KeyEncryptionKey;

/// The environment variable that may hold the key itself, in hexadecimal or base64.
const VARIABLE: &str = "DAYPASS_KEY";

/// Where the key comes from.
#[derive(Debug)]
pub(crate) struct KeySource {
    /// The file that was named, if one was.
    pub(crate) named: Option<PathBuf>,
    /// The file in the data directory, which the first start creates.
    pub(crate) own: PathBuf,
}

impl KeySource {
    /// The key. `fresh` says that nothing has been sealed yet, so a key may be made.
    pub(crate) fn load(&self, fresh: bool) -> Result<KeyEncryptionKey> {
        if let Ok(text) = std::env::var(VARIABLE) {
            if let Some(named) = &self.named {
                bail!(
                    "both the key file `{}` and the environment variable {VARIABLE} are given; \
                     leave one of them out",
                    named.display()
                );
            }
            return KeyEncryptionKey::from_file(text.as_bytes())
                .with_context(|| format!("the environment variable {VARIABLE} holds no key"));
        }
        let path = self.named.as_ref().unwrap_or(&self.own);
        match fs::read(path) {
            Ok(content) => KeyEncryptionKey::from_file(&content)
                .with_context(|| format!("the key file `{}` can't be used", path.display())),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if !fresh {
                    bail!(
                        "the key file `{}` is missing, and the server's keys can't be opened \
                         without it; restore it from a backup, or name its place with --key-file",
                        path.display()
                    );
                }
                create(path)
            }
            Err(error) => {
                Err(error).with_context(|| format!("cannot read the key file `{}`", path.display()))
            }
        }
    }
}

fn create(path: &Path) -> Result<KeyEncryptionKey> {
    let key = KeyEncryptionKey::generate();
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot create the key file `{}`", path.display()))?;
    file.write_all(key.to_file().expose())?;
    file.sync_all()?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_missed_when_it_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let source = KeySource {
            named: None,
            own: dir.path().join("key"),
        };
        let sealed = source.load(true).unwrap().seal("test", b"secret");
        let opened = source.load(false).unwrap().open("test", &sealed).unwrap();
        assert_eq!(opened.expose(), b"secret");
        fs::remove_file(&source.own).unwrap();
        let error = source.load(false).unwrap_err().to_string();
        assert!(error.contains("is missing"), "{error}");
        assert!(error.contains("--key-file"), "{error}");
    }
}
