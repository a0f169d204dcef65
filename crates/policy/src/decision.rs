//! What was decided, by which policy, and how AWS words a refusal.

use std::fmt::Write;

use crate::Principal;

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Allowed, or which layer refused.
    pub outcome: Outcome,
    /// The policy with the statement that allowed or explicitly denied.
    pub policy: Option<PolicyRef>,
    /// That statement.
    pub statement: Option<StatementRef>,
}

/// Allowed or not, and why not.
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRef {
    /// The layer it took part in.
    pub layer: Layer,
    /// ARN of a managed policy.
    pub arn: Option<String>,
    /// Its name.
    pub name: String,
}

/// A statement named in a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementRef {
    /// Position in the document, from zero.
    pub index: usize,
    /// Its `Sid`, if it has one.
    pub sid: Option<String>,
}

impl Decision {
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
    fn denying_arn(&self, layer: Layer) -> Option<&str> {
        match layer {
            Layer::Resource | Layer::Trust => None,
            _ => self.policy.as_ref()?.arn.as_deref(),
        }
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
