//! Sending an object's bytes: a small one is read at once, a big one is never held.

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
use crate::store::{Files, Object};
use crate::upload_body::blocking;

/// Bytes read at once.
const CHUNK: u64 = 256 * 1024;
/// Largest object that is read in the same step that opens its file.
const SMALL: u64 = 64 * 1024;

/// The bytes of one version of an object.
#[derive(Debug)]
pub(crate) enum Content {
    /// All of them.
    Whole(Bytes),
    /// The file that they are in.
    File(File),
}

impl Content {
    /// Opens the file of an object, and reads it if it is small. Blocks.
    pub(crate) fn open(files: &Files, object: &Object) -> io::Result<Self> {
        let file = files.read(object.file)?;
        if object.size <= SMALL
            && let Ok(bytes) = read(&file, 0..object.size)
        {
            return Ok(Self::Whole(bytes));
        }
        // That a file can't be read is only told when it is sent, to somebody who may read it.
        Ok(Self::File(file))
    }

    /// A body of a range of the bytes.
    pub(crate) async fn send(self, range: Range<u64>) -> Result<door::Body, Fault> {
        match self {
            Self::Whole(bytes) => Ok(door::full(slice(&bytes, &range)?)),
            Self::File(file) => send(file, range).await,
        }
    }
}

fn slice(bytes: &Bytes, range: &Range<u64>) -> Result<Bytes, Fault> {
    let place = |at: u64| usize::try_from(at).ok().filter(|at| *at <= bytes.len());
    match (place(range.start), place(range.end)) {
        (Some(start), Some(end)) if start <= end => Ok(bytes.slice(start..end)),
        _ => Err(Fault::internal(
            "a range is outside its object",
            &format!("{range:?}"),
        )),
    }
}

/// A body of a range of a file. The first chunk is read before the answer begins, so an
/// unreadable object is an error and not a broken connection.
async fn send(file: File, range: Range<u64>) -> Result<door::Body, Fault> {
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

    #[tokio::test]
    async fn a_small_object_is_read_when_it_is_opened_and_a_big_one_when_it_is_sent() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::open(&dir.path().join("data")).unwrap();
        for size in [0, 1, 1000, SMALL, SMALL + 1] {
            let bytes: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
            let (new, mut file) = files.create().unwrap();
            file.write_all(&bytes).unwrap();
            let object = object(new.id(), size);
            for range in [0..size, size / 2..size, 0..size / 2, size..size] {
                let content = Content::open(&files, &object).unwrap();
                assert_eq!(matches!(content, Content::Whole(_)), size <= SMALL);
                let body = content.send(range.clone()).await.unwrap();
                let sent = body.collect().await.unwrap().to_bytes();
                let expected = &bytes[range.start as usize..range.end as usize];
                assert_eq!(&sent[..], expected, "{range:?} of {size}");
            }
            if size <= SMALL {
                let content = Content::open(&files, &object).unwrap();
                assert!(content.send(0..size + 1).await.is_err());
            }
        }
    }

    /// An answer about a damaged file before the decision would be one to anybody.
    #[tokio::test]
    async fn a_file_that_is_too_short_is_an_error_of_sending_and_not_of_opening() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::open(&dir.path().join("data")).unwrap();
        let (new, mut file) = files.create().unwrap();
        file.write_all(b"half").unwrap();
        let content = Content::open(&files, &object(new.id(), 8)).unwrap();
        assert!(content.send(0..8).await.is_err());
    }

    fn object(file: crate::store::FileId, size: u64) -> Object {
        Object {
            version: crate::store::VersionId::Null,
            file,
            size,
            etag: "e".to_owned(),
            modified: jiff::Timestamp::UNIX_EPOCH,
            tags: crate::tags::Tags::default(),
            description: crate::store::Description::default(),
        }
    }
}
