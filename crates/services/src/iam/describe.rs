//! Entities as answers show them. Which member is there differs between operations: the
//! answers of AWS were looked at, not only its documentation.

use directory::{AttachedPolicy, Group, InstanceProfile, Role, Snapshot, Tags, User};
use jiff::Timestamp;

use super::usage::Uses;
use crate::generated::iam;

/// As `CreateUser` and `GetUser` show it.
pub(super) fn user(user: &User) -> iam::User {
    iam::User {
        permissions_boundary: boundary(user.boundary.as_ref()),
        tags: tags(&user.tags),
        ..user_in_list(user)
    }
}

/// As `ListUsers` and `GetGroup` show it: without tags and boundary.
pub(super) fn user_in_list(user: &User) -> iam::User {
    iam::User {
        path: user.path.to_string(),
        user_name: user.name.to_string(),
        user_id: user.id.clone(),
        arn: user.arn(),
        create_date: user.created,
        ..iam::User::default()
    }
}

/// A group, the same everywhere.
pub(super) fn group(group: &Group) -> iam::Group {
    iam::Group {
        path: group.path.to_string(),
        group_name: group.name.to_string(),
        group_id: group.id.clone(),
        arn: group.arn(),
        create_date: group.created,
    }
}

/// As `CreateRole` shows it: without `MaxSessionDuration`.
pub(super) fn role_created(role: &Role, snapshot: &Snapshot) -> iam::Role {
    iam::Role {
        max_session_duration: None,
        permissions_boundary: boundary(role.boundary.as_ref()),
        tags: tags(&role.tags),
        ..role_in_list(role, snapshot)
    }
}

/// As `GetRole` shows it: with everything.
pub(super) fn role(role: &Role, snapshot: &Snapshot, last_used: iam::RoleLastUsed) -> iam::Role {
    iam::Role {
        max_session_duration: max_session_duration(role),
        role_last_used: Some(last_used),
        ..role_created(role, snapshot)
    }
}

/// As `ListRoles` shows it: without tags, boundary and last use.
pub(super) fn role_in_list(role: &Role, snapshot: &Snapshot) -> iam::Role {
    iam::Role {
        path: role.path.to_string(),
        role_name: role.name.to_string(),
        role_id: role.id.clone(),
        arn: role.arn(),
        create_date: role.created,
        assume_role_policy_document: Some(role.trust.shown(|arn| snapshot.unique_id(arn))),
        description: role.description.clone(),
        max_session_duration: max_session_duration(role),
        ..iam::Role::default()
    }
}

/// As lists show it: with its role, without tags.
pub(super) fn instance_profile(
    profile: &InstanceProfile,
    snapshot: &Snapshot,
) -> iam::InstanceProfile {
    let role = profile.role.as_ref();
    let role = role.and_then(|id| snapshot.role_by_id(id));
    let roles = role.map(|role| role_in_instance_profile(role, snapshot));
    iam::InstanceProfile {
        roles: roles.into_iter().collect(),
        ..empty_instance_profile(profile)
    }
}

/// Without a role and tags.
pub(super) fn empty_instance_profile(profile: &InstanceProfile) -> iam::InstanceProfile {
    iam::InstanceProfile {
        path: profile.path.to_string(),
        instance_profile_name: profile.name.to_string(),
        instance_profile_id: profile.id.clone(),
        arn: profile.arn(),
        create_date: profile.created,
        ..iam::InstanceProfile::default()
    }
}

/// With what says which role it is and who may assume it, and nothing else (IAM API reference,
/// the examples of `GetInstanceProfile`).
fn role_in_instance_profile(role: &Role, snapshot: &Snapshot) -> iam::Role {
    iam::Role {
        description: None,
        max_session_duration: None,
        ..role_in_list(role, snapshot)
    }
}

/// As `CreatePolicy` and `GetPolicy` show it.
pub(super) fn policy(policy: &AttachedPolicy, uses: Uses) -> iam::Policy {
    let (description, tags) = match policy {
        AttachedPolicy::Customer(policy) => (policy.description.clone(), tags(&policy.tags)),
        AttachedPolicy::Aws(_) => (None, Vec::new()),
    };
    iam::Policy {
        description,
        tags,
        ..policy_in_list(policy, uses)
    }
}

/// As `ListPolicies` shows it: without description and tags.
pub(super) fn policy_in_list(policy: &AttachedPolicy, uses: Uses) -> iam::Policy {
    let shape = iam::Policy {
        policy_name: Some(policy.name().to_owned()),
        attachment_count: Some(uses.attachments),
        permissions_boundary_usage_count: Some(uses.boundaries),
        is_attachable: Some(true),
        ..iam::Policy::default()
    };
    match policy {
        AttachedPolicy::Customer(policy) => iam::Policy {
            policy_id: Some(policy.id.clone()),
            arn: Some(policy.arn()),
            path: Some(policy.path.to_string()),
            default_version_id: Some(version_id(policy.default_version)),
            create_date: Some(policy.created),
            update_date: Some(policy.updated),
            ..shape
        },
        AttachedPolicy::Aws(policy) => iam::Policy {
            policy_id: Some(policy.policy_id.clone()),
            arn: Some(policy.arn.clone()),
            path: Some(policy.path.clone()),
            default_version_id: Some(policy.default_version_id.clone()),
            create_date: Some(policy.create_date),
            update_date: Some(policy.update_date),
            ..shape
        },
    }
}

/// A version of a policy without its document, which only `GetPolicyVersion` shows.
pub(super) fn version(id: String, is_default: bool, created: Timestamp) -> iam::PolicyVersion {
    iam::PolicyVersion {
        document: None,
        version_id: Some(id),
        is_default_version: Some(is_default),
        create_date: Some(created),
    }
}

/// `v1` for 1.
pub(super) fn version_id(number: u32) -> String {
    format!("v{number}")
}

/// Tags, sorted by key.
pub(super) fn tags(tags: &Tags) -> Vec<iam::Tag> {
    tags.iter().map(|(key, value)| tag(key, value)).collect()
}

/// One tag.
pub(super) fn tag(key: &str, value: &str) -> iam::Tag {
    iam::Tag {
        key: key.to_owned(),
        value: value.to_owned(),
    }
}

/// The permissions boundary of a user or role.
pub(super) fn boundary(arn: Option<&String>) -> Option<iam::AttachedPermissionsBoundary> {
    arn.map(|arn| iam::AttachedPermissionsBoundary {
        permissions_boundary_type: Some("Policy".to_owned()),
        permissions_boundary_arn: Some(arn.clone()),
    })
}

fn max_session_duration(role: &Role) -> Option<i32> {
    // INVARIANT: at most 43,200.
    i32::try_from(role.max_session_duration).ok()
}
