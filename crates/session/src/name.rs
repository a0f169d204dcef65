//! Names and durations of sessions.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A value that a session can't have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSessionValue {
    /// Neither 2–64 characters nor the pattern.
    #[error("must be 2 to 64 of the characters a-z, A-Z, 0-9 and _+=,.@-")]
    Name,
    /// A source identity in the reserved name space.
    #[error("must not start with `aws:`")]
    Reserved,
    /// A duration outside of every operation's range.
    #[error("must be between 900 and 129600 seconds")]
    Duration,
}

/// `RoleSessionName`: 2–64 of `[\w+=,.@-]` (STS API Reference).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionName(String);

/// `SourceIdentity`: as a session name, and not starting with `aws:` (STS API Reference).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SourceIdentity(String);

/// How long a session lasts, in seconds: 900–129,600, the widest range of any STS operation. Narrower limits (12 hours for
/// roles, one hour in a chain, the role's own maximum) are the operations'.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionDuration(u32);

impl SessionDuration {
    /// One hour, the default of the AssumeRole operations and the most that a chained session lasts.
    pub const HOUR: Self = Self(3600);

    /// The shortest session.
    pub const MIN: Self = Self(900);

    /// `seconds` as a duration.
    pub fn new(seconds: i64) -> Result<Self, InvalidSessionValue> {
        match u32::try_from(seconds) {
            Ok(value @ 900..=129_600) => Ok(Self(value)),
            _ => Err(InvalidSessionValue::Duration),
        }
    }

    /// The duration in seconds.
    pub fn seconds(self) -> u32 {
        self.0
    }

    /// The end of a session issued at `issued_at` (seconds since the Unix epoch).
    pub fn end(self, issued_at: i64) -> i64 {
        issued_at.saturating_add(i64::from(self.0))
    }
}

fn is_name(text: &str) -> bool {
    (2..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
}

impl FromStr for SessionName {
    type Err = InvalidSessionValue;

    fn from_str(text: &str) -> Result<Self, InvalidSessionValue> {
        if is_name(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidSessionValue::Name)
        }
    }
}

impl FromStr for SourceIdentity {
    type Err = InvalidSessionValue;

    fn from_str(text: &str) -> Result<Self, InvalidSessionValue> {
        if text.starts_with("aws:") {
            Err(InvalidSessionValue::Reserved)
        } else if is_name(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidSessionValue::Name)
        }
    }
}

macro_rules! text_newtype {
    ($name:ident) => {
        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidSessionValue;

            fn try_from(text: String) -> Result<Self, InvalidSessionValue> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_newtype!(SessionName);
text_newtype!(SourceIdentity);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_pattern() {
        for good in [
            "ab",
            "botocore-session-1700000000",
            "a.b@c=d,e+f_g-",
            &"x".repeat(64),
        ] {
            assert!(good.parse::<SessionName>().is_ok(), "{good}");
        }
        for bad in ["", "a", "a b", "a/b", "a:b", "ä1", &"x".repeat(65)] {
            assert!(bad.parse::<SessionName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_source_identity_of_aws_itself_is_refused() {
        assert_eq!(
            "aws:alice".parse::<SourceIdentity>(),
            Err(InvalidSessionValue::Reserved)
        );
        assert!("alice".parse::<SourceIdentity>().is_ok());
    }

    #[test]
    fn durations_neither_wrap_nor_stretch() {
        for bad in [i64::MIN, -900, 0, 899, 129_601, (1 << 32) + 900, i64::MAX] {
            assert_eq!(
                SessionDuration::new(bad),
                Err(InvalidSessionValue::Duration),
                "{bad}"
            );
        }
        assert_eq!(SessionDuration::new(900).unwrap().end(100), 1000);
    }
}
