//! A request's way through the door.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, HOST, REFERER, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri};
use http_body::Body as _;
use http_body_util::BodyExt;
use jiff::Timestamp;
use session::sigv4::{
    ChunkDecoder, ChunkLayout, Family, PayloadHash, PayloadHasher, RequestParts, Rules,
    SignatureError, Verified, sha256,
};
use trail::{Draft, Tls};

use crate::authenticate::{Authenticated, Unproven};
use crate::payload::{Decoder, decoded};
use crate::request_id::fresh_id;
use crate::{
    Answer, Api, Authentication, Body, Call, Caller, Door, Expected, Incoming, Refusal, Trailers,
    full,
};

/// Longest body of a service that is not S3. A policy document of 131,072 characters,
/// percent-encoded, fits.
const BODY_BYTES: usize = 1024 * 1024;

/// Longest announced body that is read, and thrown away, so that its client hears why.
const DISCARD_BYTES: u64 = 16 * 1024 * 1024;

const DECODED_LENGTH: HeaderName = HeaderName::from_static("x-amz-decoded-content-length");
const PAYLOAD_HASH: HeaderName = HeaderName::from_static("x-amz-content-sha256");
const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

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
        let (bytes, body) = match family {
            Family::S3 => (None, body),
            Family::Query | Family::Json => match buffered(body).await {
                Ok(bytes) => (Some(bytes.clone()), full(bytes)),
                Err(refused) => {
                    let refusal = refused(family, &arrived.request_id);
                    return self
                        .turn_away(api, &arrived, &parts, "", refusal, None)
                        .await;
                }
            },
        };
        let expected = api.expect(&mut parts, bytes.as_deref().unwrap_or_default());
        let proven = match self.who(&parts, bytes.as_ref(), expected, arrived.now) {
            Ok(proven) => proven,
            Err(Unproven { error, known }) => {
                let refusal = Refusal::of(&error, expected.family, &arrived.request_id);
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
                let known = proven.caller.account().map(|_| Box::new(proven.caller));
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
        let Answer { response, event } = api.call(self, &call, prepare(parts, body, decoder)).await;
        self.finish(api, &call, &asked, event, response).await
    }

    /// Refuses a request before any operation. It is an event of the account whose key was
    /// named, if that key exists; otherwise a line in the log, and no way to fill a trail.
    async fn turn_away(
        &self,
        api: &dyn Api,
        arrived: &Arrived<'_>,
        parts: &Parts,
        service: &str,
        refusal: Refusal,
        known: Option<Box<Caller>>,
    ) -> Response<Body> {
        let response = api.refuse(parts, &refusal);
        let event = Draft {
            event_source: event_source(service),
            event_name: "Refused".to_owned(),
            management: true,
            read_only: true,
            error: Some((refusal.code.to_owned(), refusal.message)),
            unattributed: known.is_none(),
            ..Draft::default()
        };
        let caller = known.map_or_else(|| Caller::anonymous(None), |it| *it);
        let call = arrived.call(self, parts, caller);
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
        parts: &Parts,
        bytes: Option<&Bytes>,
        expected: Expected,
        now: Timestamp,
    ) -> Result<Authenticated, Unproven> {
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
            Family::S3 => Rules::s3(),
        };
        let hash = bytes.map(|bytes| sha256(bytes));
        self.authenticate(&request, &rules, hash, now)
    }
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

type Refused = fn(Family, &str) -> Refusal;

