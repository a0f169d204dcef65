//! What a service knows of the resources that it keeps: whose they are, and their own policies.

use std::fmt::Debug;
use std::sync::Arc;

use policy::{AccountId, Policy, Principal};

/// The policies of a service's resources, for those who decide about requests that are only
/// supposed. A service answers here with what it hands to the door for real ones.
pub trait ResourcePolicies: Debug + Send + Sync {
    /// What guards `resource`, an ARN, against `action` by `caller`; `None` if it isn't one of
    /// the service's or isn't there.
    fn of(&self, caller: &Principal, action: &str, resource: &str) -> Option<Guard>;
}

/// What guards a resource.
#[derive(Debug, Clone)]
pub struct Guard {
    /// The account that owns it.
    pub owner: AccountId,
    /// Its policy as far as it counts for this caller and action.
    pub policy: Option<Arc<Policy>>,
    /// The action that reads the policy, and the ARN of the resource that carries it.
    pub read_by: (&'static str, String),
}
