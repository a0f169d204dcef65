//! What pages of other sites may do: put, get, delete.

use std::sync::Arc;

use door::Permit;
use http::StatusCode;

use super::Context;
use super::configuration::changed;
use crate::cors::Cors;
use crate::fault::{Code, Fault};
use crate::reply::Reply;
use crate::request::Input;
use crate::store::Configuration;

/// The rules.
pub(super) fn get_cors(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let bucket = cx.bucket()?;
    match &bucket.configurations.cors {
        Some(cors) => Reply::xml(&cors.document()),
        None => Err(Fault::bucket(Code::NoSuchCors, &bucket.name)),
    }
}

/// Replaces the rules.
pub(super) async fn put_cors(cx: &Context<'_>, _: &Permit, input: &Input) -> Result<Reply, Fault> {
    let cors = Cors::parse(&input.bytes)?;
    let wanted = Configuration::Cors(Some(Arc::new(cors)));
    let outcome = cx.store.set_configuration(cx.bucket()?, wanted).await?;
    changed(cx, outcome, StatusCode::OK)
}

/// Removes the rules; removing none is fine too.
pub(super) async fn delete_cors(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let none = Configuration::Cors(None);
    let outcome = cx.store.set_configuration(cx.bucket()?, none).await?;
    changed(cx, outcome, StatusCode::NO_CONTENT)
}
