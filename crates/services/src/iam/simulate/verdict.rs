//! One action on one resource: decided and explained.

use std::collections::BTreeMap;
use std::sync::Arc;

use directory::ControlPolicyKind;
use door::Controls;
use policy::{
    Considered, Decision, Effect, Explanation, Layer, Outcome, Policies, Policy, PolicyRef,
    Request, Source, StatementRef,
};

use super::context_keys;
use super::position::bounds;
use super::resource::Guarded;
use super::simulation::Simulation;
use crate::generated::iam::{
    OrganizationsDecisionDetail, PermissionsBoundaryDecisionDetail, Statement,
};

/// What is said of one action on one resource.
pub(super) struct Verdict {
    pub(super) resource: String,
    pub(super) outcome: Outcome,
    pub(super) matched: Vec<Statement>,
    /// Keys that the policies read, and that the request would not have.
    pub(super) missing: Vec<String>,
    pub(super) boundary: Option<PermissionsBoundaryDecisionDetail>,
    /// Whether the service control policies let it pass, where there are any.
    pub(super) organizations: Option<OrganizationsDecisionDetail>,
    /// How each type of policy contributes: empty unless the resource's policy or another
    /// account takes part, absent if no resource was named.
    pub(super) details: Option<BTreeMap<String, String>>,
    pub(super) explanation: String,
}

impl Simulation<'_> {
    /// Asks the engine as the door does, with the layers that the door has.
    pub(super) fn verdict(&self, action: &str, resource: &str) -> Verdict {
        let guarded = self.guarded(action, resource);
        let context = self.context(action, &guarded);
        let request = Request {
            principal: &self.caller.caller.principal,
            action,
            resource,
            resource_account: guarded.owner,
            context: &context,
        };
        let policy = guarded.policy.as_deref();
        let caller = &self.caller.caller;
        let owner = guarded.owner.or_else(|| caller.account());
        let rcps = match self.looks_up && owner.is_some_and(|owner| self.is_own(owner)) {
            true => Controls::of_resource(self.snapshot, caller, action, owner),
            false => Controls::default(),
        };
        self.layers.ask(policy, guarded.kind, &rcps, |policies| {
            let explanation = policy::explain(&request, policies);
            let missing = self.missing(&guarded, policies, &request);
            let boundary = policies
                .boundary
                .map(|boundary| allowed_by_boundary(&request, boundary));
            let details = (resource != "*").then(|| self.details(&guarded, &explanation));
            let verdict = Verdict {
                resource: resource.to_owned(),
                outcome: explanation.decision.outcome,
                matched: self.matched(&guarded, policies, &explanation),
                missing,
                boundary,
                organizations: policies
                    .scps
                    .map(|levels| allowed_by_organizations(&request, levels)),
                details,
                explanation: told(&guarded, explanation),
            };
            match guarded.barred {
                Some(rule) => Verdict {
                    outcome: Outcome::ImplicitlyDenied(Layer::Trust),
                    matched: Vec::new(),
                    explanation: rule.to_owned(),
                    ..verdict
                },
                None => verdict,
            }
        })
    }

    fn missing(
        &self,
        guarded: &Guarded,
        policies: &Policies<'_, '_>,
        request: &Request<'_>,
    ) -> Vec<String> {
        let resource = policies.resource.iter();
        let resource = resource.filter(|_| guarded.concealed_by.is_none());
        let limits = [policies.boundary, policies.session];
        let attached = policies
            .identity
            .iter()
            .chain(limits.into_iter().flatten().flatten());
        let mut keys = context_keys::of(attached.chain(resource).map(|it| it.policy));
        keys.retain(|key| request.context.get(key).is_none());
        keys
    }

    /// The statements that determine the result: the one that denies, or those that grant.
    fn matched(
        &self,
        guarded: &Guarded,
        policies: &Policies<'_, '_>,
        explanation: &Explanation<'_, '_>,
    ) -> Vec<Statement> {
        let is_told =
            |it: &PolicyRef<'_>| guarded.concealed_by.is_none() || !is_of_resource(it.layer);
        let shown = |policy, statement| self.statement(guarded, policies, policy, statement);
        let Decision {
            outcome,
            policy,
            statement,
        } = &explanation.decision;
        match outcome {
            Outcome::ImplicitlyDenied(_) => Vec::new(),
            Outcome::ExplicitlyDenied(_) => {
                let named = policy.as_ref().zip(statement.as_ref());
                let named = named.filter(|(policy, _)| is_told(policy));
                named
                    .and_then(|(policy, statement)| shown(policy, statement))
                    .into_iter()
                    .collect()
            }
            Outcome::Allowed => {
                let considered = explanation.considered.iter();
                let granting = considered.filter(|it| {
                    let layer = it.policy.layer;
                    matches(it, Effect::Allow)
                        && (layer == Layer::Identity || is_of_resource(layer))
                        && is_told(&it.policy)
                });
                granting
                    .filter_map(|it| shown(&it.policy, &it.statement))
                    .collect()
            }
        }
    }

    fn statement(
        &self,
        guarded: &Guarded,
        policies: &Policies<'_, '_>,
        policy: &PolicyRef<'_>,
        statement: &StatementRef<'_>,
    ) -> Option<Statement> {
        let sources = match policy.layer {
            Layer::Identity => policies.identity,
            Layer::Boundary => policies.boundary?,
            Layer::Session => policies.session?,
            _ => policies.resource.as_slice(),
        };
        // The reference borrows its name from the source: two policies may be called the same.
        let mut sources = sources.iter();
        let source = sources.find(|it| std::ptr::eq(it.name, policy.name))?;
        let (start, end) = bounds(source.policy.text(), &statement.span);
        let (id, kind) = match is_of_resource(policy.layer) {
            true => (guarded.name.as_str(), "resource"),
            false => (source.name, self.source_type(source)),
        };
        Some(Statement {
            source_policy_id: Some(id.to_owned()),
            source_policy_type: Some(kind.to_owned()),
            start_position: Some(start),
            end_position: Some(end),
        })
    }

    fn source_type(&self, source: &Source<'_>) -> &'static str {
        let is_in = |list: &[Arc<Policy>]| list.iter().any(|it| std::ptr::eq(&**it, source.policy));
        match source.arn {
            _ if is_in(&self.supposed) => "none",
            Some(arn) if arn.starts_with("arn:aws:iam::aws:") => "aws-managed",
            Some(_) => "user-managed",
            None if is_in(self.of_groups) => "group",
            None => self.holder,
        }
    }

    fn details(
        &self,
        guarded: &Guarded,
        explanation: &Explanation<'_, '_>,
    ) -> BTreeMap<String, String> {
        let own = self.caller.caller.account();
        if guarded.policy.is_none() && guarded.owner == own {
            return BTreeMap::new();
        }
        let mut details = BTreeMap::new();
        let mut tell = |layer: Layer, outcome: Outcome| {
            details.insert(type_of(layer).to_owned(), outcome.to_string());
        };
        if let Outcome::ImplicitlyDenied(layer) = explanation.decision.outcome {
            tell(layer, explanation.decision.outcome);
        }
        for considered in &explanation.considered {
            let layer = considered.policy.layer;
            let told = guarded.concealed_by.is_none() || !is_of_resource(layer);
            if told && matches(considered, Effect::Allow) {
                tell(layer, Outcome::Allowed);
            }
        }
        if let Outcome::ExplicitlyDenied(layer) = explanation.decision.outcome {
            tell(layer, explanation.decision.outcome);
        }
        details
    }
}

