//! Who is in which group.

use directory::{Group as GroupEntity, Transaction, User as UserEntity};
use door::Permit;
use policy::AccountId;
use trail::Resource;

use super::change::write;
use super::holder::existing;
use super::page::Window;
use super::quota::within;
use super::{describe, needs, resources};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

impl Handle for AddUserToGroup {
    const READ_ONLY: bool = false;

    /// On the group alone (Service Authorization Reference, "Actions defined by IAM").
    fn needs(input: &AddUserToGroupRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, GroupEntity>(at, &input.group_name).into())
    }

    fn resources(input: &AddUserToGroupRequest, at: &At<'_>) -> Vec<Resource> {
        touched(at, &input.group_name, &input.user_name)
    }

    /// Adding who is in it already changes nothing.
    async fn handle(
        input: AddUserToGroupRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let account = at.account;
        let most = at.quotas.groups_per_user;
        write(at, move |tx| {
            let (group, mut user) = pair(tx, account, &input.group_name, &input.user_name)?;
            if user.groups.insert(group) {
                within(user.groups.len(), most, "GroupsPerUser")?;
                tx.put_user(user);
            }
            Ok(())
        })
        .await
    }
}

impl Handle for RemoveUserFromGroup {
    const READ_ONLY: bool = false;

    /// On the group alone, as to add somebody.
    fn needs(input: &RemoveUserFromGroupRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, GroupEntity>(at, &input.group_name).into())
    }

    fn resources(input: &RemoveUserFromGroupRequest, at: &At<'_>) -> Vec<Resource> {
        touched(at, &input.group_name, &input.user_name)
    }

    /// Removing who is not in it changes nothing and is no error, as on AWS.
    async fn handle(
        input: RemoveUserFromGroupRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let account = at.account;
        write(at, move |tx| {
            let (group, mut user) = pair(tx, account, &input.group_name, &input.user_name)?;
            if user.groups.remove(&group) {
                tx.put_user(user);
            }
            Ok(())
        })
        .await
    }
}

impl Handle for ListGroupsForUser {
    const READ_ONLY: bool = true;

    fn needs(input: &ListGroupsForUserRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, UserEntity>(at, &input.user_name).into())
    }

    fn resources(input: &ListGroupsForUserRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<UserEntity>(at, &input.user_name)
    }

    async fn handle(
        input: ListGroupsForUserRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListGroupsForUserResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let snapshot = at.snapshot();
        let user = existing::<UserEntity>(account_view(&snapshot, at.account)?, &input.user_name)?;
        let ids = user.groups.iter();
        let mut groups: Vec<_> = ids
            .filter_map(|id| snapshot.group_by_id(id))
            .map(|group| (group.name.folded(), group))
            .collect();
        groups.sort_by(|(one, _), (other, _)| one.cmp(other));
        let page = window.page(groups).map(|group| describe::group(group));
        Ok(ListGroupsForUserResponse {
            is_truncated: page.is_truncated(),
            groups: page.items,
            marker: page.marker,
        })
    }
}

/// The unique id of a group, and a user to change.
///
/// # Errors
/// `NoSuchEntity` for the one that isn't there; the group is looked for first.
fn pair(
    tx: &Transaction,
    account: AccountId,
    group: &str,
    user: &str,
) -> Result<(String, UserEntity), Fault> {
    let view = account_view(tx.snapshot(), account)?;
    let group = existing::<GroupEntity>(view, group)?;
    let user = existing::<UserEntity>(view, user)?;
    Ok((group.id.clone(), UserEntity::clone(user)))
}

fn touched(at: &At<'_>, group: &str, user: &str) -> Vec<Resource> {
    let mut touched = resources::holder::<GroupEntity>(at, group);
    touched.extend(resources::holder::<UserEntity>(at, user));
    touched
}
