//! Amazon resource names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// `arn:partition:service:region:account:resource`. Region and account may be empty, the resource
/// may contain colons. The text is kept as it was given and compared case-sensitively.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Arn(Box<str>);

impl Arn {
    /// `aws`, `aws-cn`, …
    #[must_use]
    pub fn partition(&self) -> &str {
        self.part(1)
    }

    /// `iam`, `s3`, …
    #[must_use]
    pub fn service(&self) -> &str {
        self.part(2)
    }

    /// Empty for services and resources without a region.
    #[must_use]
    pub fn region(&self) -> &str {
        self.part(3)
    }

    /// Account number as text; empty for buckets and objects, `aws` for what AWS itself owns.
    #[must_use]
    pub fn account(&self) -> &str {
        self.part(4)
    }

    /// Everything after the fifth colon.
    #[must_use]
    pub fn resource(&self) -> &str {
        self.part(5)
    }

    /// The whole text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn part(&self, index: usize) -> &str {
        self.0.splitn(PARTS, ':').nth(index).unwrap_or_default()
    }
}

impl FromStr for Arn {
    type Err = InvalidArn;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(PARTS, ':');
        let mut next = || parts.next().ok_or(InvalidArn);
        let (scheme, partition, service) = (next()?, next()?, next()?);
        let (_region, _account, resource) = (next()?, next()?, next()?);
        if scheme != "arn" || partition.is_empty() || service.is_empty() || resource.is_empty() {
            return Err(InvalidArn);
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for Arn {
    type Error = InvalidArn;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Arn> for String {
    fn from(arn: Arn) -> Self {
        arn.0.into()
    }
}

impl AsRef<str> for Arn {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not an ARN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an ARN has the form `arn:partition:service:region:account:resource`")]
pub struct InvalidArn;

const PARTS: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resource_keeps_its_colons() {
        let arn: Arn = "arn:aws:logs:eu-west-1:123456789012:log-group:a:b"
            .parse()
            .unwrap();
        assert_eq!(
            (
                arn.partition(),
                arn.service(),
                arn.region(),
                arn.account(),
                arn.resource()
            ),
            ("aws", "logs", "eu-west-1", "123456789012", "log-group:a:b")
        );
    }

    #[test]
    fn incomplete_names_are_refused() {
        for text in [
            "",
            "arn",
            "arn:aws:s3",
            "arn:aws:s3::x",
            "arn::s3:::b",
            "arn:aws::::b",
            "arn:aws:s3:::",
            "ARN:aws:s3:::b",
        ] {
            assert_eq!(text.parse::<Arn>(), Err(InvalidArn), "{text}");
        }
    }
}
