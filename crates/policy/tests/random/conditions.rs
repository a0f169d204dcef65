//! Condition blocks and the keys of requests.

use serde_json::{Map, Value as Json, json};

use super::dice::Dice;
use super::words::{PROVIDER, ROLE_ARN, USER_ARN};
use crate::naive::Held;

/// Operators with the kind of value that they compare.
const OPERATORS: &[(&str, &[&str])] = &[
    ("StringEquals", TEXTS),
    ("StringNotEquals", TEXTS),
    ("StringEqualsIgnoreCase", TEXTS),
    ("StringNotEqualsIgnoreCase", TEXTS),
    ("StringLike", TEXTS),
    ("StringNotLike", TEXTS),
    ("NumericEquals", NUMBERS),
    ("NumericNotEquals", NUMBERS),
    ("NumericLessThan", NUMBERS),
    ("NumericLessThanEquals", NUMBERS),
    ("NumericGreaterThan", NUMBERS),
    ("NumericGreaterThanEquals", NUMBERS),
    ("DateEquals", DATES),
    ("DateNotEquals", DATES),
    ("DateLessThan", DATES),
    ("DateLessThanEquals", DATES),
    ("DateGreaterThan", DATES),
    ("DateGreaterThanEquals", DATES),
    ("Bool", BOOLEANS),
    ("BinaryEquals", BYTES),
    ("IpAddress", ADDRESSES),
    ("NotIpAddress", ADDRESSES),
    ("ArnEquals", ARNS),
    ("ArnNotEquals", ARNS),
    ("ArnLike", ARNS),
    ("ArnNotLike", ARNS),
];

/// Forms that every operator but `Null` has.
const SETS: &[&str] = &["", "", "ForAllValues:", "ForAnyValue:"];

const TEXTS: &[&str] = &[
    "alice",
    "Alice",
    "*",
    "a*",
    "?lice",
    "",
    "team-a",
    "É",
    "é",
    "a\nb",
    "${aws:username}",
    "${aws:PrincipalTag/team}",
    "${aws:PrincipalTag/team, 'alice'}",
    "${*}",
    "a${*}",
    "${?}lice",
    "${aws:TagKeys}",
    "*${aws:username}*",
    "${$}{aws:username}",
    "alice:bob",
];
const NUMBERS: &[&str] = &[
    "0",
    "10",
    "10.0",
    "010",
    "-1",
    "-0",
    "9.99",
    "12345",
    "9007199254740993",
    "9007199254740992",
    "18446744073709551616.5",
    "0.1",
    "0.10",
    "x",
    "",
];
const DATES: &[&str] = &[
    "2026-11-21T20:00:00Z",
    "2026-11-21T21:00:00+01:00",
    "2026-11-21",
    "2026-11-21T00:00:00Z",
    "1795291200",
    "1795219200",
    "2026-11-21T20:00:00.000Z",
    "2026-11-21T20:00:00.001Z",
    "2024-02-29T23:59Z",
    "1969-12-31T23:59:59Z",
    "0",
];
const BAD_DATES: &[&str] = &[
    "",
    "soon",
    "2026-13-01T00:00:00Z",
    "2025-02-29",
    "2026-11-21T25:00:00Z",
];
const BOOLEANS: &[&str] = &[
    "true",
    "false",
    "True",
    "FALSE",
    "yes",
    "",
    "${aws:SecureTransport}",
];
const BYTES: &[&str] = &["", "YQ==", "YWI=", "YWJj", "yQ==", "YQ", "*", "/+8="];
const ADDRESSES: &[&str] = &[
    "10.1.2.3",
    "10.1.2.0/24",
    "10.1.2.3/8",
    "0.0.0.0/0",
    "10.1.2.3/32",
    "192.0.2.7",
    "::/0",
    "2001:db8::1",
    "2001:db8::/32",
    "2001:db8::1/33",
    "::ffff:10.1.2.3",
    "::ffff:10.0.0.0/104",
    "::ffff:0:0/96",
    "::ffff:0:0/90",
    "10.1.2.3/33",
    "10.1.2",
    "",
    "x",
];
const ARNS: &[&str] = &[
    USER_ARN,
    ROLE_ARN,
    PROVIDER,
    "arn:aws:s3:::data",
    "arn:aws:s3:::data/a:b",
    "arn:aws:iam::*:user/*",
    "arn:aws:iam::111122223333:*",
    "arn:*:iam::*:role/team/?pp",
    "arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}",
    "${aws:PrincipalArn}",
    "arn:aws:*:*:*:*",
    "*",
    "",
    "arn:aws:iam*",
    "arn:aws:s3:::data/*",
    "arn:aws:sns:us-*:1*:t",
    "arn:aws:sns:us-east-1:111122223333:t",
];

