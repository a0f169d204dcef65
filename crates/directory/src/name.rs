//! Names and paths of IAM entities, and aliases of accounts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The name of a user, group, role, instance profile or policy: 1–128 of `[A-Za-z0-9_+=,.@-]` (IAM user guide,
/// "IAM and AWS STS quotas, name requirements"). Case is kept; [`EntityName::folded`] is
/// what must be unique.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EntityName(String);

/// The path of an entity: `/`, or `/part/…/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EntityPath(String);

/// A second name of an account: 3–63 of `[a-z0-9-]`, with hyphens one at a time and between
/// other characters (IAM API reference, `CreateAccountAlias`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountAlias(String);

/// Why a text is no name, no path or no alias.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidName {
    /// Empty, too long, or a character that names don't have.
    #[error("a name must contain 1 to 128 alphanumeric characters and/or the following: +=,.@_-")]
    Name,
    /// Not of the form of a path.
    #[error(
        "a path must begin and end with / and contain only alphanumeric characters and/or / characters"
    )]
    Path,
    /// Not of the form of an account alias.
    #[error(
        "an account alias must contain 3 to 63 lower-case letters, digits and single hyphens between them"
    )]
    Alias,
}

impl EntityName {
    /// The name as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which names are unique and looked up: names are unique without regard
    /// to case.
    #[must_use]
    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

/// The form in which a name is looked up.
pub(crate) fn fold(name: &str) -> String {
    name.to_ascii_lowercase()
}

impl FromStr for EntityName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
        if (1..=128).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName::Name)
        }
    }
}

impl EntityPath {
    /// `/`.
    #[must_use]
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// The path, slashes included.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EntityPath {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let graphic = text.bytes().all(|byte| byte.is_ascii_graphic());
        let framed = text.starts_with('/') && text.ends_with('/');
        if (1..=512).contains(&text.len()) && graphic && framed {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName::Path)
        }
    }
}

impl AccountAlias {
    /// The alias.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountAlias {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_part = |part: &str| !part.is_empty() && part.bytes().all(allowed);
        if (3..=63).contains(&text.len()) && text.split('-').all(is_part) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName::Alias)
        }
    }
}

macro_rules! text {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(text: String) -> Result<Self, InvalidName> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}

text!(EntityName);
text!(EntityPath);
text!(AccountAlias);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_paths_are_checked_once_and_then_right() {
        for good in ["a", "A+=,.@_-9", &"x".repeat(128)] {
            good.parse::<EntityName>().unwrap();
        }
        for bad in ["", "a b", "ä", "a/b", "a*", &"x".repeat(129)] {
            bad.parse::<EntityName>().unwrap_err();
        }
        for good in ["/", "/a/", "/aws-service-role/x.y/"] {
            good.parse::<EntityPath>().unwrap();
        }
        for bad in ["", "a/", "/a", "/a b/"] {
            bad.parse::<EntityPath>().unwrap_err();
        }
        for good in ["abc", "a-b-c", "012", &"x".repeat(63)] {
            good.parse::<AccountAlias>().unwrap();
        }
        for bad in [
            "",
            "ab",
            "-abc",
            "abc-",
            "a--b",
            "Abc",
            "a_b",
            &"x".repeat(64),
        ] {
            bad.parse::<AccountAlias>().unwrap_err();
        }
    }
}
