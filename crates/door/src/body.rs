//! Request and response bodies.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::HeaderMap;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use session::sigv4::{ChunkError, Family, SignatureError};
use thiserror::Error;

use crate::FormError;

/// A request or response body.
pub type Body = UnsyncBoxBody<Bytes, BodyError>;

/// Why a body ended before its end.
#[derive(Debug, Error)]
pub enum BodyError {
    /// The bytes are not the ones that were signed.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// An aws-chunked body is malformed, or a chunk of it was not signed.
    #[error(transparent)]
    Chunk(#[from] ChunkError),
    /// A form doesn't end as forms do.
    #[error(transparent)]
    Form(FormError),
    /// The client went away, or the file behind a response could not be read.
    #[error("the connection or the store failed: {0}")]
    Transport(Box<dyn std::error::Error + Send + Sync>),
    /// The client sent nothing for too long.
    #[error("nothing came for too long")]
    Silent,
    /// Longer than the operation takes.
    #[error("the body is longer than {0} bytes")]
    TooLarge(usize),
}

impl BodyError {
    /// The S3 error code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Signature(error) => error.code(Family::S3),
            Self::Chunk(error) => error.code(),
            Self::Form(error) => error.code(),
            Self::Transport(_) => "IncompleteBody",
            Self::Silent => "RequestTimeout",
            Self::TooLarge(_) => "EntityTooLarge",
        }
    }

    /// The message for the client.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Signature(error) => error.message(Family::S3),
            Self::Chunk(error) => error.message(),
            Self::Form(error) => error.message(),
            Self::Transport(_) => {
                "You did not provide the number of bytes specified by the Content-Length HTTP header"
                    .to_owned()
            }
            Self::Silent => {
                "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed."
                    .to_owned()
            }
            Self::TooLarge(_) => {
                "Your proposed upload exceeds the maximum allowed object size.".to_owned()
            }
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Signature(error) => error.status(Family::S3),
            Self::Chunk(error) => error.status(),
            Self::Form(error) => error.status(),
            Self::Transport(_) | Self::Silent | Self::TooLarge(_) => 400,
        }
    }
}

/// Trailing headers of a body, there once it has been read to its end.
#[derive(Debug, Clone, Default)]
pub struct Trailers(pub(crate) Arc<OnceLock<HeaderMap>>);

impl Trailers {
    /// The trailers, or `None` while the body has not been read or had none.
    #[must_use]
    pub fn get(&self) -> Option<&HeaderMap> {
        self.0.get()
    }
}

/// A body without bytes.
#[must_use]
pub fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// A body of these bytes.
#[must_use]
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}
