//! What a browser asks before it sends a page's request.

use http::StatusCode;
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};

use super::{Asked, Cors};
use crate::fault::{Code, Fault};
use crate::reply::Reply;
use crate::request::Request;

const NOT_ENABLED: &str = "CORSResponse: CORS is not enabled for this bucket.";
const NOT_ALLOWED: &str = "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.";

/// Says whether the page may send its request. Nobody has to prove anything for that, and what
/// is said rests on the bucket's rules alone: a bucket that isn't there and one that has none get
/// the same answer, and the key is not looked up. The headers come from [`Cors::tell`], as those
/// of every answer.
pub(crate) fn preflight(request: &Request, cors: Option<&Cors>) -> Result<Reply, Fault> {
    let bad = |message: &str| Err(Fault::new(Code::BadRequest).message(message));
    let Some(asked) = Asked::of(&http::Method::OPTIONS, &request.headers) else {
        debug_assert!(!request.headers.contains_key(ORIGIN));
        return bad("Insufficient information. Origin request header needed.");
    };
    let forbidden = |message: &str, kind: &str| {
        Err(Fault::new(Code::AccessForbidden)
            .message(message)
            .element("Method", asked.method.as_str())
            .element("ResourceType", kind))
    };
    let Some(cors) = cors else {
        return forbidden(NOT_ENABLED, "BUCKET");
    };
    if !request.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
        return bad("Invalid Access-Control-Request-Method: null");
    }
    if cors.allows(&asked).is_none() {
        let kind = request.address.key().map_or("BUCKET", |_| "OBJECT");
        return forbidden(NOT_ALLOWED, kind);
    }
    Ok(Reply::empty(StatusCode::OK))
}
