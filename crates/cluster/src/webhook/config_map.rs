//! Roles from the ConfigMap `pod-identity-webhook` (`--watch-config-map`).

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

use super::AnnotatedAccount;

/// The entries by `NAMESPACE/NAME`, where the namespace may be `*`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigMapRoles(BTreeMap<String, Entry>);

/// The text isn't a map of entries.
#[derive(Debug, Error)]
#[error("the ConfigMap's `config` can't be read, and what was read before stays in force: {0}")]
pub struct InvalidConfigMap(#[from] serde_json::Error);

/// One entry; the names are Go's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Entry {
    #[serde(rename = "RoleARN")]
    role_arn: String,
    audience: String,
    #[serde(rename = "UseRegionalSTS")]
    use_regional_sts: bool,
    token_expiration: i64,
}

impl ConfigMapRoles {
    /// Reads `data.config`.
    ///
    /// # Errors
    /// [`InvalidConfigMap`].
    pub fn parse(text: &str) -> Result<Self, InvalidConfigMap> {
        Ok(Self(serde_json::from_str(text)?))
    }

    /// The entry of a service account: its own before the one for every namespace.
    pub(super) fn find(&self, namespace: &str, name: &str) -> Option<AnnotatedAccount> {
        self.exact(namespace, name)
            .or_else(|| self.exact("*", name))
    }

    /// The entry with this very namespace.
    pub(super) fn exact(&self, namespace: &str, name: &str) -> Option<AnnotatedAccount> {
        let entry = self.0.get(&format!("{namespace}/{name}"))?;
        Some(AnnotatedAccount {
            role_arn: Some(entry.role_arn.clone()).filter(|it| !it.is_empty()),
            // Upstream takes the text as it is; an empty audience would make a token for nobody.
            audience: Some(entry.audience.clone()).filter(|it| !it.is_empty()),
            regional_sts: Some(entry.use_regional_sts),
            token_expiration: Some(entry.token_expiration).filter(|it| *it != 0),
            ..AnnotatedAccount::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = r#"{
        "ns/app": {"RoleARN": "arn:1", "Audience": "a", "UseRegionalSTS": true, "TokenExpiration": 0},
        "*/app": {"RoleARN": "arn:2", "TokenExpiration": 3600}
    }"#;

    #[test]
    fn the_own_namespace_comes_before_every_namespace() {
        let roles = ConfigMapRoles::parse(CONFIG).unwrap();
        let own = roles.find("ns", "app").unwrap();
        assert_eq!(
            (own.role_arn.as_deref(), own.token_expiration),
            (Some("arn:1"), None)
        );
        let other = roles.find("elsewhere", "app").unwrap();
        assert_eq!(other.role_arn.as_deref(), Some("arn:2"));
        assert_eq!((other.audience, other.token_expiration), (None, Some(3600)));
        assert_eq!(roles.find("ns", "other"), None);
    }

    #[test]
    fn what_is_no_map_is_an_error() {
        assert!(ConfigMapRoles::parse("[]").is_err());
        assert!(ConfigMapRoles::parse(r#"{"a/b": {"RoleARN": 5}}"#).is_err());
    }
}
