//! An OIDC provider as another service's operations are about it.

use std::sync::Arc;

use directory::{AccountView, OidcProvider};
use door::Need;
use policy::Arn;
use trail::Resource;

use super::fault::{invalid_arn, no_such_provider};
use super::needs::resource_tags;
use super::oidc_providers::find;
use super::resources::{PROVIDER, resource};
use crate::handle::At;
use crate::wire::Fault;

/// The provider with this ARN.
///
/// # Errors
/// `NoSuchEntity`.
pub(crate) fn existing<'v>(
    view: &'v AccountView,
    arn: &str,
) -> Result<&'v Arc<OidcProvider>, Fault> {
    find(view, arn).ok_or_else(|| no_such_provider(arn))
}

/// A need that is about the provider with this ARN, with the keys of its tags.
///
/// # Errors
/// `ValidationError` when it is no ARN.
pub(crate) fn need(at: &At<'_>, arn: &str, need: Need) -> Result<Need, Fault> {
    let _: Arn = arn.parse().map_err(|_| invalid_arn())?;
    let found = at.view(|view| Ok(find(view, arn).cloned()))?;
    Ok(match found {
        Some(provider) => resource_tags(need, &provider.tags),
        None => need,
    })
}

/// The resource of an event about a provider.
pub(crate) fn resources(at: &At<'_>, arn: &str) -> Vec<Resource> {
    vec![resource(at, PROVIDER, arn)]
}
