//! What a report is about, by its ARN.

use std::sync::Arc;

use directory::{AttachedPolicy, Group, Role, Snapshot, User};
use door::Need;
use policy::{AccountId, Arn};
use trail::Resource;

use crate::handle::{At, account_view};
use crate::iam::fault::{no_such, policy_not_found, unclear_entity};
use crate::iam::holder::Holder;
use crate::iam::{needs, resources};
use crate::wire::{Fault, Operation, Protocol};

/// An ARN of a user, group, role or policy, of which there may be none.
pub(super) struct Subject<'t> {
    arn: &'t str,
    account: String,
    kind: Kind,
    name: &'t str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    User,
    Group,
    Role,
    Policy,
}

/// A user, group, role or policy that is there.
pub(super) enum Found {
    User(Arc<User>),
    Group(Arc<Group>),
    Role(Arc<Role>),
    /// A managed policy and its ARN.
    Policy(String, AttachedPolicy),
}

impl<'t> Subject<'t> {
    /// # Errors
    /// `InvalidInput` for an ARN of anything else.
    pub(super) fn parse(arn: &'t str) -> Result<Self, Fault> {
        let unclear = || unclear_entity(arn);
        let parsed: Arn = arn.parse().map_err(|_| unclear())?;
        let rest = arn.splitn(6, ':').nth(5).ok_or_else(unclear)?;
        let (kind, path_and_name) = rest.split_once('/').ok_or_else(unclear)?;
        let kind = match (parsed.service(), kind) {
            ("iam", "user") => Kind::User,
            ("iam", "group") => Kind::Group,
            ("iam", "role") => Kind::Role,
            ("iam", "policy") => Kind::Policy,
            _ => return Err(unclear()),
        };
        let name = path_and_name.rsplit('/').next();
        Ok(Self {
            arn,
            account: parsed.account().to_owned(),
            kind,
            name: name.filter(|it| !it.is_empty()).ok_or_else(unclear)?,
        })
    }

    /// The same, but for policies, which are no identities.
    ///
    /// # Errors
    /// `InvalidInput` for an ARN of anything but a user, group or role.
    pub(super) fn identity(arn: &'t str) -> Result<Self, Fault> {
        let subject = Self::parse(arn)?;
        match subject.kind {
            Kind::Policy => Err(unclear_entity(arn)),
            Kind::User | Kind::Group | Kind::Role => Ok(subject),
        }
    }

    /// `O` on it.
    ///
    /// # Errors
    /// `AccessDenied` when it is another account's.
    pub(super) fn need<O: Operation>(&self, at: &At<'_>) -> Result<Need, Fault> {
        if self.kind == Kind::Policy {
            return needs::on_policy::<O>(at, self.arn, true);
        }
        if self.account != at.account.to_string() {
            let need = needs::action::<O>(self.arn);
            let message = format!(
                "User: {} is not authorized to perform: {} on resource: {}",
                at.call.caller.arn(),
                need.action(),
                self.arn,
            );
            return Err(Protocol::Query.errors().access_denied.fault(message));
        }
        Ok(match self.kind {
            Kind::User => needs::on::<O, User>(at, self.name),
            Kind::Group => needs::on::<O, Group>(at, self.name),
            Kind::Role | Kind::Policy => needs::on::<O, Role>(at, self.name),
        })
    }

    /// It, for the audit record.
    pub(super) fn resource(&self, at: &At<'_>) -> Resource {
        let kind = match self.kind {
            Kind::User => User::RESOURCE_TYPE,
            Kind::Group => Group::RESOURCE_TYPE,
            Kind::Role => Role::RESOURCE_TYPE,
            Kind::Policy => resources::POLICY,
        };
        resources::resource(at, kind, self.arn)
    }

    /// # Errors
    /// `NoSuchEntity`.
    pub(super) fn find(&self, snapshot: &Snapshot, own: AccountId) -> Result<Found, Fault> {
        let view = account_view(snapshot, own)?;
        match self.kind {
            Kind::User => self.holder(view.user(self.name)).map(Found::User),
            Kind::Group => self.holder(view.group(self.name)).map(Found::Group),
            Kind::Role => self.holder(view.role(self.name)).map(Found::Role),
            Kind::Policy => {
                let policy = snapshot.attachable(own, self.arn);
                let policy = policy.ok_or_else(|| policy_not_found(self.arn))?;
                Ok(Found::Policy(self.arn.to_owned(), policy))
            }
        }
    }

    /// The ARN must be the entity's to the letter, path included.
    fn holder<H: Holder>(&self, found: Option<&Arc<H>>) -> Result<Arc<H>, Fault> {
        let found = found.filter(|it| it.arn() == self.arn).cloned();
        found.ok_or_else(|| no_such(H::KIND, self.name))
    }
}
