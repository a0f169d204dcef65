//! The policy of a form that somebody has signed, and its fields: what is stored meets every condition, as another reader of the
//! policy sees it. `NAME=VALUE` lines, an empty line, a list of conditions in JSON.
#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daypass_fuzz::s3::World;
use door::Form;
use http::Method;
use jiff::SignedDuration;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

static WORLD: LazyLock<World> = LazyLock::new(World::new);

const FILE: &[u8] = b"0123456789";

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let Some((head, conditions)) = text.split_once("\n\n") else {
        return;
    };
    let mut fields = BTreeMap::new();
    for line in head.lines() {
        let Some((name, value)) = line.split_once('=') else {
            return;
        };
        fields.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let expiration = WORLD.now() + SignedDuration::from_mins(5);
    let policy = format!(r#"{{"expiration":"{expiration}","conditions":{conditions}}}"#);
    let form = Form {
        fields: fields.clone().into_iter().collect(),
        file_name: Some("dir/file.txt".into()),
        policy: Some(STANDARD.encode(&policy)),
    };
    let outcome = WORLD.post(form, FILE, &WORLD.writer);
    outcome.check(&Method::POST);
    if outcome.status.is_success() || outcome.status.is_redirection() {
        let policy: Value = serde_json::from_str(&policy).expect("a policy that was met is JSON");
        let signing = [
            "policy",
            "x-amz-algorithm",
            "x-amz-credential",
            "x-amz-date",
            "x-amz-security-token",
            "x-amz-signature",
        ];
        let fields: BTreeMap<String, String> = fields
            .into_iter()
            .map(|(name, value)| match signing.contains(&name.as_str()) {
                true => (name, value),
                false => (name, value.replace("${filename}", "file.txt")),
            })
            .collect();
        meets(&policy["conditions"], &fields);
    }
});

/// Each condition holds, and each field has one.
fn meets(conditions: &Value, fields: &BTreeMap<String, String>) {
    let mut named = Vec::new();
    for condition in conditions.as_array().expect("a list") {
        let (operator, name, value) = match condition {
            Value::Object(pair) => {
                let (name, value) = pair.iter().next().expect("a pair");
                assert_eq!(pair.len(), 1, "{condition}");
                ("eq".to_owned(), format!("${name}"), value)
            }
            Value::Array(three) => {
                assert_eq!(three.len(), 3, "{condition}");
                let operator = three[0].as_str().expect("an operator").to_ascii_lowercase();
                if operator == "content-length-range" {
                    assert!(number(&three[1]) <= FILE.len() as u64, "{condition}");
                    assert!(number(&three[2]) >= FILE.len() as u64, "{condition}");
                    continue;
                }
                (
                    operator,
                    three[1].as_str().expect("a name").to_owned(),
                    &three[2],
                )
            }
            other => panic!("{other}"),
        };
        let name = name
            .strip_prefix('$')
            .expect("a field")
            .to_ascii_lowercase();
        let value = value.as_str().expect("a text");
        let field = match name.as_str() {
            "bucket" => "bucket",
            other => fields.get(other).expect("the field is there"),
        };
        match operator.as_str() {
            "eq" => assert_eq!(field, value, "{condition}"),
            "starts-with" if name == "content-type" => {
                assert!(
                    field.split(',').all(|one| one.trim().starts_with(value)),
                    "{condition}"
                );
            }
            "starts-with" => assert!(field.starts_with(value), "{condition}"),
            other => panic!("{other}"),
        }
        named.push(name);
    }
    assert!(named.iter().any(|name| name == "bucket"));
    for field in fields.keys() {
        let exempt = ["policy", "file", "x-amz-signature"].contains(&field.as_str());
        assert!(
            exempt || field.starts_with("x-ignore-") || named.contains(field),
            "{field}"
        );
    }
}

fn number(value: &Value) -> u64 {
    match value {
        Value::String(text) => text.parse().expect("digits"),
        other => other.as_u64().expect("a number"),
    }
}
