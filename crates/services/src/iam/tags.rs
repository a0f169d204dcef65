//! Tags of users, roles, policies and OIDC providers.

use directory::{AttachedPolicy as Attachable, Role as RoleEntity, Tags, User as UserEntity};
use door::Permit;
use trail::Resource;

use super::fault::{invalid_input, limit_exceeded};
use super::holder;
use super::page::{Page, Window};
use super::resources::{self, POLICY, PROVIDER};
use super::{describe, needs, oidc_providers, policies};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for TagRole {
    const READ_ONLY: bool = false;

    fn needs(input: &TagRoleRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::on::<Self, RoleEntity>(at, &input.role_name);
        Ok(needs::request_tags(need, &input.tags).into())
    }

    fn resources(input: &TagRoleRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<RoleEntity>(at, &input.role_name)
    }

    async fn handle(input: TagRoleRequest, _permit: Permit, at: &At<'_>) -> Result<(), Fault> {
        holder::change_any::<RoleEntity>(at, input.role_name, move |it, _| {
            set(&mut it.tags, input.tags)
        })
        .await
    }
}

impl Handle for UntagRole {
    const READ_ONLY: bool = false;

    fn needs(input: &UntagRoleRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::on::<Self, RoleEntity>(at, &input.role_name);
        Ok(needs::tag_keys(need, input.tag_keys.clone()).into())
    }

    fn resources(input: &UntagRoleRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<RoleEntity>(at, &input.role_name)
    }

    async fn handle(input: UntagRoleRequest, _permit: Permit, at: &At<'_>) -> Result<(), Fault> {
        holder::change_any::<RoleEntity>(at, input.role_name, move |it, _| {
            unset(&mut it.tags, &input.tag_keys);
            Ok(())
        })
        .await
    }
}

impl Handle for ListRoleTags {
    const READ_ONLY: bool = true;

    fn needs(input: &ListRoleTagsRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, RoleEntity>(at, &input.role_name).into())
    }

    fn resources(input: &ListRoleTagsRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<RoleEntity>(at, &input.role_name)
    }

    async fn handle(
        input: ListRoleTagsRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListRoleTagsResponse, Fault> {
        let found = holder::read::<RoleEntity>(at, &input.role_name)?;
        let page = page(&found.tags, input.marker, input.max_items)?;
        Ok(ListRoleTagsResponse {
            is_truncated: page.is_truncated(),
            tags: page.items,
            marker: page.marker,
        })
    }
}

impl Handle for TagUser {
    const READ_ONLY: bool = false;

    fn needs(input: &TagUserRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::on::<Self, UserEntity>(at, &input.user_name);
        Ok(needs::request_tags(need, &input.tags).into())
    }

    fn resources(input: &TagUserRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<UserEntity>(at, &input.user_name)
    }

    async fn handle(input: TagUserRequest, _permit: Permit, at: &At<'_>) -> Result<(), Fault> {
        holder::change::<UserEntity>(at, input.user_name, move |it, _| {
            set(&mut it.tags, input.tags)
        })
        .await
    }
}

impl Handle for UntagUser {
    const READ_ONLY: bool = false;

    fn needs(input: &UntagUserRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::on::<Self, UserEntity>(at, &input.user_name);
        Ok(needs::tag_keys(need, input.tag_keys.clone()).into())
    }

    fn resources(input: &UntagUserRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<UserEntity>(at, &input.user_name)
    }

    async fn handle(input: UntagUserRequest, _permit: Permit, at: &At<'_>) -> Result<(), Fault> {
        holder::change::<UserEntity>(at, input.user_name, move |it, _| {
            unset(&mut it.tags, &input.tag_keys);
            Ok(())
        })
        .await
    }
}

impl Handle for ListUserTags {
    const READ_ONLY: bool = true;

    fn needs(input: &ListUserTagsRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, UserEntity>(at, &input.user_name).into())
    }

    fn resources(input: &ListUserTagsRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<UserEntity>(at, &input.user_name)
    }

    async fn handle(
        input: ListUserTagsRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListUserTagsResponse, Fault> {
        let found = holder::read::<UserEntity>(at, &input.user_name)?;
        let page = page(&found.tags, input.marker, input.max_items)?;
        Ok(ListUserTagsResponse {
            is_truncated: page.is_truncated(),
            tags: page.items,
            marker: page.marker,
        })
    }
}

impl Handle for TagPolicy {
    const READ_ONLY: bool = false;

    fn needs(input: &TagPolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::on_policy::<Self>(at, &input.policy_arn, false)?;
        Ok(needs::request_tags(need, &input.tags).into())
    }

    fn resources(input: &TagPolicyRequest, at: &At<'_>) -> Vec<Resource> {
        vec![resources::resource(at, POLICY, &*input.policy_arn)]
    }

    async fn handle(input: TagPolicyRequest, _permit: Permit, at: &At<'_>) -> Result<(), Fault> {
        policies::change(at, input.policy_arn, move |it| {
            set(&mut it.tags, input.tags)
        })
        .await
    }
}

impl Handle for UntagPolicy {
    const READ_ONLY: bool = false;

    fn needs(input: &UntagPolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::on_policy::<Self>(at, &input.policy_arn, false)?;
        Ok(needs::tag_keys(need, input.tag_keys.clone()).into())
    }

    fn resources(input: &UntagPolicyRequest, at: &At<'_>) -> Vec<Resource> {
        vec![resources::resource(at, POLICY, &*input.policy_arn)]
    }

