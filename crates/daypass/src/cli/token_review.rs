//! The value of `--token-review`.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, Error, Result, bail};
use federation::IssuerUrl;

/// An issuer whose cluster reviews its tokens, and how to reach the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenReviewSetting {
    pub(crate) issuer: IssuerUrl,
    /// The cluster that this process is a pod of when there is none.
    pub(crate) kubeconfig: Option<PathBuf>,
}

impl FromStr for TokenReviewSetting {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (issuer, kubeconfig) = match text.split_once('=') {
            Some((_, "")) => bail!("there is no file name after `=`"),
            Some((issuer, file)) => (issuer, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let parsed = issuer.parse();
        Ok(Self {
            issuer: parsed.with_context(|| format!("`{issuer}` is no issuer"))?,
            kubeconfig,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_with_or_without_a_file() {
        let plain: TokenReviewSetting = "https://oidc.example/id".parse().unwrap();
        assert_eq!(plain.issuer.as_str(), "https://oidc.example/id");
        assert_eq!(plain.kubeconfig, None);
        let named: TokenReviewSetting = "https://oidc.example/id=/etc/a=b".parse().unwrap();
        assert_eq!(named.issuer, plain.issuer);
        assert_eq!(named.kubeconfig, Some(PathBuf::from("/etc/a=b")));
        for wrong in [
            "",
            "=",
            "https://oidc.example/id=",
            "oidc.example",
            "=/etc/kubeconfig",
        ] {
            assert!(wrong.parse::<TokenReviewSetting>().is_err(), "{wrong}");
        }
    }
}
