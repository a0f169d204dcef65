//! A request to the upstream: signed, sent, waited for.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use session::sigv4::{RequestParts, Rules, SignatureError, SignedPayload, Signer, sha256};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::Upstream;
use super::answer::Answer;
use super::chunks::Chunks;
use super::endpoint::Place;
use super::held::{Held, Passage};
use crate::checksum::Algorithm;
use crate::fault::Fault;
use crate::name::ObjectKey;

const DECODED_LENGTH: HeaderName = HeaderName::from_static("x-amz-decoded-content-length");
const TRAILER: HeaderName = HeaderName::from_static("x-amz-trailer");

/// How often a request is sent at most, if that is safe.
const ATTEMPTS: u32 = 3;
/// The pause before the second time; it doubles.
const PAUSE: Duration = Duration::from_millis(50);
/// How much longer than other answers those may take that the upstream copies objects for.
const LONG: u32 = 10;
/// How long to wait before looking again whether a client has sent more.
const LOOK: Duration = Duration::from_secs(1);

/// A request that isn't signed yet.
#[derive(Debug, Clone)]
pub(super) struct Outgoing<'a> {
    pub(super) method: Method,
    /// The upstream's bucket.
    pub(super) bucket: &'a str,
    pub(super) key: Option<&'a ObjectKey>,
    /// Encoded.
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    /// Whether the upstream copies objects before it answers.
    pub(super) is_long: bool,
}

/// A request's body.
pub(super) enum Payload {
    /// All of it, verified.
    Whole(Bytes),
    /// Still coming.
    Streamed {
        body: Box<Held>,
        /// Its SHA-256, if the client signed it.
        hash: Option<[u8; 32]>,
        /// The checksum that comes as a trailing header.
        trailer: Option<Algorithm>,
    },
}

/// Why there is no answer.
#[derive(Debug)]
enum Trouble {
    /// There is no connection: nothing was sent.
    NotConnected(String),
    /// The connection broke.
    Broken(String),
    /// Nothing came for too long.
    Silent(Duration),
}

impl<'a> Outgoing<'a> {
    /// A request without headers.
    pub(super) fn new(method: Method, bucket: &'a str, key: Option<&'a ObjectKey>) -> Self {
        Self {
            method,
            bucket,
            key,
            query: String::new(),
            headers: HeaderMap::new(),
            is_long: false,
        }
    }

    /// The same with this query.
    pub(super) fn query(mut self, query: impl Into<String>) -> Self {
        self.query = query.into();
        self
    }
}

impl Upstream {
    /// Sends a request and waits for its answer's head. Only what can't have been carried out, or changes nothing, is
    /// sent again.
    pub(super) async fn send(
        &self,
        outgoing: &Outgoing<'_>,
        payload: Payload,
    ) -> Result<Answer, Fault> {
        let patience = match outgoing.is_long {
            true => self.patience * LONG,
            false => self.patience,
        };
        let bytes = match payload {
            Payload::Whole(bytes) => bytes,
            Payload::Streamed {
                body,
                hash,
                trailer,
            } => {
                let passage = body.passage();
                let request = self
                    .streamed(outgoing.clone(), *body, hash, trailer)
                    .await?;
                let answered = self.exchange(request, patience, Some(&passage)).await;
                return self.of_upload(answered, &passage);
            }
        };
        let safe = matches!(outgoing.method, Method::GET | Method::HEAD);
        let mut attempt = 1;
        loop {
            let request = self.whole(outgoing, bytes.clone()).await?;
            match self.exchange(request, patience, None).await {
                Ok(response) => return Ok(Answer::new(response, self.patience)),
                Err(Trouble::NotConnected(_)) if attempt < ATTEMPTS => {}
                Err(Trouble::Broken(_)) if attempt < ATTEMPTS && safe => {}
                Err(trouble) => return Err(trouble.fault()),
            }
            sleep(PAUSE * 2u32.pow(attempt - 1)).await;
            attempt += 1;
        }
    }

    /// What the client did wrong counts before what came of it.
    fn of_upload(
        &self,
        answered: Result<Response<Incoming>, Trouble>,
        passage: &Passage,
    ) -> Result<Answer, Fault> {
        if let Some(fault) = passage.take_fault() {
            return Err(fault);
        }
        let response = answered.map_err(Trouble::fault)?;
        if response.status().is_success() && !passage.is_complete() {
            return Err(Fault::unavailable(
                "the upstream store took an upload before its end",
            ));
        }
        Ok(Answer::new(response, self.patience))
    }

    async fn exchange(
        &self,
        request: Request<door::Body>,
        patience: Duration,
        passage: Option<&Passage>,
    ) -> Result<Response<Incoming>, Trouble> {
        let answer = self.connections.request(request);
        let answered = match passage {
            None => timeout(patience, answer).await.ok(),
            Some(passage) => tokio::select! {
                answered = answer => Some(answered),
                () = stalled(passage, patience) => None,
            },
        };
        match answered {
            None => Err(Trouble::Silent(patience)),
            // Two lengths are none (RFC 9112, 6.3), also for an answer without a body.
            Some(Ok(response)) if has_two_lengths(&response) => {
                Err(Trouble::Broken("its answer has two lengths".to_owned()))
            }
            Some(Ok(response)) => Ok(response),
            Some(Err(error)) if error.is_connect() => Err(Trouble::NotConnected(chain(&error))),
            Some(Err(error)) => Err(Trouble::Broken(chain(&error))),
        }
    }

