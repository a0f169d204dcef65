//! The way of a request whose bucket, or whose copy's source, is in the upstream.

use std::sync::Arc;

use door::{Call, Door};

use super::Upstream;
use crate::Gateway;
use crate::absent;
use crate::condition_keys;
use crate::fault::{Code, Fault};
use crate::gateway::{expected_owner, no_bucket, reads_whole_body};
use crate::handler::{self, Context, Resolved, Upload};
use crate::needs::{Requirement, needs, replaces_tags};
use crate::object_headers::check_overrides;
use crate::operation::{Operation, Service};
use crate::reply::Reply;
use crate::request::{Input, read_whole};
use crate::store::Bucket;
use crate::tags::Tags;
use crate::upload_body::Claims;

/// What `s3:ExistingObjectTag/KEY` begins with.
const EXISTING_TAG: &str = "s3:ExistingObjectTag/";

impl Gateway {
    /// Whether the request is the upstream's: its bucket is there or is going to be, or the object that it copies is.
    pub(crate) fn is_upstreams(&self, cx: &Context<'_>) -> bool {
        match &cx.bucket {
            Some(bucket) if bucket.upstream.is_some() => true,
            None if cx.request.operation == Operation::CreateBucket => self.upstream.is_some(),
            _ => self
                .source(cx)
                .is_some_and(|bucket| bucket.upstream.is_some()),
        }
    }

    /// The bucket of the object that the request copies.
    pub(super) fn source(&self, cx: &Context<'_>) -> Option<Arc<Bucket>> {
        self.store.bucket(&cx.request.source.as_ref()?.bucket)
    }

    /// The upstream, which buckets that were made when there was one need.
    pub(super) fn upstream(&self) -> Result<&Upstream, Fault> {
        self.upstream.as_ref().ok_or_else(|| {
            Fault::unavailable(
                "the bucket's objects are in an upstream store, and the server runs without \
                 --s3-upstream",
            )
        })
    }

    /// Authorizes the request as any other, and has the upstream do it.
    pub(crate) async fn serve_upstream(
        &self,
        door: &Door,
        cx: &Context<'_>,
        mut input: Input,
        mut upload: Upload,
    ) -> Result<Reply, Fault> {
        // The one that is authorized is the one that is read: bodies are waited for in between.
        let source = self.source(cx);
        let existing = self.existing_tags(door, cx).await?;
        let tags = self.source_tags(door, cx).await?;
        let needs = needs(cx.request, &input, existing.as_ref(), tags.as_ref());
        let permit = self.authorize(door, cx.call, needs)?;
        input.is_understood()?;
        self.expected_owners(cx)?;
        check_overrides(cx.request, cx.call.caller.principal.account().is_none())?;
        let service = cx.request.operation.row().service;
        let is_ours = is_about_access(cx.request.operation);
        if service == Service::Foreign || service == Service::Declined && is_ours {
            return Err(Fault::not_implemented(cx.request.operation));
        }
        // Some stores take an empty id for none: an upload that is given up would be an object that is deleted.
        if let Some(id) = cx.request.query.get("uploadId")
            && id.trim().is_empty()
        {
            return Err(Fault::new(Code::NoSuchUpload).element("UploadId", id));
        }
        if is_ours {
            return handler::run(cx, &permit, input, Resolved::default(), upload).await;
        }
        if !takes_object(cx.request.operation) && !reads_whole_body(cx.request.operation) {
            input.bytes = read_whole(&mut upload.body, cx.request.content_length()).await?;
            let claims = Claims::read(cx.request)?;
            let digests = crate::checksum::Digests::of(&input.bytes, claims.algorithm());
            claims.verify(&digests, &upload.trailers)?;
        }
        match cx.request.operation {
            Operation::CreateBucket => self.create_upstream_bucket(cx, &permit, &mut input).await,
            Operation::PostObject => self.post_form(door, cx, &permit, input, upload).await,
            Operation::DeleteBucket => self.delete_upstream_bucket(cx, &permit).await,
            Operation::CopyObject | Operation::UploadPartCopy => {
                self.copy(door, cx, &permit, input, source, tags).await
            }
            Operation::GetObjectAcl | Operation::PutObjectAcl => {
                self.object_acl(door, cx, &permit, &input).await
            }
            operation if names_others(operation, &input) => Err(Fault::not_implemented(operation)),
            _ => self.forward(door, cx, &permit, input, upload).await,
        }
    }

    /// The tags of the object, if any policy that counts could look at them.
    async fn existing_tags(&self, door: &Door, cx: &Context<'_>) -> Result<Option<Tags>, Fault> {
        let row = cx.request.operation.row();
        let version = cx.request.query.get("versionId");
        let actions = version.map_or(row.actions, |_| row.version_actions);
        let looking = actions
            .iter()
            .find(|it| condition_keys::sees_object_tags(it));
        let (Some(bucket), Some(action), Some(key)) =
            (&cx.bucket, looking, cx.request.address.key())
        else {
            return Ok(None);
        };
        let Some(theirs) = bucket.upstream.as_deref() else {
            return Ok(None);
        };
        if !self.mentions_tags(door, cx.call, action, bucket) {
            return Ok(None);
        }
        let names = (theirs, bucket.name.as_str());
        self.upstream()?.tags(names, key, version).await
    }

