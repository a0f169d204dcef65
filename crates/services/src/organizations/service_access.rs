//! The services that have access to an organization.

use directory::{Organization, OrganizationMember};
use door::Permit;

use super::fault::{invalid, not_all_features};
use super::page::page;
use super::seen::{Who, change, read};
use super::{needs, seen::Seen};
use crate::generated::organizations::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for EnableAWSServiceAccess {
    const READ_ONLY: bool = false;

    fn needs(input: &EnableAWSServiceAccessRequest, _: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::action::<Self>();
        Ok(needs::of_service(need, &input.service_principal).into())
    }

    /// Enabling it again changes nothing.
    async fn handle(
        input: EnableAWSServiceAccessRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let now = at.call.now;
        is_service(&input.service_principal)?;
        change(at, move |seen, changes| {
            has_all_features(seen)?;
            let mut organization = Organization::clone(seen.organization);
            let services = &mut organization.services;
            services.entry(input.service_principal).or_insert(now);
            changes.put(organization);
            Ok(())
        })
        .await
    }
}

/// AWS has a list of the services that can have access, which grows; here any service may.
fn is_service(principal: &str) -> Result<(), Fault> {
    match principal.strip_suffix(".amazonaws.com") {
        Some(name) if !name.is_empty() => Ok(()),
        _ => Err(invalid(
            "UNRECOGNIZED_SERVICE_PRINCIPAL",
            "You specified an unrecognized service principal.",
        )),
    }
}

pub(super) fn has_all_features(seen: &Seen<'_>) -> Result<(), Fault> {
    match seen.organization.feature_set {
        directory::FeatureSet::All => Ok(()),
        directory::FeatureSet::ConsolidatedBilling => Err(not_all_features()),
    }
}

impl Handle for DisableAWSServiceAccess {
    const READ_ONLY: bool = false;

    fn needs(input: &DisableAWSServiceAccessRequest, _: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::action::<Self>();
        Ok(needs::of_service(need, &input.service_principal).into())
    }

    /// The service's delegated administrators are none from then on. Without the access of IAM
    /// nothing of central root access is left either.
    async fn handle(
        input: DisableAWSServiceAccessRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        is_service(&input.service_principal)?;
        change(at, move |seen, changes| {
            let service = &input.service_principal;
            let mut organization = Organization::clone(seen.organization);
            organization.services.remove(service);
            if service == crate::iam::ROOT_ACCESS_SERVICE {
                organization.root_features.clear();
            }
            changes.put(organization);
            for member in seen.members() {
                if member.delegations.contains_key(service) {
                    let mut member = OrganizationMember::clone(member);
                    member.delegations.remove(service);
                    changes.put(member);
                }
            }
            Ok(())
        })
        .await
    }
}

impl Handle for ListAWSServiceAccessForOrganization {
    const READ_ONLY: bool = true;

    fn needs(_: &ListAWSServiceAccessForOrganizationRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>().into())
    }

    async fn handle(
        input: ListAWSServiceAccessForOrganizationRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListAWSServiceAccessForOrganizationResponse, Fault> {
        read(at, Who::Administrator, |seen| {
            let services = seen.organization.services.iter();
            let shown = services.map(|(service, since)| {
                let shape = EnabledServicePrincipal {
                    service_principal: Some(service.clone()),
                    date_enabled: Some(*since),
                };
                (service, shape)
            });
            let (items, next_token) = page(input.next_token.as_deref(), input.max_results, shown)?;
            Ok(ListAWSServiceAccessForOrganizationResponse {
                enabled_service_principals: items,
                next_token,
            })
        })
    }
}
