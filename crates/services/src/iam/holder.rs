//! What users, groups and roles have in common: they hold policies. Users and roles also have
//! a boundary and tags.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use directory::{AccountView, Document, Group, Role, Snapshot, Tags, Transaction, User};

use super::change::write;
use super::fault::no_such;
use super::service_linked_roles;
use crate::handle::{At, account_view};
use crate::quotas::Quotas;
use crate::wire::Fault;

/// A user, a group or a role.
pub(super) trait Holder: Clone + Send + Sync + 'static {
    /// `user`, `group` or `role`, as messages and ARNs have it.
    const KIND: &'static str;
    /// CloudTrail's name of the type.
    const RESOURCE_TYPE: &'static str;
    /// What the quota of managed policies on one is called.
    const ATTACHED: &'static str;

    /// Most managed policies on one.
    fn most_attached(quotas: &Quotas) -> usize;
    /// Most characters in all its inline policies.
    fn most_inline(quotas: &Quotas) -> usize;

    /// The one with this name, in any case.
    fn find<'v>(view: &'v AccountView, name: &str) -> Option<&'v Arc<Self>>;
    /// Keeps it as it is now.
    fn put(self, transaction: &mut Transaction);

    /// Refuses changes to what only AWS changes.
    ///
    /// # Errors
    /// `UnmodifiableEntity`, for a service-linked role.
    fn refuse_protected(&self) -> Result<(), Fault> {
        Ok(())
    }

    fn arn(&self) -> String;
    fn inline(&self) -> &BTreeMap<String, Document>;
    fn inline_mut(&mut self) -> &mut BTreeMap<String, Document>;
    fn attached(&self) -> &BTreeSet<String>;
    fn attached_mut(&mut self) -> &mut BTreeSet<String>;
    /// `None` for what can't have any.
    fn tags(&self) -> Option<&Tags>;
}

/// A user or a role: a holder that acts, within a boundary.
pub(super) trait Actor: Holder {
    fn boundary(&self) -> Option<&str>;
    fn set_boundary(&mut self, arn: Option<String>);
}

macro_rules! holder {
    ($type:ident, $find:ident, $put:ident, $tags:expr, $($constants:item)*) => {
        impl Holder for $type {
            $($constants)*

            fn find<'v>(view: &'v AccountView, name: &str) -> Option<&'v Arc<Self>> {
                view.$find(name)
            }
            fn put(self, transaction: &mut Transaction) {
                transaction.$put(self);
            }
            fn arn(&self) -> String {
                self.arn()
            }
            fn inline(&self) -> &BTreeMap<String, Document> {
                &self.inline
            }
            fn inline_mut(&mut self) -> &mut BTreeMap<String, Document> {
                &mut self.inline
            }
            fn attached(&self) -> &BTreeSet<String> {
                &self.attached
            }
            fn attached_mut(&mut self) -> &mut BTreeSet<String> {
                &mut self.attached
            }
            fn tags(&self) -> Option<&Tags> {
                let tags: fn(&Self) -> Option<&Tags> = $tags;
                tags(self)
            }
        }
    };
}

macro_rules! actor {
    ($type:ident) => {
        impl Actor for $type {
            fn boundary(&self) -> Option<&str> {
                self.boundary.as_deref()
            }
            fn set_boundary(&mut self, arn: Option<String>) {
                self.boundary = arn;
            }
        }
    };
}

actor!(User);
actor!(Role);

holder! {
    User, user, put_user, |it| Some(&it.tags),
    const KIND: &'static str = "user";
    const RESOURCE_TYPE: &'static str = "AWS::IAM::User";
    const ATTACHED: &'static str = "PoliciesPerUser";
    fn most_attached(quotas: &Quotas) -> usize {
        quotas.policies_per_user
    }
    fn most_inline(quotas: &Quotas) -> usize {
        quotas.inline_per_user
    }
}

holder! {
    Group, group, put_group, |_| None,
    const KIND: &'static str = "group";
    const RESOURCE_TYPE: &'static str = "AWS::IAM::Group";
    const ATTACHED: &'static str = "PoliciesPerGroup";
    fn most_attached(quotas: &Quotas) -> usize {
        quotas.policies_per_group
    }
    fn most_inline(quotas: &Quotas) -> usize {
        quotas.inline_per_group
    }
}

holder! {
    Role, role, put_role, |it| Some(&it.tags),
    const KIND: &'static str = "role";
    const RESOURCE_TYPE: &'static str = "AWS::IAM::Role";
    const ATTACHED: &'static str = "PoliciesPerRole";
    fn most_attached(quotas: &Quotas) -> usize {
        quotas.policies_per_role
    }
    fn most_inline(quotas: &Quotas) -> usize {
        quotas.inline_per_role
    }
    fn refuse_protected(&self) -> Result<(), Fault> {
        service_linked_roles::refuse_protected(self)
    }
}

/// The user, group or role with this name.
///
/// # Errors
/// `NoSuchEntity`.
pub(super) fn existing<'v, H: Holder>(
    view: &'v AccountView,
    name: &str,
) -> Result<&'v Arc<H>, Fault> {
    H::find(view, name).ok_or_else(|| no_such(H::KIND, name))
}

/// The user, group or role with this name, as it is now.
///
/// # Errors
/// `NoSuchEntity`.
pub(super) fn read<H: Holder>(at: &At<'_>, name: &str) -> Result<Arc<H>, Fault> {
    at.view(|view| existing(view, name).cloned())
}

/// Changes what a user, group or role may do, or what it is; `change` also sees everything else that exists.
///
/// # Errors
/// `NoSuchEntity`, `UnmodifiableEntity` for a service-linked role, or what `change` answers;
/// nothing has changed then.
pub(super) async fn change<H: Holder>(
    at: &At<'_>,
    name: String,
    change: impl FnOnce(&mut H, &Snapshot) -> Result<(), Fault> + Send + 'static,
) -> Result<(), Fault> {
    change_any::<H>(at, name, |holder, snapshot| {
        holder.refuse_protected()?;
        change(holder, snapshot)
    })
    .await
}

/// Changes what may change of service-linked roles too: tags and descriptions (IAM User Guide,
/// "Edit a service-linked role description").
///
/// # Errors
/// `NoSuchEntity`, or what `change` answers; nothing has changed then.
pub(super) async fn change_any<H: Holder>(
    at: &At<'_>,
    name: String,
    change: impl FnOnce(&mut H, &Snapshot) -> Result<(), Fault> + Send + 'static,
) -> Result<(), Fault> {
    let account = at.account;
    write(at, move |tx| {
        let view = account_view(tx.snapshot(), account)?;
        let mut holder = H::clone(existing(view, &name)?);
        change(&mut holder, tx.snapshot())?;
        holder.put(tx);
        Ok(())
    })
    .await
}