/// The whole body. Frames are copied together: many small ones would cost far more memory
/// than their bytes.
async fn buffered(mut body: Body) -> Result<Bytes, Refused> {
    let announced = body.size_hint().lower();
    if announced > DISCARD_BYTES {
        return Err(Refusal::too_large);
    }
    if announced > BODY_BYTES as u64 {
        // Clients read the answer only once they have sent everything.
        while let Some(Ok(_)) = body.frame().await {}
        return Err(Refusal::too_large);
    }
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame
            .map_err(|_| Refusal::incomplete as Refused)?
            .into_data()
        else {
            continue;
        };
        if whole.len() + data.len() > BODY_BYTES {
            return Err(Refusal::too_large);
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

/// Removes what belonged to the signature and puts the decoder before the body.
fn prepare(mut parts: Parts, body: Body, decoder: Option<Decoder>) -> Incoming {
    let trailers = Trailers::default();
    if matches!(decoder, Some(Decoder::Chunked(_))) {
        strip_chunked(&mut parts.headers);
    }
    let body = match decoder {
        Some(decoder) => decoded(body, decoder, trailers.clone()),
        None => body,
    };
    parts.headers.remove(AUTHORIZATION);
    parts.headers.remove(SECURITY_TOKEN);
    strip_presigned(&mut parts.uri);
    Incoming {
        parts,
        body,
        trailers,
    }
}

/// How the body becomes the bytes that were signed.
fn decoder(
    payload: PayloadHash,
    headers: &HeaderMap,
    verified: Option<&Verified>,
) -> Result<Option<Decoder>, SignatureError> {
    let layout = || {
        ChunkLayout::from_headers(headers).map_err(|error| {
            let value = error.to_string();
            SignatureError::UnsupportedPayload { value }
        })
    };
    Ok(match payload {
        PayloadHash::Sha256(declared) => {
            Some(Decoder::Hashed(Some(PayloadHasher::new(Some(declared)))))
        }
        PayloadHash::Unsigned | PayloadHash::Absent => None,
        PayloadHash::StreamingUnsignedTrailer => {
            let chunks = ChunkDecoder::unsigned_trailer(layout()?);
            Some(Decoder::Chunked(Some(Box::new(chunks))))
        }
        PayloadHash::StreamingSigned { trailer } => {
            // Signed chunks continue a signature; without one there is nothing to continue.
            let verified = verified.ok_or(SignatureError::MissingAuthentication)?;
            let chunks = ChunkDecoder::signed(layout()?, verified, trailer);
            Some(Decoder::Chunked(Some(Box::new(chunks))))
        }
    })
}

/// The object's encoding and length, not those of the chunks.
fn strip_chunked(headers: &mut HeaderMap) {
    let encoding = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|name| !name.eq_ignore_ascii_case("aws-chunked") && !name.is_empty())
        .collect::<Vec<_>>()
        .join(",");
    headers.remove(CONTENT_ENCODING);
    if let Ok(value) = HeaderValue::from_str(&encoding)
        && !encoding.is_empty()
    {
        headers.insert(CONTENT_ENCODING, value);
    }
    headers.remove(CONTENT_LENGTH);
    if let Some(length) = headers.remove(DECODED_LENGTH) {
        headers.insert(CONTENT_LENGTH, length);
    }
}

/// Drops the `X-Amz-*` parameters of a presigned request; handlers see only the operation's.
fn strip_presigned(uri: &mut Uri) {
    const OURS: [&str; 7] = [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
        "X-Amz-Security-Token",
    ];
    let Some(query) = uri.query() else {
        return;
    };
    let is_ours = |pair: &&str| OURS.contains(&pair.split('=').next().unwrap_or_default());
    if !query.split('&').any(|pair| is_ours(&pair)) {
        return;
    }
    let kept: Vec<_> = query.split('&').filter(|pair| !is_ours(pair)).collect();
    let path = uri.path();
    let target = match kept.is_empty() {
        true => path.to_owned(),
        false => format!("{path}?{}", kept.join("&")),
    };
    let mut built = http::uri::Parts::default();
    built.path_and_query = target.parse().ok();
    if let Ok(stripped) = Uri::from_parts(built) {
        *uri = stripped;
    }
}

/// The host that the client asked for; HTTP/2 and absolute targets name it in the URI.
fn host(parts: &Parts) -> String {
    text(&parts.headers, &HOST)
        .or_else(|| parts.uri.authority().map(ToString::to_string))
        .unwrap_or_default()
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
        _ => "sts.amazonaws.com",
    }
}

fn log(call: &Call, event: &Draft, parts: &Parts, status: StatusCode) {
    let (code, message) = match &event.error {
        Some((code, message)) => (Some(code.as_str()), Some(message.as_str())),
        None => (None, None),
    };
    let reason = event.reason.as_deref().or(message);
    let caller = event
        .identity
        .as_ref()
        .unwrap_or(&call.caller.identity)
        .name();
    tracing::info!(
        request_id = call.request_id,
        source = event.event_source,
        operation = event.event_name,
        caller,
        peer = %call.source_ip,
        method = parts.method.as_str(),
        path = parts.uri.path(),
        status = status.as_u16(),
        error = code,
        reason,
        "request"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(target: &str) -> String {
        let mut uri: Uri = target.parse().unwrap();
        strip_presigned(&mut uri);
        uri.to_string()
    }

    #[test]
    fn a_presigned_request_loses_the_signatures_parameters_and_nothing_else() {
        assert_eq!(
            stripped("/b/k?X-Amz-Algorithm=A&versionId=1&X-Amz-Signature=s&X-Amz-Date=d"),
            "/b/k?versionId=1"
        );
        assert_eq!(stripped("/b/k?X-Amz-Expires=1"), "/b/k");
        assert_eq!(stripped("/b/a%2Fb?uploads"), "/b/a%2Fb?uploads");
        assert_eq!(
            stripped("/b?prefix=X-Amz-Date=1&x-amz-foo=2"),
            "/b?prefix=X-Amz-Date=1&x-amz-foo=2"
        );
    }

    #[test]
    fn the_objects_encoding_and_length_are_left_of_a_chunked_upload() {
        let mut headers = HeaderMap::new();
        headers.append(
            CONTENT_ENCODING,
            HeaderValue::from_static("gzip, aws-chunked"),
        );
        headers.append(CONTENT_ENCODING, HeaderValue::from_static("AWS-Chunked"));
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("120"));
        headers.insert(DECODED_LENGTH, HeaderValue::from_static("5"));
        strip_chunked(&mut headers);
        assert_eq!(headers.get(CONTENT_ENCODING).unwrap(), "gzip");
        assert_eq!(headers.get(CONTENT_LENGTH).unwrap(), "5");
        assert!(!headers.contains_key(DECODED_LENGTH));
    }

    #[test]
    fn signed_chunks_without_a_signature_are_refused() {
        let mut headers = HeaderMap::new();
        headers.insert(DECODED_LENGTH, HeaderValue::from_static("5"));
        let streaming = PayloadHash::StreamingSigned { trailer: false };
        assert!(matches!(
            decoder(streaming, &headers, None),
            Err(SignatureError::MissingAuthentication)
        ));
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_is_not_read_to_its_end() {
        let refused = buffered(full(vec![0; BODY_BYTES + 1])).await.unwrap_err();
        assert_eq!(refused(Family::Query, "r").status, 413);
        assert_eq!(buffered(full(vec![0; 3])).await.unwrap().len(), 3);
    }
}
