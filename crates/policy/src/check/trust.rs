//! Checks of role trust policies.

use super::{Checked, check_effect, check_version, conditions, identity, missing, resource};
use crate::action::ActionPattern;
use crate::document::DocumentKind;
use crate::error::InvalidPolicy;
use crate::syntax::{Document, Statement, Text};

const KIND: DocumentKind = DocumentKind::Trust;

/// Actions that a trust policy speaks of.
const ACTIONS: [&str; 6] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "sts:SetContext",
];

/// Elements that must be there, and those that must not.
pub(super) fn check_form(document: &Document<'_>) -> Checked {
    check_version(KIND, document)?;
    identity::check_sids(KIND, document)?;
    for statement in &document.statements {
        check_effect(KIND, statement)?;
        check_elements(statement)?;
        let allows = statement
            .effect
            .as_ref()
            .is_some_and(|effect| effect.value == "Allow");
        resource::check_principal(KIND, statement, allows)?;
        check_trusted(statement)?;
    }
    if let Some(name) = conditions::unknown_operator(document) {
        let reason = format!("there is no condition operator `{}`", name.value);
        return Err(
            InvalidPolicy::new(KIND, &name.span, identity::SYNTAX, reason)
                .with_remedy(conditions::operator_remedy(&name.value)),
        );
    }
    match conditions::bad_date(document) {
        Some(fault) => Err(InvalidPolicy::new(
            KIND,
            &fault.span,
            identity::SYNTAX,
            fault.reason,
        )),
        None => Ok(()),
    }
}

fn check_elements(statement: &Statement<'_>) -> Checked {
    if let Some(resource) = &statement.resource {
        let reason = "a trust policy speaks of the role that it belongs to";
        return Err(InvalidPolicy::new(
            KIND,
            &resource.span,
            "Has prohibited field Resource",
            reason,
        )
        .with_remedy("remove it".to_owned()));
    }
    if statement
        .action
        .as_ref()
        .is_none_or(|action| action.negated || action.texts.is_empty())
    {
        return Err(missing(KIND, &statement.span, "Action"));
    }
    Ok(())
}

fn check_trusted(statement: &Statement<'_>) -> Checked {
    let Some(principal) = &statement.principal else {
        return Ok(());
    };
    if principal.negated {
        let message = "AssumeRole policy must not contain NotPrincipal field.";
        return Err(InvalidPolicy::new(
            KIND,
            &principal.span,
            message,
            "a trust policy names whom it trusts",
        ));
    }
    if principal.star {
        let message = "AssumeRolepolicy contained an invalid principal: \"STAR\":\"*\".";
        return Err(InvalidPolicy::new(
            KIND,
            &principal.span,
            message,
            "write `{\"AWS\": \"*\"}` to mean everybody",
        ));
    }
    Ok(())
}

/// Actions, and the condition that the Cognito provider needs.
pub(super) fn check_content(document: &Document<'_>) -> Checked {
    for statement in &document.statements {
        let actions = statement.action.iter().flat_map(|action| &action.texts);
        actions.into_iter().try_for_each(check_action)?;
        let mut principals = statement
            .principal
            .iter()
            .flat_map(|principal| &principal.entries);
        let cognito = principals.find(|(_, name)| name.value == "cognito-identity.amazonaws.com");
        if let Some((_, name)) = cognito
            && statement.conditions.iter().all(|it| it.keys.is_empty())
        {
            let message = "A condition block must be present for the Cognito provider";
            let reason =
                "all users of Cognito share this provider; a condition must tell them apart";
            return Err(InvalidPolicy::new(KIND, &name.span, message, reason));
        }
    }
    Ok(())
}

fn check_action(action: &Text<'_>) -> Checked {
    let pattern = ActionPattern::new(&action.value);
    let of_sts = action
        .value
        .split_once(':')
        .is_some_and(|(service, _)| service.eq_ignore_ascii_case("sts"));
    if of_sts && ACTIONS.iter().any(|known| pattern.names(known)) {
        return Ok(());
    }
    let message = "AssumeRole policy may only specify STS AssumeRole actions.";
    let reason = format!(
        "`{}` is none of the actions that lead into a role",
        action.value
    );
    Err(InvalidPolicy::new(KIND, &action.span, message, reason))
}
