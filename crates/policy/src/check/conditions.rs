//! Checks of conditions that all kinds share.

use std::ops::Range;

use crate::condition::Instant;
use crate::condition::operator::{Operator, Test};
use crate::nearest::nearest;
use crate::syntax::{Document, Statement, Text};

/// A condition that asks nothing sensible.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) span: Range<usize>,
    pub(super) reason: String,
}

/// The first operator that does not exist. It is let through without keys, as IAM does.
pub(super) fn unknown_operator<'d, 'a>(document: &'d Document<'a>) -> Option<&'d Text<'a>> {
    let mut operations = document
        .statements
        .iter()
        .flat_map(|statement| &statement.conditions);
    let unknown = operations.find(|operation| {
        Operator::parse(&operation.name.value).is_none() && !operation.keys.is_empty()
    });
    unknown.map(|operation| &operation.name)
}

/// The operator that was probably meant by one that does not exist.
pub(super) fn operator_remedy(name: &str) -> Option<String> {
    let (quantifier, rest) = name
        .split_once(':')
        .map_or((None, name), |(quantifier, rest)| (Some(quantifier), rest));
    let quantifier = match quantifier {
        None => String::new(),
        Some(quantifier) => format!("{}:", nearest(quantifier, ["ForAllValues", "ForAnyValue"])?),
    };
    let (base, suffix) = rest
        .strip_suffix("IfExists")
        .map_or((rest, ""), |base| (base, "IfExists"));
    let written = format!(
        "{quantifier}{}{suffix}",
        nearest(base, OPERATORS.iter().copied())?
    );
    Operator::parse(&written).map(|_| format!("write `{written}`"))
}

/// The first operand of a date operator that is no date.
pub(super) fn bad_date(document: &Document<'_>) -> Option<Fault> {
    let mut dates = document
        .statements
        .iter()
        .flat_map(|statement| operands(statement, |test| matches!(test, Test::Date(_))));
    let text = dates.find(|text| Instant::parse(&text.value).is_none())?;
    Some(Fault {
        span: text.span.clone(),
        reason: format!(
            "`{}` is neither an ISO 8601 date nor seconds since 1970",
            text.value
        ),
    })
}

/// Operands of the operators that a predicate picks.
pub(super) fn operands<'d, 'a>(
    statement: &'d Statement<'a>,
    pick: impl Fn(Test) -> bool,
) -> impl Iterator<Item = &'d Text<'a>> {
    let picked = statement.conditions.iter().filter(move |operation| {
        Operator::parse(&operation.name.value).is_some_and(|operator| pick(operator.test))
    });
    picked.flat_map(|operation| operation.keys.iter().flat_map(|(_, operands)| operands))
}

/// Operators without set operator and suffix.
const OPERATORS: &[&str] = &[
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "Null",
];
