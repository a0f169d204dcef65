//! Inline policies of roles.

use directory::Role as Entity;
use door::Permit;
use trail::Resource;

use super::{inline, needs, resources};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for PutRolePolicy {
    const READ_ONLY: bool = false;

    fn needs(input: &PutRolePolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::bounded::<Self, Entity>(at, &input.role_name).into())
    }

    fn resources(input: &PutRolePolicyRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<Entity>(at, &input.role_name)
    }

    async fn handle(
        input: PutRolePolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        inline::put::<Entity>(
            at,
            input.role_name,
            input.policy_name,
            input.policy_document,
        )
        .await
    }
}

impl Handle for GetRolePolicy {
    const READ_ONLY: bool = true;

    fn needs(input: &GetRolePolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, Entity>(at, &input.role_name).into())
    }

    fn resources(input: &GetRolePolicyRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<Entity>(at, &input.role_name)
    }

    async fn handle(
        input: GetRolePolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetRolePolicyResponse, Fault> {
        let found = inline::get::<Entity>(at, input.role_name, input.policy_name)?;
        Ok(GetRolePolicyResponse {
            role_name: found.holder,
            policy_name: found.policy,
            policy_document: found.document,
        })
    }
}

impl Handle for ListRolePolicies {
    const READ_ONLY: bool = true;

    fn needs(input: &ListRolePoliciesRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, Entity>(at, &input.role_name).into())
    }

    fn resources(input: &ListRolePoliciesRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<Entity>(at, &input.role_name)
    }

    async fn handle(
        input: ListRolePoliciesRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListRolePoliciesResponse, Fault> {
        let marker = input.marker.as_deref();
        let page = inline::list::<Entity>(at, &input.role_name, marker, input.max_items)?;
        Ok(ListRolePoliciesResponse {
            is_truncated: page.is_truncated(),
            policy_names: page.items,
            marker: page.marker,
        })
    }
}

impl Handle for DeleteRolePolicy {
    const READ_ONLY: bool = false;

    fn needs(input: &DeleteRolePolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::bounded::<Self, Entity>(at, &input.role_name).into())
    }

    fn resources(input: &DeleteRolePolicyRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<Entity>(at, &input.role_name)
    }

    async fn handle(
        input: DeleteRolePolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        inline::delete::<Entity>(at, input.role_name, input.policy_name).await
    }
}
