//! Why an `aws-chunked` body is refused.

use crate::sigv4::error::SignatureError;

/// A body that isn't what its headers and signatures say. Whatever came before the fault may have been released; nothing after it
/// is. Codes and messages are S3's ("List of error codes", Amazon S3 API Reference).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// `x-amz-decoded-content-length` is missing or no number.
    #[error("the header x-amz-decoded-content-length is missing or malformed")]
    NoLength,
    /// A header that announces the body can't be read.
    #[error(transparent)]
    Header(SignatureError),
    /// The framing is broken.
    #[error("malformed chunk: {0}")]
    Malformed(&'static str),
    /// A signed chunk is larger than the server is willing to hold until its signature is checked.
    #[error("a signed chunk is too large")]
    TooLarge,
    /// A signed chunk other than the last has fewer than 8,192 bytes.
    #[error("a signed chunk before the last is too small")]
    TooSmall,
    /// A chunk's signature, or the one of the trailing headers, is wrong.
    #[error("wrong signature of chunk {chunk}")]
    Signature {
        /// Which chunk, from 0; the trailing headers count as one.
        chunk: u64,
    },
    /// The chunks add up to another length than announced, or end early.
    #[error("the body has another length than announced")]
    Length,
    /// The trailing headers aren't those announced, or malformed.
    #[error("malformed trailing headers")]
    Trailer,
}

impl ChunkError {
    /// S3's error code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoLength => "MissingContentLength",
            Self::Header(error) => error.code(super::Family::S3),
            Self::Malformed(_) | Self::TooLarge => "InvalidRequest",
            Self::TooSmall => "InvalidChunkSizeError",
            Self::Signature { .. } => "SignatureDoesNotMatch",
            Self::Length => "IncompleteBody",
            Self::Trailer => "MalformedTrailerError",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::NoLength => 411,
            Self::Header(error) => error.status(super::Family::S3),
            Self::TooSmall | Self::Signature { .. } => 403,
            Self::Malformed(_) | Self::TooLarge | Self::Length | Self::Trailer => 400,
        }
    }

    /// The message for the client.
    pub fn message(&self) -> String {
        match self {
            Self::NoLength => "You must provide the Content-Length HTTP header.".to_owned(),
            Self::Header(error) => error.message(super::Family::S3),
            Self::Malformed(what) => format!("The body of the request is not well-formed aws-chunked content: {what}."),
            Self::TooLarge => "A signed chunk of the request's body is larger than this server accepts.".to_owned(),
            Self::TooSmall => "Only the last chunk is allowed to have a size less than 8192 bytes".to_owned(),
            Self::Signature { .. } => "The request signature we calculated does not match the signature you provided. Check your key and signing method.".to_owned(),
            Self::Length => {
                "You did not provide the number of bytes specified by the Content-Length HTTP header".to_owned()
            }
            Self::Trailer => "The request contained trailing data that was not well-formed or did not conform to our published schema.".to_owned(),
        }
    }
}
