//! The tree: its root, parents, children.

use door::Permit;

use super::page::page;
use super::seen::{Who, read};
use super::{describe, needs};
use crate::generated::organizations::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for ListRoots {
    const READ_ONLY: bool = true;

    fn needs(_: &ListRootsRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>().into())
    }

    async fn handle(
        input: ListRootsRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListRootsResponse, Fault> {
        read(at, Who::Administrator, |seen| {
            let root = describe::root(seen.organization);
            let one = [(&seen.organization.root.id, root)];
            let (roots, next_token) = page(input.next_token.as_deref(), input.max_results, one)?;
            Ok(ListRootsResponse { roots, next_token })
        })
    }
}

impl Handle for ListParents {
    const READ_ONLY: bool = true;

    fn needs(input: &ListParentsRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::target::<Self>(at, &input.child_id).into())
    }

    async fn handle(
        input: ListParentsRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListParentsResponse, Fault> {
        read(at, Who::Administrator, |seen| {
            let unit = seen.unit(&input.child_id).map(|it| &it.parent);
            let account = || seen.member(&input.child_id).map(|it| &it.parent);
            let parent = unit.or_else(|_| account()).map_err(|_| {
                errors::CHILD_NOT_FOUND.fault("You specified a child that doesn't exist.")
            })?;
            let kind = match *parent == seen.organization.root.id {
                true => "ROOT",
                false => "ORGANIZATIONAL_UNIT",
            };
            let shape = Parent {
                id: Some(parent.clone()),
                r#type: Some(kind.to_owned()),
            };
            let one = [(parent, shape)];
            let (parents, next_token) = page(input.next_token.as_deref(), input.max_results, one)?;
            Ok(ListParentsResponse {
                parents,
                next_token,
            })
        })
    }
}

impl Handle for ListChildren {
    const READ_ONLY: bool = true;

    fn needs(input: &ListChildrenRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::target::<Self>(at, &input.parent_id).into())
    }

    async fn handle(
        input: ListChildrenRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListChildrenResponse, Fault> {
        read(at, Who::Administrator, |seen| {
            seen.parent(&input.parent_id)?;
            let ids: Vec<String> = match input.child_type.as_str() {
                "ACCOUNT" => {
                    let members = seen.members().filter(|it| it.parent == input.parent_id);
                    members.map(|it| it.id.to_string()).collect()
                }
                _ => {
                    let units = seen.units().filter(|it| it.parent == input.parent_id);
                    units.map(|it| it.id.clone()).collect()
                }
            };
            let shown = ids.into_iter().map(|id| {
                let shape = Child {
                    id: Some(id.clone()),
                    r#type: Some(input.child_type.clone()),
                };
                (id, shape)
            });
            let (children, next_token) =
                page(input.next_token.as_deref(), input.max_results, shown)?;
            Ok(ListChildrenResponse {
                children,
                next_token,
            })
        })
    }
}
