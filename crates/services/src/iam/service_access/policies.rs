//! The permissions policies of what a report is about.

use std::collections::BTreeMap;

use directory::{AttachedPolicy, Document, Group, Snapshot};
use policy::{AccountId, DocumentKind};

use super::subject::Found;

/// A policy that gives access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Granting {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) text: String,
}

/// Where a policy is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// On its own, with this ARN.
    Managed(String),
    /// In a user, group or role: `USER`, `GROUP` or `ROLE`, and its name.
    Inline(&'static str, String),
}

impl Granting {
    pub(super) fn kind(&self) -> DocumentKind {
        match self.place {
            Place::Managed(_) => DocumentKind::Managed,
            Place::Inline(..) => DocumentKind::Identity,
        }
    }
}

/// Managed policies first, each once; then those of groups. Boundaries give no access.
pub(super) fn of(snapshot: &Snapshot, subject: &Found) -> Vec<Granting> {
    let mut all = Vec::new();
    match subject {
        Found::User(user) => {
            managed(snapshot, user.account, &user.attached, &mut all);
            inline(&user.inline, "USER", user.name.as_str(), &mut all);
            let groups = user.groups.iter();
            for group in groups.filter_map(|id| snapshot.group_by_id(id)) {
                of_group(snapshot, group, &mut all);
            }
        }
        Found::Group(group) => of_group(snapshot, group, &mut all),
        Found::Role(role) => {
            managed(snapshot, role.account, &role.attached, &mut all);
            inline(&role.inline, "ROLE", role.name.as_str(), &mut all);
        }
        Found::Policy(arn, policy) => all.push(one(arn, policy)),
    }
    all
}

fn of_group(snapshot: &Snapshot, group: &Group, all: &mut Vec<Granting>) {
    managed(snapshot, group.account, &group.attached, all);
    inline(&group.inline, "GROUP", group.name.as_str(), all);
}

fn managed<'a>(
    snapshot: &Snapshot,
    account: AccountId,
    arns: impl IntoIterator<Item = &'a String>,
    all: &mut Vec<Granting>,
) {
    for arn in arns {
        let known = |it: &Granting| matches!(&it.place, Place::Managed(own) if own == arn);
        if let Some(policy) = snapshot.attachable(account, arn)
            && !all.iter().any(known)
        {
            all.push(one(arn, &policy));
        }
    }
}

fn one(arn: &str, policy: &AttachedPolicy) -> Granting {
    let text = match policy {
        AttachedPolicy::Customer(policy) => policy
            .default_document()
            .map(|document| document.text().to_owned())
            .unwrap_or_default(),
        AttachedPolicy::Aws(policy) => policy.document(),
    };
    Granting {
        name: policy.name().to_owned(),
        place: Place::Managed(arn.to_owned()),
        text,
    }
}

fn inline(
    policies: &BTreeMap<String, Document>,
    kind: &'static str,
    holder: &str,
    all: &mut Vec<Granting>,
) {
    all.extend(policies.iter().map(|(name, document)| Granting {
        name: name.clone(),
        place: Place::Inline(kind, holder.to_owned()),
        text: document.text().to_owned(),
    }));
}
