//! `daypass issuer`, as it is typed.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use federation::IssuerUrl;

use super::policy::Output;
use super::{Data, seconds};

/// What is done takes effect at once in the running server, and is recorded in its trail.
#[derive(Debug, Subcommand)]
pub(crate) enum Issuer {
    /// Make an issuer with a new key.
    Create(Create),
    /// Show the issuers and their keys.
    List(List),
    /// Give an issuer a new key: published now, signing later; the earlier ones stay valid.
    Rotate(Rotate),
    /// Take an earlier key from an issuer: its tokens are refused from now on.
    Retire(Retire),
    /// Forget an issuer and its keys.
    Delete(Named),
    /// Write an issuer's documents for a bucket, as ccoctl and rosa do.
    Export(Export),
    /// Take over the private key that a cluster signs with, so that its tokens are known here.
    Import(Import),
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    #[command(flatten)]
    pub(crate) data: Data,
    /// The issuer's URL.
    #[arg(
        value_name = "URL",
        required_unless_present = "name",
        conflicts_with = "name"
    )]
    pub(crate) url: Option<IssuerUrl>,
    /// A name instead: the URL is made of it and of the default issuer's host.
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub(crate) name: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) data: Data,
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Named {
    #[command(flatten)]
    pub(crate) data: Data,
    /// The issuer.
    #[arg(value_name = "URL")]
    pub(crate) url: IssuerUrl,
}

#[derive(Debug, Args)]
pub(crate) struct Rotate {
    #[command(flatten)]
    pub(crate) named: Named,
    /// How long the new key is published before it signs, so that those who keep key sets for a
    /// while know it by then; `0s` for at once.
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = after)]
    pub(crate) after: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Retire {
    #[command(flatten)]
    pub(crate) named: Named,
    /// The key's id, as `daypass issuer list` shows it.
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(crate) key: String,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) named: Named,
    /// The directory to write `.well-known/openid-configuration` and `keys.json` into.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// The certificate chain in PEM that the issuer's web server presents, for the thumbprint;
    /// this server's own (--tls-cert) when not said.
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    #[command(flatten)]
    pub(crate) named: Named,
    /// The key in PEM (PKCS #1 or PKCS #8), e.g. ccoctl's
    /// tls/bound-service-account-signing-key.key; `-` for standard input.
    #[arg(value_name = "FILE")]
    pub(crate) key: PathBuf,
}

/// A name that is one segment of a URL's path.
fn name(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    match (1..=63).contains(&text.len()) && text.bytes().all(fits) {
        true => Ok(text.to_owned()),
        false => Err("a name has 1 to 63 of the characters a-z, 0-9 and -".to_owned()),
    }
}

/// At most a week: a key that is published for longer is forgotten.
fn after(text: &str) -> Result<u32, String> {
    let asked = seconds(text)?;
    u32::try_from(asked)
        .ok()
        .filter(|seconds| *seconds <= 7 * 86_400)
        .ok_or_else(|| "from 0s to 168h".to_owned())
}
