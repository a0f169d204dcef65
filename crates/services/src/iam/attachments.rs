//! Managed policies attached to users, groups and roles.

use directory::{Group as GroupEntity, Role as RoleEntity, User as UserEntity};
use door::{Need, Permit};
use policy::Arn;
use trail::Resource;

use super::fault::{invalid_arn, not_attachable, policy_not_found};
use super::holder::{Holder, change, existing};
use super::page::{Page, Window};
use super::policies::path_of;
use super::quota::within;
use super::{needs, resources};
use crate::generated::iam::errors::POLICY_NOT_ATTACHABLE;
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

impl Handle for AttachRolePolicy {
    const READ_ONLY: bool = false;

    fn needs(input: &AttachRolePolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::bounded::<Self, RoleEntity>(at, &input.role_name);
        with_policy(need, &input.policy_arn)
    }

    fn resources(input: &AttachRolePolicyRequest, at: &At<'_>) -> Vec<Resource> {
        touched::<RoleEntity>(at, &input.role_name, &input.policy_arn)
    }

    async fn handle(
        input: AttachRolePolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        attach::<RoleEntity>(at, input.role_name, input.policy_arn).await
    }
}

impl Handle for DetachRolePolicy {
    const READ_ONLY: bool = false;

    fn needs(input: &DetachRolePolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::bounded::<Self, RoleEntity>(at, &input.role_name);
        with_policy(need, &input.policy_arn)
    }

    fn resources(input: &DetachRolePolicyRequest, at: &At<'_>) -> Vec<Resource> {
        touched::<RoleEntity>(at, &input.role_name, &input.policy_arn)
    }

    async fn handle(
        input: DetachRolePolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        detach::<RoleEntity>(at, input.role_name, input.policy_arn).await
    }
}

impl Handle for AttachUserPolicy {
    const READ_ONLY: bool = false;

    fn needs(input: &AttachUserPolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::bounded::<Self, UserEntity>(at, &input.user_name);
        with_policy(need, &input.policy_arn)
    }

    fn resources(input: &AttachUserPolicyRequest, at: &At<'_>) -> Vec<Resource> {
        touched::<UserEntity>(at, &input.user_name, &input.policy_arn)
    }

    async fn handle(
        input: AttachUserPolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        attach::<UserEntity>(at, input.user_name, input.policy_arn).await
    }
}

impl Handle for DetachUserPolicy {
    const READ_ONLY: bool = false;

    fn needs(input: &DetachUserPolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::bounded::<Self, UserEntity>(at, &input.user_name);
        with_policy(need, &input.policy_arn)
    }

    fn resources(input: &DetachUserPolicyRequest, at: &At<'_>) -> Vec<Resource> {
        touched::<UserEntity>(at, &input.user_name, &input.policy_arn)
    }

    async fn handle(
        input: DetachUserPolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        detach::<UserEntity>(at, input.user_name, input.policy_arn).await
    }
}

impl Handle for AttachGroupPolicy {
    const READ_ONLY: bool = false;

    fn needs(input: &AttachGroupPolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::on::<Self, GroupEntity>(at, &input.group_name);
        with_policy(need, &input.policy_arn)
    }

    fn resources(input: &AttachGroupPolicyRequest, at: &At<'_>) -> Vec<Resource> {
        touched::<GroupEntity>(at, &input.group_name, &input.policy_arn)
    }

    async fn handle(
        input: AttachGroupPolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        attach::<GroupEntity>(at, input.group_name, input.policy_arn).await
    }
}

impl Handle for DetachGroupPolicy {
    const READ_ONLY: bool = false;

    fn needs(input: &DetachGroupPolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::on::<Self, GroupEntity>(at, &input.group_name);
        with_policy(need, &input.policy_arn)
    }

    fn resources(input: &DetachGroupPolicyRequest, at: &At<'_>) -> Vec<Resource> {
        touched::<GroupEntity>(at, &input.group_name, &input.policy_arn)
    }

    async fn handle(
        input: DetachGroupPolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        detach::<GroupEntity>(at, input.group_name, input.policy_arn).await
    }
}

impl Handle for ListAttachedRolePolicies {
    const READ_ONLY: bool = true;

    fn needs(input: &ListAttachedRolePoliciesRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, RoleEntity>(at, &input.role_name).into())
    }

    fn resources(input: &ListAttachedRolePoliciesRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<RoleEntity>(at, &input.role_name)
    }

    async fn handle(
        input: ListAttachedRolePoliciesRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListAttachedRolePoliciesResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let prefix = input.path_prefix.as_deref();
        let page = attached::<RoleEntity>(at, &input.role_name, prefix, window)?;
        Ok(ListAttachedRolePoliciesResponse {
            is_truncated: page.is_truncated(),
            attached_policies: page.items,
            marker: page.marker,
        })
    }
}

