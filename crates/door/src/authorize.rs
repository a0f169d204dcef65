//! The one decision: may this caller do what the request needs?

use std::sync::Arc;

use directory::{Role, Snapshot, User};
use policy::{AccountId, Decision, DocumentKind, Policies, Policy, Request, Source, decide};

use crate::caller::Attached;
use crate::{Call, Caller, Door, Need, context};

/// Proof that a request was authorized. Only [`Door::authorize`] makes one, and handlers
/// take it, so a handler that nobody authorized does not compile.
#[derive(Debug)]
pub struct Permit {
    granted: Vec<Granted>,
}

/// One need that was allowed.
#[derive(Debug)]
struct Granted {
    action: String,
    resource: String,
}

impl Permit {
    /// Whether this action on this resource was decided, and allowed. A permit for no needs
    /// covers nothing.
    #[must_use]
    pub fn covers(&self, action: &str, resource: &str) -> bool {
        let mut granted = self.granted.iter();
        granted.any(|it| it.action == action && it.resource == resource)
    }
}

/// A request that may not be done.
#[derive(Debug, Clone)]
pub struct Denied {
    /// For the client. Says why only when caller and resource are in one account; S3 says
    /// just `Access Denied` otherwise (IAM user guide, "Troubleshoot access denied error
    /// messages").
    pub message: String,
    /// The form without a reason, which STS uses.
    pub short: String,
    /// The need that was refused.
    pub need: Need,
    /// Why, for the log and for explanations.
    pub decision: Decision,
}

/// A policy that applies to a caller.
struct Applied {
    policy: Arc<Policy>,
    arn: Option<String>,
    name: String,
}

/// The policies of a caller, by layer.
#[derive(Default)]
struct Layers {
    identity: Vec<Applied>,
    boundary: Option<Vec<Applied>>,
    session: Option<Vec<Applied>>,
}

impl Door {
    /// Decides whether the call's own caller may do everything in `needs`.
    ///
    /// # Errors
    /// [`Denied`], for the first need that is refused.
    pub fn authorize(&self, call: &Call, needs: &[Need]) -> Result<Permit, Box<Denied>> {
        self.authorize_as(call, &call.caller, needs)
    }

    /// Decides for a caller that a handler has established itself, from a token in the
    /// request.
    ///
    /// # Errors
    /// [`Denied`], for the first need that is refused.
    pub fn authorize_as(
        &self,
        call: &Call,
        caller: &Caller,
        needs: &[Need],
    ) -> Result<Permit, Box<Denied>> {
        let snapshot = self.directory.snapshot();
        let layers = Layers::of(&snapshot, caller);
        let mut granted = Vec::with_capacity(needs.len());
        for need in needs {
            let decision = layers.decide(call, caller, need);
            if !decision.is_allowed() {
                return Err(Box::new(Denied::new(caller, need, decision)));
            }
            granted.push(Granted {
                action: need.action.to_string(),
                resource: need.resource.clone(),
            });
        }
        Ok(Permit { granted })
    }
}

impl Layers {
    fn of(snapshot: &Snapshot, caller: &Caller) -> Self {
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
            let policies = &session.policies;
            if policies.inline.is_some() || !policies.arns.is_empty() {
                let inline = policies.inline.iter().map(|text| Applied {
                    policy: Arc::new(
                        Policy::parse(DocumentKind::Session, text)
                            .unwrap_or_else(|_| Policy::deny_all()),
                    ),
                    arn: None,
                    name: "session policy".to_owned(),
                });
                let managed = managed(snapshot, account, policies.arns.iter());
                layers.session = Some(inline.chain(managed).collect());
            }
        }
        layers
    }

    /// For an entity that was deleted a moment ago: nothing is allowed.
    fn nothing() -> Self {
        Self {
            boundary: Some(Vec::new()),
            ..Self::default()
        }
    }

    fn of_role(snapshot: &Snapshot, role: &Role) -> Self {
        Self::of_entity(
            snapshot,
            role.account,
            role.inline.iter(),
            role.attached.iter(),
            role.boundary.as_ref(),
        )
    }

    fn of_user(snapshot: &Snapshot, user: &User) -> Self {
        Self::of_entity(
            snapshot,
            user.account,
            user.inline.iter(),
            user.attached.iter(),
            user.boundary.as_ref(),
        )
    }

    fn of_entity<'a>(
        snapshot: &Snapshot,
        account: AccountId,
        inline: impl Iterator<Item = (&'a String, &'a directory::Document)>,
        attached: impl Iterator<Item = &'a String>,
        boundary: Option<&'a String>,
    ) -> Self {
        let inline = inline.map(|(name, document)| Applied {
            policy: document.policy(),
            arn: None,
            name: name.clone(),
        });
        Self {
            identity: inline.chain(managed(snapshot, account, attached)).collect(),
            boundary: boundary
                .map(|arn| managed(snapshot, account, std::iter::once(arn)).collect()),
            session: None,
        }
    }

    fn decide(&self, call: &Call, caller: &Caller, need: &Need) -> Decision {
        let owner = need.owner.or_else(|| caller.account());
        let mut keys = context::global(call, caller, &need.action, owner);
        keys.extend(need.keys.iter().map(|(key, value)| (key, value.clone())));
        let request = Request {
            principal: &caller.principal,
            action: &need.action,
            resource: &need.resource,
            resource_account: owner,
            context: &keys,
        };
        let identity = sources(&self.identity);
        let boundary = self.boundary.as_deref().map(sources);
        let session = self.session.as_deref().map(sources);
        decide(
            &request,
            &Policies {
                identity: &identity,
                boundary: boundary.as_deref(),
                session: session.as_deref(),
                resource: need.resource_policy.as_deref().map(|policy| Source {
                    policy,
                    arn: None,
                    name: "resource policy",
                }),
                resource_kind: need.resource_kind,
                ..Policies::default()
            },
        )
    }
}

impl Denied {
    fn new(caller: &Caller, need: &Need, decision: Decision) -> Self {
        let shown = need.shown.as_deref();
        let on = shown.map_or_else(String::new, |it| format!(" on resource: {it}"));
        let arn = caller.arn();
        let action = &need.action;
        let short = format!("User: {arn} is not authorized to perform: {action}{on}");
        let foreign = need
            .owner
            .is_some_and(|owner| caller.account() != Some(owner));
        let message = match (
            action.starts_with("s3:"),
            foreign || caller.account().is_none(),
        ) {
            (true, true) => "Access Denied".to_owned(),
            (false, true) => short.clone(),
            (_, false) => decision.denial(&caller.principal, action, shown),
        };
        Self {
            message,
            short,
            need: need.clone(),
            decision,
        }
    }
}

fn managed<'a>(
    snapshot: &Snapshot,
    account: AccountId,
    arns: impl Iterator<Item = &'a String>,
) -> impl Iterator<Item = Applied> {
    arns.map(move |arn| match snapshot.attachable(account, arn) {
        Some(policy) => Applied {
            policy: policy.policy(),
            name: policy.name().to_owned(),
            arn: Some(arn.clone()),
        },
        // Can't be detached from under an entity; if it is gone all the same, it denies.
        None => Applied {
            policy: Arc::new(Policy::deny_all()),
            name: arn.clone(),
            arn: Some(arn.clone()),
        },
    })
}

fn sources(applied: &[Applied]) -> Vec<Source<'_>> {
    let source = |it| {
        let Applied { policy, arn, name }: &Applied = it;
        Source {
            policy,
            arn: arn.as_deref(),
            name,
        }
    };
    applied.iter().map(source).collect()
}
