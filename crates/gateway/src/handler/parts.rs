//! Parts: upload, copy, list.

use std::ops::Range;

use door::Permit;
use http::StatusCode;
use http::header::ETAG;
use s3s::dto;

use super::attributes::set_checksum;
use super::copy::copy_range;
use super::uploads::find;
use super::{Context, Resolved, Upload as Body, found, source_version};
use crate::checksum::{Algorithm, Digests};
use crate::condition::{check_source, rejected};
use crate::fault::{Code, Fault};
use crate::lifecycle::attach_abort;
use crate::reply::{COPY_SOURCE_VERSION_ID, Reply, xml_time};
use crate::request::Request;
use crate::store::{NewFile, Object, Upload, UploadPart};
use crate::upload_body::{Claims, blocking, receive};

/// Highest part number.
const LAST_PART: u32 = 10_000;
/// Most parts of a page.
const MOST_PARTS: u32 = 1000;

fn part_number(cx: &Context<'_>) -> Result<u32, Fault> {
    match cx.request.query.number("partNumber") {
        Ok(Some(number @ 1..=LAST_PART)) => Ok(number),
        _ => Err(Fault::argument(
            "Part number must be an integer between 1 and 10000, inclusive",
            "partNumber",
            cx.request.query.get("partNumber").unwrap_or_default(),
        )),
    }
}

/// Stores the body as a part.
pub(super) async fn upload_part(
    cx: &Context<'_>,
    _: &Permit,
    mut body: Body,
) -> Result<Reply, Fault> {
    let number = part_number(cx)?;
    let upload = find(cx).await?;
    let claims = Claims::read(cx.request)?;
    let algorithm = match (upload.algorithm, claims.algorithm()) {
        (Some(expected), Some(claimed)) if expected != claimed => {
            return Err(Fault::invalid_request(format!(
                "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
                expected.name().to_ascii_lowercase(),
                claimed.name().to_ascii_lowercase(),
            )));
        }
        (expected, claimed) => expected.or(claimed),
    };
    let files = cx.store.files();
    let received = receive(
        files,
        cx.request,
        &claims,
        algorithm,
        &mut body.body,
        &body.trailers,
    )
    .await?;
    let stored = store(
        cx,
        upload,
        number,
        received.file,
        received.size,
        received.digests,
    )
    .await?;
    let mut reply = Reply::empty(StatusCode::OK).with(ETAG, &format!("\"{}\"", stored.etag));
    cx.storage.tell(&mut reply);
    if let Some((algorithm, value)) = &stored.checksum {
        reply.set_named(algorithm.header(), value);
    }
    Ok(reply)
}

async fn store(
    cx: &Context<'_>,
    upload: Upload,
    number: u32,
    file: NewFile,
    size: u64,
    digests: Digests,
) -> Result<UploadPart, Fault> {
    let part = UploadPart {
        number,
        file: file.id(),
        size,
        etag: digests.etag(),
        modified: cx.call.now,
        checksum: digests.checksum,
    };
    cx.store
        .put_part(upload.id, file, part.clone())
        .await?
        .map_err(|reason| rejected(reason, cx.request))?;
    Ok(part)
}

/// Stores another object, or a range of it, as a part.
pub(super) async fn upload_part_copy(
    cx: &Context<'_>,
    _: &Permit,
    resolved: Resolved,
) -> Result<Reply, Fault> {
    let number = part_number(cx)?;
    let source = found(resolved.source)?;
    let file = resolved
        .file
        .ok_or_else(|| Fault::new(Code::InternalError))?;
    let upload = find(cx).await?;
    check_source(cx.request, &source)?;
    let range = part_range(cx.request, &source)?;
    let size = range.end - range.start;
    let algorithm = upload.algorithm;
    let files = cx.store.files().clone();
    let (new, digests) = blocking(move || copy_range(&files, &file, range, algorithm)).await?;
    let stored = store(cx, upload, number, new, size, digests).await?;
    let mut result = dto::CopyPartResult {
        e_tag: Some(dto::ETag::Strong(stored.etag)),
        last_modified: Some(xml_time(stored.modified)),
        ..dto::CopyPartResult::default()
    };
    if let Some((algorithm, value)) = stored.checksum {
        set_checksum!(result, algorithm, value);
    }
    let mut reply = Reply::xml(&result)?;
    cx.storage.tell(&mut reply);
    if let Some(version) = source_version(cx, &source) {
        reply.set(COPY_SOURCE_VERSION_ID, &version.to_string());
    }
    Ok(reply)
}

/// The bytes of the source that become the part.
pub(crate) fn part_range(request: &Request, source: &Object) -> Result<Range<u64>, Fault> {
    Ok(match request.header("x-amz-copy-source-range") {
        None => 0..source.size,
        Some(text) => {
            let invalid = || {
                Fault::argument(
                    "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
                    "x-amz-copy-source-range",
                    text,
                )
            };
            match dto::Range::parse(text) {
                Ok(dto::Range::Int {
                    first,
                    last: Some(last),
                }) if last < source.size => first..last + 1,
                Ok(dto::Range::Int { last: Some(_), .. }) => {
                    return Err(Fault::argument(
                        format!(
                            "Range specified is not valid for source object of size: {}",
                            source.size
                        ),
                        "x-amz-copy-source-range",
                        text,
                    ));
                }
                _ => return Err(invalid()),
            }
        }
    })
}

/// The parts that are there.
pub(super) async fn list_parts(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let upload = find(cx).await?;
    let bucket = cx.bucket()?;
    let query = &cx.request.query;
    let most = query
        .number("max-parts")?
        .unwrap_or(MOST_PARTS)
        .min(MOST_PARTS);
    let marker = query.number("part-number-marker")?.unwrap_or(0);
    let mut parts = cx
        .store
        .parts(&upload.id, marker, most as usize + 1)
        .await?;
    let truncated = parts.len() > most as usize;
    parts.truncate(most as usize);
    let owner = cx.owner(bucket.owner);
    let begun = upload.initiated;
    let mut reply = Reply::xml(&dto::ListPartsOutput {
        bucket: Some(bucket.name.to_string()),
        checksum_algorithm: upload
            .algorithm
            .map(|a| dto::ChecksumAlgorithm::from_static(a.name())),
        checksum_type: upload
            .algorithm
            .map(|_| upload.kind.as_str().to_owned().into()),
        initiator: Some(dto::Initiator {
            display_name: None,
            id: owner.id.clone(),
        }),
        is_truncated: Some(truncated),
        key: Some(upload.key.clone()),
        max_parts: i32::try_from(most).ok(),
        next_part_number_marker: parts.last().and_then(|p| i32::try_from(p.number).ok()),
        owner: Some(owner),
        part_number_marker: i32::try_from(marker).ok(),
        parts: Some(parts.into_iter().map(shown).collect()),
        storage_class: Some(dto::StorageClass::from_static(dto::StorageClass::STANDARD)),
        upload_id: Some(upload.id),
        ..dto::ListPartsOutput::default()
    })?;
    attach_abort(&mut reply, bucket, cx.request.key()?.as_str(), begun);
    Ok(reply)
}

fn shown(part: UploadPart) -> dto::Part {
    let mut shown = dto::Part {
        e_tag: Some(dto::ETag::Strong(part.etag)),
        last_modified: Some(xml_time(part.modified)),
        part_number: i32::try_from(part.number).ok(),
        size: i64::try_from(part.size).ok(),
        ..dto::Part::default()
    };
    if let Some((algorithm, value)) = part.checksum {
        set_checksum!(shown, algorithm, value);
    }
    shown
}
