//! What is asked of the simulator, read and checked.

use std::sync::Arc;

use door::Layers;
use policy::{AccountId, Arn, Context, DocumentKind, Policy};

use super::{context_entries, documents};
use crate::generated::iam::{
    ContextEntry, SimulateCustomPolicyRequest, SimulatePrincipalPolicyRequest,
};
use crate::iam::fault::invalid_input;
use crate::wire::Fault;

/// What both operations ask.
pub(super) struct Question {
    pub(super) actions: Vec<String>,
    /// At least one.
    pub(super) resources: Vec<String>,
    /// Policies that are supposed to be attached.
    policies: Vec<(Arc<Policy>, String)>,
    /// The boundary that is supposed in the place of another.
    boundary: Option<(Arc<Policy>, String)>,
    /// The policy that every resource is supposed to have.
    pub(super) resource_policy: Option<Arc<Policy>>,
    /// The owner of resources whose ARN doesn't say it.
    pub(super) resource_owner: Option<AccountId>,
    /// `CallerArn`.
    pub(super) caller: Option<String>,
    /// Keys that stand over those which the caller would have.
    pub(super) entries: Context,
    pub(super) max_items: Option<i32>,
    pub(super) marker: Option<String>,
}

/// The parameters of both operations.
struct Parameters {
    policies: Vec<String>,
    boundary: Vec<String>,
    actions: Vec<String>,
    resources: Vec<String>,
    resource_policy: Option<String>,
    resource_owner: Option<String>,
    caller: Option<String>,
    entries: Vec<ContextEntry>,
    max_items: Option<i32>,
    marker: Option<String>,
}

impl TryFrom<SimulatePrincipalPolicyRequest> for Question {
    type Error = Fault;

    fn try_from(input: SimulatePrincipalPolicyRequest) -> Result<Self, Fault> {
        Self::read(Parameters {
            policies: input.policy_input_list,
            boundary: input.permissions_boundary_policy_input_list,
            actions: input.action_names,
            resources: input.resource_arns,
            resource_policy: input.resource_policy,
            resource_owner: input.resource_owner,
            caller: input.caller_arn,
            entries: input.context_entries,
            max_items: input.max_items,
            marker: input.marker,
        })
    }
}

impl TryFrom<SimulateCustomPolicyRequest> for Question {
    type Error = Fault;

    fn try_from(input: SimulateCustomPolicyRequest) -> Result<Self, Fault> {
        if input.resource_policy.is_some() && input.caller_arn.is_none() {
            return Err(invalid_input(
                "CallerArn is required with ResourcePolicy: its Principal elements are matched \
                 against that caller.",
            ));
        }
        Self::read(Parameters {
            policies: input.policy_input_list,
            boundary: input.permissions_boundary_policy_input_list,
            actions: input.action_names,
            resources: input.resource_arns,
            resource_policy: input.resource_policy,
            resource_owner: input.resource_owner,
            caller: input.caller_arn,
            entries: input.context_entries,
            max_items: input.max_items,
            marker: input.marker,
        })
    }
}

impl Question {
    fn read(input: Parameters) -> Result<Self, Fault> {
        input.actions.iter().try_for_each(|it| check_action(it))?;
        let mut resources = input.resources;
        if resources.is_empty() {
            resources.push("*".to_owned());
        }
        resources.iter().try_for_each(|it| check_resource(it))?;
        let of_roles = resources.iter().all(|it| is_role(it));
        let policy = input.resource_policy.as_deref();
        let resource_policy = policy.map(|text| documents::parse_of_resource(text, of_roles));
        let list = "PermissionsBoundaryPolicyInputList";
        if input.boundary.len() > 1 {
            return Err(invalid_input(&format!(
                "{list} can hold only one policy: an entity has one permissions boundary."
            )));
        }
        let boundary = documents::parse(DocumentKind::Boundary, list, &input.boundary)?;
        Ok(Self {
            actions: input.actions,
            resources,
            policies: documents::parse(DocumentKind::Identity, "PolicyInputList", &input.policies)?,
            boundary: boundary.into_iter().next(),
            resource_policy: resource_policy.transpose()?,
            resource_owner: input.resource_owner.as_deref().map(owner).transpose()?,
            caller: input.caller,
            entries: context_entries::read(input.entries)?,
            max_items: input.max_items,
            marker: input.marker,
        })
    }

    /// Supposes the policies that came with the request, and answers which these are.
    pub(super) fn suppose(&self, layers: &mut Layers<'_>) -> Vec<Arc<Policy>> {
        for (policy, name) in &self.policies {
            layers.suppose(Arc::clone(policy), name.clone());
        }
        if let Some((policy, name)) = &self.boundary {
            layers.suppose_boundary(vec![(Arc::clone(policy), name.clone())]);
        }
        let supposed = self.policies.iter().chain(&self.boundary);
        supposed.map(|(policy, _)| Arc::clone(policy)).collect()
    }
}

/// Whether a resource is a role: `arn:aws:iam::A:role/…`.
pub(super) fn is_role(resource: &str) -> bool {
    let arn = resource.parse::<Arn>();
    arn.is_ok_and(|arn| arn.service() == "iam" && arn.resource().starts_with("role/"))
}

fn check_action(action: &str) -> Result<(), Fault> {
    if action.contains(['*', '?']) {
        return Err(invalid_input(&format!(
            "{action} contains a wildcard: name each action."
        )));
    }
    let plain = |part: &str| {
        let mut letters = part.chars();
        !part.is_empty() && letters.all(|it| it.is_ascii_alphanumeric() || it == '-')
    };
    match action.split_once(':') {
        Some((service, name)) if plain(service) && plain(name) => Ok(()),
        _ => Err(invalid_input(&format!(
            "{action} is not an action: the form is service:Action, e.g. s3:GetObject."
        ))),
    }
}

fn check_resource(resource: &str) -> Result<(), Fault> {
    if resource == "*" || resource.parse::<Arn>().is_ok() {
        return Ok(());
    }
    Err(invalid_input(&format!(
        "ResourceNames are not in a valid ARN format: {resource}."
    )))
}

/// An account's number, or the ARN of its root.
fn owner(text: &str) -> Result<AccountId, Fault> {
    let number = text
        .strip_prefix("arn:aws:iam::")
        .and_then(|rest| rest.strip_suffix(":root"));
    let account = number.unwrap_or(text).parse();
    account.map_err(|_| invalid_input(&format!("'{text}' is not a valid as a Resource Owner.")))
}
