//! PutObject.

use door::Permit;
use http::StatusCode;
use http::header::ETAG;

use super::acl::refuse_acl;
use super::stored::Stored;
use super::{Context, Upload};
use crate::checksum::Algorithm;
use crate::condition::{guard, rejected};
use crate::fault::Fault;
use crate::object_headers::{attach_checksum, describe};
use crate::reply::Reply;
use crate::request::Input;
use crate::store::{ChecksumKind, Object, StoredChecksum, VersionId};
use crate::upload_body::{Claims, receive};

/// Stores the body as the object.
pub(super) async fn put_object(
    cx: &Context<'_>,
    _: &Permit,
    input: &mut Input,
    mut upload: Upload,
) -> Result<Reply, Fault> {
    refuse_acl(cx.request)?;
    let tags = input.take_tags()?;
    let mut description = describe(cx.request)?;
    let guard = guard(cx.request)?;
    let claims = Claims::read(cx.request)?;
    // S3 computes a checksum of its own when the client claims none.
    let algorithm = claims.algorithm().unwrap_or(Algorithm::Crc64Nvme);
    let received = receive(
        cx.store.files(),
        cx.request,
        &claims,
        Some(algorithm),
        &mut upload.body,
        &upload.trailers,
    )
    .await?;
    let etag = received.digests.etag();
    description.checksum = received
        .digests
        .checksum
        .map(|(algorithm, value)| StoredChecksum {
            algorithm,
            kind: ChecksumKind::FullObject,
            value,
        });
    let checksum = description.checksum.clone();
    let object = Object {
        version: VersionId::default(),
        file: received.file.id(),
        size: received.size,
        etag: etag.clone(),
        modified: cx.call.now,
        tags,
        description,
    };
    let stored = Stored::of(cx, &object)?;
    let key = cx.request.key()?.clone();
    let version = cx
        .store
        .put_object(cx.bucket()?.id, key, received.file, object, guard)
        .await?
        .map_err(|reason| rejected(reason, cx.request))?;
    let mut reply = Reply::empty(StatusCode::OK).with(ETAG, &format!("\"{etag}\""));
    stored.tell(&mut reply);
    if let Some(checksum) = checksum {
        attach_checksum(&mut reply, &checksum);
    }
    Ok(reply.versioned(version))
}
