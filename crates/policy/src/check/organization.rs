//! Checks of service and resource control policies.

use super::{Checked, identity};
use crate::document::DocumentKind;
use crate::error::InvalidPolicy;
use crate::syntax::{Document, Statement, Texts};

/// The text of MalformedPolicyDocumentException (AWS Organizations API Reference).
pub(super) const MESSAGE: &str =
    "The provided policy document does not meet the requirements of the specified policy type.";

/// The form of an identity policy.
pub(super) fn check_scp(document: &Document<'_>) -> Checked {
    identity::check(DocumentKind::Scp, document).map_err(reworded)
}

/// For everybody, and only to deny; the full access that AWS attaches is the one exception.
pub(super) fn check_rcp(document: &Document<'_>) -> Checked {
    let refuse = |statement: &Statement<'_>, reason: &str| {
        Err(InvalidPolicy::new(
            DocumentKind::Rcp,
            &statement.span,
            MESSAGE,
            reason,
        ))
    };
    for statement in &document.statements {
        match &statement.principal {
            Some(principal) if principal.star && !principal.negated => {}
            _ => {
                return refuse(
                    statement,
                    "a resource control policy needs `\"Principal\": \"*\"`",
                );
            }
        }
        if statement
            .action
            .as_ref()
            .is_some_and(|action| action.negated)
        {
            return refuse(statement, "a resource control policy has no `NotAction`");
        }
        if statement
            .effect
            .as_ref()
            .is_some_and(|effect| effect.value == "Allow")
            && !is_full_access(statement)
        {
            return refuse(statement, "a resource control policy only denies");
        }
    }
    let document = without_principals(document);
    identity::check(DocumentKind::Rcp, &document).map_err(reworded)
}

fn is_full_access(statement: &Statement<'_>) -> bool {
    let everything = |texts: &Option<Texts<'_>>| {
        texts
            .as_ref()
            .is_some_and(|texts| !texts.negated && texts.texts.iter().any(|text| text.value == "*"))
    };
    everything(&statement.action)
        && everything(&statement.resource)
        && statement.conditions.is_empty()
}

fn without_principals<'a>(document: &Document<'a>) -> Document<'a> {
    let mut document = document.clone();
    for statement in &mut document.statements {
        statement.principal = None;
    }
    document
}

fn reworded(error: InvalidPolicy) -> InvalidPolicy {
    let reason = format!(
        "{}: {}",
        error.message().trim_end_matches('.'),
        error.reason()
    );
    InvalidPolicy::new(DocumentKind::Scp, &error.span(), MESSAGE, reason)
        .with_remedy(error.remedy().map(str::to_owned))
}
