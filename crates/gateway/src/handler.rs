//! The operations themselves. Every handler takes the [`Permit`] that says it may run.

mod acl;
mod attributes;
mod bucket;
mod complete;
mod configuration;
mod copy;
mod delete;
mod list;
mod parts;
mod policy;
mod put;
mod read;
mod tagging;
mod uploads;

pub(crate) use delete::{Doomed, Told, delete_objects, doomed_keys};

use std::sync::Arc;

use ::policy::AccountId;
use door::{Call, Door, Permit, Trailers};
use s3s::dto;

use crate::download_body::Content;
use crate::fault::{Code, Fault};
use crate::operation::Operation;
use crate::reply::Reply;
use crate::request::{Input, Request};
use crate::store::{Bucket, Object, Store};

/// What every handler may look at.
pub(crate) struct Context<'a> {
    /// The store.
    pub(crate) store: &'a Store,
    /// The server's region.
    pub(crate) region: &'a str,
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
    pub(crate) object: Option<Arc<Object>>,
    /// The bytes of the object it reads.
    pub(crate) content: Option<Content>,
    /// The object it copies.
    pub(crate) source: Option<Arc<Object>>,
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

impl Context<'_> {
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
fn found(object: Option<Arc<Object>>) -> Result<Arc<Object>, Fault> {
    object.ok_or_else(|| Fault::new(Code::NoSuchKey))
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
        O::ListMultipartUploads => uploads::list_uploads(cx, permit).await,
        O::GetBucketPolicy => policy::get_policy(cx, permit),
        O::PutBucketPolicy => policy::put_policy(cx, permit, &input).await,
        O::DeleteBucketPolicy => policy::delete_policy(cx, permit).await,
        O::GetBucketPolicyStatus => policy::get_policy_status(cx, permit),
        O::GetBucketVersioning => configuration::get_versioning(cx, permit),
        O::GetPublicAccessBlock => configuration::get_access_block(cx, permit),
        O::PutPublicAccessBlock => configuration::put_access_block(cx, permit, &input).await,
        O::DeletePublicAccessBlock => configuration::delete_access_block(cx, permit).await,
        O::GetBucketOwnershipControls => configuration::get_ownership(cx, permit),
        O::PutBucketOwnershipControls => configuration::put_ownership(cx, permit, &input),
        O::GetBucketAcl => acl::get_bucket_acl(cx, permit),
        O::GetObjectAcl => acl::get_object_acl(cx, permit, &*found(resolved.object)?),
        O::PutBucketAcl | O::PutObjectAcl => acl::put_acl(cx, permit, &input),
        O::GetBucketTagging => tagging::get_bucket_tagging(cx, permit),
        O::PutBucketTagging => tagging::put_bucket_tagging(cx, permit, &mut input).await,
        O::DeleteBucketTagging => tagging::delete_bucket_tagging(cx, permit).await,
        O::GetObjectTagging => tagging::get_object_tagging(permit, &*found(resolved.object)?),
        O::PutObjectTagging => {
            tagging::put_object_tagging(cx, permit, &mut input, &*found(resolved.object)?).await
        }
        O::DeleteObjectTagging => {
            tagging::delete_object_tagging(cx, permit, &*found(resolved.object)?).await
        }
        O::GetObject => {
            read::get_object(cx, permit, &*found(resolved.object)?, resolved.content).await
        }
        O::HeadObject => read::head_object(cx, permit, &*found(resolved.object)?),
        O::GetObjectAttributes => {
            attributes::get_object_attributes(cx, permit, &*found(resolved.object)?)
        }
        O::PutObject => put::put_object(cx, permit, &mut input, upload).await,
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
