//! Block Public Access of an account, which holds for all of its buckets.

use ::policy::AccountId;
use door::Permit;
use http::StatusCode;

use super::Context;
use super::configuration::{block_document, block_of};
use crate::address::Address;
use crate::fault::{Code, Fault};
use crate::reply::Reply;
use crate::request::Input;

/// The account that the request is about; only operations on an account have one.
fn account(cx: &Context<'_>) -> Result<AccountId, Fault> {
    match cx.request.address {
        Address::Account(account) => Ok(account),
        _ => Err(Fault::new(Code::MethodNotAllowed)),
    }
}

/// The four settings.
pub(super) fn get_access_block(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let account = account(cx)?;
    let block = cx.store.account_block(account).ok_or_else(|| {
        Fault::new(Code::NoSuchPublicAccessBlock).element("AccountId", account.to_string())
    })?;
    Reply::xml(&block_document(block))
}

/// Sets the four settings; the ones that are left out are off.
pub(super) async fn put_access_block(
    cx: &Context<'_>,
    _: &Permit,
    input: &Input,
) -> Result<Reply, Fault> {
    let block = block_of(input)?;
    let account = account(cx)?;
    cx.store.set_account_block(account, Some(block)).await?;
    Ok(Reply::empty(StatusCode::OK))
}

/// Removes the settings; those of each bucket stay.
pub(super) async fn delete_access_block(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    cx.store.set_account_block(account(cx)?, None).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
