//! Versions of managed policies.

use directory::{AttachedPolicy as Attachable, ManagedPolicy, PolicyVersion as Kept};
use door::Permit;
use trail::Resource;

use super::fault::{delete_conflict, limit_exceeded, no_such_version};
use super::page::Window;
use super::policies::{change, existing};
use super::resources::{self, POLICY};
use super::{describe, document, needs};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for CreatePolicyVersion {
    const READ_ONLY: bool = false;

    fn needs(input: &CreatePolicyVersionRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_policy::<Self>(at, &input.policy_arn, false)?.into())
    }

    fn resources(input: &CreatePolicyVersionRequest, at: &At<'_>) -> Vec<Resource> {
        vec![resources::resource(at, POLICY, &*input.policy_arn)]
    }

    async fn handle(
        input: CreatePolicyVersionRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<CreatePolicyVersionResponse, Fault> {
        let document = document::managed(&input.policy_document, at.quotas)?;
        let is_default = input.set_as_default == Some(true);
        let created = at.call.now;
        let most = at.quotas.versions_per_policy;
        let number = change(at, input.policy_arn, move |policy| {
            if policy.versions.len() >= most {
                return Err(too_many_versions(most));
            }
            let number = policy.next_version;
            policy.next_version += 1;
            policy.versions.push(Kept {
                number,
                document,
                created,
            });
            if is_default {
                policy.default_version = number;
            }
            policy.updated = created;
            Ok(number)
        })
        .await?;
        let id = describe::version_id(number);
        Ok(CreatePolicyVersionResponse {
            policy_version: Some(describe::version(id, is_default, created)),
        })
    }
}

impl Handle for GetPolicyVersion {
    const READ_ONLY: bool = true;

    fn needs(input: &GetPolicyVersionRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_policy::<Self>(at, &input.policy_arn, true)?.into())
    }

    fn resources(input: &GetPolicyVersionRequest, at: &At<'_>) -> Vec<Resource> {
        vec![resources::resource(at, POLICY, &*input.policy_arn)]
    }

    async fn handle(
        input: GetPolicyVersionRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetPolicyVersionResponse, Fault> {
        let GetPolicyVersionRequest {
            policy_arn,
            version_id,
        } = input;
        let policy = existing(&at.snapshot(), at, &policy_arn)?;
        let (shape, document) = match &policy {
            Attachable::Customer(policy) => {
                let version = version(policy, &version_id)?;
                let text = version.document.text().to_owned();
                (shape(policy, version), text)
            }
            Attachable::Aws(policy) if policy.default_version_id == version_id => {
                let shape = describe::version(version_id, true, policy.update_date);
                (shape, policy.document())
            }
            Attachable::Aws(_) => return Err(no_such_version(&policy_arn, &version_id)),
        };
        Ok(GetPolicyVersionResponse {
            policy_version: Some(PolicyVersion {
                document: Some(document),
                ..shape
            }),
        })
    }
}

impl Handle for ListPolicyVersions {
    const READ_ONLY: bool = true;

    fn needs(input: &ListPolicyVersionsRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_policy::<Self>(at, &input.policy_arn, true)?.into())
    }

    fn resources(input: &ListPolicyVersionsRequest, at: &At<'_>) -> Vec<Resource> {
        vec![resources::resource(at, POLICY, &*input.policy_arn)]
    }

    /// Newest first. Of AWS's policies only the default version is known.
    async fn handle(
        input: ListPolicyVersionsRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListPolicyVersionsResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let policy = existing(&at.snapshot(), at, &input.policy_arn)?;
        let versions = match &policy {
            Attachable::Customer(policy) => {
                let newest_first = policy.versions.iter().rev();
                newest_first
                    .map(|version| (newer_first(version.number), shape(policy, version)))
                    .collect()
            }
            Attachable::Aws(policy) => {
                let id = policy.default_version_id.clone();
                let only = describe::version(id, true, policy.update_date);
                vec![(String::new(), only)]
            }
        };
        let page = window.page(versions);
        Ok(ListPolicyVersionsResponse {
            is_truncated: page.is_truncated(),
            versions: page.items,
            marker: page.marker,
        })
    }
}

impl Handle for DeletePolicyVersion {
    const READ_ONLY: bool = false;

    fn needs(input: &DeletePolicyVersionRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_policy::<Self>(at, &input.policy_arn, false)?.into())
    }

    fn resources(input: &DeletePolicyVersionRequest, at: &At<'_>) -> Vec<Resource> {
        vec![resources::resource(at, POLICY, &*input.policy_arn)]
    }

    async fn handle(
        input: DeletePolicyVersionRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        change(at, input.policy_arn, move |policy| {
            let number = version(policy, &input.version_id)?.number;
            if number == policy.default_version {
                return Err(delete_conflict(
                    "Cannot delete the default version of a policy.",
                ));
            }
            policy.versions.retain(|version| version.number != number);
            Ok(())
        })
        .await
    }
}

impl Handle for SetDefaultPolicyVersion {
    const READ_ONLY: bool = false;

    fn needs(input: &SetDefaultPolicyVersionRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_policy::<Self>(at, &input.policy_arn, false)?.into())
    }

    fn resources(input: &SetDefaultPolicyVersionRequest, at: &At<'_>) -> Vec<Resource> {
        vec![resources::resource(at, POLICY, &*input.policy_arn)]
    }

    async fn handle(
        input: SetDefaultPolicyVersionRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let now = at.call.now;
        change(at, input.policy_arn, move |policy| {
            policy.default_version = version(policy, &input.version_id)?.number;
            policy.updated = now;
            Ok(())
        })
        .await
    }
}

fn version<'p>(policy: &'p ManagedPolicy, id: &str) -> Result<&'p Kept, Fault> {
    let mut versions = policy.versions.iter();
    let found = versions.find(|version| describe::version_id(version.number) == id);
    found.ok_or_else(|| no_such_version(&policy.arn(), id))
}

fn shape(policy: &ManagedPolicy, version: &Kept) -> PolicyVersion {
    let is_default = version.number == policy.default_version;
    describe::version(
        describe::version_id(version.number),
        is_default,
        version.created,
    )
}

/// A key under which later versions come first.
fn newer_first(number: u32) -> String {
    format!("{:010}", u32::MAX - number)
}

fn too_many_versions(most: usize) -> Fault {
    limit_exceeded(format!(
        "A managed policy can have up to {most} versions. Before you create a new version, you \
         must delete an existing version."
    ))
}
