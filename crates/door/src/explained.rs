//! A refusal as `DecodeAuthorizationMessage` shows it (STS API Reference): who asked for what, with which condition keys, and
//! the statements that matched.

use policy::{
    Considered, Effect, Explanation, Layer, Outcome, Policies, PolicyRef, Principal, Source, Value,
};
use serde_json::{Value as Json, json};

use crate::{Call, Caller, Denied, Door};

/// The most bytes of the text. Sealed it has 3,468 characters then, so that it fits into the response headers that proxies
/// take (4 KiB and more).
const MOST: usize = 2_560;
/// Beginnings of the condition keys that tell of the resource's account.
const FOREIGN_KEYS: [&str; 4] = [
    "aws:ResourceTag/",
    "iam:ResourceTag/",
    "s3:ExistingObjectTag/",
    "aws:ResourceOrg",
];
/// How many statements that nearly match are named.
const NEAREST: usize = 3;

/// What a refused caller can be told, sealed: the members of AWS's document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Explained {
    explicit: bool,
    matched: Vec<Json>,
    failures: Vec<Json>,
    principal: Json,
    action: String,
    resource: String,
    conditions: Vec<Json>,
}

impl Explained {
    /// What was found out about a refusal. Whoever decodes the message belongs to the caller's account, so the policies of a
    /// `foreign` resource, its tags and its place in an organization stay out of it; and so do control policies, which only the
    /// organization's administrators can read.
    pub(crate) fn of(
        caller: &Caller,
        foreign: bool,
        explanation: &Explanation<'_, '_>,
        policies: &Policies<'_, '_>,
    ) -> Self {
        let request = &explanation.request;
        let is_told = |layer: Layer| match layer {
            Layer::Scp | Layer::Rcp => false,
            layer => !(foreign && is_resources(layer)),
        };
        let own = |it: &Considered<'_, '_>| is_told(it.policy.layer);
        let is_foreign_key =
            |key: &str| foreign && FOREIGN_KEYS.iter().any(|it| key.starts_with(it));
        let matched = explanation.considered.iter().filter(|it| own(it));
        let matched = matched
            .filter(|it| it.mismatch.is_none())
            .map(|it| statement(caller, it, policies))
            .collect();
        let is_s3 = request.action.starts_with("s3:");
        let nearest = explanation.nearest().filter(|it| own(it)).take(NEAREST);
        Self {
            explicit: match explanation.decision.outcome {
                Outcome::ExplicitlyDenied(layer) => !(foreign && is_resources(layer)),
                Outcome::ImplicitlyDenied(_) | Outcome::Allowed => false,
            },
            matched,
            failures: nearest.map(|it| value(&it.to_string())).collect(),
            principal: json!({
                "id": caller.user_id(),
                "name": name(caller),
                "arn": caller.arn(),
            }),
            action: request.action.to_owned(),
            resource: request.resource.to_owned(),
            conditions: request
                .context
                .iter()
                // Those of S3 are there for every request, and no other service's policy asks for them.
                .filter(|(key, _)| is_s3 || !key.starts_with("s3:"))
                .filter(|(key, _)| !is_foreign_key(key))
                .map(|(key, values)| match values {
                    Value::One(one) => condition(key, std::slice::from_ref(one)),
                    Value::Many(many) => condition(key, many),
                })
                .collect(),
        }
    }

    /// The document, at most [`MOST`] bytes long: what doesn't fit is left out, and `truncated` says so.
    fn text(mut self) -> String {
        let whole = self.document(false).to_string();
        if whole.len() <= MOST {
            return whole;
        }
        // First the condition keys, from the last one on, for the statements say more.
        let mut excess = self.document(true).to_string().len().saturating_sub(MOST);
        while excess > 0
            && let Some(condition) = self.conditions.pop()
        {
            excess = excess.saturating_sub(condition.to_string().len() + 1);
        }
        let steps: [fn(&mut Self); 4] = [
            |_| {},
            |it| it.failures.clear(),
            |it| it.matched.clear(),
            // What is left is the caller's own words; JSON escapes make six bytes of one at most.
            |it| {
                it.action = it.action.chars().take(64).collect();
                it.resource = it.resource.chars().take(200).collect();
            },
        ];
        let mut text = whole;
        for step in steps {
            step(&mut self);
            text = self.document(true).to_string();
            if text.len() <= MOST {
                break;
            }
        }
        text
    }

    fn document(&self, truncated: bool) -> Json {
        let mut document = json!({
            "allowed": false,
            "explicitDeny": self.explicit,
            "matchedStatements": {"items": self.matched},
            "failures": {"items": self.failures},
            "context": {
                "principal": self.principal,
                "action": self.action,
                "resource": self.resource,
                "conditions": {"items": self.conditions},
            },
        });
        if let (true, Some(members)) = (truncated, document.as_object_mut()) {
            members.insert("truncated".to_owned(), json!(true));
        }
        document
    }
}

