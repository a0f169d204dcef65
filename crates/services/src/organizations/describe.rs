//! Entities as the API shows them.

use directory::{
    AccountRequest, FeatureSet, FullAccess, Organization as Entity, OrganizationMember,
    OrganizationPolicy, OrganizationalUnit as UnitEntity, Snapshot, unit_path,
};

use super::seen::Seen;
use crate::generated::organizations::{
    Account, CreateAccountStatus, Organization, OrganizationalUnit, PolicySummary,
    PolicyTypeSummary, Root,
};
use crate::wire::Secret;

/// An organization. The policy types in it are what they were at the beginning: `ListRoots` tells
/// which are enabled (AWS Organizations API Reference, `Organization`).
pub(super) fn organization(it: &Entity, management: &OrganizationMember) -> Organization {
    let types = match it.feature_set {
        FeatureSet::All => vec![policy_type("SERVICE_CONTROL_POLICY")],
        FeatureSet::ConsolidatedBilling => Vec::new(),
    };
    Organization {
        id: Some(it.id.clone()),
        arn: Some(it.arn()),
        feature_set: Some(it.feature_set.as_str().to_owned()),
        master_account_arn: Some(it.account_arn(it.account)),
        master_account_id: Some(it.account.to_string()),
        master_account_email: Some(Secret::from(management.email.as_str())),
        available_policy_types: types,
    }
}

pub(super) fn root(it: &Entity) -> Root {
    let enabled = it.root.enabled.iter();
    Root {
        id: Some(it.root.id.clone()),
        arn: Some(it.root_arn()),
        name: Some("Root".to_owned()),
        policy_types: enabled.map(|kind| policy_type(kind.as_str())).collect(),
    }
}

fn policy_type(word: &str) -> PolicyTypeSummary {
    PolicyTypeSummary {
        r#type: Some(word.to_owned()),
        status: Some("ENABLED".to_owned()),
    }
}

pub(super) fn unit(seen: &Seen<'_>, it: &UnitEntity) -> OrganizationalUnit {
    OrganizationalUnit {
        id: Some(it.id.clone()),
        arn: Some(seen.organization.unit_arn(&it.id)),
        name: Some(it.name.clone()),
        path: Some(unit_path(seen.view, seen.organization, &it.id)),
    }
}

pub(super) fn account(snapshot: &Snapshot, seen: &Seen<'_>, it: &OrganizationMember) -> Account {
    let path = snapshot.organization_path(it.id);
    let path = path.map(|path| format!("{}{}/", path.text(), it.id));
    Account {
        id: Some(it.id.to_string()),
        arn: Some(seen.organization.account_arn(it.id)),
        email: Some(Secret::from(it.email.as_str())),
        name: Some(Secret::from(it.name.as_str())),
        status: Some(it.status.as_str().to_owned()),
        state: Some(it.status.as_str().to_owned()),
        paths: path.into_iter().collect(),
        joined_method: Some(joined_method(it).to_owned()),
        joined_timestamp: Some(it.joined),
    }
}

/// The management account counts as invited.
pub(super) fn joined_method(it: &OrganizationMember) -> &'static str {
    match it.created_here {
        true => "CREATED",
        false => "INVITED",
    }
}

pub(super) fn request(it: &AccountRequest) -> CreateAccountStatus {
    let state = match it.created {
        Some(_) => "SUCCEEDED",
        None => "FAILED",
    };
    CreateAccountStatus {
        id: Some(it.id.clone()),
        account_name: Some(Secret::from(it.name.as_str())),
        state: Some(state.to_owned()),
        requested_timestamp: Some(it.requested),
        completed_timestamp: Some(it.requested),
        account_id: it.created.map(|id| id.to_string()),
        gov_cloud_account_id: None,
        failure_reason: it.failure.clone(),
    }
}

pub(super) fn policy(it: &OrganizationPolicy) -> PolicySummary {
    PolicySummary {
        id: Some(it.id.clone()),
        arn: Some(it.arn.clone()),
        name: Some(it.name.clone()),
        description: Some(it.description.clone()),
        r#type: Some(it.kind.as_str().to_owned()),
        aws_managed: Some(false),
    }
}

pub(super) fn full_access(it: &FullAccess) -> PolicySummary {
    PolicySummary {
        id: Some(it.id.to_owned()),
        arn: Some(it.arn.to_owned()),
        name: Some(it.name.to_owned()),
        description: Some(it.description.to_owned()),
        r#type: Some(it.kind.as_str().to_owned()),
        aws_managed: Some(true),
    }
}
