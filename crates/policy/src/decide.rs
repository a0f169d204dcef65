//! The decision over all layers (IAM User Guide, "Policy evaluation logic").

use crate::action::Action;
use crate::decision::{Decision, Layer, Outcome, PolicyRef, StatementRef};
use crate::grantee::{Grant, Grantees};
use crate::principal::Principal;
use crate::request::{Policies, Request, ResourceKind, Source};
use crate::resource::Target;
use crate::statement::{Effect, Statement};

/// Decides a request: an explicit deny of any layer wins, then every layer that must allow is
/// asked in turn.
#[must_use]
pub fn decide(request: &Request<'_>, policies: &Policies<'_>) -> Decision {
    let question = Question::new(request, policies);
    // These two answer whoever is authenticated; no policy can forbid them (STS API Reference).
    let free =
        question.action.is("sts:getcalleridentity") || question.action.is("sts:getsessiontoken");
    if free && *request.principal != Principal::Anonymous {
        return allowed(None);
    }
    question
        .explicit_deny()
        .or_else(|| question.implicit_deny_of_organizations())
        .unwrap_or_else(|| question.grant())
}

/// A request prepared for matching, and what applies to it.
struct Question<'a> {
    caller: &'a Principal,
    request: &'a Request<'a>,
    policies: &'a Policies<'a>,
    action: Action,
    target: Target<'a>,
}

/// A statement that matched.
struct Hit<'a> {
    layer: Layer,
    source: Source<'a>,
    index: usize,
    statement: &'a Statement,
}

impl<'a> Question<'a> {
    fn new(request: &'a Request<'a>, policies: &'a Policies<'a>) -> Self {
        Self {
            caller: request.principal,
            request,
            policies,
            action: Action::new(request.action),
            target: Target::new(request.resource),
        }
    }

    /// The layer that is named where several deny is not documented; the order is ours.
    fn explicit_deny(&self) -> Option<Decision> {
        let hit = self
            .scps()
            .find_map(|sources| self.find(Layer::Scp, sources, Effect::Deny))
            .or_else(|| {
                self.rcps()
                    .find_map(|sources| self.find(Layer::Rcp, sources, Effect::Deny))
            })
            .or_else(|| self.resource_deny())
            .or_else(|| self.find(Layer::Boundary, self.policies.boundary?, Effect::Deny))
            .or_else(|| self.find(Layer::Session, self.policies.session?, Effect::Deny))
            .or_else(|| self.find(Layer::Identity, self.policies.identity, Effect::Deny))?;
        Some(Decision {
            outcome: Outcome::ExplicitlyDenied(hit.layer),
            ..hit.named()
        })
    }

