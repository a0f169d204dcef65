//! The policy simulator: what would be decided, by the code that decides.

mod answer;
mod context_entries;
mod context_keys;
mod documents;
mod position;
mod principal;
mod question;
mod resource;
mod simulation;
mod verdict;

use door::{Layers, Permit};
use policy::DocumentKind;

use self::answer::result;
use self::principal::{Named, Supposed};
use self::question::Question;
use self::simulation::Simulation;
use super::needs;
use super::page::{Page, Window};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

/// How many actions times resources are decided for one page.
const DECISIONS: usize = 1000;
/// `MaxItems` when it isn't given.
const DEFAULT_ITEMS: usize = 100;

impl Handle for SimulatePrincipalPolicy {
    const READ_ONLY: bool = true;

    fn needs(input: &SimulatePrincipalPolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let source = Named::parse(&input.policy_source_arn)?;
        Ok(source.need::<Self>(at).into())
    }

    async fn handle(
        input: SimulatePrincipalPolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<SimulatePolicyResponse, Fault> {
        let source_arn = input.policy_source_arn.clone();
        let question = Question::try_from(input)?;
        let snapshot = at.snapshot();
        let source = Named::parse(&source_arn)?.existing(&snapshot, at.call.now)?;
        let mut layers = source.layers(&snapshot);
        let supposed = question.suppose(&mut layers);
        let caller = match &question.caller {
            // As that caller, with this one's policies.
            Some(arn) if *arn != source_arn => {
                Named::parse(arn)?.by_arn_alone(&snapshot, at.account)?
            }
            _ => source.clone(),
        };
        let simulation = Simulation {
            at,
            snapshot: &snapshot,
            layers: &layers,
            supposed,
            holder: source.holder,
            of_groups: &source.of_groups,
            caller: &caller,
            question: &question,
            looks_up: true,
        };
        Ok(answer(simulation.run()?))
    }
}

impl Handle for SimulateCustomPolicy {
    const READ_ONLY: bool = true;

    fn needs(_: &SimulateCustomPolicyRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    async fn handle(
        input: SimulateCustomPolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<SimulatePolicyResponse, Fault> {
        let question = Question::try_from(input)?;
        let snapshot = at.snapshot();
        let mut layers = Layers::default();
        let supposed = question.suppose(&mut layers);
        let caller = match &question.caller {
            Some(arn) => Named::parse(arn)?.by_arn_alone(&snapshot, at.account)?,
            None => Supposed::unknown(at.account)?,
        };
        let simulation = Simulation {
            at,
            snapshot: &snapshot,
            layers: &layers,
            supposed,
            holder: "none",
            of_groups: &[],
            caller: &caller,
            question: &question,
            looks_up: false,
        };
        Ok(answer(simulation.run()?))
    }
}

impl Simulation<'_> {
    /// The page of results that is asked for, one for each action.
    fn run(&self) -> Result<Page<EvaluationResult>, Fault> {
        let question = self.question;
        // "IAM might return fewer than the MaxItems number of results": a page is not to take
        // long, however many resources there are.
        let most = (DECISIONS / question.resources.len().max(1)).max(1);
        let asked = question
            .max_items
            .and_then(|items| usize::try_from(items).ok());
        let items = asked.unwrap_or(DEFAULT_ITEMS).min(most);
        let window = Window::new(question.marker.as_deref(), i32::try_from(items).ok())?;
        let actions = question.actions.iter().enumerate();
        let page = window.page(actions.map(|(place, action)| (format!("{place:08}"), action)));
        Ok(page.map(|action| {
            let resources = question.resources.iter();
            let verdicts = resources.map(|resource| self.verdict(action, resource));
            result(action, verdicts.collect())
        }))
    }
}

fn answer(page: Page<EvaluationResult>) -> SimulatePolicyResponse {
    SimulatePolicyResponse {
        is_truncated: page.is_truncated(),
        evaluation_results: page.items,
        marker: page.marker,
    }
}

impl Handle for GetContextKeysForPrincipalPolicy {
    const READ_ONLY: bool = true;

    fn needs(input: &GetContextKeysForPrincipalPolicyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let source = Named::parse(&input.policy_source_arn)?;
        Ok(source.need::<Self>(at).into())
    }

    async fn handle(
        input: GetContextKeysForPrincipalPolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetContextKeysForPolicyResponse, Fault> {
        let given = documents::parse(
            DocumentKind::Identity,
            "PolicyInputList",
            &input.policy_input_list,
        )?;
        let snapshot = at.snapshot();
        let source = Named::parse(&input.policy_source_arn)?.existing(&snapshot, at.call.now)?;
        let mut layers = source.layers(&snapshot);
        for (policy, name) in given {
            layers.suppose(policy, name);
        }
        Ok(GetContextKeysForPolicyResponse {
            context_key_names: context_keys::of_layers(&layers),
        })
    }
}

impl Handle for GetContextKeysForCustomPolicy {
    const READ_ONLY: bool = true;

    fn needs(_: &GetContextKeysForCustomPolicyRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    async fn handle(
        input: GetContextKeysForCustomPolicyRequest,
        _permit: Permit,
        _at: &At<'_>,
    ) -> Result<GetContextKeysForPolicyResponse, Fault> {
        let policies = documents::parse_any("PolicyInputList", &input.policy_input_list)?;
        Ok(GetContextKeysForPolicyResponse {
            context_key_names: context_keys::of(policies.iter()),
        })
    }
}
