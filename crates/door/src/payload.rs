//! Request bodies, decoded and verified while they are read.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt;
use session::sigv4::{ChunkDecoder, PayloadHasher, Trailers as ChunkTrailers};

use crate::{Body, BodyError, Trailers};

/// How the bytes on the wire become the bytes of the object.
pub(crate) enum Decoder {
    /// One hash over everything, compared at the end.
    Hashed(Option<PayloadHasher>),
    /// `aws-chunked`.
    Chunked(Option<Box<ChunkDecoder>>),
}

/// A body behind a decoder.
struct Decoded {
    inner: Body,
    decoder: Decoder,
    ready: VecDeque<Bytes>,
    trailers: Trailers,
    ended: bool,
}

/// Puts a decoder before a body.
pub(crate) fn decoded(inner: Body, decoder: Decoder, trailers: Trailers) -> Body {
    Decoded {
        inner,
        decoder,
        ready: VecDeque::new(),
        trailers,
        ended: false,
    }
    .boxed_unsync()
}

impl Decoded {
    fn push(&mut self, data: Bytes) -> Result<(), BodyError> {
        match &mut self.decoder {
            Decoder::Hashed(Some(hasher)) => {
                hasher.update(&data);
                self.ready.push_back(data);
            }
            Decoder::Chunked(Some(chunks)) => self.ready.extend(chunks.push(data)?),
            Decoder::Hashed(None) | Decoder::Chunked(None) => {}
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), BodyError> {
        match &mut self.decoder {
            Decoder::Hashed(hasher) => {
                if let Some(hasher) = hasher.take() {
                    hasher.finish()?;
                }
            }
            Decoder::Chunked(chunks) => {
                if let Some(chunks) = chunks.take() {
                    let trailers = headers(&chunks.finish()?);
                    // Set once: the decoder has just been taken.
                    let _ = self.trailers.0.set(trailers);
                }
            }
        }
        Ok(())
    }
}

impl HttpBody for Decoded {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        loop {
            if let Some(data) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            let step = match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.push(data),
                    // HTTP trailers carry nothing that a signature covers.
                    Err(_) => Ok(()),
                },
                Some(Err(error)) => Err(error),
                None => {
                    self.ended = true;
                    self.finish()
                }
            };
            if let Err(error) = step {
                self.ended = true;
                self.ready.clear();
                return Poll::Ready(Some(Err(error)));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended && self.ready.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.decoder {
            Decoder::Hashed(_) => self.inner.size_hint(),
            Decoder::Chunked(_) => SizeHint::default(),
        }
    }
}

fn headers(trailers: &ChunkTrailers) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in &trailers.0 {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(value),
        ) {
            map.append(name, value);
        }
    }
    map
}

#[cfg(test)]
mod tests {
    use session::sigv4::{ChunkLayout, sha256};

    use super::*;
    use crate::full;

    #[tokio::test]
    async fn a_body_with_another_hash_than_the_signed_one_ends_in_an_error() {
        for (sent, good) in [("hello", true), ("hellO", false)] {
            let hasher = PayloadHasher::new(Some(sha256(b"hello")));
            let decoder = Decoder::Hashed(Some(hasher));
            let body = decoded(full(sent), decoder, Trailers::default());
            let result = body.collect().await;
            assert_eq!(result.is_ok(), good, "{sent}");
            if let Err(error) = result {
                assert_eq!(
                    (error.code(), error.status()),
                    ("XAmzContentSHA256Mismatch", 400)
                );
            }
        }
    }

    #[tokio::test]
    async fn trailing_headers_are_there_after_the_body_and_not_before() {
        let layout = ChunkLayout {
            decoded_length: 5,
            trailers: vec!["x-amz-checksum-crc32".into()],
        };
        let wire = "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n";
        let chunks = ChunkDecoder::unsigned_trailer(layout);
        let trailers = Trailers::default();
        let decoder = Decoder::Chunked(Some(Box::new(chunks)));
        let body = decoded(full(wire), decoder, trailers.clone());
        assert!(trailers.get().is_none());
        assert_eq!(body.collect().await.unwrap().to_bytes(), "hello");
        let seen = trailers.get().unwrap().get("x-amz-checksum-crc32");
        assert_eq!(seen.unwrap(), "NhCmhg==");
    }
}
