//! Inline policies of groups.

use directory::Group as Entity;
use door::Permit;
use trail::Resource;

use super::{inline, needs, resources};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for PutGroupPolicy {
    const READ_ONLY: bool = false;

    fn needs(input: &PutGroupPolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, Entity>(at, &input.group_name).into())
    }

    fn resources(input: &PutGroupPolicyRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<Entity>(at, &input.group_name)
    }

    async fn handle(
        input: PutGroupPolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        inline::put::<Entity>(
            at,
            input.group_name,
            input.policy_name,
            input.policy_document,
        )
        .await
    }
}

impl Handle for GetGroupPolicy {
    const READ_ONLY: bool = true;

    fn needs(input: &GetGroupPolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, Entity>(at, &input.group_name).into())
    }

    fn resources(input: &GetGroupPolicyRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<Entity>(at, &input.group_name)
    }

    async fn handle(
        input: GetGroupPolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetGroupPolicyResponse, Fault> {
        let found = inline::get::<Entity>(at, input.group_name, input.policy_name)?;
        Ok(GetGroupPolicyResponse {
            group_name: found.holder,
            policy_name: found.policy,
            policy_document: found.document,
        })
    }
}

impl Handle for ListGroupPolicies {
    const READ_ONLY: bool = true;

    fn needs(input: &ListGroupPoliciesRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, Entity>(at, &input.group_name).into())
    }

    fn resources(input: &ListGroupPoliciesRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<Entity>(at, &input.group_name)
    }

    async fn handle(
        input: ListGroupPoliciesRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListGroupPoliciesResponse, Fault> {
        let marker = input.marker.as_deref();
        let page = inline::list::<Entity>(at, &input.group_name, marker, input.max_items)?;
        Ok(ListGroupPoliciesResponse {
            is_truncated: page.is_truncated(),
            policy_names: page.items,
            marker: page.marker,
        })
    }
}

impl Handle for DeleteGroupPolicy {
    const READ_ONLY: bool = false;

    fn needs(input: &DeleteGroupPolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, Entity>(at, &input.group_name).into())
    }

    fn resources(input: &DeleteGroupPolicyRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<Entity>(at, &input.group_name)
    }

    async fn handle(
        input: DeleteGroupPolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        inline::delete::<Entity>(at, input.group_name, input.policy_name).await
    }
}
