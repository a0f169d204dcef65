//! Roles.

use std::collections::{BTreeMap, BTreeSet};

use directory::Role as Entity;
use door::Permit;
use session::{UniqueIdPrefix, unique_id};
use trail::Resource;

use super::change::write;
use super::fault::{must_first, name_taken};
use super::holder::{change, change_any, existing};
use super::instance_profiles::REMOVE_ROLES;
use super::name::{entity_name, entity_path};
use super::page::Window;
use super::quota::within;
use super::{
    boundaries, describe, document, last_used, needs, resources, service_linked_roles, tags,
};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

/// `MaxSessionDuration` of a role that is created without one, in seconds.
const DEFAULT_SESSION: u32 = 3600;

impl Handle for CreateRole {
    const READ_ONLY: bool = false;

    fn needs(input: &CreateRoleRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let arn = needs::entity_arn(at, "role", input.path.as_deref(), &input.role_name);
        let need = needs::action::<Self>(arn);
        let need = boundaries::requested(need, input.permissions_boundary.as_deref());
        Ok(needs::create(need, &input.tags, "iam:TagRole"))
    }

    fn resources(input: &CreateRoleRequest, at: &At<'_>) -> Vec<Resource> {
        let arn = needs::entity_arn(at, "role", input.path.as_deref(), &input.role_name);
        vec![resources::resource(at, "AWS::IAM::Role", arn)]
    }

    async fn handle(
        input: CreateRoleRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<CreateRoleResponse, Fault> {
        let trust = input.assume_role_policy_document;
        service_linked_roles::refuse_reserved(input.path.as_deref())?;
        document::trust_size(&trust, at.quotas)?;
        let name = entity_name(input.role_name, "roleName")?;
        let path = entity_path(input.path)?;
        let tags = tags::new(input.tags)?;
        let (account, created) = (at.account, at.call.now);
        let most = at.quotas.roles;
        let role = write(at, move |tx| {
            let snapshot = tx.snapshot();
            let view = account_view(snapshot, account)?;
            if view.role(name.as_str()).is_some() {
                return Err(name_taken("Role", name.as_str()));
            }
            within(view.roles().len() + 1, most, "RolesPerAccount")?;
            boundaries::check(snapshot, account, input.permissions_boundary.as_deref())?;
            let role = Entity {
                account,
                id: unique_id(UniqueIdPrefix::Role),
                name,
                path,
                description: input.description,
                trust: document::trust(&trust, snapshot)?,
                max_session_duration: seconds(input.max_session_duration)
                    .unwrap_or(DEFAULT_SESSION),
                inline: BTreeMap::new(),
                attached: BTreeSet::new(),
                boundary: input.permissions_boundary,
                tags,
                created,
            };
            let shape = describe::role_created(&role, snapshot);
            tx.put_role(role);
            Ok(shape)
        })
        .await?;
        Ok(CreateRoleResponse { role })
    }
}

impl Handle for GetRole {
    const READ_ONLY: bool = true;

    fn needs(input: &GetRoleRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, Entity>(at, &input.role_name).into())
    }

    fn resources(input: &GetRoleRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<Entity>(at, &input.role_name)
    }

    async fn handle(
        input: GetRoleRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetRoleResponse, Fault> {
        let role = describe_current(at, &input.role_name)?;
        Ok(GetRoleResponse { role })
    }
}

impl Handle for ListRoles {
    const READ_ONLY: bool = true;

    fn needs(input: &ListRolesRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::listing::<Self>(at, "role", input.path_prefix.as_deref()).into())
    }

    async fn handle(
        input: ListRolesRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListRolesResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let prefix = input.path_prefix.unwrap_or_default();
        let snapshot = at.snapshot();
        let roles = account_view(&snapshot, at.account)?.roles().iter();
        let page = window
            .page(roles.filter(|(_, role)| role.path.as_str().starts_with(&prefix)))
            .map(|role| describe::role_in_list(role, &snapshot));
        Ok(ListRolesResponse {
            is_truncated: page.is_truncated(),
            roles: page.items,
            marker: page.marker,
        })
    }
}

impl Handle for UpdateRole {
    const READ_ONLY: bool = false;

    fn needs(input: &UpdateRoleRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::bounded::<Self, Entity>(at, &input.role_name).into())
    }

    fn resources(input: &UpdateRoleRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<Entity>(at, &input.role_name)
    }

    /// What isn't given stays as it is.
    async fn handle(
        input: UpdateRoleRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<UpdateRoleResponse, Fault> {
        change::<Entity>(at, input.role_name, move |role, _| {
            if let Some(description) = input.description {
                role.description = Some(description);
            }
            if let Some(duration) = seconds(input.max_session_duration) {
                role.max_session_duration = duration;
            }
            Ok(())
        })
        .await?;
        Ok(UpdateRoleResponse {})
    }
}

impl Handle for UpdateRoleDescription {
    const READ_ONLY: bool = false;

    fn needs(input: &UpdateRoleDescriptionRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::bounded::<Self, Entity>(at, &input.role_name).into())
    }

    fn resources(input: &UpdateRoleDescriptionRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<Entity>(at, &input.role_name)
    }

    async fn handle(
        input: UpdateRoleDescriptionRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<UpdateRoleDescriptionResponse, Fault> {
        let UpdateRoleDescriptionRequest {
            role_name,
            description,
        } = input;
        change_any::<Entity>(at, role_name.clone(), move |role, _| {
            role.description = Some(description);
            Ok(())
        })
        .await?;
        let role = describe_current(at, &role_name)?;
        Ok(UpdateRoleDescriptionResponse { role: Some(role) })
    }
}

impl Handle for DeleteRole {
    const READ_ONLY: bool = false;

    fn needs(input: &DeleteRoleRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::bounded::<Self, Entity>(at, &input.role_name).into())
    }

    fn resources(input: &DeleteRoleRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<Entity>(at, &input.role_name)
    }

    async fn handle(input: DeleteRoleRequest, _permit: Permit, at: &At<'_>) -> Result<(), Fault> {
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let role = existing::<Entity>(view, &input.role_name)?.clone();
            service_linked_roles::refuse_protected(&role)?;
            if !role.inline.is_empty() {
                return Err(must_first("delete policies"));
            }
            if !role.attached.is_empty() {
                return Err(must_first("detach all policies"));
            }
            if view.profiles_of(&role.id).next().is_some() {
                return Err(must_first(REMOVE_ROLES));
            }
            tx.delete_role(&role);
            Ok(())
        })
        .await
    }
}

/// The role as `GetRole` shows it now.
fn describe_current(at: &At<'_>, name: &str) -> Result<Role, Fault> {
    let snapshot = at.snapshot();
    let role = existing::<Entity>(account_view(&snapshot, at.account)?, name)?;
    Ok(describe::role(
        role,
        &snapshot,
        last_used::of_role(at, role),
    ))
}

/// A duration that the shape's rule leaves between 3,600 and 43,200.
fn seconds(duration: Option<i32>) -> Option<u32> {
    duration.and_then(|seconds| u32::try_from(seconds).ok())
}
