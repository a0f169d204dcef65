//! Organizational units: the inner nodes of an organization's tree.

use std::collections::BTreeSet;

use policy::AccountId;
use serde::{Deserialize, Serialize};

use crate::{Entity, Tags};

/// An organizational unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationalUnit {
    /// The management account.
    pub account: AccountId,
    /// `ou-…`.
    pub id: String,
    /// Its name, unique under its parent.
    pub name: String,
    /// Id of the root or unit that it is in. It never changes.
    pub parent: String,
    /// Ids of the attached policies.
    pub attached: BTreeSet<String>,
    /// Its tags.
    pub tags: Tags,
}

impl Entity for OrganizationalUnit {
    const KIND: &'static str = "organizational-unit";

    fn account(&self) -> AccountId {
        self.account
    }

    fn key(&self) -> String {
        self.id.clone()
    }
}
