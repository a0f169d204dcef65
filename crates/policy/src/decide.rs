//! The decision over all layers (IAM User Guide, "Policy evaluation logic").

use crate::AccountId;
use crate::action::{Action, Buffer};
use crate::decision::{Decision, Layer, Outcome, PolicyRef, StatementRef};
use crate::grantee::{Grant, Grantees};
use crate::principal::Principal;
use crate::request::{Policies, Request, ResourceKind, Source};
use crate::resource::Target;
use crate::statement::{Effect, Statement};
use crate::statements::Asked;
use crate::witness::{Unseen, Witness};

/// Decides a request: an explicit deny of any layer wins, then every layer that must allow is
/// asked in turn. Nothing is allocated, unless the action is longer than any of AWS's.
#[must_use]
pub fn decide<'a>(request: &Request<'_>, policies: &Policies<'_, 'a>) -> Decision<'a> {
    weigh(request, policies, &Unseen)
}

/// The one evaluation. What it asks, the witness sees.
pub(crate) fn weigh<'a, 'r, W: Witness<'a, 'r>>(
    request: &Request<'r>,
    policies: &Policies<'_, 'a>,
    witness: &W,
) -> Decision<'a> {
    let mut buffer = Buffer::new();
    let question = Question {
        caller: request.principal,
        resource_account: request.resource_account,
        policies: *policies,
        asked: Asked {
            action: Action::new(request.action, &mut buffer),
            target: Target::new(request.resource),
            context: request.context,
        },
        witness,
    };
    // These two answer whoever is authenticated; no policy can forbid them (STS API Reference).
    let action = question.asked.action;
    let free = action.is("sts:getcalleridentity") || action.is("sts:getsessiontoken");
    if free && *request.principal != Principal::Anonymous {
        return allowed(None);
    }
    question
        .explicit_deny()
        .or_else(|| question.implicit_deny_of_organizations())
        .unwrap_or_else(|| question.grant())
}

/// A request prepared for matching, and what applies to it.
struct Question<'s, 'a, 'r, 'b, 'w, W> {
    caller: &'r Principal,
    resource_account: Option<AccountId>,
    policies: Policies<'s, 'a>,
    asked: Asked<'r, 'b>,
    witness: &'w W,
}

/// A statement that matched.
#[derive(Debug, Clone, Copy)]
struct Hit<'a> {
    layer: Layer,
    source: Source<'a>,
    index: usize,
    statement: &'a Statement,
}

