//! Which service accounts use Pod Identity (`--watch-container-credentials-config`).

use std::collections::BTreeSet;

use serde::Deserialize;
use thiserror::Error;

/// The service accounts, by namespace and name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PodIdentities(BTreeSet<(String, String)>);

/// The file isn't a list of identities.
#[derive(Debug, Error)]
#[error("the list of identities can't be read, and what was read before stays in force: {0}")]
pub struct InvalidIdentities(#[from] serde_json::Error);

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    identities: Vec<Identity>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    namespace: String,
    service_account: String,
}

impl PodIdentities {
    /// Reads the file's text; an empty one is an empty list.
    ///
    /// # Errors
    /// [`InvalidIdentities`].
    pub fn parse(text: &str) -> Result<Self, InvalidIdentities> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let file: File = serde_json::from_str(text)?;
        let pair = |it: Identity| (it.namespace, it.service_account);
        Ok(Self(file.identities.into_iter().map(pair).collect()))
    }

    /// Whether a service account is among them.
    #[must_use]
    pub fn has(&self, namespace: &str, name: &str) -> bool {
        self.0.contains(&(namespace.to_owned(), name.to_owned()))
    }
}

impl FromIterator<(String, String)> for PodIdentities {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(pairs: T) -> Self {
        Self(pairs.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_are_pairs() {
        let text = r#"{"identities":[{"namespace":"ns","serviceAccount":"app"}]}"#;
        let identities = PodIdentities::parse(text).unwrap();
        assert!(identities.has("ns", "app"));
        assert!(!identities.has("ns", "other") && !identities.has("app", "ns"));
        assert_eq!(
            PodIdentities::parse(" \n").unwrap(),
            PodIdentities::default()
        );
        assert!(PodIdentities::parse("{").is_err());
    }
}
