//! The request condition column, and conditions that an action can't meet.

use std::fmt;

use reference::{Action, ConditionKey, Reference};
use serde::Serialize;

use crate::condition::operator::{Operator, Quantifier, Test};
use crate::syntax::Operation;

/// The conditions under which actions are covered, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Conditions(pub Vec<ConditionText>);

/// One key of a `Condition`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConditionText {
    /// The key as it was written: `aws:SourceIp`.
    pub key: String,
    /// The operator: `IpAddress`.
    pub operator: String,
    /// The values, of which one has to match.
    pub values: Vec<String>,
}

impl Conditions {
    pub(super) fn of(operations: &[Operation<'_>]) -> Self {
        let texts = operations.iter().flat_map(|operation| {
            operation.keys.iter().map(|(key, values)| ConditionText {
                key: key.value.to_string(),
                operator: operation.name.value.to_string(),
                values: values.iter().map(|value| value.value.to_string()).collect(),
            })
        });
        Self(texts.collect())
    }

    /// Adds those of the others that are not here yet.
    pub(super) fn add(&mut self, others: &Self) {
        for other in &others.0 {
            if !self.0.contains(other) {
                self.0.push(other.clone());
            }
        }
    }

    /// The first key that a request for the action never has, although a condition can't hold without it.
    pub(super) fn unsupported_key(&self, action: Action<'_>) -> Option<&str> {
        self.0
            .iter()
            .find(|text| text.needs_key() && is_unsupported(&text.key, action))
            .map(|text| text.key.as_str())
    }
}

impl ConditionText {
    /// Whether the condition is false for requests without the key (IAM User Guide, "Condition operators").
    fn needs_key(&self) -> bool {
        let Some(operator) = Operator::parse(&self.operator) else {
            return false;
        };
        match operator.quantifier {
            _ if operator.if_exists => false,
            Quantifier::ForAllValues => false,
            Quantifier::ForAnyValue => true,
            Quantifier::Plain if operator.test == Test::Null => {
                let absent = |value: &String| value.eq_ignore_ascii_case("true");
                !self.values.iter().any(absent)
            }
            Quantifier::Plain => !operator.negated,
        }
    }
}

/// Whether the action's service has the key, but not for this action. Nothing is known of other keys: the global ones
/// may be there in every request, and a key that no service has may be a claim of an identity provider.
fn is_unsupported(key: &str, action: Action<'_>) -> bool {
    let service = action.service();
    let own = key
        .split_once(':')
        .is_some_and(|(prefix, _)| prefix.eq_ignore_ascii_case(service.prefix()));
    let named = |found: ConditionKey<'_>| found.matches(key);
    own && !Reference::global_condition_keys().any(named)
        && service.condition_keys().any(named)
        && !action.condition_keys().any(named)
        && !action
            .resource_types()
            .any(|(kind, _)| kind.condition_keys().any(named))
}

/// `None`, `Multiple`, or the only condition.
impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [] => f.pad("None"),
            [one] => fmt::Display::fmt(one, f),
            _ => f.pad("Multiple"),
        }
    }
}

/// `aws:SourceIp | IpAddress | 203.0.113.0/24`.
impl fmt::Display for ConditionText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.values.join(", ");
        f.pad(&format!("{} | {} | {values}", self.key, self.operator))
    }
}
