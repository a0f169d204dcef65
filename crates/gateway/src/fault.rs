//! Why a request failed, as S3 says it: a code, a message and the elements that go with them.

mod code;
mod render;

pub(crate) use code::Code;

use door::Denied;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::name::{BucketName, InvalidBucketName, InvalidKey};

/// A failed request.
#[derive(Debug)]
pub(crate) struct Fault(Box<Parts>);

#[derive(Debug)]
struct Parts {
    code: Code,
    message: String,
    elements: Vec<(&'static str, String)>,
    headers: HeaderMap,
    /// For the server's log only.
    reason: Option<String>,
}

impl Fault {
    /// The code with its usual message.
    pub(crate) fn new(code: Code) -> Self {
        Self(Box::new(Parts {
            message: code.usual_message().to_owned(),
            code,
            elements: Vec::new(),
            headers: HeaderMap::new(),
            reason: None,
        }))
    }

    /// `InvalidArgument` about one named argument.
    pub(crate) fn argument(
        message: impl Into<String>,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        Self::new(Code::InvalidArgument)
            .message(message)
            .element("ArgumentName", name)
            .element("ArgumentValue", value)
    }

    /// `NotImplemented` about one header.
    pub(crate) fn header_not_implemented(name: &str) -> Self {
        Self::new(Code::NotImplemented).element("Header", name)
    }

    /// `InvalidRequest` with this message.
    pub(crate) fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidRequest).message(message)
    }

    /// `PreconditionFailed`, naming the condition.
    pub(crate) fn precondition(condition: &str) -> Self {
        Self::new(Code::PreconditionFailed).element("Condition", condition)
    }

    /// `AccessDenied` with the text that explains it.
    pub(crate) fn denied(message: impl Into<String>) -> Self {
        Self::new(Code::AccessDenied).message(message)
    }

    /// What the door refused: what the client may know, and for the log all of it.
    pub(crate) fn refused(denied: Denied) -> Self {
        let reason = denied.told();
        let mut fault = Self::denied(denied.message);
        fault.0.reason = Some(reason);
        fault
    }

    /// Why, for the server's log only.
    pub(crate) fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// A code about a bucket, which S3 names in the answer.
    pub(crate) fn bucket(code: Code, bucket: &BucketName) -> Self {
        Self::new(code).element("BucketName", bucket.as_str())
    }

    /// `InternalError`; what happened goes to the log and not to the client.
    pub(crate) fn internal(what: &str, error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "{what}");
        Self::new(Code::InternalError)
    }

    /// Another message than the usual one.
    pub(crate) fn message(mut self, text: impl Into<String>) -> Self {
        self.0.message = text.into();
        self
    }

    /// One more element of the error document.
    pub(crate) fn element(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.elements.push((name, value.into()));
        self
    }

    /// A response header; left out if the value can't be one.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers.insert(name, value);
        }
        self
    }

    /// The code.
    pub(crate) fn code(&self) -> &Code {
        &self.0.code
    }

    /// The message for the client and the audit trail.
    pub(crate) fn text(&self) -> &str {
        &self.0.message
    }
}

impl From<InvalidBucketName> for Fault {
    fn from(_: InvalidBucketName) -> Self {
        Self::new(Code::InvalidBucketName)
    }
}

impl From<InvalidKey> for Fault {
    fn from(error: InvalidKey) -> Self {
        match error {
            InvalidKey::TooLong(size) => Self::new(Code::KeyTooLong)
                .element("Size", size.to_string())
                .element("MaxSizeAllowed", "1024"),
            InvalidKey::Unusable => Self::new(Code::InvalidUri),
        }
    }
}

impl From<door::BodyError> for Fault {
    fn from(error: door::BodyError) -> Self {
        Self::new(Code::Body {
            name: error.code(),
            status: error.status(),
        })
        .message(error.message())
    }
}