    async fn handle(input: UntagPolicyRequest, _permit: Permit, at: &At<'_>) -> Result<(), Fault> {
        policies::change(at, input.policy_arn, move |it| {
            unset(&mut it.tags, &input.tag_keys);
            Ok(())
        })
        .await
    }
}

impl Handle for ListPolicyTags {
    const READ_ONLY: bool = true;

    fn needs(input: &ListPolicyTagsRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_policy::<Self>(at, &input.policy_arn, true)?.into())
    }

    fn resources(input: &ListPolicyTagsRequest, at: &At<'_>) -> Vec<Resource> {
        vec![resources::resource(at, POLICY, &*input.policy_arn)]
    }

    async fn handle(
        input: ListPolicyTagsRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListPolicyTagsResponse, Fault> {
        let none = Tags::default();
        let found = policies::existing(&at.snapshot(), at, &input.policy_arn)?;
        let tags = match &found {
            Attachable::Customer(policy) => &policy.tags,
            Attachable::Aws(_) => &none,
        };
        let page = page(tags, input.marker, input.max_items)?;
        Ok(ListPolicyTagsResponse {
            is_truncated: page.is_truncated(),
            tags: page.items,
            marker: page.marker,
        })
    }
}

impl Handle for TagOpenIDConnectProvider {
    const READ_ONLY: bool = false;

    fn needs(input: &TagOpenIDConnectProviderRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::on_provider::<Self>(at, &input.open_id_connect_provider_arn)?;
        Ok(needs::request_tags(need, &input.tags).into())
    }

    fn resources(input: &TagOpenIDConnectProviderRequest, at: &At<'_>) -> Vec<Resource> {
        vec![resources::resource(
            at,
            PROVIDER,
            &*input.open_id_connect_provider_arn,
        )]
    }

    async fn handle(
        input: TagOpenIDConnectProviderRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        oidc_providers::change(at, input.open_id_connect_provider_arn, move |it| {
            set(&mut it.tags, input.tags)
        })
        .await
    }
}

impl Handle for UntagOpenIDConnectProvider {
    const READ_ONLY: bool = false;

    fn needs(input: &UntagOpenIDConnectProviderRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::on_provider::<Self>(at, &input.open_id_connect_provider_arn)?;
        Ok(needs::tag_keys(need, input.tag_keys.clone()).into())
    }

    fn resources(input: &UntagOpenIDConnectProviderRequest, at: &At<'_>) -> Vec<Resource> {
        vec![resources::resource(
            at,
            PROVIDER,
            &*input.open_id_connect_provider_arn,
        )]
    }

    async fn handle(
        input: UntagOpenIDConnectProviderRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        oidc_providers::change(at, input.open_id_connect_provider_arn, move |it| {
            unset(&mut it.tags, &input.tag_keys);
            Ok(())
        })
        .await
    }
}

impl Handle for ListOpenIDConnectProviderTags {
    const READ_ONLY: bool = true;

    fn needs(input: &ListOpenIDConnectProviderTagsRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_provider::<Self>(at, &input.open_id_connect_provider_arn)?.into())
    }

    fn resources(input: &ListOpenIDConnectProviderTagsRequest, at: &At<'_>) -> Vec<Resource> {
        vec![resources::resource(
            at,
            PROVIDER,
            &*input.open_id_connect_provider_arn,
        )]
    }

    async fn handle(
        input: ListOpenIDConnectProviderTagsRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListOpenIDConnectProviderTagsResponse, Fault> {
        let found = oidc_providers::read(at, &input.open_id_connect_provider_arn)?;
        let page = page(&found.tags, input.marker, input.max_items)?;
        Ok(ListOpenIDConnectProviderTagsResponse {
            is_truncated: page.is_truncated(),
            tags: page.items,
            marker: page.marker,
        })
    }
}

/// The tags of a new entity.
pub(super) fn new(tags: Vec<Tag>) -> Result<Tags, Fault> {
    let mut all = Tags::default();
    set(&mut all, tags)?;
    Ok(all)
}

/// Sets tags of an entity.
///
/// # Errors
/// `InvalidInput` for reserved and repeated keys, `LimitExceeded` for too many.
pub(super) fn set(all: &mut Tags, tags: Vec<Tag>) -> Result<(), Fault> {
    let keys = tags.iter().map(|tag| tag.key.to_lowercase());
    let mut keys: Vec<String> = keys.collect();
    if keys.iter().any(|key| key.starts_with(RESERVED)) {
        return Err(invalid_input(
            "Caller is an end user and not allowed to mutate system tags",
        ));
    }
    let given = keys.len();
    keys.sort_unstable();
    keys.dedup();
    if keys.len() < given {
        return Err(invalid_input(
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ));
    }
    all.set(tags.into_iter().map(|tag| (tag.key, tag.value)))
        .map_err(|_| limit_exceeded("The number of tags has reached the maximum limit."))
}

/// Removes the tags with these keys, in any case.
pub(super) fn unset(all: &mut Tags, keys: &[String]) {
    for key in keys {
        all.remove(key);
    }
}

/// A page of the tags of an entity.
///
/// # Errors
/// `ValidationError` when the marker isn't one of ours.
pub(super) fn page(
    tags: &Tags,
    marker: Option<String>,
    max_items: Option<i32>,
) -> Result<Page<Tag>, Fault> {
    let window = Window::new(marker.as_deref(), max_items)?;
    let entries = tags
        .iter()
        .map(|(key, value)| (key, describe::tag(key, value)));
    Ok(window.page(entries))
}

/// Keys that begin so, in whatever case, are AWS's own.
const RESERVED: &str = "aws:";
