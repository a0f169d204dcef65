//! Why a request failed, as S3 says it: a code, a message and the elements that go with them.

mod code;
mod render;

pub(crate) use code::Code;
pub(crate) use render::element as xml_element;

use std::borrow::Cow;

use door::Denied;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::name::{BucketName, InvalidBucketName, InvalidKey};
use crate::store::InvalidVersionId;

/// When a client may try again that found the store behind this one away.
const RETRY_AFTER_SECONDS: &str = "2";

/// A failed request.
#[derive(Debug)]
pub(crate) struct Fault(Box<Parts>);

#[derive(Debug)]
struct Parts {
    code: Code,
    message: String,
    elements: Vec<(Cow<'static, str>, String)>,
    headers: HeaderMap,
    /// Whether the document is S3 Control's.
    wrapped: bool,
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
            wrapped: false,
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

    /// `ServiceUnavailable`: the store behind this one doesn't do its part. The reason is for the server's log.
    pub(crate) fn unavailable(reason: impl Into<String>) -> Self {
        let mut fault = Self::new(Code::ServiceUnavailable)
            .header(http::header::RETRY_AFTER, RETRY_AFTER_SECONDS);
        fault.0.reason = Some(reason.into());
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
    pub(crate) fn element(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<String>,
    ) -> Self {
        self.0.elements.push((name.into(), value.into()));
        self
    }

    /// A response header; left out if the value can't be one.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers.insert(name, value);
        }
        self
    }

    /// The headers of another fault besides its own.
    pub(crate) fn with_headers_of(mut self, other: &Self) -> Self {
        let others = other.0.headers.iter();
        self.0
            .headers
            .extend(others.map(|(name, value)| (name.clone(), value.clone())));
        self
    }

    /// Says it as S3 Control does.
    pub(crate) fn wrapped(mut self, wrapped: bool) -> Self {
        self.0.wrapped = wrapped;
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

impl From<InvalidVersionId> for Fault {
    fn from(InvalidVersionId(text): InvalidVersionId) -> Self {
        Self::argument("Invalid version id specified", "versionId", text)
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
