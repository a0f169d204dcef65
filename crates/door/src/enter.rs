//! A request's way through the door.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{HOST, REFERER, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Request, Response, StatusCode};
use jiff::Timestamp;
use session::sigv4::{Family, PayloadHash, RequestParts, Rules, sha256};
use trail::{Draft, Tls};

use crate::authenticate::{Authenticated, Unproven};
use crate::buffered::buffered;
use crate::form_entry::with_form;
use crate::prepare::{decoder, prepare};
use crate::record::log;
use crate::request_id::fresh_id;
use crate::{Answer, Api, Authentication, Body, Call, Caller, Door, Expected, Form, Refusal, full};

const PAYLOAD_HASH: HeaderName = HeaderName::from_static("x-amz-content-sha256");

/// The connection that a request came by.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The peer's address.
    pub source_ip: IpAddr,
    /// TLS version and cipher suite, when there is TLS.
    pub tls: Option<(String, String)>,
}

impl Door {
    /// Takes a request from its bytes to its answer: authenticates it, lets `api` authorize
    /// and handle it, and answers once the event is durable.
    ///
    /// All of that is a task of its own: a client that hangs up drops its answer, and
    /// neither what was begun nor its event.
    pub async fn enter(
        self: &Arc<Self>,
        api: &Arc<dyn Api>,
        connection: &Connection,
        request: Request<Body>,
    ) -> Response<Body> {
        let (door, api, by) = (Arc::clone(self), Arc::clone(api), connection.clone());
        let passage = async move { door.pass(&*api, &by, request).await };
        match self.passages.spawn(passage).await {
            Ok(response) => response,
            Err(error) => {
                tracing::error!(%error, "a request could not be finished");
                let mut response = Response::new(full(""));
                *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                response
            }
        }
    }

    /// Waits for the requests under way; those whose clients are gone too.
    pub async fn drained(&self) {
        self.passages.close();
        self.passages.wait().await;
    }

    async fn pass(&self, api: &dyn Api, by: &Connection, request: Request<Body>) -> Response<Body> {
        let arrived = Arrived {
            request_id: fresh_id(),
            now: self.now(),
            by,
        };
        let (mut parts, body) = request.into_parts();
        let family = api.family(&parts);
        if CONTEXT_HEADERS
            .iter()
            .any(|name| is_long(&parts.headers, name))
        {
            let refusal = Refusal::long_header(family, &arrived.request_id);
            return self
                .turn_away(api, &arrived, &parts, "", refusal, None)
                .await;
        }
        let (bytes, body) = match family {
            Family::S3 => (None, body),
            Family::Query | Family::Json | Family::RestJson => match buffered(body).await {
                Ok(bytes) => (Some(bytes.clone()), full(bytes)),
                Err(refused) => {
                    let refusal = refused(family, &arrived.request_id);
                    return self
                        .turn_away(api, &arrived, &parts, "", refusal, None)
                        .await;
                }
            },
        };
        let body = match with_form(api, &mut parts, body, &arrived.request_id).await {
            Ok(body) => body,
            Err(refusal) => {
                return self
                    .turn_away(api, &arrived, &parts, "s3", refusal, None)
                    .await;
            }
        };
        let expected = api.expect(&mut parts, bytes.as_deref().unwrap_or_default());
        let resource = api.v2_resource(&parts);
        let proven = match self.who(&mut parts, bytes.as_ref(), expected, resource, arrived.now) {
            Ok(proven) => proven,
            Err(Unproven { error, known }) => {
                let refusal = Refusal::of(&error, expected.family, &arrived.request_id);
                let known = known.map(|caller| self.named(caller, arrived.now));
                let service = expected.service;
                return self
                    .turn_away(api, &arrived, &parts, service, refusal, known)
                    .await;
            }
        };
        let decoder = match decoder(proven.payload, &parts.headers, proven.verified.as_ref()) {
            Ok(decoder) => decoder,
            Err(error) => {
                let refusal = Refusal::of(&error, expected.family, &arrived.request_id);
                let known = proven.caller.account().is_some().then(|| Known {
                    caller: Box::new(proven.caller),
                    is_recorded: true,
                });
                let service = expected.service;
                return self
                    .turn_away(api, &arrived, &parts, service, refusal, known)
                    .await;
            }
        };
        let call = Arc::new(Call {
            authentication: proven.authentication,
            signed_region: proven.region,
            ..arrived.call(self, &parts, proven.caller)
        });
        let asked = parts.clone();
        let incoming = prepare(parts, body, decoder, &call.authentication);
        let Answer { response, event } = api.call(self, &call, incoming).await;
        self.finish(api, &call, &asked, event, response).await
    }

    /// The holder of a key that a request names and is not signed with.
    fn named(&self, caller: Box<Caller>, now: Timestamp) -> Known {
        let key = caller.access_key_id.as_deref().unwrap_or_default();
        Known {
            is_recorded: self.refusal_limit.admits(key, now),
            caller,
        }
    }

