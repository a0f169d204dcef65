//! Settings of a bucket: Block Public Access, ownership, versioning.

use door::Permit;
use http::StatusCode;
use s3s::dto;

use super::Context;
use crate::fault::{Code, Fault};
use crate::reply::Reply;
use crate::request::{Input, xml};
use crate::store::{BucketRejected, PublicAccessBlock, Versioning};

/// A change of a bucket that may have gone meanwhile.
pub(super) fn changed(
    cx: &Context<'_>,
    outcome: Result<(), BucketRejected>,
    status: StatusCode,
) -> Result<Reply, Fault> {
    match outcome {
        Ok(()) => Ok(Reply::empty(status)),
        Err(_) => Err(Fault::bucket(Code::NoSuchBucket, &cx.bucket()?.name)),
    }
}

/// Whether versioning is on or suspended, or that it never was on.
pub(super) fn get_versioning(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let status = cx.bucket()?.versioning.status();
    Reply::xml(&dto::GetBucketVersioningOutput {
        status: status.map(dto::BucketVersioningStatus::from_static),
        ..dto::GetBucketVersioningOutput::default()
    })
}

/// Switches versioning on, or suspends it. Without MFA delete: there is no way here to prove a device with a request.
pub(super) async fn put_versioning(
    cx: &Context<'_>,
    _: &Permit,
    input: &Input,
) -> Result<Reply, Fault> {
    let wanted: dto::VersioningConfiguration = xml(&input.bytes)?;
    match wanted.mfa_delete.as_ref().map(dto::MFADelete::as_str) {
        None | Some(dto::MFADelete::DISABLED) => {}
        Some(dto::MFADelete::ENABLED) => {
            return Err(Fault::new(Code::NotImplemented).message("MFA delete is not implemented"));
        }
        Some(_) => return Err(Fault::new(Code::MalformedXml)),
    }
    let status = wanted
        .status
        .ok_or_else(|| Fault::new(Code::IllegalVersioning))?;
    let versioning =
        Versioning::from_status(status.as_str()).ok_or_else(|| Fault::new(Code::MalformedXml))?;
    let outcome = cx.store.set_versioning(cx.bucket()?, versioning).await?;
    changed(cx, outcome, StatusCode::OK)
}

/// The four settings.
pub(super) fn get_access_block(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let bucket = cx.bucket()?;
    let block = bucket
        .access_block
        .ok_or_else(|| Fault::bucket(Code::NoSuchPublicAccessBlock, &bucket.name))?;
    Reply::xml(&block_document(block))
}

/// Block Public Access as clients see it.
pub(super) fn block_document(block: PublicAccessBlock) -> dto::PublicAccessBlockConfiguration {
    dto::PublicAccessBlockConfiguration {
        block_public_acls: Some(block.block_public_acls),
        block_public_policy: Some(block.block_public_policy),
        ignore_public_acls: Some(block.ignore_public_acls),
        restrict_public_buckets: Some(block.restrict_public_buckets),
    }
}

/// The settings that a request asks for.
pub(super) fn block_of(input: &Input) -> Result<PublicAccessBlock, Fault> {
    let wanted: dto::PublicAccessBlockConfiguration = xml(&input.bytes)?;
    Ok(PublicAccessBlock {
        block_public_acls: wanted.block_public_acls.unwrap_or(false),
        ignore_public_acls: wanted.ignore_public_acls.unwrap_or(false),
        block_public_policy: wanted.block_public_policy.unwrap_or(false),
        restrict_public_buckets: wanted.restrict_public_buckets.unwrap_or(false),
    })
}

/// Sets the four settings; the ones that are left out are off.
pub(super) async fn put_access_block(
    cx: &Context<'_>,
    _: &Permit,
    input: &Input,
) -> Result<Reply, Fault> {
    let block = block_of(input)?;
    let bucket = cx.bucket()?;
    let outcome = cx.store.set_access_block(bucket, Some(block)).await?;
    changed(cx, outcome, StatusCode::OK)
}

/// Removes the settings, which blocks nothing.
pub(super) async fn delete_access_block(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let outcome = cx.store.set_access_block(cx.bucket()?, None).await?;
    changed(cx, outcome, StatusCode::NO_CONTENT)
}

/// ACLs are off in every bucket.
pub(super) fn get_ownership(_: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let rule = dto::OwnershipControlsRule {
        object_ownership: dto::ObjectOwnership::BUCKET_OWNER_ENFORCED
            .to_owned()
            .into(),
    };
    Reply::xml(&dto::OwnershipControls { rules: vec![rule] })
}

/// Takes the setting that every bucket has, and no other.
pub(super) fn put_ownership(_: &Context<'_>, _: &Permit, input: &Input) -> Result<Reply, Fault> {
    let wanted: dto::OwnershipControls = xml(&input.bytes)?;
    match wanted.rules.as_slice() {
        [rule] if rule.object_ownership.as_str() == dto::ObjectOwnership::BUCKET_OWNER_ENFORCED => {
            Ok(Reply::empty(StatusCode::OK))
        }
        [_] => Err(Fault::new(Code::NotImplemented)
            .message("Only the ObjectOwnership BucketOwnerEnforced is implemented")),
        _ => Err(Fault::new(Code::MalformedXml)),
    }
}
