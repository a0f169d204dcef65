//! The result for one action on all its resources.

use policy::Outcome;

use super::verdict::Verdict;
use crate::generated::iam::{EvaluationResult, ResourceSpecificResult};

/// One result for an action, however many resources there are: it is that of the first resource
/// with the most restrictive decision, and the resources' own results are listed in it (IAM API
/// Reference, `EvaluationResult`).
pub(super) fn result(action: &str, verdicts: Vec<Verdict>) -> EvaluationResult {
    let mut missing: Vec<String> = Vec::new();
    for key in verdicts.iter().flat_map(|it| &it.missing) {
        if !missing.iter().any(|it| it.eq_ignore_ascii_case(key)) {
            missing.push(key.clone());
        }
    }
    missing.sort_by_key(|key| key.to_ascii_lowercase());
    let severest = verdicts.iter().rev().max_by_key(|it| severity(it.outcome));
    let decided = severest.map(|it| EvaluationResult {
        eval_resource_name: Some(it.resource.clone()),
        eval_decision: it.outcome.to_string(),
        matched_statements: it.matched.clone(),
        permissions_boundary_decision_detail: it.boundary.clone(),
        organizations_decision_detail: it.organizations.clone(),
        eval_decision_details: it.details.clone(),
        explanation: Some(it.explanation.clone()),
        ..EvaluationResult::default()
    });
    // Without a resource, there is nothing that a result could be specific to.
    let named = verdicts.iter().any(|it| it.resource != "*");
    let specific = verdicts.into_iter().filter(|_| named).map(specific);
    EvaluationResult {
        eval_action_name: action.to_owned(),
        missing_context_values: missing,
        resource_specific_results: specific.collect(),
        ..decided.unwrap_or_default()
    }
}

fn severity(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Allowed => 0,
        Outcome::ImplicitlyDenied(_) => 1,
        Outcome::ExplicitlyDenied(_) => 2,
    }
}

fn specific(verdict: Verdict) -> ResourceSpecificResult {
    ResourceSpecificResult {
        eval_resource_name: verdict.resource,
        eval_resource_decision: verdict.outcome.to_string(),
        matched_statements: verdict.matched,
        missing_context_values: verdict.missing,
        eval_decision_details: verdict.details,
        permissions_boundary_decision_detail: verdict.boundary,
        explanation: Some(verdict.explanation),
    }
}
