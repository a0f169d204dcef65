//! Tags of a bucket by way of S3 Control, and whether they count in policies.

use door::Permit;
use http::StatusCode;

use super::Context;
use super::configuration::changed;
use super::tagging::tag_set;
use crate::documents::{AbacStatus, TagsOfResource};
use crate::fault::{Code, Fault};
use crate::reply::Reply;
use crate::request::{Input, xml};
use crate::store::BucketRejected;
use crate::tags::Tags;

/// The account that the request names has to be the caller's own or the bucket's.
fn check_account(cx: &Context<'_>) -> Result<(), Fault> {
    let named = cx.request.header(crate::control::ACCOUNT);
    let owner = cx.bucket()?.owner;
    let known = [Some(owner), cx.call.caller.principal.account()];
    let is_known = known
        .into_iter()
        .flatten()
        .any(|account| named == Some(account.to_string().as_str()));
    match is_known {
        true => Ok(()),
        false => Err(Fault::new(Code::AccessDenied)),
    }
}

/// The bucket's tags, of which there may be none.
pub(super) fn list_tags(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    check_account(cx)?;
    Reply::xml(&TagsOfResource(tag_set(&cx.bucket()?.tags)))
}

/// Adds tags to the bucket's; those of the same key get the new value.
pub(super) async fn add_tags(
    cx: &Context<'_>,
    _: &Permit,
    input: &mut Input,
) -> Result<Reply, Fault> {
    check_account(cx)?;
    let new = input.take_tags()?;
    let outcome = cx.store.add_bucket_tags(cx.bucket()?, new).await?;
    if outcome == Err(BucketRejected::TooManyTags) {
        return Err(Tags::too_many_for_a_bucket());
    }
    changed(cx, outcome, StatusCode::NO_CONTENT)
}

/// Removes the tags of these keys, if they are there.
pub(super) async fn remove_tags(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    check_account(cx)?;
    let keys: Vec<String> = cx.request.query.all("tagKeys").map(str::to_owned).collect();
    if keys.is_empty() {
        return Err(Fault::invalid_request(
            "Missing required query parameter for this request: tagKeys",
        ));
    }
    let outcome = cx.store.remove_bucket_tags(cx.bucket()?, keys).await?;
    changed(cx, outcome, StatusCode::NO_CONTENT)
}

/// Whether the bucket's tags count in policies.
pub(super) fn get_abac(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let enabled = cx.bucket()?.abac;
    Reply::xml(&AbacStatus { enabled })
}

/// Lets the bucket's tags count in policies, or no longer.
pub(super) async fn put_abac(cx: &Context<'_>, _: &Permit, input: &Input) -> Result<Reply, Fault> {
    let AbacStatus { enabled } = xml(&input.bytes)?;
    let outcome = cx.store.set_abac(cx.bucket()?, enabled).await?;
    changed(cx, outcome, StatusCode::OK)
}
