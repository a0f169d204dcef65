//! `daypass oidc`, as it is typed.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Data;

/// The server is the one at AWS_ENDPOINT_URL or at the profile's endpoint_url, asked with the
/// credentials of the environment or of the profile, as by the SDKs; without an endpoint, the one of
/// this machine, asked as its administrator.
#[derive(Debug, Args)]
pub(crate) struct Oidc {
    #[command(flatten)]
    pub(crate) data: Data,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Give a provider the public keys of its issuer, in place of those that it has. Nothing is
    /// fetched from the issuer then.
    PushKeys(PushKeys),
    /// List and delete pushed keys.
    #[command(subcommand)]
    Keys(Keys),
}

#[derive(Debug, Args)]
pub(crate) struct PushKeys {
    #[command(flatten)]
    pub(crate) provider: Provider,
    /// Keep the keys that were pushed before, for a rotation with overlap.
    #[arg(long)]
    pub(crate) keep_others: bool,
    /// A JWK set, e.g. of `kubectl get --raw /openid/v1/jwks`, or public keys in PEM, e.g. the
    /// cluster's `sa.pub`; `-` is standard input.
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) file: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// List the keys that were pushed for a provider.
    List(Provider),
    /// Delete a key that was pushed for a provider, or all of them.
    Delete(Delete),
}

#[derive(Debug, Args)]
pub(crate) struct Delete {
    #[command(flatten)]
    pub(crate) provider: Provider,
    /// The key's id.
    #[arg(
        value_name = "KEY-ID",
        // Ids are base64url, and one in 64 begins with a hyphen.
        allow_hyphen_values = true,
        required_unless_present = "all",
        conflicts_with = "all"
    )]
    pub(crate) key_id: Option<String>,
    /// All keys, so that they are fetched from the issuer again.
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Provider {
    /// The provider's ARN, or its issuer's URL (https://HOST/PATH) for a provider of the asker's
    /// account.
    #[arg(
        long = "provider-arn",
        visible_alias = "provider",
        value_name = "ARN|URL"
    )]
    pub(crate) arn_or_url: String,
}
