//! The accounts of an organization: shown, moved, closed.

use directory::{MemberStatus, OrganizationMember};
use door::Permit;

use super::fault::{no_account, not_all_features, violates};
use super::page::page;
use super::seen::{Seen, Who, change, seen};
use super::{describe, needs};
use crate::generated::organizations::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for ListAccounts {
    const READ_ONLY: bool = true;

    fn needs(_: &ListAccountsRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>().into())
    }

    async fn handle(
        input: ListAccountsRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListAccountsResponse, Fault> {
        let window = (input.next_token, input.max_results);
        let (accounts, next_token) = list(at, window, |_, _| Ok(true))?;
        Ok(ListAccountsResponse {
            accounts,
            next_token,
        })
    }
}

impl Handle for ListAccountsForParent {
    const READ_ONLY: bool = true;

    fn needs(input: &ListAccountsForParentRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::target::<Self>(at, &input.parent_id).into())
    }

    async fn handle(
        input: ListAccountsForParentRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListAccountsForParentResponse, Fault> {
        let window = (input.next_token, input.max_results);
        let parent = input.parent_id;
        let (accounts, next_token) = list(at, window, |seen, member| {
            seen.parent(&parent)?;
            Ok(member.parent == parent)
        })?;
        Ok(ListAccountsForParentResponse {
            accounts,
            next_token,
        })
    }
}

/// The accounts that are `wanted`, and the token of the next page.
fn list(
    at: &At<'_>,
    (token, max_results): (Option<String>, Option<i32>),
    wanted: impl Fn(&Seen<'_>, &OrganizationMember) -> Result<bool, Fault>,
) -> Result<(Vec<Account>, Option<String>), Fault> {
    let snapshot = at.snapshot();
    let seen = seen(&snapshot, at.account, Who::Administrator)?;
    let mut found = Vec::new();
    for member in seen.members() {
        if wanted(&seen, member)? {
            found.push((member.id.to_string(), member));
        }
    }
    let (members, next) = page(token.as_deref(), max_results, found)?;
    let shown = members.into_iter();
    let shown = shown.map(|member| describe::account(&snapshot, &seen, member));
    Ok((shown.collect(), next))
}

impl Handle for DescribeAccount {
    const READ_ONLY: bool = true;

    fn needs(input: &DescribeAccountRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::target::<Self>(at, &input.account_id).into())
    }

    async fn handle(
        input: DescribeAccountRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<DescribeAccountResponse, Fault> {
        let snapshot = at.snapshot();
        let seen = seen(&snapshot, at.account, Who::Administrator)?;
        let member = seen.member(&input.account_id)?;
        Ok(DescribeAccountResponse {
            account: Some(describe::account(&snapshot, &seen, member)),
        })
    }
}

impl Handle for MoveAccount {
    const READ_ONLY: bool = false;

    /// On the account and on both ends.
    fn needs(input: &MoveAccountRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let ids = [
            &input.account_id,
            &input.source_parent_id,
            &input.destination_parent_id,
        ];
        let needs = ids.into_iter().map(|id| needs::target::<Self>(at, id));
        Ok(Needs::All(needs.collect()))
    }

    async fn handle(input: MoveAccountRequest, _permit: Permit, at: &At<'_>) -> Result<(), Fault> {
        change(at, move |seen, changes| {
            let member = seen.member(&input.account_id)?;
            seen.parent(&input.source_parent_id).map_err(|_| {
                errors::SOURCE_PARENT_NOT_FOUND.fault(
                    "We can't find a source root or OU with the ParentId that you specified.",
                )
            })?;
            seen.parent(&input.destination_parent_id).map_err(|_| {
                errors::DESTINATION_PARENT_NOT_FOUND.fault(
                    "We can't find the destination container (a root or OU) with the ParentId \
                     that you specified.",
                )
            })?;
            if member.parent == input.destination_parent_id {
                return Err(errors::DUPLICATE_ACCOUNT
                    .fault("That account is already present in the specified destination."));
            }
            if member.parent != input.source_parent_id {
                return Err(no_account());
            }
            changes.put(OrganizationMember {
                parent: input.destination_parent_id,
                ..OrganizationMember::clone(member)
            });
            Ok(())
        })
        .await
    }
}

impl Handle for CloseAccount {
    const READ_ONLY: bool = false;

    fn needs(input: &CloseAccountRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::target::<Self>(at, &input.account_id).into())
    }

    async fn handle(input: CloseAccountRequest, _permit: Permit, at: &At<'_>) -> Result<(), Fault> {
        change(at, move |seen, changes| {
            let member = seen.member(&input.account_id)?;
            if member.id == seen.organization.account {
                return Err(violates(
                    "CANNOT_CLOSE_MANAGEMENT_ACCOUNT",
                    "You cannot close the management account.",
                ));
            }
            if seen.organization.feature_set != directory::FeatureSet::All {
                return Err(not_all_features());
            }
            if member.status == MemberStatus::Suspended {
                return Err(
                    errors::ACCOUNT_ALREADY_CLOSED.fault("The provided account is already closed.")
                );
            }
            changes.put(OrganizationMember {
                status: MemberStatus::Suspended,
                ..OrganizationMember::clone(member)
            });
            Ok(())
        })
        .await
    }
}
