//! A pattern (the first line) and a text (what follows): as action, as resource, as the operand of
//! `StringLike` and of `ArnLike`. The engine and the naive evaluator must agree on each.
#![no_main]
#![allow(
    dead_code,
    reason = "the tests of the policy crate use more of what is shared"
)]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value as Json, json};

#[path = "../../crates/policy/tests/naive/engine.rs"]
mod engine;
#[path = "../../crates/policy/tests/naive/naive.rs"]
mod naive;

use engine::Engine;
use naive::{Caller, Held, Notes, Question, World};

/// The naive evaluator takes time in the product of both lengths.
const LONGEST: usize = 600;

const PLACE: &str = "arn:aws:s3:::b/";

fuzz_target!(|input: &str| {
    let Some((pattern, text)) = input.split_once('\n') else {
        return;
    };
    if pattern.len() > LONGEST || text.len() > LONGEST {
        return;
    }
    let anywhere = format!("{PLACE}{text}");
    for operator in ["StringLike", "StringNotLike", "ArnLike", "StringEquals"] {
        let condition = json!({ operator: { "x:text": pattern } });
        check(
            pattern,
            "*",
            "*",
            condition,
            ("s3:GetObject", &anywhere, text),
        );
    }
    let places = format!("{PLACE}{pattern}");
    check(
        pattern,
        "*",
        &places,
        json!({}),
        ("s3:GetObject", &anywhere, text),
    );
    if !pattern.contains(':') && !text.contains(':') {
        let (actions, action) = (format!("s3:{pattern}"), format!("s3:{text}"));
        check(
            pattern,
            &actions,
            "*",
            json!({}),
            (&action, &anywhere, text),
        );
    }
});

fn check(
    pattern: &str,
    action: &str,
    resource: &str,
    condition: Json,
    (asked, place, text): (&str, &str, &str),
) {
    // Half of a variable may be read in several ways; without variables there is one.
    let version = if pattern.contains("${") {
        "2008-10-17"
    } else {
        "2012-10-17"
    };
    let world = World {
        identity: vec![json!({
            "Version": version,
            "Statement": {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition},
        })],
        ..World::default()
    };
    let account = "111122223333".to_owned();
    let question = Question {
        caller: Caller::User {
            arn: format!("arn:aws:iam::{account}:user/alice"),
            id: "AIDAALICE".to_owned(),
            account,
        },
        action: asked.to_owned(),
        resource: place.to_owned(),
        owner: None,
        context: vec![("x:text".to_owned(), Held::One(text.to_owned()))],
    };
    let engine = Engine::new(&world).expect("a policy");
    assert_eq!(
        engine.decide(&question),
        naive::decide(&world, &question, &Notes::off()),
        "engine (left) and naive evaluator (right): {question:?} {world:?}"
    );
}
