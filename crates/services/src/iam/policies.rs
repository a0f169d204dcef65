//! Managed policies: the account's own, and those of AWS.

use directory::{
    AccountView, AttachedPolicy as Attachable, Document, ManagedPolicy, PolicyVersion as Version,
    Snapshot, catalogue,
};
use door::Permit;
use session::{UniqueIdPrefix, unique_id};
use trail::Resource;

use super::change::write;
use super::fault::{delete_conflict, policy_name_taken, policy_not_found};
use super::name::{entity_name, entity_path};
use super::page::Window;
use super::quota::within;
use super::resources::{self, POLICY};
use super::usage::{Usage, Uses};
use super::{describe, document, needs, tags};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

impl Handle for CreatePolicy {
    const READ_ONLY: bool = false;

    fn needs(input: &CreatePolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let arn = needs::entity_arn(at, "policy", input.path.as_deref(), &input.policy_name);
        let shown = format!("policy {}", input.policy_name);
        let need = needs::action::<Self>(arn).shown(Some(shown));
        Ok(needs::create(need, &input.tags, "iam:TagPolicy"))
    }

    fn resources(input: &CreatePolicyRequest, at: &At<'_>) -> Vec<Resource> {
        let arn = needs::entity_arn(at, "policy", input.path.as_deref(), &input.policy_name);
        vec![resources::resource(at, POLICY, arn)]
    }

    async fn handle(
        input: CreatePolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<CreatePolicyResponse, Fault> {
        let policy = new_policy(input, at)?;
        let shape = Attachable::Customer(policy.clone().into());
        let shape = describe::policy(&shape, Uses::default());
        let most = at.quotas.policies;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), policy.account)?;
            // Names are unique whatever their paths, and without regard to case.
            let name = policy.name.folded();
            let taken = |other: &ManagedPolicy| other.name.folded() == name;
            if view.policies().iter().any(|(_, other)| taken(other)) {
                return Err(policy_name_taken(policy.name.as_str()));
            }
            let count = view.policies().len() + 1;
            within(count, most, "PoliciesPerAccount")?;
            tx.put_policy(policy);
            Ok(())
        })
        .await?;
        Ok(CreatePolicyResponse {
            policy: Some(shape),
        })
    }
}

impl Handle for GetPolicy {
    const READ_ONLY: bool = true;

    fn needs(input: &GetPolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_policy::<Self>(at, &input.policy_arn, true)?.into())
    }

    fn resources(input: &GetPolicyRequest, at: &At<'_>) -> Vec<Resource> {
        vec![resources::resource(at, POLICY, &*input.policy_arn)]
    }

    async fn handle(
        input: GetPolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetPolicyResponse, Fault> {
        let snapshot = at.snapshot();
        let policy = existing(&snapshot, at, &input.policy_arn)?;
        let uses = Usage::of(account_view(&snapshot, at.account)?).uses(&input.policy_arn);
        Ok(GetPolicyResponse {
            policy: Some(describe::policy(&policy, uses)),
        })
    }
}

impl Handle for ListPolicies {
    const READ_ONLY: bool = true;

    /// The literal text `policy path /…` is what IAM judges and prints.
    fn needs(input: &ListPoliciesRequest, _: &At<'_>) -> Result<Needs, Fault> {
        let prefix = input.path_prefix.as_deref().unwrap_or("/");
        Ok(needs::action::<Self>(format!("policy path {prefix}")).into())
    }

    async fn handle(
        input: ListPoliciesRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListPoliciesResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let snapshot = at.snapshot();
        let view = account_view(&snapshot, at.account)?;
        let usage = Usage::of(view);
        let page = window
            .page(listed(view, &usage, &input))
            .map(|(policy, uses)| describe::policy_in_list(&policy, uses));
        Ok(ListPoliciesResponse {
            is_truncated: page.is_truncated(),
            policies: page.items,
            marker: page.marker,
        })
    }
}

impl Handle for DeletePolicy {
    const READ_ONLY: bool = false;

