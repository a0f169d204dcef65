//! Whether a caller has the permissions that a delegation request asks for.

use door::Need;
use serde_json::Value;

use super::template::many;
use crate::handle::At;

/// Most decisions of one check, as of the simulator.
const DECISIONS: usize = 1000;

/// `ALLOWED`, `DENIED` or `UNSURE`: an approximation, as AWS's (IAM API reference,
/// `GetDelegationRequest`). Each pair of an action and a resource is asked as it stands in the
/// policy, patterns included; where a condition decides, a statement says what it is not about, or
/// there are more pairs than [`DECISIONS`], there is no telling.
pub(super) fn check(policy: &str, at: &At<'_>) -> &'static str {
    let document: Value = serde_json::from_str(policy).unwrap_or_default();
    let mut unsure = false;
    let mut asked = 0;
    for statement in many(document.get("Statement")) {
        if statement.get("Effect").and_then(Value::as_str) != Some("Allow") {
            continue;
        }
        let (Some(actions), Some(resources)) = (statement.get("Action"), statement.get("Resource"))
        else {
            unsure = true;
            continue;
        };
        let conditional = statement.get("Condition").is_some();
        for action in many(Some(actions)).filter_map(Value::as_str) {
            for resource in many(Some(resources)).filter_map(Value::as_str) {
                if asked == DECISIONS {
                    return "UNSURE";
                }
                asked += 1;
                let need = Need::new(action.to_owned(), resource);
                match at.door.authorize(at.call, &[need]) {
                    Ok(_) => {}
                    Err(_) if conditional => unsure = true,
                    Err(_) => return "DENIED",
                }
            }
        }
    }
    if unsure { "UNSURE" } else { "ALLOWED" }
}
