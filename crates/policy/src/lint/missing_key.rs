//! Conditions and how many values their key has: several, one, or none (IAM User Guide, "Set operators for multivalued
//! context keys" and "…IfExists condition operators").

use super::subject::{Question, Subject, allows, claim, questions};
use super::{Lint, LintCode, Severity};
use crate::condition::operator::{Quantifier, Test};
use crate::syntax::Statement;

pub(super) fn lint(subject: &Subject<'_>, statement: &Statement<'_>, lints: &mut Vec<Lint>) {
    for question in questions(statement) {
        if question.operator.test == Test::Null {
            continue;
        }
        let found = quantifier(subject, statement, &question)
            .or_else(|| allowed_without_key(subject, statement, &question))
            .or_else(|| mfa(subject, statement, &question));
        lints.extend(found);
    }
}

fn quantifier(
    subject: &Subject<'_>,
    statement: &Statement<'_>,
    question: &Question<'_>,
) -> Option<Lint> {
    let facts = subject.facts(&question.key.value)?;
    let (key, operator) = (&question.key.value, &question.operator_name.value);
    match (question.operator.quantifier, facts.multivalued) {
        (Quantifier::Plain, true) => {
            let message =
                format!("`{key}` may have several values, and `{operator}` is met by none of them");
            let remedy = format!(
                "write `ForAnyValue:{operator}` if one of them has to fit, `ForAllValues:{operator}` if all have to"
            );
            let span = &question.operator_name.span;
            Some(Lint::new(LintCode::MissingQualifier, span, message, remedy))
        }
        (Quantifier::ForAllValues, false) => {
            let message = format!(
                "`{key}` has one value, and `ForAllValues` is also met by a request without it"
            );
            let plain = operator.split_once(':').map_or("", |(_, plain)| plain);
            Some(Lint::new(
                LintCode::ForAllValuesWithSingleValuedKey,
                &question.operator_name.span,
                message,
                format!("write `{plain}`"),
            ))
        }
        (Quantifier::ForAllValues, true)
            if allows(statement) && subject.grants() && !is_required(statement, key) =>
        {
            // Without tags in a request, none of them is a wrong one.
            if key.to_ascii_lowercase().ends_with("tagkeys") {
                return None;
            }
            let message = format!("a request without `{key}` is allowed too");
            let remedy = format!("add `\"Null\": {{\"{key}\": \"false\"}}`");
            let code = LintCode::ForAllValuesWithoutNullCheck;
            let lint = Lint::new(code, &question.operator_name.span, message, remedy);
            // A service may put its own keys into every request.
            Some(if may_be_missing(key) {
                lint
            } else {
                lint.with_severity(Severity::Note)
            })
        }
        _ => None,
    }
}

/// A negated or optional condition of an `Allow`, on a key that not every request has.
fn allowed_without_key(
    subject: &Subject<'_>,
    statement: &Statement<'_>,
    question: &Question<'_>,
) -> Option<Lint> {
    let operator = question.operator;
    let key = question.key.value.as_ref();
    let met_without =
        operator.if_exists || (operator.negated && operator.quantifier == Quantifier::Plain);
    if !met_without
        || !allows(statement)
        || !subject.grants()
        || !may_be_missing(key)
        || (claim(key).is_none() && subject.key(key).is_none())
        || is_required(statement, key)
        // This asks for a text, and is written together with a variable that needs one.
        || question.operands.iter().all(|operand| operand.value.is_empty())
    {
        return None;
    }
    let code = if operator.if_exists {
        LintCode::AllowWithIfExists
    } else {
        LintCode::AllowWithNegatedOperator
    };
    let message = format!("a request without `{key}` is allowed too");
    let remedy = format!("add `\"Null\": {{\"{key}\": \"false\"}}` if the key has to be there");
    Some(Lint::new(
        code,
        &question.operator_name.span,
        message,
        remedy,
    ))
}

/// Whether another condition of the statement fails without the key.
fn is_required(statement: &Statement<'_>, key: &str) -> bool {
    questions(statement).any(|other| other.is_about(key) && other.requires_key())
}

/// Whether it is known that some requests don't have a key.
fn may_be_missing(key: &str) -> bool {
    if claim(key).is_some() {
        return true;
    }
    let key = key.to_ascii_lowercase();
    let Some((prefix, name)) = key.split_once(':') else {
        return false;
    };
    let is_tag = ["resourcetag/", "requesttag/"]
        .iter()
        .any(|start| name.starts_with(start));
    match prefix {
        "aws" => !ALWAYS.contains(&name),
        "sts" => name == "externalid",
        _ => is_tag,
    }
}

/// Global keys that every signed request has.
const ALWAYS: &[&str] = &[
    "currenttime",
    "epochtime",
    "principalaccount",
    "principalarn",
    "principalisawsservice",
    "principaltype",
    "requestedregion",
    "resourceaccount",
    "securetransport",
    "userid",
    "viaawsservice",
];

const MFA: &str = "aws:MultiFactorAuthPresent";

/// Requests with long-term keys don't have the key at all (IAM User Guide, "AWS global condition context keys").
fn mfa(subject: &Subject<'_>, statement: &Statement<'_>, question: &Question<'_>) -> Option<Lint> {
    let operator = question.operator;
    let compares = matches!(
        operator.test,
        Test::Bool | Test::StringEquals | Test::StringEqualsIgnoreCase | Test::StringLike
    );
    let asks_false = question
        .operands
        .iter()
        .any(|operand| operand.value.eq_ignore_ascii_case("false"));
    if allows(statement)
        || !question.is_about(MFA)
        || !compares
        || !question.is_positive()
        || !asks_false
    {
        return None;
    }
    let denies_missing = |other: &Statement<'_>| {
        !allows(other)
            && questions(other).any(|question| {
                let mut operands = question.operands.iter();
                question.is_about(MFA)
                    && question.operator.test == Test::Null
                    && operands.any(|operand| operand.value.eq_ignore_ascii_case("true"))
            })
    };
    if subject.document.statements.iter().any(denies_missing) {
        return None;
    }
    let message =
        format!("requests with long-term keys have no `{MFA}`, so that they are not denied");
    let remedy = format!("write `{}IfExists`", question.operator_name.value);
    Some(Lint::new(
        LintCode::MfaConditionWithoutIfExists,
        &question.operator_name.span,
        message,
        remedy,
    ))
}
