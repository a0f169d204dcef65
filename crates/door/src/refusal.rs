//! Why a request was turned away before any operation ran.

use session::sigv4::{Family, SignatureError};

use crate::FormError;

/// A refusal in the words of the service that the request was for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The error code, e.g. `SignatureDoesNotMatch`.
    pub code: &'static str,
    /// The message for the client.
    pub message: String,
    /// The HTTP status.
    pub status: u16,
    /// Further elements of an S3 error body, e.g. `StringToSign`.
    pub details: Vec<(&'static str, String)>,
    /// The answer's request id.
    pub request_id: String,
}

impl Refusal {
    pub(crate) fn of(error: &SignatureError, family: Family, request_id: &str) -> Self {
        Self {
            code: error.code(family),
            message: error.message(family),
            status: error.status(family),
            details: error.details(),
            request_id: request_id.to_owned(),
        }
    }

    pub(crate) fn form(error: &FormError, request_id: &str) -> Self {
        Self {
            code: error.code(),
            message: error.message(),
            status: error.status(),
            details: error.details(),
            request_id: request_id.to_owned(),
        }
    }

    pub(crate) fn too_large(family: Family, request_id: &str) -> Self {
        Self {
            code: match family {
                Family::S3 => "EntityTooLarge",
                Family::Query | Family::Json | Family::RestJson => "RequestEntityTooLarge",
            },
            message: "The request body is larger than this service accepts.".to_owned(),
            status: 413,
            details: Vec::new(),
            request_id: request_id.to_owned(),
        }
    }

    pub(crate) fn long_header(family: Family, request_id: &str) -> Self {
        Self {
            code: match family {
                Family::S3 => "RequestHeaderSectionTooLarge",
                Family::Query | Family::Json | Family::RestJson => "MalformedInput",
            },
            message: "The User-Agent and Referer headers may have 2048 bytes each.".to_owned(),
            status: 400,
            details: Vec::new(),
            request_id: request_id.to_owned(),
        }
    }

    pub(crate) fn incomplete(family: Family, request_id: &str) -> Self {
        Self {
            code: match family {
                Family::S3 => "IncompleteBody",
                Family::Query | Family::Json | Family::RestJson => "MalformedInput",
            },
            message: "The request body ended before its end.".to_owned(),
            status: 400,
            details: Vec::new(),
            request_id: request_id.to_owned(),
        }
    }

    pub(crate) fn internal(family: Family, request_id: &str) -> Self {
        Self {
            code: match family {
                Family::S3 => "InternalError",
                Family::Query => "ServiceFailure",
                Family::Json | Family::RestJson => "InternalFailure",
            },
            message: "The request could not be recorded in the audit trail and was not answered; \
                      the server's log says why."
                .to_owned(),
            status: 500,
            details: Vec::new(),
            request_id: request_id.to_owned(),
        }
    }
}
