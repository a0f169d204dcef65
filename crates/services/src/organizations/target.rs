//! What policies are attached to and tags are put on: the root, units, accounts, policies.

use std::collections::BTreeSet;
use std::sync::Arc;

use directory::{Organization, OrganizationMember, OrganizationPolicy, OrganizationalUnit, Tags};

use super::fault::no_target;
use super::seen::{Changes, Seen};
use crate::generated::organizations::PolicyTargetSummary;
use crate::wire::Fault;

/// Something in an organization, by its id.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target<'s> {
    Root(&'s Organization),
    Unit(&'s Arc<OrganizationalUnit>),
    Account(&'s Arc<OrganizationMember>),
    Policy(&'s Arc<OrganizationPolicy>),
}

impl<'s> Target<'s> {
    pub(super) fn find(seen: &Seen<'s>, id: &str) -> Option<Self> {
        if id == seen.organization.root.id {
            return Some(Self::Root(seen.organization));
        }
        let unit = seen.unit(id).ok().map(Self::Unit);
        let account = || seen.member(id).ok().map(Self::Account);
        let policy = || seen.policy(id).ok().map(Self::Policy);
        unit.or_else(account).or_else(policy)
    }

    /// Whatever policies can be attached to, in the order of the tree: root, units, accounts.
    pub(super) fn all(seen: &Seen<'s>) -> impl Iterator<Item = Self> {
        let root = std::iter::once(Self::Root(seen.organization));
        let units = seen.units().map(Self::Unit);
        root.chain(units).chain(seen.members().map(Self::Account))
    }

    /// One that policies can be attached to.
    ///
    /// # Errors
    /// `TargetNotFoundException`.
    pub(super) fn attachable(seen: &Seen<'s>, id: &str) -> Result<Self, Fault> {
        let found = Self::find(seen, id).filter(|it| !matches!(it, Self::Policy(_)));
        found.ok_or_else(no_target)
    }

    pub(super) fn id(&self) -> String {
        match self {
            Self::Root(organization) => organization.root.id.clone(),
            Self::Unit(unit) => unit.id.clone(),
            Self::Account(member) => member.id.to_string(),
            Self::Policy(policy) => policy.id.clone(),
        }
    }

    pub(super) fn arn(&self, organization: &Organization) -> String {
        match self {
            Self::Root(_) => organization.root_arn(),
            Self::Unit(unit) => organization.unit_arn(&unit.id),
            Self::Account(member) => organization.account_arn(member.id),
            Self::Policy(policy) => policy.arn.clone(),
        }
    }

    /// Ids of the attached policies.
    pub(super) fn attached(&self) -> BTreeSet<String> {
        match self {
            Self::Root(organization) => organization.root.attached.clone(),
            Self::Unit(unit) => unit.attached.clone(),
            Self::Account(member) => member.attached.clone(),
            Self::Policy(_) => BTreeSet::new(),
        }
    }

    /// Attaches exactly these policies.
    pub(super) fn attach(&self, policies: BTreeSet<String>, changes: &mut Changes) {
        match self {
            Self::Root(organization) => {
                let mut organization = Organization::clone(organization);
                organization.root.attached = policies;
                changes.put(organization);
            }
            Self::Unit(unit) => changes.put(OrganizationalUnit {
                attached: policies,
                ..OrganizationalUnit::clone(unit)
            }),
            Self::Account(member) => changes.put(OrganizationMember {
                attached: policies,
                ..OrganizationMember::clone(member)
            }),
            // Nothing is attached to a policy.
            Self::Policy(_) => {}
        }
    }

    pub(super) fn tags(&self) -> &'s Tags {
        match self {
            Self::Root(organization) => &organization.root.tags,
            Self::Unit(unit) => &unit.tags,
            Self::Account(member) => &member.tags,
            Self::Policy(policy) => &policy.tags,
        }
    }

    /// Gives it these tags and no others.
    pub(super) fn tag(&self, tags: Tags, changes: &mut Changes) {
        match self {
            Self::Root(organization) => {
                let mut organization = Organization::clone(organization);
                organization.root.tags = tags;
                changes.put(organization);
            }
            Self::Unit(unit) => changes.put(OrganizationalUnit {
                tags,
                ..OrganizationalUnit::clone(unit)
            }),
            Self::Account(member) => changes.put(OrganizationMember {
                tags,
                ..OrganizationMember::clone(member)
            }),
            Self::Policy(policy) => changes.put(OrganizationPolicy {
                tags,
                ..OrganizationPolicy::clone(policy)
            }),
        }
    }

    /// As `ListTargetsForPolicy` shows it.
    pub(super) fn summary(&self, organization: &Organization) -> PolicyTargetSummary {
        let (name, kind) = match self {
            Self::Root(_) | Self::Policy(_) => ("Root", "ROOT"),
            Self::Unit(unit) => (unit.name.as_str(), "ORGANIZATIONAL_UNIT"),
            Self::Account(member) => (member.name.as_str(), "ACCOUNT"),
        };
        PolicyTargetSummary {
            target_id: Some(self.id()),
            arn: Some(self.arn(organization)),
            name: Some(name.to_owned()),
            r#type: Some(kind.to_owned()),
        }
    }
}
