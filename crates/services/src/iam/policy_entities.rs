//! Who uses a managed policy.

use std::sync::Arc;

use directory::{AccountView, Group as GroupEntity, Role as RoleEntity, User as UserEntity};
use door::Permit;
use trail::Resource;

use super::needs;
use super::page::Window;
use super::policies::existing;
use super::resources::{self, POLICY};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

impl Handle for ListEntitiesForPolicy {
    const READ_ONLY: bool = true;

    fn needs(input: &ListEntitiesForPolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_policy::<Self>(at, &input.policy_arn, true)?.into())
    }

    fn resources(input: &ListEntitiesForPolicyRequest, at: &At<'_>) -> Vec<Resource> {
        vec![resources::resource(at, POLICY, &*input.policy_arn)]
    }

    /// One list of groups, roles and users, in this order, under one marker.
    async fn handle(
        input: ListEntitiesForPolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListEntitiesForPolicyResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let snapshot = at.snapshot();
        existing(&snapshot, at, &input.policy_arn)?;
        let view = account_view(&snapshot, at.account)?;
        let page = window.page(entities_of(view, &input));
        let mut answer = ListEntitiesForPolicyResponse {
            is_truncated: page.is_truncated(),
            marker: page.marker,
            ..ListEntitiesForPolicyResponse::default()
        };
        for entity in page.items {
            match entity {
                Entity::Group(group) => answer.policy_groups.push(PolicyGroup {
                    group_name: Some(group.name.to_string()),
                    group_id: Some(group.id.clone()),
                }),
                Entity::Role(role) => answer.policy_roles.push(PolicyRole {
                    role_name: Some(role.name.to_string()),
                    role_id: Some(role.id.clone()),
                }),
                Entity::User(user) => answer.policy_users.push(PolicyUser {
                    user_name: Some(user.name.to_string()),
                    user_id: Some(user.id.clone()),
                }),
            }
        }
        Ok(answer)
    }
}

enum Entity<'v> {
    Group(&'v Arc<GroupEntity>),
    Role(&'v Arc<RoleEntity>),
    User(&'v Arc<UserEntity>),
}

fn entities_of<'v>(
    view: &'v AccountView,
    input: &'v ListEntitiesForPolicyRequest,
) -> impl Iterator<Item = (String, Entity<'v>)> {
    let kind = input.entity_filter.as_deref();
    let groups = matches!(kind, None | Some("Group")).then(|| view.groups().iter());
    let groups = groups.into_iter().flatten();
    let groups = groups.filter(|(_, group)| {
        let attached = group.attached.contains(&input.policy_arn);
        wanted(input, attached, None, group.path.as_str())
    });
    let roles = matches!(kind, None | Some("Role")).then(|| view.roles().iter());
    let roles = roles.into_iter().flatten();
    let roles = roles.filter(|(_, role)| {
        let attached = role.attached.contains(&input.policy_arn);
        wanted(input, attached, role.boundary.as_ref(), role.path.as_str())
    });
    let users = matches!(kind, None | Some("User")).then(|| view.users().iter());
    let users = users.into_iter().flatten();
    let users = users.filter(|(_, user)| {
        let attached = user.attached.contains(&input.policy_arn);
        wanted(input, attached, user.boundary.as_ref(), user.path.as_str())
    });
    let groups = groups.map(|(name, group)| (format!("group/{name}"), Entity::Group(group)));
    let roles = roles.map(|(name, role)| (format!("role/{name}"), Entity::Role(role)));
    let users = users.map(|(name, user)| (format!("user/{name}"), Entity::User(user)));
    groups.chain(roles).chain(users)
}

fn wanted(
    input: &ListEntitiesForPolicyRequest,
    attached: bool,
    boundary: Option<&String>,
    path: &str,
) -> bool {
    let bounds = boundary == Some(&input.policy_arn);
    let used = match input.policy_usage_filter.as_deref() {
        Some("PermissionsPolicy") => attached,
        Some("PermissionsBoundary") => bounds,
        _ => attached || bounds,
    };
    used && path.starts_with(input.path_prefix.as_deref().unwrap_or("/"))
}
