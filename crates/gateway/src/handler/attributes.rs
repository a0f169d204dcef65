//! GetObjectAttributes.

use std::io;

use door::Permit;
use http::header::LAST_MODIFIED;
use s3s::dto;
use s3s::xml::{SerResult, Serialize, SerializeContent, Serializer};

use super::{Context, with_version};
use crate::checksum::Algorithm;
use crate::fault::Fault;
use crate::reply::{Reply, http_time};
use crate::store::Object;

/// Most parts of a page.
const MOST_PARTS: u32 = 1000;

/// The namespace of S3's documents.
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// Sets the field of an s3s type that belongs to a checksum's algorithm.
macro_rules! set_checksum {
    ($target:expr, $algorithm:expr, $value:expr) => {
        match $algorithm {
            Algorithm::Crc32 => $target.checksum_crc32 = Some($value),
            Algorithm::Crc32c => $target.checksum_crc32c = Some($value),
            Algorithm::Crc64Nvme => $target.checksum_crc64nvme = Some($value),
            Algorithm::Sha1 => $target.checksum_sha1 = Some($value),
            Algorithm::Sha256 => $target.checksum_sha256 = Some($value),
        }
    };
}
pub(super) use set_checksum;

/// The answer. Other answers have their ETags in quotes, this one hasn't (S3 API Reference, GetObjectAttributes).
#[derive(Default)]
struct Attributes {
    etag: Option<String>,
    others: dto::GetObjectAttributesOutput,
}

impl SerializeContent for Attributes {
    fn serialize_content<W: io::Write>(&self, writer: &mut Serializer<W>) -> SerResult {
        if let Some(etag) = &self.etag {
            writer.content("ETag", etag)?;
        }
        self.others.serialize_content(writer)
    }
}

impl Serialize for Attributes {
    fn serialize<W: io::Write>(&self, writer: &mut Serializer<W>) -> SerResult {
        writer.content_with_ns("GetObjectAttributesResponse", NAMESPACE, self)
    }
}

/// The attributes that `x-amz-object-attributes` names.
pub(super) fn get_object_attributes(
    cx: &Context<'_>,
    _: &Permit,
    object: &Object,
) -> Result<Reply, Fault> {
    let names = cx
        .request
        .header("x-amz-object-attributes")
        .ok_or_else(|| {
            Fault::invalid_request("x-amz-object-attributes header must be specified")
        })?;
    let mut output = Attributes::default();
    for name in names.split(',').map(str::trim) {
        match name {
            "ETag" => output.etag = Some(object.etag.clone()),
            "ObjectSize" => output.others.object_size = i64::try_from(object.size).ok(),
            "StorageClass" => {
                output.others.storage_class =
                    Some(dto::StorageClass::from_static(dto::StorageClass::STANDARD));
            }
            "Checksum" => output.others.checksum = checksum(object),
            "ObjectParts" => output.others.object_parts = parts(cx, object)?,
            other => {
                return Err(Fault::argument(
                    "Invalid attribute name specified.",
                    "x-amz-object-attributes",
                    other,
                ));
            }
        }
    }
    let reply = Reply::xml(&output)?.with(LAST_MODIFIED, &http_time(object.modified));
    with_version(cx, reply, object)
}

fn checksum(object: &Object) -> Option<dto::Checksum> {
    let stored = object.description.checksum.as_ref()?;
    let mut checksum = dto::Checksum {
        checksum_type: Some(stored.kind.as_str().to_owned().into()),
        ..dto::Checksum::default()
    };
    // Without the number of parts, which ObjectParts has.
    let value = stored
        .value
        .split('-')
        .next()
        .unwrap_or_default()
        .to_owned();
    set_checksum!(checksum, stored.algorithm, value);
    Some(checksum)
}

fn parts(
    cx: &Context<'_>,
    object: &Object,
) -> Result<Option<dto::GetObjectAttributesParts>, Fault> {
    let all = &object.description.parts;
    if all.is_empty() {
        return Ok(None);
    }
    let header = |name: &str| cx.request.header(name).and_then(|v| v.parse::<u32>().ok());
    let most = header("x-amz-max-parts")
        .unwrap_or(MOST_PARTS)
        .min(MOST_PARTS);
    let marker = header("x-amz-part-number-marker").unwrap_or(0);
    let mut later = all.iter().filter(|part| part.number > marker);
    let algorithm = object.description.checksum.as_ref().map(|c| c.algorithm);
    let page: Vec<dto::ObjectPart> = later
        .by_ref()
        .take(most as usize)
        .map(|part| {
            let mut shown = dto::ObjectPart {
                part_number: i32::try_from(part.number).ok(),
                size: i64::try_from(part.size).ok(),
                ..dto::ObjectPart::default()
            };
            if let (Some(algorithm), Some(value)) = (algorithm, part.checksum.clone()) {
                set_checksum!(shown, algorithm, value);
            }
            shown
        })
        .collect();
    let truncated = later.next().is_some();
    Ok(Some(dto::GetObjectAttributesParts {
        is_truncated: Some(truncated),
        max_parts: i32::try_from(most).ok(),
        next_part_number_marker: page.last().and_then(|p| p.part_number),
        part_number_marker: i32::try_from(marker).ok(),
        // Single parts are only told of uploads with checksums for them.
        parts: algorithm.map(|_| page),
        total_parts_count: i32::try_from(all.len()).ok(),
    }))
}
