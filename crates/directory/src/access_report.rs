//! Reports of which services could be accessed and when they were.

use jiff::Timestamp;
use policy::AccountId;
use serde::{Deserialize, Serialize};

use crate::last_use::{Use, Uses};
use crate::{Entity, EntityPath};

/// What `GenerateServiceLastAccessedDetails` found for a user, role, group or policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessReport {
    /// The account.
    pub account: AccountId,
    /// The job's id, a UUID.
    pub id: String,
    /// Who asked: `AIDA…`, `AROA…` or the account's number.
    pub asker: String,
    /// When it was asked for.
    pub created: Timestamp,
    /// When it was done.
    pub completed: Timestamp,
    /// Whether it was asked for by action, too.
    pub by_action: bool,
    /// What the policies give access to, by prefix.
    pub services: Vec<AccessibleService>,
    /// Who could have used that.
    pub entities: Vec<AccessingEntity>,
}

/// A service that policies give access to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessibleService {
    /// `s3`.
    pub prefix: String,
    /// The accessible ones of the actions that are tracked; none in a report by service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
}

/// A user or role in a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessingEntity {
    /// `USER` or `ROLE`.
    pub kind: String,
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// `AIDA…` or `AROA…`.
    pub id: String,
    /// Its path.
    pub path: EntityPath,
    /// Its last uses of the services in the report.
    pub uses: Uses,
}

impl Entity for AccessReport {
    const KIND: &'static str = "service-access-report";

    fn account(&self) -> AccountId {
        self.account
    }

    fn key(&self) -> String {
        self.id.clone()
    }
}

/// What `GenerateOrganizationsAccessReport` found for a part of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationAccessReport {
    /// The management account, which asked.
    pub account: AccountId,
    /// The job's id, a UUID.
    pub id: String,
    /// When it was asked for.
    pub created: Timestamp,
    /// When it was done.
    pub completed: Timestamp,
    /// The services that the service control policies leave, by prefix.
    pub services: Vec<OrganizationService>,
}

/// A service in such a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationService {
    /// `s3`.
    pub prefix: String,
    /// The last use.
    pub last: Option<Use>,
    /// The path in the organization of the account that it came from.
    pub path: Option<String>,
    /// How many accounts used it.
    pub accounts: u32,
}

impl Entity for OrganizationAccessReport {
    const KIND: &'static str = "organization-access-report";

    fn account(&self) -> AccountId {
        self.account
    }

    fn key(&self) -> String {
        self.id.clone()
    }
}
