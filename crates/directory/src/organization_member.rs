//! The accounts of an organization, as their management account keeps them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use policy::AccountId;
use serde::{Deserialize, Serialize};

use crate::{Entity, Snapshot, Tags};

/// An account in an organization; the management account is one, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationMember {
    /// The management account.
    pub account: AccountId,
    /// The account's number.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// Its e-mail address, unique in the organization.
    pub email: String,
    /// Whether it is in use.
    pub status: MemberStatus,
    /// Whether the organization created it.
    pub created_here: bool,
    /// Since when it is in the organization.
    pub joined: Timestamp,
    /// Id of the root or unit that it is in.
    pub parent: String,
    /// Ids of the attached policies.
    pub attached: BTreeSet<String>,
    /// The services that it is delegated administrator of, by service principal, and since when.
    pub delegations: BTreeMap<String, Timestamp>,
    /// Its tags.
    pub tags: Tags,
}

/// Whether an account is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MemberStatus {
    /// It is.
    Active,
    /// It has been closed: none of its credentials work, and nobody can assume a role in it.
    Suspended,
}

impl MemberStatus {
    /// The API's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
        }
    }
}

impl Entity for OrganizationMember {
    const KIND: &'static str = "organization-member";

    fn account(&self) -> AccountId {
        self.account
    }

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn placed(&self, snapshot: &mut Snapshot) {
        snapshot.organized.insert(self.id, self.account);
    }

    fn displaced(&self, snapshot: &mut Snapshot) {
        snapshot.organized.remove(&self.id);
    }
}