    /// The tags of the object that is copied: they travel along, unless the request sets others.
    async fn source_tags(&self, door: &Door, cx: &Context<'_>) -> Result<Option<Tags>, Fault> {
        let Some(from) = &cx.request.source else {
            return Ok(None);
        };
        let bucket = self
            .source(cx)
            .ok_or_else(|| no_bucket(cx.call, &from.bucket))?;
        let Some(theirs) = bucket.upstream.as_deref() else {
            let Ok(version) = from.version() else {
                return Ok(None);
            };
            let found = self.store.find(&bucket, &from.key, version).await?;
            return Ok(found.object().map(|object| object.tags.clone()));
        };
        let travel = cx.request.operation == Operation::CopyObject && !replaces_tags(cx.request);
        if !travel && !self.mentions_tags(door, cx.call, "s3:GetObject", &bucket) {
            return Ok(None);
        }
        let names = (theirs, bucket.name.as_str());
        let version = from.version.as_deref();
        self.upstream()?.tags(names, &from.key, version).await
    }

    fn mentions_tags(&self, door: &Door, call: &Call, action: &str, bucket: &Bucket) -> bool {
        let guard = self.guard(&call.caller.principal, action, bucket);
        let policy = guard.policy.as_deref();
        door.mentions(call, action, bucket.owner, policy, EXISTING_TAG)
    }

    /// What a missing object is called to this caller: that a key doesn't exist is told to those who could list it (S3
    /// API Reference, GetObject); to others it is a denial that names the missing permission.
    pub(super) fn missing(&self, door: &Door, cx: &Context<'_>) -> Result<Fault, Fault> {
        let (bucket, key, version) = match &cx.request.source {
            Some(from) => (&from.bucket, &from.key, from.version.as_deref()),
            None => {
                let version = cx.request.query.get("versionId");
                (cx.request.bucket()?, cx.request.key()?, version)
            }
        };
        self.authorize(door, cx.call, vec![Requirement::list_bucket(bucket)])?;
        Ok(match version {
            None => Fault::new(Code::NoSuchKey).element("Key", key.as_str()),
            Some(version) => absent::no_version(key.as_str(), version),
        })
    }

    /// Whether the buckets are those of the accounts that the request expects.
    fn expected_owners(&self, cx: &Context<'_>) -> Result<(), Fault> {
        let source = self.source(cx);
        for (header, bucket) in [
            ("x-amz-expected-bucket-owner", &cx.bucket),
            ("x-amz-source-expected-bucket-owner", &source),
        ] {
            if let Some(bucket) = bucket {
                expected_owner(cx.request.header(header), bucket)?;
            }
        }
        Ok(())
    }
}

/// What this server decides over: who may do what. The upstream is never told.
fn is_about_access(operation: Operation) -> bool {
    use Operation as O;
    matches!(
        operation,
        O::GetBucketLocation
            | O::GetBucketPolicy
            | O::PutBucketPolicy
            | O::DeleteBucketPolicy
            | O::GetBucketPolicyStatus
            | O::GetPublicAccessBlock
            | O::PutPublicAccessBlock
            | O::DeletePublicAccessBlock
            | O::GetBucketOwnershipControls
            | O::PutBucketOwnershipControls
            | O::DeleteBucketOwnershipControls
            | O::GetBucketAcl
            | O::PutBucketAcl
            | O::GetBucketTagging
            | O::PutBucketTagging
            | O::DeleteBucketTagging
            | O::GetBucketAbac
            | O::PutBucketAbac
            | O::ListTagsForResource
            | O::TagResource
            | O::UntagResource
            // Browsers ask this server, not the upstream.
            | O::GetBucketCors
            | O::PutBucketCors
            | O::DeleteBucketCors
            | O::GetBucketWebsite
            | O::PutBucketWebsite
            | O::DeleteBucketWebsite
    )
}

/// Whether the body is an object's bytes.
fn takes_object(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::PutObject | Operation::UploadPart | Operation::PostObject
    )
}

/// Whether the upstream would do something elsewhere with this server's credentials, in a place that the document names
/// and that nobody has authorized the caller for.
fn names_others(operation: Operation, input: &Input) -> bool {
    use Operation as O;
    match operation {
        O::PutBucketReplication
        | O::PutBucketLogging
        | O::PutBucketNotification
        | O::PutInventoryConfiguration
        | O::PutAnalyticsConfiguration
        | O::CreateBucketMetadataConfiguration
        | O::CreateBucketMetadataTableConfiguration
        | O::UpdateBucketMetadataInventoryTableConfiguration
        | O::UpdateBucketMetadataJournalTableConfiguration
        // Stores that don't know it take it for PutObject, and none can be asked whether it does.
        | O::UpdateObjectEncryption => true,
        O::RestoreObject => {
            let place = b"OutputLocation";
            input.bytes.windows(place.len()).any(|at| at == place)
        }
        _ => false,
    }
}

impl Fault {
    /// `NotImplemented` about an operation.
    pub(crate) fn not_implemented(operation: Operation) -> Self {
        Self::new(Code::NotImplemented)
            .message("This operation is not implemented")
            .element("Operation", operation.row().event)
    }
}