    /// Refuses a request before any operation. It is an event of the account whose key was
    /// named, if that key exists and has not had too many of them; otherwise a line in the
    /// log, and no way to fill a trail.
    async fn turn_away(
        &self,
        api: &dyn Api,
        arrived: &Arrived<'_>,
        parts: &Parts,
        service: &str,
        refusal: Refusal,
        known: Option<Known>,
    ) -> Response<Body> {
        let response = api.refuse(parts, &refusal);
        let event = Draft {
            event_source: event_source(service),
            event_name: "Refused".to_owned(),
            management: true,
            read_only: true,
            error: Some((refusal.code.to_owned(), refusal.message)),
            unattributed: !known.as_ref().is_some_and(|known| known.is_recorded),
            recipient: known.as_ref().and_then(|known| known.caller.account()),
            identity: known.map(|known| known.caller.identity),
            ..Draft::default()
        };
        // Whoever it claimed to be, it is nobody's request.
        let call = arrived.call(self, parts, Caller::anonymous(None));
        self.finish(api, &call, parts, event, response).await
    }

    /// Records, logs, and only then answers.
    async fn finish(
        &self,
        api: &dyn Api,
        call: &Call,
        parts: &Parts,
        event: Draft,
        response: Response<Body>,
    ) -> Response<Body> {
        let response = match self.record(call, &event).await {
            Ok(()) => response,
            Err(_) => {
                let family = api.family(parts);
                api.refuse(parts, &Refusal::internal(family, &call.request_id))
            }
        };
        log(call, &event, parts, response.status());
        response
    }

    fn who(
        &self,
        parts: &mut Parts,
        bytes: Option<&Bytes>,
        expected: Expected,
        v2_resource: Option<String>,
        now: Timestamp,
    ) -> Result<Authenticated, Unproven> {
        #[cfg(daypass_unchecked)]
        if !expected.unsigned {
            return self.admit(&parts.headers);
        }
        if expected.unsigned {
            return Ok(Authenticated {
                caller: Caller::anonymous(None),
                authentication: Authentication::None,
                region: None,
                payload: PayloadHash::Absent,
                verified: None,
            });
        }
        let request = RequestParts {
            method: parts.method.as_str(),
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            headers: &parts.headers,
        };
        let rules = match expected.family {
            Family::Query => Rules::query(expected.service),
            Family::Json => Rules::json(expected.service),
            Family::RestJson => Rules::rest_json(expected.service),
            Family::S3 => Rules {
                v2_resource,
                ..Rules::s3()
            },
        };
        if let Some(form) = parts.extensions.get_mut::<Form>() {
            return self.who_posted(form, &request, &rules, now);
        }
        let hash = bytes.map(|bytes| sha256(bytes));
        self.authenticate(&request, &rules, hash, now)
    }
}

/// The caller that a refused request names.
struct Known {
    caller: Box<Caller>,
    /// Whether its account's trail is told.
    is_recorded: bool,
}

/// What is known of a request before anybody has looked into it.
struct Arrived<'a> {
    request_id: String,
    now: Timestamp,
    by: &'a Connection,
}

impl Arrived<'_> {
    fn call(&self, door: &Door, parts: &Parts, caller: Caller) -> Call {
        let host = host(parts);
        Call {
            request_id: self.request_id.clone(),
            now: self.now,
            caller,
            region: door.region().to_owned(),
            signed_region: None,
            source_ip: self.by.source_ip,
            user_agent: text(&parts.headers, &USER_AGENT),
            referer: text(&parts.headers, &REFERER),
            tls: self.by.tls.as_ref().map(|(version, cipher_suite)| Tls {
                version: version.clone(),
                cipher_suite: cipher_suite.clone(),
                host: host.clone(),
            }),
            host,
            authentication: Authentication::None,
            payload_hash: text(&parts.headers, &PAYLOAD_HASH),
        }
    }
}

/// The host that the client asked for; HTTP/2 and absolute targets name it in the URI. Whoever
/// reads it reads it here: two readings of one request could take it for two buckets.
#[must_use]
pub fn host(parts: &Parts) -> String {
    text(&parts.headers, &HOST)
        .or_else(|| parts.uri.authority().map(ToString::to_string))
        .unwrap_or_default()
}

/// Headers that become condition keys as they are. What policies are compared with has a bound;
/// it is refused beyond, since a part of a value could pass for another one.
const CONTEXT_HEADERS: [HeaderName; 2] = [USER_AGENT, REFERER];
const LONGEST_HEADER: usize = 2_048;

fn is_long(headers: &HeaderMap, name: &HeaderName) -> bool {
    headers
        .get(name)
        .is_some_and(|value| value.len() > LONGEST_HEADER)
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn event_source(service: &str) -> &'static str {
    match service {
        "iam" => "iam.amazonaws.com",
        "s3" => "s3.amazonaws.com",
        "cloudtrail" => "cloudtrail.amazonaws.com",
        "organizations" => "organizations.amazonaws.com",
        "daypass" => "daypass.internal",
        "eks" => "eks.amazonaws.com",
        "eks-auth" => "eks-auth.amazonaws.com",
        _ => "sts.amazonaws.com",
    }
}
