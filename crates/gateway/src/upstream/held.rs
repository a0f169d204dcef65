//! An upload on its way: verified as it passes, its last bytes held back until all of it holds.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use door::{BodyError, Trailers};
use http_body::{Body as HttpBody, Frame, SizeHint};
use s3s::crypto::{Checksum as _, Md5};
use tokio::time::Instant;

use super::buckets::same_bucket;
use crate::checksum::{Algorithm, Digests, Running};
use crate::fault::{Code, Fault};
use crate::store::{Bucket, Store};
use crate::upload_body::Claims;

/// What becomes of an upload, seen from both of its ends.
pub(super) struct Passage(Mutex<State>);

struct State {
    /// What is wrong with what the client sent.
    fault: Option<Fault>,
    /// Everything came, and holds.
    complete: bool,
    /// Since when the upstream has been asked to take or to answer something; `None` while the client is waited for.
    waiting: Option<Instant>,
}

impl Passage {
    /// The first turn is the upstream's: it has to take the connection.
    fn new() -> Self {
        Self(Mutex::new(State {
            fault: None,
            complete: false,
            waiting: Some(Instant::now()),
        }))
    }

    /// What is wrong with what the client sent.
    pub(super) fn take_fault(&self) -> Option<Fault> {
        self.state(|state| state.fault.take())
    }

    /// Whether all of it came and holds.
    pub(super) fn is_complete(&self) -> bool {
        self.state(|state| state.complete)
    }

    /// Since when it is the upstream's turn.
    pub(super) fn waiting(&self) -> Option<Instant> {
        self.state(|state| state.waiting)
    }

    fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The digests of what the client claims, and of nothing else.
struct Verifying {
    claims: Claims,
    md5: Option<Md5>,
    checksum: Option<(Algorithm, Running)>,
}

/// The body of an upload. It ends only if everything that the client said of it holds; until then at least one byte of it
/// is missing, so that the upstream can't take it for whole.
pub(super) struct Held {
    inner: door::Body,
    trailers: Trailers,
    verifying: Option<Verifying>,
    announced: u64,
    received: u64,
    held: Option<Bytes>,
    /// Looked at when all has come.
    target: Option<(Store, Arc<Bucket>)>,
    passage: Arc<Passage>,
}

impl Verifying {
    fn new(claims: Claims) -> Self {
        Self {
            md5: claims.has_md5().then(Md5::new),
            checksum: claims.algorithm().map(|it| (it, Running::new(it))),
            claims,
        }
    }

    fn update(&mut self, data: &[u8]) {
        if let Some(md5) = &mut self.md5 {
            md5.update(data);
        }
        if let Some((_, running)) = &mut self.checksum {
            running.update(data);
        }
    }

    fn finish(self, trailers: &Trailers) -> Result<(), Fault> {
        let digests = Digests {
            // Only looked at if the client claims one.
            md5: self.md5.map(Md5::finalize).unwrap_or_default(),
            checksum: self.checksum.map(|(it, running)| (it, running.finish())),
        };
        self.claims.verify(&digests, trailers)
    }
}

impl Held {
    /// A body of `announced` bytes of which the client claims this.
    pub(super) fn new(
        inner: door::Body,
        trailers: Trailers,
        claims: Claims,
        announced: u64,
    ) -> Self {
        Self {
            inner,
            trailers,
            verifying: Some(Verifying::new(claims)),
            announced,
            received: 0,
            held: None,
            target: None,
            passage: Arc::new(Passage::new()),
        }
    }

    /// For this bucket and none that takes its name while the body is on its way.
    pub(super) fn into_bucket(self, store: &Store, bucket: &Arc<Bucket>) -> Self {
        Self {
            target: Some((store.clone(), Arc::clone(bucket))),
            ..self
        }
    }

    /// What becomes of it.
    pub(super) fn passage(&self) -> Arc<Passage> {
        Arc::clone(&self.passage)
    }

    /// Bytes that it has.
    pub(super) fn announced(&self) -> u64 {
        self.announced
    }

    /// Its trailing headers, once it has ended.
    pub(super) fn trailers(&self) -> &Trailers {
        &self.trailers
    }

    fn take(&mut self, data: Bytes) -> Result<Option<Bytes>, Fault> {
        self.received += data.len() as u64;
        if self.received > self.announced {
            return Err(Fault::new(Code::IncompleteBody));
        }
        if let Some(verifying) = &mut self.verifying {
            verifying.update(&data);
        }
        Ok(match data.is_empty() {
            true => None,
            false => self.held.replace(data),
        })
    }

