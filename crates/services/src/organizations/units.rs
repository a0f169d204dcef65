//! Organizational units.

use directory::{OrganizationalUnit as Entity, UNIT_LEVELS};
use door::Permit;

use super::fault::{no_parent, violates};
use super::organization::full_access;
use super::page::page;
use super::seen::{Seen, Who, change, read};
use super::{describe, ids, needs, quota, tagging};
use crate::generated::organizations::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for CreateOrganizationalUnit {
    const READ_ONLY: bool = false;

    fn needs(input: &CreateOrganizationalUnitRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::target::<Self>(at, &input.parent_id);
        Ok(Needs::All(needs::create(need, &input.tags)))
    }

    async fn handle(
        input: CreateOrganizationalUnitRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<CreateOrganizationalUnitResponse, Fault> {
        let tags = tagging::new(input.tags)?;
        let unit = change(at, move |seen, changes| {
            let root = &seen.organization.root;
            if depth_below(seen, &input.parent_id)? == UNIT_LEVELS {
                return Err(violates(
                    "OU_DEPTH_LIMIT_EXCEEDED",
                    "You attempted to create an OU tree that is too many levels deep.",
                ));
            }
            if seen.units().count() >= quota::UNITS {
                return Err(violates(
                    "OU_NUMBER_LIMIT_EXCEEDED",
                    "You attempted to exceed the number of OUs that you can have in an \
                     organization.",
                ));
            }
            name_is_free(seen, &input.parent_id, &input.name, None)?;
            let unit = Entity {
                account: seen.organization.account,
                id: ids::unit(&root.id),
                name: input.name,
                parent: input.parent_id,
                attached: full_access(&root.enabled),
                tags,
            };
            changes.put(unit.clone());
            Ok(unit)
        })
        .await?;
        Ok(CreateOrganizationalUnitResponse {
            organizational_unit: Some(shown(at, &unit)?),
        })
    }
}

/// How many units there are from the root to this parent.
fn depth_below(seen: &Seen<'_>, parent: &str) -> Result<usize, Fault> {
    let mut depth = 0;
    let mut at = parent;
    while at != seen.organization.root.id {
        at = &seen.unit(at).map_err(|_| no_parent())?.parent;
        depth += 1;
    }
    Ok(depth)
}

/// Names are unique among the units of one parent.
fn name_is_free(seen: &Seen<'_>, parent: &str, name: &str, own: Option<&str>) -> Result<(), Fault> {
    let mut others = seen.units().filter(|it| Some(it.id.as_str()) != own);
    match others.any(|it| it.parent == parent && it.name == name) {
        true => {
            Err(errors::DUPLICATE_ORGANIZATIONAL_UNIT
                .fault("An OU with the same name already exists."))
        }
        false => Ok(()),
    }
}

/// A unit that has just been written.
fn shown(at: &At<'_>, unit: &Entity) -> Result<OrganizationalUnit, Fault> {
    read(at, Who::Member, |seen| Ok(describe::unit(seen, unit)))
}

impl Handle for UpdateOrganizationalUnit {
    const READ_ONLY: bool = false;

    fn needs(input: &UpdateOrganizationalUnitRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::target::<Self>(at, &input.organizational_unit_id).into())
    }

    async fn handle(
        input: UpdateOrganizationalUnitRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<UpdateOrganizationalUnitResponse, Fault> {
        let unit = change(at, move |seen, changes| {
            let mut unit = Entity::clone(seen.unit(&input.organizational_unit_id)?);
            if let Some(name) = input.name {
                name_is_free(seen, &unit.parent, &name, Some(&unit.id))?;
                unit.name = name;
                changes.put(unit.clone());
            }
            Ok(unit)
        })
        .await?;
        Ok(UpdateOrganizationalUnitResponse {
            organizational_unit: Some(shown(at, &unit)?),
        })
    }
}

impl Handle for DescribeOrganizationalUnit {
    const READ_ONLY: bool = true;

    fn needs(input: &DescribeOrganizationalUnitRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::target::<Self>(at, &input.organizational_unit_id).into())
    }

    async fn handle(
        input: DescribeOrganizationalUnitRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<DescribeOrganizationalUnitResponse, Fault> {
        read(at, Who::Administrator, |seen| {
            let unit = seen.unit(&input.organizational_unit_id)?;
            Ok(DescribeOrganizationalUnitResponse {
                organizational_unit: Some(describe::unit(seen, unit)),
            })
        })
    }
}

impl Handle for DeleteOrganizationalUnit {
    const READ_ONLY: bool = false;

    fn needs(input: &DeleteOrganizationalUnitRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::target::<Self>(at, &input.organizational_unit_id).into())
    }

    async fn handle(
        input: DeleteOrganizationalUnitRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        change(at, move |seen, changes| {
            let unit = seen.unit(&input.organizational_unit_id)?;
            let has_units = seen.units().any(|it| it.parent == unit.id);
            if has_units || seen.members().any(|it| it.parent == unit.id) {
                return Err(errors::ORGANIZATIONAL_UNIT_NOT_EMPTY.fault(
                    "The specified OU is not empty. Move all accounts to another root or to \
                     other OUs, remove all child OUs, and try the operation again.",
                ));
            }
            changes.remove::<Entity>(unit);
            Ok(())
        })
        .await
    }
}

impl Handle for ListOrganizationalUnitsForParent {
    const READ_ONLY: bool = true;

    fn needs(input: &ListOrganizationalUnitsForParentRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::target::<Self>(at, &input.parent_id).into())
    }

    async fn handle(
        input: ListOrganizationalUnitsForParentRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListOrganizationalUnitsForParentResponse, Fault> {
        read(at, Who::Administrator, |seen| {
            seen.parent(&input.parent_id)?;
            let units = seen.units().filter(|it| it.parent == input.parent_id);
            let shown = units.map(|it| (&it.id, describe::unit(seen, it)));
            let (items, next_token) = page(input.next_token.as_deref(), input.max_results, shown)?;
            Ok(ListOrganizationalUnitsForParentResponse {
                organizational_units: items,
                next_token,
            })
        })
    }
}
