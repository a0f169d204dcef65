//! CompleteMultipartUpload.

use std::collections::BTreeMap;

use door::Permit;
use s3s::dto;

use super::Context;
use super::attributes::set_checksum;
use super::copy::append;
use super::stored::Stored;
use super::uploads::find;
use crate::checksum::{Algorithm, Digesting, Digests};
use crate::condition::{guard, rejected};
use crate::fault::{Code, Fault};
use crate::reply::Reply;
use crate::request::{Input, xml};
use crate::store::{
    ChecksumKind, Finished, NewFile, Object, Part, StoredChecksum, Upload, UploadPart, VersionId,
};
use crate::upload_body::{bad_checksum, blocking};

/// Smallest part but for the last: 5 MiB.
const SMALLEST_PART: u64 = 5 * 1024 * 1024;
/// Largest object: 5 TiB.
const LARGEST_OBJECT: u64 = 5 * 1024 * 1024 * 1024 * 1024;
/// Most parts.
const MOST_PARTS: usize = 10_000;

/// Makes the parts that the request lists into the object.
pub(super) async fn complete_upload(
    cx: &Context<'_>,
    _: &Permit,
    input: &Input,
) -> Result<Reply, Fault> {
    let request = cx.request;
    let upload = find(cx).await?;
    let guard = guard(request)?;
    let wanted: dto::CompletedMultipartUpload = xml(&input.bytes)?;
    let wanted = wanted.parts.unwrap_or_default();
    let stored = cx.store.parts(&upload.id, 0, MOST_PARTS).await?;
    let parts = chosen(&upload, &wanted, stored)?;
    let size: u64 = parts.iter().map(|part| part.size).sum();
    if size > LARGEST_OBJECT {
        return Err(Fault::new(Code::EntityTooLarge));
    }
    if let Some(announced) = request.header("x-amz-mp-object-size")
        && announced.parse() != Ok(size)
    {
        return Err(Fault::invalid_request(
            "The provided 'x-amz-mp-object-size' header does not match what was computed.",
        ));
    }
    let (file, full) = concatenate(cx, &upload, &parts).await?;
    let checksum = object_checksum(&upload, &parts, full);
    check_claim(cx, checksum.as_ref())?;
    let etag = multipart_etag(&parts)?;
    let mut description = upload.description.clone();
    description.checksum = checksum.clone();
    description.parts = parts
        .iter()
        .map(|part| Part {
            number: part.number,
            size: part.size,
            checksum: value_of(part, upload.algorithm).map(str::to_owned),
        })
        .collect();
    let object = Object {
        version: VersionId::default(),
        file: file.id(),
        size,
        etag: etag.clone(),
        modified: cx.call.now,
        tags: upload.tags.clone(),
        description,
    };
    let bucket = cx.bucket()?;
    let key = request.key()?;
    let stored = Stored::of(cx, &object)?;
    let finished = Finished {
        parts: parts.iter().map(|part| (part.number, part.file)).collect(),
        file,
        object,
        guard,
    };
    let version = cx
        .store
        .complete_upload(bucket.id, upload, key.clone(), finished)
        .await?
        .map_err(|reason| rejected(reason, request))?;
    let mut output = dto::CompleteMultipartUploadOutput {
        bucket: Some(bucket.name.to_string()),
        checksum_type: checksum.as_ref().map(|c| c.kind.as_str().to_owned().into()),
        e_tag: Some(dto::ETag::Strong(etag)),
        key: Some(key.to_string()),
        location: Some(format!(
            "{}://{}/{}/{key}",
            if cx.call.tls.is_some() {
                "https"
            } else {
                "http"
            },
            cx.call.host,
            bucket.name,
        )),
        ..dto::CompleteMultipartUploadOutput::default()
    };
    if let Some(checksum) = checksum {
        set_checksum!(output, checksum.algorithm, checksum.value);
    }
    let mut reply = Reply::xml(&output)?.versioned(version);
    stored.tell(&mut reply);
    Ok(reply)
}

