//! Entities with all that hangs on them.

use std::collections::{BTreeMap, BTreeSet};

use directory::{AccountView, AttachedPolicy, Document, Group, Role, Snapshot, User};
use policy::AccountId;

use crate::generated::iam;
use crate::handle::At;
use crate::iam::usage::Uses;
use crate::iam::{describe, last_used};

/// A user, its policies and the names of its groups.
pub(super) fn user(user: &User, snapshot: &Snapshot) -> iam::UserDetail {
    let groups = user.groups.iter().filter_map(|id| snapshot.group_by_id(id));
    let mut groups: Vec<String> = groups.map(|group| group.name.to_string()).collect();
    groups.sort_unstable();
    iam::UserDetail {
        path: Some(user.path.to_string()),
        user_name: Some(user.name.to_string()),
        user_id: Some(user.id.clone()),
        arn: Some(user.arn()),
        create_date: Some(user.created),
        user_policy_list: inline(&user.inline),
        group_list: groups,
        attached_managed_policies: attached(&user.attached, user.account, snapshot),
        permissions_boundary: describe::boundary(user.boundary.as_ref()),
        tags: describe::tags(&user.tags),
    }
}

/// A group and its policies.
pub(super) fn group(group: &Group, snapshot: &Snapshot) -> iam::GroupDetail {
    iam::GroupDetail {
        path: Some(group.path.to_string()),
        group_name: Some(group.name.to_string()),
        group_id: Some(group.id.clone()),
        arn: Some(group.arn()),
        create_date: Some(group.created),
        group_policy_list: inline(&group.inline),
        attached_managed_policies: attached(&group.attached, group.account, snapshot),
    }
}

/// A role, its policies and the instance profiles that it is in.
pub(super) fn role(
    role: &Role,
    view: &AccountView,
    snapshot: &Snapshot,
    at: &At<'_>,
) -> iam::RoleDetail {
    let profiles = view.profiles_of(&role.id);
    let profiles = profiles.map(|(_, profile)| describe::instance_profile(profile, snapshot));
    iam::RoleDetail {
        path: Some(role.path.to_string()),
        role_name: Some(role.name.to_string()),
        role_id: Some(role.id.clone()),
        arn: Some(role.arn()),
        create_date: Some(role.created),
        assume_role_policy_document: Some(role.trust.shown(|arn| snapshot.unique_id(arn))),
        instance_profile_list: profiles.collect(),
        role_policy_list: inline(&role.inline),
        attached_managed_policies: attached(&role.attached, role.account, snapshot),
        permissions_boundary: describe::boundary(role.boundary.as_ref()),
        tags: describe::tags(&role.tags),
        role_last_used: Some(last_used::of_role(at, role)),
    }
}

/// A managed policy and its versions, the newest first. Of AWS's policies only the default
/// version is known.
pub(super) fn policy(policy: &AttachedPolicy, uses: Uses) -> iam::ManagedPolicyDetail {
    let shape = describe::policy(policy, uses);
    iam::ManagedPolicyDetail {
        policy_name: shape.policy_name,
        policy_id: shape.policy_id,
        arn: shape.arn,
        path: shape.path,
        default_version_id: shape.default_version_id,
        attachment_count: shape.attachment_count,
        permissions_boundary_usage_count: shape.permissions_boundary_usage_count,
        is_attachable: shape.is_attachable,
        description: shape.description,
        create_date: shape.create_date,
        update_date: shape.update_date,
        policy_version_list: versions(policy),
    }
}

fn versions(policy: &AttachedPolicy) -> Vec<iam::PolicyVersion> {
    match policy {
        AttachedPolicy::Customer(policy) => {
            let newest_first = policy.versions.iter().rev();
            let shape = |version: &directory::PolicyVersion| iam::PolicyVersion {
                document: Some(version.document.text().to_owned()),
                ..describe::version(
                    describe::version_id(version.number),
                    version.number == policy.default_version,
                    version.created,
                )
            };
            newest_first.map(shape).collect()
        }
        AttachedPolicy::Aws(policy) => vec![iam::PolicyVersion {
            document: Some(policy.document()),
            ..describe::version(policy.default_version_id.clone(), true, policy.update_date)
        }],
    }
}

fn inline(policies: &BTreeMap<String, Document>) -> Vec<iam::PolicyDetail> {
    let detail = |(name, document): (&String, &Document)| iam::PolicyDetail {
        policy_name: Some(name.clone()),
        policy_document: Some(document.text().to_owned()),
    };
    policies.iter().map(detail).collect()
}

fn attached(
    arns: &BTreeSet<String>,
    account: AccountId,
    snapshot: &Snapshot,
) -> Vec<iam::AttachedPolicy> {
    let found = arns.iter().filter_map(|arn| {
        let policy = snapshot.attachable(account, arn)?;
        Some(iam::AttachedPolicy {
            policy_name: Some(policy.name().to_owned()),
            policy_arn: Some(arn.clone()),
        })
    });
    found.collect()
}