impl<'s, 'a, 'r, W: Witness<'a, 'r>> Question<'s, 'a, 'r, '_, '_, W> {
    /// The layer that is named where several deny is not documented; the order is ours.
    fn explicit_deny(&self) -> Option<Decision<'a>> {
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
    fn implicit_deny_of_organizations(&self) -> Option<Decision<'a>> {
        let allows =
            |layer, sources: &'s [Source<'a>]| self.find(layer, sources, Effect::Allow).is_some();
        let levels = |levels: Option<&'s [&'s [Source<'a>]]>, layer| {
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

    fn grant(&self) -> Decision<'a> {
        let resource = self.resource_allow();
        let Some(account) = self.caller.account() else {
            return match resource {
                Some((_, hit)) => allowed(Some(hit)),
                None => refused(self.resource_layer()),
            };
        };
        let same_account = self.resource_account.is_none_or(|owner| owner == account);
        match resource {
            Some((Grant::Direct, hit)) if same_account && !self.is_narrowed_user() => {
                allowed(Some(hit))
            }
            Some((Grant::Direct | Grant::Limited, hit)) if same_account => {
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

    /// Whether the caller is a user's session with session policies, as delegated access makes
    /// them. The session has no name of its own: what names the user was not granted to it.
    fn is_narrowed_user(&self) -> bool {
        matches!(self.caller, Principal::User { .. }) && self.policies.session.is_some()
    }

    /// What the caller's own policies say.
    fn identity(&self) -> Decision<'a> {
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
    fn limit(&self) -> Option<Decision<'a>> {
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

    fn scps(&self) -> impl Iterator<Item = &'s [Source<'a>]> {
        let levels = self
            .policies
            .scps
            .filter(|_| self.caller.account().is_some());
        levels.unwrap_or_default().iter().copied()
    }

    fn rcps(&self) -> impl Iterator<Item = &'s [Source<'a>]> {
        self.policies.rcps.unwrap_or_default().iter().copied()
    }

    /// The first statement with this effect that matches in a layer.
    fn find(&self, layer: Layer, sources: &'s [Source<'a>], effect: Effect) -> Option<Hit<'a>> {
        let place = |source: &'s Source<'a>| {
            let found = if W::SEES {
                self.walk(layer, *source, effect, |_| true).next()
            } else {
                source.policy.compiled().first(effect, &self.asked)
            };
            found.map(|(index, statement)| Hit {
                layer,
                source: *source,
                index,
                statement,
            })
        };
        sources.iter().find_map(place)
    }

    fn resource_deny(&self) -> Option<Hit<'a>> {
        let has_boundary = self.policies.boundary.is_some();
        let denies = |statement: &Statement| {
            let principal = statement.principal.as_ref();
            principal.is_none_or(|grantees| grantees.denies(self.caller, has_boundary))
        };
        let mut first: Option<Hit<'a>> = None;
        self.each_of_resource(Effect::Deny, denies, |hit| {
            if first.is_none_or(|known| hit.index < known.index) {
                first = Some(hit);
            }
        });
        first
    }

    /// The most that the resource's policy grants to the caller.
    fn resource_allow(&self) -> Option<(Grant, Hit<'a>)> {
        let grant = |statement: &Statement| {
            let principal: Option<&Grantees> = statement.principal.as_ref();
            principal.and_then(|grantees| grantees.allow(self.caller, self.policies.resource_kind))
        };
        let mut best: Option<(Grant, Hit<'a>)> = None;
        let names = |statement: &Statement| grant(statement).is_some();
        self.each_of_resource(Effect::Allow, names, |hit| {
            let Some(grant) = grant(hit.statement) else {
                return;
            };
            // The strongest grant; among equals, the first.
            if best.is_none_or(|(known, first)| {
                (known, std::cmp::Reverse(first.index)) < (grant, std::cmp::Reverse(hit.index))
            }) {
                best = Some((grant, hit));
            }
        });
        best
    }

    fn each_of_resource(
        &self,
        effect: Effect,
        names_caller: impl Fn(&Statement) -> bool,
        mut take: impl FnMut(Hit<'a>),
    ) {
        let Some(source) = self.policies.resource else {
            return;
        };
        let layer = self.resource_layer();
        let mut hit = |index, statement| {
            take(Hit {
                layer,
                source,
                index,
                statement,
            });
        };
        if W::SEES {
            for (index, statement) in self.walk(layer, source, effect, names_caller) {
                hit(index, statement);
            }
        } else {
            let statements = source.policy.compiled();
            statements.each(effect, &self.asked, |index, statement| {
                if names_caller(statement) {
                    hit(index, statement);
                }
            });
        }
    }

    /// Asks every statement with this effect in turn, and shows each to the witness.
    fn walk(
        &self,
        layer: Layer,
        source: Source<'a>,
        effect: Effect,
        names_caller: impl Fn(&Statement) -> bool,
    ) -> impl Iterator<Item = (usize, &'a Statement)> {
        let statements = source.policy.statements().iter().enumerate();
        let of_effect = statements.filter(move |(_, statement)| statement.effect == effect);
        of_effect.filter(move |(index, statement)| {
            let mismatch = self.asked.mismatch(statement, names_caller(statement));
            self.witness.saw(layer, source, *index, statement, mismatch);
            mismatch.is_none()
        })
    }
}

impl<'a> Hit<'a> {
    fn named(self) -> Decision<'a> {
        Decision {
            outcome: Outcome::Allowed,
            policy: Some(PolicyRef::of(self.layer, self.source)),
            statement: Some(StatementRef::of(self.index, self.statement)),
        }
    }
}

fn allowed(hit: Option<Hit<'_>>) -> Decision<'_> {
    hit.map_or(
        Decision {
            outcome: Outcome::Allowed,
            policy: None,
            statement: None,
        },
        Hit::named,
    )
}

fn refused<'a>(layer: Layer) -> Decision<'a> {
    Decision {
        outcome: Outcome::ImplicitlyDenied(layer),
        policy: None,
        statement: None,
    }
}
