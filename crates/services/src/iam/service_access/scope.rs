//! Which accounts of an organization a report is about.

use directory::{
    AccountView, ControlPolicyKind, OrganizationMember, OrganizationPath, OrganizationalUnit,
    Snapshot, unit_path,
};
use policy::AccountId;

use crate::generated::iam::errors::{
    CALLER_IS_NOT_MANAGEMENT_ACCOUNT, NO_SUCH_ENTITY, ORGANIZATION_NOT_FOUND,
};
use crate::wire::Fault;

/// A part of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scope {
    /// Its accounts.
    pub(super) accounts: Vec<ScopedAccount>,
    /// The texts of the service control policies that limit it, level by level; without any
    /// level, nothing is limited.
    pub(super) levels: Vec<Vec<String>>,
}

/// An account in an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ScopedAccount {
    /// Its number.
    pub(super) account: AccountId,
    /// Its path: `o-…/r-…/ou-…/123456789012`.
    pub(super) path: String,
}

/// The part of the organization of the account `asking` at `path` (`o-…/r-…/ou-…/…`). With
/// `policy`, a service control policy's id, only the accounts to which it applies, and what it
/// alone leaves.
///
/// # Errors
/// [`NoScope`].
pub(super) fn scope(
    snapshot: &Snapshot,
    asking: AccountId,
    path: &str,
    policy: Option<&str>,
) -> Result<Scope, NoScope> {
    let management = snapshot
        .management_of(asking)
        .ok_or(NoScope::NoOrganization)?;
    if management != asking {
        return Err(NoScope::NotManagementAccount);
    }
    let view = snapshot
        .account(management)
        .ok_or(NoScope::NoOrganization)?;
    let path = path.trim_end_matches('/');
    let missing = || NoScope::NoSuchEntity(path.to_owned());
    if !exists(snapshot, view, management, path) {
        return Err(missing());
    }
    let below = format!("{path}/");
    // The root and the units above; an account has a level of its own.
    let depth = path.split('/').count().saturating_sub(1);
    let mut accounts = Vec::new();
    let mut levels: Option<Vec<Vec<String>>> = None;
    for (_, member) in view.shelf::<OrganizationMember>().iter() {
        let Some(place) = snapshot.organization_path(member.id) else {
            continue;
        };
        let at = format!("{}{}", place.text(), member.id);
        if at != path && !at.starts_with(&below) {
            continue;
        }
        let texts = texts(&place, policy);
        if policy.is_some() && texts.iter().all(Vec::is_empty) {
            continue;
        }
        match policy {
            Some(_) => levels = Some(vec![texts.into_iter().flatten().take(1).collect()]),
            // The management account is under no policy, wherever it stands.
            None if place.is_management() => {}
            None => levels = levels.or_else(|| Some(texts.into_iter().take(depth).collect())),
        }
        accounts.push(ScopedAccount {
            account: member.id,
            path: at,
        });
    }
    match policy {
        Some(id) if accounts.is_empty() => Err(NoScope::NoSuchEntity(id.to_owned())),
        _ => Ok(Scope {
            accounts,
            levels: levels.unwrap_or_default(),
        }),
    }
}

/// The texts of the service control policies on the way to an account, or of the one with this
/// id.
fn texts(place: &OrganizationPath<'_>, id: Option<&str>) -> Vec<Vec<String>> {
    let levels = place.levels(ControlPolicyKind::Service).unwrap_or_default();
    let wanted = |arn: &str| id.is_none_or(|id| arn.rsplit('/').next() == Some(id));
    let level = |level: Vec<directory::ControlPolicy<'_>>| {
        let wanted = level.into_iter().filter(|it| wanted(it.arn));
        wanted.map(|it| it.policy.text().to_owned()).collect()
    };
    levels.into_iter().map(level).collect()
}

/// Whether a path leads to the root, to a unit or to an account, by the very way that it names.
fn exists(snapshot: &Snapshot, view: &AccountView, management: AccountId, path: &str) -> bool {
    let Some(organization) = snapshot.organization_managed_by(management) else {
        return false;
    };
    let last = path.rsplit('/').next().unwrap_or_default();
    if let Ok(account) = last.parse::<AccountId>() {
        let place = snapshot.organization_path(account);
        return place.is_some_and(|place| format!("{}{account}", place.text()) == path);
    }
    let known = last == organization.root.id || view.shelved::<OrganizationalUnit>(last).is_some();
    known && unit_path(view, organization, last).trim_end_matches('/') == path
}

/// Why there is no such part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoScope {
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
