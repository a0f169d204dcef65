//! The policies that speak for a caller, by layer.

use std::borrow::Cow;
use std::sync::Arc;

use directory::{Document, Group, Role, Snapshot, User};
use policy::{AccountId, Policies, Policy, ResourceKind, Source};
use session::Session;

use crate::caller::Attached;
use crate::root_session::task_policy;
use crate::{Caller, Controls};

/// What is attached to a caller as it is now: identity policies, a permissions boundary, the
/// policies of its session.
#[derive(Debug, Default)]
pub struct Layers<'s> {
    identity: Vec<Applied<'s>>,
    boundary: Option<Vec<Applied<'s>>>,
    session: Option<Vec<Applied<'s>>>,
    scps: Controls<'s>,
}

/// A policy that applies.
#[derive(Debug)]
pub(crate) struct Applied<'s> {
    pub(crate) policy: Arc<Policy>,
    pub(crate) arn: Option<&'s str>,
    pub(crate) name: Cow<'s, str>,
}

impl<'s> Layers<'s> {
    /// What is attached to a caller.
    #[must_use]
    pub fn of(snapshot: &'s Snapshot, caller: &'s Caller) -> Self {
        let mut layers = match &caller.attached {
            // The entity as it is now, not as it was when the request came in.
            Attached::Role(role) => snapshot
                .role_by_id(&role.id)
                .map_or_else(Self::nothing, |role| Self::of_role(snapshot, role)),
            Attached::User(user) => snapshot
                .user_by_id(&user.id)
                .map_or_else(Self::nothing, |user| Self::of_user(snapshot, user)),
            Attached::None => Self::default(),
        };
        if let (Some(session), Some(account)) = (&caller.session, caller.account()) {
            layers.session = of_session(snapshot, account, caller, session);
            let task = task_policy(caller).into_iter();
            layers.identity.extend(managed(snapshot, account, task));
        }
        layers.under(snapshot, caller)
    }

    /// Adds the service control policies over a caller.
    #[must_use]
    pub fn under(self, snapshot: &'s Snapshot, caller: &Caller) -> Self {
        Self {
            scps: Controls::of_caller(snapshot, caller),
            ..self
        }
    }

    /// For an entity that was deleted a moment ago: everything is denied, also what a resource's
    /// own policy would grant.
    fn nothing() -> Self {
        Self {
            identity: vec![Applied {
                policy: Arc::new(Policy::deny_all()),
                arn: None,
                name: Cow::Borrowed("deleted entity"),
            }],
            ..Self::default()
        }
    }

    /// What is attached to a role, without any session's policies.
    #[must_use]
    pub fn of_role(snapshot: &'s Snapshot, role: &'s Role) -> Self {
        Self::of_entity(
            snapshot,
            role.account,
            role.inline.iter(),
            role.attached.iter(),
            role.boundary.as_ref(),
        )
    }

    /// What is attached to a user and to the groups it is in.
    #[must_use]
    pub fn of_user(snapshot: &'s Snapshot, user: &'s User) -> Self {
        let mut layers = Self::of_entity(
            snapshot,
            user.account,
            user.inline.iter(),
            user.attached.iter(),
            user.boundary.as_ref(),
        );
        for id in &user.groups {
            match snapshot.group_by_id(id) {
                Some(group) => layers
                    .identity
                    .extend(Self::of_group(snapshot, group).identity),
                // Can't be deleted while it has members; if it is gone all the same, it denies.
                None => layers.identity.push(Applied {
                    policy: Arc::new(Policy::deny_all()),
                    arn: None,
                    name: Cow::Borrowed(id),
                }),
            }
        }
        layers
    }

    /// What each of a group's members has from it.
    #[must_use]
    pub fn of_group(snapshot: &'s Snapshot, group: &'s Group) -> Self {
        Self::of_entity(
            snapshot,
            group.account,
            group.inline.iter(),
            group.attached.iter(),
            None,
        )
    }

    fn of_entity(
        snapshot: &Snapshot,
        account: AccountId,
        inline: impl Iterator<Item = (&'s String, &'s Document)>,
        attached: impl Iterator<Item = &'s String>,
        boundary: Option<&'s String>,
    ) -> Self {
        let inline = inline.map(|(name, document)| Applied {
            policy: document.policy(),
            arn: None,
            name: Cow::Borrowed(name),
        });
        Self {
            identity: inline.chain(managed(snapshot, account, attached)).collect(),
            boundary: boundary
                .map(|arn| managed(snapshot, account, std::iter::once(arn)).collect()),
            session: None,
            scps: Controls::default(),
        }
    }

