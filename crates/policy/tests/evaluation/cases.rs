//! 4,000 random requests with the decisions of an independent implementation.

use std::collections::BTreeMap;
use std::io::Read;

use policy::{
    AccountId, Context, DocumentKind, Layer, Outcome, Policies, Policy, Principal, Request,
    RoleSession, Source, Value, decide,
};
use serde_json::Value as Json;

/// Where that implementation departs from AWS's documentation, and we do not follow it: the cases
/// and our decision.
const DEPARTURES: &[(&str, &[(u32, &str)])] = &[
    (
        "`0.0.0.0/0` is every IPv4 address, not one",
        &[
            (14, "ExplicitlyDenied"),
            (643, "Allowed"),
            (991, "ImplicitlyDenied"),
            (1590, "Allowed"),
            (1956, "Allowed"),
            (2214, "ImplicitlyDenied"),
            (2846, "ImplicitlyDenied"),
            (3301, "Allowed"),
            (3403, "ExplicitlyDenied"),
            (3633, "Allowed"),
            (3813, "Allowed"),
        ],
    ),
    (
        "an IPv6 address is none of the IPv4 addresses that NotIpAddress names",
        &[(2988, "Allowed"), (3432, "Allowed")],
    ),
    (
        "IfExists is true for a missing key under every operator, ForAnyValue included",
        &[
            (344, "Allowed"),
            (3189, "Allowed"),
            (3245, "Allowed"),
            (3250, "ExplicitlyDenied"),
            (3546, "ExplicitlyDenied"),
            (3548, "ExplicitlyDenied"),
        ],
    ),
    (
        "both of `0.0.0.0/0` and IfExists",
        &[(3054, "ExplicitlyDenied")],
    ),
    (
        "a variable without a value equals nothing, so a negated operator matches",
        &[
            (405, "ExplicitlyDenied"),
            (1223, "Allowed"),
            (2688, "Allowed"),
            (3143, "ExplicitlyDenied"),
            (3355, "ExplicitlyDenied"),
        ],
    ),
    (
        "`NotResource` with a variable without a value matches nothing, whatever the rest of the ARN",
        &[
            (1100, "ImplicitlyDenied"),
            (1488, "ImplicitlyDenied"),
            (2575, "ImplicitlyDenied"),
        ],
    ),
    (
        "a grant to everybody reaches a session directly, whatever its session policy lacks",
        &[
            (27, "Allowed"),
            (422, "Allowed"),
            (551, "Allowed"),
            (1311, "Allowed"),
            (1358, "Allowed"),
            (1713, "Allowed"),
            (1737, "Allowed"),
            (1848, "Allowed"),
            (2206, "Allowed"),
            (3816, "Allowed"),
        ],
    ),
];

#[test]
fn every_case_is_decided_alike() {
    let packed: &[u8] = include_bytes!("../cases/policy-decisions.jsonl.gz");
    let mut lines = String::new();
    flate2::read::GzDecoder::new(packed)
        .read_to_string(&mut lines)
        .unwrap();
    let mut departures: BTreeMap<String, &str> = DEPARTURES
        .iter()
        .flat_map(|(_, cases)| cases.iter())
        .map(|(number, ours)| (format!("101-{number}"), *ours))
        .collect();
    let mut differing = Vec::new();
    let mut count = 0;
    for line in lines.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let outcome = match run(&case) {
            Outcome::Allowed => "Allowed",
            Outcome::ImplicitlyDenied(_) => "ImplicitlyDenied",
            Outcome::ExplicitlyDenied(_) => "ExplicitlyDenied",
        };
        count += 1;
        let name = case["name"].as_str().unwrap();
        let theirs = case["decision"].as_str().unwrap();
        let expected = departures.remove(name).unwrap_or(theirs);
        if outcome != expected {
            differing.push(format!("{name} expected {expected} got {outcome}"));
        }
    }
    assert_eq!(count, 4_000);
    assert!(departures.is_empty(), "no such cases: {departures:?}");
    assert!(
        differing.is_empty(),
        "{} differ:\n{}",
        differing.len(),
        differing.join("\n")
    );
}

