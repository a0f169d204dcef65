//! The operations themselves. Every handler takes the [`Permit`] that says it may run.

mod account;
mod acl;
mod attributes;
mod bucket;
mod complete;
mod configuration;
mod copy;
mod cors;
mod delete;
mod encryption;
mod lifecycle;
mod list;
mod list_versions;
mod parts;
mod policy;
mod post;
mod put;
mod read;
mod resource_tags;
mod stored;
mod tagging;
mod unset;
mod uploads;

pub(crate) use acl::{owner_acl, put_acl, refuse_acl};
pub(crate) use bucket::check_new_bucket;
pub(crate) use delete::{Doomed, Told, delete_objects, doomed_keys};
pub(crate) use parts::part_range;
pub(crate) use post::answer_form;

use std::sync::Arc;

use ::policy::AccountId;
use door::{Call, Door, Permit, Trailers};
use s3s::dto;

use crate::download_body::Content;
use crate::encryption::Storage;
use crate::fault::{Code, Fault};
use crate::operation::Operation;
use crate::reply::{Reply, VERSION_ID};
use crate::request::{Input, Request};
use crate::store::{Bucket, Found, Object, Store, VersionId, Versioning};

/// What every handler may look at.
pub(crate) struct Context<'a> {
    /// The store.
    pub(crate) store: &'a Store,
    /// The server's region.
    pub(crate) region: &'a str,
    /// Whether what is stored is encrypted.
    pub(crate) storage: Storage,
    /// The door, which knows the accounts.
    pub(crate) door: &'a Door,
    /// The call: when, by whom.
    pub(crate) call: &'a Call,
    /// What is asked for.
    pub(crate) request: &'a Request,
    /// The bucket it works on, if it works on one that exists.
    pub(crate) bucket: Option<Arc<Bucket>>,
}

/// The objects that a request reads.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    /// The object it works on.
    pub(crate) object: Found,
    /// The bytes of the object it reads.
    pub(crate) content: Option<Content>,
    /// The object it copies.
    pub(crate) source: Found,
    /// The bytes of the object it copies.
    pub(crate) file: Option<std::fs::File>,
}

/// A body that hasn't been read.
pub(crate) struct Upload {
    /// The bytes.
    pub(crate) body: door::Body,
    /// What comes after them.
    pub(crate) trailers: Trailers,
}

impl<'a> Context<'a> {
    /// The same for another request on the same bucket.
    pub(crate) fn of<'b>(&'b self, request: &'b Request, call: &'b Call) -> Context<'b>
    where
        'a: 'b,
    {
        Context {
            request,
            call,
            bucket: self.bucket.clone(),
            ..*self
        }
    }

    /// The bucket. It was looked up before the request was authorized.
    pub(crate) fn bucket(&self) -> Result<&Arc<Bucket>, Fault> {
        self.bucket
            .as_ref()
            .ok_or_else(|| Fault::new(Code::NoSuchBucket))
    }

    /// An account as S3 shows it: by its canonical user id.
    pub(crate) fn owner(&self, account: AccountId) -> dto::Owner {
        let snapshot = self.door.directory().snapshot();
        dto::Owner {
            display_name: None,
            id: snapshot
                .account(account)
                .map(|view| view.account().canonical_id.clone()),
        }
    }

    /// The caller's account.
    pub(crate) fn account(&self) -> Result<AccountId, Fault> {
        self.call
            .caller
            .principal
            .account()
            .ok_or_else(|| Fault::new(Code::AccessDenied))
    }
}

/// The object that was looked up before the request was authorized.
fn found(found: Found) -> Result<Arc<Object>, Fault> {
    match found {
        Found::Object(object) => Ok(object),
        Found::Marker(_) | Found::Nothing => Err(Fault::new(Code::NoSuchKey)),
    }
}

/// Names the version of an object that was read, where the bucket has versions or the request named one.
fn with_version(cx: &Context<'_>, mut reply: Reply, object: &Object) -> Result<Reply, Fault> {
    let kept = cx.bucket()?.versioning != Versioning::Off;
    if kept || cx.request.query.has("versionId") {
        reply.set(VERSION_ID, &object.version.to_string());
    }
    Ok(reply)
}

/// The version of the source of a copy, if its bucket has versions or the request named one.
fn source_version(cx: &Context<'_>, source: &Object) -> Option<VersionId> {
    let from = cx.request.source.as_ref()?;
    let kept = cx
        .store
        .bucket(&from.bucket)
        .is_some_and(|bucket| bucket.versioning != Versioning::Off);
    (kept || from.version.is_some()).then_some(source.version)
}