    /// Adds an identity policy that is not attached, under a name of its own: what the
    /// simulator is asked to suppose.
    pub fn suppose(&mut self, policy: Arc<Policy>, name: String) {
        self.identity.push(Applied {
            policy,
            arn: None,
            name: Cow::Owned(name),
        });
    }

    /// Puts other policies in the place of the permissions boundary.
    pub fn suppose_boundary(&mut self, policies: Vec<(Arc<Policy>, String)>) {
        let applied = policies.into_iter().map(|(policy, name)| Applied {
            policy,
            arn: None,
            name: Cow::Owned(name),
        });
        self.boundary = Some(applied.collect());
    }

    /// Hands over the layers in the form in which the policy engine takes them, with the policy
    /// of the resource that is asked for and the resource control policies over it.
    pub fn ask<T>(
        &self,
        resource: Option<&Policy>,
        resource_kind: ResourceKind,
        rcps: &Controls<'_>,
        run: impl FnOnce(&Policies<'_, '_>) -> T,
    ) -> T {
        let identity = sources(&self.identity);
        let boundary = self.boundary.as_deref().map(sources);
        let session = self.session.as_deref().map(sources);
        let (scps, rcps) = (self.scps.sources(), rcps.sources());
        let (scps, rcps) = (scps.as_ref().map(levels), rcps.as_ref().map(levels));
        run(&Policies {
            identity: &identity,
            boundary: boundary.as_deref(),
            session: session.as_deref(),
            resource: resource.map(|policy| Source {
                policy,
                arn: None,
                name: match resource_kind {
                    ResourceKind::Ordinary => "resource policy",
                    ResourceKind::RoleTrust => "trust policy",
                },
            }),
            resource_kind,
            scps: scps.as_deref(),
            rcps: rcps.as_deref(),
        })
    }
}

fn of_session<'s>(
    snapshot: &Snapshot,
    account: AccountId,
    caller: &'s Caller,
    session: &'s Session,
) -> Option<Vec<Applied<'s>>> {
    let inline = caller.session_policy();
    let arns = &session.policies.arns;
    if inline.is_none() && arns.is_empty() {
        return None;
    }
    let inline = inline.map(|policy| Applied {
        policy: Arc::clone(policy),
        arn: None,
        name: Cow::Borrowed("session policy"),
    });
    let managed = managed(snapshot, account, arns.iter());
    Some(inline.into_iter().chain(managed).collect())
}

fn managed<'s>(
    snapshot: &Snapshot,
    account: AccountId,
    arns: impl Iterator<Item = &'s String>,
) -> impl Iterator<Item = Applied<'s>> {
    arns.map(move |arn| match snapshot.attachable(account, arn) {
        Some(policy) => Applied {
            policy: policy.policy(),
            name: Cow::Owned(policy.name().to_owned()),
            arn: Some(arn),
        },
        // Can't be detached from under an entity; if it is gone all the same, it denies.
        None => Applied {
            policy: Arc::new(Policy::deny_all()),
            name: Cow::Borrowed(arn),
            arn: Some(arn),
        },
    })
}

/// Levels as the engine takes them.
fn levels<'l, 'p>(levels: &'l Vec<Vec<Source<'p>>>) -> Vec<&'l [Source<'p>]> {
    levels.iter().map(Vec::as_slice).collect()
}

pub(crate) fn sources<'l>(applied: &'l [Applied<'_>]) -> Vec<Source<'l>> {
    let source = |it: &'l Applied<'_>| Source {
        policy: &it.policy,
        arn: it.arn,
        name: &it.name,
    };
    applied.iter().map(source).collect()
}

#[cfg(test)]
mod tests {
    use policy::{Context, DocumentKind, Outcome, Principal, Request};

    use super::*;

    #[test]
    fn what_a_resource_grants_does_not_reach_a_deleted_entity() {
        let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*",
            "Action":"*","Resource":"*"}}"#;
        let bucket = Policy::parse(DocumentKind::Resource, text).unwrap();
        let user = Principal::User {
            account: "123456789012".parse().unwrap(),
            arn: "arn:aws:iam::123456789012:user/ann".parse().unwrap(),
            unique_id: "AIDA".to_owned(),
        };
        let request = Request {
            principal: &user,
            action: "s3:GetObject",
            resource: "arn:aws:s3:::b/k",
            resource_account: None,
            context: &Context::new(),
        };
        let outcome = |layers: &Layers<'_>| {
            layers.ask(
                Some(&bucket),
                ResourceKind::Ordinary,
                &Controls::default(),
                |policies| policy::decide(&request, policies).outcome,
            )
        };
        assert_eq!(outcome(&Layers::default()), Outcome::Allowed);
        assert!(matches!(
            outcome(&Layers::nothing()),
            Outcome::ExplicitlyDenied(_)
        ));
    }
}
