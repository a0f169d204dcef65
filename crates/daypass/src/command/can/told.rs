//! What the server said, as it is printed.

use std::fmt::Write;

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// A decision and its reason.
pub(super) struct Told {
    principal: String,
    action: String,
    resource: String,
    decision: String,
    /// Empty if the server gives none, as AWS itself does.
    reason: String,
    matched: Vec<Value>,
    missing: Vec<String>,
}

impl Told {
    /// Reads an `EvaluationResult`.
    pub(super) fn new(
        principal: String,
        action: &str,
        resource: &str,
        result: &Value,
    ) -> Result<Self> {
        let text = |name: &str| result.get(name).and_then(Value::as_str).map(str::to_owned);
        let list = |name: &str| {
            result
                .get(name)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
        };
        let missing = list("MissingContextValues").filter_map(Value::as_str);
        Ok(Self {
            principal,
            action: action.to_owned(),
            resource: resource.to_owned(),
            decision: text("EvalDecision").context("the server's answer has no decision")?,
            reason: text("Explanation").unwrap_or_default(),
            matched: list("MatchedStatements").map(statement).collect(),
            missing: missing.map(str::to_owned).collect(),
        })
    }

    pub(super) fn is_allowed(&self) -> bool {
        self.decision == "allowed"
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let decision = if self.is_allowed() {
            "allowed"
        } else {
            "denied"
        };
        let mut text = format!("{decision}\n");
        if !self.reason.is_empty() {
            text.push_str(&self.reason);
            text.push('\n');
        }
        if !self.missing.is_empty() {
            text.push_str("the policies also ask for what is not known of the request:");
            for key in &self.missing {
                // Writing to a string cannot fail.
                let _ = write!(text, " --context {key}=…");
            }
            text.push('\n');
        }
        text
    }

    /// For programs: one line.
    pub(super) fn json(&self) -> String {
        let value = json!({
            "principal": self.principal,
            "action": self.action,
            "resource": self.resource,
            "decision": self.decision,
            "reason": self.reason,
            "matchedStatements": self.matched,
            "missingContextValues": self.missing,
        });
        format!("{value}\n")
    }
}

/// A matched statement with our names.
fn statement(matched: &Value) -> Value {
    let position = |name: &str| {
        let number = |part: &str| matched.pointer(&format!("/{name}/{part}")).cloned();
        json!({"line": number("Line"), "column": number("Column")})
    };
    json!({
        "sourcePolicyId": matched.get("SourcePolicyId"),
        "sourcePolicyType": matched.get("SourcePolicyType"),
        "startPosition": position("StartPosition"),
        "endPosition": position("EndPosition"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_written_as_it_can_be_typed() {
        let result = json!({
            "EvalDecision": "explicitDeny",
            "Explanation": "statement 1 denies it",
            "MissingContextValues": ["aws:SourceIp", "s3:prefix"],
        });
        let told = Told::new("p".into(), "s3:ListBucket", "*", &result).unwrap();
        assert!(!told.is_allowed());
        assert_eq!(
            told.text(),
            "denied\nstatement 1 denies it\nthe policies also ask for what is not known of the \
             request: --context aws:SourceIp=… --context s3:prefix=…\n"
        );
        let read: Value = serde_json::from_str(&told.json()).unwrap();
        assert_eq!(read["decision"], "explicitDeny");
        assert_eq!(read["matchedStatements"], json!([]));
    }

    #[test]
    fn a_server_that_gives_no_reason_is_understood_too() {
        let result = json!({"EvalDecision": "allowed"});
        let told = Told::new("p".into(), "s3:ListBucket", "*", &result).unwrap();
        assert_eq!(told.text(), "allowed\n");
        assert!(Told::new("p".into(), "a", "b", &json!({})).is_err());
    }
}
