//! Bucket policies as they are kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use policy::{DocumentKind, Policy};

/// A bucket policy, byte for byte and compiled.
#[derive(Debug, Clone)]
pub(crate) struct StoredPolicy {
    /// As it was put.
    pub(crate) text: Arc<str>,
    /// The unique ids of the users and roles that it named when it was put, by ARN: one that
    /// is made later under the same name is another principal.
    pub(crate) principals: BTreeMap<String, String>,
    /// Compiled.
    pub(crate) compiled: Arc<Policy>,
    /// Whether it is public (S3 User Guide, "The meaning of public").
    pub(crate) public: bool,
}

impl StoredPolicy {
    /// Compiles a policy that was checked when it was put. One that can't be read any more
    /// denies everything, rather than allowing what it might have denied.
    pub(super) fn load(bucket: &str, text: &str, principals: BTreeMap<String, String>) -> Self {
        let compiled = Policy::parse(DocumentKind::Bucket, text).unwrap_or_else(|error| {
            tracing::error!(bucket, %error, "a bucket policy can't be read; the bucket denies everything until it is replaced");
            Policy::deny_all()
        });
        Self::of(text, compiled, principals)
    }

    /// A policy that has just been parsed.
    pub(crate) fn of(
        text: &str,
        mut compiled: Policy,
        principals: BTreeMap<String, String>,
    ) -> Self {
        compiled.pin_principals(&principals);
        Self {
            text: text.into(),
            principals,
            public: policy::is_public(&compiled),
            compiled: Arc::new(compiled),
        }
    }
}