/// Whether a statement was asked, has this effect, and matches.
fn matches(considered: &Considered<'_, '_>, effect: Effect) -> bool {
    considered.effect == effect && considered.mismatch.is_none()
}

fn is_of_resource(layer: Layer) -> bool {
    matches!(layer, Layer::Resource | Layer::Trust)
}

/// What `EvalDecisionDetails` calls a type of policy. AWS has documented no names; ours.
fn type_of(layer: Layer) -> &'static str {
    match layer {
        Layer::Identity => "IAM Policy",
        Layer::Boundary => "Permissions Boundary",
        Layer::Session => "Session Policy",
        Layer::Resource => "Resource Policy",
        Layer::Trust => "Trust Policy",
        Layer::Scp => "Service Control Policy",
        Layer::Rcp => "Resource Control Policy",
    }
}

/// Whether every level of service control policies would let the request pass.
fn allowed_by_organizations(
    request: &Request<'_>,
    levels: &[&[Source<'_>]],
) -> OrganizationsDecisionDetail {
    let request = Request {
        resource_account: None,
        ..*request
    };
    let everything = ControlPolicyKind::Service.full_access();
    let policy = everything.policy();
    let unlimited = [Source {
        policy: &policy,
        arn: None,
        name: everything.name,
    }];
    let alone = Policies {
        identity: &unlimited,
        session: Some(&unlimited),
        scps: Some(levels),
        ..Policies::default()
    };
    OrganizationsDecisionDetail {
        allowed_by_organizations: Some(policy::decide(&request, &alone).is_allowed()),
    }
}

/// Whether the boundary would let the request pass, whatever the other layers say.
fn allowed_by_boundary(
    request: &Request<'_>,
    boundary: &[Source<'_>],
) -> PermissionsBoundaryDecisionDetail {
    let request = Request {
        resource_account: None,
        ..*request
    };
    let alone = Policies {
        identity: boundary,
        ..Policies::default()
    };
    PermissionsBoundaryDecisionDetail {
        allowed_by_permissions_boundary: Some(policy::decide(&request, &alone).is_allowed()),
    }
}

/// The reason in words, without what the asker may not know of the resource's own policy.
fn told(guarded: &Guarded, mut explanation: Explanation<'_, '_>) -> String {
    let Some(action) = guarded.concealed_by else {
        return explanation.to_string();
    };
    let decision = &explanation.decision;
    let layer = match decision.outcome {
        Outcome::Allowed => decision.policy.map(|it| it.layer),
        Outcome::ImplicitlyDenied(layer) | Outcome::ExplicitlyDenied(layer) => Some(layer),
    };
    match layer.filter(|layer| is_of_resource(*layer)) {
        Some(layer) => format!(
            "the {layer} of `{}` decides; what it says is told to those who may {action}",
            guarded.name
        ),
        None => {
            explanation
                .considered
                .retain(|it| !is_of_resource(it.policy.layer));
            explanation.to_string()
        }
    }
}
