//! Checks that bucket policies share with the policies of all other resources.

use super::{Checked, check_effect, check_version, conditions, identity, missing};
use crate::document::DocumentKind;
use crate::error::InvalidPolicy;
use crate::syntax::{Document, Principals, Statement};

pub(super) fn check(kind: DocumentKind, document: &Document<'_>) -> Checked {
    check_version(kind, document)?;
    for statement in &document.statements {
        check_statement(kind, statement)?;
    }
    if let Some(name) = conditions::unknown_operator(document) {
        let message = format!("Invalid Condition type : {}", name.value);
        let reason = format!("there is no condition operator `{}`", name.value);
        let error = InvalidPolicy::new(kind, &name.span, message, reason);
        return Err(error.with_remedy(conditions::operator_remedy(&name.value)));
    }
    match conditions::bad_date(document) {
        Some(fault) => Err(InvalidPolicy::new(
            kind,
            &fault.span,
            "Invalid date in Conditions",
            fault.reason,
        )),
        None => Ok(()),
    }
}

fn check_statement(kind: DocumentKind, statement: &Statement<'_>) -> Checked {
    check_effect(kind, statement)?;
    let allows = statement
        .effect
        .as_ref()
        .is_some_and(|effect| effect.value == "Allow");
    check_principal(kind, statement, allows)?;
    let Some(action) = statement
        .action
        .as_ref()
        .filter(|action| !action.texts.is_empty())
    else {
        return Err(missing(kind, &statement.span, "Action"));
    };
    if statement
        .resource
        .as_ref()
        .is_none_or(|resource| resource.texts.is_empty())
    {
        return Err(missing(kind, &statement.span, "Resource"));
    }
    // S3 has its own text for actions.
    if kind == DocumentKind::Resource {
        action
            .texts
            .iter()
            .try_for_each(|action| identity::check_action(kind, action))?;
    }
    Ok(())
}

/// Every statement names somebody, and an `Allow` does so positively.
pub(super) fn check_principal(
    kind: DocumentKind,
    statement: &Statement<'_>,
    allows: bool,
) -> Checked {
    match &statement.principal {
        None => Err(missing(kind, &statement.span, "Principal")),
        Some(principal) if principal.negated && allows => {
            let message = "Allow with NotPrincipal is not allowed.";
            let reason = "to allow everybody but a few also allows those who are not yet known";
            Err(InvalidPolicy::new(kind, &principal.span, message, reason))
        }
        Some(Principals {
            star: false,
            entries,
            span,
            ..
        }) if entries.is_empty() => {
            let message = "Missing required field Principal cannot be empty!";
            Err(InvalidPolicy::new(kind, span, message, "this names nobody"))
        }
        Some(_) => Ok(()),
    }
}
