//! The key pair that a cluster signs with.

use std::path::Path;

use anyhow::{Context, Result, bail};
use federation::{KeyPair, PublishedKey};

use super::output_dir::{OutputDir, Readers};
use super::say;

const PRIVATE: &str = "serviceaccount-signer.private";
const PUBLIC: &str = "serviceaccount-signer.public";
/// Where the installer looks for the private key.
const INSTALLER: &str = "tls/bound-service-account-signing-key.key";
/// The length of a new key.
const BITS: u32 = 4096;

/// Makes the pair, unless there is one; the public key.
pub(super) fn create(output: &OutputDir) -> Result<PublishedKey> {
    let pair = match output.read(PRIVATE)? {
        Some(pem) => existing(output, &pem)?,
        None => generated(output)?,
    };
    // ccoctl's copy is that of the file, whatever form the key has in it.
    let private = output.read(PRIVATE)?;
    let private = private.with_context(|| format!("`{PRIVATE}` is gone"))?;
    if output.read(INSTALLER)?.as_ref() != Some(&private) {
        let path = output.write(INSTALLER, &private, Readers::Owner)?;
        say(&format!(
            "{}: copy of the private key for the installer",
            path.display()
        ))?;
    }
    Ok(pair.published())
}

fn existing(output: &OutputDir, pem: &[u8]) -> Result<KeyPair> {
    let path = output.path(PRIVATE);
    let pair = KeyPair::from_pem(pem).with_context(|| {
        format!(
            "`{}` is there already and can't be used; move it away for a new key pair",
            path.display()
        )
    })?;
    match output.read(PUBLIC)? {
        Some(public) if PublishedKey::from_pem(&public).ok() == Some(pair.published()) => {}
        Some(_) => bail!(
            "`{}` is not the public key of `{}`; move the one away that is not the cluster's",
            output.path(PUBLIC).display(),
            path.display()
        ),
        None => {
            let path = output.write(PUBLIC, pair.public_pem()?.as_bytes(), Readers::All)?;
            say(&format!(
                "{}: public key, made of the private one",
                path.display()
            ))?;
        }
    }
    say(&format!(
        "{}: is there already, and is used",
        path.display()
    ))?;
    Ok(pair)
}

fn generated(output: &OutputDir) -> Result<KeyPair> {
    if output.read(PUBLIC)?.is_some() {
        bail!(
            "`{}` is there without its private key `{PRIVATE}`; put that beside it, or move it away \
             for a new key pair",
            output.path(PUBLIC).display()
        );
    }
    let pair = KeyPair::generate(BITS)?;
    let path = output.write_new(PRIVATE, pair.private_pem()?.as_bytes(), Readers::Owner)?;
    say(&format!(
        "{}: private key, RSA of {BITS} bits",
        path.display()
    ))?;
    let path = output.write_new(PUBLIC, pair.public_pem()?.as_bytes(), Readers::All)?;
    say(&format!("{}: public key", path.display()))?;
    Ok(pair)
}

/// The public key of a file, or of the output directory.
pub(super) fn public_key(output: &OutputDir, file: Option<&Path>) -> Result<PublishedKey> {
    let path = file.map_or_else(|| output.path(PUBLIC), Path::to_owned);
    let hint = match file {
        Some(_) => "--public-key-file names it",
        None => "`daypass ccoctl create-key-pair` makes it, and --public-key-file names another",
    };
    let text = std::fs::read(&path)
        .with_context(|| format!("cannot read the public key `{}`; {hint}", path.display()))?;
    PublishedKey::from_pem(&text)
        .with_context(|| format!("`{}` is not the public key of a cluster", path.display()))
}
