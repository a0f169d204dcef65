//! A connection whose other end may pause in taking what is sent, but not for ever.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A stream that ends in an error when nothing of what is written to it is taken for too long. Who waits to be read
/// from is another matter: bodies and answers have limits of their own.
#[derive(Debug)]
pub struct PatientStream<S> {
    inner: S,
    pause: Duration,
    /// Runs while the other end has to take something.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> PatientStream<S> {
    /// Lets the other end of `inner` pause for so long.
    pub fn new(inner: S, pause: Duration) -> Self {
        Self {
            inner,
            pause,
            deadline: None,
        }
    }

    fn patiently<T>(
        &mut self,
        cx: &mut Context<'_>,
        taken: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if taken.is_ready() {
            self.deadline = None;
            return taken;
        }
        let pause = self.pause;
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(pause)));
        deadline
            .as_mut()
            .poll(cx)
            .map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PatientStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PatientStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let taken = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.patiently(cx, taken)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let taken = Pin::new(&mut self.inner).poll_write_vectored(cx, pieces);
        self.patiently(cx, taken)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let taken = Pin::new(&mut self.inner).poll_flush(cx);
        self.patiently(cx, taken)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let taken = Pin::new(&mut self.inner).poll_shutdown(cx);
        self.patiently(cx, taken)
    }
}

impl<S: Connection> Connection for PatientStream<S> {
    fn connected(&self) -> Connected {
        self.inner.connected()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::Instant;

    use super::*;

    const PAUSE: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn an_end_that_takes_nothing_is_given_up() {
        let (near, _far) = duplex(10);
        let began = Instant::now();
        let mut stream = PatientStream::new(near, PAUSE);
        let error = stream.write_all(&[0; 11]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed(), PAUSE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_end_that_takes_something_now_and_then_is_waited_for() {
        let (near, mut far) = duplex(1);
        let reader = tokio::spawn(async move {
            for _ in 0..10 {
                sleep(PAUSE - Duration::from_secs(1)).await;
                far.read_u8().await.unwrap();
            }
        });
        let mut stream = PatientStream::new(near, PAUSE);
        stream.write_all(&[0; 10]).await.unwrap();
        reader.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_that_says_nothing_is_no_matter_of_writing() {
        let (near, mut far) = duplex(10);
        let writer = tokio::spawn(async move {
            sleep(PAUSE * 3).await;
            far.write_u8(7).await.unwrap();
        });
        let mut stream = PatientStream::new(near, PAUSE);
        stream.write_u8(1).await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), 7);
        writer.await.unwrap();
    }
}
