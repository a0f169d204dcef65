//! `--mode manual`: files, and the commands that use them.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::command::aws::Aws;
use crate::print::print;
use crate::shell::{line, word};

/// A script in the making. It is printed when all of its files are written.
pub(crate) struct Script {
    dir: PathBuf,
    text: String,
    files: Vec<(String, String)>,
}

impl Script {
    /// With the directory of its files.
    pub(crate) fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            text: String::new(),
            files: Vec::new(),
        }
    }

    /// A line that says something.
    pub(crate) fn note(&mut self, text: &str) {
        for line in text.lines() {
            self.text.push_str("# ");
            self.text.push_str(line);
            self.text.push('\n');
        }
    }

    /// A command of words.
    pub(crate) fn command<'a>(&mut self, words: impl IntoIterator<Item = &'a str>) {
        self.raw(&line(words));
    }

    /// A command as it is typed.
    pub(crate) fn raw(&mut self, command: &str) {
        self.text.push_str(command);
        self.text.push('\n');
    }

    /// A file that is to be there; its path, as a word of a command line.
    pub(crate) fn file(&mut self, name: &str, content: String) -> String {
        let path = self.dir.join(name);
        self.files.push((name.to_owned(), content));
        word(&path.display().to_string())
    }

    /// How whoever runs the commands becomes the one that this command asks as.
    pub(crate) fn credentials(&mut self, aws: &Aws) {
        if aws.asker.local {
            let words = &aws.words;
            self.raw(&format!("eval \"$(daypass credentials{words})\""));
        }
    }

    /// Writes the files, then prints the commands.
    pub(crate) fn finish(self) -> Result<()> {
        let shown = self.dir.display().to_string();
        if !self.files.is_empty() {
            let made = fs::create_dir_all(&self.dir);
            made.with_context(|| format!("cannot create the directory `{shown}`"))?;
        }
        // All of them are there under other names before the first one gets its own.
        let mut ready = Vec::new();
        for (name, content) in &self.files {
            let mut file = tempfile::NamedTempFile::new_in(&self.dir)
                .with_context(|| format!("cannot write to the directory `{shown}`"))?;
            file.write_all(content.as_bytes())?;
            // Nothing in them is secret.
            file.as_file()
                .set_permissions(fs::Permissions::from_mode(0o644))?;
            ready.push((self.dir.join(name), file));
        }
        for (path, file) in ready {
            let written = file.persist(&path);
            written.with_context(|| format!("cannot write `{}`", path.display()))?;
        }
        print(&self.text)
    }
}
