//! ACLs, which are off: the owner has everything, and nothing else can be set.

use door::Permit;
use http::StatusCode;
use s3s::dto;

use super::{Context, with_version};
use crate::fault::{Code, Fault};
use crate::needs::has_acl_header;
use crate::reply::Reply;
use crate::request::{Input, Request, xml};
use crate::store::{Bucket, Object};

fn grants(cx: &Context<'_>, bucket: &Bucket) -> Vec<dto::Grant> {
    vec![dto::Grant {
        grantee: Some(dto::Grantee {
            display_name: None,
            email_address: None,
            id: cx.owner(bucket.owner).id,
            type_: dto::Type::from_static(dto::Type::CANONICAL_USER),
            uri: None,
        }),
        permission: Some(dto::Permission::from_static(dto::Permission::FULL_CONTROL)),
    }]
}

/// The owner has full control.
pub(super) fn get_bucket_acl(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let bucket = cx.bucket()?;
    Reply::xml(&dto::GetBucketAclOutput {
        grants: Some(grants(cx, bucket)),
        owner: Some(cx.owner(bucket.owner)),
    })
}

/// The bucket's owner has full control, whoever wrote the object.
pub(super) fn get_object_acl(
    cx: &Context<'_>,
    permit: &Permit,
    object: &Object,
) -> Result<Reply, Fault> {
    with_version(cx, owner_acl(cx, permit)?, object)
}

/// The ACL that every object has.
pub(crate) fn owner_acl(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let bucket = cx.bucket()?;
    Reply::xml(&dto::GetObjectAclOutput {
        grants: Some(grants(cx, bucket)),
        owner: Some(cx.owner(bucket.owner)),
        request_charged: None,
    })
}

/// The same for an object, which has no ACL of its own.
pub(super) fn put_object_acl(
    cx: &Context<'_>,
    permit: &Permit,
    input: &Input,
    object: &Object,
) -> Result<Reply, Fault> {
    let reply = put_acl(cx, permit, input)?;
    with_version(cx, reply, object)
}

/// Takes the ACL that is there anyway (S3 User Guide, "Controlling ownership of objects").
pub(crate) fn put_acl(cx: &Context<'_>, _: &Permit, input: &Input) -> Result<Reply, Fault> {
    let bucket = cx.bucket()?;
    refuse_acl(cx.request)?;
    if !has_acl_header(cx.request) {
        let owner = cx.owner(bucket.owner).id;
        let wanted: dto::AccessControlPolicy = xml(&input.bytes)?;
        let harmless = wanted.grants.as_deref().is_some_and(|given| {
            given.iter().all(|grant| {
                let full = grant
                    .permission
                    .as_ref()
                    .is_some_and(|p| p.as_str() == dto::Permission::FULL_CONTROL);
                let to_owner = grant
                    .grantee
                    .as_ref()
                    .is_some_and(|grantee| grantee.id.is_some() && grantee.id == owner);
                full && to_owner
            })
        });
        if !harmless {
            return Err(Fault::new(Code::AclNotSupported));
        }
    }
    Ok(Reply::empty(StatusCode::OK))
}

/// Refuses ACL headers that ask for anything but what is there anyway.
pub(crate) fn refuse_acl(request: &Request) -> Result<(), Fault> {
    let harmless = request.header("x-amz-acl") == Some("bucket-owner-full-control");
    let others = request
        .headers
        .keys()
        .any(|name| name.as_str().starts_with("x-amz-grant-"));
    if others || has_acl_header(request) && !harmless {
        return Err(Fault::new(Code::AclNotSupported));
    }
    Ok(())
}
