//! Why a document was refused.

use std::ops::Range;

use crate::document::DocumentKind;

/// A document that is not a valid policy of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvalidPolicy {
    code: &'static str,
    message: String,
    reason: String,
    remedy: Option<String>,
    span: Range<usize>,
}

impl InvalidPolicy {
    pub(crate) fn new(
        kind: DocumentKind,
        span: &Range<usize>,
        message: impl Into<String>,
        reason: impl Into<String>,
    ) -> Self {
        let code = match kind {
            DocumentKind::Bucket => "MalformedPolicy",
            _ => "MalformedPolicyDocument",
        };
        Self {
            code,
            message: message.into(),
            reason: reason.into(),
            remedy: None,
            span: span.clone(),
        }
    }

    pub(crate) fn with_remedy(self, remedy: impl Into<Option<String>>) -> Self {
        Self {
            remedy: remedy.into(),
            ..self
        }
    }

    /// Error code of the API: `MalformedPolicy` for bucket policies, else `MalformedPolicyDocument`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The text that the API answers, AWS's own where it is known.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Bytes of the document that are at fault.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// What is wrong, for people: lower case, no full stop.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// What to write instead, where the reason does not say it already: lower case, no full stop.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        self.remedy.as_deref()
    }
}
