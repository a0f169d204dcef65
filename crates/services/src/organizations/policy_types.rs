//! Kinds of policies, enabled and disabled for the whole tree.

use std::sync::Arc;

use directory::{ControlPolicyKind, Organization, OrganizationMember, OrganizationalUnit};
use door::Permit;

use super::fault::{no_root, type_not_enabled};
use super::policies::aws_managed;
use super::seen::{Changes, Seen, change};
use super::{describe, needs};
use crate::generated::organizations::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for EnablePolicyType {
    const READ_ONLY: bool = false;

    fn needs(input: &EnablePolicyTypeRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::target::<Self>(at, &input.root_id);
        Ok(needs::of_type(need, &input.policy_type).into())
    }

    /// Everything in the tree gets the policy that allows everything (AWS Organizations User
    /// Guide, "Enabling a policy type").
    async fn handle(
        input: EnablePolicyTypeRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<EnablePolicyTypeResponse, Fault> {
        let organization = change(at, move |seen, changes| {
            is_root(seen, &input.root_id)?;
            let kind = seen.kind(&input.policy_type)?;
            if seen.organization.root.enabled.contains(&kind) {
                return Err(errors::POLICY_TYPE_ALREADY_ENABLED
                    .fault("The specified policy type is already enabled."));
            }
            Ok(set(seen, changes, kind, true))
        })
        .await?;
        Ok(EnablePolicyTypeResponse {
            root: Some(describe::root(&organization)),
        })
    }
}

impl Handle for DisablePolicyType {
    const READ_ONLY: bool = false;

    fn needs(input: &DisablePolicyTypeRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::target::<Self>(at, &input.root_id);
        Ok(needs::of_type(need, &input.policy_type).into())
    }

    /// What is attached is detached everywhere, and does not come back (AWS Organizations User
    /// Guide, "Disabling a policy type").
    async fn handle(
        input: DisablePolicyTypeRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<DisablePolicyTypeResponse, Fault> {
        let organization = change(at, move |seen, changes| {
            is_root(seen, &input.root_id)?;
            let kind = seen.kind(&input.policy_type);
            let kind = kind.map_err(|_| type_not_enabled())?;
            if !seen.organization.root.enabled.contains(&kind) {
                return Err(type_not_enabled());
            }
            Ok(set(seen, changes, kind, false))
        })
        .await?;
        Ok(DisablePolicyTypeResponse {
            root: Some(describe::root(&organization)),
        })
    }
}

fn is_root(seen: &Seen<'_>, id: &str) -> Result<(), Fault> {
    match id == seen.organization.root.id {
        true => Ok(()),
        false => Err(no_root()),
    }
}

/// Leaves everything in the tree with full access of this kind, or with nothing of it.
fn set(
    seen: &Seen<'_>,
    changes: &mut Changes,
    kind: ControlPolicyKind,
    enable: bool,
) -> Organization {
    let is_of_kind = |id: &String| match aws_managed(id) {
        Some(full) => full.kind == kind,
        None => seen.policy(id).is_ok_and(|it| it.kind == kind),
    };
    let reset = |attached: &std::collections::BTreeSet<String>| {
        let others = attached.iter().filter(|id| !is_of_kind(id)).cloned();
        let full = enable.then(|| kind.full_access().id.to_owned());
        others.chain(full).collect()
    };
    let mut organization = Organization::clone(seen.organization);
    organization.root.attached = reset(&organization.root.attached);
    match enable {
        true => organization.root.enabled.insert(kind),
        false => organization.root.enabled.remove(&kind),
    };
    changes.put(organization.clone());
    for unit in seen.units().map(Arc::as_ref) {
        changes.put(OrganizationalUnit {
            attached: reset(&unit.attached),
            ..OrganizationalUnit::clone(unit)
        });
    }
    for member in seen.members().map(Arc::as_ref) {
        changes.put(OrganizationMember {
            attached: reset(&member.attached),
            ..OrganizationMember::clone(member)
        });
    }
    organization
}
