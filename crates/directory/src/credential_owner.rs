//! Whose a credential is.

use serde::{Deserialize, Serialize};

/// Whose a credential is: a user's, by its unique id, so that it stays under a new name; or the
/// account's root's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CredentialOwner(String);

impl CredentialOwner {
    /// The user with this unique id.
    #[must_use]
    pub fn user(id: &str) -> Self {
        Self(id.to_owned())
    }

    /// The account's root. Unique ids of users begin with `AIDA`, so none is this.
    #[must_use]
    pub fn root() -> Self {
        Self("root".to_owned())
    }

    /// The user's unique id, or `root`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the account's root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        *self == Self::root()
    }

    /// The key, on its shelf, of one of several that somebody has.
    #[must_use]
    pub fn key(&self, id: &str) -> String {
        format!("{}/{id}", self.0)
    }

    /// What those keys begin with.
    #[must_use]
    pub fn prefix(&self) -> String {
        self.key("")
    }
}