    /// Control policies grant nothing, but every level from the root to the account must allow.
    fn implicit_deny_of_organizations(&self) -> Option<Decision> {
        let allows =
            |layer, sources: &'a [Source<'a>]| self.find(layer, sources, Effect::Allow).is_some();
        let levels = |levels: Option<&'a [&'a [Source<'a>]]>, layer| {
            levels.is_none_or(|levels| {
                !levels.is_empty() && levels.iter().all(|sources| allows(layer, sources))
            })
        };
        if !levels(self.policies.rcps, Layer::Rcp) {
            return Some(refused(Layer::Rcp));
        }
        // A caller without an account has no organization that could limit it.
        let scps = self
            .policies
            .scps
            .filter(|_| self.caller.account().is_some());
        (!levels(scps, Layer::Scp)).then(|| refused(Layer::Scp))
    }

    fn grant(&self) -> Decision {
        let resource = self.resource_allow();
        let Some(account) = self.caller.account() else {
            return match resource {
                Some((_, hit)) => allowed(Some(hit)),
                None => refused(self.resource_layer()),
            };
        };
        let same_account = self
            .request
            .resource_account
            .is_none_or(|owner| owner == account);
        match resource {
            Some((Grant::Direct, hit)) if same_account => allowed(Some(hit)),
            Some((Grant::Limited, hit)) if same_account => {
                self.limit().unwrap_or_else(|| allowed(Some(hit)))
            }
            // A role is entered through its trust policy or not at all, and another account's
            // resource only if that account agrees.
            None if !same_account || self.policies.resource_kind == ResourceKind::RoleTrust => {
                refused(self.resource_layer())
            }
            _ => self.identity(),
        }
    }

    /// What the caller's own policies say.
    fn identity(&self) -> Decision {
        let is_root = match self.caller {
            Principal::Root { .. } => true,
            Principal::FederatedUser { user_arn, .. } => user_arn.resource() == "root",
            _ => false,
        };
        let hit = self.find(Layer::Identity, self.policies.identity, Effect::Allow);
        if hit.is_none() && !is_root {
            return refused(Layer::Identity);
        }
        self.limit().unwrap_or_else(|| allowed(hit))
    }

    /// Boundary and session policies: they narrow and never grant.
    fn limit(&self) -> Option<Decision> {
        let lacks = |layer, sources| self.find(layer, sources, Effect::Allow).is_none();
        if self
            .policies
            .boundary
            .is_some_and(|sources| lacks(Layer::Boundary, sources))
        {
            return Some(refused(Layer::Boundary));
        }
        let unlimited = match self.policies.session {
            Some(sources) => !lacks(Layer::Session, sources),
            // GetFederationToken without a policy gives a session without permissions.
            None => !matches!(self.caller, Principal::FederatedUser { .. }),
        };
        (!unlimited).then(|| refused(Layer::Session))
    }

    fn resource_layer(&self) -> Layer {
        match self.policies.resource_kind {
            ResourceKind::Ordinary => Layer::Resource,
            ResourceKind::RoleTrust => Layer::Trust,
        }
    }

    fn scps(&self) -> impl Iterator<Item = &'a [Source<'a>]> {
        let levels = self
            .policies
            .scps
            .filter(|_| self.caller.account().is_some());
        levels.unwrap_or_default().iter().copied()
    }

    fn rcps(&self) -> impl Iterator<Item = &'a [Source<'a>]> {
        self.policies.rcps.unwrap_or_default().iter().copied()
    }

    /// The first statement with this effect that matches in a layer.
    fn find(&self, layer: Layer, sources: &'a [Source<'a>], effect: Effect) -> Option<Hit<'a>> {
        sources.iter().find_map(|source| {
            let mut statements = source.policy.statements().iter().enumerate();
            let (index, statement) = statements
                .find(|(_, statement)| statement.effect == effect && self.matches(statement))?;
            Some(Hit {
                layer,
                source: *source,
                index,
                statement,
            })
        })
    }

    fn resource_deny(&self) -> Option<Hit<'a>> {
        let has_boundary = self.policies.boundary.is_some();
        let mut hits = self.resource_hits(Effect::Deny);
        hits.find(|hit| {
            hit.principal()
                .is_none_or(|grantees| grantees.denies(self.caller, has_boundary))
        })
    }

    /// The most that the resource's policy grants to the caller.
    fn resource_allow(&self) -> Option<(Grant, Hit<'a>)> {
        let mut best: Option<(Grant, Hit<'a>)> = None;
        for hit in self.resource_hits(Effect::Allow) {
            let grant = hit
                .principal()
                .and_then(|grantees| grantees.allow(self.caller, self.policies.resource_kind));
            let Some(grant) = grant else { continue };
            if best.as_ref().is_none_or(|(known, _)| grant > *known) {
                best = Some((grant, hit));
            }
        }
        best
    }

    fn resource_hits(&self, effect: Effect) -> impl Iterator<Item = Hit<'a>> {
        let layer = self.resource_layer();
        self.policies.resource.into_iter().flat_map(move |source| {
            let statements = source.policy.statements().iter().enumerate();
            let matching = statements.filter(move |(_, statement)| {
                statement.effect == effect && self.matches(statement)
            });
            matching.map(move |(index, statement)| Hit {
                layer,
                source,
                index,
                statement,
            })
        })
    }

    fn matches(&self, statement: &Statement) -> bool {
        statement.matches(&self.action, &self.target, self.request.context)
    }
}

impl<'a> Hit<'a> {
    fn principal(&self) -> Option<&'a Grantees> {
        self.statement.principal.as_ref()
    }

    fn named(self) -> Decision {
        Decision {
            outcome: Outcome::Allowed,
            policy: Some(PolicyRef {
                layer: self.layer,
                arn: self.source.arn.map(str::to_owned),
                name: self.source.name.to_owned(),
            }),
            statement: Some(StatementRef {
                index: self.index,
                sid: self.statement.sid.as_deref().map(str::to_owned),
            }),
        }
    }
}

fn allowed(hit: Option<Hit<'_>>) -> Decision {
    hit.map_or(
        Decision {
            outcome: Outcome::Allowed,
            policy: None,
            statement: None,
        },
        Hit::named,
    )
}

fn refused(layer: Layer) -> Decision {
    Decision {
        outcome: Outcome::ImplicitlyDenied(layer),
        policy: None,
        statement: None,
    }
}
