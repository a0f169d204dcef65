//! Multipart uploads: begin, list, abort.

use std::collections::BTreeSet;

use door::Permit;
use http::StatusCode;
use s3s::dto;

use super::Context;
use super::acl::refuse_acl;
use super::list::Encoding;
use crate::checksum::Algorithm;
use crate::condition::rejected;
use crate::fault::{Code, Fault};
use crate::lifecycle::attach_abort;
use crate::object_headers::describe;
use crate::reply::{Reply, xml_time};
use crate::request::Input;
use crate::store::{ChecksumKind, Upload, UploadQuery};
use crate::upload_body::invalid_algorithm;

/// Most uploads of a page.
const MOST_UPLOADS: u32 = 1000;

/// Begins an upload.
pub(super) async fn create_upload(
    cx: &Context<'_>,
    _: &Permit,
    input: &mut Input,
) -> Result<Reply, Fault> {
    refuse_acl(cx.request)?;
    let bucket = cx.bucket()?;
    let key = cx.request.key()?;
    let tags = input.take_tags()?;
    let checksum = wanted_checksum(cx)?;
    let upload = Upload::begin(key, cx.call.now, checksum, tags, describe(cx.request)?);
    let id = upload.id.clone();
    cx.store
        .create_upload(bucket.id, upload)
        .await?
        .map_err(|reason| rejected(reason, cx.request))?;
    let mut reply = Reply::xml(&dto::CreateMultipartUploadOutput {
        bucket: Some(bucket.name.to_string()),
        key: Some(key.to_string()),
        upload_id: Some(id.clone()),
        ..dto::CreateMultipartUploadOutput::default()
    })?;
    attach_abort(&mut reply, bucket, key.as_str(), cx.call.now);
    cx.storage.tell(&mut reply);
    if let Some((algorithm, kind)) = checksum {
        reply.set_named("x-amz-checksum-algorithm", algorithm.name());
        reply.set_named("x-amz-checksum-type", kind.as_str());
    }
    reply.elements = Some(serde_json::json!({
        "bucket": bucket.name.as_str(), "key": key.as_str(), "uploadId": id,
    }));
    Ok(reply)
}

fn wanted_checksum(cx: &Context<'_>) -> Result<Option<(Algorithm, ChecksumKind)>, Fault> {
    let kind = cx.request.header("x-amz-checksum-type");
    let Some(name) = cx.request.header("x-amz-checksum-algorithm") else {
        return match kind {
            None => Ok(None),
            Some(_) => Err(Fault::invalid_request(
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
            )),
        };
    };
    let algorithm = Algorithm::parse(name).ok_or_else(|| invalid_algorithm(name))?;
    let kind = match kind {
        None => algorithm.default_kind(),
        Some(text) => ChecksumKind::parse(text).ok_or_else(|| {
            Fault::invalid_request("Value for x-amz-checksum-type header is invalid.")
        })?,
    };
    if !algorithm.supports(kind) {
        return Err(Fault::invalid_request(format!(
            "The {} checksum type cannot be used with the {} checksum algorithm.",
            kind.as_str(),
            algorithm.name().to_ascii_lowercase(),
        )));
    }
    Ok(Some((algorithm, kind)))
}

/// Forgets an upload.
pub(super) async fn abort_upload(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let upload = find(cx).await?;
    cx.store.abort_upload(upload).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// The upload that the request names, of the key that it names.
pub(super) async fn find(cx: &Context<'_>) -> Result<Upload, Fault> {
    let id = cx.request.query.get("uploadId").unwrap_or_default();
    cx.store
        .upload(cx.bucket()?.id, cx.request.key()?, id)
        .await?
        .ok_or_else(|| Fault::new(Code::NoSuchUpload).element("UploadId", id))
}

/// The bucket's unfinished uploads.
pub(super) async fn list_uploads(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let bucket = cx.bucket()?;
    let parameters = &cx.request.query;
    let encoding = Encoding::of(cx)?;
    let most = parameters
        .number("max-uploads")?
        .unwrap_or(MOST_UPLOADS)
        .min(MOST_UPLOADS);
    let prefix = parameters.get("prefix").unwrap_or_default().to_owned();
    let delimiter = parameters.get("delimiter").filter(|d| !d.is_empty());
    let key_marker = parameters.get("key-marker").unwrap_or_default();
    let id_marker = parameters
        .get("upload-id-marker")
        .filter(|id| !id.is_empty());
    let after =
        (!key_marker.is_empty()).then(|| (key_marker.to_owned(), id_marker.map(str::to_owned)));
    let query = UploadQuery {
        prefix: prefix.clone(),
        after,
        limit: most as usize,
    };
    let page = cx.store.list_uploads(bucket.id, &query).await?;
    let owner = cx.owner(bucket.owner);
    let mut uploads = Vec::new();
    let mut prefixes = BTreeSet::new();
    for upload in &page.uploads {
        let rest = upload.key.get(prefix.len()..).unwrap_or_default();
        let rolled = delimiter.and_then(|d| {
            let end = prefix.len() + rest.find(d)? + d.len();
            upload.key.get(..end)
        });
        if let Some(rolled) = rolled {
            prefixes.insert(encoding.write(rolled));
            continue;
        }
        uploads.push(dto::MultipartUpload {
            checksum_algorithm: upload
                .algorithm
                .map(|a| dto::ChecksumAlgorithm::from_static(a.name())),
            checksum_type: upload
                .algorithm
                .map(|_| upload.kind.as_str().to_owned().into()),
            initiated: Some(xml_time(upload.initiated)),
            initiator: Some(dto::Initiator {
                display_name: None,
                id: owner.id.clone(),
            }),
            key: Some(encoding.write(&upload.key)),
            owner: Some(owner.clone()),
            storage_class: Some(dto::StorageClass::from_static(dto::StorageClass::STANDARD)),
            upload_id: Some(upload.id.clone()),
        });
    }
    let last = page.uploads.last().filter(|_| page.truncated);
    Reply::xml(&dto::ListMultipartUploadsOutput {
        bucket: Some(bucket.name.to_string()),
        common_prefixes: Some(
            prefixes
                .into_iter()
                .map(|prefix| dto::CommonPrefix {
                    prefix: Some(prefix),
                })
                .collect(),
        ),
        delimiter: delimiter.map(|d| encoding.write(d)),
        encoding_type: encoding.name(),
        is_truncated: Some(page.truncated),
        key_marker: Some(encoding.write(key_marker)),
        max_uploads: i32::try_from(most).ok(),
        next_key_marker: last.map(|upload| encoding.write(&upload.key)),
        next_upload_id_marker: last.map(|upload| upload.id.clone()),
        prefix: Some(encoding.write(&prefix)),
        request_charged: None,
        upload_id_marker: id_marker.map(str::to_owned),
        uploads: Some(uploads),
    })
}