/// The listed parts, checked against the ones that are there.
fn chosen(
    upload: &Upload,
    wanted: &[dto::CompletedPart],
    stored: Vec<UploadPart>,
) -> Result<Vec<UploadPart>, Fault> {
    if wanted.is_empty() || wanted.len() > MOST_PARTS {
        return Err(Fault::new(Code::MalformedXml));
    }
    let mut stored: BTreeMap<u32, UploadPart> =
        stored.into_iter().map(|part| (part.number, part)).collect();
    let mut parts: Vec<UploadPart> = Vec::with_capacity(wanted.len());
    for part in wanted {
        let number = part.part_number.and_then(|n| u32::try_from(n).ok());
        let number = number.ok_or_else(|| Fault::new(Code::MalformedXml))?;
        if parts.last().is_some_and(|before| before.number >= number) {
            return Err(Fault::new(Code::InvalidPartOrder).element("UploadId", upload.id.clone()));
        }
        let etag = part.e_tag.as_ref().map(|tag| tag.value().to_owned());
        let invalid = || {
            Fault::new(Code::InvalidPart)
                .element("UploadId", upload.id.clone())
                .element("PartNumber", number.to_string())
                .element("ETag", etag.clone().unwrap_or_default())
        };
        let there = stored.remove(&number).ok_or_else(invalid)?;
        if etag.as_deref() != Some(there.etag.as_str()) {
            return Err(invalid());
        }
        let claimed = upload.algorithm.and_then(|a| claimed(part, a));
        if let Some(algorithm) = upload.algorithm
            && upload.kind == ChecksumKind::Composite
            && claimed.is_none()
        {
            return Err(Fault::invalid_request(format!(
                "The upload was created using a {} checksum. The complete request must include the checksum for each part. It was missing for part {number} in the request.",
                algorithm.name().to_ascii_lowercase(),
            )));
        }
        if claimed.is_some() && claimed != value_of(&there, upload.algorithm) {
            return Err(invalid());
        }
        parts.push(there);
    }
    let small = parts
        .split_last()
        .and_then(|(_, but_last)| but_last.iter().find(|part| part.size < SMALLEST_PART));
    if let Some(part) = small {
        return Err(Fault::new(Code::EntityTooSmall)
            .element("ETag", part.etag.clone())
            .element("MinSizeAllowed", SMALLEST_PART.to_string())
            .element("ProposedSize", part.size.to_string())
            .element("PartNumber", part.number.to_string()));
    }
    Ok(parts)
}

fn claimed(part: &dto::CompletedPart, algorithm: Algorithm) -> Option<&str> {
    match algorithm {
        Algorithm::Crc32 => part.checksum_crc32.as_deref(),
        Algorithm::Crc32c => part.checksum_crc32c.as_deref(),
        Algorithm::Crc64Nvme => part.checksum_crc64nvme.as_deref(),
        Algorithm::Sha1 => part.checksum_sha1.as_deref(),
        Algorithm::Sha256 => part.checksum_sha256.as_deref(),
    }
}

fn value_of(part: &UploadPart, algorithm: Option<Algorithm>) -> Option<&str> {
    let (stored, value) = part.checksum.as_ref()?;
    (Some(*stored) == algorithm).then_some(value)
}

/// One durable file of all parts, digested if a checksum of the whole is wanted.
async fn concatenate(
    cx: &Context<'_>,
    upload: &Upload,
    parts: &[UploadPart],
) -> Result<(NewFile, Option<Digests>), Fault> {
    let files = cx.store.files().clone();
    let pieces: Vec<_> = parts.iter().map(|part| (part.file, part.size)).collect();
    let digested = upload.algorithm.is_some() && upload.kind == ChecksumKind::FullObject;
    let algorithm = upload.algorithm;
    blocking(move || {
        let (new, mut to) = files.create()?;
        let mut digesting = digested.then(|| Digesting::new(algorithm));
        for (id, size) in pieces {
            let from = files.read(id)?;
            append(&from, 0..size, &mut to, digesting.as_mut())?;
        }
        new.sync(&to)?;
        Ok((new, digesting.map(Digesting::finish)))
    })
    .await
}

fn object_checksum(
    upload: &Upload,
    parts: &[UploadPart],
    full: Option<Digests>,
) -> Option<StoredChecksum> {
    let algorithm = upload.algorithm?;
    let value = match upload.kind {
        ChecksumKind::FullObject => full?.checksum?.1,
        ChecksumKind::Composite => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(algorithm.value(value_of(part, Some(algorithm))?)?);
            }
            let (_, value) = Digests::of(&all, Some(algorithm)).checksum?;
            format!("{value}-{}", parts.len())
        }
    };
    Some(StoredChecksum {
        algorithm,
        kind: upload.kind,
        value,
    })
}

/// The client may say what the object's checksum is to be; here the header isn't about the
/// request's own body.
fn check_claim(cx: &Context<'_>, computed: Option<&StoredChecksum>) -> Result<(), Fault> {
    for algorithm in Algorithm::ALL {
        let Some(claimed) = cx.request.header(algorithm.header()) else {
            continue;
        };
        let right = computed.is_some_and(|c| {
            let bare = c.value.split('-').next().unwrap_or_default();
            c.algorithm == algorithm && (claimed == c.value || claimed == bare)
        });
        if !right {
            return Err(bad_checksum(algorithm));
        }
    }
    Ok(())
}

/// The MD5 of the parts' MD5s, and how many there are.
fn multipart_etag(parts: &[UploadPart]) -> Result<String, Fault> {
    let mut all = Vec::with_capacity(parts.len() * 16);
    for part in parts {
        let bytes = (0..part.etag.len()).step_by(2).map(|at| {
            let pair = part.etag.get(at..at + 2)?;
            u8::from_str_radix(pair, 16).ok()
        });
        let bytes: Option<Vec<u8>> = bytes.collect();
        all.extend(
            bytes.ok_or_else(|| Fault::internal("a part's ETag is not an MD5", &part.etag))?,
        );
    }
    let etag = Digests::of(&all, None).etag();
    Ok(format!("{etag}-{}", parts.len()))
}
