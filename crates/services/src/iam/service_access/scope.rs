//! Which accounts of an organization a report is about.

use std::fmt::Debug;

use directory::Snapshot;
use policy::AccountId;

use crate::generated::iam::errors::{
    CALLER_IS_NOT_MANAGEMENT_ACCOUNT, NO_SUCH_ENTITY, ORGANIZATION_NOT_FOUND,
};
use crate::wire::Fault;

/// What knows the organization that an account is in, for reports on parts of it.
pub trait AccessScopes: Debug + Send + Sync {
    /// The accounts below `path` (`o-…/r-…/ou-…/…`) that `policy`, a service control policy's id,
    /// applies to, or all of them; and what the service control policies leave.
    ///
    /// # Errors
    /// [`NoScope`], for the account that asks.
    fn scope(
        &self,
        snapshot: &Snapshot,
        asking: AccountId,
        path: &str,
        policy: Option<&str>,
    ) -> Result<Scope, NoScope>;
}

/// A part of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Its accounts.
    pub accounts: Vec<ScopedAccount>,
    /// The texts of the service control policies that limit it, level by level; without any
    /// level, nothing is limited.
    pub levels: Vec<Vec<String>>,
}

/// An account in an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopedAccount {
    /// Its number.
    pub account: AccountId,
    /// Its path: `o-…/r-…/ou-…/123456789012`.
    pub path: String,
}

/// Why there is no such part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoScope {
    /// The account that asks is in no organization.
    NoOrganization,
    /// It is not the management account.
    NotManagementAccount,
    /// The organization has no such entity or policy.
    NoSuchEntity(String),
}

impl From<NoScope> for Fault {
    fn from(no: NoScope) -> Self {
        match no {
            NoScope::NoOrganization => ORGANIZATION_NOT_FOUND
                .fault("The request was rejected because no organization is associated with your account."),
            NoScope::NotManagementAccount => CALLER_IS_NOT_MANAGEMENT_ACCOUNT.fault(
                "The request was rejected because the account making the request is not the management account for the organization.",
            ),
            NoScope::NoSuchEntity(name) => {
                NO_SUCH_ENTITY.fault(format!("The entity {name} cannot be found."))
            }
        }
    }
}
