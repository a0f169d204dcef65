//! The name that everything made for one cluster has in its own name and tags.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// ccoctl's `--name`. It need not be the cluster's infrastructure id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InfraName(String);

/// The value of the tag that marks what ccoctl has made.
pub const OWNED: &str = "owned";

/// What the tag's key begins with.
const TAG: &str = "openshift.io/cloud-credential-operator";
/// The longest name of a role.
const ROLE_NAME: usize = 64;
/// The longest name of a bucket (S3 User Guide, "Bucket naming rules").
const BUCKET_NAME: usize = 63;

/// The text can't be the name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidInfraName {
    /// A role's name and a tag's key are made of it.
    #[error("a name has 1 to 64 of the characters A-Z, a-z, 0-9, and _ + = . @ -")]
    Characters,
    /// A bucket's name is made of it, which is part of a host name.
    #[error(
        "`{0}` can't be part of a bucket's name: with an issuer, a name has 1 to {most} of the \
         characters a-z, 0-9 and -, and begins with a letter or digit",
        most = BUCKET_NAME - SUFFIX.len()
    )]
    Bucket(String),
}

const SUFFIX: &str = "-oidc";

impl InfraName {
    /// The issuer's bucket. It is a label of a host name, so that the certificate of S3's endpoint covers it: without full
    /// stops.
    ///
    /// # Errors
    /// [`InvalidInfraName::Bucket`].
    pub fn bucket(&self) -> Result<String, InvalidInfraName> {
        let name = format!("{}{SUFFIX}", self.0);
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let valid = name.len() <= BUCKET_NAME
            && name.bytes().all(fits)
            && !name.starts_with('-')
            // Reserved prefixes.
            && !["xn--", "sthree-", "amzn-s3-demo-"]
                .iter()
                .any(|reserved| name.starts_with(reserved));
        match valid {
            true => Ok(name),
            false => Err(InvalidInfraName::Bucket(self.0.clone())),
        }
    }

    /// The name of the role for a secret, before it is cut.
    #[must_use]
    pub fn long_role(&self, namespace: &str, secret: &str) -> String {
        format!("{}-{namespace}-{secret}", self.0)
    }

    /// The name of a role: the first 64 characters. They are ASCII.
    #[must_use]
    pub fn cut(long: &str) -> &str {
        long.get(..ROLE_NAME).unwrap_or(long)
    }

    /// What the name of every role that is made for this name begins with.
    #[must_use]
    pub fn role_prefix(&self) -> String {
        Self::cut(&format!("{}-", self.0)).to_owned()
    }

    /// The key of the tag that says who made something.
    #[must_use]
    pub fn tag_key(&self) -> String {
        format!("{TAG}/{}", self.0)
    }

    /// The tags of everything that is made.
    #[must_use]
    pub fn tags(&self) -> [(String, String); 2] {
        [
            (self.tag_key(), OWNED.to_owned()),
            ("Name".to_owned(), self.0.clone()),
        ]
    }
}

impl FromStr for InfraName {
    type Err = InvalidInfraName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A role's name may have a comma, a tag's key may not.
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=.@-".contains(&byte);
        match (1..=ROLE_NAME).contains(&text.len()) && text.bytes().all(fits) {
            true => Ok(Self(text.to_owned())),
            false => Err(InvalidInfraName::Characters),
        }
    }
}

impl fmt::Display for InfraName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> InfraName {
        text.parse().unwrap()
    }

    #[test]
    fn names_are_cut_where_aws_ends() {
        let name = name("a-cluster");
        let long = name.long_role(
            "openshift-cloud-credential-operator",
            "cloud-credential-operator-iam-ro-creds",
        );
        assert_eq!(
            InfraName::cut(&long),
            "a-cluster-openshift-cloud-credential-operator-cloud-credential-o"
        );
        assert!(long.starts_with(&name.role_prefix()));
        assert_eq!(InfraName::cut("a-ns-secret"), "a-ns-secret");
    }

    #[test]
    fn a_bucket_is_one_label_of_a_host_name() {
        assert_eq!(name("c1").bucket().unwrap(), "c1-oidc");
        assert_eq!(name(&"a".repeat(58)).bucket().unwrap().len(), 63);
        for text in ["C1", "a.b", "-a", "a_b", "sthree-a", &"a".repeat(59)] {
            assert!(name(text).bucket().is_err(), "{text}");
        }
        for text in ["", "a b", "a/b", "a,b", &"a".repeat(65)] {
            assert!(text.parse::<InfraName>().is_err(), "{text}");
        }
    }
}
