//! The webhook's two ports: reviews over https, and what it tells of itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use door::{Body, Connection, full};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body as _;
use http_body_util::{BodyExt, Limited};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::Webhook;
use crate::accept::Answer;

/// The most bytes of a review. An API server takes objects of up to 3 MiB, and a review has two
/// of them at most.
const LARGEST: usize = 8 * 1024 * 1024;
/// What is larger is a large review: few pods have more than some ten KiB.
const LARGE: u64 = 128 * 1024;
/// How many large reviews are in memory at once; further ones wait.
const LARGE_AT_ONCE: usize = 2;
/// How long the whole of a body may take to come. API servers send it at once.
const WHOLE: Duration = Duration::from_secs(10);

/// The port that API servers ask.
pub(crate) struct Admission {
    pub(crate) webhook: Arc<Webhook>,
    /// Whether there are pages for debugging.
    pub(crate) debugging: bool,
    large: Semaphore,
}

impl Admission {
    pub(crate) fn new(webhook: Arc<Webhook>, debugging: bool) -> Self {
        let large = Semaphore::new(LARGE_AT_ONCE);
        Self {
            webhook,
            debugging,
            large,
        }
    }
}

/// The port for metrics.
pub(crate) struct Observation {
    pub(crate) webhook: Arc<Webhook>,
    /// Whether there are pages for debugging.
    pub(crate) debugging: bool,
}

impl Answer for Admission {
    /// API servers have few addresses, and every pod of the cluster reaches the port.
    const PER_PEER: usize = 1024;
    /// API servers close an idle connection after 90 s. If this end did it first, a review that is sent at
    /// that moment would fail, for a POST is not sent again, and its pod would get no role.
    const IDLE: Duration = Duration::from_secs(120);

    async fn answer(&self, _: &Connection, request: Request<Body>) -> Response<Body> {
        let start = Instant::now();
        let verb = request.method().clone();
        // Only paths that there are become labels: a stranger can't make up new ones.
        let (path, response) = match request.uri().path() {
            "/mutate" => ("/mutate", self.mutate(request).await),
            "/healthz" => ("/healthz", text(StatusCode::OK, "ok")),
            "/debug/alpha/deny" if self.debugging => ("/debug/alpha/deny", deny(request).await),
            "/debug/alpha/500" if self.debugging => {
                let failed = text(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error\n");
                ("/debug/alpha/500", failed)
            }
            _ => ("other", nothing()),
        };
        let verb = match verb {
            Method::GET | Method::POST | Method::HEAD => verb.as_str().to_owned(),
            _ => "other".to_owned(),
        };
        let metrics = &self.webhook.metrics;
        metrics.answered(&verb, path, response.status().as_u16(), start.elapsed());
        response
    }
}

impl Admission {
    async fn mutate(&self, request: Request<Body>) -> Response<Body> {
        if !is_json(&request) {
            return text(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Invalid Content-Type, expected `application/json`\n",
            );
        }
        // A length that isn't said may be any.
        let largest = request.body().size_hint().upper();
        let _place = match largest.is_some_and(|it| it <= LARGE) {
            true => None,
            // Never closed.
            false => self.large.acquire().await.ok(),
        };
        match read(request).await {
            Ok(body) => json(&self.webhook.admit(&body).await),
            Err(refused) => refused,
        }
    }
}

impl Answer for Observation {
    async fn answer(&self, _: &Connection, request: Request<Body>) -> Response<Body> {
        match request.uri().path() {
            "/metrics" => match self.webhook.metrics.text() {
                Ok(metrics) => {
                    let mut response = text(StatusCode::OK, metrics);
                    let kind = HeaderValue::from_static("text/plain; version=0.0.4");
                    response.headers_mut().insert(CONTENT_TYPE, kind);
                    response
                }
                Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
            },
            "/healthz" => text(StatusCode::OK, "ok"),
            "/readyz" => match self.webhook.is_ready() {
                true => text(StatusCode::OK, "ok"),
                false => text(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "the cluster's service accounts have not been read yet, or the webhook is stopping\n",
                ),
            },
            "/debug/alpha/cache" if self.debugging => json(&self.webhook.accounts.dump()),
            "/debug/alpha/cache/clear" if self.debugging => {
                self.webhook.accounts.forget();
                text(StatusCode::OK, "")
            }
            _ => nothing(),
        }
    }
}

/// A review that is always refused, to try what a cluster does then.
async fn deny(request: Request<Body>) -> Response<Body> {
    let body = match read(request).await {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    let uid = serde_json::from_slice::<serde_json::Value>(&body).ok();
    let uid = uid.as_ref().and_then(|it| it.pointer("/request/uid"));
    json(&serde_json::json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {"uid": uid, "allowed": false, "status": {"message": "denied for debugging"}},
    }))
}

async fn read(request: Request<Body>) -> Result<Bytes, Response<Body>> {
    let body = Limited::new(request.into_body(), LARGEST).collect();
    match timeout(WHOLE, body).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        _ => Err(text(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the body is too large, or did not come whole\n",
        )),
    }
}

fn is_json(request: &Request<Body>) -> bool {
    let kind = request.headers().get(CONTENT_TYPE);
    kind.is_some_and(|it| it.as_bytes() == b"application/json")
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Response<Body> {
    with(status, "text/plain; charset=utf-8", body)
}

fn json(value: &serde_json::Value) -> Response<Body> {
    with(StatusCode::OK, "application/json", value.to_string())
}

fn nothing() -> Response<Body> {
    text(StatusCode::NOT_FOUND, "404 page not found\n")
}

fn with(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(full(body));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
