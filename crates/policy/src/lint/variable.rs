//! The version of the language, and policy variables (IAM User Guide, "IAM policy elements: Variables and tags").

use super::subject::{Subject, claim, questions};
use super::{Lint, LintCode};
use crate::condition::operator::Test;
use crate::syntax::{Statement, Text};
use crate::template::Variables;

/// `${…}` in a text.
pub(super) struct Variable<'t> {
    /// Byte of the text at which it begins.
    start: usize,
    /// The key; what follows `${`, if there is no closing brace.
    key: &'t str,
    is_closed: bool,
    /// Byte after it.
    end: usize,
}

pub(super) fn lint_version(subject: &Subject<'_>, lints: &mut Vec<Lint>) {
    if subject.document.version.is_some() {
        return;
    }
    let start = subject.document.span.start;
    // The brace that opens the document.
    let message = "without `Version` the document is read as one of 2008-10-17, which has no policy variables";
    let remedy = "add `\"Version\": \"2012-10-17\"`";
    lints.push(Lint::new(
        LintCode::MissingVersion,
        &(start..start + 1),
        message,
        remedy,
    ));
}

pub(super) fn lint(subject: &Subject<'_>, statement: &Statement<'_>, lints: &mut Vec<Lint>) {
    for resource in statement.resource.iter().flat_map(|list| &list.texts) {
        for variable in variables(&resource.value) {
            let found = literal(subject, resource, &variable)
                .or_else(|| in_head(resource, &variable))
                .or_else(|| key(subject, resource, &variable));
            lints.extend(found);
        }
    }
    for question in questions(statement) {
        let expands = matches!(
            question.operator.test,
            Test::StringEquals
                | Test::StringEqualsIgnoreCase
                | Test::StringLike
                | Test::Bool
                | Test::Arn
        );
        for operand in question.operands {
            for variable in variables(&operand.value) {
                let found = literal(subject, operand, &variable)
                    .or_else(|| {
                        let name = &question.operator_name.value;
                        (!expands).then(|| in_operator(name, operand))
                    })
                    .or_else(|| key(subject, operand, &variable));
                lints.extend(found);
            }
        }
    }
}

/// A variable in a language that has none.
fn literal(subject: &Subject<'_>, text: &Text<'_>, variable: &Variable<'_>) -> Option<Lint> {
    let looks_meant = variable.is_closed && variable.key.contains(':');
    if subject.variables == Variables::Expand {
        return None;
    }
    looks_meant.then(|| {
        let message = format!(
            "`${{{}}}` stands for itself: a document of this version has no policy variables",
            variable.key
        );
        let remedy = "write `\"Version\": \"2012-10-17\"`";
        Lint::new(
            LintCode::VariableUnsupportedInVersion,
            &text.span,
            message,
            remedy,
        )
    })
}

fn in_head(resource: &Text<'_>, variable: &Variable<'_>) -> Option<Lint> {
    let before = resource.value.get(..variable.start)?;
    let short = before.matches(':').count() < 5;
    (short && variable.is_closed).then(|| {
        let message = format!(
            "`${{{}}}` stands for itself: in an ARN, variables are put in after the fifth colon only",
            variable.key
        );
        let remedy = "write `*`, or the value, before the fifth colon";
        Lint::new(
            LintCode::VariableUnsupportedInElement,
            &resource.span,
            message,
            remedy,
        )
    })
}

fn in_operator(operator: &str, operand: &Text<'_>) -> Lint {
    let message = format!("`{operator}` puts in no variables, so that nothing equals this");
    let remedy = "write the value itself";
    Lint::new(
        LintCode::InvalidVariableForOperator,
        &operand.span,
        message,
        remedy,
    )
}

/// What is wrong with the key of a variable.
fn key(subject: &Subject<'_>, text: &Text<'_>, variable: &Variable<'_>) -> Option<Lint> {
    let name = variable.key;
    if subject.variables == Variables::Literal {
        return None;
    }
    if !variable.is_closed {
        let message = "a policy variable begins here and does not end";
        let remedy = "close it with `}`, or write `${$}` for the character itself";
        return Some(Lint::new(
            LintCode::MissingBraceInVariable,
            &text.span,
            message,
            remedy,
        ));
    }
    if claim(name).is_none() && subject.key(name).is_none() {
        let message = format!("there is no condition key `{name}`, so that nothing matches this");
        let remedy = "put in a key that exists, such as `${aws:username}`";
        return Some(Lint::new(
            LintCode::UnknownKeyInVariable,
            &text.span,
            message,
            remedy,
        ));
    }
    let facts = subject.facts(name)?;
    facts.multivalued.then(|| {
        let message =
            format!("`{name}` may have several values, none of which is put in for a variable");
        let remedy = "put in a key with one value";
        Lint::new(
            LintCode::MultivaluedKeyInVariable,
            &text.span,
            message,
            remedy,
        )
    })
}

/// The variables of a text; not the escapes `${*}`, `${?}` and `${$}`.
pub(super) fn variables(text: &str) -> impl Iterator<Item = Variable<'_>> {
    places(text).filter(|variable| !is_escape(variable))
}

/// The text without its variables and escapes.
pub(super) fn without_variables(text: &str) -> String {
    let mut rest = String::new();
    let mut from = 0;
    for variable in places(text).filter(|variable| variable.is_closed) {
        rest.push_str(text.get(from..variable.start).unwrap_or_default());
        from = variable.end;
    }
    rest.push_str(text.get(from..).unwrap_or_default());
    rest
}

fn is_escape(variable: &Variable<'_>) -> bool {
    variable.is_closed && matches!(variable.key, "*" | "?" | "$")
}

fn places(text: &str) -> impl Iterator<Item = Variable<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text.get(from..)?.find("${")?;
        let inner = text.get(start + 2..)?;
        let (inner, is_closed) = match inner.find('}') {
            Some(end) => (inner.get(..end)?, true),
            None => (inner, false),
        };
        from = start + 2 + inner.len() + usize::from(is_closed);
        let key = inner.split_once(',').map_or(inner, |(key, _)| key).trim();
        Some(Variable {
            start,
            key,
            is_closed,
            end: from,
        })
    })
}
