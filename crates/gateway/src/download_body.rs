//! Sending an object's bytes from its file, without holding them.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use bytes::Bytes;
use door::BodyError;
use futures_util::stream;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};

use crate::fault::Fault;
use crate::upload_body::blocking;

/// Bytes read at once.
const CHUNK: u64 = 256 * 1024;

/// A body of a range of a file. The first chunk is read before the answer begins, so a small
/// object is one read, and an unreadable one is an error and not a broken connection.
pub(crate) async fn send(file: File, range: Range<u64>) -> Result<door::Body, Fault> {
    let file = Arc::new(file);
    let first_end = range.end.min(range.start.saturating_add(CHUNK));
    let first = {
        let file = file.clone();
        let range = range.start..first_end;
        blocking(move || read(&file, range)).await?
    };
    if first_end == range.end {
        return Ok(door::full(first));
    }
    let rest = stream::try_unfold(first_end, move |at| {
        let file = file.clone();
        let end = range.end.min(at.saturating_add(CHUNK));
        async move {
            if at == end {
                return Ok(None);
            }
            let chunk = tokio::task::spawn_blocking(move || read(&file, at..end))
                .await
                .map_err(io::Error::other)
                .flatten()
                .map_err(|error| BodyError::Transport(Box::new(error)))?;
            Ok(Some((Frame::data(chunk), end)))
        }
    });
    let first = stream::once(async move { Ok(Frame::data(first)) });
    Ok(StreamBody::new(futures_util::StreamExt::chain(first, rest)).boxed_unsync())
}

fn read(file: &File, range: Range<u64>) -> io::Result<Bytes> {
    let length = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
    let mut chunk = vec![0; length];
    file.read_exact_at(&mut chunk, range.start)?;
    Ok(chunk.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[tokio::test]
    async fn any_range_comes_out_as_it_is_in_the_file() {
        let bytes: Vec<u8> = (0..CHUNK * 2 + 17).map(|n| (n % 251) as u8).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let end = bytes.len() as u64;
        for range in [0..0, 0..1, 0..end, 5..CHUNK + 5, CHUNK..end, end - 1..end] {
            let body = send(file.try_clone().unwrap(), range.clone())
                .await
                .unwrap();
            let sent = body.collect().await.unwrap().to_bytes();
            let expected = &bytes[range.start as usize..range.end as usize];
            assert_eq!(&sent[..], expected, "{range:?}");
        }
    }
}
