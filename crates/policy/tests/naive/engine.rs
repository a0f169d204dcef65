//! The engine, asked in the naive evaluator's terms.

use policy::{
    AccountId, Context, DocumentKind, Outcome, Policies, Policy, Principal, Request, ResourceKind,
    RoleSession, Source, Value, decide, explain,
};
use serde_json::Value as Json;

use crate::naive::{Caller, Held, Question, World};

/// The documents of a world, parsed.
pub(crate) struct Engine {
    identity: Vec<Policy>,
    boundary: Option<Vec<Policy>>,
    session: Option<Vec<Policy>>,
    resource: Option<Policy>,
    trust: bool,
    scps: Option<Vec<Vec<Policy>>>,
    rcps: Option<Vec<Vec<Policy>>>,
}

impl Engine {
    /// Parses every document.
    ///
    /// # Errors
    /// The document that was refused, and why.
    pub(crate) fn new(world: &World) -> Result<Self, String> {
        let mut resource = None;
        if let Some(document) = &world.resource {
            let kind = if world.trust {
                DocumentKind::Trust
            } else {
                DocumentKind::Resource
            };
            let mut policy = parse(kind, document)?;
            if !world.pins.is_empty() {
                policy.pin_principals(&world.pins);
            }
            resource = Some(policy);
        }
        Ok(Self {
            identity: parse_all(DocumentKind::Identity, &world.identity)?,
            boundary: optional(&world.boundary, |list| {
                parse_all(DocumentKind::Boundary, list)
            })?,
            session: optional(&world.session, |list| {
                parse_all(DocumentKind::Session, list)
            })?,
            resource,
            trust: world.trust,
            scps: optional(&world.scps, |levels| {
                parse_levels(DocumentKind::Scp, levels)
            })?,
            rcps: optional(&world.rcps, |levels| {
                parse_levels(DocumentKind::Rcp, levels)
            })?,
        })
    }

    /// What the engine says to a request.
    pub(crate) fn decide(&self, question: &Question) -> Outcome {
        let identity = sources(&self.identity);
        let boundary = self.boundary.as_deref().map(sources);
        let session = self.session.as_deref().map(sources);
        let scps = self.scps.as_deref().map(all_sources);
        let rcps = self.rcps.as_deref().map(all_sources);
        let scps: Option<Vec<&[Source<'_>]>> = scps.as_deref().map(slices);
        let rcps: Option<Vec<&[Source<'_>]>> = rcps.as_deref().map(slices);
        let policies = Policies {
            identity: &identity,
            boundary: boundary.as_deref(),
            session: session.as_deref(),
            resource: self.resource.as_ref().map(source),
            resource_kind: if self.trust {
                ResourceKind::RoleTrust
            } else {
                ResourceKind::Ordinary
            },
            scps: scps.as_deref(),
            rcps: rcps.as_deref(),
        };
        let principal = principal(&question.caller);
        let context = context(&question.context);
        let request = Request {
            principal: &principal,
            action: &question.action,
            resource: &question.resource,
            resource_account: question.owner.as_deref().map(account),
            context: &context,
        };
        let decision = decide(&request, &policies);
        // The one asks an index, the other every statement; they name the same statement too.
        assert_eq!(explain(&request, &policies).decision, decision);
        let outcome = decision.outcome;
        assert_eq!(decision.is_allowed(), outcome == Outcome::Allowed);
        outcome
    }
}

fn parse(kind: DocumentKind, document: &Json) -> Result<Policy, String> {
    let text = document.to_string();
    Policy::parse(kind, &text).map_err(|error| format!("{error}: {}\n{text}", error.reason()))
}

fn parse_all(kind: DocumentKind, documents: &[Json]) -> Result<Vec<Policy>, String> {
    documents
        .iter()
        .map(|document| parse(kind, document))
        .collect()
}

fn parse_levels(kind: DocumentKind, levels: &[Vec<Json>]) -> Result<Vec<Vec<Policy>>, String> {
    levels.iter().map(|level| parse_all(kind, level)).collect()
}

fn optional<T, P>(
    documents: &Option<T>,
    parse: impl Fn(&T) -> Result<P, String>,
) -> Result<Option<P>, String> {
    documents.as_ref().map(parse).transpose()
}

fn source(policy: &Policy) -> Source<'_> {
    Source {
        policy,
        arn: None,
        name: "random",
    }
}

fn sources(policies: &[Policy]) -> Vec<Source<'_>> {
    policies.iter().map(source).collect()
}

fn all_sources(levels: &[Vec<Policy>]) -> Vec<Vec<Source<'_>>> {
    levels.iter().map(|level| sources(level)).collect()
}

fn slices<'a, 'p>(levels: &'a [Vec<Source<'p>>]) -> Vec<&'a [Source<'p>]> {
    levels.iter().map(Vec::as_slice).collect()
}

fn account(number: &str) -> AccountId {
    number.parse().expect("an account number")
}

fn arn(text: &str) -> policy::Arn {
    text.parse().expect("an ARN")
}

fn principal(caller: &Caller) -> Principal {
    match caller {
        Caller::Anonymous => Principal::Anonymous,
        Caller::Root { account: number } => Principal::Root {
            account: account(number),
        },
        Caller::User {
            account: number,
            arn: name,
            id,
        } => Principal::User {
            account: account(number),
            arn: arn(name),
            unique_id: id.clone(),
        },
        Caller::Role {
            account: number,
            role_arn,
            role_id,
            session_arn,
            session_name,
            provider,
        } => Principal::Role(Box::new(RoleSession {
            account: account(number),
            role_arn: arn(role_arn),
            role_id: role_id.clone(),
            session_arn: arn(session_arn),
            session_name: session_name.clone(),
            federated_provider: provider.clone(),
        })),
        Caller::FederatedUser {
            account: number,
            arn: name,
            user_arn,
            user_id,
        } => Principal::FederatedUser {
            account: account(number),
            arn: arn(name),
            user_arn: arn(user_arn),
            user_id: user_id.clone(),
        },
        Caller::Federated { provider } => Principal::Federated {
            provider: provider.clone(),
        },
        Caller::Service { name } => Principal::Service { name: name.clone() },
    }
}

fn context(keys: &[(String, Held)]) -> Context {
    let value = |held: &Held| match held {
        Held::One(text) => Value::One(text.clone()),
        Held::Many(texts) => Value::Many(texts.clone()),
    };
    keys.iter()
        .map(|(key, held)| (key.as_str(), value(held)))
        .collect()
}
