//! Which role is in which instance profile.

use directory::Role as RoleEntity;
use door::Permit;
use trail::Resource;

use super::fault::no_such;
use super::holder::{Holder, existing};
use super::instance_profiles::change;
use super::page::Window;
use super::quota::within;
use super::{describe, needs, resources};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::quotas::ROLES_PER_INSTANCE_PROFILE;
use crate::wire::Fault;

impl Handle for AddRoleToInstanceProfile {
    const READ_ONLY: bool = false;

    /// On the profile, and `iam:PassRole` on the role: whoever may start virtual machines with
    /// the profile acts as the role (IAM API reference, `AddRoleToInstanceProfile`).
    fn needs(input: &AddRoleToInstanceProfileRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let profile = needs::on_instance_profile::<Self>(at, &input.instance_profile_name);
        let pass = needs::pass_role(at, &input.role_name, PASSED_TO);
        Ok(Needs::All(vec![profile, pass]))
    }

    fn resources(input: &AddRoleToInstanceProfileRequest, at: &At<'_>) -> Vec<Resource> {
        touched(at, &input.instance_profile_name, &input.role_name)
    }

    /// A profile that is full refuses the role that it holds, too.
    async fn handle(
        input: AddRoleToInstanceProfileRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        change(at, input.instance_profile_name, move |profile, view| {
            let role = existing::<RoleEntity>(view, &input.role_name)?;
            role.refuse_protected()?;
            let count = usize::from(profile.role.is_some()) + 1;
            within(
                count,
                ROLES_PER_INSTANCE_PROFILE,
                "InstanceSessionsPerInstanceProfile",
            )?;
            profile.role = Some(role.id.clone());
            Ok(())
        })
        .await
    }
}

impl Handle for RemoveRoleFromInstanceProfile {
    const READ_ONLY: bool = false;

    /// On the profile alone (Service Authorization Reference, "Actions defined by IAM").
    fn needs(input: &RemoveRoleFromInstanceProfileRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_instance_profile::<Self>(at, &input.instance_profile_name).into())
    }

    fn resources(input: &RemoveRoleFromInstanceProfileRequest, at: &At<'_>) -> Vec<Resource> {
        touched(at, &input.instance_profile_name, &input.role_name)
    }

    async fn handle(
        input: RemoveRoleFromInstanceProfileRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        change(at, input.instance_profile_name, move |profile, view| {
            let role = existing::<RoleEntity>(view, &input.role_name)?;
            role.refuse_protected()?;
            if profile.role.as_ref() != Some(&role.id) {
                return Err(no_such(RoleEntity::KIND, &input.role_name));
            }
            profile.role = None;
            Ok(())
        })
        .await
    }
}

impl Handle for ListInstanceProfilesForRole {
    const READ_ONLY: bool = true;

    fn needs(input: &ListInstanceProfilesForRoleRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, RoleEntity>(at, &input.role_name).into())
    }

    fn resources(input: &ListInstanceProfilesForRoleRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<RoleEntity>(at, &input.role_name)
    }

    async fn handle(
        input: ListInstanceProfilesForRoleRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListInstanceProfilesForRoleResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let snapshot = at.snapshot();
        let view = account_view(&snapshot, at.account)?;
        let role = existing::<RoleEntity>(view, &input.role_name)?;
        let page = window
            .page(view.profiles_of(&role.id))
            .map(|profile| describe::instance_profile(profile, &snapshot));
        Ok(ListInstanceProfilesForRoleResponse {
            is_truncated: page.is_truncated(),
            instance_profiles: page.items,
            marker: page.marker,
        })
    }
}

fn touched(at: &At<'_>, profile: &str, role: &str) -> Vec<Resource> {
    let mut touched = resources::instance_profile(at, profile);
    touched.extend(resources::holder::<RoleEntity>(at, role));
    touched
}

/// Who gets the roles of instance profiles: the service of the virtual machines.
const PASSED_TO: &str = "ec2.amazonaws.com";
