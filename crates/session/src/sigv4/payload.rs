//! The payload hash that a request declares, and the check of a body against it.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{self, SHA256};
use http::HeaderMap;

use crate::hex;
use crate::sigv4::error::SignatureError;
use crate::sigv4::parse::single;

pub(super) const CONTENT_SHA256: &str = "x-amz-content-sha256";
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
const STREAMING_SIGNED: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const STREAMING_SIGNED_TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
const STREAMING_UNSIGNED_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/// What `x-amz-content-sha256` says about the body (S3 API Reference, "Authenticating Requests: Using the Authorization
/// Header").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadHash {
    /// The body's SHA-256.
    Sha256([u8; 32]),
    /// The signature doesn't cover the body.
    Unsigned,
    /// An `aws-chunked` body, each chunk signed; with `trailer`, its trailing headers too.
    StreamingSigned {
        /// Trailing headers follow, signed.
        trailer: bool,
    },
    /// An `aws-chunked` body with trailing headers, none of it signed.
    StreamingUnsignedTrailer,
    /// Nothing is declared: the signature covers the hash of the body as it arrives. Every service but S3.
    Absent,
}

impl PayloadHash {
    /// Reads a declared value.
    pub fn parse(value: &str) -> Result<Self, SignatureError> {
        match value {
            UNSIGNED => Ok(Self::Unsigned),
            STREAMING_SIGNED => Ok(Self::StreamingSigned { trailer: false }),
            STREAMING_SIGNED_TRAILER => Ok(Self::StreamingSigned { trailer: true }),
            STREAMING_UNSIGNED_TRAILER => Ok(Self::StreamingUnsignedTrailer),
            // Signature Version 4A's variants, and whatever comes next.
            other if other.starts_with("STREAMING-") => Err(SignatureError::UnsupportedPayload {
                value: other.to_owned(),
            }),
            other => match hex::decode(other.as_bytes()) {
                Some(hash) if !other.bytes().any(|b| b.is_ascii_uppercase()) => {
                    Ok(Self::Sha256(hash))
                }
                _ => Err(SignatureError::MalformedPayloadHash {
                    value: other.to_owned(),
                }),
            },
        }
    }

    /// What the headers of a request declare; [`PayloadHash::Absent`] when they are silent.
    pub fn declared(headers: &HeaderMap) -> Result<Self, SignatureError> {
        single(headers, CONTENT_SHA256)?.map_or(Ok(Self::Absent), Self::parse)
    }

    /// True when the body comes in the `aws-chunked` coding.
    pub fn is_chunked(&self) -> bool {
        matches!(
            self,
            Self::StreamingSigned { .. } | Self::StreamingUnsignedTrailer
        )
    }
}

impl fmt::Display for PayloadHash {
    /// The value as the canonical request has it; empty for [`PayloadHash::Absent`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha256(hash) => f.write_str(&hex::encode(hash)),
            Self::Unsigned => f.write_str(UNSIGNED),
            Self::StreamingSigned { trailer: false } => f.write_str(STREAMING_SIGNED),
            Self::StreamingSigned { trailer: true } => f.write_str(STREAMING_SIGNED_TRAILER),
            Self::StreamingUnsignedTrailer => f.write_str(STREAMING_UNSIGNED_TRAILER),
            Self::Absent => Ok(()),
        }
    }
}

/// The SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    finished(digest::digest(&SHA256, bytes))
}

fn finished(digest: digest::Digest) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest.as_ref());
    hash
}

/// Hashes a body as it arrives and, when a hash was declared, compares at the end. Until [`finish`](Self::finish) succeeded,
/// the bytes are nobody's word: write them where they can still be dropped.
#[derive(Clone)]
pub struct PayloadHasher {
    context: digest::Context,
    declared: Option<[u8; 32]>,
}

impl PayloadHasher {
    /// A hasher that compares with `declared`, if anything was.
    pub fn new(declared: Option<[u8; 32]>) -> Self {
        Self {
            context: digest::Context::new(&SHA256),
            declared,
        }
    }

    /// The next bytes of the body.
    pub fn update(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
    }

    /// The body's hash, or [`SignatureError::PayloadMismatch`] when another was declared.
    pub fn finish(self) -> Result<[u8; 32], SignatureError> {
        let computed = finished(self.context.finish());
        match self.declared {
            Some(declared) if verify_slices_are_equal(&declared, &computed).is_err() => {
                Err(SignatureError::PayloadMismatch { declared, computed })
            }
            _ => Ok(computed),
        }
    }
}

impl fmt::Debug for PayloadHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PayloadHasher").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declared_value_round_trips() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        for value in [
            empty,
            UNSIGNED,
            STREAMING_SIGNED,
            STREAMING_SIGNED_TRAILER,
            STREAMING_UNSIGNED_TRAILER,
        ] {
            assert_eq!(PayloadHash::parse(value).unwrap().to_string(), value);
        }
        assert_eq!(
            PayloadHash::parse(empty),
            Ok(PayloadHash::Sha256(sha256(b"")))
        );
    }

    #[test]
    fn other_values_are_refused() {
        for bad in [
            "",
            "unsigned-payload",
            &"E3".repeat(32),
            &"e3".repeat(31),
            "UNSIGNED-PAYLOAD ",
        ] {
            assert!(
                matches!(
                    PayloadHash::parse(bad),
                    Err(SignatureError::MalformedPayloadHash { .. })
                ),
                "{bad}"
            );
        }
        for bad in [
            "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
            "STREAMING-UNSIGNED-PAYLOAD",
        ] {
            assert!(
                matches!(
                    PayloadHash::parse(bad),
                    Err(SignatureError::UnsupportedPayload { .. })
                ),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_body_other_than_declared_is_refused() {
        let hashed = |body: &[u8]| {
            let mut hasher = PayloadHasher::new(Some(sha256(b"hello world")));
            body.chunks(3).for_each(|part| hasher.update(part));
            hasher.finish()
        };
        assert_eq!(hashed(b"hello world"), Ok(sha256(b"hello world")));
        let computed = sha256(b"hello World");
        let declared = sha256(b"hello world");
        assert_eq!(
            hashed(b"hello World"),
            Err(SignatureError::PayloadMismatch { declared, computed })
        );
        assert_eq!(PayloadHasher::new(None).finish(), Ok(sha256(b"")));
    }
}
