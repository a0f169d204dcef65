//! Accounts that leave their organization and stand alone from then on.

use directory::{MemberStatus, OrganizationMember};
use door::Permit;

use super::fault::{not_in_use, violates};
use super::needs;
use super::seen::{Who, change, seen};
use crate::generated::organizations::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for RemoveAccountFromOrganization {
    const READ_ONLY: bool = false;

    fn needs(input: &RemoveAccountFromOrganizationRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::target::<Self>(at, &input.account_id).into())
    }

    async fn handle(
        input: RemoveAccountFromOrganizationRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        change(at, move |seen, changes| {
            let member = seen.member(&input.account_id)?;
            may_leave(member)?;
            changes.remove::<OrganizationMember>(member);
            Ok(())
        })
        .await
    }
}

impl Handle for LeaveOrganization {
    const READ_ONLY: bool = false;

    fn needs(_: &(), _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>().into())
    }

    async fn handle(_: (), _permit: Permit, at: &At<'_>) -> Result<(), Fault> {
        let account = at.account;
        at.door
            .directory()
            .write(move |tx| {
                let seen = seen(tx.snapshot(), account, Who::Member)?;
                let member = seen.member(&account.to_string());
                let member = member.map_err(|_| not_in_use())?;
                may_leave(member)?;
                let management = member.account;
                tx.unshelve::<OrganizationMember>(management, &account.to_string());
                Ok(())
            })
            .await
    }
}

/// Refuses the management account, delegated administrators, and closed accounts: those would work
/// again outside.
fn may_leave(member: &OrganizationMember) -> Result<(), Fault> {
    if member.id == member.account {
        return Err(errors::MASTER_CANNOT_LEAVE_ORGANIZATION
            .fault("You can't remove the management account from the organization."));
    }
    if !member.delegations.is_empty() {
        return Err(violates(
            "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
            "You attempted to remove an account that is registered as a delegated administrator \
             for a service integrated with your organization.",
        ));
    }
    match member.status {
        MemberStatus::Active => Ok(()),
        MemberStatus::Suspended => Err(violates(
            "ACCOUNT_CANNOT_LEAVE_ORGANIZATION",
            "You can't remove an account that is closed.",
        )),
    }
}
