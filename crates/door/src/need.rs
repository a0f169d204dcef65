//! One action on one resource that a request needs.

use std::borrow::Cow;
use std::sync::Arc;

use policy::{AccountId, Context, Policy, ResourceKind, Value};

/// An action and the resource it is needed on, with what the decision depends on besides
/// the caller: the resource's owner and policy, and the request's own condition keys.
#[derive(Debug, Clone)]
pub struct Need {
    pub(crate) action: Cow<'static, str>,
    pub(crate) resource: String,
    pub(crate) shown: Option<String>,
    pub(crate) owner: Option<AccountId>,
    pub(crate) resource_policy: Option<Arc<Policy>>,
    pub(crate) resource_kind: ResourceKind,
    pub(crate) keys: Context,
}

impl Need {
    /// `action` on `resource`, which the denial text prints as it is.
    #[must_use]
    pub fn new(action: impl Into<Cow<'static, str>>, resource: impl Into<String>) -> Self {
        let resource = resource.into();
        Self {
            action: action.into(),
            shown: Some(resource.clone()),
            resource,
            owner: None,
            resource_policy: None,
            resource_kind: ResourceKind::Ordinary,
            keys: Context::new(),
        }
    }

    /// How the denial text prints the resource (IAM: `role NAME`, S3: quoted); `None` leaves it out.
    #[must_use]
    pub fn shown(mut self, text: Option<String>) -> Self {
        self.shown = text;
        self
    }

    /// The account that owns the resource; the caller's own when not said.
    #[must_use]
    pub fn owner(mut self, account: AccountId) -> Self {
        self.owner = Some(account);
        self
    }

    /// The policy on the resource itself, e.g. a bucket policy.
    #[must_use]
    pub fn resource_policy(mut self, policy: Option<Arc<Policy>>) -> Self {
        self.resource_policy = policy;
        self
    }

    /// The trust policy of the role that is to be assumed: unlike other resource policies
    /// it must allow the caller explicitly.
    #[must_use]
    pub fn trust_policy(mut self, policy: Arc<Policy>) -> Self {
        self.resource_policy = Some(policy);
        self.resource_kind = ResourceKind::RoleTrust;
        self
    }

    /// A condition key of this request, e.g. `s3:prefix`.
    #[must_use]
    pub fn key(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.keys.insert(name, value);
        self
    }

    /// The action, e.g. `s3:GetObject`.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The resource that policies are matched against.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }
}
