//! The comparison means nothing where the generator never goes: every corner must be reached.

use std::collections::BTreeMap;

use crate::engine::Engine;
use crate::naive::{self, Notes};
use crate::random::{self, Dice};

const WORLDS: u64 = 5_000;
const REQUESTS_EACH: u64 = 15;
/// Times that something must happen at least.
const ENOUGH: u64 = 1;

const LAYERS: [&str; 7] = [
    "Identity", "Boundary", "Session", "Resource", "Trust", "Scp", "Rcp",
];

const EVENTS: &[&str] = &[
    "Allowed",
    "unconditional",
    "NotAction true",
    "NotAction false",
    "NotResource true",
    "NotResource false",
    "NotPrincipal true role session",
    "NotPrincipal false role session",
    "NotPrincipal true user",
    "NotPrincipal false user",
    "NotPrincipal true federated user",
    "NotPrincipal false federated user",
    "NotPrincipal true root",
    "NotPrincipal false root",
    "NotPrincipal true service",
    "NotPrincipal false service",
    "NotPrincipal true anonymous",
    "a pinned name stands",
    "a pinned name does not stand",
    "resource policy grants None",
    "resource policy grants Some(Account)",
    "resource policy grants Some(Role)",
    "resource policy grants Some(Direct)",
    "a direct grant to a narrowed user",
    "user own resource: ImplicitlyDenied(Session)",
    "user own resource: ImplicitlyDenied(Boundary)",
    "variable: value",
    "variable: default",
    "variable: escape",
    "variable: none",
    "anonymous foreign resource: Allowed",
    "service foreign resource: Allowed",
    "service foreign role: Allowed",
    "web identity foreign role: Allowed",
    "root own resource: Allowed",
    "root foreign resource: Allowed",
    "root own role: Allowed",
    "user own resource: Allowed",
    "user foreign resource: Allowed",
    "user own role: Allowed",
    "user foreign role: Allowed",
    "role session own resource: Allowed",
    "role session foreign resource: Allowed",
    "role session own role: Allowed",
    "role session foreign role: Allowed",
    "federated user own resource: Allowed",
    "federated user foreign resource: Allowed",
    "role session own resource: ImplicitlyDenied(Boundary)",
    "role session own resource: ImplicitlyDenied(Session)",
    "role session foreign resource: ImplicitlyDenied(Identity)",
    "federated user own resource: ImplicitlyDenied(Session)",
    "root own resource: ImplicitlyDenied(Scp)",
    "anonymous foreign resource: ImplicitlyDenied(Rcp)",
    "web identity foreign role: ImplicitlyDenied(Trust)",
    "web identity foreign role: ExplicitlyDenied(Trust)",
    "Null present true",
    "Null present false",
    "Null absent true",
    "Null absent false",
];

const OPERATORS: [&str; 26] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnNotEquals",
    "ArnLike",
    "ArnNotLike",
];

#[test]
fn the_random_cases_reach_every_corner() {
    let notes = Notes::on();
    for seed in 0..WORLDS {
        let mut dice = Dice::Seed(!seed);
        let trust = random::is_about_a_role(&mut dice);
        let world = random::world(&mut dice, trust);
        if Engine::new(&world).is_err() {
            continue;
        }
        for _ in 0..REQUESTS_EACH {
            let question = random::question(&mut dice, trust);
            naive::decide(&world, &question, &notes);
        }
    }
    let counts = notes.counts();
    let missing: Vec<String> = expected()
        .into_iter()
        .filter(|event| counts.get(event).is_none_or(|count| *count < ENOUGH))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}\n{}", shares(&counts));
    // Neither answer may be a rarity.
    let of = |name: &str| counts.get(name).copied().unwrap_or_default();
    let (allowed, all) = (of("Allowed"), WORLDS * REQUESTS_EACH);
    assert!(allowed * 10 > all, "{}", shares(&counts));
    assert!(allowed * 2 < all, "{}", shares(&counts));
}

fn expected() -> Vec<String> {
    let mut events: Vec<String> = EVENTS.iter().map(|event| (*event).to_owned()).collect();
    for layer in LAYERS {
        events.push(format!("ExplicitlyDenied({layer})"));
        events.push(format!("ImplicitlyDenied({layer})"));
    }
    for operator in OPERATORS {
        for set in ["", "ForAllValues:", "ForAnyValue:"] {
            for suffix in ["", "IfExists"] {
                let name = format!("{set}{operator}{suffix}");
                events.push(format!("{name} present true"));
                events.push(format!("{name} present false"));
                let absent = suffix == "IfExists"
                    || set == "ForAllValues:"
                    || (set.is_empty() && operator.contains("Not"));
                events.push(format!("{name} absent {absent}"));
            }
        }
    }
    events
}

fn shares(counts: &BTreeMap<String, u64>) -> String {
    counts
        .iter()
        .map(|(event, count)| format!("{count:9} {event}\n"))
        .collect()
}
