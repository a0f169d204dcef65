//! Pods for Windows nodes, where a path has another form.

use serde_json::Value;

/// Whether a pod's node selector, or a required term of its node affinity, asks for Windows.
/// Upstream looks at the selector alone.
pub(super) fn is_for_windows(spec: &Value) -> bool {
    let selector = spec.get("nodeSelector");
    let selected = LABELS.iter().any(|label| {
        selector
            .and_then(|it| it.get(label))
            .and_then(Value::as_str)
            == Some("windows")
    });
    selected || affinity(spec).unwrap_or(false)
}

const LABELS: [&str; 2] = ["kubernetes.io/os", "beta.kubernetes.io/os"];

/// The terms are alternatives: each of them must ask for Windows.
fn affinity(spec: &Value) -> Option<bool> {
    let terms = spec
        .pointer("/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms")?
        .as_array()?;
    let asks = |term: &Value| {
        let expressions = term.get("matchExpressions").and_then(Value::as_array);
        expressions.into_iter().flatten().any(|expression| {
            let text = |name: &str| expression.get(name).and_then(Value::as_str);
            let values = expression.get("values").and_then(Value::as_array);
            text("key").is_some_and(|key| LABELS.contains(&key))
                && text("operator") == Some("In")
                && values
                    .is_some_and(|it| it.len() == 1 && it.iter().all(|value| value == "windows"))
        })
    };
    Some(!terms.is_empty() && terms.iter().all(asks))
}

/// The path as a process on Windows finds it. Mounts keep the form with slashes.
pub(super) fn path(unix: &str) -> String {
    format!("C:{}", unix.replace('/', "\\"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn selectors_and_required_affinities_count() {
        let term = |values: Value| json!({"matchExpressions": [{"key": "kubernetes.io/os", "operator": "In", "values": values}]});
        let affine = |terms: Value| {
            json!({"affinity": {"nodeAffinity":
                {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}})
        };
        for yes in [
            json!({"nodeSelector": {"beta.kubernetes.io/os": "windows"}}),
            affine(json!([term(json!(["windows"]))])),
        ] {
            assert!(is_for_windows(&yes), "{yes}");
        }
        for no in [
            json!({}),
            json!({"nodeSelector": {"kubernetes.io/os": "linux"}}),
            affine(json!([])),
            affine(json!([term(json!(["windows"])), term(json!(["linux"]))])),
            affine(json!([term(json!(["windows", "linux"]))])),
        ] {
            assert!(!is_for_windows(&no), "{no}");
        }
        assert_eq!(path("/var/run/token"), "C:\\var\\run\\token");
    }
}
