//! Groups.

use std::collections::{BTreeMap, BTreeSet};

use directory::Group as Entity;
use door::Permit;
use session::{UniqueIdPrefix, unique_id};
use trail::Resource;

use super::change::write;
use super::fault::{must_first, name_taken};
use super::holder::existing;
use super::name::{entity_name, entity_path};
use super::page::Window;
use super::quota::within;
use super::{describe, needs, resources};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

impl Handle for CreateGroup {
    const READ_ONLY: bool = false;

    fn needs(input: &CreateGroupRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let arn = needs::entity_arn(at, "group", input.path.as_deref(), &input.group_name);
        Ok(needs::action::<Self>(arn).into())
    }

    fn resources(input: &CreateGroupRequest, at: &At<'_>) -> Vec<Resource> {
        let arn = needs::entity_arn(at, "group", input.path.as_deref(), &input.group_name);
        vec![resources::resource(at, "AWS::IAM::Group", arn)]
    }

    async fn handle(
        input: CreateGroupRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<CreateGroupResponse, Fault> {
        let group = Entity {
            account: at.account,
            id: unique_id(UniqueIdPrefix::Group),
            name: entity_name(input.group_name, "groupName")?,
            path: entity_path(input.path)?,
            inline: BTreeMap::new(),
            attached: BTreeSet::new(),
            created: at.call.now,
        };
        let shape = describe::group(&group);
        let most = at.quotas.groups;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), group.account)?;
            if view.group(group.name.as_str()).is_some() {
                return Err(name_taken("Group", group.name.as_str()));
            }
            within(view.groups().len() + 1, most, "GroupsPerAccount")?;
            tx.put_group(group);
            Ok(())
        })
        .await?;
        Ok(CreateGroupResponse { group: shape })
    }
}

impl Handle for GetGroup {
    const READ_ONLY: bool = true;

    fn needs(input: &GetGroupRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, Entity>(at, &input.group_name).into())
    }

    fn resources(input: &GetGroupRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<Entity>(at, &input.group_name)
    }

    async fn handle(
        input: GetGroupRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetGroupResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        at.view(|view| {
            let group = existing::<Entity>(view, &input.group_name)?;
            let page = window
                .page(view.members(&group.id))
                .map(|user| describe::user_in_list(user));
            Ok(GetGroupResponse {
                group: describe::group(group),
                is_truncated: page.is_truncated(),
                users: page.items,
                marker: page.marker,
            })
        })
    }
}

impl Handle for ListGroups {
    const READ_ONLY: bool = true;

    fn needs(input: &ListGroupsRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::listing::<Self>(at, "group", input.path_prefix.as_deref()).into())
    }

    async fn handle(
        input: ListGroupsRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListGroupsResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let prefix = input.path_prefix.unwrap_or_default();
        at.view(|view| {
            let groups = view.groups().iter();
            let page = window
                .page(groups.filter(|(_, group)| group.path.as_str().starts_with(&prefix)))
                .map(|group| describe::group(group));
            Ok(ListGroupsResponse {
                is_truncated: page.is_truncated(),
                groups: page.items,
                marker: page.marker,
            })
        })
    }
}

impl Handle for UpdateGroup {
    const READ_ONLY: bool = false;

    /// On the group as it is and as it will be (IAM User Guide, "Rename an IAM user group": the
    /// caller needs permission on both).
    fn needs(input: &UpdateGroupRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let before = needs::on::<Self, Entity>(at, &input.group_name);
        if input.new_group_name.is_none() && input.new_path.is_none() {
            return Ok(before.into());
        }
        let found = at.view(|view| Ok(view.group(&input.group_name).cloned()))?;
        let (name, path) = match &found {
            Some(group) => (group.name.as_str(), group.path.as_str()),
            None => (input.group_name.as_str(), "/"),
        };
        let name = input.new_group_name.as_deref().unwrap_or(name);
        let path = input.new_path.as_deref().unwrap_or(path);
        let after = needs::action::<Self>(needs::entity_arn(at, "group", Some(path), name));
        Ok(Needs::All(vec![before, after]))
    }

    fn resources(input: &UpdateGroupRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<Entity>(at, &input.group_name)
    }

    async fn handle(input: UpdateGroupRequest, _permit: Permit, at: &At<'_>) -> Result<(), Fault> {
        let name = input.new_group_name;
        let name = name.map(|it| entity_name(it, "newGroupName")).transpose()?;
        let path = input.new_path;
        let path = path.map(|it| entity_path(Some(it))).transpose()?;
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let mut group = Entity::clone(existing(view, &input.group_name)?);
            if let Some(name) = name {
                let taken = view.group(name.as_str());
                // Its own name in another case is not taken.
                if taken.is_some_and(|other| other.id != group.id) {
                    return Err(name_taken("Group", name.as_str()));
                }
                group.name = name;
            }
            group.path = path.unwrap_or(group.path);
            tx.put_group(group);
            Ok(())
        })
        .await
    }
}

impl Handle for DeleteGroup {
    const READ_ONLY: bool = false;

    fn needs(input: &DeleteGroupRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, Entity>(at, &input.group_name).into())
    }

    fn resources(input: &DeleteGroupRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<Entity>(at, &input.group_name)
    }

    async fn handle(input: DeleteGroupRequest, _permit: Permit, at: &At<'_>) -> Result<(), Fault> {
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let group = existing::<Entity>(view, &input.group_name)?.clone();
            if view.members(&group.id).next().is_some() {
                return Err(must_first("remove users from group"));
            }
            if !group.inline.is_empty() {
                return Err(must_first("delete policies"));
            }
            if !group.attached.is_empty() {
                return Err(must_first("detach all policies"));
            }
            tx.delete_group(&group);
            Ok(())
        })
        .await
    }
}
