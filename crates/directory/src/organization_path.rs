//! An account's place in its organization, and the control policies on the way there.

use std::sync::Arc;

use policy::{AccountId, Policy};

use crate::{
    AccountView, ControlPolicyKind, MemberStatus, Organization, OrganizationMember,
    OrganizationPolicy, OrganizationalUnit, Role, Snapshot,
};

/// Units below each other at most (AWS Organizations User Guide, "Quotas": five levels).
pub const UNIT_LEVELS: usize = 5;

/// The way from an organization's root to an account in it.
#[derive(Debug, Clone)]
pub struct OrganizationPath<'s> {
    view: &'s AccountView,
    organization: &'s Arc<Organization>,
    /// From the root downwards.
    units: Vec<&'s Arc<OrganizationalUnit>>,
    member: &'s Arc<OrganizationMember>,
    /// Whether a unit on the way isn't there.
    broken: bool,
}

/// A control policy that is attached somewhere on an account's path.
#[derive(Debug, Clone)]
pub struct ControlPolicy<'s> {
    /// What it says.
    pub policy: Arc<Policy>,
    /// Its ARN.
    pub arn: &'s str,
    /// Its name.
    pub name: &'s str,
}

impl Snapshot {
    /// The management account of the organization that an account is in.
    #[must_use]
    pub fn management_of(&self, account: AccountId) -> Option<AccountId> {
        self.organized.get(&account).copied()
    }

    /// The organization that an account manages.
    #[must_use]
    pub fn organization_managed_by(&self, account: AccountId) -> Option<&Arc<Organization>> {
        let organizations = self.account(account)?.shelf::<Organization>();
        organizations.iter().next().map(|(_, it)| it)
    }

    /// An account as its organization keeps it.
    #[must_use]
    pub fn membership(&self, account: AccountId) -> Option<&Arc<OrganizationMember>> {
        let view = self.account(self.management_of(account)?)?;
        view.shelved(&account.to_string())
    }

    /// Whether an account has been closed.
    #[must_use]
    pub fn is_suspended(&self, account: AccountId) -> bool {
        let membership = self.membership(account);
        membership.is_some_and(|it| it.status == MemberStatus::Suspended)
    }

    /// The role with exactly this ARN, unless its account has been closed.
    #[must_use]
    pub fn assumable_role(&self, arn: &str) -> Option<&Arc<Role>> {
        let role = self.role_by_arn(arn)?;
        (!self.is_suspended(role.account)).then_some(role)
    }

    /// An account's place in its organization, if it is in one. It takes as many steps as there
    /// are levels.
    #[must_use]
    pub fn organization_path(&self, account: AccountId) -> Option<OrganizationPath<'_>> {
        let management = self.management_of(account)?;
        let view = self.account(management)?;
        let organization = self.organization_managed_by(management)?;
        let member = view.shelved::<OrganizationMember>(&account.to_string())?;
        let (units, broken) = units_to(view, organization, &member.parent);
        Some(OrganizationPath {
            view,
            organization,
            units,
            member,
            broken,
        })
    }
}

/// The units from the root to `last`, and whether one of them isn't there.
fn units_to<'s>(
    view: &'s AccountView,
    organization: &Organization,
    last: &str,
) -> (Vec<&'s Arc<OrganizationalUnit>>, bool) {
    let mut units = Vec::new();
    let mut next = last;
    while next != organization.root.id {
        match view.shelved::<OrganizationalUnit>(next) {
            Some(unit) if units.len() < UNIT_LEVELS => {
                units.push(unit);
                next = &unit.parent;
            }
            _ => return (units, true),
        }
    }
    units.reverse();
    (units, false)
}

impl<'s> OrganizationPath<'s> {
    /// The organization.
    #[must_use]
    pub fn organization(&self) -> &'s Arc<Organization> {
        self.organization
    }

    /// The account.
    #[must_use]
    pub fn member(&self) -> &'s Arc<OrganizationMember> {
        self.member
    }

    /// Whether the account is the management account, which no control policy touches.
    #[must_use]
    pub fn is_management(&self) -> bool {
        self.member.id == self.organization.account
    }

    /// `o-…/r-…/ou-…/`: what `aws:PrincipalOrgPaths` holds.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}/{}/", self.organization.id, self.organization.root.id);
        for unit in &self.units {
            text.push_str(&unit.id);
            text.push('/');
        }
        text
    }

    /// The policies of a kind that are attached to each level, from the root to the account.
    /// `None` where they do not take part: they are not enabled, or it is the management account
    /// (AWS Organizations User Guide, "SCP evaluation").
    #[must_use]
    pub fn levels(&self, kind: ControlPolicyKind) -> Option<Vec<Vec<ControlPolicy<'s>>>> {
        if self.is_management() || !self.organization.root.enabled.contains(&kind) {
            return None;
        }
        if self.broken {
            let (organization, account) = (&self.organization.id, self.member.id);
            tracing::error!(%organization, %account, "a unit is missing; the account may do nothing");
            return Some(vec![Vec::new()]);
        }
        let root = std::iter::once(&self.organization.root.attached);
        let units = self.units.iter().map(|unit| &unit.attached);
        let account = std::iter::once(&self.member.attached);
        let levels = root.chain(units).chain(account);
        Some(
            levels
                .map(|ids| ids.iter().filter_map(|id| self.policy(kind, id)).collect())
                .collect(),
        )
    }

    /// The attached policy with this id, unless it is of another kind.
    fn policy(&self, kind: ControlPolicyKind, id: &'s str) -> Option<ControlPolicy<'s>> {
        for each in ControlPolicyKind::ALL {
            let full = each.full_access();
            if full.id == id {
                return (each == kind).then(|| ControlPolicy {
                    policy: full.policy(),
                    arn: full.arn,
                    name: full.name,
                });
            }
        }
        match self.view.shelved::<OrganizationPolicy>(id) {
            Some(found) => (found.kind == kind).then(|| ControlPolicy {
                policy: found.document.policy(),
                arn: &found.arn,
                name: &found.name,
            }),
            // Can't be deleted while it is attached; if it is gone all the same, it denies.
            None => Some(ControlPolicy {
                policy: Arc::new(Policy::deny_all()),
                arn: id,
                name: id,
            }),
        }
    }
}

/// The path of a unit: `o-…/r-…/ou-…/`.
#[must_use]
pub fn unit_path(view: &AccountView, organization: &Organization, id: &str) -> String {
    let (units, _) = units_to(view, organization, id);
    let mut text = format!("{}/{}/", organization.id, organization.root.id);
    for unit in units {
        text.push_str(&unit.id);
        text.push('/');
    }
    text
}
