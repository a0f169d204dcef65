//! Which policy is attached to what.

use directory::ControlPolicyKind;
use door::Permit;

use super::fault::{invalid, type_not_enabled, violates};
use super::page::page;
use super::policies::aws_managed;
use super::seen::{Seen, Who, change, read};
use super::target::Target;
use super::{describe, needs, quota};
use crate::generated::organizations::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for AttachPolicy {
    const READ_ONLY: bool = false;

    /// On both.
    fn needs(input: &AttachPolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(on_both::<Self>(at, &input.policy_id, &input.target_id))
    }

    async fn handle(input: AttachPolicyRequest, _permit: Permit, at: &At<'_>) -> Result<(), Fault> {
        change(at, move |seen, changes| {
            let kind = kind_of(seen, &input.policy_id)?;
            let target = Target::attachable(seen, &input.target_id)?;
            if !seen.organization.root.enabled.contains(&kind) {
                return Err(type_not_enabled());
            }
            let mut attached = target.attached();
            if attached.contains(&input.policy_id) {
                return Err(errors::DUPLICATE_POLICY_ATTACHMENT
                    .fault("The selected policy is already attached to the specified target."));
            }
            if of_kind(seen, &target, kind).count() >= quota::ATTACHED {
                return Err(violates(
                    "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
                    "You attempted to exceed the number of policies of a certain type that can \
                     be attached to an entity at one time.",
                ));
            }
            attached.insert(input.policy_id);
            target.attach(attached, changes);
            Ok(())
        })
        .await
    }
}

impl Handle for DetachPolicy {
    const READ_ONLY: bool = false;

    /// On both.
    fn needs(input: &DetachPolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(on_both::<Self>(at, &input.policy_id, &input.target_id))
    }

    async fn handle(input: DetachPolicyRequest, _permit: Permit, at: &At<'_>) -> Result<(), Fault> {
        change(at, move |seen, changes| {
            let kind = kind_of(seen, &input.policy_id)?;
            let target = Target::attachable(seen, &input.target_id)?;
            let mut attached = target.attached();
            if !attached.remove(&input.policy_id) {
                return Err(errors::POLICY_NOT_ATTACHED
                    .fault("The policy isn't attached to the specified target."));
            }
            if input.policy_id == ControlPolicyKind::Resource.full_access().id {
                return Err(invalid(
                    "NON_DETACHABLE_POLICY",
                    "You can't detach this AWS Managed Policy.",
                ));
            }
            if of_kind(seen, &target, kind).count() == 1 {
                return Err(violates(
                    "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
                    "You cannot remove the last policy attached to the specified target. You \
                     must have at least one attached at all times.",
                ));
            }
            target.attach(attached, changes);
            Ok(())
        })
        .await
    }
}

fn on_both<O: crate::wire::Operation>(at: &At<'_>, policy: &str, target: &str) -> Needs {
    let policy = needs::policy::<O>(at, policy);
    Needs::All(vec![policy, needs::target::<O>(at, target)])
}

/// What a policy limits.
fn kind_of(seen: &Seen<'_>, id: &str) -> Result<ControlPolicyKind, Fault> {
    match aws_managed(id) {
        Some(full) => Ok(full.kind),
        None => Ok(seen.policy(id)?.kind),
    }
}

/// Ids of the policies of one kind that a target has.
fn of_kind(
    seen: &Seen<'_>,
    target: &Target<'_>,
    kind: ControlPolicyKind,
) -> impl Iterator<Item = String> {
    let attached = target.attached().into_iter();
    attached.filter(move |id| kind_of(seen, id).is_ok_and(|it| it == kind))
}

impl Handle for ListPoliciesForTarget {
    const READ_ONLY: bool = true;

    fn needs(input: &ListPoliciesForTargetRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::target::<Self>(at, &input.target_id);
        Ok(needs::of_type(need, &input.filter).into())
    }

    async fn handle(
        input: ListPoliciesForTargetRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListPoliciesForTargetResponse, Fault> {
        read(at, Who::Administrator, |seen| {
            let target = Target::attachable(seen, &input.target_id)?;
            let kind = ControlPolicyKind::named(&input.filter);
            let ids = kind
                .into_iter()
                .flat_map(|kind| of_kind(seen, &target, kind));
            let shown: Vec<_> = ids
                .filter_map(|id| {
                    let shape = match aws_managed(&id) {
                        Some(full) => describe::full_access(full),
                        None => describe::policy(seen.policy(&id).ok()?),
                    };
                    Some((id, shape))
                })
                .collect();
            let (policies, next_token) =
                page(input.next_token.as_deref(), input.max_results, shown)?;
            Ok(ListPoliciesForTargetResponse {
                policies,
                next_token,
            })
        })
    }
}

impl Handle for ListTargetsForPolicy {
    const READ_ONLY: bool = true;

    fn needs(input: &ListTargetsForPolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::policy::<Self>(at, &input.policy_id).into())
    }

    async fn handle(
        input: ListTargetsForPolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListTargetsForPolicyResponse, Fault> {
        read(at, Who::Administrator, |seen| {
            kind_of(seen, &input.policy_id)?;
            let having = Target::all(seen).filter(|it| it.attached().contains(&input.policy_id));
            let mut shown: Vec<_> = having
                .map(|it| (it.id(), it.summary(seen.organization)))
                .collect();
            shown.sort_by(|(one, _), (other, _)| one.cmp(other));
            let (targets, next_token) =
                page(input.next_token.as_deref(), input.max_results, shown)?;
            Ok(ListTargetsForPolicyResponse {
                targets,
                next_token,
            })
        })
    }
}