    fn end(&mut self) -> Result<(), Fault> {
        if self.received != self.announced {
            return Err(Fault::new(Code::IncompleteBody));
        }
        if let Some(verifying) = self.verifying.take() {
            verifying.finish(&self.trailers)?;
        }
        match &self.target {
            Some((store, bucket)) => same_bucket(store, bucket),
            None => Ok(()),
        }
    }

    fn refuse(&mut self, fault: Fault) -> BodyError {
        self.held = None;
        self.passage.state(|state| state.fault = Some(fault));
        BodyError::Transport("the upload doesn't hold what its sender said of it".into())
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        loop {
            if self.verifying.is_none() {
                return Poll::Ready(self.held.take().map(Ok));
            }
            let step = match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.take(data),
                    Err(_) => Ok(None),
                },
                Some(Err(error)) => Err(error.into()),
                None => self.end().map(|()| {
                    self.passage.state(|state| state.complete = true);
                    None
                }),
            };
            match step {
                Ok(None) => {}
                Ok(Some(data)) => return Poll::Ready(Some(Ok(data))),
                Err(fault) => {
                    self.verifying = None;
                    let error = self.refuse(fault);
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = self.poll(cx);
        let waiting = polled.is_ready().then(Instant::now);
        self.passage.state(|state| state.waiting = waiting);
        polled.map(|next| next.map(|data| data.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.verifying.is_none() && self.held.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let held = self.held.as_ref().map_or(0, |data| data.len() as u64);
        SizeHint::with_exact(self.announced - self.received.min(self.announced) + held)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use http::{HeaderMap, Method};
    use http_body_util::{BodyExt as _, StreamBody};

    use super::*;
    use crate::request::Request;

    fn held(pieces: Vec<Result<&'static str, BodyError>>, announced: u64, crc: &str) -> Held {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-checksum-crc32", crc.parse().unwrap());
        let uri = "/bkt/k".parse().unwrap();
        let request = Request::read(&Method::PUT, &uri, &headers, "h", &[]).unwrap();
        let frames = pieces.into_iter().map(|piece| {
            let piece = piece?;
            Ok(Frame::data(Bytes::from_static(piece.as_bytes())))
        });
        let inner = StreamBody::new(stream::iter(frames)).boxed_unsync();
        let claims = Claims::read(&request).unwrap();
        Held::new(inner, Trailers::default(), claims, announced)
    }

    /// What got through, and the code that ended it.
    async fn through(mut body: Held) -> (String, Option<String>) {
        let passage = body.passage();
        let mut text = String::new();
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => text += std::str::from_utf8(&frame.into_data().unwrap()).unwrap(),
                Err(_) => break,
            }
        }
        let code = passage
            .take_fault()
            .map(|fault| fault.code().name().to_owned());
        assert_eq!(passage.is_complete(), code.is_none());
        (text, code)
    }

    #[tokio::test]
    async fn the_last_piece_waits_for_the_proof() {
        const CRC: &str = "NhCmhg==";
        let pieces = || vec![Ok("he"), Ok("ll"), Ok("o")];
        assert_eq!(
            through(held(pieces(), 5, CRC)).await,
            ("hello".to_owned(), None)
        );
        let code = |code: &str| Some(code.to_owned());
        let (text, error) = through(held(pieces(), 5, "AAAAAA==")).await;
        assert_eq!((text.as_str(), error), ("hell", code("BadDigest")));
        let (text, error) = through(held(pieces(), 4, CRC)).await;
        assert_eq!((text.as_str(), error), ("he", code("IncompleteBody")));
        let (text, error) = through(held(pieces(), 6, CRC)).await;
        assert_eq!((text.as_str(), error), ("hell", code("IncompleteBody")));
        let mut forged = pieces();
        forged.push(Err(BodyError::Transport("gone".into())));
        let (text, error) = through(held(forged, 5, CRC)).await;
        assert_eq!((text.as_str(), error), ("hell", code("IncompleteBody")));
        // One piece: nothing at all gets through before the proof.
        let (text, error) = through(held(vec![Ok("hello")], 5, "AAAAAA==")).await;
        assert_eq!((text.as_str(), error), ("", code("BadDigest")));
    }
}
