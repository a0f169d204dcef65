//! What is looked at, and what is known about its condition keys.

use reference::{Action, ConditionKey, KeyType, Reference};

use crate::condition::operator::{Operator, Quantifier, Test};
use crate::document::DocumentKind;
use crate::syntax::{Document, Statement, Text};
use crate::template::Variables;

/// A document and what to read it with.
pub(super) struct Subject<'s> {
    pub(super) kind: DocumentKind,
    pub(super) document: &'s Document<'s>,
    pub(super) reference: &'s Reference,
    pub(super) variables: Variables,
}

/// One key under one operator.
#[derive(Clone, Copy)]
pub(super) struct Question<'s> {
    pub(super) operator: Operator,
    pub(super) operator_name: &'s Text<'s>,
    pub(super) key: &'s Text<'s>,
    pub(super) operands: &'s [Text<'s>],
}

/// A condition key as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyFacts {
    pub(super) kind: KeyType,
    pub(super) multivalued: bool,
}

impl<'s> Subject<'s> {
    pub(super) fn new(
        kind: DocumentKind,
        document: &'s Document<'s>,
        reference: &'s Reference,
    ) -> Self {
        let version = document.version.as_ref();
        let current = version.is_some_and(|version| version.value == "2012-10-17");
        Self {
            kind,
            document,
            reference,
            variables: if current {
                Variables::Expand
            } else {
                Variables::Literal
            },
        }
    }

    /// Whether the document grants by itself; boundaries, session policies and organization policies only limit.
    pub(super) fn grants(&self) -> bool {
        use DocumentKind::{Bucket, Identity, Managed, Resource, Trust};
        matches!(self.kind, Identity | Managed | Trust | Bucket | Resource)
    }

    /// The actions that a pattern covers; those of all services only for `*`.
    pub(super) fn actions(&self, pattern: &str) -> Vec<Action<'s>> {
        let Some((prefix, name)) = pattern.split_once(':') else {
            return self.reference.expand(pattern).collect();
        };
        if prefix.contains(['*', '?']) {
            return self.reference.expand(pattern).collect();
        }
        let Some(service) = self.reference.service(prefix) else {
            return Vec::new();
        };
        if !name.contains(['*', '?']) {
            return service.action(name).into_iter().collect();
        }
        service
            .actions()
            .filter(|action| action.matches(pattern))
            .collect()
    }

    /// The condition key with this name.
    pub(super) fn key(&self, name: &str) -> Option<ConditionKey<'s>> {
        self.reference.condition_key(name).or_else(|| {
            // The reference has a few keys for tags with an example in the place of the variable.
            let (prefix, _) = name.split_once(':')?;
            let (start, _) = name.split_once('/')?;
            let same_start = |key: &ConditionKey<'_>| {
                let known = key.name().split_once('/').map(|(known, _)| known);
                known.is_some_and(|known| known.eq_ignore_ascii_case(start))
            };
            let service = self.reference.service(prefix)?;
            service.condition_keys().find(same_start)
        })
    }

    /// The day on which the reference was taken.
    pub(super) fn date(&self) -> &'s str {
        let source = self.reference.source();
        source.rsplit(' ').next().unwrap_or(source)
    }

    /// What is known of a key; claims that not every provider has are not known.
    pub(super) fn facts(&self, key: &str) -> Option<KeyFacts> {
        if let Some((_, claim)) = claim(key) {
            let multivalued = match claim.to_ascii_lowercase().as_str() {
                "amr" => true,
                "sub" | "aud" | "oaud" | "email" => false,
                _ => return None,
            };
            return Some(KeyFacts {
                kind: KeyType::String,
                multivalued,
            });
        }
        let key = self.key(key)?;
        Some(KeyFacts {
            kind: key.kind(),
            multivalued: key.is_multivalued(),
        })
    }
}

impl Question<'_> {
    /// Whether it holds only with the key, and with one of the operands.
    pub(super) fn is_positive(&self) -> bool {
        !self.operator.negated && !self.operator.if_exists
    }

    /// Whether it says that the key must be there.
    pub(super) fn requires_key(&self) -> bool {
        match self.operator.test {
            Test::Null => {
                let mut operands = self.operands.iter();
                operands.all(|operand| operand.value.eq_ignore_ascii_case("false"))
            }
            _ => {
                !self.operator.if_exists
                    && match self.operator.quantifier {
                        Quantifier::Plain => !self.operator.negated,
                        Quantifier::ForAnyValue => true,
                        Quantifier::ForAllValues => false,
                    }
            }
        }
    }

    pub(super) fn is_about(&self, key: &str) -> bool {
        self.key.value.eq_ignore_ascii_case(key)
    }
}

/// Whether a service gets new actions and keys so seldom that the reference can be taken for complete. Others may have
/// got some since the day of the reference.
pub(super) fn is_settled(prefix: &str) -> bool {
    let settled = ["s3", "sts"];
    settled
        .iter()
        .any(|known| prefix.eq_ignore_ascii_case(known))
}

/// The conditions of a statement.
pub(super) fn questions<'s>(
    statement: &'s Statement<'s>,
) -> impl Iterator<Item = Question<'s>> + Clone {
    let operations = statement.conditions.iter();
    operations
        .filter_map(|operation| Some((Operator::parse(&operation.name.value)?, operation)))
        .flat_map(|(operator, operation)| {
            operation.keys.iter().map(move |(key, operands)| Question {
                operator,
                operator_name: &operation.name,
                key,
                operands,
            })
        })
}

pub(super) fn allows(statement: &Statement<'_>) -> bool {
    let effect = statement.effect.as_ref();
    effect.is_some_and(|effect| effect.value == "Allow")
}

/// What a statement that never matches fails to do.
pub(super) fn in_vain(statement: &Statement<'_>) -> &'static str {
    if allows(statement) {
        "allows nothing"
    } else {
        "denies nothing"
    }
}

/// The issuer and the claim of a key of an identity provider (`oidc.example.com/id:sub`). Issuers are hosts, perhaps
/// with a port and a path.
pub(super) fn claim(key: &str) -> Option<(&str, &str)> {
    let (issuer, claim) = key.rsplit_once(':')?;
    let host = issuer.split(['/', ':']).next().unwrap_or_default();
    let is_host = host.contains('.') || host.eq_ignore_ascii_case("localhost");
    (is_host || issuer.contains("://")).then_some((issuer, claim))
}