    fn needs(input: &DeletePolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_policy::<Self>(at, &input.policy_arn, false)?.into())
    }

    fn resources(input: &DeletePolicyRequest, at: &At<'_>) -> Vec<Resource> {
        vec![resources::resource(at, POLICY, &*input.policy_arn)]
    }

    async fn handle(input: DeletePolicyRequest, _permit: Permit, at: &At<'_>) -> Result<(), Fault> {
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let arn = &input.policy_arn;
            let policy = view.policy(arn).ok_or_else(|| policy_not_found(arn))?;
            let policy = policy.clone();
            if Usage::of(view).uses(arn) != Uses::default() {
                return Err(delete_conflict(ATTACHED));
            }
            if policy.versions.len() > 1 {
                return Err(delete_conflict(VERSIONS));
            }
            tx.delete_policy(&policy);
            Ok(())
        })
        .await
    }
}

/// A managed policy that `at`'s account can see.
///
/// # Errors
/// `NoSuchEntity`.
pub(super) fn existing(snapshot: &Snapshot, at: &At<'_>, arn: &str) -> Result<Attachable, Fault> {
    let found = snapshot.attachable(at.account, arn);
    found.ok_or_else(|| policy_not_found(arn))
}

/// Changes a managed policy of the account's own.
///
/// # Errors
/// `NoSuchEntity`, or what `change` answers; nothing has changed then.
pub(super) async fn change<T: Send + 'static>(
    at: &At<'_>,
    arn: String,
    change: impl FnOnce(&mut ManagedPolicy) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let account = at.account;
    write(at, move |tx| {
        let view = account_view(tx.snapshot(), account)?;
        let policy = view.policy(&arn).ok_or_else(|| policy_not_found(&arn))?;
        let mut policy = ManagedPolicy::clone(policy);
        let value = change(&mut policy)?;
        tx.put_policy(policy);
        Ok(value)
    })
    .await
}

fn new_policy(input: CreatePolicyRequest, at: &At<'_>) -> Result<ManagedPolicy, Fault> {
    let document: Document = document::managed(&input.policy_document, at.quotas)?;
    let created = at.call.now;
    Ok(ManagedPolicy {
        account: at.account,
        id: unique_id(UniqueIdPrefix::ManagedPolicy),
        name: entity_name(input.policy_name, "policyName")?,
        path: entity_path(input.path)?,
        description: input.description,
        versions: vec![Version {
            number: 1,
            document,
            created,
        }],
        default_version: 1,
        next_version: 2,
        tags: tags::new(input.tags)?,
        created,
        updated: created,
    })
}

/// What `ListPolicies` is asked for, by ARN: the account's own policies, then AWS's.
fn listed(
    view: &AccountView,
    usage: &Usage<'_>,
    input: &ListPoliciesRequest,
) -> impl Iterator<Item = (String, (Attachable, Uses))> {
    let scope = input.scope.as_deref().unwrap_or("All");
    let own = (scope != "AWS").then(|| view.policies().iter());
    let own = own
        .into_iter()
        .flatten()
        .map(|(arn, policy)| (arn.clone(), Attachable::Customer(policy.clone())));
    let aws = (scope != "Local").then(catalogue::all).unwrap_or_default();
    let aws = aws
        .iter()
        .map(|policy| (policy.arn.clone(), Attachable::Aws(policy)));
    let prefix = input.path_prefix.as_deref().unwrap_or("/");
    let wanted = move |policy: &Attachable, uses: Uses| {
        let used = match input.policy_usage_filter.as_deref() {
            Some("PermissionsPolicy") => uses.attachments > 0,
            Some("PermissionsBoundary") => uses.boundaries > 0,
            _ => true,
        };
        let attached = input.only_attached != Some(true) || uses != Uses::default();
        used && attached && path_of(policy).starts_with(prefix)
    };
    own.chain(aws).filter_map(move |(arn, policy)| {
        let uses = usage.uses(&arn);
        wanted(&policy, uses).then_some((arn, (policy, uses)))
    })
}

/// The path of a managed policy.
pub(super) fn path_of(policy: &Attachable) -> &str {
    match policy {
        Attachable::Customer(policy) => policy.path.as_str(),
        Attachable::Aws(policy) => &policy.path,
    }
}

const ATTACHED: &str = "Cannot delete a policy attached to entities.";
const VERSIONS: &str = "This policy has more than one version. Before you delete a policy, you \
     must delete the policy's versions. The default version is deleted with the policy.";
