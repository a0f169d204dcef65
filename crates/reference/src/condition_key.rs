//! Condition keys.

use crate::table::{KeyRow, Reference};
use crate::wildcard;

/// A condition key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConditionKey<'r> {
    name: &'r str,
    kind: KeyType,
    multivalued: bool,
}

/// What the values of a condition key are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// Text.
    String,
    /// An ARN.
    Arn,
    /// `true` or `false`.
    Bool,
    /// A time.
    Date,
    /// A number.
    Numeric,
    /// An address or a network.
    IpAddress,
}

impl<'r> ConditionKey<'r> {
    pub(crate) const fn one(name: &'r str, kind: KeyType) -> Self {
        Self {
            name,
            kind,
            multivalued: false,
        }
    }

    pub(crate) const fn many(name: &'r str, kind: KeyType) -> Self {
        Self {
            name,
            kind,
            multivalued: true,
        }
    }

    pub(crate) fn new(reference: &'r Reference, row: &KeyRow) -> Self {
        Self {
            name: reference.text(row.name),
            kind: row.kind,
            multivalued: row.multivalued,
        }
    }

    /// The name, with variables: `aws:RequestTag/${TagKey}`.
    #[must_use]
    pub fn name(self) -> &'r str {
        self.name
    }

    /// What its values are.
    #[must_use]
    pub fn kind(self) -> KeyType {
        self.kind
    }

    /// Whether one request can have several values, so that a condition needs `ForAllValues` or `ForAnyValue`.
    #[must_use]
    pub fn is_multivalued(self) -> bool {
        self.multivalued
    }

    /// Whether a name in a policy means this key, without regard to case. Any text may be in place of a variable.
    #[must_use]
    pub fn matches(self, name: &str) -> bool {
        fits(self.name, name)
    }
}

impl KeyType {
    /// The name that AWS gives it: `IPAddress`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::Arn => "ARN",
            Self::Bool => "Bool",
            Self::Date => "Date",
            Self::Numeric => "Numeric",
            Self::IpAddress => "IPAddress",
        }
    }

    pub(crate) fn of_name(name: &str) -> Option<Self> {
        let all = [
            Self::String,
            Self::Arn,
            Self::Bool,
            Self::Date,
            Self::Numeric,
            Self::IpAddress,
        ];
        all.into_iter().find(|kind| kind.name() == name)
    }
}

/// Whether a name fits a template. No template of the reference has two variables, so what follows the variable has to
/// be the end of the name.
fn fits(template: &str, name: &str) -> bool {
    let Some((before, rest)) = template.split_once("${") else {
        return template.eq_ignore_ascii_case(name);
    };
    let after = rest.split_once('}').map_or("", |(_, after)| after);
    let Some(variable) = name.len().checked_sub(before.len() + after.len()) else {
        return false;
    };
    let (head, tail) = (
        name.get(..before.len()),
        name.get(before.len() + variable..),
    );
    variable > 0
        && head.is_some_and(|head| wildcard::compare(head, before).is_eq())
        && tail.is_some_and(|tail| wildcard::compare(tail, after).is_eq())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_any_text_but_none() {
        let arguments = [
            ("aws:TagKeys", "AWS:tagkeys", true),
            ("aws:TagKeys", "aws:TagKey", false),
            ("aws:RequestTag/${TagKey}", "aws:requesttag/Team", true),
            ("aws:RequestTag/${TagKey}", "aws:RequestTag/", false),
            ("aws:RequestTag/${TagKey}", "aws:RequestTag", false),
            ("aws:RequestTag/${TagKey}", "aws:RequestTag/${TagKey}", true),
            ("aws:RequestTag/${TagKey}", "é", false),
            ("a:b/${X}.type", "a:b/c.d.type", true),
            ("a:b/${X}.type", "a:b/.type", false),
            ("a:b/${X}.type", "a:b/c.name", false),
        ];
        for (template, name, expected) in arguments {
            assert_eq!(fits(template, name), expected, "{template} {name}");
        }
    }
}
