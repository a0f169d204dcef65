//! Bucket policies.

use ::policy::{DocumentKind, Policy};
use std::collections::BTreeMap;

use door::Permit;
use http::StatusCode;
use s3s::dto;

use super::Context;
use super::configuration::changed;
use crate::fault::{Code, Fault};
use crate::name::BucketName;
use crate::reply::Reply;
use crate::request::Input;
use crate::store::{Bucket, BucketRejected, StoredPolicy};

/// A bucket's policy is its account's business, even if the policy lets others in.
fn own_account(cx: &Context<'_>, bucket: &Bucket) -> Result<(), Fault> {
    if cx.call.caller.principal.account() == Some(bucket.owner) {
        Ok(())
    } else {
        Err(Fault::new(Code::MethodNotAllowed)
            .element("Method", "")
            .element("ResourceType", "BUCKETPOLICY"))
    }
}

/// The policy as it was put; a principal that is gone, or was made again under the same
/// name, stands there with the unique id it had.
pub(super) fn get_policy(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let bucket = cx.bucket()?;
    own_account(cx, bucket)?;
    match &bucket.policy {
        Some(policy) => {
            let snapshot = cx.door.directory().snapshot();
            let mut text = policy.text.to_string();
            for (arn, id) in &policy.principals {
                if snapshot.unique_id(arn).as_ref() != Some(id) {
                    text = text.replace(&format!("\"{arn}\""), &format!("\"{id}\""));
                }
            }
            Ok(Reply::bytes("application/json", text.into_bytes()))
        }
        None => Err(Fault::bucket(Code::NoSuchBucketPolicy, &bucket.name)),
    }
}

/// Replaces the policy.
pub(super) async fn put_policy(
    cx: &Context<'_>,
    _: &Permit,
    input: &Input,
) -> Result<Reply, Fault> {
    let bucket = cx.bucket()?;
    own_account(cx, bucket)?;
    let policy = parse(cx, &input.bytes, &bucket.name)?;
    let outcome = cx.store.put_policy(bucket, policy).await?;
    if outcome == Err(BucketRejected::PublicPolicy) {
        let caller = cx.call.caller.principal.arn_text();
        return Err(Fault::denied(format!(
            "User: {caller} is not authorized to perform: s3:PutBucketPolicy on resource: \"{}\" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access",
            bucket.name.arn(),
        )));
    }
    changed(cx, outcome, StatusCode::NO_CONTENT)
}

fn parse(cx: &Context<'_>, bytes: &[u8], bucket: &BucketName) -> Result<StoredPolicy, Fault> {
    let malformed = |message: &str| Fault::new(Code::MalformedPolicy).message(message);
    if bytes.is_empty() {
        return Err(Fault::new(Code::MissingRequestBody));
    }
    let text =
        std::str::from_utf8(bytes).map_err(|_| malformed("This policy contains invalid Json"))?;
    let policy = Policy::parse(DocumentKind::Bucket, text)
        .map_err(|error| malformed(error.message()).element("Detail", error.reason()))?;
    if let Some(other) = policy.resources().find(|pattern| !names(pattern, bucket)) {
        return Err(malformed("Policy has invalid resource").element("Detail", other));
    }
    let snapshot = cx.door.directory().snapshot();
    let mut principals = BTreeMap::new();
    for arn in policy.principal_arns() {
        let id = snapshot.unique_id(arn).ok_or_else(|| {
            malformed("Invalid principal in policy")
                .element("Detail", format!("\"AWS\" : \"{arn}\""))
        })?;
        principals.insert(arn.to_owned(), id);
    }
    Ok(StoredPolicy::of(text, policy, principals))
}

/// Whether a resource pattern is about this bucket.
fn names(pattern: &str, bucket: &BucketName) -> bool {
    let Some(rest) = pattern.strip_prefix("arn:aws:s3:::") else {
        return false;
    };
    let name = rest.split('/').next().unwrap_or(rest);
    // `BUCKET*` covers the bucket and its objects in one pattern.
    name == bucket.as_str() || name.contains(['*', '?']) && glob(name, bucket.as_str())
}

/// `*` is any run of characters, `?` any one.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t, mut retry) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p, t));
                p += 1;
            }
            Some(c) if *c == b'?' || Some(c) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    p = star + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern
        .get(p..)
        .unwrap_or_default()
        .iter()
        .all(|c| *c == b'*')
}

/// Removes the policy; removing none is fine too.
pub(super) async fn delete_policy(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let bucket = cx.bucket()?;
    own_account(cx, bucket)?;
    let outcome = cx.store.delete_policy(bucket).await?;
    changed(cx, outcome, StatusCode::NO_CONTENT)
}

/// Whether the policy is public.
pub(super) fn get_policy_status(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let bucket = cx.bucket()?;
    match &bucket.policy {
        Some(policy) => Reply::xml(&dto::PolicyStatus {
            is_public: Some(policy.public),
        }),
        None => Err(Fault::bucket(Code::NoSuchBucketPolicy, &bucket.name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_about_its_own_bucket() {
        let bucket = BucketName::parse("logs").unwrap();
        for good in [
            "arn:aws:s3:::logs",
            "arn:aws:s3:::logs/*",
            "arn:aws:s3:::logs/a/${aws:username}/*",
            "arn:aws:s3:::logs*",
            "arn:aws:s3:::l?gs/*",
        ] {
            assert!(names(good, &bucket), "{good}");
        }
        for bad in [
            "*",
            "arn:aws:s3:::other",
            "arn:aws:s3:::logs2/*",
            "arn:aws:sqs:::logs",
        ] {
            assert!(!names(bad, &bucket), "{bad}");
        }
    }
}
