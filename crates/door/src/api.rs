//! What stands behind the door.

use std::sync::Arc;

use async_trait::async_trait;

use session::sigv4::Family;

use crate::{Body, Call, Door, Refusal, Trailers};

/// A request whose signature has been checked.
#[derive(Debug)]
pub struct Incoming {
    /// Method, raw URI and headers, without what belonged to the signature: the
    /// `X-Amz-*` query parameters of presigned requests, `Authorization`,
    /// `X-Amz-Security-Token`, and `aws-chunked` in `Content-Encoding`.
    /// `Content-Length` is the decoded length when that is known.
    pub parts: http::request::Parts,
    /// The body, decoded, and verified while it is read: an error at its end means that
    /// the hash or a chunk signature did not match, and nothing may be kept of it.
    pub body: Body,
    /// Trailing headers, once the body has been read to its end.
    pub trailers: Trailers,
}

/// An answer and what the audit trail has to say of it.
#[derive(Debug)]
pub struct Answer {
    /// What the client gets, once the event is durable.
    pub response: http::Response<Body>,
    /// The handler's part of the event.
    pub event: trail::Draft,
}

/// What the door must know of a request before it looks at its signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// The service that the signature's scope must name, e.g. `sts`.
    pub service: &'static str,
    /// How this service canonicalizes requests and words its refusals.
    pub family: Family,
    /// Whether the operation is one that is called without a signature; whatever
    /// signature is there is then ignored, as AWS does.
    pub unsigned: bool,
}

/// A family of operations behind the door.
#[async_trait]
pub trait Api: Send + Sync {
    /// How the service's requests are signed and its refusals worded.
    fn family(&self, parts: &http::request::Parts) -> Family;

    /// What the request claims to be. `body` is empty for services whose bodies stream. What
    /// was found out can be left in the extensions for [`Api::call`].
    fn expect(&self, parts: &mut http::request::Parts, body: &[u8]) -> Expected;

    /// Whether the request is a form that a browser posts, whose fields say who posts it. It has
    /// its [`Form`](crate::Form) in the extensions then, and its body is the file's.
    fn is_form(&self, parts: &http::request::Parts) -> bool {
        let _ = parts;
        false
    }

    /// The resource as Signature Version 2 names it, `/BUCKET/KEY` as it came over the wire; `None`
    /// where that version isn't switched on.
    fn v2_resource(&self, parts: &http::request::Parts) -> Option<String> {
        let _ = parts;
        None
    }

    /// Words a refusal that came before any operation ran, as this service's clients read it.
    fn refuse(&self, parts: &http::request::Parts, refusal: &Refusal) -> http::Response<Body>;

    /// Authorizes and handles one request.
    async fn call(&self, door: &Door, call: &Arc<Call>, incoming: Incoming) -> Answer;
}
