//! Signature Version 4, from the server's side: what a request claims, whether that is true, and its chunked body.
//!
//! [`parse`] reads the claim and refuses what no secret could make good; [`Signed::check_time`] and [`Signed::verify`] do the rest
//! once the caller has found the secret. Sources of the rules: "AWS Signature Version 4 for API requests" (IAM User Guide) and
//! "Authenticating Requests (AWS Signature Version 4)" (Amazon S3 API Reference).

mod canonical;
mod chunk_error;
mod chunk_signer;
mod chunked;
mod clock;
mod details;
mod encoding;
mod error;
mod form;
mod header_auth;
mod parse;
mod payload;
mod query_auth;
mod rules;
mod scope;
mod sign;
mod signed;
mod signing_keys;
#[cfg(test)]
mod suite_tests;
mod v2;
mod wording;

pub use chunk_error::ChunkError;
pub use chunk_signer::ChunkSigner;
pub use chunked::{ChunkDecoder, ChunkLayout, MAX_SIGNED_CHUNK, Trailers};
pub use error::{ExpiresFault, Mismatch, SignatureError};
pub use form::{SignedForm, parse_form};
pub use parse::{Presented, claimed_service, is_credential, parse};
pub use payload::{PayloadHash, PayloadHasher, sha256};
pub use rules::{Family, Rules};
pub use scope::{Scope, SigningKey};
pub use sign::{SignedPayload, Signer};
pub use signed::{Credential, Location, Signed, Verified};
pub use signing_keys::SigningKeys;
pub use v2::SignedV2;

use http::HeaderMap;

/// The algorithm of Signature Version 4.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The parts of a request that a signature covers, as they came over the wire.
#[derive(Clone, Copy, Debug)]
pub struct RequestParts<'a> {
    /// `GET`, `PUT` …
    pub method: &'a str,
    /// The path, percent-encoding untouched.
    pub path: &'a str,
    /// The query without its question mark, untouched; empty when there is none.
    pub query: &'a str,
    /// All headers, `host` among them.
    pub headers: &'a HeaderMap,
}
