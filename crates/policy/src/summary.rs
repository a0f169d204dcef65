//! What policies give access to, as the AWS console shows it (IAM User Guide, "Policy summaries").

mod access;
mod applicable;
mod condition;
mod gather;
mod resource;
mod service;
mod unrecognized;

use reference::Reference;
use serde::Serialize;

use crate::check;
use crate::document::DocumentKind;
use crate::error::InvalidPolicy;

pub use self::access::{Access, Extent, LevelAccess};
pub(crate) use self::applicable::Reach;
pub use self::condition::{ConditionText, Conditions};
use self::gather::Gathering;
pub use self::resource::{ResourceText, Resources};
pub use self::service::{ActionSummary, NoAccess, ServiceSummary};
pub use self::unrecognized::{Problem, Unrecognized};

/// What one policy, or several together, allow and deny: services, levels of access, resources, conditions.
///
/// Each part stands alone: what is denied is not taken from what is allowed, just as in the console. Principals of
/// resource policies are not part of it. A statement without resources, in a trust policy, counts as one for all
/// resources, since it speaks of nothing but the role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Services that `Allow` statements name, by prefix.
    pub allow: Vec<ServiceSummary>,
    /// Services that `Deny` statements name, by prefix.
    pub deny: Vec<ServiceSummary>,
    /// What the statements name and the reference does not know, in the order of the documents.
    pub unrecognized: Vec<Unrecognized>,
}

impl Summary {
    /// Summarizes one document.
    ///
    /// ```
    /// use policy::{DocumentKind, Summary};
    /// use reference::Reference;
    ///
    /// let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
    ///     "Action": "s3:*ObjectTagging", "Resource": "arn:aws:s3:::b/*"}}"#;
    /// let summary = Summary::of(DocumentKind::Identity, text, &Reference::load()?)?;
    ///
    /// let [s3] = summary.allow.as_slice() else { panic!() };
    /// assert_eq!(s3.name, "Amazon S3");
    /// assert_eq!(s3.access.to_string(), "Limited: Read, Tagging");
    /// assert_eq!(s3.resources.to_string(), "object | arn:aws:s3:::b/*");
    /// assert_eq!(s3.conditions.to_string(), "None");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Policy::parse`](crate::Policy::parse).
    pub fn of(
        kind: DocumentKind,
        text: &str,
        reference: &Reference,
    ) -> Result<Self, InvalidPolicy> {
        Self::of_all([(kind, text)], reference)
    }

    /// Summarizes several documents as if they were one: all that is attached to a role, for example.
    ///
    /// # Errors
    /// Those of [`Policy::parse`](crate::Policy::parse) for the first document that is not valid.
    pub fn of_all<'d>(
        documents: impl IntoIterator<Item = (DocumentKind, &'d str)>,
        reference: &Reference,
    ) -> Result<Self, InvalidPolicy> {
        let mut gathering = Gathering::new(reference);
        for (policy, (kind, text)) in documents.into_iter().enumerate() {
            check::compile(kind, text)?;
            let document = check::read(kind, text)?;
            for statement in &document.statements {
                gathering.add(policy, statement);
            }
        }
        Ok(gathering.finish())
    }
}

#[cfg(test)]
mod tests;
