//! Instance profiles.

use std::sync::Arc;

use directory::{AccountView, InstanceProfile as Entity};
use door::Permit;
use session::{UniqueIdPrefix, unique_id};
use trail::Resource;

use super::change::write;
use super::fault::{must_first, no_such_profile, profile_name_taken};
use super::name::{entity_name, entity_path};
use super::page::Window;
use super::quota::within;
use super::resources::{self, INSTANCE_PROFILE};
use super::{describe, needs, tags};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

impl Handle for CreateInstanceProfile {
    const READ_ONLY: bool = false;

    fn needs(input: &CreateInstanceProfileRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::action::<Self>(new_arn(input, at));
        Ok(needs::create(need, &input.tags, "iam:TagInstanceProfile"))
    }

    fn resources(input: &CreateInstanceProfileRequest, at: &At<'_>) -> Vec<Resource> {
        vec![resources::resource(
            at,
            INSTANCE_PROFILE,
            new_arn(input, at),
        )]
    }

    async fn handle(
        input: CreateInstanceProfileRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<CreateInstanceProfileResponse, Fault> {
        let profile = Entity {
            account: at.account,
            id: unique_id(UniqueIdPrefix::InstanceProfile),
            name: entity_name(input.instance_profile_name, "instanceProfileName")?,
            path: entity_path(input.path)?,
            role: None,
            tags: tags::new(input.tags)?,
            created: at.call.now,
        };
        let shape = InstanceProfile {
            tags: describe::tags(&profile.tags),
            ..describe::empty_instance_profile(&profile)
        };
        let most = at.quotas.instance_profiles;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), profile.account)?;
            if view.instance_profile(profile.name.as_str()).is_some() {
                return Err(profile_name_taken(profile.name.as_str()));
            }
            let count = view.instance_profiles().len() + 1;
            within(count, most, "InstanceProfilesPerAccount")?;
            tx.put_instance_profile(profile);
            Ok(())
        })
        .await?;
        Ok(CreateInstanceProfileResponse {
            instance_profile: shape,
        })
    }
}

impl Handle for GetInstanceProfile {
    const READ_ONLY: bool = true;

    fn needs(input: &GetInstanceProfileRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_instance_profile::<Self>(at, &input.instance_profile_name).into())
    }

    fn resources(input: &GetInstanceProfileRequest, at: &At<'_>) -> Vec<Resource> {
        resources::instance_profile(at, &input.instance_profile_name)
    }

    async fn handle(
        input: GetInstanceProfileRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetInstanceProfileResponse, Fault> {
        let snapshot = at.snapshot();
        let view = account_view(&snapshot, at.account)?;
        let profile = existing(view, &input.instance_profile_name)?;
        Ok(GetInstanceProfileResponse {
            instance_profile: InstanceProfile {
                tags: describe::tags(&profile.tags),
                ..describe::instance_profile(profile, &snapshot)
            },
        })
    }
}

impl Handle for ListInstanceProfiles {
    const READ_ONLY: bool = true;

    fn needs(input: &ListInstanceProfilesRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::listing::<Self>(at, "instance-profile", input.path_prefix.as_deref()).into())
    }

    async fn handle(
        input: ListInstanceProfilesRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListInstanceProfilesResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let prefix = input.path_prefix.unwrap_or_default();
        let snapshot = at.snapshot();
        let profiles = account_view(&snapshot, at.account)?.instance_profiles();
        let profiles = profiles
            .iter()
            .filter(|(_, profile)| profile.path.as_str().starts_with(&prefix));
        let page = window
            .page(profiles)
            .map(|profile| describe::instance_profile(profile, &snapshot));
        Ok(ListInstanceProfilesResponse {
            is_truncated: page.is_truncated(),
            instance_profiles: page.items,
            marker: page.marker,
        })
    }
}

impl Handle for DeleteInstanceProfile {
    const READ_ONLY: bool = false;

    fn needs(input: &DeleteInstanceProfileRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_instance_profile::<Self>(at, &input.instance_profile_name).into())
    }

    fn resources(input: &DeleteInstanceProfileRequest, at: &At<'_>) -> Vec<Resource> {
        resources::instance_profile(at, &input.instance_profile_name)
    }

    async fn handle(
        input: DeleteInstanceProfileRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let profile = existing(view, &input.instance_profile_name)?.clone();
            if profile.role.is_some() {
                return Err(must_first(REMOVE_ROLES));
            }
            tx.delete_instance_profile(&profile);
            Ok(())
        })
        .await
    }
}

/// The instance profile with this name, in any case.
///
/// # Errors
/// `NoSuchEntity`.
pub(super) fn existing<'v>(view: &'v AccountView, name: &str) -> Result<&'v Arc<Entity>, Fault> {
    view.instance_profile(name)
        .ok_or_else(|| no_such_profile(name))
}

/// Changes an instance profile.
///
/// # Errors
/// `NoSuchEntity`, or what `change` answers; nothing has changed then.
pub(super) async fn change(
    at: &At<'_>,
    name: String,
    change: impl FnOnce(&mut Entity, &AccountView) -> Result<(), Fault> + Send + 'static,
) -> Result<(), Fault> {
    let account = at.account;
    write(at, move |tx| {
        let view = account_view(tx.snapshot(), account)?;
        let mut profile = Entity::clone(existing(view, &name)?);
        change(&mut profile, view)?;
        tx.put_instance_profile(profile);
        Ok(())
    })
    .await
}

fn new_arn(input: &CreateInstanceProfileRequest, at: &At<'_>) -> String {
    let name = &input.instance_profile_name;
    needs::entity_arn(at, "instance-profile", input.path.as_deref(), name)
}

/// What is to be done before either, the role or the profile that holds it, can be deleted.
pub(super) const REMOVE_ROLES: &str = "remove roles from instance profile";
