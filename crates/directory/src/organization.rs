//! Organizations: accounts under one management account.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use policy::AccountId;
use serde::{Deserialize, Serialize};

use crate::{ControlPolicyKind, Entity, Tags};

/// An organization. It is kept by its management account, as are its units, members and policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// The management account.
    pub account: AccountId,
    /// `o-…`.
    pub id: String,
    /// Whether it has policies and the like, or bills only.
    pub feature_set: FeatureSet,
    /// The root of its tree.
    pub root: OrganizationRoot,
    /// The services that have access to it, by service principal, and since when.
    pub services: BTreeMap<String, Timestamp>,
    /// What of root access is managed centrally.
    pub root_features: BTreeSet<RootFeature>,
}

/// The root of an organization's tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationRoot {
    /// `r-…`.
    pub id: String,
    /// The kinds of policies that are enabled.
    pub enabled: BTreeSet<ControlPolicyKind>,
    /// Ids of the attached policies.
    pub attached: BTreeSet<String>,
    /// Its tags.
    pub tags: Tags,
}

/// What an organization can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FeatureSet {
    /// Everything.
    All,
    /// Billing only: no policies.
    ConsolidatedBilling,
}

impl FeatureSet {
    /// The API's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::ConsolidatedBilling => "CONSOLIDATED_BILLING",
        }
    }
}

/// A part of central root access (IAM User Guide, "Centrally manage root access for member
/// accounts").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RootFeature {
    /// Root credentials of member accounts are managed.
    CredentialsManagement,
    /// Short sessions of member accounts' roots, by `AssumeRoot`.
    Sessions,
}

impl RootFeature {
    /// The API's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CredentialsManagement => "RootCredentialsManagement",
            Self::Sessions => "RootSessions",
        }
    }
}

impl Organization {
    /// `arn:aws:organizations::A:organization/o-…`.
    #[must_use]
    pub fn arn(&self) -> String {
        self.arn_of("organization", None)
    }

    /// `arn:aws:organizations::A:root/o-…/r-…`.
    #[must_use]
    pub fn root_arn(&self) -> String {
        self.arn_of("root", Some(&self.root.id))
    }

    /// `arn:aws:organizations::A:ou/o-…/ou-…`.
    #[must_use]
    pub fn unit_arn(&self, id: &str) -> String {
        self.arn_of("ou", Some(id))
    }

    /// `arn:aws:organizations::A:account/o-…/ACCOUNT`.
    #[must_use]
    pub fn account_arn(&self, account: AccountId) -> String {
        self.arn_of("account", Some(&account.to_string()))
    }

    /// `arn:aws:organizations::A:policy/o-…/service_control_policy/p-…`.
    #[must_use]
    pub fn policy_arn(&self, kind: ControlPolicyKind, id: &str) -> String {
        let path = format!("{}/{id}", kind.path());
        self.arn_of("policy", Some(&path))
    }

    fn arn_of(&self, kind: &str, rest: Option<&str>) -> String {
        let Self { account, id, .. } = self;
        match rest {
            Some(rest) => format!("arn:aws:organizations::{account}:{kind}/{id}/{rest}"),
            None => format!("arn:aws:organizations::{account}:{kind}/{id}"),
        }
    }
}

impl Entity for Organization {
    const KIND: &'static str = "organization";

    fn account(&self) -> AccountId {
        self.account
    }

    fn key(&self) -> String {
        self.id.clone()
    }
}
