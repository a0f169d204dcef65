//! What statements name in vain.

use std::fmt;
use std::ops::Range;

use reference::Reference;
use serde::Serialize;

use crate::syntax::Text;

/// Something that a statement names and that has no effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unrecognized {
    /// The number of the document among those that are summarized, from zero.
    pub policy: usize,
    /// Bytes of that document.
    pub span: Range<usize>,
    /// What stands there.
    pub text: String,
    /// What is wrong with it.
    pub problem: Problem,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

/// Why something has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// There is no such service.
    UnknownService,
    /// The service has no such action, or none that the pattern covers.
    UnknownAction,
    /// No action of the statement can be asked of such a resource.
    UnusedResource,
}

impl Unrecognized {
    /// A pattern of actions that covers none.
    pub(super) fn action(policy: usize, text: &Text<'_>, reference: &Reference) -> Self {
        let pattern = text.value.as_ref();
        let (prefix, name) = pattern.split_once(':').unwrap_or((pattern, "*"));
        let known = reference.service(prefix).is_some();
        let suggestion = if name.contains(['*', '?']) {
            let service = (!known).then(|| reference.nearest_service(prefix));
            service
                .flatten()
                .map(|service| format!("{}:{name}", service.prefix()))
        } else {
            reference
                .nearest_action(pattern)
                .map(|action| action.to_string())
        };
        let problem = if known {
            Problem::UnknownAction
        } else {
            Problem::UnknownService
        };
        Self::new(policy, text, problem, suggestion)
    }

    pub(super) fn resource(policy: usize, text: &Text<'_>) -> Self {
        Self::new(policy, text, Problem::UnusedResource, None)
    }

    fn new(policy: usize, text: &Text<'_>, problem: Problem, suggestion: Option<String>) -> Self {
        Self {
            policy,
            span: text.span.clone(),
            text: text.value.to_string(),
            problem,
            suggestion,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::UnknownService => "there is no such service",
            Self::UnknownAction => "there is no such action",
            Self::UnusedResource => "no action of the statement applies to it",
        })
    }
}
