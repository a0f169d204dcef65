//! An answer of the upstream, read or passed on within the time that it has.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use door::BodyError;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Response, StatusCode};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::{Sleep, sleep};

use crate::fault::Fault;

/// Longest document that is read: a page of a thousand keys, each escaped, with what is said of it.
const DOCUMENT_BYTES: usize = 16 * 1024 * 1024;

/// An answer whose body hasn't been read.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    body: Steady,
}

/// A body whose pieces come in time.
struct Steady {
    inner: Incoming,
    patience: Duration,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Answer {
    pub(super) fn new(response: Response<Incoming>, patience: Duration) -> Self {
        let (parts, inner) = response.into_parts();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: Steady {
                inner,
                patience,
                alarm: None,
            },
        }
    }

    /// Bytes of the body, as it announces them.
    pub(super) fn length(&self) -> Option<u64> {
        let value = self.headers.get(CONTENT_LENGTH)?;
        value.to_str().ok()?.parse().ok()
    }

    /// The body, passed on as it comes.
    pub(super) fn into_body(self) -> door::Body {
        self.body.boxed_unsync()
    }

    /// The body, whole.
    pub(super) async fn read(self) -> Result<Bytes, Fault> {
        let mut body = self.body;
        let mut whole = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| Fault::unavailable(error.to_string()))?;
            if let Ok(data) = frame.into_data() {
                if whole.len() + data.len() > DOCUMENT_BYTES {
                    return Err(Fault::unavailable(
                        "the upstream store's document is too long",
                    ));
                }
                whole.extend_from_slice(&data);
            }
        }
        Ok(whole.freeze())
    }
}

impl HttpBody for Steady {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        if let Poll::Ready(next) = polled {
            self.alarm = None;
            return Poll::Ready(next.map(|frame| {
                frame.map_err(|error| {
                    tracing::warn!(%error, "the upstream store broke off an answer");
                    BodyError::Transport("the upstream store broke off its answer".into())
                })
            }));
        }
        let patience = self.patience;
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep(patience)));
        match alarm.as_mut().poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => {
                let seconds = patience.as_secs();
                tracing::warn!(seconds, "the upstream store fell silent in an answer");
                let silent = "the upstream store fell silent in its answer";
                Poll::Ready(Some(Err(BodyError::Transport(silent.into()))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
