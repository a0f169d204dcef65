//! Buckets: list, create, head, delete.

use door::Permit;
use http::{HeaderName, StatusCode};
use s3s::dto;

use super::Context;
use crate::fault::{Code, Fault};
use crate::needs::has_acl_header;
use crate::reply::{Reply, xml_time};
use crate::request::Input;
use crate::store::{BucketRejected, Versioning};
use crate::tags::Tags;

const BUCKET_REGION: HeaderName = HeaderName::from_static("x-amz-bucket-region");

/// Most buckets of a page.
const MOST_BUCKETS: u32 = 10_000;

/// The caller's account's buckets.
pub(super) fn list_buckets(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let owner = cx.account()?;
    let query = &cx.request.query;
    let prefix = query.get("prefix").unwrap_or_default();
    let region = query.get("bucket-region");
    let after = query.get("continuation-token").unwrap_or_default();
    let most = match query.number("max-buckets")? {
        Some(most @ 1..=MOST_BUCKETS) => most,
        None => MOST_BUCKETS,
        Some(most) => {
            return Err(Fault::argument(
                "Argument max-buckets must be an integer between 1 and 10000",
                "max-buckets",
                most.to_string(),
            ));
        }
    };
    let all = cx.store.buckets();
    let mut matching = all.values().filter(|bucket| {
        bucket.owner == owner
            && bucket.name.as_str().starts_with(prefix)
            && bucket.name.as_str() > after
            && region.is_none_or(|region| bucket.region == region)
    });
    let buckets: Vec<dto::Bucket> = matching
        .by_ref()
        .take(most as usize)
        .map(|bucket| dto::Bucket {
            bucket_region: Some(bucket.region.clone()),
            creation_date: Some(xml_time(bucket.created)),
            name: Some(bucket.name.to_string()),
        })
        .collect();
    let more = matching.next().is_some();
    Reply::xml(&dto::ListBucketsOutput {
        continuation_token: buckets.last().filter(|_| more).and_then(|b| b.name.clone()),
        buckets: Some(buckets),
        owner: Some(cx.owner(owner)),
        prefix: query.get("prefix").map(str::to_owned),
    })
}

/// Creates a bucket of the caller's account.
pub(super) async fn create_bucket(
    cx: &Context<'_>,
    _: &Permit,
    input: &mut Input,
) -> Result<Reply, Fault> {
    let name = cx.request.bucket()?;
    let owner = cx.account()?;
    let (region, tags) = check_new_bucket(cx, input)?;
    let created = cx
        .store
        .create_bucket(name.clone(), owner, region, tags, cx.call.now)
        .await?;
    match created {
        Ok(()) => {
            Ok(Reply::empty(StatusCode::OK).with(http::header::LOCATION, &format!("/{name}")))
        }
        Err(BucketRejected::Exists(account)) if account == owner => {
            Err(Fault::bucket(Code::BucketAlreadyOwnedByYou, name))
        }
        Err(_) => Err(Fault::bucket(Code::BucketAlreadyExists, name)),
    }
}

/// Checks what a new bucket is to be; its region and tags.
pub(crate) fn check_new_bucket(
    cx: &Context<'_>,
    input: &mut Input,
) -> Result<(String, Tags), Fault> {
    let name = cx.request.bucket()?;
    let region = match input.take_location()? {
        None => cx.region.to_owned(),
        // What the CLI sends for the region that it is set to, and signs for.
        Some(region) if Some(&region) == cx.call.signed_region.as_ref() || region == cx.region => {
            region
        }
        Some(region) if is_region(&region) => {
            return Err(Fault::new(Code::IllegalLocationConstraint).message(format!(
                "The {region} location constraint is incompatible for the region specific endpoint this request was sent to."
            )));
        }
        Some(region) => {
            return Err(
                Fault::new(Code::InvalidLocationConstraint).element("LocationConstraint", region)
            );
        }
    };
    let tags = input.take_tags()?;
    if name.is_reserved() {
        return Err(Fault::new(Code::InvalidBucketName).element("BucketName", name.as_str()));
    }
    if has_acl_header(cx.request) && cx.request.header("x-amz-acl") != Some("private") {
        return Err(Fault::new(Code::InvalidBucketAcl));
    }
    if cx
        .request
        .header("x-amz-bucket-object-lock-enabled")
        .is_some_and(|on| on != "false")
    {
        return Err(Fault::header_not_implemented(
            "x-amz-bucket-object-lock-enabled",
        ));
    }
    if cx
        .request
        .header("x-amz-object-ownership")
        .is_some_and(|ownership| ownership != "BucketOwnerEnforced")
    {
        return Err(Fault::header_not_implemented("x-amz-object-ownership"));
    }
    Ok((region, tags))
}

fn is_region(text: &str) -> bool {
    let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.len() <= 64 && text.chars().all(valid)
}

/// Says that the bucket exists and where.
pub(super) fn head_bucket(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    Ok(Reply::empty(StatusCode::OK).with(BUCKET_REGION, &cx.bucket()?.region))
}

/// Says where the bucket is; us-east-1 has no name here (S3 API Reference, GetBucketLocation).
pub(super) fn get_bucket_location(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let region = &cx.bucket()?.region;
    Reply::xml(&dto::GetBucketLocationOutput {
        location_constraint: (region != "us-east-1").then(|| region.clone().into()),
    })
}

/// Deletes an empty bucket; old versions and delete markers are something, too.
pub(super) async fn delete_bucket(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let bucket = cx.bucket()?;
    match cx.store.delete_bucket(bucket.clone()).await? {
        Ok(()) => Ok(Reply::empty(StatusCode::NO_CONTENT)),
        Err(BucketRejected::NotEmpty) => {
            let fault = Fault::bucket(Code::BucketNotEmpty, &bucket.name);
            Err(if bucket.versioning == Versioning::Off {
                fault
            } else {
                fault.message("The bucket you tried to delete is not empty. You must delete all versions in the bucket.")
            })
        }
        Err(_) => Err(Fault::bucket(Code::NoSuchBucket, &bucket.name)),
    }
}