fn run(case: &Json) -> Outcome {
    let principal = principal(&case["principal"]);
    let context = context(&case["context"]);
    let identity = documents(DocumentKind::Identity, &case["identity"]);
    let boundary = documents(DocumentKind::Boundary, &case["boundary"]);
    let session = documents(DocumentKind::Session, &case["session"]);
    let resource = documents(DocumentKind::Resource, &case["resourcePolicy"]);
    let scps: Vec<Vec<Policy>> = match &case["scp"] {
        Json::Array(levels) => levels
            .iter()
            .map(|level| documents(DocumentKind::Scp, level))
            .collect(),
        _ => Vec::new(),
    };
    let identity = sources(&identity);
    let boundary = (!case["boundary"].is_null()).then_some(sources(&boundary));
    let session = (!case["session"].is_null()).then_some(sources(&session));
    let scps: Vec<Vec<Source<'_>>> = scps.iter().map(|level| sources(level)).collect();
    let scps: Vec<&[Source<'_>]> = scps.iter().map(Vec::as_slice).collect();
    let owner: AccountId = case["resourceAccount"].as_str().unwrap().parse().unwrap();
    let request = Request {
        principal: &principal,
        action: case["action"].as_str().unwrap(),
        resource: case["resource"].as_str().unwrap(),
        resource_account: Some(owner),
        context: &context,
    };
    let policies = Policies {
        identity: &identity,
        boundary: boundary.as_deref(),
        session: session.as_deref(),
        resource: sources(&resource).first().copied(),
        scps: (!case["scp"].is_null()).then_some(scps.as_slice()),
        ..Policies::default()
    };
    let decision = decide(&request, &policies);
    assert_eq!(decision.is_allowed(), decision.outcome == Outcome::Allowed);
    if let Outcome::ExplicitlyDenied(layer) = decision.outcome {
        assert_eq!(
            decision.policy.as_ref().map(|policy| policy.layer),
            Some(layer)
        );
        assert_ne!(layer, Layer::Trust);
    }
    decision.outcome
}

fn principal(arn: &Json) -> Principal {
    let Some(arn) = arn.as_str() else {
        return Principal::Anonymous;
    };
    let session_arn: policy::Arn = arn.parse().unwrap();
    let account: AccountId = session_arn.account().parse().unwrap();
    let mut names = session_arn.resource().split('/');
    match (names.next().unwrap(), names.next().unwrap(), names.next()) {
        ("user", name, None) => Principal::User {
            account,
            arn: session_arn.clone(),
            unique_id: format!("AIDA{name}"),
        },
        ("assumed-role", role, Some(session)) => Principal::Role(Box::new(RoleSession {
            account,
            role_arn: format!("arn:aws:iam::{account}:role/{role}")
                .parse()
                .unwrap(),
            role_id: format!("AROA{role}"),
            session_arn: session_arn.clone(),
            session_name: session.to_owned(),
            federated_provider: None,
        })),
        _ => panic!("{arn}"),
    }
}

fn context(keys: &Json) -> Context {
    let value = |json: &Json| match json {
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::Many(
            items
                .iter()
                .map(|item| item.as_str().unwrap().to_owned())
                .collect(),
        ),
        other => panic!("{other}"),
    };
    keys.as_object()
        .unwrap()
        .iter()
        .map(|(key, json)| (key.as_str(), value(json)))
        .collect()
}

fn documents(kind: DocumentKind, json: &Json) -> Vec<Policy> {
    let parse = |document: &Json| {
        let text = document.to_string();
        Policy::parse(kind, &text)
            .unwrap_or_else(|error| panic!("{error}: {}\n{text}", error.reason()))
    };
    match json {
        Json::Null => Vec::new(),
        Json::Array(documents) => documents.iter().map(parse).collect(),
        document => vec![parse(document)],
    }
}

fn sources(policies: &[Policy]) -> Vec<Source<'_>> {
    policies
        .iter()
        .map(|policy| Source {
            policy,
            arn: None,
            name: "case",
        })
        .collect()
}
