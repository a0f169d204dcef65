//! The file of a form, as its bytes come.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Body as HttpBody, Frame};
use http_body_util::BodyExt as _;
use memchr::memmem::Finder;

use super::FormError;
use super::head::delimiter;
use crate::{Body, BodyError};

/// Most bytes after the file: what S3 ignores, and the form's end.
const MOST_AFTER: usize = 20 * 1024;

/// The bytes between the file's headers and the boundary after it. Whether the form ends as forms do
/// is known at its end only, and until then the bytes are nobody's word.
struct File {
    inner: Body,
    delimiter: Finder<'static>,
    /// What could be the beginning of a delimiter, and after the file all that comes.
    held: BytesMut,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Content,
    After,
    Ended,
}

/// The body of the file, of which `held` has come.
pub(super) fn file(inner: Body, boundary: &str, held: BytesMut) -> Body {
    File {
        inner,
        delimiter: Finder::new(&delimiter(boundary)).into_owned(),
        held,
        state: State::Content,
    }
    .boxed_unsync()
}

impl File {
    /// The bytes that are surely the file's.
    fn release(&mut self) -> Option<Bytes> {
        let needle = self.delimiter.needle().len();
        let length = match self.delimiter.find(&self.held) {
            Some(at) => {
                self.state = State::After;
                at
            }
            None => self.held.len().saturating_sub(needle - 1),
        };
        let released = self.held.split_to(length).freeze();
        (!released.is_empty()).then_some(released)
    }

    /// Whether what came after the file ends a form. Other fields may be there, and are ignored (S3 API
    /// Reference, "HTML form fields").
    fn check_end(&self) -> Result<(), BodyError> {
        let needle = self.delimiter.needle();
        let mut rest = &self.held[..];
        while let Some(after) = rest.strip_prefix(needle) {
            let line = after.split(|b| *b == b'\n').next().unwrap_or_default();
            if line.starts_with(b"--") {
                return Ok(());
            }
            if !line.iter().all(|b| matches!(b, b' ' | b'\t' | b'\r')) {
                break;
            }
            match self.delimiter.find(after) {
                Some(at) => rest = &after[at..],
                None => break,
            }
        }
        Err(malformed())
    }
}

fn malformed() -> BodyError {
    BodyError::Form(FormError::Malformed("it doesn't end with its boundary"))
}

impl HttpBody for File {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        loop {
            match self.state {
                State::Ended => return Poll::Ready(None),
                State::Content => {
                    if let Some(bytes) = self.release() {
                        return Poll::Ready(Some(Ok(Frame::data(bytes))));
                    }
                }
                State::After if self.held.len() > MOST_AFTER => {
                    self.state = State::Ended;
                    return Poll::Ready(Some(Err(malformed())));
                }
                State::After => {}
            }
            let step = match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.held.extend_from_slice(&data);
                    }
                    continue;
                }
                Some(Err(error)) => Err(error),
                None if self.state == State::After => self.check_end(),
                None => Err(malformed()),
            };
            self.state = State::Ended;
            if let Err(error) = step {
                return Poll::Ready(Some(Err(error)));
            }
        }
    }
}
