//! Control policies: made, changed, shown.

use directory::{ControlPolicyKind, Document, FullAccess, OrganizationPolicy as Entity};
use door::Permit;

use super::fault::{invalid, type_not_available, violates};
use super::page::page;
use super::seen::{Seen, Who, change, read};
use super::target::Target;
use super::{describe, ids, needs, quota, tagging};
use crate::generated::organizations::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for CreatePolicy {
    const READ_ONLY: bool = false;

    fn needs(input: &CreatePolicyRequest, _: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::of_type(needs::action::<Self>(), &input.r#type);
        Ok(Needs::All(needs::create(need, &input.tags)))
    }

    async fn handle(
        input: CreatePolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<CreatePolicyResponse, Fault> {
        let tags = tagging::new(input.tags)?;
        let policy = change(at, move |seen, changes| {
            let kind = seen.kind(&input.r#type)?;
            let document = document(kind, &input.content)?;
            if seen.policies(kind).count() >= quota::POLICIES {
                return Err(violates(
                    "POLICY_NUMBER_LIMIT_EXCEEDED",
                    "You attempted to exceed the number of policies that you can have in an \
                     organization.",
                ));
            }
            name_is_free(seen, kind, &input.name, None)?;
            let id = ids::policy();
            let policy = Entity {
                account: seen.organization.account,
                arn: seen.organization.policy_arn(kind, &id),
                id,
                kind,
                name: input.name,
                description: input.description,
                document,
                tags,
            };
            changes.put(policy.clone());
            Ok(policy)
        })
        .await?;
        Ok(CreatePolicyResponse {
            policy: Some(whole(&policy)),
        })
    }
}

/// The document of a policy, if it can be one.
fn document(kind: ControlPolicyKind, text: &str) -> Result<Document, Fault> {
    if text.chars().count() > quota::document(kind) {
        return Err(violates(
            "POLICY_CONTENT_LIMIT_EXCEEDED",
            "You attempted to create a policy that is larger than the maximum size.",
        ));
    }
    Document::control(kind, text)
        .map_err(|error| errors::MALFORMED_POLICY_DOCUMENT.fault(error.message()))
}

/// Names are unique among the policies of one kind.
fn name_is_free(
    seen: &Seen<'_>,
    kind: ControlPolicyKind,
    name: &str,
    own: Option<&str>,
) -> Result<(), Fault> {
    let mut others = seen.policies(kind).filter(|it| Some(it.id.as_str()) != own);
    match kind.full_access().name == name || others.any(|it| it.name == name) {
        true => Err(errors::DUPLICATE_POLICY.fault("A policy with the same name already exists.")),
        false => Ok(()),
    }
}

/// A policy and its document.
fn whole(it: &Entity) -> Policy {
    Policy {
        policy_summary: Some(describe::policy(it)),
        content: Some(it.document.text().to_owned()),
    }
}

impl Handle for UpdatePolicy {
    const READ_ONLY: bool = false;

    fn needs(input: &UpdatePolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::policy::<Self>(at, &input.policy_id).into())
    }

    async fn handle(
        input: UpdatePolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<UpdatePolicyResponse, Fault> {
        refuse_aws_managed(&input.policy_id)?;
        let policy = change(at, move |seen, changes| {
            let mut policy = Entity::clone(seen.policy(&input.policy_id)?);
            if let Some(name) = input.name {
                name_is_free(seen, policy.kind, &name, Some(&policy.id))?;
                policy.name = name;
            }
            if let Some(description) = input.description {
                policy.description = description;
            }
            if let Some(content) = input.content {
                policy.document = document(policy.kind, &content)?;
            }
            changes.put(policy.clone());
            Ok(policy)
        })
        .await?;
        Ok(UpdatePolicyResponse {
            policy: Some(whole(&policy)),
        })
    }
}

/// The policy of AWS's with this id.
pub(super) fn aws_managed(id: &str) -> Option<&'static FullAccess> {
    let mut all = ControlPolicyKind::ALL
        .into_iter()
        .map(ControlPolicyKind::full_access);
    all.find(|it| it.id == id)
}

fn refuse_aws_managed(id: &str) -> Result<(), Fault> {
    match aws_managed(id) {
        Some(_) => Err(invalid(
            "IMMUTABLE_POLICY",
            "You specified a policy that is managed by AWS and can't be modified.",
        )),
        None => Ok(()),
    }
}

impl Handle for DescribePolicy {
    const READ_ONLY: bool = true;

    fn needs(input: &DescribePolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::policy::<Self>(at, &input.policy_id).into())
    }

    async fn handle(
        input: DescribePolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<DescribePolicyResponse, Fault> {
        read(at, Who::Administrator, |seen| {
            let policy = match aws_managed(&input.policy_id) {
                Some(full) => Policy {
                    policy_summary: Some(describe::full_access(full)),
                    content: Some(full.text.to_owned()),
                },
                None => whole(seen.policy(&input.policy_id)?),
            };
            Ok(DescribePolicyResponse {
                policy: Some(policy),
            })
        })
    }
}

impl Handle for DeletePolicy {
    const READ_ONLY: bool = false;

    fn needs(input: &DeletePolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::policy::<Self>(at, &input.policy_id).into())
    }

    async fn handle(input: DeletePolicyRequest, _permit: Permit, at: &At<'_>) -> Result<(), Fault> {
        refuse_aws_managed(&input.policy_id)?;
        change(at, move |seen, changes| {
            let policy = seen.policy(&input.policy_id)?;
            if Target::all(seen).any(|it| it.attached().contains(&policy.id)) {
                return Err(errors::POLICY_IN_USE.fault(
                    "The policy is attached to one or more entities. You must detach it from all \
                     roots, OUs, and accounts before performing this operation.",
                ));
            }
            changes.remove::<Entity>(policy);
            Ok(())
        })
        .await
    }
}

impl Handle for ListPolicies {
    const READ_ONLY: bool = true;

    fn needs(input: &ListPoliciesRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::of_type(needs::action::<Self>(), &input.filter).into())
    }

    async fn handle(
        input: ListPoliciesRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListPoliciesResponse, Fault> {
        read(at, Who::Administrator, |seen| {
            // Of a type that nobody can make policies of, there are none.
            let kind = match seen.kind(&input.filter) {
                Ok(kind) => kind,
                Err(fault) if fault == type_not_available() => {
                    return Ok(ListPoliciesResponse::default());
                }
                Err(fault) => return Err(fault),
            };
            let full = kind.full_access();
            let first = std::iter::once((full.id, describe::full_access(full)));
            let own = seen.policies(kind);
            let own = own.map(|it| (it.id.as_str(), describe::policy(it)));
            let mut all: Vec<_> = first.chain(own).collect();
            all.sort_by_key(|(id, _)| *id);
            let (policies, next_token) = page(input.next_token.as_deref(), input.max_results, all)?;
            Ok(ListPoliciesResponse {
                policies,
                next_token,
            })
        })
    }
}