impl Door {
    /// The sealed explanation of a refusal, for a caller whose account may have it decoded.
    #[must_use]
    pub fn authorization_message(&self, call: &Call, denied: &Denied) -> Option<String> {
        let account = call.caller.account()?;
        let text = denied.explained.clone().text();
        let sealed = self
            .keyring()
            .seal_message(account, &text, call.now.as_second());
        // Only a refusal without its explanation: the caller is refused all the same.
        sealed
            .inspect_err(|error| tracing::error!(%error, "an authorization message"))
            .ok()
    }
}

/// Whether a layer is the resource's side of a decision.
fn is_resources(layer: Layer) -> bool {
    matches!(layer, Layer::Resource | Layer::Trust | Layer::Rcp)
}

fn name(caller: &Caller) -> String {
    match &caller.principal {
        Principal::Role(role) => role.session_name.clone(),
        _ => caller.user_name().unwrap_or_default().to_owned(),
    }
}

fn statement(caller: &Caller, found: &Considered<'_, '_>, policies: &Policies<'_, '_>) -> Json {
    let written: Json = source(&found.policy, policies)
        .and_then(|source| source.policy.text().get(found.statement.span.clone()))
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let either = |one: &str, other: &str| {
        let element = written.get(one).or_else(|| written.get(other));
        element.map(texts).unwrap_or_default()
    };
    // A policy without principals speaks of whom it is attached to.
    let mut principals = either("Principal", "NotPrincipal");
    if principals.is_empty() {
        let id = caller.user_id();
        principals.push(id.split(':').next().unwrap_or_default().to_owned());
    }
    let conditions = written.get("Condition").and_then(Json::as_object);
    let keys = conditions.into_iter().flat_map(|it| it.values());
    let keys = keys.filter_map(Json::as_object).flatten();
    let conditions: Vec<Json> = keys
        .map(|(key, operands)| condition(key, &texts(operands)))
        .collect();
    json!({
        "statementId": found.statement.sid.unwrap_or_default(),
        "effect": match found.effect {
            Effect::Allow => "ALLOW",
            Effect::Deny => "DENY",
        },
        "principals": items(&principals),
        "principalGroups": {"items": []},
        "actions": items(&either("Action", "NotAction")),
        "resources": items(&either("Resource", "NotResource")),
        "conditions": {"items": conditions},
    })
}

/// The policy that a reference names.
fn source<'a>(named: &PolicyRef<'_>, policies: &Policies<'_, 'a>) -> Option<Source<'a>> {
    let lists = |levels: Option<&[&[Source<'a>]]>| {
        let levels = levels.unwrap_or_default().iter();
        levels.flat_map(|level| level.iter().copied()).collect()
    };
    let sources: Vec<Source<'a>> = match named.layer {
        Layer::Identity => policies.identity.to_vec(),
        Layer::Boundary => policies.boundary.unwrap_or_default().to_vec(),
        Layer::Session => policies.session.unwrap_or_default().to_vec(),
        Layer::Resource | Layer::Trust => policies.resource.into_iter().collect(),
        Layer::Scp => lists(policies.scps),
        Layer::Rcp => lists(policies.rcps),
    };
    let named = |it: &Source<'a>| (it.arn, it.name) == (named.arn, named.name);
    sources.into_iter().find(named)
}

/// The texts of an element that is one, a list, or an object of those.
fn texts(element: &Json) -> Vec<String> {
    match element {
        Json::String(text) => vec![text.clone()],
        Json::Array(list) => list.iter().flat_map(texts).collect(),
        Json::Object(members) => members.values().flat_map(texts).collect(),
        other => vec![other.to_string()],
    }
}

fn condition(key: &str, values: &[String]) -> Json {
    json!({"key": key, "values": items(values)})
}

fn items(values: &[String]) -> Json {
    let values: Vec<Json> = values.iter().map(|text| value(text)).collect();
    json!({"items": values})
}

fn value(text: &str) -> Json {
    json!({"value": text})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_refused_the_text_has_a_bound() {
        let long = |length: usize| "\u{1}".repeat(length);
        let all = |length: usize| Explained {
            explicit: true,
            matched: vec![value(&long(length)); 5],
            failures: vec![value(&long(length)); 3],
            principal: value(&"p".repeat(400)),
            action: long(length),
            resource: long(length),
            conditions: vec![condition("k", &[long(length)]); 40],
        };
        for length in [0, 1, 10, 100, 1_000, 10_000] {
            let text = all(length).text();
            assert!(text.len() <= MOST, "{length}: {}", text.len());
            let read: Json = serde_json::from_str(&text).unwrap();
            assert_eq!(read["explicitDeny"], true);
            assert!(length > 0 || read.get("truncated").is_none());
            assert!(length < 100 || read["truncated"] == true, "{length}");
        }
        assert_eq!(session::message_length(MOST), 3_468);
    }
}
