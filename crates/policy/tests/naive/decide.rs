//! The decision (IAM User Guide, "Policy evaluation logic").

use policy::{Layer, Outcome};
use serde_json::Value as Json;

use super::notes::Notes;
use super::principal::{self, Class};
use super::statement::{applies, statements};
use super::world::{Caller, Question, World};

/// Decides a request.
pub(crate) fn decide(world: &World, question: &Question, notes: &Notes) -> Outcome {
    let evaluation = Evaluation {
        world,
        question,
        notes,
    };
    let outcome = evaluation.decide();
    notes.take(|| {
        let own = evaluation.is_own_resource();
        let place = if own { "own" } else { "foreign" };
        let kind = if world.trust { "role" } else { "resource" };
        format!("{} {place} {kind}: {outcome:?}", question.caller.kind())
    });
    notes.take(|| format!("{outcome:?}"));
    outcome
}

struct Evaluation<'a> {
    world: &'a World,
    question: &'a Question,
    notes: &'a Notes,
}

impl Evaluation<'_> {
    fn decide(&self) -> Outcome {
        // Everybody who is somebody may ask who they are, and these policies cannot forbid.
        let unconditional = ["sts:GetCallerIdentity", "sts:GetSessionToken"];
        if !matches!(self.question.caller, Caller::Anonymous)
            && unconditional
                .iter()
                .any(|action| action.eq_ignore_ascii_case(&self.question.action))
        {
            self.notes.take(|| "unconditional".to_owned());
            return Outcome::Allowed;
        }
        if let Some(layer) = self.explicit_deny() {
            return Outcome::ExplicitlyDenied(layer);
        }
        match self.implicit_deny() {
            Some(layer) => Outcome::ImplicitlyDenied(layer),
            None => Outcome::Allowed,
        }
    }

    fn explicit_deny(&self) -> Option<Layer> {
        let World {
            identity,
            boundary,
            session,
            resource,
            ..
        } = self.world;
        let any = |documents: &[Json]| documents.iter().any(|document| self.has(document, "Deny"));
        let any_level = |levels: &Option<Vec<Vec<Json>>>| {
            levels
                .iter()
                .flatten()
                .any(|documents| any(documents.as_slice()))
        };
        let layers = [
            (
                Layer::Scp,
                self.has_organization() && any_level(&self.world.scps),
            ),
            (Layer::Rcp, any_level(&self.world.rcps)),
            (
                self.resource_layer(),
                resource
                    .as_ref()
                    .is_some_and(|document| self.resource_denies(document)),
            ),
            (Layer::Boundary, boundary.as_deref().is_some_and(any)),
            (Layer::Session, session.as_deref().is_some_and(any)),
            (Layer::Identity, any(identity)),
        ];
        layers
            .into_iter()
            .find_map(|(layer, denies)| denies.then_some(layer))
    }

    /// The first layer that would have to allow and does not.
    fn implicit_deny(&self) -> Option<Layer> {
        if !self.every_level_allows(&self.world.rcps) {
            return Some(Layer::Rcp);
        }
        if self.has_organization() && !self.every_level_allows(&self.world.scps) {
            return Some(Layer::Scp);
        }
        let granted = self.resource_grants();
        for (arn, id) in &self.world.pins {
            if let Caller::User {
                arn: own,
                id: own_id,
                ..
            }
            | Caller::Role {
                role_arn: own,
                role_id: own_id,
                ..
            } = &self.question.caller
                && arn == own
            {
                let stands = if id == own_id {
                    "stands"
                } else {
                    "does not stand"
                };
                self.notes.take(|| format!("a pinned name {stands}"));
            }
        }
        self.notes
            .take(|| format!("resource policy grants {granted:?}"));
        // Nobody but the resource's policy speaks for callers without an account.
        if self.question.caller.account().is_none() {
            return granted.is_none().then_some(self.resource_layer());
        }
        if granted.is_none() && (self.world.trust || !self.is_own_resource()) {
            return Some(self.resource_layer());
        }
        if !self.is_own_resource() {
            return self.callers_side(true);
        }
        // A user can be named, but no session of one: once a session policy is in play, no grant
        // is to the caller itself.
        let of_user = matches!(self.question.caller, Caller::User { .. });
        let granted = match granted {
            Some(Class::Direct) if of_user && self.world.session.is_some() => {
                self.notes
                    .take(|| "a direct grant to a narrowed user".to_owned());
                Some(Class::Role)
            }
            other => other,
        };
        match granted {
            Some(Class::Direct) => None,
            Some(Class::Role) => self.callers_side(false),
            Some(Class::Account) | None => self.callers_side(true),
        }
    }

    /// Identity policies, boundary and session policies, in this order.
    fn callers_side(&self, with_identity: bool) -> Option<Layer> {
        let World {
            identity,
            boundary,
            session,
            ..
        } = self.world;
        let any = |documents: &[Json]| documents.iter().any(|document| self.has(document, "Allow"));
        // A root user needs no identity policy, and neither do the sessions that it asks for.
        let root = match &self.question.caller {
            Caller::Root { .. } => true,
            Caller::FederatedUser { user_arn, .. } => user_arn.ends_with(":root"),
            _ => false,
        };
        if with_identity && !root && !any(identity) {
            return Some(Layer::Identity);
        }
        if boundary.as_deref().is_some_and(|documents| !any(documents)) {
            return Some(Layer::Boundary);
        }
        let allows = match session {
            Some(documents) => any(documents),
            // GetFederationToken gives nothing that a session policy does not give.
            None => !matches!(self.question.caller, Caller::FederatedUser { .. }),
        };
        (!allows).then_some(Layer::Session)
    }

    fn every_level_allows(&self, levels: &Option<Vec<Vec<Json>>>) -> bool {
        levels.as_ref().is_none_or(|levels| {
            let allows = |documents: &Vec<Json>| {
                documents.iter().any(|document| self.has(document, "Allow"))
            };
            !levels.is_empty() && levels.iter().all(allows)
        })
    }

    /// Whether a document without principals has a statement of this effect that applies.
    fn has(&self, document: &Json, effect: &str) -> bool {
        statements(document).iter().any(|statement| {
            statement["Effect"] == effect && applies(document, statement, self.question, self.notes)
        })
    }

    fn resource_denies(&self, document: &Json) -> bool {
        let mut denies = false;
        for statement in statements(document) {
            if statement["Effect"] == "Deny"
                && applies(document, statement, self.question, self.notes)
            {
                let denied = principal::denied(statement, &self.question.caller, self.world);
                if statement.get("NotPrincipal").is_some() {
                    self.notes.take(|| {
                        let kind = self.question.caller.kind();
                        format!("NotPrincipal {denied} {kind}")
                    });
                }
                denies |= denied;
            }
        }
        denies
    }

    fn resource_grants(&self) -> Option<Class> {
        let document = self.world.resource.as_ref()?;
        statements(document)
            .iter()
            .filter(|statement| statement["Effect"] == "Allow")
            .filter(|statement| applies(document, statement, self.question, self.notes))
            .filter_map(|statement| {
                principal::granted(statement, &self.question.caller, self.world)
            })
            .max()
    }

    fn is_own_resource(&self) -> bool {
        let owner = self.question.owner.as_deref();
        owner.is_none() || owner == self.question.caller.account()
    }

    /// Service control policies are those of the caller's organization.
    fn has_organization(&self) -> bool {
        self.question.caller.account().is_some()
    }

    fn resource_layer(&self) -> Layer {
        if self.world.trust {
            Layer::Trust
        } else {
            Layer::Resource
        }
    }
}
