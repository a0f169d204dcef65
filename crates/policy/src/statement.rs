//! A compiled statement.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use crate::action::{Action, ActionPattern};
use crate::condition::operator::Operator;
use crate::condition::{Condition, Written};
use crate::context::Context;
use crate::grantee::Grantees;
use crate::prefix_map::PrefixMap;
use crate::resource::{ResourcePattern, Target};
use crate::syntax;
use crate::template::{Variable, Variables};

/// What a statement does with the requests that match it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It grants, unless something denies.
    Allow,
    /// It refuses, whatever else grants.
    Deny,
}

#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) sid: Option<Box<str>>,
    /// Its bytes in the document.
    pub(crate) span: Range<usize>,
    pub(crate) effect: Effect,
    /// `None` in documents without `Principal`: those speak of whom they are attached to.
    pub(crate) principal: Option<Grantees>,
    pub(crate) action: Actions,
    /// `None` in trust policies: those speak of the role that they are attached to.
    pub(crate) resource: Option<Resources>,
    pub(crate) conditions: Box<[Condition]>,
}

/// `Action`, or everything but `NotAction`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Actions {
    pub(crate) negated: bool,
    pub(crate) patterns: Box<[ActionPattern]>,
}

/// `Resource`, or everything but `NotResource`.
#[derive(Debug, Clone)]
pub(crate) struct Resources {
    pub(crate) negated: bool,
    pub(crate) patterns: Box<[ResourcePattern]>,
    // Places of the patterns under what they begin with; only where it is worth having.
    index: Option<Box<PrefixMap<Box<[u32]>>>>,
}

/// An element of a statement that a request does not match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Element {
    Action,
    Principal,
    Resource,
    /// The condition at this place.
    Condition(usize),
}

impl Statement {
    /// Compiles a checked statement.
    pub(crate) fn new(
        statement: &syntax::Statement<'_>,
        effect: Effect,
        principal: Option<Grantees>,
        variables: Variables,
    ) -> Self {
        Self {
            sid: statement.sid.as_ref().map(|sid| sid.value.as_ref().into()),
            span: statement.span.clone(),
            effect,
            principal,
            action: statement
                .action
                .as_ref()
                .map(Actions::new)
                .unwrap_or_default(),
            resource: statement
                .resource
                .as_ref()
                .map(|texts| Resources::new(texts, variables)),
            conditions: statement
                .conditions
                .iter()
                .flat_map(|operation| conditions(operation, variables))
                .collect(),
        }
    }

    /// Whether resource and conditions match; action and principal are asked apart.
    pub(crate) fn holds(&self, target: &Target<'_>, context: &Context) -> bool {
        self.names(target, context)
            && self
                .conditions
                .iter()
                .all(|condition| condition.holds(context))
    }

    /// The first element that does not match; it is known whether the principal does.
    pub(crate) fn mismatch(
        &self,
        action: &Action<'_>,
        names_caller: bool,
        target: &Target<'_>,
        context: &Context,
    ) -> Option<Element> {
        if !self.action.matches(action) {
            return Some(Element::Action);
        }
        if !names_caller {
            return Some(Element::Principal);
        }
        if !self.names(target, context) {
            return Some(Element::Resource);
        }
        let mut conditions = self.conditions.iter();
        let failed = conditions.position(|condition| !condition.holds(context));
        failed.map(Element::Condition)
    }

    /// The condition keys that it reads, as it spells them.
    pub(crate) fn context_keys(&self) -> impl Iterator<Item = &str> {
        let resources = self.resource.iter().flat_map(|it| &it.patterns);
        let variables = resources.flat_map(ResourcePattern::variables);
        let conditions = self.conditions.iter().flat_map(Condition::context_keys);
        variables.map(Variable::key).chain(conditions)
    }

    fn names(&self, target: &Target<'_>, context: &Context) -> bool {
        let resources = self.resource.as_ref();
        resources.is_none_or(|resources| resources.matches(target, context))
    }
}

impl Actions {
    fn new(texts: &syntax::Texts<'_>) -> Self {
        let patterns = texts.texts.iter();
        Self {
            negated: texts.negated,
            patterns: patterns
                .map(|text| ActionPattern::new(&text.value))
                .collect(),
        }
    }

    /// Every action.
    pub(crate) fn all() -> Self {
        Self {
            negated: true,
            patterns: Box::default(),
        }
    }

    pub(crate) fn matches(&self, action: &Action<'_>) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(action)) != self.negated
    }
}

impl Resources {
    fn new(texts: &syntax::Texts<'_>, variables: Variables) -> Self {
        let patterns: Box<[ResourcePattern]> = texts
            .texts
            .iter()
            .map(|text| ResourcePattern::new(&text.value, variables))
            .collect();
        let index = (patterns.len() > WORTH_AN_INDEX).then(|| {
            let mut places: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
            for (place, pattern) in (0..).zip(&patterns) {
                places
                    .entry(pattern.literal_prefix())
                    .or_default()
                    .push(place);
            }
            let places: BTreeMap<_, Box<[u32]>> = places
                .into_iter()
                .map(|(prefix, places)| (prefix, places.into()))
                .collect();
            Box::new(PrefixMap::from(places))
        });
        Self {
            negated: texts.negated,
            patterns,
            index,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.patterns.len()
    }

    pub(crate) fn matches(&self, target: &Target<'_>, context: &Context) -> bool {
        // What is excluded is unknown while a variable has no value, so nothing is included.
        if self.negated && !self.patterns.iter().all(|it| it.is_resolvable(context)) {
            return false;
        }
        let lists = |pattern: &ResourcePattern| pattern.matches(target, context);
        let listed = match &self.index {
            None => self.patterns.iter().any(lists),
            Some(index) => index
                .prefixes_of(target.text())
                .flatten()
                .filter_map(|place| self.patterns.get(*place as usize))
                .any(lists),
        };
        listed != self.negated
    }
}

/// From this many patterns on, finding those that may match costs less than asking all.
pub(crate) const WORTH_AN_INDEX: usize = 16;

fn conditions(operation: &syntax::Operation<'_>, variables: Variables) -> Vec<Condition> {
    // A name that is no operator is accepted only without keys, and then asks nothing.
    let Some(operator) = Operator::parse(&operation.name.value) else {
        return Vec::new();
    };
    let compile = |(key, operands): &(syntax::Text<'_>, Vec<syntax::Text<'_>>)| {
        let first = operands.first().map_or(0, |operand| operand.span.start);
        let last = operands.last().map_or(0, |operand| operand.span.end);
        let written = Written {
            operator: operation.name.span.clone(),
            operands: first..last,
        };
        let operands: Vec<&str> = operands
            .iter()
            .map(|operand| operand.value.as_ref())
            .collect();
        Condition::new(operator, &key.value, &operands, variables, written)
    };
    operation.keys.iter().map(compile).collect()
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        })
    }
}