/// Keys, with the kind of value that they have.
const KEYS: &[(&str, &[&str])] = &[
    ("aws:username", TEXTS),
    ("aws:PrincipalTag/team", TEXTS),
    ("aws:TagKeys", TEXTS),
    ("s3:max-keys", NUMBERS),
    ("aws:CurrentTime", DATES),
    ("aws:SecureTransport", BOOLEANS),
    ("x:blob", BYTES),
    ("aws:SourceIp", ADDRESSES),
    ("aws:PrincipalArn", ARNS),
    (
        "aws:PrincipalAccount",
        &["111122223333", "444455556666", "*"],
    ),
];

/// A value of `Condition`.
pub(super) fn condition(dice: &mut Dice<'_>) -> Json {
    let mut condition = Map::new();
    for _ in 0..1 + dice.roll(8) / 6 {
        if dice.chance(8) {
            let (key, _) = dice.one_of(KEYS);
            let answers = [json!("true"), json!("false"), json!(true), json!(["false"])];
            let wanted = dice.one_of(&answers);
            condition.insert("Null".to_owned(), json!({ *key: wanted }));
            continue;
        }
        let (name, kind) = dice.one_of(OPERATORS);
        let suffix = if dice.chance(25) { "IfExists" } else { "" };
        let operator = format!("{}{name}{suffix}", dice.pick(SETS));
        let mut keys = Map::new();
        for _ in 0..1 + dice.roll(8) / 7 {
            keys.insert(key_for(dice, kind), operands(dice, kind));
        }
        condition.insert(operator, Json::Object(keys));
    }
    Json::Object(condition)
}

/// A key that usually holds such values, its name in some case.
fn key_for(dice: &mut Dice<'_>, kind: &[&str]) -> String {
    let fitting: Vec<&str> = KEYS
        .iter()
        .filter(|(_, of)| std::ptr::eq(*of, kind))
        .map(|(key, _)| *key)
        .collect();
    let key = if fitting.is_empty() || dice.chance(10) {
        dice.one_of(KEYS).0
    } else {
        dice.pick(&fitting)
    };
    if dice.chance(10) {
        key.to_ascii_uppercase()
    } else {
        key.to_owned()
    }
}

fn operands(dice: &mut Dice<'_>, kind: &[&str]) -> Json {
    match dice.roll(10) {
        0..6 => operand(dice, kind),
        6 if dice.chance(20) => json!([]),
        _ => {
            let count = 1 + dice.roll(3);
            (0..count).map(|_| operand(dice, kind)).collect()
        }
    }
}

fn operand(dice: &mut Dice<'_>, kind: &[&str]) -> Json {
    let text = word(dice, kind);
    match text {
        "10" | "0" | "-1" | "12345" | "true" | "false" | "1795291200" if dice.chance(50) => {
            serde_json::from_str(text).unwrap_or_default()
        }
        text => json!(text),
    }
}

/// Mostly one of the first, so that values and operands often are the same.
fn word<'w>(dice: &mut Dice<'_>, kind: &'w [&'w str]) -> &'w str {
    let few = if dice.chance(60) { 3 } else { kind.len() };
    kind[dice.roll(few.min(kind.len()))]
}

/// The keys of a request.
pub(super) fn context(dice: &mut Dice<'_>) -> Vec<(String, Held)> {
    let mut context = Vec::new();
    for (key, kind) in KEYS {
        if dice.chance(25) {
            continue;
        }
        let kind: &[&str] = match dice.roll(30) {
            0 => BAD_DATES,
            1 => dice.one_of(KEYS).1,
            _ => kind,
        };
        let multivalued = *key == "aws:TagKeys" || dice.chance(20);
        let held = if multivalued {
            let count = dice.roll(4);
            Held::Many((0..count).map(|_| word(dice, kind).to_owned()).collect())
        } else {
            Held::One(word(dice, kind).to_owned())
        };
        let key = if dice.chance(5) {
            key.to_ascii_lowercase()
        } else {
            (*key).to_owned()
        };
        context.push((key, held));
    }
    context
}
