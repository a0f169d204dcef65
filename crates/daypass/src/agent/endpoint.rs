//! `GET /v1/credentials`: what a pod asks and gets.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use cluster::agent::{
    Hosts, InvalidToken, Limit, Peers, PodToken, Rate, RequestRefused, check_headers,
};
use http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HOST, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::Full;
use hyper::body::Incoming;
use jiff::Timestamp;

use super::{Ends, Issued, Metrics, Provider, Service, Unavailable};

/// The one path.
const PATH: &str = "/v1/credentials";
/// Requests in a second, and at once, over all pods (eks-pod-identity-agent's numbers).
const REQUESTS: u32 = 1000;
const BURST: u32 = 500;
/// Of these an address has a quarter at most, so that no pod keeps the others from being heard.
const SHARE: u32 = 4;

/// Lines of the log on refused requests at once, and one a second.
const NOTICES: u32 = 10;

/// Answers pods.
pub(crate) struct Endpoint<S> {
    pub(crate) provider: Arc<Provider<S>>,
    pub(crate) hosts: Hosts,
    pub(crate) metrics: Arc<Metrics>,
    heard: Mutex<Heard>,
    notices: Mutex<Limit>,
}

/// How many requests were heard.
struct Heard {
    of_each: Peers,
    of_all: Limit,
}

/// Why a request gets no credentials.
enum Refused {
    Path,
    Method,
    Body,
    Request(RequestRefused),
    Doubled(&'static str),
    Token(InvalidToken),
    Throttled,
    Unavailable(Unavailable),
}

impl<S: Service> Endpoint<S> {
    pub(crate) fn new(provider: Arc<Provider<S>>, hosts: Hosts, metrics: Arc<Metrics>) -> Self {
        Self {
            provider,
            hosts,
            metrics,
            heard: Mutex::new(Heard::default()),
            notices: Mutex::default(),
        }
    }

    /// One request's answer.
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        ends: Ends,
    ) -> Response<Full<Bytes>> {
        let answer = match self.credentials(&request, ends).await {
            Ok(issued) => given(&issued),
            Err(refused) => {
                if let Refused::Request(refused) = &refused {
                    self.notice(refused, ends, Timestamp::now());
                }
                refusal(&refused)
            }
        };
        let status = answer.status().as_u16();
        // The agent's own probes are not counted: they ask for no credentials.
        if request.uri().path() == PATH {
            self.metrics.answered(status);
            tracing::debug!(peer = %ends.peer, status, "answered");
        }
        answer
    }

    /// Tells of a request that somebody may have made a server send, as often as a log can take it.
    fn notice(&self, refused: &RequestRefused, ends: Ends, now: Timestamp) {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = notices.take(Rate::per_second(NOTICES, 1), now);
        drop(notices);
        if taken.is_ok() {
            tracing::warn!(peer = %ends.peer, %refused, "a request was refused unheard");
        }
    }

    async fn credentials<B: Body>(
        &self,
        request: &Request<B>,
        ends: Ends,
    ) -> Result<Arc<Issued>, Refused> {
        let now = Timestamp::now();
        let token = self.token(request, ends, now)?;
        let issued = self.provider.credentials(ends.peer.ip(), token).await;
        issued.map_err(Refused::Unavailable)
    }

    /// The token of a request that may be heard.
    fn token<B: Body>(
        &self,
        request: &Request<B>,
        ends: Ends,
        now: Timestamp,
    ) -> Result<PodToken, Refused> {
        if request.uri().path() != PATH {
            return Err(Refused::Path);
        }
        if request.method() != Method::GET {
            return Err(Refused::Method);
        }
        if !request.body().is_end_stream() {
            return Err(Refused::Body);
        }
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let may_ask = heard.may_ask(ends.peer.ip(), now);
        drop(heard);
        if !may_ask {
            return Err(Refused::Throttled);
        }
        let headers = request.headers();
        check_headers(headers.keys().map(HeaderName::as_str)).map_err(Refused::Request)?;
        let mut hosts = vec![only(headers, &HOST, "Host")?.unwrap_or_default()];
        // Of a request as to a proxy.
        hosts.extend(request.uri().authority().map(|it| it.as_str()));
        for host in hosts {
            let checked = self.hosts.check(host, ends.local.ip());
            checked.map_err(Refused::Request)?;
        }
        let token = only(headers, &AUTHORIZATION, "Authorization")?.unwrap_or_default();
        PodToken::parse(token, now).map_err(Refused::Token)
    }
}

impl Default for Heard {
    fn default() -> Self {
        Self {
            of_each: Peers::new(Rate::per_second(BURST / SHARE, REQUESTS / SHARE)),
            of_all: Limit::default(),
        }
    }
}

impl Heard {
    /// Whether one more request is heard. What an address has too many costs the others nothing.
    fn may_ask(&mut self, peer: IpAddr, now: Timestamp) -> bool {
        self.of_each.may_ask(peer, now)
            && self
                .of_all
                .take(Rate::per_second(BURST, REQUESTS), now)
                .is_ok()
    }
}

/// A header that must not stand there twice.
fn only<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    shown: &'static str,
) -> Result<Option<&'a str>, Refused> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(Refused::Doubled(shown));
    }
    match first.map(HeaderValue::to_str) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text)),
        Some(Err(_)) => Err(Refused::Token(InvalidToken::Unreadable(
            "it has characters that no token has",
        ))),
    }
}

fn given(issued: &Issued) -> Response<Full<Bytes>> {
    answer(StatusCode::OK, "application/json", issued.body.clone())
}

fn refusal(refused: &Refused) -> Response<Full<Bytes>> {
    let (status, text) = match refused {
        Refused::Path => (404, "404 page not found".to_owned()),
        Refused::Method => (405, "Method Not Allowed".to_owned()),
        Refused::Body => (400, "A request for credentials has no body".to_owned()),
        Refused::Request(refused) => (403, refused.to_string()),
        Refused::Doubled(name) => (400, format!("There is more than one {name} header")),
        Refused::Token(invalid) => (400, invalid.to_string()),
        Refused::Throttled | Refused::Unavailable(Unavailable::Throttled) => {
            (429, "Too Many Requests".to_owned())
        }
        Refused::Unavailable(Unavailable::Refused(refusal)) => (refusal.status(), refusal.told()),
        Refused::Unavailable(Unavailable::Unreachable) => (
            503,
            "The service gives no answer; the agent's log says why".to_owned(),
        ),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = Bytes::from(format!("{text}\n"));
    let mut answer = answer(status, "text/plain; charset=utf-8", body);
    let headers = answer.headers_mut();
    match status {
        StatusCode::METHOD_NOT_ALLOWED => {
            headers.insert(ALLOW, HeaderValue::from_static("GET"));
        }
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        _ => {}
    }
    answer
}

/// An answer that no cache keeps and no browser reads as something else.
pub(super) fn answer(
    status: StatusCode,
    content_type: &'static str,
    body: Bytes,
) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}
