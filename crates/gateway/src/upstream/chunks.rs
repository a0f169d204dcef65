//! Uploads in the `aws-chunked` coding, for checksums and signatures that are known only after the bytes.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use door::BodyError;
use http_body::{Body as HttpBody, Frame, SizeHint};
use session::sigv4::ChunkSigner;

use super::held::Held;
use crate::checksum::Algorithm;

/// Bytes of a chunk but the last.
const CHUNK: usize = 64 * 1024;
/// `;chunk-signature=` and 64 digits.
const SIGNATURE: u64 = 17 + 64;
/// `x-amz-trailer-signature:`, 64 digits and a line's end.
const TRAILER_SIGNATURE: u64 = 24 + 64 + 2;

/// A held body in chunks.
pub(super) struct Chunks {
    inner: Held,
    signer: Option<ChunkSigner>,
    trailer: Option<Algorithm>,
    gathered: BytesMut,
    ready: VecDeque<Bytes>,
    left: u64,
    ended: bool,
}

impl Chunks {
    /// Puts a body into chunks, signed ones if there is a signer, followed by this checksum if it is one that comes as a
    /// trailing header.
    pub(super) fn new(
        inner: Held,
        signer: Option<ChunkSigner>,
        trailer: Option<Algorithm>,
    ) -> Self {
        Self {
            left: Self::wire_length(inner.announced(), signer.is_some(), trailer),
            inner,
            signer,
            trailer,
            gathered: BytesMut::new(),
            ready: VecDeque::new(),
            ended: false,
        }
    }

    /// The bytes on the wire of a body of `length` bytes.
    pub(super) fn wire_length(length: u64, signed: bool, trailer: Option<Algorithm>) -> u64 {
        let signature = if signed { SIGNATURE } else { 0 };
        let chunk = |size: u64| format!("{size:x}").len() as u64 + signature + 2 + size + 2;
        let full = length / CHUNK as u64 * chunk(CHUNK as u64);
        let rest = match length % CHUNK as u64 {
            0 => 0,
            rest => chunk(rest),
        };
        let trailers = trailer.map_or(0, |algorithm| {
            let value = (algorithm.length().div_ceil(3) * 4) as u64;
            let line = algorithm.header().len() as u64 + 1 + value + 2;
            line + if signed { TRAILER_SIGNATURE } else { 0 }
        });
        // The last chunk has no data and no line's end after it; a line's end closes the body.
        full + rest + 1 + signature + 2 + trailers + 2
    }

    fn chunk(&mut self, data: Bytes) {
        let mut line = format!("{:x}", data.len());
        if let Some(signer) = &mut self.signer {
            line.push_str(";chunk-signature=");
            line.push_str(signer.chunk(&data));
        }
        line.push_str("\r\n");
        self.ready.push_back(line.into());
        if !data.is_empty() {
            self.ready.push_back(data);
            self.ready.push_back(Bytes::from_static(b"\r\n"));
        }
    }

    fn end(&mut self) {
        let rest = self.gathered.split().freeze();
        if !rest.is_empty() {
            self.chunk(rest);
        }
        self.chunk(Bytes::new());
        let mut lines = String::new();
        if let Some(algorithm) = self.trailer {
            let name = algorithm.header();
            let value = self.inner.trailers().get().and_then(|it| it.get(name));
            let value = value.and_then(|it| it.to_str().ok()).unwrap_or_default();
            lines = format!("{name}:{value}\r\n");
            if let Some(signer) = &mut self.signer {
                let signature = signer.trailers(&format!("{name}:{value}\n"));
                lines.push_str("x-amz-trailer-signature:");
                lines.push_str(signature);
                lines.push_str("\r\n");
            }
        }
        lines.push_str("\r\n");
        self.ready.push_back(lines.into());
    }
}

impl HttpBody for Chunks {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        loop {
            if let Some(data) = self.ready.pop_front() {
                self.left = self.left.saturating_sub(data.len() as u64);
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.gathered.extend_from_slice(&data);
                    }
                    while self.gathered.len() >= CHUNK {
                        let data = self.gathered.split_to(CHUNK).freeze();
                        self.chunk(data);
                    }
                }
                Some(Err(error)) => {
                    self.ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
                // Only a body that holds comes to its end.
                None => {
                    self.ended = true;
                    self.end();
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended && self.ready.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use door::Trailers;
    use http_body_util::BodyExt as _;
    use proptest::prelude::*;

    use super::*;
    use crate::upload_body::Claims;

    fn wire(size: usize) -> (u64, Bytes) {
        let bytes = vec![b'x'; size];
        let held = Held::new(
            door::full(bytes),
            Trailers::default(),
            Claims::default(),
            size as u64,
        );
        let chunks = Chunks::new(held, None, None);
        let length = chunks.left;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        (
            length,
            runtime.block_on(chunks.collect()).unwrap().to_bytes(),
        )
    }

    #[test]
    fn a_short_body_is_one_chunk() {
        assert_eq!(wire(5).1, "5\r\nxxxxx\r\n0\r\n\r\n");
        assert_eq!(wire(0).1, "0\r\n\r\n");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn the_announced_length_is_what_is_sent(size in 0usize..300_000) {
            let (length, sent) = wire(size);
            prop_assert_eq!(length, sent.len() as u64);
        }
    }
}
