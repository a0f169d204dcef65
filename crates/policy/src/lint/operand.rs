//! Operators, the types of their keys, and what they are compared with.

use reference::KeyType;

use super::subject::{Question, Subject, in_vain, questions};
use super::variable;
use super::{Lint, LintCode};
use crate::condition::operator::Test;
use crate::condition::{Condition, Operands, Written};
use crate::resource::ArnPattern;
use crate::syntax::{Statement, Text};
use crate::template::Variables;

pub(super) fn lint(subject: &Subject<'_>, statement: &Statement<'_>, lints: &mut Vec<Lint>) {
    for question in questions(statement) {
        lints.extend(mismatch(subject, &question));
        for operand in question.operands {
            let found = unreadable(subject, statement, &question, operand)
                .or_else(|| wildcard(subject, &question, operand));
            lints.extend(found);
        }
    }
}

/// An operator for values of another type than the key's, so that it compares what can't be compared.
fn mismatch(subject: &Subject<'_>, question: &Question<'_>) -> Option<Lint> {
    let facts = subject.facts(&question.key.value)?;
    if fits(question, facts.kind) {
        return None;
    }
    let message = format!(
        "the values of `{}` are {}, which `{}` does not compare as such",
        question.key.value,
        plural(facts.kind),
        question.operator_name.value
    );
    let (yes, no) = operators(facts.kind);
    let remedy = format!("use {}", if question.operator.negated { no } else { yes });
    Some(Lint::new(
        LintCode::TypeMismatch,
        &question.operator_name.span,
        message,
        remedy,
    ))
}

fn fits(question: &Question<'_>, kind: KeyType) -> bool {
    use KeyType::{Arn, Bool, Date, IpAddress, Numeric, String};
    match question.operator.test {
        // The texts of booleans, numbers and ARNs can be compared; those of addresses and dates have many forms.
        Test::StringEquals | Test::StringEqualsIgnoreCase | Test::StringLike => {
            !matches!(kind, IpAddress | Date)
        }
        Test::Numeric(_) => {
            // Seconds are a date and a number.
            kind == Numeric || kind == String || question.is_about("aws:EpochTime")
        }
        Test::Date(_) => kind == Date || kind == String,
        Test::Bool => kind == Bool || kind == String,
        Test::Binary => kind == String,
        Test::IpAddress => kind == IpAddress || kind == String,
        Test::Arn => kind == Arn || kind == String,
        Test::Null => true,
    }
}

fn plural(kind: KeyType) -> &'static str {
    match kind {
        KeyType::String => "texts",
        KeyType::Arn => "ARNs",
        KeyType::Bool => "booleans",
        KeyType::Date => "dates",
        KeyType::Numeric => "numbers",
        KeyType::IpAddress => "IP addresses",
    }
}

/// The operators for a type, and their negations.
fn operators(kind: KeyType) -> (&'static str, &'static str) {
    match kind {
        KeyType::String => ("`StringEquals`", "`StringNotEquals`"),
        KeyType::Arn => ("`ArnLike`", "`ArnNotLike`"),
        KeyType::Bool => ("`Bool`", "`Bool` with the other value"),
        KeyType::Date => ("a `Date…` operator", "`DateNotEquals`"),
        KeyType::Numeric => ("a `Numeric…` operator", "`NumericNotEquals`"),
        KeyType::IpAddress => ("`IpAddress`", "`NotIpAddress`"),
    }
}

/// An operand that can't be read as what its operator compares. It equals no value at all.
fn unreadable(
    subject: &Subject<'_>,
    statement: &Statement<'_>,
    question: &Question<'_>,
    operand: &Text<'_>,
) -> Option<Lint> {
    let text = operand.value.as_ref();
    let expands = subject.variables == Variables::Expand;
    if expands && variable::variables(text).next().is_some() {
        // Reported as a variable, if the operator has none.
        return None;
    }
    let condition = Condition::new(
        question.operator,
        &question.key.value,
        &[text],
        subject.variables,
        Written::default(),
    );
    let is_bool = || text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false");
    let (bad, code, what) = match condition.operands() {
        Operands::Numeric(_, list) => (list.is_empty(), LintCode::TypeMismatchNumber, "a number"),
        Operands::IpAddress(list) => (
            list.is_empty(),
            LintCode::TypeMismatchIpRange,
            "an IP address or a network such as `203.0.113.0/24`",
        ),
        Operands::Binary(list) => (list.is_empty(), LintCode::TypeMismatchBinary, "Base64"),
        Operands::Bool(_) | Operands::Null(_) => (
            !is_bool(),
            LintCode::TypeMismatchBoolean,
            "`true` or `false`",
        ),
        Operands::Arn(list) => (
            matches!(list.as_ref(), [ArnPattern::Never]),
            LintCode::TypeMismatchArn,
            "an ARN with all its six parts",
        ),
        Operands::Equals(_)
        | Operands::EqualsIgnoreCase(_)
        | Operands::Like(_)
        | Operands::Date(..) => return None,
    };
    if !bad {
        return None;
    }
    let effect = if question.operator.negated {
        "so that every value passes".to_owned()
    } else if question.operands.len() == 1 {
        format!("so that the statement {}", in_vain(statement))
    } else {
        "so that no value equals it".to_owned()
    };
    let message = format!("`{text}` is not {what}, {effect}");
    let remedy = match (code, text) {
        (LintCode::TypeMismatchArn, "*") => "write `arn:*` for every ARN".to_owned(),
        _ => format!("write {what}"),
    };
    Some(Lint::new(code, &operand.span, message, remedy))
}

/// A wildcard that stands for itself.
fn wildcard(subject: &Subject<'_>, question: &Question<'_>, operand: &Text<'_>) -> Option<Lint> {
    let operator = question.operator;
    if !matches!(
        operator.test,
        Test::StringEquals | Test::StringEqualsIgnoreCase
    ) {
        return None;
    }
    let text = match subject.variables {
        Variables::Expand => variable::without_variables(&operand.value),
        Variables::Literal => operand.value.to_string(),
    };
    // A question mark is part of many a URL.
    if !text.contains('*') && (!text.contains('?') || question.is_about("aws:referer")) {
        return None;
    }
    let facts = subject.facts(&question.key.value);
    let is_arn = facts.is_some_and(|facts| facts.kind == KeyType::Arn);
    let like = match (is_arn, operator.negated) {
        (true, false) => "ArnLike",
        (true, true) => "ArnNotLike",
        (false, false) => "StringLike",
        (false, true) => "StringNotLike",
    };
    let message = format!(
        "`{}` has no wildcards: the value has to be `{}` to the letter",
        question.operator_name.value, operand.value
    );
    let remedy = format!("use `{like}`, or write `${{*}}` if the character itself is meant");
    Some(Lint::new(
        LintCode::WildcardWithoutLikeOperator,
        &operand.span,
        message,
        remedy,
    ))
}
