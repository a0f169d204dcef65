//! What is asked, and the policies that have a say.

use crate::{AccountId, Context, Policy, Principal};

/// One action on one resource.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Who asks.
    pub principal: &'a Principal,
    /// `service:Name`, compared without regard to case.
    pub action: &'a str,
    /// ARN (or the other text AWS uses, such as `*`) of the resource.
    pub resource: &'a str,
    /// Owner of the resource; `None` where a resource has no owner, which counts as the caller's account.
    pub resource_account: Option<AccountId>,
    /// Condition keys.
    pub context: &'a Context,
}

/// A policy and where it is attached.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The parsed document.
    pub policy: &'a Policy,
    /// ARN of a managed policy.
    pub arn: Option<&'a str>,
    /// Name of the policy, or of the resource that carries it.
    pub name: &'a str,
}

/// How a resource policy takes part in a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResourceKind {
    /// Within one account an identity policy alone can grant access.
    #[default]
    Ordinary,
    /// A role's trust policy: nothing is granted without it.
    RoleTrust,
}

/// Everything that applies to one request. What is `None` does not take part; an empty list that
/// is `Some` grants nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Policies<'s, 'a> {
    /// Identity policies: inline and attached ones of the user or role, and those of the user's groups.
    pub identity: &'s [Source<'a>],
    /// Permissions boundary of the user or role.
    pub boundary: Option<&'s [Source<'a>]>,
    /// Session policies, inline and managed.
    pub session: Option<&'s [Source<'a>]>,
    /// Policy of the resource.
    pub resource: Option<Source<'a>>,
    /// What kind of resource carries it.
    pub resource_kind: ResourceKind,
    /// Service control policies of the caller's organization, a list for each level from the root
    /// to the account.
    pub scps: Option<&'s [&'s [Source<'a>]]>,
    /// Resource control policies of the owner's organization, likewise.
    pub rcps: Option<&'s [&'s [Source<'a>]]>,
}
