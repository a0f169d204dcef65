//! Kubernetes clusters that are registered.

use std::fmt;
use std::str::FromStr;

use federation::IssuerUrl;
use jiff::Timestamp;
use policy::AccountId;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Entity, Tags};

/// A registered cluster. Its OIDC provider is one of its own account, and is looked up there each time: the cluster stays
/// when the provider goes, and its tokens are refused then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// Its account.
    pub account: AccountId,
    /// The region that it was registered in, which its ARN names for good.
    pub region: String,
    /// Its name.
    pub name: ClusterName,
    /// The issuer of its service accounts' tokens, which is also the URL of its OIDC provider.
    pub issuer: IssuerUrl,
    /// Its tags.
    pub tags: Tags,
    /// When it was registered.
    pub created: Timestamp,
}

impl Cluster {
    /// `arn:aws:eks:REGION:ACCOUNT:cluster/NAME`.
    #[must_use]
    pub fn arn(&self) -> String {
        let Self {
            account,
            region,
            name,
            ..
        } = self;
        format!("arn:aws:eks:{region}:{account}:cluster/{name}")
    }

    /// The ARN of its OIDC provider.
    #[must_use]
    pub fn provider_arn(&self) -> String {
        let (account, url) = (self.account, self.issuer.without_scheme());
        format!("arn:aws:iam::{account}:oidc-provider/{url}")
    }
}

impl Entity for Cluster {
    const KIND: &'static str = "eks-cluster";

    fn account(&self) -> AccountId {
        self.account
    }

    fn key(&self) -> String {
        self.name.to_string()
    }
}

/// A cluster's name: 1 to 100 letters, digits, hyphens and underscores, of which the first is a letter or a digit (EKS API
/// Reference, `CreateCluster`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClusterName(String);

/// A text is no cluster's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "a cluster's name has 1 to 100 letters, digits, hyphens and underscores, and begins with a letter or a digit"
)]
pub struct InvalidClusterName;

/// Most characters of a name.
const LONGEST: usize = 100;

impl ClusterName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClusterName {
    type Err = InvalidClusterName;

    fn from_str(text: &str) -> Result<Self, InvalidClusterName> {
        let fits = (1..=LONGEST).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_alphanumeric())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        fits.then(|| Self(text.to_owned()))
            .ok_or(InvalidClusterName)
    }
}

impl TryFrom<String> for ClusterName {
    type Error = InvalidClusterName;

    fn try_from(text: String) -> Result<Self, InvalidClusterName> {
        text.parse()
    }
}

impl From<ClusterName> for String {
    fn from(name: ClusterName) -> Self {
        name.0
    }
}

impl fmt::Display for ClusterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_eks() {
        let longest = "c".repeat(100);
        for name in ["a", "9", "prod-1_A", &longest] {
            assert_eq!(name.parse::<ClusterName>().unwrap().as_str(), name);
        }
        let long = "c".repeat(101);
        for name in ["", "-a", "_a", "a/b", "a.b", "a b", "ä", "a\n", &long] {
            assert_eq!(
                name.parse::<ClusterName>(),
                Err(InvalidClusterName),
                "{name}"
            );
        }
    }
}
