//! A request's way through the door.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, HOST, REFERER, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use session::sigv4::{
    ChunkDecoder, ChunkLayout, Family, PayloadHash, PayloadHasher, RequestParts, Rules,
    SignatureError, Verified, sha256,
};
use trail::{Draft, Tls};
use uuid::Uuid;

use crate::authenticate::{Authenticated, Unproven};
use crate::payload::{Decoder, decoded};
use crate::{
    Answer, Api, Authentication, Body, Call, Caller, Door, Expected, Incoming, Refusal, Trailers,
    full,
};

/// Longest body of a service that is not S3. A policy document of 131,072 characters,
/// percent-encoded, fits.
const BODY_BYTES: usize = 1024 * 1024;

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
    pub async fn enter(
        &self,
        api: &dyn Api,
        connection: &Connection,
        request: Request<Body>,
    ) -> Response<Body> {
        let request_id = Uuid::new_v4().to_string();
        let now = self.now();
        let (parts, body) = request.into_parts();
        let before = api.expect(&parts, &[]);
        let (bytes, body) = match before.family {
            Family::S3 => (None, body),
            Family::Query | Family::Json => match buffered(body).await {
                Ok(bytes) => (Some(bytes.clone()), full(bytes)),
                Err(refused) => {
                    let refusal = refused(before.family, &request_id);
                    return api.refuse(&parts, &refusal);
                }
            },
        };
        let expected = api.expect(&parts, bytes.as_deref().unwrap_or_default());
        let authenticated = self.who(&parts, bytes.as_ref(), expected, now);
        let call = |caller, authentication, region: Option<String>| Call {
            request_id: request_id.clone(),
            now,
            caller,
            region: region.unwrap_or_else(|| self.region().to_owned()),
            source_ip: connection.source_ip,
            user_agent: text(&parts.headers, &USER_AGENT),
            referer: text(&parts.headers, &REFERER),
            host: host(&parts),
            tls: connection.tls.as_ref().map(|(version, cipher_suite)| Tls {
                version: version.clone(),
                cipher_suite: cipher_suite.clone(),
                host: host(&parts),
            }),
            authentication,
            payload_hash: text(&parts.headers, &PAYLOAD_HASH),
        };
        match authenticated {
            Ok(it) => {
                let call = Arc::new(call(it.caller, it.authentication, it.region));
                let method = parts.method.clone();
                let path = parts.uri.path().to_owned();
                let incoming = match prepare(parts, body, it.payload, it.verified.as_ref()) {
                    Ok(incoming) => incoming,
                    Err((parts, error)) => {
                        return api
                            .refuse(&parts, &Refusal::of(&error, expected.family, &request_id));
                    }
                };
                let refused = incoming.parts.clone();
                let Answer { response, event } = api.call(self, &call, incoming).await;
                let response = match self.record(&call, &event).await {
                    Ok(()) => response,
                    Err(_) => {
                        api.refuse(&refused, &Refusal::internal(expected.family, &request_id))
                    }
                };
                log(&call, &event, method.as_str(), &path, response.status());
                response
            }
            Err(Unproven { error, known }) => {
                let refusal = Refusal::of(&error, expected.family, &request_id);
                let response = api.refuse(&parts, &refusal);
                let recorded = known.is_some();
                let caller = known.map_or_else(|| Caller::anonymous(None), |it| *it);
                let call = call(caller, Authentication::None, None);
                let event = Draft {
                    event_source: event_source(expected.service),
                    event_name: "Refused".to_owned(),
                    management: true,
                    read_only: true,
                    error: Some((refusal.code.to_owned(), refusal.message)),
                    ..Draft::default()
                };
                // Nobody's key: a line in the log, and no way to fill anybody's trail.
                let response = match recorded {
                    true => match self.record(&call, &event).await {
                        Ok(()) => response,
                        Err(_) => {
                            api.refuse(&parts, &Refusal::internal(expected.family, &request_id))
                        }
                    },
                    false => response,
                };
                let path = parts.uri.path();
                log(
                    &call,
                    &event,
                    parts.method.as_str(),
                    path,
                    response.status(),
                );
                response
            }
        }
    }

    fn who(
        &self,
        parts: &Parts,
        bytes: Option<&Bytes>,
        expected: Expected,
        now: jiff::Timestamp,
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

type Refused = fn(Family, &str) -> Refusal;

async fn buffered(body: Body) -> Result<Bytes, Refused> {
    match Limited::new(body, BODY_BYTES).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::too_large),
        Err(_) => Err(Refusal::incomplete),
    }
}

/// Removes what belonged to the signature and puts the right decoder before the body.
fn prepare(
    mut parts: Parts,
    body: Body,
    payload: PayloadHash,
    verified: Option<&Verified>,
) -> Result<Incoming, (Box<Parts>, SignatureError)> {
    let trailers = Trailers::default();
    let decoder = match decoder(payload, &parts.headers, verified) {
        Ok(decoder) => decoder,
        Err(error) => return Err((Box::new(parts), error)),
    };
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
    Ok(Incoming {
        parts,
        body,
        trailers,
    })
}

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

fn log(call: &Call, event: &Draft, method: &str, path: &str, status: http::StatusCode) {
    let code = event.error.as_ref().map(|(code, _)| code.as_str());
    let caller = call.caller.arn();
    tracing::info!(
        request_id = call.request_id,
        source = event.event_source,
        operation = event.event_name,
        caller,
        peer = %call.source_ip,
        method,
        path,
        status = status.as_u16(),
        error = code,
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
