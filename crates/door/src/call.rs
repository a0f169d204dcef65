//! One request on its way through the door.

use std::net::IpAddr;

use jiff::Timestamp;
use trail::Tls;

use crate::Caller;

/// What is known of a request besides its own parameters.
#[derive(Debug, Clone)]
pub struct Call {
    /// The answer's request id, a UUID.
    pub request_id: String,
    /// When it arrived; every rule that looks at the time uses this one.
    pub now: Timestamp,
    /// Who it is.
    pub caller: Caller,
    /// The server's own region, which is what policies and records see.
    pub region: String,
    /// The region that the client signed for. With a custom endpoint clients sign for the
    /// one they are configured with, so it says nothing, and no decision rests on it.
    pub signed_region: Option<String>,
    /// The peer's address. Headers never change it.
    pub source_ip: IpAddr,
    /// `User-Agent` as sent.
    pub user_agent: Option<String>,
    /// `Referer` as sent.
    pub referer: Option<String>,
    /// `Host` as sent.
    pub host: String,
    /// The TLS connection, when there is one.
    pub tls: Option<Tls>,
    /// How the caller proved who it is.
    pub authentication: Authentication,
    /// `x-amz-content-sha256` as sent.
    pub payload_hash: Option<String>,
}

/// How a caller proved who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authentication {
    /// Not at all, or by a token in the request's parameters.
    None,
    /// By an `Authorization` header (SigV4).
    Header,
    /// By query parameters (presigned, SigV4).
    Query {
        /// `X-Amz-Date`.
        signed_at: Timestamp,
        /// `X-Amz-Expires`.
        expires_seconds: u32,
    },
    /// By query parameters of Signature Version 2.
    QueryV2 {
        /// `Expires`.
        expires: Timestamp,
    },
    /// By the fields of a form (SigV4).
    Post {
        /// `X-Amz-Date`.
        signed_at: Timestamp,
    },
}
