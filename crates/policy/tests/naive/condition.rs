//! Conditions (IAM User Guide, "Condition operators" and "Set operators for multivalued context keys").

use std::cmp::Ordering;

use serde_json::Value as Json;

use super::glob::{self, Piece};
use super::values;
use super::variables::Reader;
use super::world::Held;

/// Whether every operator holds for every one of its keys.
pub(crate) fn hold(condition: &Json, reader: &Reader<'_>) -> bool {
    let Some(operators) = condition.as_object() else {
        return true;
    };
    let mut all = true;
    for (operator, keys) in operators {
        for (key, operands) in keys.as_object().into_iter().flatten() {
            let operands: Vec<String> = match operands {
                Json::Array(list) => list.iter().map(operand).collect(),
                one => vec![operand(one)],
            };
            let holds = holds(operator, key, &operands, reader);
            reader.notes.take(|| {
                let present = reader.question.key(key).is_some();
                let present = if present { "present" } else { "absent" };
                format!("{operator} {present} {holds}")
            });
            all &= holds;
        }
    }
    all
}

/// Numbers and booleans stand for their text.
fn operand(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn holds(operator: &str, key: &str, operands: &[String], reader: &Reader<'_>) -> bool {
    let held = reader.question.key(key);
    if operator == "Null" {
        let absent = if held.is_none() { "true" } else { "false" };
        return operands
            .iter()
            .any(|operand| operand.eq_ignore_ascii_case(absent));
    }
    let (set, operator) = match operator.split_once(':') {
        Some((set, operator)) => (Some(set), operator),
        None => (None, operator),
    };
    let (operator, if_exists) = match operator.strip_suffix("IfExists") {
        Some(operator) => (operator, true),
        None => (operator, false),
    };
    let (positive, negated) = positive_of(operator);
    let Some(held) = held else {
        return match set {
            _ if if_exists => true,
            Some("ForAllValues") => true,
            Some(_) => false,
            None => negated,
        };
    };
    // One value passes a positive operator if it matches one operand at least, and a negated
    // one if it matches none of them.
    let passes = |value: &String| {
        let matched = operands
            .iter()
            .any(|operand| matches(positive, value, operand, reader));
        matched != negated
    };
    match (set, held) {
        (None, Held::One(value)) => passes(value),
        // A key of several values has to be asked with a set operator.
        (None, Held::Many(_)) => false,
        (Some("ForAllValues"), Held::One(value)) => value.is_empty() || passes(value),
        (Some("ForAllValues"), Held::Many(values)) => {
            matches!(values.as_slice(), [value] if value.is_empty()) || values.iter().all(passes)
        }
        (Some(_), Held::One(value)) => passes(value),
        (Some(_), Held::Many(values)) => values.iter().any(passes),
    }
}

/// The operator whose answer a negated one turns around, and whether it is a negated one.
fn positive_of(operator: &str) -> (&str, bool) {
    match operator {
        "StringNotEquals" => ("StringEquals", true),
        "StringNotEqualsIgnoreCase" => ("StringEqualsIgnoreCase", true),
        "StringNotLike" => ("StringLike", true),
        "NumericNotEquals" => ("NumericEquals", true),
        "DateNotEquals" => ("DateEquals", true),
        "NotIpAddress" => ("IpAddress", true),
        "ArnNotEquals" => ("ArnEquals", true),
        "ArnNotLike" => ("ArnLike", true),
        other => (other, false),
    }
}

/// Whether one value matches one operand of a positive operator.
fn matches(operator: &str, value: &str, operand: &str, reader: &Reader<'_>) -> bool {
    if let Some(relation) = operator.strip_prefix("Numeric") {
        return stands(relation, values::compare_numbers(value, operand));
    }
    if let Some(relation) = operator.strip_prefix("Date") {
        return stands(relation, values::compare_dates(value, operand));
    }
    match operator {
        "StringEquals" => reader.literal(operand).is_some_and(|text| text == value),
        "StringEqualsIgnoreCase" => reader
            .literal(operand)
            .is_some_and(|text| text.to_lowercase() == value.to_lowercase()),
        "StringLike" => reader
            .pattern(operand)
            .is_some_and(|pattern| glob::matches(&pattern, value)),
        "Bool" => {
            let operand = reader
                .literal(operand)
                .and_then(|text| values::boolean(&text));
            operand.is_some() && operand == values::boolean(value)
        }
        "BinaryEquals" => {
            let operand = values::bytes(operand);
            operand.is_some() && operand == values::bytes(value)
        }
        "IpAddress" => values::address_in(value, operand),
        "ArnEquals" | "ArnLike" => reader
            .pattern(operand)
            .is_some_and(|pattern| arn_matches(&pattern, value)),
        other => panic!("there is no operator {other}"),
    }
}

fn stands(relation: &str, order: Option<Ordering>) -> bool {
    let Some(order) = order else {
        return false;
    };
    match relation {
        "Equals" => order.is_eq(),
        "LessThan" => order.is_lt(),
        "LessThanEquals" => order.is_le(),
        "GreaterThan" => order.is_gt(),
        "GreaterThanEquals" => order.is_ge(),
        other => panic!("there is no relation {other}"),
    }
}

/// Each of the six parts for itself; a wildcard does not reach over a colon of the first five.
fn arn_matches(pattern: &[Piece], value: &str) -> bool {
    let patterns: Vec<&[Piece]> = pattern
        .splitn(6, |piece| *piece == Piece::Char(':'))
        .collect();
    let parts: Vec<&str> = value.splitn(6, ':').collect();
    let is_arn = parts.len() == 6 && parts[0] == "arn";
    is_arn
        && patterns.len() == 6
        && patterns
            .iter()
            .zip(parts)
            .all(|(pattern, part)| glob::matches(pattern, part))
}
