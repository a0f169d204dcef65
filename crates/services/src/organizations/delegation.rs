//! Delegated administrators: member accounts that may read, for a service.

use directory::{MemberStatus, OrganizationMember};
use door::Permit;

use super::fault::violates;
use super::page::page;
use super::seen::{Seen, Who, change, read};
use super::service_access::has_all_features;
use super::{describe, needs};
use crate::generated::organizations::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::{Fault, Secret};

impl Handle for RegisterDelegatedAdministrator {
    const READ_ONLY: bool = false;

    fn needs(input: &RegisterDelegatedAdministratorRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::target::<Self>(at, &input.account_id);
        Ok(needs::of_service(need, &input.service_principal).into())
    }

    async fn handle(
        input: RegisterDelegatedAdministratorRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let now = at.call.now;
        change(at, move |seen, changes| {
            has_all_features(seen)?;
            let mut member = OrganizationMember::clone(seen.member(&input.account_id)?);
            if member.id == seen.organization.account {
                return Err(violates(
                    "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
                    "You cannot register master account/yourself as delegated administrator for \
                     your organization.",
                ));
            }
            if member.status == MemberStatus::Suspended {
                return Err(violates(
                    "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
                    "You cannot register a suspended account as a delegated administrator.",
                ));
            }
            let service = input.service_principal;
            if !seen.organization.services.contains_key(&service) {
                return Err(violates(
                    "SERVICE_ACCESS_NOT_ENABLED",
                    "You attempted to register a delegated administrator before you enabled \
                     service access. Call the EnableAWSServiceAccess API first.",
                ));
            }
            if member.delegations.insert(service, now).is_some() {
                return Err(errors::ACCOUNT_ALREADY_REGISTERED.fault(
                    "The provided account is already a delegated administrator for your \
                     organization.",
                ));
            }
            changes.put(member);
            Ok(())
        })
        .await
    }
}

impl Handle for DeregisterDelegatedAdministrator {
    const READ_ONLY: bool = false;

    fn needs(input: &DeregisterDelegatedAdministratorRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::target::<Self>(at, &input.account_id);
        Ok(needs::of_service(need, &input.service_principal).into())
    }

    async fn handle(
        input: DeregisterDelegatedAdministratorRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        change(at, move |seen, changes| {
            let mut member = OrganizationMember::clone(seen.member(&input.account_id)?);
            let had = member.delegations.remove(&input.service_principal);
            had.ok_or_else(not_registered)?;
            changes.put(member);
            Ok(())
        })
        .await
    }
}

fn not_registered() -> Fault {
    errors::ACCOUNT_NOT_REGISTERED.fault(
        "The provided account is not a registered delegated administrator for your organization.",
    )
}

impl Handle for ListDelegatedAdministrators {
    const READ_ONLY: bool = true;

    fn needs(input: &ListDelegatedAdministratorsRequest, _: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::action::<Self>();
        Ok(match &input.service_principal {
            Some(service) => needs::of_service(need, service).into(),
            None => need.into(),
        })
    }

    async fn handle(
        input: ListDelegatedAdministratorsRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListDelegatedAdministratorsResponse, Fault> {
        read(at, Who::Administrator, |seen| {
            let service = input.service_principal.as_deref();
            let administrators = seen.members().filter(|it| match service {
                Some(service) => it.delegations.contains_key(service),
                None => !it.delegations.is_empty(),
            });
            let shown = administrators.map(|it| (it.id.to_string(), administrator(seen, it)));
            let (items, next_token) = page(input.next_token.as_deref(), input.max_results, shown)?;
            Ok(ListDelegatedAdministratorsResponse {
                delegated_administrators: items,
                next_token,
            })
        })
    }
}

fn administrator(seen: &Seen<'_>, it: &OrganizationMember) -> DelegatedAdministrator {
    DelegatedAdministrator {
        id: Some(it.id.to_string()),
        arn: Some(seen.organization.account_arn(it.id)),
        email: Some(Secret::from(it.email.as_str())),
        name: Some(Secret::from(it.name.as_str())),
        status: Some(it.status.as_str().to_owned()),
        state: Some(it.status.as_str().to_owned()),
        joined_method: Some(describe::joined_method(it).to_owned()),
        joined_timestamp: Some(it.joined),
        delegation_enabled_date: it.delegations.values().min().copied(),
    }
}

impl Handle for ListDelegatedServicesForAccount {
    const READ_ONLY: bool = true;

    fn needs(input: &ListDelegatedServicesForAccountRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::target::<Self>(at, &input.account_id).into())
    }

    async fn handle(
        input: ListDelegatedServicesForAccountRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListDelegatedServicesForAccountResponse, Fault> {
        read(at, Who::Administrator, |seen| {
            let member = seen.member(&input.account_id)?;
            if member.delegations.is_empty() {
                return Err(not_registered());
            }
            let shown = member.delegations.iter().map(|(service, since)| {
                let shape = DelegatedService {
                    service_principal: Some(service.clone()),
                    delegation_enabled_date: Some(*since),
                };
                (service, shape)
            });
            let (items, next_token) = page(input.next_token.as_deref(), input.max_results, shown)?;
            Ok(ListDelegatedServicesForAccountResponse {
                delegated_services: items,
                next_token,
            })
        })
    }
}
