//! Service and resource control policies.

use std::sync::{Arc, LazyLock};

use policy::{AccountId, DocumentKind, Policy};
use serde::{Deserialize, Serialize};

use crate::{Document, Entity, Tags};

/// What a control policy limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ControlPolicyKind {
    /// What principals of the accounts can do.
    Service,
    /// What can be done with resources of the accounts.
    Resource,
}

/// A customer's control policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrganizationPolicy {
    /// The management account.
    pub account: AccountId,
    /// `p-…`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// What it limits.
    pub kind: ControlPolicyKind,
    /// Its name, unique among its kind.
    pub name: String,
    /// Free text.
    pub description: String,
    /// What it says.
    pub document: Document,
    /// Its tags.
    pub tags: Tags,
}

/// A control policy that AWS provides: it allows everything.
#[derive(Debug)]
pub struct FullAccess {
    /// `p-FullAWSAccess`.
    pub id: &'static str,
    /// Its ARN.
    pub arn: &'static str,
    /// What it limits, or rather doesn't.
    pub kind: ControlPolicyKind,
    /// Its name.
    pub name: &'static str,
    /// Free text.
    pub description: &'static str,
    /// Its document.
    pub text: &'static str,
    compiled: LazyLock<Arc<Policy>>,
}

impl FullAccess {
    /// Its compiled document.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.compiled)
    }
}

const SERVICE_TEXT: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "*",
      "Resource": "*"
    }
  ]
}"#;

const RESOURCE_TEXT: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": "*",
      "Action": "*",
      "Resource": "*"
    }
  ]
}"#;

static SERVICE: FullAccess = FullAccess {
    id: "p-FullAWSAccess",
    arn: "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
    kind: ControlPolicyKind::Service,
    name: "FullAWSAccess",
    description: "Allows access to every operation",
    text: SERVICE_TEXT,
    compiled: LazyLock::new(|| compiled(ControlPolicyKind::Service, SERVICE_TEXT)),
};

static RESOURCE: FullAccess = FullAccess {
    id: "p-RCPFullAWSAccess",
    arn: "arn:aws:organizations::aws:policy/resource_control_policy/p-RCPFullAWSAccess",
    kind: ControlPolicyKind::Resource,
    name: "RCPFullAWSAccess",
    description: "Allows access to every resource",
    text: RESOURCE_TEXT,
    compiled: LazyLock::new(|| compiled(ControlPolicyKind::Resource, RESOURCE_TEXT)),
};

/// The two documents are part of the program, and a test reads them.
fn compiled(kind: ControlPolicyKind, text: &str) -> Arc<Policy> {
    Arc::new(Policy::parse(kind.into(), text).unwrap_or_else(|_| Policy::deny_all()))
}

impl ControlPolicyKind {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::Service, Self::Resource];

    /// The API's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Service => "SERVICE_CONTROL_POLICY",
            Self::Resource => "RESOURCE_CONTROL_POLICY",
        }
    }

    /// The kind with this word of the API; it has others that no policy here is of.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The kind's part of an ARN.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Service => "service_control_policy",
            Self::Resource => "resource_control_policy",
        }
    }

    /// The policy of AWS's that everything in an organization has first.
    #[must_use]
    pub fn full_access(self) -> &'static FullAccess {
        match self {
            Self::Service => &SERVICE,
            Self::Resource => &RESOURCE,
        }
    }
}

impl From<ControlPolicyKind> for DocumentKind {
    fn from(kind: ControlPolicyKind) -> Self {
        match kind {
            ControlPolicyKind::Service => Self::Scp,
            ControlPolicyKind::Resource => Self::Rcp,
        }
    }
}

impl Entity for OrganizationPolicy {
    const KIND: &'static str = "organization-policy";

    fn account(&self) -> AccountId {
        self.account
    }

    fn key(&self) -> String {
        self.id.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_access_can_be_read() {
        for kind in ControlPolicyKind::ALL {
            let full = kind.full_access();
            assert!(Policy::parse(kind.into(), full.text).is_ok());
            assert_eq!(full.policy().text(), full.text);
            assert_eq!(ControlPolicyKind::named(kind.as_str()), Some(kind));
            assert!(full.arn.ends_with(&format!("{}/{}", kind.path(), full.id)));
        }
    }
}