/// Runs the operation.
pub(crate) async fn run(
    cx: &Context<'_>,
    permit: &Permit,
    mut input: Input,
    resolved: Resolved,
    upload: Upload,
) -> Result<Reply, Fault> {
    use Operation as O;
    match cx.request.operation {
        O::ListBuckets => bucket::list_buckets(cx, permit),
        O::CreateBucket => bucket::create_bucket(cx, permit, &mut input).await,
        O::HeadBucket => bucket::head_bucket(cx, permit),
        O::GetBucketLocation => bucket::get_bucket_location(cx, permit),
        O::DeleteBucket => bucket::delete_bucket(cx, permit).await,
        O::ListObjects => list::list_objects(cx, permit).await,
        O::ListObjectsV2 => list::list_objects_v2(cx, permit).await,
        O::ListObjectVersions => list_versions::list_object_versions(cx, permit).await,
        O::ListMultipartUploads => uploads::list_uploads(cx, permit).await,
        O::GetBucketPolicy => policy::get_policy(cx, permit),
        O::PutBucketPolicy => policy::put_policy(cx, permit, &input).await,
        O::DeleteBucketPolicy => policy::delete_policy(cx, permit).await,
        O::GetBucketPolicyStatus => policy::get_policy_status(cx, permit),
        O::GetBucketVersioning => configuration::get_versioning(cx, permit),
        O::PutBucketVersioning => configuration::put_versioning(cx, permit, &input).await,
        O::GetPublicAccessBlock => configuration::get_access_block(cx, permit),
        O::PutPublicAccessBlock => configuration::put_access_block(cx, permit, &input).await,
        O::DeletePublicAccessBlock => configuration::delete_access_block(cx, permit).await,
        O::GetBucketOwnershipControls => configuration::get_ownership(cx, permit),
        O::PutBucketOwnershipControls => configuration::put_ownership(cx, permit, &input),
        O::GetBucketAcl => acl::get_bucket_acl(cx, permit),
        O::GetObjectAcl => acl::get_object_acl(cx, permit, &*found(resolved.object)?),
        O::PutBucketAcl => acl::put_acl(cx, permit, &input),
        O::PutObjectAcl => acl::put_object_acl(cx, permit, &input, &*found(resolved.object)?),
        O::GetBucketTagging => tagging::get_bucket_tagging(cx, permit),
        O::PutBucketTagging => tagging::put_bucket_tagging(cx, permit, &mut input).await,
        O::DeleteBucketTagging => tagging::delete_bucket_tagging(cx, permit).await,
        O::GetBucketAbac => resource_tags::get_abac(cx, permit),
        O::PutBucketAbac => resource_tags::put_abac(cx, permit, &input).await,
        O::ListTagsForResource => resource_tags::list_tags(cx, permit),
        O::TagResource => resource_tags::add_tags(cx, permit, &mut input).await,
        O::UntagResource => resource_tags::remove_tags(cx, permit).await,
        O::GetAccountPublicAccessBlock => account::get_access_block(cx, permit),
        O::PutAccountPublicAccessBlock => account::put_access_block(cx, permit, &input).await,
        O::DeleteAccountPublicAccessBlock => account::delete_access_block(cx, permit).await,
        O::GetObjectTagging => tagging::get_object_tagging(cx, permit, &*found(resolved.object)?),
        O::PutObjectTagging => {
            tagging::put_object_tagging(cx, permit, &mut input, &*found(resolved.object)?).await
        }
        O::DeleteObjectTagging => {
            tagging::delete_object_tagging(cx, permit, &*found(resolved.object)?).await
        }
        O::GetBucketCors => cors::get_cors(cx, permit),
        O::PutBucketCors => cors::put_cors(cx, permit, &input).await,
        O::DeleteBucketCors => cors::delete_cors(cx, permit).await,
        O::GetBucketLifecycle => lifecycle::get_lifecycle(cx, permit),
        O::PutBucketLifecycle => lifecycle::put_lifecycle(cx, permit, &input).await,
        O::DeleteBucketLifecycle => lifecycle::delete_lifecycle(cx, permit).await,
        O::GetBucketEncryption => encryption::get_encryption(cx, permit),
        O::PutBucketEncryption => encryption::put_encryption(cx, permit, &input).await,
        O::DeleteBucketEncryption => encryption::delete_encryption(cx, permit).await,
        O::GetBucketWebsite
        | O::DeleteBucketWebsite
        | O::GetBucketReplication
        | O::DeleteBucketReplication
        | O::GetBucketLogging
        | O::GetBucketNotification
        | O::GetBucketRequestPayment
        | O::GetAccelerateConfiguration
        | O::GetAnalyticsConfiguration
        | O::GetInventoryConfiguration
        | O::GetMetricsConfiguration
        | O::GetIntelligentTieringConfiguration
        | O::ListAnalyticsConfigurations
        | O::ListInventoryConfigurations
        | O::ListMetricsConfigurations
        | O::ListIntelligentTieringConfigurations
        | O::GetObjectLockConfiguration
        | O::GetObjectRetention
        | O::GetObjectLegalHold => unset::read(cx, permit),
        O::PutBucketLogging | O::PutBucketNotification | O::PutBucketRequestPayment => {
            unset::put(cx, permit, &input)
        }
        O::GetObject => {
            read::get_object(cx, permit, &*found(resolved.object)?, resolved.content).await
        }
        O::HeadObject => read::head_object(cx, permit, &*found(resolved.object)?),
        O::GetObjectAttributes => {
            attributes::get_object_attributes(cx, permit, &*found(resolved.object)?)
        }
        O::PutObject => put::put_object(cx, permit, &mut input, upload).await,
        O::PostObject => post::post_object(cx, permit, &mut input, upload).await,
        O::DeleteObject => delete::delete_object(cx, permit).await,
        O::CopyObject => copy::copy_object(cx, permit, &mut input, resolved).await,
        O::CreateMultipartUpload => uploads::create_upload(cx, permit, &mut input).await,
        O::UploadPart => parts::upload_part(cx, permit, upload).await,
        O::UploadPartCopy => parts::upload_part_copy(cx, permit, resolved).await,
        O::ListParts => parts::list_parts(cx, permit).await,
        O::CompleteMultipartUpload => complete::complete_upload(cx, permit, &input).await,
        O::AbortMultipartUpload => uploads::abort_upload(cx, permit).await,
        // DeleteObjects has a permit for each key; the rest is declined before it gets here.
        _ => Err(Fault::new(Code::NotImplemented)),
    }
}
