//! AWS's regions and the partitions that they are in.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A region's name, in a partition that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    name: String,
    partition: Partition,
}

/// A part of AWS with accounts and names of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partition {
    /// All but the following.
    Aws,
    /// China.
    AwsCn,
    /// GovCloud.
    AwsUsGov,
}

/// The text is no region, or one of a partition that isn't known.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidRegion {
    /// Not the form of a region's name.
    #[error("`{0}` is not a region; one is e.g. us-east-1")]
    Form(String),
    /// In a partition whose host names aren't known.
    #[error(
        "the region `{0}` is in none of the partitions aws, aws-cn and aws-us-gov, and the others' \
         host names are not known here"
    )]
    Partition(String),
}

impl Region {
    /// The name, e.g. `us-east-1`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The partition.
    #[must_use]
    pub fn partition(&self) -> Partition {
        self.partition
    }

    /// The URL of AWS's own endpoint of a service for this region. IAM has one for each partition.
    #[must_use]
    pub fn endpoint(&self, service: &str) -> String {
        let (region, suffix) = (&self.name, self.partition.dns_suffix());
        match (service, self.partition) {
            ("iam", Partition::Aws) => format!("https://iam.{suffix}"),
            ("iam", Partition::AwsCn) => format!("https://iam.cn-north-1.{suffix}"),
            ("iam", Partition::AwsUsGov) => format!("https://iam.us-gov.{suffix}"),
            _ => format!("https://{service}.{region}.{suffix}"),
        }
    }

    /// The region that a request to that endpoint is signed for.
    #[must_use]
    pub fn signing(&self, service: &str) -> &str {
        match (service, self.partition) {
            ("iam", Partition::Aws) => "us-east-1",
            ("iam", Partition::AwsCn) => "cn-north-1",
            ("iam", Partition::AwsUsGov) => "us-gov-west-1",
            _ => &self.name,
        }
    }
}

impl Partition {
    /// What ARNs have after `arn:`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
        }
    }

    /// What host names end with.
    #[must_use]
    pub fn dns_suffix(self) -> &'static str {
        match self {
            Self::Aws | Self::AwsUsGov => "amazonaws.com",
            Self::AwsCn => "amazonaws.com.cn",
        }
    }
}

impl FromStr for Region {
    type Err = InvalidRegion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || InvalidRegion::Form(text.to_owned());
        let (words, number) = text.rsplit_once('-').ok_or_else(form)?;
        let is_word =
            |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        let is_number =
            (1..=2).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
        let words: Vec<&str> = words.split('-').collect();
        if !is_number || !(2..=4).contains(&words.len()) || !words.iter().all(|word| is_word(word))
        {
            return Err(form());
        }
        let partition = match words.as_slice() {
            ["cn", ..] => Partition::AwsCn,
            ["us", "gov", ..] => Partition::AwsUsGov,
            ["eusc", ..] => return Err(InvalidRegion::Partition(text.to_owned())),
            [_, second, ..] if second.starts_with("iso") => {
                return Err(InvalidRegion::Partition(text.to_owned()));
            }
            _ => Partition::Aws,
        };
        Ok(Self {
            name: text.to_owned(),
            partition,
        })
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_has_its_endpoints() {
        for (region, iam, signed, s3) in [
            (
                "eu-central-2",
                "https://iam.amazonaws.com",
                "us-east-1",
                "https://s3.eu-central-2.amazonaws.com",
            ),
            (
                "cn-northwest-1",
                "https://iam.cn-north-1.amazonaws.com.cn",
                "cn-north-1",
                "https://s3.cn-northwest-1.amazonaws.com.cn",
            ),
            (
                "us-gov-east-1",
                "https://iam.us-gov.amazonaws.com",
                "us-gov-west-1",
                "https://s3.us-gov-east-1.amazonaws.com",
            ),
        ] {
            let parsed: Region = region.parse().unwrap();
            assert_eq!(parsed.endpoint("iam"), iam);
            assert_eq!(parsed.signing("iam"), signed);
            assert_eq!(parsed.endpoint("s3"), s3);
            assert_eq!(parsed.signing("s3"), region);
        }
    }

    #[test]
    fn what_is_no_region_is_refused() {
        for text in [
            "",
            "us-east",
            "US-EAST-1",
            "us-east-1.evil",
            "us-1",
            "-east-1",
            "us-east-100",
        ] {
            assert!(
                matches!(text.parse::<Region>(), Err(InvalidRegion::Form(_))),
                "{text}"
            );
        }
        for text in [
            "us-iso-east-1",
            "us-isob-east-1",
            "eu-isoe-west-1",
            "eusc-de-east-1",
        ] {
            assert!(
                matches!(text.parse::<Region>(), Err(InvalidRegion::Partition(_))),
                "{text}"
            );
        }
    }
}
