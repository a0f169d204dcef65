//! IAM policies as Cedar policies. The module documentation of `main.rs` says what became what, and why.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::glob;
use crate::scenario::{ACTION, Scenario, statements};

/// A scenario in Cedar.
pub(crate) struct Translation {
    pub(crate) policies: String,
    /// The actions that the policies name, each with the groups that it is in.
    pub(crate) actions: BTreeMap<String, BTreeSet<String>>,
    pub(crate) groups: BTreeSet<String>,
}

pub(crate) fn translate(scenario: &Scenario) -> Translation {
    let mut translator = Translator::default();
    for (name, document) in &scenario.attached {
        translator.attached(name, document);
    }
    for (name, document) in [
        ("boundary", scenario.boundary),
        ("session", scenario.session),
    ] {
        if let Some(document) = document {
            translator.limit(name, document);
        }
    }
    translator.finish()
}

#[derive(Default)]
struct Translator {
    policies: Vec<String>,
    // Their patterns.
    groups: BTreeMap<String, Vec<String>>,
    names: BTreeSet<String>,
}

/// The clauses of a statement. Empty ones are always true.
struct Clauses {
    effect: &'static str,
    action: String,
    bucket: Option<String>,
    when: Vec<String>,
}

impl Translator {
    /// Each statement of a policy that grants is a policy.
    fn attached(&mut self, name: &str, document: &str) {
        for (number, statement) in statements(document).iter().enumerate() {
            let clauses = self.clauses(&format!("{name}/{number}"), statement);
            self.policies.push(clauses.policy());
        }
    }

    /// What a policy that limits doesn't allow is forbidden.
    fn limit(&mut self, name: &str, document: &str) {
        let mut allowed = Vec::new();
        for (number, statement) in statements(document).iter().enumerate() {
            let clauses = self.clauses(&format!("{name}/{number}"), statement);
            if clauses.effect == "permit" {
                allowed.push(clauses.expression());
            } else {
                self.policies.push(clauses.policy());
            }
        }
        self.policies.push(format!(
            "forbid (principal, action, resource) unless {{ {} }};",
            allowed.join(" || ")
        ));
    }

    fn clauses(&mut self, name: &str, statement: &Value) -> Clauses {
        let known = ["Sid", "Effect", "Action", "Resource", "Condition"];
        for element in statement.as_object().unwrap().keys() {
            assert!(known.contains(&element.as_str()), "{name}: {element}");
        }
        let (bucket, arns) = resource(&statement["Resource"]);
        Clauses {
            effect: match statement["Effect"].as_str() {
                Some("Allow") => "permit",
                Some("Deny") => "forbid",
                other => panic!("{name}: {other:?}"),
            },
            action: self.action(name, &statement["Action"]),
            bucket,
            when: arns
                .into_iter()
                .chain(conditions(&statement["Condition"]))
                .collect(),
        }
    }

    /// One action, or a group of all that the patterns match.
    fn action(&mut self, name: &str, patterns: &Value) -> String {
        let patterns = strings(patterns);
        let literal = |pattern: &&&str| !pattern.contains('*');
        self.names
            .extend(patterns.iter().filter(literal).map(|&it| it.to_owned()));
        let group = match patterns.as_slice() {
            [one] if !one.contains('*') => return format!("action == Action::{one:?}"),
            [one] => one,
            _ => name,
        };
        let patterns = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        self.groups.insert(group.to_owned(), patterns);
        format!("action in Action::{group:?}")
    }

    fn finish(mut self) -> Translation {
        self.names.insert(ACTION.to_owned());
        let groups = |action: &str| {
            let groups = self.groups.iter();
            groups
                .filter(|(_, patterns)| patterns.iter().any(|it| glob::matches(it, action)))
                .map(|(group, _)| group.clone())
                .collect()
        };
        Translation {
            policies: self.policies.join("\n"),
            actions: self
                .names
                .iter()
                .map(|action| (action.clone(), groups(action)))
                .collect(),
            groups: self.groups.keys().cloned().collect(),
        }
    }
}

impl Clauses {
    fn policy(&self) -> String {
        let Self {
            effect,
            action,
            bucket,
            when,
        } = self;
        let resource = bucket.as_deref().unwrap_or("resource");
        let when = match when.as_slice() {
            [] => String::new(),
            clauses => format!(" when {{ {} }}", clauses.join(" && ")),
        };
        format!("{effect} (principal, {action}, {resource}){when};")
    }

    fn expression(&self) -> String {
        let mut clauses = vec![self.action.as_str()];
        clauses.extend(self.bucket.as_deref());
        clauses.extend(self.when.iter().map(String::as_str));
        clauses.join(" && ")
    }
}

/// What fits the scope of a policy, or else an expression.
fn resource(value: &Value) -> (Option<String>, Option<String>) {
    let arns = strings(value);
    if let ["*"] = arns.as_slice() {
        return (None, None);
    }
    if let [arn] = arns.as_slice()
        && let Some(path) = arn.strip_prefix("arn:aws:s3:::")
    {
        let bucket = path.strip_suffix("/*").unwrap();
        return (Some(format!("resource in Bucket::{bucket:?}")), None);
    }
    let like = |arn: &&str| format!("resource.arn like {arn:?}");
    (None, Some(any(arns.iter().map(like))))
}

fn conditions(block: &Value) -> Vec<String> {
    let operators = block.as_object().into_iter().flatten();
    operators
        .flat_map(|(operator, keys)| {
            let keys = keys.as_object().unwrap().iter();
            keys.map(move |(key, values)| condition(operator, key, &strings(values)))
        })
        .collect()
}

fn condition(operator: &str, key: &str, values: &[&str]) -> String {
    let (guard, key) = match key {
        "aws:PrincipalTag/team" => (None, "context.team".to_owned()),
        "aws:SourceIp" => (None, "context.source_ip".to_owned()),
        "aws:CurrentTime" => (None, "context.now".to_owned()),
        other => (
            Some(format!("context has {other:?}")),
            format!("context[{other:?}]"),
        ),
    };
    let each = |expression: &dyn Fn(&str) -> String| any(values.iter().map(|it| expression(it)));
    let test = match (operator, values) {
        ("StringEquals", [one]) => format!("{key} == {one:?}"),
        ("StringEquals", _) => format!("{values:?}.contains({key})"),
        ("StringLike", _) => each(&|value| format!("{key} like {value:?}")),
        ("IpAddress", _) => each(&|value| format!("{key}.isInRange(ip({value:?}))")),
        ("DateLessThan", _) => each(&|value| format!("{key} < datetime({value:?})")),
        ("ForAllValues:StringEquals", _) => format!("{values:?}.containsAll({key})"),
        ("Null", ["false"]) => return guard.unwrap(),
        _ => panic!("{operator} {values:?}"),
    };
    match guard {
        Some(guard) => format!("{guard} && {test}"),
        None => test,
    }
}

fn any(expressions: impl Iterator<Item = String>) -> String {
    let expressions: Vec<String> = expressions.collect();
    match expressions.as_slice() {
        [one] => one.clone(),
        _ => format!("({})", expressions.join(" || ")),
    }
}

/// A string, or the strings of a list.
fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(values) => values.iter().map(|it| it.as_str().unwrap()).collect(),
        one => vec![one.as_str().unwrap()],
    }
}
