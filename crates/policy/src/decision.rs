//! What was decided, by which policy, and how AWS words a refusal.

use std::fmt::{self, Write};
use std::ops::Range;

use crate::Principal;
use crate::request::Source;
use crate::statement::Statement;

/// The answer to a request. What it names, it borrows from the policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<'a> {
    /// Allowed, or which layer refused.
    pub outcome: Outcome,
    /// The policy with the statement that allowed or explicitly denied.
    pub policy: Option<PolicyRef<'a>>,
    /// That statement.
    pub statement: Option<StatementRef<'a>>,
}

/// Allowed or not, and why not. Written as AWS's simulator does: `allowed`, `implicitDeny`,
/// `explicitDeny`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Every layer that must allow does, and none denies.
    Allowed,
    /// This layer had to allow and has no statement that does.
    ImplicitlyDenied(Layer),
    /// This layer has a `Deny` that matches.
    ExplicitlyDenied(Layer),
}

/// A type of policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layer {
    /// Identity policies.
    Identity,
    /// Permissions boundary.
    Boundary,
    /// Session policies.
    Session,
    /// Resource policy.
    Resource,
    /// Trust policy of a role.
    Trust,
    /// Service control policies.
    Scp,
    /// Resource control policies.
    Rcp,
}

/// A policy named in a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyRef<'a> {
    /// The layer it took part in.
    pub layer: Layer,
    /// ARN of a managed policy.
    pub arn: Option<&'a str>,
    /// Its name.
    pub name: &'a str,
}

/// A statement named in a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementRef<'a> {
    /// Position in the document, from zero.
    pub index: usize,
    /// Its `Sid`, if it has one.
    pub sid: Option<&'a str>,
    /// Its bytes in the text of the document ([`crate::Policy::text`]).
    pub span: Range<usize>,
}

impl<'a> PolicyRef<'a> {
    pub(crate) fn of(layer: Layer, source: Source<'a>) -> Self {
        Self {
            layer,
            arn: source.arn,
            name: source.name,
        }
    }
}

impl<'a> StatementRef<'a> {
    pub(crate) fn of(index: usize, statement: &'a Statement) -> Self {
        Self {
            index,
            sid: statement.sid.as_deref(),
            span: statement.span.clone(),
        }
    }
}

impl<'a> Decision<'a> {
    /// Whether the request may go on.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.outcome == Outcome::Allowed
    }

    /// The text of a refusal, in AWS's words (IAM User Guide, "Troubleshoot access denied error
    /// messages"). `resource` is printed as it is given; `None` leaves it out.
    #[must_use]
    pub fn denial(&self, principal: &Principal, action: &str, resource: Option<&str>) -> String {
        let mut text = format!(
            "User: {} is not authorized to perform: {action}",
            principal.arn_text()
        );
        if let Some(resource) = resource {
            append(&mut text, format_args!(" on resource: {resource}"));
        }
        match self.outcome {
            Outcome::Allowed => {}
            Outcome::ImplicitlyDenied(layer) => {
                append(
                    &mut text,
                    format_args!(" because no {} allows the {action} action", layer.noun()),
                );
            }
            Outcome::ExplicitlyDenied(layer) => {
                append(
                    &mut text,
                    format_args!(
                        " with an explicit deny in {} {}",
                        layer.article(),
                        layer.noun()
                    ),
                );
                if let Some(arn) = self.denying_arn(layer) {
                    append(&mut text, format_args!(", with policy ARN: {arn}"));
                }
            }
        }
        text
    }

    // The ARN is told for every layer but the resource's own policy.
    fn denying_arn(&self, layer: Layer) -> Option<&'a str> {
        match layer {
            Layer::Resource | Layer::Trust => None,
            _ => self.policy.as_ref()?.arn,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allowed => "allowed",
            Self::ImplicitlyDenied(_) => "implicitDeny",
            Self::ExplicitlyDenied(_) => "explicitDeny",
        })
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.noun())
    }
}

impl Layer {
    fn noun(self) -> &'static str {
        match self {
            Self::Identity => "identity-based policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::Resource => "resource-based policy",
            Self::Trust => "role trust policy",
            Self::Scp => "service control policy",
            Self::Rcp => "resource control policy",
        }
    }

    fn article(self) -> &'static str {
        match self {
            Self::Identity => "an",
            Self::Trust => "the",
            _ => "a",
        }
    }
}

fn append(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = text.write_fmt(arguments);
}
