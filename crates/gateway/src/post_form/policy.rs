//! The policy that is signed with a form (S3 API Reference, "POST policy").

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::Size;
use crate::fault::{Code, Fault};
use crate::name::BucketName;

/// Fields that need no condition, besides those that begin with `x-ignore-`.
const EXEMPT: &[&str] = &["file", "policy", "x-amz-signature"];

/// A policy: until when, and what the fields have to be.
#[derive(Debug)]
pub(super) struct Policy {
    expiration: Timestamp,
    conditions: Vec<Condition>,
}

/// One condition, and how S3 prints it when it fails.
#[derive(Debug)]
struct Condition {
    rule: Rule,
    shown: String,
}

#[derive(Debug, PartialEq, Eq)]
enum Rule {
    Equals {
        field: String,
        value: String,
    },
    StartsWith {
        field: String,
        value: String,
    },
    Length(Size),
    /// It has a form that nothing meets.
    Never,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    expiration: Option<Value>,
    conditions: Option<Value>,
}

impl Policy {
    /// Reads a policy as the form has it.
    pub(super) fn read(encoded: &str) -> Result<Self, Fault> {
        let json = STANDARD.decode(encoded).ok();
        let document = json.and_then(|json| serde_json::from_slice::<Document>(&json).ok());
        let document = document.ok_or_else(|| invalid("Invalid JSON."))?;
        let expiration = document
            .expiration
            .ok_or_else(|| invalid("Policy missing expiration."))?;
        let conditions = match document.conditions {
            Some(Value::Array(conditions)) => conditions,
            Some(_) => return Err(invalid("Invalid 'conditions' value: must be a List.")),
            None => return Err(invalid("Policy missing conditions.")),
        };
        Ok(Self {
            expiration: instant(&expiration).ok_or_else(|| {
                let shown = expiration.as_str().map(str::to_owned);
                let shown = shown.unwrap_or_else(|| expiration.to_string());
                invalid(&format!("Invalid 'expiration' value: '{shown}'"))
            })?,
            conditions: conditions
                .iter()
                .map(Condition::read)
                .collect::<Result<_, _>>()?,
        })
    }

    /// Holds the fields against the conditions; what is left to be checked is how long the file is.
    pub(super) fn check(
        &self,
        fields: &BTreeMap<String, String>,
        bucket: &BucketName,
        now: Timestamp,
    ) -> Result<Size, Fault> {
        if now >= self.expiration {
            return Err(Fault::denied(
                "Invalid according to Policy: Policy expired.",
            ));
        }
        let mut size = Size::ANY;
        for condition in &self.conditions {
            if let Rule::Length(range) = condition.rule {
                size.least = size.least.max(range.least);
                size.most = size.most.min(range.most);
            } else if !condition.holds(fields, bucket) {
                return Err(Fault::denied(format!(
                    "Invalid according to Policy: Policy Condition failed: {}",
                    condition.shown
                )));
            }
        }
        // The bucket is a field of every form, wherever it is named.
        let names = fields.keys().map(String::as_str);
        let uncovered: Vec<&str> = names
            .filter(|name| *name != "bucket")
            .chain(["bucket"])
            .filter(|name| !EXEMPT.contains(name) && !name.starts_with("x-ignore-"))
            .filter(|name| !self.conditions.iter().any(|it| it.field() == Some(*name)))
            .collect();
        match uncovered.is_empty() {
            true => Ok(size),
            false => Err(Fault::denied(format!(
                "Invalid according to Policy: Extra input fields: {}",
                uncovered.join(", ")
            ))),
        }
    }
}

impl Condition {
    fn read(value: &Value) -> Result<Self, Fault> {
        match value {
            Value::Object(pairs) => {
                let mut pairs_of = pairs.iter();
                let (Some((name, value)), None) = (pairs_of.next(), pairs_of.next()) else {
                    return Err(invalid(
                        "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
                    ));
                };
                let value = value
                    .as_str()
                    .ok_or_else(|| invalid("Invalid Simple-Condition: value must be a string."))?;
                Ok(Self {
                    shown: shown(&["eq", &format!("${name}"), value]),
                    rule: Rule::Equals {
                        field: name.to_ascii_lowercase(),
                        value: value.to_owned(),
                    },
                })
            }
            Value::Array(items) => Self::of_list(items),
            other => Err(invalid(&format!("Unexpected: '{other}'."))),
        }
    }

