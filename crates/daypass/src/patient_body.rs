//! A request body whose sender may pause, but not for ever.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use door::BodyError;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

/// A body that ends in an error when nothing of it comes for too long.
pub(crate) struct PatientBody<B> {
    inner: B,
    pause: Duration,
    /// Runs from the last frame on; made when there is something to wait for.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<B> PatientBody<B> {
    /// Lets the sender of `inner` pause for so long.
    pub(crate) fn new(inner: B, pause: Duration) -> Self {
        Self {
            inner,
            pause,
            deadline: None,
        }
    }
}

impl<B: Body<Data = Bytes, Error = BodyError> + Unpin> Body for PatientBody<B> {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(cx) {
            if let Some(deadline) = &mut this.deadline {
                deadline.as_mut().reset(Instant::now() + this.pause);
            }
            return Poll::Ready(frame);
        }
        let pause = this.pause;
        let deadline = this.deadline.get_or_insert_with(|| Box::pin(sleep(pause)));
        deadline
            .as_mut()
            .poll(cx)
            .map(|()| Some(Err(BodyError::Silent)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, Full};

    use super::*;

    /// Never says anything.
    struct Silent;

    impl Body for Silent {
        type Data = Bytes;
        type Error = BodyError;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
            Poll::Pending
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_that_falls_silent_is_given_up() {
        let began = Instant::now();
        let body = PatientBody::new(Silent, Duration::from_secs(30));
        let error = body.collect().await.unwrap_err();
        assert_eq!((error.status(), error.code()), (400, "RequestTimeout"));
        assert_eq!(began.elapsed().as_secs(), 30);
    }

    #[tokio::test]
    async fn a_body_that_comes_is_left_alone() {
        let inner = Full::from("hello").map_err(|never| match never {});
        let body = PatientBody::new(inner, Duration::from_secs(30));
        assert_eq!(body.collect().await.unwrap().to_bytes(), "hello");
    }
}
