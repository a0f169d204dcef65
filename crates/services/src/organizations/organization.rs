//! The organization itself.

use std::collections::{BTreeMap, BTreeSet};

use directory::{
    AccountRequest, ControlPolicyKind, FeatureSet, MemberStatus, Organization as Entity,
    OrganizationMember, OrganizationPolicy, OrganizationRoot, OrganizationalUnit, Tags,
};
use door::Permit;

use super::seen::{Who, change, read};
use super::{describe, ids, needs};
use crate::generated::organizations::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for CreateOrganization {
    const READ_ONLY: bool = false;

    fn needs(_: &CreateOrganizationRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>().into())
    }

    async fn handle(
        input: CreateOrganizationRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<CreateOrganizationResponse, Fault> {
        let (feature_set, kinds) = match input.feature_set.as_deref() {
            Some("CONSOLIDATED_BILLING") => (FeatureSet::ConsolidatedBilling, BTreeSet::new()),
            // "service control policies automatically enabled in the root"
            _ => (
                FeatureSet::All,
                BTreeSet::from([ControlPolicyKind::Service]),
            ),
        };
        let attached = full_access(&kinds);
        let organization = Entity {
            account: at.account,
            id: ids::organization(),
            feature_set,
            root: OrganizationRoot {
                id: ids::root(),
                enabled: kinds,
                attached: attached.clone(),
                tags: Tags::default(),
            },
            services: BTreeMap::new(),
            root_features: BTreeSet::new(),
        };
        let management = OrganizationMember {
            account: at.account,
            id: at.account,
            name: "management".to_owned(),
            // Nobody has told an address of the server's own account; this one can't exist.
            email: format!("{}@account.invalid", at.account),
            status: MemberStatus::Active,
            created_here: false,
            joined: at.call.now,
            parent: organization.root.id.clone(),
            attached,
            delegations: BTreeMap::new(),
            tags: Tags::default(),
        };
        let shape = describe::organization(&organization, &management);
        let account = at.account;
        at.door
            .directory()
            .write(move |tx| {
                if tx.snapshot().management_of(account).is_some() {
                    return Err(errors::ALREADY_IN_ORGANIZATION
                        .fault("The provided account is already a member of an organization."));
                }
                tx.shelve(organization);
                tx.shelve(management);
                Ok(())
            })
            .await?;
        Ok(CreateOrganizationResponse {
            organization: Some(shape),
        })
    }
}

/// Ids of the policies that a new root, unit or account has, for the kinds that are enabled.
pub(super) fn full_access(kinds: &BTreeSet<ControlPolicyKind>) -> BTreeSet<String> {
    let ids = kinds.iter().map(|kind| kind.full_access().id.to_owned());
    ids.collect()
}

impl Handle for DescribeOrganization {
    const READ_ONLY: bool = true;

    fn needs(_: &(), _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>().into())
    }

    async fn handle(
        _: (),
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<DescribeOrganizationResponse, Fault> {
        read(at, Who::Member, |seen| {
            let management = seen.member(&seen.organization.account.to_string())?;
            Ok(DescribeOrganizationResponse {
                organization: Some(describe::organization(seen.organization, management)),
            })
        })
    }
}

impl Handle for DeleteOrganization {
    const READ_ONLY: bool = false;

    fn needs(_: &(), at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::organization::<Self>(at).into())
    }

    async fn handle(_: (), _permit: Permit, at: &At<'_>) -> Result<(), Fault> {
        change(at, |seen, changes| {
            if seen.members().count() > 1 {
                return Err(errors::ORGANIZATION_NOT_EMPTY.fault(
                    "To delete the organization you must first remove all member accounts \
                     (except the management account).",
                ));
            }
            seen.members().for_each(|it| changes.remove(&**it));
            seen.units()
                .for_each(|it| changes.remove::<OrganizationalUnit>(it));
            for kind in ControlPolicyKind::ALL {
                let policies = seen.policies(kind);
                policies.for_each(|it| changes.remove::<OrganizationPolicy>(it));
            }
            let requests = seen.view.shelf::<AccountRequest>().iter();
            requests.for_each(|(_, it)| changes.remove(&**it));
            changes.remove::<Entity>(seen.organization);
            Ok(())
        })
        .await
    }
}