    fn of_list(items: &[Value]) -> Result<Self, Fault> {
        let wrong =
            || invalid("Invalid Condition: a condition is a list of an operator and two values.");
        let [operator, first, second] = items else {
            return Err(wrong());
        };
        let operator = operator.as_str().ok_or_else(wrong)?;
        let texts = || Some((first.as_str()?, second.as_str()?));
        let operator = operator.to_ascii_lowercase();
        if operator == "content-length-range" {
            return Self::of_range(first, second);
        }
        if operator != "eq" && operator != "starts-with" {
            return Err(invalid(&format!(
                "Invalid Condition: unknown operation '{operator}'."
            )));
        }
        let (name, value) = texts().ok_or_else(wrong)?;
        let field = name.strip_prefix('$').map(str::to_ascii_lowercase);
        let value_of = value.to_owned();
        let rule = match (field, operator.as_str()) {
            (None, _) => Rule::Never,
            (Some(field), "eq") => Rule::Equals {
                field,
                value: value_of,
            },
            (Some(field), _) => Rule::StartsWith {
                field,
                value: value_of,
            },
        };
        Ok(Self {
            rule,
            shown: shown(&[&operator, name, value]),
        })
    }

    /// Numbers, or texts of digits.
    fn of_range(least: &Value, most: &Value) -> Result<Self, Fault> {
        let bound = |value: &Value| match value {
            Value::Number(number) => number.as_u64().map(Some).ok_or_else(|| {
                invalid("Invalid content-length-range: numbers are whole and not negative.")
            }),
            Value::String(text) => Ok(text.parse().ok()),
            _ => Err(invalid(
                "Invalid content-length-range: two numbers are needed.",
            )),
        };
        let rule = match (bound(least)?, bound(most)?) {
            (Some(least), Some(most)) => Rule::Length(Size { least, most }),
            _ => Rule::Never,
        };
        let text = |value: &Value| value.to_string();
        Ok(Self {
            rule,
            shown: format!(
                "[\"content-length-range\", {}, {}]",
                text(least),
                text(most)
            ),
        })
    }

    /// The field that the condition is about.
    fn field(&self) -> Option<&str> {
        match &self.rule {
            Rule::Equals { field, .. } | Rule::StartsWith { field, .. } => Some(field),
            Rule::Length(_) | Rule::Never => None,
        }
    }

    /// A field that isn't there meets no condition. Content types with commas are lists, of which each
    /// has to begin so.
    fn holds(&self, fields: &BTreeMap<String, String>, bucket: &BucketName) -> bool {
        let found = |field: &str| match field {
            "bucket" => Some(bucket.as_str()),
            other => fields.get(other).map(String::as_str),
        };
        match &self.rule {
            Rule::Equals { field, value } => found(field) == Some(value),
            Rule::StartsWith { field, value } => found(field).is_some_and(|it| {
                if field == "content-type" {
                    it.split(',').all(|one| one.trim().starts_with(value))
                } else {
                    it.starts_with(value)
                }
            }),
            Rule::Length(_) => true,
            Rule::Never => false,
        }
    }
}

/// `2026-11-21T20:12:34Z`, with or without a fraction.
fn instant(value: &Value) -> Option<Timestamp> {
    let text = value.as_str()?;
    let plain = text.as_bytes().get(10) == Some(&b'T') && text.ends_with('Z');
    plain.then(|| text.parse().ok()).flatten()
}

fn shown(texts: &[&str]) -> String {
    let texts: Vec<String> = texts
        .iter()
        .map(|text| Value::from(*text).to_string())
        .collect();
    format!("[{}]", texts.join(", "))
}

fn invalid(what: &str) -> Fault {
    Fault::new(Code::InvalidPolicyDocument).message(format!("Invalid Policy: {what}"))
}
