//! Inline policies of users.

use directory::User as Entity;
use door::Permit;
use trail::Resource;

use super::{inline, needs, resources};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for PutUserPolicy {
    const READ_ONLY: bool = false;

    fn needs(input: &PutUserPolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::bounded::<Self, Entity>(at, &input.user_name).into())
    }

    fn resources(input: &PutUserPolicyRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<Entity>(at, &input.user_name)
    }

    async fn handle(
        input: PutUserPolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        inline::put::<Entity>(
            at,
            input.user_name,
            input.policy_name,
            input.policy_document,
        )
        .await
    }
}

impl Handle for GetUserPolicy {
    const READ_ONLY: bool = true;

    fn needs(input: &GetUserPolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, Entity>(at, &input.user_name).into())
    }

    fn resources(input: &GetUserPolicyRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<Entity>(at, &input.user_name)
    }

    async fn handle(
        input: GetUserPolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetUserPolicyResponse, Fault> {
        let found = inline::get::<Entity>(at, input.user_name, input.policy_name)?;
        Ok(GetUserPolicyResponse {
            user_name: found.holder,
            policy_name: found.policy,
            policy_document: found.document,
        })
    }
}

impl Handle for ListUserPolicies {
    const READ_ONLY: bool = true;

    fn needs(input: &ListUserPoliciesRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, Entity>(at, &input.user_name).into())
    }

    fn resources(input: &ListUserPoliciesRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<Entity>(at, &input.user_name)
    }

    async fn handle(
        input: ListUserPoliciesRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListUserPoliciesResponse, Fault> {
        let marker = input.marker.as_deref();
        let page = inline::list::<Entity>(at, &input.user_name, marker, input.max_items)?;
        Ok(ListUserPoliciesResponse {
            is_truncated: page.is_truncated(),
            policy_names: page.items,
            marker: page.marker,
        })
    }
}

impl Handle for DeleteUserPolicy {
    const READ_ONLY: bool = false;

    fn needs(input: &DeleteUserPolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::bounded::<Self, Entity>(at, &input.user_name).into())
    }

    fn resources(input: &DeleteUserPolicyRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<Entity>(at, &input.user_name)
    }

    async fn handle(
        input: DeleteUserPolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        inline::delete::<Entity>(at, input.user_name, input.policy_name).await
    }
}
