//! Which part of the server a request is for.

use bytes::Bytes;
use door::{Body, Connection, empty, full};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use session::sigv4::{RequestParts, claimed_service};

use crate::accept::Answer;
use crate::server::Server;

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const FORM: &[u8] = b"application/x-www-form-urlencoded";

impl Answer for Server {
    async fn answer(&self, connection: &Connection, request: Request<Body>) -> Response<Body> {
        if let Some(response) = public(self, &request) {
            return response;
        }
        let api = if is_service(&request) {
            &self.services
        } else {
            &self.gateway
        };
        self.door.enter(api, connection, request).await
    }

    async fn drained(&self) {
        self.door.drained().await;
    }
}

/// What everybody may read: readiness, and the hosted issuers' documents.
fn public(server: &Server, request: &Request<Body>) -> Option<Response<Body>> {
    let unsigned =
        !request.headers().contains_key(AUTHORIZATION) && request.uri().query().is_none();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !unsigned || !reads || is_bucket_host(server, request) {
        return None;
    }
    let (kind, body) = match request.uri().path() {
        "/healthz" => ("text/plain", "ok\n".into()),
        path => {
            let document = issuer_document(server, host(request), path)?;
            ("application/json", Bytes::from(document))
        }
    };
    let mut response = Response::new(match *request.method() {
        Method::HEAD => empty(),
        _ => full(body),
    });
    *response.status_mut() = StatusCode::OK;
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Some(response)
}

/// A document of an issuer that this server hosts, for service accounts or for an account's principals.
fn issuer_document(server: &Server, host: &str, path: &str) -> Option<Vec<u8>> {
    let hosted = server.issuers.document(host, path);
    hosted.or_else(|| server.outbound.document(&server.door, path))
}

/// The host that the client names.
fn host(request: &Request<Body>) -> &str {
    let host = request.headers().get(HOST);
    host.and_then(|host| host.to_str().ok()).unwrap_or_default()
}

/// Whether the host names a bucket: then the path is a key, and nothing of the server's.
fn is_bucket_host(server: &Server, request: &Request<Body>) -> bool {
    let host = host(request).to_ascii_lowercase();
    let name = host.split(':').next().unwrap_or_default();
    server.s3_domains.iter().any(|domain| {
        let bucket = name.strip_suffix(domain.as_str());
        bucket.is_some_and(|bucket| bucket.len() > 1 && bucket.ends_with('.'))
    })
}

/// Whether it is for IAM, STS, CloudTrail or EKS; everything else is S3's. Query calls are forms
/// posted to `/`, or an `Action` in the query of `/`. EKS has paths as S3 has: only the signature
/// tells for which of them a request is, and it must then be right for that one.
fn is_service(request: &Request<Body>) -> bool {
    if request.headers().contains_key(TARGET) || is_signed_for_eks(request) {
        return true;
    }
    if request.uri().path() != "/" {
        return false;
    }
    let form = request.headers().get(CONTENT_TYPE).is_some_and(|kind| {
        let kind = kind.as_bytes();
        kind.len() >= FORM.len() && kind[..FORM.len()].eq_ignore_ascii_case(FORM)
    });
    let query = request.uri().query().unwrap_or_default();
    let action = query.split('&').any(|pair| pair.starts_with("Action="));
    (*request.method() == Method::POST && form) || action
}

fn is_signed_for_eks(request: &Request<Body>) -> bool {
    let parts = RequestParts {
        method: request.method().as_str(),
        path: request.uri().path(),
        query: request.uri().query().unwrap_or_default(),
        headers: request.headers(),
    };
    matches!(claimed_service(&parts).as_deref(), Some("eks" | "eks-auth"))
}
