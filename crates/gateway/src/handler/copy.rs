//! CopyObject.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;

use door::Permit;
use s3s::dto;

use super::acl::refuse_acl;
use super::attributes::set_checksum;
use super::stored::Stored;
use super::{Context, Resolved, found, source_version};
use crate::checksum::{Algorithm, Digesting, Digests};
use crate::condition::{check_source, guard, rejected};
use crate::fault::{Code, Fault};
use crate::needs::replaces_tags;
use crate::object_headers::describe;
use crate::reply::{COPY_SOURCE_VERSION_ID, Reply, xml_time};
use crate::request::Input;
use crate::store::{ChecksumKind, Files, NewFile, Object, StoredChecksum, VersionId, Versioning};
use crate::upload_body::{blocking, invalid_algorithm};

/// Largest source of CopyObject: 5 GiB.
const LARGEST: u64 = 5 * 1024 * 1024 * 1024;

/// Copies an object with its metadata and tags, or with new ones.
pub(super) async fn copy_object(
    cx: &Context<'_>,
    _: &Permit,
    input: &mut Input,
    resolved: Resolved,
) -> Result<Reply, Fault> {
    let request = cx.request;
    refuse_acl(request)?;
    let source = found(resolved.source)?;
    let file = resolved
        .file
        .ok_or_else(|| Fault::new(Code::InternalError))?;
    check_source(request, &source)?;
    let guard = guard(request)?;
    if source.size > LARGEST {
        return Err(Fault::invalid_request(
            "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120",
        ));
    }
    let replace = directive(cx, "x-amz-metadata-directive")?;
    directive(cx, "x-amz-tagging-directive")?;
    let mut description = describe(request)?;
    if !replace {
        if is_itself(cx) {
            return Err(Fault::invalid_request(
                "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
            ));
        }
        description.headers = source.description.headers.clone();
        description.metadata = source.description.metadata.clone();
    }
    let tags = if replaces_tags(request) {
        input.take_tags()?
    } else {
        source.tags.clone()
    };
    let (new, digests) = duplicate(cx, &source, file).await?;
    let (etag, checksum) = match digests {
        None => (source.etag.clone(), source.description.checksum.clone()),
        Some(digests) => (
            digests.etag(),
            digests.checksum.map(|(algorithm, value)| StoredChecksum {
                algorithm,
                kind: ChecksumKind::FullObject,
                value,
            }),
        ),
    };
    description.checksum = checksum.clone();
    let object = Object {
        version: VersionId::default(),
        file: new.id(),
        size: source.size,
        etag: etag.clone(),
        modified: cx.call.now,
        tags,
        description,
    };
    let stored = Stored::of(cx, &object)?;
    let version = cx
        .store
        .put_object(cx.bucket()?.id, request.key()?.clone(), new, object, guard)
        .await?
        .map_err(|reason| rejected(reason, request))?;
    let mut result = dto::CopyObjectResult {
        e_tag: Some(dto::ETag::Strong(etag)),
        last_modified: Some(xml_time(cx.call.now)),
        checksum_type: checksum.as_ref().map(|c| c.kind.as_str().to_owned().into()),
        ..dto::CopyObjectResult::default()
    };
    if let Some(checksum) = checksum {
        set_checksum!(result, checksum.algorithm, checksum.value);
    }
    let mut reply = Reply::xml(&result)?.versioned(version);
    stored.tell(&mut reply);
    if let Some(version) = source_version(cx, &source) {
        reply.set(COPY_SOURCE_VERSION_ID, &version.to_string());
    }
    Ok(reply)
}

/// Whether a `COPY`/`REPLACE` directive says to replace.
fn directive(cx: &Context<'_>, name: &str) -> Result<bool, Fault> {
    match cx.request.header(name) {
        None => Ok(false),
        Some(text) if text.eq_ignore_ascii_case("COPY") => Ok(false),
        Some(text) if text.eq_ignore_ascii_case("REPLACE") => Ok(true),
        Some(text) => Err(Fault::argument(
            format!(
                "Unknown {} directive.",
                if name.contains("tagging") {
                    "tagging"
                } else {
                    "metadata"
                }
            ),
            name,
            text,
        )),
    }
}

/// Whether the copy would change nothing. One that names a version makes that the newest again.
fn is_itself(cx: &Context<'_>) -> bool {
    let request = cx.request;
    let versions = cx
        .bucket
        .as_ref()
        .is_some_and(|bucket| bucket.versioning != Versioning::Off);
    request.source.as_ref().is_some_and(|source| {
        !(versions && source.version.is_some())
            && Some(&source.bucket) == request.address.bucket()
            && Some(&source.key) == request.address.key()
    })
}

/// A second file with the source's bytes. Files never change, so if ETag and checksum stay
/// what they are, a hard link does; the copy of a multipart object is digested as a whole.
async fn duplicate(
    cx: &Context<'_>,
    source: &Object,
    file: File,
) -> Result<(NewFile, Option<Digests>), Fault> {
    let stored = source.description.checksum.as_ref();
    let wanted = match cx.request.header("x-amz-checksum-algorithm") {
        Some(name) => Some(Algorithm::parse(name).ok_or_else(|| invalid_algorithm(name))?),
        None => stored.map(|checksum| checksum.algorithm),
    };
    let same = stored.map(|checksum| checksum.algorithm) == wanted;
    let whole = source.description.parts.is_empty();
    let files = cx.store.files().clone();
    let id = source.file;
    blocking(move || {
        if same && whole {
            match files.link(id) {
                Ok(new) => return Ok((new, None)),
                // Replaced a moment ago, or a file system without links.
                Err(error) => tracing::debug!(%error, "an object is copied byte by byte"),
            }
        }
        let length = file.metadata()?.len();
        let (new, digests) = copy_range(&files, &file, 0..length, wanted)?;
        Ok((new, Some(digests)))
    })
    .await
}

/// Copies a range of a file into a new one and makes it durable. Blocks.
pub(super) fn copy_range(
    files: &Files,
    from: &File,
    range: Range<u64>,
    algorithm: Option<Algorithm>,
) -> io::Result<(NewFile, Digests)> {
    let (new, mut to) = files.create()?;
    let mut digesting = Digesting::new(algorithm);
    append(from, range, &mut to, Some(&mut digesting))?;
    new.sync(&to)?;
    Ok((new, digesting.finish()))
}

/// Appends a range of a file to another. Blocks.
pub(super) fn append(
    from: &File,
    range: Range<u64>,
    to: &mut File,
    digesting: Option<&mut Digesting>,
) -> io::Result<()> {
    let Some(digesting) = digesting else {
        // The kernel copies, without the bytes coming here.
        use std::io::Seek as _;
        let mut from = from;
        from.seek(io::SeekFrom::Start(range.start))?;
        let length = range.end - range.start;
        let copied = io::copy(&mut from.take(length), to)?;
        return if copied == length {
            Ok(())
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        };
    };
    let mut buffer = vec![0; 256 * 1024];
    let mut at = range.start;
    while at < range.end {
        let most = usize::try_from(range.end - at)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let chunk = buffer.get_mut(..most).unwrap_or_default();
        from.read_exact_at(chunk, at)?;
        digesting.update(chunk);
        to.write_all(chunk)?;
        at += chunk.len() as u64;
    }
    Ok(())
}
