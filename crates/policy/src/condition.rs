//! Conditions: an operator, a key and its operands, ready to be asked.

pub(crate) mod operator;

mod binary;
mod decimal;
mod instant;
pub(crate) mod network;

use std::net::IpAddr;
use std::ops::Range;

use self::decimal::Decimal;
pub(crate) use self::instant::Instant;
use self::network::Network;
use self::operator::{Comparison, Operator, Quantifier, Test};
use crate::context::{Context, Value};
use crate::key::Key;
use crate::resource::ArnPattern;
use crate::template::{Pattern, Template, Variable, Variables};

/// One key under one operator.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    key: Key,
    operator: Operator,
    operands: Operands,
    written: Written,
}

/// Where a condition stands in the text of its document.
#[derive(Debug, Clone, Default)]
pub(crate) struct Written {
    /// The name of the operator, with its quotes.
    pub(crate) operator: Range<usize>,
    /// From the first operand to the last.
    pub(crate) operands: Range<usize>,
}

/// Operands, read once. What cannot be read as the type of its operator equals nothing and is
/// left out.
#[derive(Debug, Clone)]
pub(crate) enum Operands {
    Equals(Box<[Template]>),
    EqualsIgnoreCase(Box<[Template]>),
    Like(Box<[Pattern]>),
    Numeric(Comparison, Box<[Decimal]>),
    Date(Comparison, Box<[Instant]>),
    Bool(Box<[Template]>),
    Binary(Box<[Box<str>]>),
    IpAddress(Box<[Network]>),
    Arn(Box<[ArnPattern]>),
    Null(Box<[bool]>),
}

impl Condition {
    pub(crate) fn new(
        operator: Operator,
        key: &str,
        operands: &[&str],
        variables: Variables,
        written: Written,
    ) -> Self {
        Self {
            key: Key::new(key),
            operator,
            operands: Operands::new(operator.test, operands, variables),
            written,
        }
    }

    pub(crate) fn key(&self) -> &str {
        self.key.name()
    }

    /// Its key, and those of the variables in its operands.
    pub(crate) fn context_keys(&self) -> impl Iterator<Item = &str> {
        let variables: Vec<&Variable> = match &self.operands {
            Operands::Equals(texts) | Operands::EqualsIgnoreCase(texts) | Operands::Bool(texts) => {
                texts.iter().flat_map(Template::variables).collect()
            }
            Operands::Like(patterns) => patterns.iter().flat_map(Pattern::variables).collect(),
            Operands::Arn(patterns) => patterns.iter().flat_map(ArnPattern::variables).collect(),
            _ => Vec::new(),
        };
        std::iter::once(self.key()).chain(variables.into_iter().map(Variable::key))
    }

    pub(crate) fn written(&self) -> &Written {
        &self.written
    }

    pub(crate) fn operator(&self) -> Operator {
        self.operator
    }

    pub(crate) fn operands(&self) -> &Operands {
        &self.operands
    }

    /// Whether the request meets the condition (IAM User Guide, "IAM JSON policy elements:
    /// Condition operators" and "Set operators for multivalued context keys").
    pub(crate) fn holds(&self, context: &Context) -> bool {
        let value = context
            .lookup(&self.key)
            .filter(|value| !matches!(value, Value::Many(values) if values.is_empty()));
        if let Operands::Null(operands) = &self.operands {
            return operands.contains(&value.is_none());
        }
        let Operator {
            quantifier,
            negated,
            if_exists,
            ..
        } = self.operator;
        let Some(value) = value else {
            return if_exists
                || match quantifier {
                    Quantifier::Plain => negated,
                    Quantifier::ForAllValues => true,
                    Quantifier::ForAnyValue => false,
                };
        };
        // A negated operator wants a value that equals none of the operands.
        let passes = |value: &String| self.operands.any(value, context) != negated;
        match (quantifier, value) {
            (Quantifier::Plain, Value::One(value)) => passes(value),
            // Without a set operator it is not said which of the values is meant.
            (Quantifier::Plain, Value::Many(_)) => false,
            // An empty text is an empty set.
            (Quantifier::ForAllValues, Value::One(value)) => value.is_empty() || passes(value),
            (Quantifier::ForAllValues, Value::Many(values)) => {
                matches!(values.as_slice(), [only] if only.is_empty()) || values.iter().all(passes)
            }
            (Quantifier::ForAnyValue, Value::One(value)) => passes(value),
            (Quantifier::ForAnyValue, Value::Many(values)) => values.iter().any(passes),
        }
    }
}

impl Operands {
    fn new(test: Test, texts: &[&str], variables: Variables) -> Self {
        let texts = texts.iter();
        match test {
            Test::StringEquals => {
                Self::Equals(texts.map(|text| Template::new(text, variables)).collect())
            }
            Test::StringEqualsIgnoreCase => {
                Self::EqualsIgnoreCase(texts.map(|text| Template::new(text, variables)).collect())
            }
            Test::StringLike => {
                Self::Like(texts.map(|text| Pattern::new(text, variables)).collect())
            }
            Test::Numeric(comparison) => Self::Numeric(
                comparison,
                texts.filter_map(|text| Decimal::parse(text)).collect(),
            ),
            Test::Date(comparison) => Self::Date(
                comparison,
                texts.filter_map(|text| Instant::parse(text)).collect(),
            ),
            Test::Bool => Self::Bool(texts.map(|text| Template::new(text, variables)).collect()),
            Test::Binary => Self::Binary(
                texts
                    .filter(|text| binary::is_base64(text))
                    .map(|text| (*text).into())
                    .collect(),
            ),
            Test::IpAddress => {
                Self::IpAddress(texts.filter_map(|text| Network::parse(text)).collect())
            }
            Test::Arn => Self::Arn(texts.map(|text| ArnPattern::new(text, variables)).collect()),
            Test::Null => Self::Null(texts.filter_map(|text| boolean(text)).collect()),
        }
    }

    /// Whether the value stands in the operator's relation to one of the operands.
    fn any(&self, value: &str, context: &Context) -> bool {
        match self {
            Self::Equals(operands) => operands
                .iter()
                .any(|operand| operand.equals(value, context)),
            Self::EqualsIgnoreCase(operands) => operands
                .iter()
                .any(|operand| operand.equals_ignoring_case(value, context)),
            Self::Like(operands) => operands
                .iter()
                .any(|operand| operand.matches(value, context)),
            Self::Numeric(comparison, operands) => Decimal::parse(value).is_some_and(|value| {
                operands
                    .iter()
                    .any(|operand| comparison.holds(&value, operand))
            }),
            Self::Date(comparison, operands) => Instant::parse(value).is_some_and(|value| {
                operands
                    .iter()
                    .any(|operand| comparison.holds(&value, operand))
            }),
            Self::Bool(operands) => boolean(value).is_some_and(|value| {
                let word = if value { "true" } else { "false" };
                operands
                    .iter()
                    .any(|operand| operand.equals_ignoring_case(word, context))
            }),
            // Operands are base64, and a value that equals one is too.
            Self::Binary(operands) => operands.iter().any(|operand| **operand == *value),
            Self::IpAddress(operands) => value
                .parse::<IpAddr>()
                .is_ok_and(|value| operands.iter().any(|operand| operand.contains(value))),
            Self::Arn(operands) => operands
                .iter()
                .any(|operand| operand.matches(value, context)),
            // Asked of the key, not of a value.
            Self::Null(_) => false,
        }
    }
}

fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
