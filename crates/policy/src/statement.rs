//! A compiled statement.

use crate::action::{Action, ActionPattern};
use crate::condition::Condition;
use crate::condition::operator::Operator;
use crate::context::Context;
use crate::grantee::Grantees;
use crate::resource::{ResourcePattern, Target};
use crate::syntax;
use crate::template::Variables;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) sid: Option<Box<str>>,
    pub(crate) effect: Effect,
    /// `None` in documents without `Principal`: those speak of whom they are attached to.
    pub(crate) principal: Option<Grantees>,
    pub(crate) action: Choice<ActionPattern>,
    /// `None` in trust policies: those speak of the role that they are attached to.
    pub(crate) resource: Option<Choice<ResourcePattern>>,
    pub(crate) conditions: Box<[Condition]>,
}

/// Patterns, or everything but them.
#[derive(Debug, Clone)]
pub(crate) struct Choice<T> {
    pub(crate) negated: bool,
    pub(crate) patterns: Box<[T]>,
}

/// No patterns: matches nothing.
impl<T> Default for Choice<T> {
    fn default() -> Self {
        Self {
            negated: false,
            patterns: Box::default(),
        }
    }
}

impl Statement {
    /// Compiles a checked statement.
    pub(crate) fn new(
        statement: &syntax::Statement<'_>,
        effect: Effect,
        principal: Option<Grantees>,
        variables: Variables,
    ) -> Self {
        let resource = |text: &str| ResourcePattern::new(text, variables);
        Self {
            sid: statement.sid.as_ref().map(|sid| sid.value.as_ref().into()),
            effect,
            principal,
            action: choice(statement.action.as_ref(), ActionPattern::new).unwrap_or_default(),
            resource: choice(statement.resource.as_ref(), resource),
            conditions: statement
                .conditions
                .iter()
                .flat_map(|operation| conditions(operation, variables))
                .collect(),
        }
    }

    /// Whether action, resource and conditions match; the principal is asked apart.
    pub(crate) fn matches(&self, action: &Action, target: &Target<'_>, context: &Context) -> bool {
        self.action.matches(action)
            && self
                .resource
                .as_ref()
                .is_none_or(|resource| resource.matches(target, context))
            && self
                .conditions
                .iter()
                .all(|condition| condition.holds(context))
    }
}

impl Choice<ActionPattern> {
    pub(crate) fn matches(&self, action: &Action) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(action)) != self.negated
    }
}

impl Choice<ResourcePattern> {
    pub(crate) fn matches(&self, target: &Target<'_>, context: &Context) -> bool {
        // What is excluded is unknown while a variable has no value, so nothing is included.
        if self.negated
            && self
                .patterns
                .iter()
                .any(|pattern| pattern.is_undecided(target, context))
        {
            return false;
        }
        self.patterns
            .iter()
            .any(|pattern| pattern.matches(target, context))
            != self.negated
    }
}

fn choice<T>(texts: Option<&syntax::Texts<'_>>, compile: impl Fn(&str) -> T) -> Option<Choice<T>> {
    let texts = texts?;
    let patterns = texts
        .texts
        .iter()
        .map(|text| compile(&text.value))
        .collect();
    Some(Choice {
        negated: texts.negated,
        patterns,
    })
}

fn conditions(operation: &syntax::Operation<'_>, variables: Variables) -> Vec<Condition> {
    // A name that is no operator is accepted only without keys, and then asks nothing.
    let Some(operator) = Operator::parse(&operation.name.value) else {
        return Vec::new();
    };
    let compile = |(key, operands): &(syntax::Text<'_>, Vec<syntax::Text<'_>>)| {
        let operands: Vec<&str> = operands
            .iter()
            .map(|operand| operand.value.as_ref())
            .collect();
        Condition::new(operator, &key.value, &operands, variables)
    };
    operation.keys.iter().map(compile).collect()
}
