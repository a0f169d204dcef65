//! The naive evaluator on the recorded cases of `tests/cases`, which the engine is held to
//! by `tests/evaluation`.

use std::collections::BTreeMap;
use std::io::Read;

use policy::Outcome;
use serde_json::Value as Json;

use crate::engine::Engine;
use crate::naive::{self, Caller, Held, Notes, Question, World};

#[test]
fn the_naive_evaluator_agrees_on_the_recorded_cases() {
    let packed: &[u8] = include_bytes!("../cases/policy-decisions.jsonl.gz");
    let mut lines = String::new();
    flate2::read::GzDecoder::new(packed)
        .read_to_string(&mut lines)
        .unwrap();
    let mut theirs = 0;
    for line in lines.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let (world, question) = (world(&case), question(&case));
        let naive = naive::decide(&world, &question, &Notes::off());
        let engine = Engine::new(&world).unwrap().decide(&question);
        assert_eq!(engine, naive, "{case}");
        let word = match naive {
            Outcome::Allowed => "Allowed",
            Outcome::ImplicitlyDenied(_) => "ImplicitlyDenied",
            Outcome::ExplicitlyDenied(_) => "ExplicitlyDenied",
        };
        theirs += usize::from(case["decision"] == word);
    }
    // The rest are departures of the implementation that recorded them (see `evaluation`).
    assert_eq!((theirs, lines.lines().count()), (3_962, 4_000));
}

fn world(case: &Json) -> World {
    World {
        identity: list(&case["identity"]).unwrap_or_default(),
        boundary: list(&case["boundary"]),
        session: list(&case["session"]),
        resource: list(&case["resourcePolicy"]).and_then(|mut list| list.pop()),
        pins: BTreeMap::new(),
        trust: false,
        scps: case["scp"]
            .as_array()
            .map(|levels| levels.iter().filter_map(list).collect()),
        rcps: None,
    }
}

/// One document may stand without a list.
fn list(json: &Json) -> Option<Vec<Json>> {
    match json {
        Json::Null => None,
        Json::Array(documents) => Some(documents.clone()),
        document => Some(vec![document.clone()]),
    }
}

fn question(case: &Json) -> Question {
    let text = |name: &str| case[name].as_str().unwrap().to_owned();
    let held = |json: &Json| match json {
        Json::Array(values) => {
            let values = values
                .iter()
                .map(|value| value.as_str().unwrap().to_owned());
            Held::Many(values.collect())
        }
        one => Held::One(one.as_str().unwrap().to_owned()),
    };
    let context = case["context"].as_object().unwrap();
    Question {
        caller: caller(case["principal"].as_str()),
        action: text("action"),
        resource: text("resource"),
        owner: Some(text("resourceAccount")),
        context: context
            .iter()
            .map(|(key, value)| (key.clone(), held(value)))
            .collect(),
    }
}

fn caller(arn: Option<&str>) -> Caller {
    let Some(arn) = arn else {
        return Caller::Anonymous;
    };
    let account = arn.split(':').nth(4).unwrap().to_owned();
    let names: Vec<&str> = arn.split('/').skip(1).collect();
    match names[..] {
        [name] => Caller::User {
            id: format!("AIDA{name}"),
            arn: arn.to_owned(),
            account,
        },
        [role, session] => Caller::Role {
            role_arn: format!("arn:aws:iam::{account}:role/{role}"),
            role_id: format!("AROA{role}"),
            session_arn: arn.to_owned(),
            session_name: session.to_owned(),
            provider: None,
            account,
        },
        _ => panic!("{arn}"),
    }
}
