//! Why a request was decided as it was.

mod words;

use crate::condition::Condition;
use crate::context::Value;
use crate::decide::weigh;
use crate::decision::{Decision, PolicyRef, StatementRef};
use crate::request::{Policies, Request, Source};
use crate::statement::{Effect, Element, Statement};
use crate::witness::Notes;

/// A decision, and every statement that was asked on the way to it.
#[derive(Debug, Clone)]
pub struct Explanation<'a, 'r> {
    /// What [`crate::decide`] answers too.
    pub decision: Decision<'a>,
    /// What was asked: whom, for what, with which keys.
    pub request: Request<'r>,
    /// In the order in which they were asked. Once something decides, nothing more is.
    pub considered: Vec<Considered<'a, 'r>>,
}

/// A statement that was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Considered<'a, 'r> {
    /// The policy it stands in, and the layer this takes part in.
    pub policy: PolicyRef<'a>,
    /// Which statement of it.
    pub statement: StatementRef<'a>,
    /// What it does with requests that match.
    pub effect: Effect,
    /// The first element that does not match; `None` if all of them do.
    pub mismatch: Option<Mismatch<'a, 'r>>,
}

/// An element of a statement that the request does not match.
#[derive(Debug, Clone, PartialEq)]
pub enum Mismatch<'a, 'r> {
    /// `Action` or `NotAction`.
    Action,
    /// `Principal` or `NotPrincipal`.
    Principal,
    /// `Resource` or `NotResource`.
    Resource {
        /// The patterns as they are written.
        patterns: Vec<&'a str>,
        /// Whether it is `NotResource`.
        negated: bool,
    },
    /// One key under one operator of `Condition`.
    Condition {
        /// The operator as it is written.
        operator: &'a str,
        /// The key as it is written.
        key: &'a str,
        /// The operands as they are written, JSON.
        operands: &'a str,
        /// What the request has for the key.
        value: Option<&'r Value>,
    },
}

/// Decides a request and says why. It is the evaluation of [`crate::decide`], but for two things:
/// it asks every statement, where `decide` asks an index which of them may match, and it writes
/// down what it finds. The two can't disagree in their decision.
#[must_use]
pub fn explain<'a, 'r>(request: &Request<'r>, policies: &Policies<'_, 'a>) -> Explanation<'a, 'r> {
    let notes = Notes::new(*request);
    let decision = weigh(request, policies, &notes);
    Explanation {
        decision,
        request: *request,
        considered: notes.into_considered(),
    }
}

impl<'a, 'r> Mismatch<'a, 'r> {
    pub(crate) fn of(
        element: Element,
        source: Source<'a>,
        statement: &'a Statement,
        request: &Request<'r>,
    ) -> Self {
        match element {
            Element::Action => Self::Action,
            Element::Principal => Self::Principal,
            Element::Resource => Self::resource(statement),
            Element::Condition(place) => statement
                .conditions
                .get(place)
                .map_or(Self::Action, |condition| {
                    Self::condition(source, condition, request)
                }),
        }
    }

    fn resource(statement: &'a Statement) -> Self {
        let resources = statement.resource.as_ref();
        Self::Resource {
            patterns: resources
                .iter()
                .flat_map(|resources| &resources.patterns)
                .map(|pattern| pattern.text())
                .collect(),
            negated: resources.is_some_and(|resources| resources.negated),
        }
    }

    fn condition(source: Source<'a>, condition: &'a Condition, request: &Request<'r>) -> Self {
        let written = condition.written();
        Self::Condition {
            operator: source.policy.slice(&written.operator).trim_matches('"'),
            key: condition.key(),
            operands: source.policy.slice(&written.operands),
            value: request.context.get(condition.key()),
        }
    }
}
