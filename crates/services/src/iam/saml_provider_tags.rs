//! Tags of SAML providers.

use door::Permit;
use trail::Resource;

use super::saml_providers::{change, read, resource};
use super::{needs, tags};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for TagSAMLProvider {
    const READ_ONLY: bool = false;

    fn needs(input: &TagSAMLProviderRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::on_saml_provider::<Self>(at, &input.saml_provider_arn)?;
        Ok(needs::request_tags(need, &input.tags).into())
    }

    fn resources(input: &TagSAMLProviderRequest, at: &At<'_>) -> Vec<Resource> {
        resource(at, &input.saml_provider_arn)
    }

    async fn handle(
        input: TagSAMLProviderRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        change(at, input.saml_provider_arn, move |it| {
            tags::set(&mut it.tags, input.tags)
        })
        .await
    }
}

impl Handle for UntagSAMLProvider {
    const READ_ONLY: bool = false;

    fn needs(input: &UntagSAMLProviderRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::on_saml_provider::<Self>(at, &input.saml_provider_arn)?;
        Ok(needs::tag_keys(need, input.tag_keys.clone()).into())
    }

    fn resources(input: &UntagSAMLProviderRequest, at: &At<'_>) -> Vec<Resource> {
        resource(at, &input.saml_provider_arn)
    }

    async fn handle(
        input: UntagSAMLProviderRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        change(at, input.saml_provider_arn, move |it| {
            tags::unset(&mut it.tags, &input.tag_keys);
            Ok(())
        })
        .await
    }
}

impl Handle for ListSAMLProviderTags {
    const READ_ONLY: bool = true;

    fn needs(input: &ListSAMLProviderTagsRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_saml_provider::<Self>(at, &input.saml_provider_arn)?.into())
    }

    fn resources(input: &ListSAMLProviderTagsRequest, at: &At<'_>) -> Vec<Resource> {
        resource(at, &input.saml_provider_arn)
    }

    async fn handle(
        input: ListSAMLProviderTagsRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListSAMLProviderTagsResponse, Fault> {
        let found = read(at, &input.saml_provider_arn)?;
        let page = tags::page(&found.tags, input.marker, input.max_items)?;
        Ok(ListSAMLProviderTagsResponse {
            is_truncated: page.is_truncated(),
            tags: page.items,
            marker: page.marker,
        })
    }
}