    async fn whole(
        &self,
        outgoing: &Outgoing<'_>,
        bytes: Bytes,
    ) -> Result<Request<door::Body>, Fault> {
        let mut outgoing = outgoing.clone();
        // A body-less GET or DELETE announces no length.
        let bodiless = matches!(outgoing.method, Method::GET | Method::HEAD | Method::DELETE);
        if !(bytes.is_empty() && bodiless) {
            outgoing.headers.insert(CONTENT_LENGTH, bytes.len().into());
        }
        let payload = SignedPayload::Sha256(sha256(&bytes));
        self.request(outgoing, |parts, signer, now| {
            let headers = signer.sign(parts, payload, now, &Rules::s3())?;
            Ok((headers, door::full(bytes)))
        })
        .await
    }

    /// A body whose hash isn't known is signed chunk by chunk, unless TLS protects it on its way.
    async fn streamed(
        &self,
        mut outgoing: Outgoing<'_>,
        body: Held,
        hash: Option<[u8; 32]>,
        trailer: Option<Algorithm>,
    ) -> Result<Request<door::Body>, Fault> {
        let secure = self.url.is_secure();
        let length = body.announced();
        let plain = match (hash, trailer) {
            (Some(hash), _) => Some(SignedPayload::Sha256(hash)),
            (None, None) if secure => Some(SignedPayload::Unsigned),
            (None, _) => None,
        };
        if let Some(payload) = plain {
            outgoing.headers.insert(CONTENT_LENGTH, length.into());
            return self
                .request(outgoing, |parts, signer, now| {
                    let headers = signer.sign(parts, payload, now, &Rules::s3())?;
                    Ok((headers, body.boxed_unsync()))
                })
                .await;
        }
        let headers = &mut outgoing.headers;
        headers.insert(DECODED_LENGTH, length.into());
        let wire = Chunks::wire_length(length, !secure, trailer);
        headers.insert(CONTENT_LENGTH, wire.into());
        if let Some(algorithm) = trailer {
            headers.insert(TRAILER, HeaderValue::from_static(algorithm.header()));
        }
        chunked(headers);
        self.request(outgoing, |parts, signer, now| {
            let (headers, chunk_signer) = match secure {
                true => {
                    let payload = SignedPayload::UnsignedTrailer;
                    (signer.sign(parts, payload, now, &Rules::s3())?, None)
                }
                false => {
                    let (headers, chunks) = signer.sign_chunked(parts, trailer.is_some(), now)?;
                    (headers, Some(chunks))
                }
            };
            let body = Chunks::new(body, chunk_signer, trailer);
            Ok((headers, body.boxed_unsync()))
        })
        .await
    }

    async fn request(
        &self,
        outgoing: Outgoing<'_>,
        sign: impl FnOnce(
            &RequestParts<'_>,
            &Signer<'_>,
            jiff::Timestamp,
        ) -> Result<(HeaderMap, door::Body), SignatureError>,
    ) -> Result<Request<door::Body>, Fault> {
        let place = self
            .url
            .place(self.style, outgoing.bucket, outgoing.key, &outgoing.query);
        let Place { uri, host } = place.map_err(|error| unsendable(&error))?;
        let mut headers = outgoing.headers;
        let host = HeaderValue::from_str(&host).map_err(|error| unsendable(&error))?;
        headers.insert(HOST, host);
        let keys = self.credentials.keys().await.map_err(|error| {
            Fault::unavailable(format!(
                "there are no credentials for the upstream store: {error}"
            ))
        })?;
        let signer = Signer {
            access_key_id: &keys.access_key_id,
            secret: &keys.secret,
            session_token: keys.session_token.as_deref(),
            region: &self.region,
        };
        let parts = RequestParts {
            method: outgoing.method.as_str(),
            path: uri.path(),
            query: uri.query().unwrap_or_default(),
            headers: &headers,
        };
        let signed = sign(&parts, &signer, self.clock.now());
        let (added, body) = signed.map_err(|error| unsendable(&error))?;
        headers.extend(added);
        let mut request = Request::new(body);
        *request.method_mut() = outgoing.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Ok(request)
    }
}

fn has_two_lengths(response: &Response<Incoming>) -> bool {
    response.headers().get_all(CONTENT_LENGTH).iter().count() > 1
}

fn unsendable(error: &dyn std::fmt::Display) -> Fault {
    Fault::internal("a request for the upstream store can't be made", error)
}

/// Names the coding before the object's own.
fn chunked(headers: &mut HeaderMap) {
    let own = headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes);
    let both = own.map(|own| [b"aws-chunked,".as_slice(), own].concat());
    let value = both.and_then(|both| HeaderValue::from_bytes(&both).ok());
    let value = value.unwrap_or(HeaderValue::from_static("aws-chunked"));
    headers.insert(CONTENT_ENCODING, value);
}

/// Ends when the upstream has kept an upload waiting for too long. How long its client takes is no business of the
/// upstream's.
async fn stalled(passage: &Passage, patience: Duration) {
    loop {
        match passage.waiting() {
            Some(since) if Instant::now() >= since + patience => return,
            Some(since) => sleep_until(since + patience).await,
            None => sleep(LOOK.min(patience)).await,
        }
    }
}

/// An error with what caused it.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl Trouble {
    fn fault(self) -> Fault {
        Fault::unavailable(match self {
            Self::NotConnected(error) => format!("the upstream store can't be reached: {error}"),
            Self::Broken(error) => format!("the upstream store gave no answer: {error}"),
            Self::Silent(patience) => {
                format!("the upstream store was silent for {} s", patience.as_secs())
            }
        })
    }
}
