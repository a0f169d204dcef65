//! Tags of instance profiles.

use door::Permit;
use trail::Resource;

use super::instance_profiles::{change, existing};
use super::{needs, resources, tags};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for TagInstanceProfile {
    const READ_ONLY: bool = false;

    fn needs(input: &TagInstanceProfileRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::on_instance_profile::<Self>(at, &input.instance_profile_name);
        Ok(needs::request_tags(need, &input.tags).into())
    }

    fn resources(input: &TagInstanceProfileRequest, at: &At<'_>) -> Vec<Resource> {
        resources::instance_profile(at, &input.instance_profile_name)
    }

    async fn handle(
        input: TagInstanceProfileRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        change(at, input.instance_profile_name, move |it, _| {
            tags::set(&mut it.tags, input.tags)
        })
        .await
    }
}

impl Handle for UntagInstanceProfile {
    const READ_ONLY: bool = false;

    fn needs(input: &UntagInstanceProfileRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::on_instance_profile::<Self>(at, &input.instance_profile_name);
        Ok(needs::tag_keys(need, input.tag_keys.clone()).into())
    }

    fn resources(input: &UntagInstanceProfileRequest, at: &At<'_>) -> Vec<Resource> {
        resources::instance_profile(at, &input.instance_profile_name)
    }

    async fn handle(
        input: UntagInstanceProfileRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        change(at, input.instance_profile_name, move |it, _| {
            tags::unset(&mut it.tags, &input.tag_keys);
            Ok(())
        })
        .await
    }
}

impl Handle for ListInstanceProfileTags {
    const READ_ONLY: bool = true;

    fn needs(input: &ListInstanceProfileTagsRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_instance_profile::<Self>(at, &input.instance_profile_name).into())
    }

    fn resources(input: &ListInstanceProfileTagsRequest, at: &At<'_>) -> Vec<Resource> {
        resources::instance_profile(at, &input.instance_profile_name)
    }

    async fn handle(
        input: ListInstanceProfileTagsRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListInstanceProfileTagsResponse, Fault> {
        at.view(|view| {
            let found = existing(view, &input.instance_profile_name)?;
            let page = tags::page(&found.tags, input.marker, input.max_items)?;
            Ok(ListInstanceProfileTagsResponse {
                is_truncated: page.is_truncated(),
                tags: page.items,
                marker: page.marker,
            })
        })
    }
}
