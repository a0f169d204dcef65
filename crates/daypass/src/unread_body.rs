//! A request body of which nobody wanted the rest.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::time::timeout;

/// The most that is read for nothing. Parts of uploads are smaller as a rule.
const MOST: usize = 16 * 1024 * 1024;
/// The longest that it may take.
const LONGEST: Duration = Duration::from_secs(10);

/// A body whose rest is read and thrown away when it is dropped before its end. A client that is still sending would
/// otherwise find its connection broken, and not the answer that tells why (RFC 9112, 9.6).
pub(crate) struct UnreadBody<B: Body<Data = Bytes> + Unpin + Send + 'static> {
    inner: Option<B>,
    /// Whether the client waits to be asked for it. Who isn't asked sends nothing.
    expects: bool,
}

impl<B: Body<Data = Bytes> + Unpin + Send + 'static> UnreadBody<B> {
    /// `expects` tells that the request came with `Expect: 100-continue`.
    pub(crate) fn new(inner: B, expects: bool) -> Self {
        Self {
            inner: Some(inner),
            expects,
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin + Send + 'static> Body for UnreadBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        // Whoever reads has asked for it.
        self.expects = false;
        let Some(inner) = &mut self.inner else {
            return Poll::Ready(None);
        };
        let frame = Pin::new(inner).poll_frame(cx);
        if let Poll::Ready(None | Some(Err(_))) = frame {
            self.inner = None;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl<B: Body<Data = Bytes> + Unpin + Send + 'static> Drop for UnreadBody<B> {
    fn drop(&mut self) {
        let Some(mut rest) = self.inner.take() else {
            return;
        };
        let too_much = rest.size_hint().lower() > MOST as u64;
        if self.expects || too_much || rest.is_end_stream() {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        runtime.spawn(timeout(LONGEST, async move {
            let mut read = 0;
            while let Some(Ok(frame)) = rest.frame().await {
                read += frame.data_ref().map_or(0, Bytes::len);
                if read > MOST {
                    return;
                }
            }
        }));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Pieces of a megabyte; counts what was taken of it.
    struct Pieces(usize, Arc<AtomicUsize>);

    impl Body for Pieces {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            if self.0 == 0 {
                return Poll::Ready(None);
            }
            self.0 -= 1;
            self.1.fetch_add(1, Ordering::Relaxed);
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0; 1024 * 1024])))))
        }
    }

    async fn read_after_drop(pieces: usize, expects: bool, first: usize) -> usize {
        let taken = Arc::new(AtomicUsize::new(0));
        let mut body = UnreadBody::new(Pieces(pieces, taken.clone()), expects);
        for _ in 0..first {
            body.frame().await.unwrap().unwrap();
        }
        drop(body);
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        taken.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn the_rest_is_read_up_to_a_limit() {
        assert_eq!(read_after_drop(3, false, 0).await, 3);
        assert_eq!(read_after_drop(3, false, 1).await, 3);
        assert_eq!(read_after_drop(100, false, 0).await, 17);
    }

    #[tokio::test]
    async fn what_was_not_asked_for_is_not_waited_for() {
        assert_eq!(read_after_drop(3, true, 0).await, 0);
        assert_eq!(read_after_drop(3, true, 1).await, 3);
    }
}
