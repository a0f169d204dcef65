//! An organization as its callers see it, and who may see what.

use std::sync::Arc;

use directory::{
    AccountView, ControlPolicyKind, Organization, OrganizationMember, OrganizationPolicy,
    OrganizationalUnit, Snapshot, Transaction,
};
use policy::AccountId;

use super::fault::{
    no_access, no_account, no_parent, no_policy, no_unit, not_in_use, type_not_available,
};
use crate::handle::{At, account_view};
use crate::wire::Fault;

/// Whose principals an operation is for (AWS Organizations API Reference: "You can only call
/// this operation from …").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Those of the management account.
    Management,
    /// Also those of accounts that are delegated administrators of some service.
    Administrator,
    /// Those of every account in the organization.
    Member,
}

/// The caller's organization.
pub(crate) struct Seen<'s> {
    pub(super) snapshot: &'s Snapshot,
    /// The management account's entities.
    pub(super) view: &'s AccountView,
    pub(crate) organization: &'s Arc<Organization>,
}

/// The organization of `account`, for callers of whom `who` is said.
///
/// # Errors
/// `AWSOrganizationsNotInUseException`, or `AccessDeniedException`.
pub(crate) fn seen(snapshot: &Snapshot, account: AccountId, who: Who) -> Result<Seen<'_>, Fault> {
    let management = snapshot.management_of(account).ok_or_else(not_in_use)?;
    let organization = snapshot.organization_managed_by(management);
    let seen = Seen {
        snapshot,
        view: account_view(snapshot, management)?,
        organization: organization.ok_or_else(not_in_use)?,
    };
    let is_delegated = || {
        let member = snapshot.membership(account);
        member.is_some_and(|it| !it.delegations.is_empty())
    };
    let may = match who {
        Who::Member => true,
        Who::Administrator => account == management || is_delegated(),
        Who::Management => account == management,
    };
    may.then_some(seen).ok_or_else(no_access)
}

/// Reads from the caller's organization.
pub(super) fn read<T>(
    at: &At<'_>,
    who: Who,
    read: impl FnOnce(&Seen<'_>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    read(&seen(&at.snapshot(), at.account, who)?)
}

/// Changes the organization that the caller's account manages: `change` sees it, and answers what
/// is to be written with it.
///
/// # Errors
/// What `change` answers, or an internal fault when the store fails.
pub(super) async fn change<T: Send + 'static>(
    at: &At<'_>,
    change: impl FnOnce(&Seen<'_>, &mut Changes) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let account = at.account;
    let run = move |tx: &mut Transaction| {
        let mut changes = Changes::default();
        let answer = change(
            &seen(tx.snapshot(), account, Who::Management)?,
            &mut changes,
        )?;
        for each in changes.0 {
            each(tx);
        }
        Ok(answer)
    };
    at.door.directory().write(run).await
}

/// What is to be written.
#[derive(Default)]
pub(super) struct Changes(Vec<Change>);

type Change = Box<dyn FnOnce(&mut Transaction)>;

impl Changes {
    /// Adds or replaces an entity.
    pub(super) fn put<T: directory::Shelved>(&mut self, entity: T) {
        self.0.push(Box::new(|tx| tx.shelve(entity)));
    }

    /// Removes an entity.
    pub(super) fn remove<T: directory::Shelved>(&mut self, entity: &T) {
        let (account, key) = (entity.account(), entity.key());
        self.0
            .push(Box::new(move |tx| tx.unshelve::<T>(account, &key)));
    }

    /// Anything else.
    pub(super) fn and(&mut self, change: impl FnOnce(&mut Transaction) + 'static) {
        self.0.push(Box::new(change));
    }
}

impl<'s> Seen<'s> {
    /// The accounts, by number.
    pub(super) fn members(&self) -> impl Iterator<Item = &'s Arc<OrganizationMember>> {
        self.view.shelf().iter().map(|(_, it)| it)
    }

    /// The units, by id.
    pub(super) fn units(&self) -> impl Iterator<Item = &'s Arc<OrganizationalUnit>> {
        self.view.shelf().iter().map(|(_, it)| it)
    }

    /// The customer's policies of one kind, by id.
    pub(super) fn policies(
        &self,
        kind: ControlPolicyKind,
    ) -> impl Iterator<Item = &'s Arc<OrganizationPolicy>> {
        let policies = self.view.shelf::<OrganizationPolicy>().iter();
        policies.map(|(_, it)| it).filter(move |it| it.kind == kind)
    }

    pub(super) fn member(&self, id: &str) -> Result<&'s Arc<OrganizationMember>, Fault> {
        self.view.shelved(id).ok_or_else(no_account)
    }

    pub(super) fn unit(&self, id: &str) -> Result<&'s Arc<OrganizationalUnit>, Fault> {
        self.view.shelved(id).ok_or_else(no_unit)
    }

    pub(super) fn policy(&self, id: &str) -> Result<&'s Arc<OrganizationPolicy>, Fault> {
        self.view.shelved(id).ok_or_else(no_policy)
    }

    /// Refuses what is neither the root nor a unit.
    pub(super) fn parent(&self, id: &str) -> Result<(), Fault> {
        match id == self.organization.root.id || self.unit(id).is_ok() {
            true => Ok(()),
            false => Err(no_parent()),
        }
    }

    /// The kind with this word, if the organization can have policies of it.
    pub(super) fn kind(&self, word: &str) -> Result<ControlPolicyKind, Fault> {
        let kind = ControlPolicyKind::named(word).ok_or_else(type_not_available)?;
        match self.organization.feature_set {
            directory::FeatureSet::All => Ok(kind),
            directory::FeatureSet::ConsolidatedBilling => Err(type_not_available()),
        }
    }
}
