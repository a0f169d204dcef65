//! Users.

use std::collections::{BTreeMap, BTreeSet};

use directory::User as Entity;
use door::Permit;
use session::{UniqueIdPrefix, unique_id};
use trail::Resource;

use super::change::write;
use super::fault::{must_first, name_taken, validation};
use super::holder::{existing, read};
use super::name::{entity_name, entity_path};
use super::page::Window;
use super::quota::within;
use super::{belongings, boundaries, describe, needs, resources, tags};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

impl Handle for CreateUser {
    const READ_ONLY: bool = false;

    fn needs(input: &CreateUserRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let arn = needs::entity_arn(at, "user", input.path.as_deref(), &input.user_name);
        let need = needs::action::<Self>(arn);
        let need = boundaries::requested(need, input.permissions_boundary.as_deref());
        Ok(needs::create(need, &input.tags, "iam:TagUser"))
    }

    fn resources(input: &CreateUserRequest, at: &At<'_>) -> Vec<Resource> {
        let arn = needs::entity_arn(at, "user", input.path.as_deref(), &input.user_name);
        vec![resources::resource(at, "AWS::IAM::User", arn)]
    }

    async fn handle(
        input: CreateUserRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<CreateUserResponse, Fault> {
        let user = Entity {
            account: at.account,
            id: unique_id(UniqueIdPrefix::User),
            name: entity_name(input.user_name, "userName")?,
            path: entity_path(input.path)?,
            inline: BTreeMap::new(),
            attached: BTreeSet::new(),
            boundary: input.permissions_boundary,
            groups: BTreeSet::new(),
            tags: tags::new(input.tags)?,
            created: at.call.now,
        };
        let shape = describe::user(&user);
        let most = at.quotas.users;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), user.account)?;
            if view.user(user.name.as_str()).is_some() {
                return Err(name_taken("User", user.name.as_str()));
            }
            within(view.users().len() + 1, most, "UsersPerAccount")?;
            boundaries::check(tx.snapshot(), user.account, user.boundary.as_deref())?;
            tx.put_user(user);
            Ok(())
        })
        .await?;
        Ok(CreateUserResponse { user: Some(shape) })
    }
}

impl Handle for GetUser {
    const READ_ONLY: bool = true;

    fn needs(input: &GetUserRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let name = named_or_caller(input.user_name.as_deref(), at)?;
        Ok(needs::on::<Self, Entity>(at, name).into())
    }

    fn resources(input: &GetUserRequest, at: &At<'_>) -> Vec<Resource> {
        named_or_caller(input.user_name.as_deref(), at)
            .map(|name| resources::holder::<Entity>(at, name))
            .unwrap_or_default()
    }

    async fn handle(
        input: GetUserRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetUserResponse, Fault> {
        let name = named_or_caller(input.user_name.as_deref(), at)?;
        let user = read::<Entity>(at, name)?;
        Ok(GetUserResponse {
            user: describe::user(&user),
        })
    }
}

impl Handle for ListUsers {
    const READ_ONLY: bool = true;

    fn needs(input: &ListUsersRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::listing::<Self>(at, "user", input.path_prefix.as_deref()).into())
    }

    async fn handle(
        input: ListUsersRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListUsersResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let prefix = input.path_prefix.unwrap_or_default();
        at.view(|view| {
            let users = view.users().iter();
            let page = window
                .page(users.filter(|(_, user)| user.path.as_str().starts_with(&prefix)))
                .map(|user| describe::user_in_list(user));
            Ok(ListUsersResponse {
                is_truncated: page.is_truncated(),
                users: page.items,
                marker: page.marker,
            })
        })
    }
}

impl Handle for UpdateUser {
    const READ_ONLY: bool = false;

    /// On the user as it is and as it will be ("Rename an IAM user": the caller needs
    /// permission on both).
    fn needs(input: &UpdateUserRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let before = needs::on::<Self, Entity>(at, &input.user_name);
        if input.new_user_name.is_none() && input.new_path.is_none() {
            return Ok(before.into());
        }
        let found = at.view(|view| Ok(view.user(&input.user_name).cloned()))?;
        let (name, path) = match &found {
            Some(user) => (user.name.as_str(), user.path.as_str()),
            None => (input.user_name.as_str(), "/"),
        };
        let name = input.new_user_name.as_deref().unwrap_or(name);
        let path = input.new_path.as_deref().unwrap_or(path);
        let after = needs::action::<Self>(needs::entity_arn(at, "user", Some(path), name));
        let after = match &found {
            Some(user) => needs::resource_tags(after, &user.tags),
            None => after,
        };
        Ok(Needs::All(vec![before, after]))
    }

    fn resources(input: &UpdateUserRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<Entity>(at, &input.user_name)
    }

    async fn handle(input: UpdateUserRequest, _permit: Permit, at: &At<'_>) -> Result<(), Fault> {
        let name = input.new_user_name;
        let name = name.map(|it| entity_name(it, "newUserName")).transpose()?;
        let path = input.new_path;
        let path = path.map(|it| entity_path(Some(it))).transpose()?;
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let mut user = Entity::clone(existing(view, &input.user_name)?);
            if let Some(name) = name {
                let taken = view.user(name.as_str());
                // Its own name in another case is not taken.
                if taken.is_some_and(|other| other.id != user.id) {
                    return Err(name_taken("User", name.as_str()));
                }
                user.name = name;
            }
            user.path = path.unwrap_or(user.path);
            tx.put_user(user);
            Ok(())
        })
        .await
    }
}

impl Handle for DeleteUser {
    const READ_ONLY: bool = false;

    fn needs(input: &DeleteUserRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::bounded::<Self, Entity>(at, &input.user_name).into())
    }

    fn resources(input: &DeleteUserRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<Entity>(at, &input.user_name)
    }

    async fn handle(input: DeleteUserRequest, _permit: Permit, at: &At<'_>) -> Result<(), Fault> {
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let user = existing::<Entity>(view, &input.user_name)?.clone();
            if tx.snapshot().keys_of(&user.id).next().is_some() {
                return Err(must_first("delete access keys"));
            }
            if view.mfa_devices_of(&user.id).next().is_some() {
                return Err(must_first("delete MFA device"));
            }
            belongings::none_left(view, &user)?;
            if !user.inline.is_empty() {
                return Err(must_first("delete policies"));
            }
            if !user.attached.is_empty() {
                return Err(must_first("detach all policies"));
            }
            if !user.groups.is_empty() {
                return Err(must_first("remove users from group"));
            }
            tx.delete_user(&user);
            Ok(())
        })
        .await
    }
}

/// The user that is named or else the one that calls.
///
/// # Errors
/// `ValidationError` for callers that are no users.
pub(super) fn named_or_caller<'a>(named: Option<&'a str>, at: &At<'a>) -> Result<&'a str, Fault> {
    named
        .or_else(|| at.call.caller.user_name())
        .ok_or_else(|| validation("Must specify userName when calling with non-User credentials"))
}
