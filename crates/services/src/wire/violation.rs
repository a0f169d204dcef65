//! Missed constraints and the message that lists them.

use std::fmt;

/// A constraint of a shape, worded as AWS words it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constraint {
    /// A required member is missing.
    NotNull,
    /// A string or list is too long.
    MaxLength(usize),
    /// A string or list is too short.
    MinLength(usize),
    /// An integer is too great.
    MaxValue(i32),
    /// An integer is too small.
    MinValue(i32),
    /// A string does not match the model's pattern.
    Pattern(&'static str),
    /// A string is none of an enumeration's values.
    OneOf(&'static [&'static str]),
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Constraint::NotNull => f.write_str("Member must not be null"),
            Constraint::MaxLength(n) => {
                write!(f, "Member must have length less than or equal to {n}")
            }
            Constraint::MinLength(n) => {
                write!(f, "Member must have length greater than or equal to {n}")
            }
            Constraint::MaxValue(n) => {
                write!(f, "Member must have value less than or equal to {n}")
            }
            Constraint::MinValue(n) => {
                write!(f, "Member must have value greater than or equal to {n}")
            }
            Constraint::Pattern(pattern) => write!(
                f,
                "Member must satisfy regular expression pattern: {pattern}"
            ),
            Constraint::OneOf(values) => write!(
                f,
                "Member must satisfy enum value set: [{}]",
                values.join(", ")
            ),
        }
    }
}

/// The value that missed a constraint, as far as the message may show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offender {
    /// There is none.
    Null,
    /// The service hides values, the member is secret, or the value is a list.
    Hidden,
    /// The value itself.
    Shown(String),
}

/// One missed constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where: `tags.1.member.key`.
    pub path: String,
    /// What.
    pub offender: Offender,
    /// Why.
    pub constraint: Constraint,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value ")?;
        match &self.offender {
            Offender::Null => f.write_str("null ")?,
            Offender::Hidden => {}
            Offender::Shown(value) => write!(f, "'{value}' ")?,
        }
        write!(
            f,
            "at '{}' failed to satisfy constraint: {}",
            self.path, self.constraint
        )
    }
}

/// The message of a validation error: `2 validation errors detected: …; …`.
#[must_use]
pub fn validation_message(violations: &[Violation]) -> String {
    let plural = if violations.len() == 1 { "" } else { "s" };
    let listed: Vec<String> = violations.iter().map(Violation::to_string).collect();
    format!(
        "{} validation error{plural} detected: {}",
        violations.len(),
        listed.join("; ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violation(path: &str, offender: Offender, constraint: Constraint) -> Violation {
        Violation {
            path: path.to_owned(),
            offender,
            constraint,
        }
    }

    #[test]
    fn one_error_that_hides_its_value() {
        let all = [violation(
            "roleName",
            Offender::Hidden,
            Constraint::MaxLength(64),
        )];
        assert_eq!(
            validation_message(&all),
            "1 validation error detected: Value at 'roleName' failed to satisfy constraint: \
             Member must have length less than or equal to 64"
        );
    }

    #[test]
    fn several_errors_are_joined_and_show_values() {
        let all = [
            violation(
                "roleSessionName",
                Offender::Shown("a:b".into()),
                Constraint::Pattern(r"[\w+=,.@-]*"),
            ),
            violation("roleArn", Offender::Null, Constraint::NotNull),
            violation(
                "lookupAttributes.1.member.attributeKey",
                Offender::Hidden,
                Constraint::OneOf(&["A", "B"]),
            ),
        ];
        assert_eq!(
            validation_message(&all),
            "3 validation errors detected: \
             Value 'a:b' at 'roleSessionName' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [\\w+=,.@-]*; \
             Value null at 'roleArn' failed to satisfy constraint: Member must not be null; \
             Value at 'lookupAttributes.1.member.attributeKey' failed to satisfy constraint: \
             Member must satisfy enum value set: [A, B]"
        );
    }
}
