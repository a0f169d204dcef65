//! Why a request's credentials are refused.

use std::fmt;

use jiff::Timestamp;

use crate::sigv4::signed::Location;

/// A request that isn't authenticated, told apart as AWS tells them apart. [`code`](Self::code), [`status`](Self::status) and
/// [`message`](Self::message) are what the client reads; `Display` is for the log and carries nothing that the signer signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The operation needs credentials and the request has none.
    #[error("the request carries no credentials")]
    MissingAuthentication,
    /// Credentials in the header and in the query, or two kinds in the query.
    #[error("the request carries credentials in more than one place")]
    SeveralMechanisms,
    /// Signature Version 2, in the header (`AWS key:signature`) or a form, or in the query where it isn't switched on.
    #[error("signature version 2 isn't supported")]
    SignatureV2,
    /// An `Authorization` header of another scheme, such as `Bearer`.
    #[error("the authorization header isn't one of a signature")]
    UnsupportedScheme,
    /// Another `AWS4-` algorithm.
    #[error("the signature algorithm isn't supported")]
    UnsupportedAlgorithm {
        /// Where it was named.
        location: Location,
        /// What was named.
        algorithm: String,
    },
    /// The `Authorization` header lacks some of its parts.
    #[error("the authorization header lacks {}", .missing.join(", "))]
    IncompleteAuthorization {
        /// `Credential`, `Signature`, `SignedHeaders`: those that are missing.
        missing: Vec<&'static str>,
    },
    /// The `Authorization` header has something that isn't one of its parts, or a part twice.
    #[error("the authorization header is malformed")]
    MalformedAuthorization {
        /// The offending part.
        fragment: String,
    },
    /// A parameter of query authentication is missing, or there twice.
    #[error("the query must have each of {} once", .faulty.join(", "))]
    IncompleteQuery {
        /// The parameters that aren't there exactly once.
        faulty: Vec<&'static str>,
    },
    /// A form that has some of the fields that sign it, and lacks this one.
    #[error("the form has no field `{field}`")]
    IncompleteForm {
        /// The field, as S3 spells it.
        field: &'static str,
    },
    /// Signature Version 2 in the query, without each of its parameters once.
    #[error("the query has not each parameter of signature version 2 once")]
    IncompleteV2,
    /// `Expires` of Signature Version 2 isn't a number of seconds.
    #[error("the expiry of a signature of version 2 is malformed")]
    MalformedV2Expires {
        /// What was there.
        value: String,
    },
    /// `Expires` of Signature Version 2 lies further ahead than a presigned request lives.
    #[error("a signature of version 2 lives for more than a week")]
    V2TooLong,
    /// A query parameter that Signature Version 2 doesn't cover, and that could change what the request means.
    #[error("signature version 2 doesn't cover the parameter `{name}`")]
    V2Uncovered {
        /// Its name.
        name: String,
    },
    /// A request of Signature Version 2 after its end.
    #[error("the presigned request of version 2 has expired")]
    V2Expired {
        /// When it ended.
        expires: Timestamp,
        /// The server's time.
        now: Timestamp,
    },
    /// Not `KEY/DATE/REGION/SERVICE/aws4_request`.
    #[error("the credential of the signature is malformed")]
    MalformedCredential {
        /// Where it was.
        location: Location,
        /// What was there.
        credential: String,
    },
    /// The signed headers aren't lower-case names, sorted, each once.
    #[error("the list of signed headers is malformed")]
    MalformedSignedHeaders {
        /// Where it was.
        location: Location,
    },
    /// `host` isn't signed.
    #[error("the host header isn't signed")]
    HostNotSigned {
        /// Where the list of signed headers was.
        location: Location,
    },
    /// `x-amz-…` headers that the signature doesn't cover.
    #[error("unsigned headers: {}", .names.join(", "))]
    HeadersNotSigned {
        /// Their names.
        names: Vec<String>,
    },
    /// A signed header isn't in the request.
    #[error("the signed header `{name}` is absent")]
    SignedHeaderAbsent {
        /// Its name.
        name: String,
    },
    /// A header that may come once came more often, or isn't text.
    #[error("the header `{name}` isn't there exactly once, as text")]
    AmbiguousHeader {
        /// Its name.
        name: &'static str,
    },
    /// Neither `x-amz-date` nor `date`.
    #[error("the request has no date")]
    MissingDate,
    /// The date isn't `YYYYMMDD'T'HHMMSS'Z'`.
    #[error("the request's date is malformed")]
    MalformedDate {
        /// Where it was.
        location: Location,
        /// What was there.
        value: String,
    },
    /// The scope's date isn't the request's.
    #[error("the scope's date isn't the request's")]
    ScopeDate {
        /// Where the scope was.
        location: Location,
        /// The scope's date.
        scope: String,
        /// The request's.
        timestamp: Timestamp,
    },
    /// The signature is for another service.
    #[error("the signature is for the service `{presented}`, not `{expected}`")]
    WrongService {
        /// Where the scope was.
        location: Location,
        /// The scope's service.
        presented: String,
        /// The one asked.
        expected: String,
    },
    /// The signature is for another region, or for what can't be one.
    #[error("the signature is for the region `{presented}`")]
    WrongRegion {
        /// Where the scope was.
        location: Location,
        /// The scope's region.
        presented: String,
        /// The server's, if it insists on one.
        expected: Option<String>,
    },
    /// `X-Amz-Expires` isn't a number of 1–604,800 seconds.
    #[error("the expiry of the presigned request is out of range")]
    MalformedExpires(ExpiresFault),
    /// S3 needs `x-amz-content-sha256`.
    #[error("the header x-amz-content-sha256 is missing")]
    MissingPayloadHash,
    /// `x-amz-content-sha256` is neither a hash nor a keyword.
    #[error("the header x-amz-content-sha256 is malformed")]
    MalformedPayloadHash {
        /// What was there.
        value: String,
    },
    /// A kind of payload signature that isn't supported here.
    #[error("the payload signature `{value}` isn't supported here")]
    UnsupportedPayload {
        /// What was declared.
        value: String,
    },
    /// The body isn't the one declared.
    #[error("the body's hash isn't the declared one")]
    PayloadMismatch {
        /// By the client.
        declared: [u8; 32],
        /// By the server.
        computed: [u8; 32],
    },
    /// A body that has to be hashed for the signature wasn't: the caller's mistake, never the client's.
    #[error("the body wasn't hashed before the signature check")]
    BodyNotHashed,
    /// The path or the query isn't percent-encoded text.
    #[error("the path or query has a broken percent escape")]
    MalformedUri,
    /// No such key, an inactive one, or a temporary one without its session token.
    #[error("unknown access key")]
    UnknownAccessKey {
        /// The key id, as the client wrote it.
        access_key_id: String,
    },
    /// The session token doesn't open, or came with a long-term key.
    #[error("invalid session token")]
    InvalidToken,
    /// The session is over.
    #[error("expired session token")]
    ExpiredToken,
    /// The signature is wrong.
    #[error("signature mismatch")]
    Mismatch(Box<Mismatch>),
    /// A header signature from too long ago.
    #[error("the signature is too old")]
    Expired {
        /// When it was made.
        timestamp: Timestamp,
        /// The server's time.
        now: Timestamp,
        /// What is allowed between them, in seconds.
        allowed: i64,
    },
    /// A signature from the future.
    #[error("the signature is from the future")]
    NotYetCurrent {
        /// Where it was.
        location: Location,
        /// When it claims to have been made.
        timestamp: Timestamp,
        /// The server's time.
        now: Timestamp,
        /// What is allowed between them, in seconds.
        allowed: i64,
    },
    /// A presigned request after its end.
    #[error("the presigned request has expired")]
    PresignedExpired {
        /// When it was made.
        timestamp: Timestamp,
        /// How long it was good for, in seconds.
        expires_seconds: u32,
        /// The server's time.
        now: Timestamp,
    },
}

/// What is wrong with `X-Amz-Expires`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiresFault {
    /// Not digits.
    NotANumber,
    /// Zero or less.
    NotPositive,
    /// More than a week.
    TooLong,
}

/// A wrong signature, with what S3 shows so that the client can compare. Its `Debug` shows the key id only: the canonical request
/// has the session token in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Whose secret was used.
    pub access_key_id: String,
    /// The signature that came.
    pub signature_provided: String,
    /// The server's string to sign.
    pub string_to_sign: String,
    /// The server's canonical request; only requests of Signature Version 4 have one.
    pub canonical_request: Option<String>,
}

impl fmt::Debug for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mismatch")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}
