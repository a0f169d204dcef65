//! `daypass serve --s3-upstream`: a store behind this one.

use std::path::PathBuf;
use std::str::FromStr;

use ::policy::AccountId;
use anyhow::{Context, Error, Result, bail};
use clap::{Args, ValueEnum};
use gateway::{UpstreamStyle, UpstreamUrl};

/// Where objects are kept, if not by the server itself.
#[derive(Debug, Clone, Args)]
pub(crate) struct S3Upstream {
    /// URL of an S3-compatible store that keeps the objects of new buckets. The credentials for it come from where the SDKs
    /// look for them: environment, web identity, profile.
    #[arg(id = "s3_upstream", long = "s3-upstream", value_name = "URL")]
    pub(crate) url: Option<UpstreamUrl>,
    /// Region that requests to the upstream store are signed for.
    #[arg(
        id = "s3_upstream_region",
        long = "s3-upstream-region",
        value_name = "REGION",
        default_value = "us-east-1",
        requires = "s3_upstream"
    )]
    pub(crate) region: String,
    /// Where requests to the upstream store name the bucket.
    #[arg(
        id = "s3_upstream_style", long = "s3-upstream-style",
        value_name = "STYLE",
        value_enum,
        default_value_t = Style::Path,
        requires = "s3_upstream"
    )]
    pub(crate) style: Style,
    /// Certificates in PEM that are trusted for the upstream store besides the platform's.
    #[arg(
        id = "s3_upstream_ca",
        long = "s3-upstream-ca",
        value_name = "FILE",
        requires = "s3_upstream"
    )]
    pub(crate) ca: Option<PathBuf>,
    /// How long the upstream store may be silent, in seconds; ten times as long where it copies whole objects.
    #[arg(
        id = "s3_upstream_timeout", long = "s3-upstream-timeout",
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u64).range(1..=3600),
        requires = "s3_upstream"
    )]
    pub(crate) timeout: u64,
    /// A bucket that the upstream store has, for an account (the first one when not said), under its own name or another
    /// one; may be repeated.
    #[arg(
        id = "s3_bucket",
        long = "s3-bucket",
        value_name = "[ACCOUNT/]NAME[=UPSTREAM]",
        requires = "s3_upstream"
    )]
    pub(crate) buckets: Vec<BucketSetting>,
}

/// Where the bucket's name goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Style {
    /// `https://HOST/BUCKET/KEY`.
    Path,
    /// `https://BUCKET.HOST/KEY`.
    Virtual,
}

impl From<Style> for UpstreamStyle {
    fn from(style: Style) -> Self {
        match style {
            Style::Path => Self::Path,
            Style::Virtual => Self::Virtual,
        }
    }
}

/// The value of `--s3-bucket`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BucketSetting {
    pub(crate) account: Option<AccountId>,
    pub(crate) name: String,
    pub(crate) upstream: String,
}

impl FromStr for BucketSetting {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (account, rest) = match text.split_once('/') {
            Some((account, rest)) => {
                let parsed = account.parse();
                (
                    Some(parsed.with_context(|| format!("`{account}` is no account number"))?),
                    rest,
                )
            }
            None => (None, text),
        };
        let (name, upstream) = rest.split_once('=').unwrap_or((rest, rest));
        if name.is_empty() || upstream.is_empty() {
            bail!("`{text}` names no bucket");
        }
        Ok(Self {
            account,
            name: name.to_owned(),
            upstream: upstream.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_with_or_without_account_and_other_name() {
        let setting = |text: &str| {
            let it: BucketSetting = text.parse().unwrap();
            let account = it.account.map(|account| account.to_string());
            (account.unwrap_or_default(), it.name, it.upstream)
        };
        let expected = |account: &str, name: &str, upstream: &str| {
            (account.to_owned(), name.to_owned(), upstream.to_owned())
        };
        assert_eq!(setting("logs"), expected("", "logs", "logs"));
        assert_eq!(setting("logs=prod-logs"), expected("", "logs", "prod-logs"));
        assert_eq!(
            setting("123456789012/logs=x"),
            expected("123456789012", "logs", "x")
        );
        for wrong in ["", "=", "logs=", "=x", "12/logs", "123456789012/", "/logs"] {
            assert!(wrong.parse::<BucketSetting>().is_err(), "{wrong}");
        }
    }
}
