//! When objects end: put, get, delete.

use std::sync::Arc;

use door::Permit;
use http::StatusCode;

use super::Context;
use super::configuration::changed;
use crate::fault::{Code, Fault};
use crate::lifecycle::Lifecycle;
use crate::reply::Reply;
use crate::request::Input;
use crate::store::Configuration;

const MINIMUM_SIZE: &str = "x-amz-transition-default-minimum-object-size";

/// The rules.
pub(super) fn get_lifecycle(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let bucket = cx.bucket()?;
    let Some(lifecycle) = &bucket.configurations.lifecycle else {
        return Err(Fault::bucket(Code::NoSuchLifecycle, &bucket.name));
    };
    let mut reply = Reply::xml(&lifecycle.document())?;
    reply.set_named(MINIMUM_SIZE, lifecycle.minimum_size());
    Ok(reply)
}

/// Replaces the rules.
pub(super) async fn put_lifecycle(
    cx: &Context<'_>,
    _: &Permit,
    input: &Input,
) -> Result<Reply, Fault> {
    let lifecycle = Lifecycle::parse(&input.bytes, cx.request.header(MINIMUM_SIZE))?;
    let minimum_size = lifecycle.minimum_size();
    let wanted = Configuration::Lifecycle(Some(Arc::new(lifecycle)));
    let outcome = cx.store.set_configuration(cx.bucket()?, wanted).await?;
    let mut reply = changed(cx, outcome, StatusCode::OK)?;
    reply.set_named(MINIMUM_SIZE, minimum_size);
    Ok(reply)
}

/// Removes the rules; removing none is fine too.
pub(super) async fn delete_lifecycle(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let none = Configuration::Lifecycle(None);
    let outcome = cx.store.set_configuration(cx.bucket()?, none).await?;
    changed(cx, outcome, StatusCode::NO_CONTENT)
}
