//! Names of buckets and objects, which are valid once they exist.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

/// A bucket's name: 3–63 lower-case letters, digits, dots and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct BucketName(Arc<str>);

/// What is wrong with a bucket's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the bucket name breaks the rules for bucket names")]
pub(crate) struct InvalidBucketName;

/// Prefixes and suffixes that nobody may create (S3 User Guide, "General purpose bucket naming rules").
const RESERVED_PREFIXES: &[&str] = &["xn--", "sthree-", "amzn-s3-demo-"];
const RESERVED_SUFFIXES: &[&str] = &["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

impl BucketName {
    /// Takes a name that could belong to a bucket.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidBucketName> {
        if s3s::path::check_bucket_name(text) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidBucketName)
        }
    }

    /// Whether a bucket of this name may be created.
    pub(crate) fn is_reserved(&self) -> bool {
        RESERVED_PREFIXES.iter().any(|p| self.0.starts_with(p))
            || RESERVED_SUFFIXES.iter().any(|s| self.0.ends_with(s))
    }

    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// `arn:aws:s3:::BUCKET`.
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:s3:::{}", self.0)
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An object's key: 1–1024 bytes of UTF-8, kept as it was sent. `..` and `//` are data.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ObjectKey(Arc<str>);

/// What is wrong with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum InvalidKey {
    /// Longer than 1024 bytes.
    #[error("the key has {0} bytes, more than 1024")]
    TooLong(usize),
    /// Empty, or with a NUL, which XML can't carry and C libraries cut at.
    #[error("the key is empty or contains a NUL")]
    Unusable,
}

impl ObjectKey {
    /// Takes a decoded key.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidKey> {
        if text.len() > 1024 {
            Err(InvalidKey::TooLong(text.len()))
        } else if text.is_empty() || text.contains('\0') {
            Err(InvalidKey::Unusable)
        } else {
            Ok(Self(text.into()))
        }
    }

    /// The key.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// `arn:aws:s3:::BUCKET/KEY`, the key as it is.
    pub(crate) fn arn(&self, bucket: &BucketName) -> String {
        format!("arn:aws:s3:::{}/{}", bucket.0, self.0)
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_names_follow_the_rules() {
        for good in ["abc", "my-bucket", "a.b.c", "0start", &"a".repeat(63)] {
            assert!(BucketName::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "ab",
            "Abc",
            "a_b",
            "-abc",
            "abc-",
            "a..b",
            "127.0.0.1",
            "a/b",
            "a b",
            "..",
            &"a".repeat(64),
        ] {
            assert!(BucketName::parse(bad).is_err(), "{bad}");
        }
        assert!(BucketName::parse("demo-s3alias").unwrap().is_reserved());
        assert!(!BucketName::parse("demo").unwrap().is_reserved());
    }

    #[test]
    fn keys_are_kept_as_sent() {
        for key in ["../../etc/passwd", "a//b", ".", "/", "ключ", "a%2e"] {
            assert_eq!(ObjectKey::parse(key).unwrap().as_str(), key);
        }
        assert!(ObjectKey::parse("").is_err());
        assert!(ObjectKey::parse("a\0b").is_err());
        assert_eq!(
            ObjectKey::parse(&"k".repeat(1025)),
            Err(InvalidKey::TooLong(1025))
        );
    }
}