impl Handle for ListAttachedUserPolicies {
    const READ_ONLY: bool = true;

    fn needs(input: &ListAttachedUserPoliciesRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, UserEntity>(at, &input.user_name).into())
    }

    fn resources(input: &ListAttachedUserPoliciesRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<UserEntity>(at, &input.user_name)
    }

    async fn handle(
        input: ListAttachedUserPoliciesRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListAttachedUserPoliciesResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let prefix = input.path_prefix.as_deref();
        let page = attached::<UserEntity>(at, &input.user_name, prefix, window)?;
        Ok(ListAttachedUserPoliciesResponse {
            is_truncated: page.is_truncated(),
            attached_policies: page.items,
            marker: page.marker,
        })
    }
}

impl Handle for ListAttachedGroupPolicies {
    const READ_ONLY: bool = true;

    fn needs(input: &ListAttachedGroupPoliciesRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, GroupEntity>(at, &input.group_name).into())
    }

    fn resources(input: &ListAttachedGroupPoliciesRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<GroupEntity>(at, &input.group_name)
    }

    async fn handle(
        input: ListAttachedGroupPoliciesRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListAttachedGroupPoliciesResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let prefix = input.path_prefix.as_deref();
        let page = attached::<GroupEntity>(at, &input.group_name, prefix, window)?;
        Ok(ListAttachedGroupPoliciesResponse {
            is_truncated: page.is_truncated(),
            attached_policies: page.items,
            marker: page.marker,
        })
    }
}

/// `iam:PolicyARN`: which policy is attached or detached.
fn with_policy(need: Need, arn: &str) -> Result<Needs, Fault> {
    let _: Arn = arn.parse().map_err(|_| invalid_arn())?;
    Ok(need.key("iam:PolicyARN", arn).into())
}

fn touched<H: Holder>(at: &At<'_>, holder: &str, arn: &str) -> Vec<Resource> {
    let mut touched = resources::holder::<H>(at, holder);
    touched.push(resources::resource(at, resources::POLICY, arn));
    touched
}

/// Attaching what is attached already changes nothing.
async fn attach<H: Holder>(at: &At<'_>, holder: String, arn: String) -> Result<(), Fault> {
    let account = at.account;
    let limit = H::most_attached(at.quotas);
    change::<H>(at, holder, move |held, snapshot| {
        let policy = snapshot.attachable(account, &arn);
        let policy = policy.ok_or_else(|| not_attachable(&arn))?;
        if arn.starts_with(AWS) && path_of(&policy).starts_with(SERVICE_LINKED) {
            return Err(POLICY_NOT_ATTACHABLE
                .fault("Cannot attach a Service Role Policy to a Customer Role."));
        }
        held.attached_mut().insert(arn);
        within(held.attached().len(), limit, H::ATTACHED)
    })
    .await
}

async fn detach<H: Holder>(at: &At<'_>, holder: String, arn: String) -> Result<(), Fault> {
    change::<H>(at, holder, move |held, _| {
        let was_attached = held.attached_mut().remove(&arn);
        was_attached
            .then_some(())
            .ok_or_else(|| policy_not_found(&arn))
    })
    .await
}

fn attached<H: Holder>(
    at: &At<'_>,
    holder: &str,
    prefix: Option<&str>,
    window: Window,
) -> Result<Page<AttachedPolicy>, Fault> {
    let snapshot = at.snapshot();
    let held = existing::<H>(account_view(&snapshot, at.account)?, holder)?;
    let found = held.attached().iter().filter_map(|arn| {
        let policy = snapshot.attachable(at.account, arn)?;
        let wanted = path_of(&policy).starts_with(prefix.unwrap_or("/"));
        wanted.then(|| (arn, policy.name().to_owned()))
    });
    let entries = found.map(|(arn, name)| {
        let shape = AttachedPolicy {
            policy_name: Some(name),
            policy_arn: Some(arn.clone()),
        };
        (arn, shape)
    });
    Ok(window.page(entries))
}

/// How the ARNs of AWS's own policies begin.
const AWS: &str = "arn:aws:iam::aws:policy/";
/// The path of those that only service-linked roles can have.
const SERVICE_LINKED: &str = "/aws-service-role/";
