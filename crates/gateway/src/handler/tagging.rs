//! Tags of buckets and objects.

use door::Permit;
use http::StatusCode;
use s3s::dto;

use super::configuration::changed;
use super::{Context, with_version};
use crate::fault::{Code, Fault};
use crate::reply::Reply;
use crate::request::Input;
use crate::store::Object;
use crate::tags::Tags;

/// Tags as clients see them.
pub(super) fn tag_set(tags: &Tags) -> Vec<dto::Tag> {
    tags.iter()
        .map(|(key, value)| dto::Tag {
            key: Some(key.to_owned()),
            value: Some(value.to_owned()),
        })
        .collect()
}

/// The bucket's tags.
pub(super) fn get_bucket_tagging(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let bucket = cx.bucket()?;
    if bucket.tags.is_empty() {
        return Err(Fault::bucket(Code::NoSuchTagSet, &bucket.name));
    }
    Reply::xml(&dto::GetBucketTaggingOutput {
        tag_set: tag_set(&bucket.tags),
    })
}

/// Tags that policies see are changed one by one, by operations with permissions of their own (S3
/// API Reference, PutBucketAbac).
fn refuse_with_abac(cx: &Context<'_>) -> Result<(), Fault> {
    match cx.bucket()?.abac {
        false => Ok(()),
        true => Err(Fault::invalid_request(
            "The tags of a bucket with attribute-based access control are changed with TagResource and UntagResource.",
        )),
    }
}

/// Replaces the bucket's tags.
pub(super) async fn put_bucket_tagging(
    cx: &Context<'_>,
    _: &Permit,
    input: &mut Input,
) -> Result<Reply, Fault> {
    refuse_with_abac(cx)?;
    let tags = input.take_tags()?;
    let outcome = cx.store.set_bucket_tags(cx.bucket()?, tags).await?;
    changed(cx, outcome, StatusCode::NO_CONTENT)
}

/// Removes the bucket's tags.
pub(super) async fn delete_bucket_tagging(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    refuse_with_abac(cx)?;
    let outcome = cx
        .store
        .set_bucket_tags(cx.bucket()?, Tags::default())
        .await?;
    changed(cx, outcome, StatusCode::NO_CONTENT)
}

/// The object's tags.
pub(super) fn get_object_tagging(
    cx: &Context<'_>,
    _: &Permit,
    object: &Object,
) -> Result<Reply, Fault> {
    let reply = Reply::xml(&dto::GetObjectTaggingOutput {
        tag_set: tag_set(&object.tags),
        version_id: None,
    })?;
    with_version(cx, reply, object)
}

/// Replaces the object's tags.
pub(super) async fn put_object_tagging(
    cx: &Context<'_>,
    _: &Permit,
    input: &mut Input,
    object: &Object,
) -> Result<Reply, Fault> {
    let tags = input.take_tags()?;
    set(cx, object, tags).await?;
    with_version(cx, Reply::empty(StatusCode::OK), object)
}

/// Removes the object's tags.
pub(super) async fn delete_object_tagging(
    cx: &Context<'_>,
    _: &Permit,
    object: &Object,
) -> Result<Reply, Fault> {
    set(cx, object, Tags::default()).await?;
    with_version(cx, Reply::empty(StatusCode::NO_CONTENT), object)
}

/// Sets the tags of the version whose tags were looked at when this was authorized.
async fn set(cx: &Context<'_>, object: &Object, tags: Tags) -> Result<(), Fault> {
    let key = cx.request.key()?;
    let bucket = cx.bucket()?.id;
    let done = cx
        .store
        .set_object_tags(bucket, key.clone(), object.file, tags)
        .await?;
    if done {
        Ok(())
    } else {
        Err(Fault::new(Code::OperationAborted))
    }
}
