//! Permissions boundaries of users and roles.

use directory::{Role as RoleEntity, Snapshot, User as UserEntity};
use door::{Need, Permit};
use policy::{AccountId, Arn};
use trail::Resource;

use super::fault::validation;
use super::holder::{Actor, change};
use super::{needs, resources};
use crate::generated::iam::errors::NO_SUCH_ENTITY;
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for PutRolePermissionsBoundary {
    const READ_ONLY: bool = false;

    fn needs(input: &PutRolePermissionsBoundaryRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::on::<Self, RoleEntity>(at, &input.role_name);
        Ok(requested(need, Some(&input.permissions_boundary)).into())
    }

    fn resources(input: &PutRolePermissionsBoundaryRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<RoleEntity>(at, &input.role_name)
    }

    async fn handle(
        input: PutRolePermissionsBoundaryRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        put::<RoleEntity>(at, input.role_name, input.permissions_boundary).await
    }
}

impl Handle for DeleteRolePermissionsBoundary {
    const READ_ONLY: bool = false;

    fn needs(input: &DeleteRolePermissionsBoundaryRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::bounded::<Self, RoleEntity>(at, &input.role_name).into())
    }

    fn resources(input: &DeleteRolePermissionsBoundaryRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<RoleEntity>(at, &input.role_name)
    }

    async fn handle(
        input: DeleteRolePermissionsBoundaryRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        delete::<RoleEntity>(at, input.role_name).await
    }
}

impl Handle for PutUserPermissionsBoundary {
    const READ_ONLY: bool = false;

    fn needs(input: &PutUserPermissionsBoundaryRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::on::<Self, UserEntity>(at, &input.user_name);
        Ok(requested(need, Some(&input.permissions_boundary)).into())
    }

    fn resources(input: &PutUserPermissionsBoundaryRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<UserEntity>(at, &input.user_name)
    }

    async fn handle(
        input: PutUserPermissionsBoundaryRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        put::<UserEntity>(at, input.user_name, input.permissions_boundary).await
    }
}

impl Handle for DeleteUserPermissionsBoundary {
    const READ_ONLY: bool = false;

    fn needs(input: &DeleteUserPermissionsBoundaryRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::bounded::<Self, UserEntity>(at, &input.user_name).into())
    }

    fn resources(input: &DeleteUserPermissionsBoundaryRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<UserEntity>(at, &input.user_name)
    }

    async fn handle(
        input: DeleteUserPermissionsBoundaryRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        delete::<UserEntity>(at, input.user_name).await
    }
}

/// The condition key of a boundary that the request sets.
pub(super) fn requested(need: Need, boundary: Option<&str>) -> Need {
    match boundary {
        Some(arn) => need.key(needs::BOUNDARY, arn),
        None => need,
    }
}

/// Whether it can be a boundary in this account: a managed policy of its own or of AWS's.
///
/// # Errors
/// `ValidationError` when it is no ARN of a policy, `NoSuchEntity` when there is no such one.
pub(super) fn check(
    snapshot: &Snapshot,
    account: AccountId,
    boundary: Option<&str>,
) -> Result<(), Fault> {
    let Some(arn) = boundary else {
        return Ok(());
    };
    let parsed: Result<Arn, _> = arn.parse();
    if !parsed.is_ok_and(|it| it.resource().starts_with("policy/")) {
        let message = format!("Value ({arn}) for parameter PermissionsBoundary is invalid.");
        return Err(validation(message));
    }
    match snapshot.attachable(account, arn) {
        Some(_) => Ok(()),
        None => Err(NO_SUCH_ENTITY.fault(format!(
            "Scope ARN: {arn} does not exist or is not attachable."
        ))),
    }
}

async fn put<H: Actor>(at: &At<'_>, name: String, boundary: String) -> Result<(), Fault> {
    let account = at.account;
    change::<H>(at, name, move |holder, snapshot| {
        check(snapshot, account, Some(&boundary))?;
        holder.set_boundary(Some(boundary));
        Ok(())
    })
    .await
}

async fn delete<H: Actor>(at: &At<'_>, name: String) -> Result<(), Fault> {
    change::<H>(at, name, |holder, _| {
        holder.set_boundary(None);
        Ok(())
    })
    .await
}
