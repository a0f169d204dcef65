//! Truth tables: every operator, every form of it, every number of values, through `decide`
//! (IAM User Guide, "Condition operators" and "Set operators for multivalued context keys").

use crate::support::{HOME, World, allow, parse, user};
use policy::{DocumentKind, Outcome, Value};
use serde_json::json;

/// What a request holds under the key.
#[derive(Debug, Clone, Copy)]
enum Held {
    Absent,
    EmptyList,
    EmptyText,
    OneMatching,
    OneOther,
    AllMatching,
    SomeMatching,
    NoneMatching,
}

/// The forms of an operator, in the order of the columns below.
const FORMS: [(&str, &str); 6] = [
    ("", ""),
    ("", "IfExists"),
    ("ForAllValues:", ""),
    ("ForAnyValue:", ""),
    ("ForAllValues:", "IfExists"),
    ("ForAnyValue:", "IfExists"),
];

const T: bool = true;
const F: bool = false;

#[rustfmt::skip]
const POSITIVE: [(Held, [bool; 6]); 8] = [
    //                    plain  IfExists  ForAll  ForAny  ForAll…IfExists  ForAny…IfExists
    (Held::Absent,       [F,     T,        T,      F,      T,               T]),
    (Held::EmptyList,    [F,     T,        T,      F,      T,               T]),
    (Held::EmptyText,    [F,     F,        T,      F,      T,               F]),
    (Held::OneMatching,  [T,     T,        T,      T,      T,               T]),
    (Held::OneOther,     [F,     F,        F,      F,      F,               F]),
    (Held::AllMatching,  [F,     F,        T,      T,      T,               T]),
    (Held::SomeMatching, [F,     F,        F,      T,      F,               T]),
    (Held::NoneMatching, [F,     F,        F,      F,      F,               F]),
];

#[rustfmt::skip]
const NEGATED: [(Held, [bool; 6]); 8] = [
    //                    plain  IfExists  ForAll  ForAny  ForAll…IfExists  ForAny…IfExists
    (Held::Absent,       [T,     T,        T,      F,      T,               T]),
    (Held::EmptyList,    [T,     T,        T,      F,      T,               T]),
    (Held::EmptyText,    [T,     T,        T,      T,      T,               T]),
    (Held::OneMatching,  [F,     F,        F,      F,      F,               F]),
    (Held::OneOther,     [T,     T,        T,      T,      T,               T]),
    (Held::AllMatching,  [F,     F,        F,      F,      F,               F]),
    (Held::SomeMatching, [F,     F,        F,      T,      F,               T]),
    (Held::NoneMatching, [F,     F,        T,      T,      T,               T]),
];

/// An operator with operands, two values that match one of them, and two that match none. For a
/// negated operator, matching is what it rules out.
struct Row {
    operator: &'static str,
    operands: &'static [&'static str],
    matching: [&'static str; 2],
    other: [&'static str; 2],
}

const fn row(
    operator: &'static str,
    operands: &'static [&'static str],
    matching: [&'static str; 2],
    other: [&'static str; 2],
) -> Row {
    Row {
        operator,
        operands,
        matching,
        other,
    }
}

#[rustfmt::skip]
const POSITIVE_OPERATORS: [Row; 18] = [
    row("StringEquals", &["a", "b*"], ["a", "b*"], ["A", "bc"]),
    row("StringEqualsIgnoreCase", &["a", "b*"], ["A", "B*"], ["c", "bc"]),
    row("StringLike", &["a*", "?b"], ["abc", "xb"], ["Abc", "xbx"]),
    row("NumericEquals", &["10", "-1.5"], ["10.0", "-1.50"], ["11", "ten"]),
    row("NumericLessThan", &["10", "5"], ["9.99", "-100"], ["10", "11"]),
    row("NumericLessThanEquals", &["10", "5"], ["10.0", "7"], ["10.01", "ten"]),
    row("NumericGreaterThan", &["10", "20"], ["10.01", "100"], ["10", "-11"]),
    row("NumericGreaterThanEquals", &["10", "20"], ["10", "1000"], ["9.99", "ten"]),
    row("DateEquals", &["2026-11-21T20:00:00Z", "0"], ["1795291200", "1970-01-01T00:00:00Z"], ["2026-11-21T20:00:01Z", "soon"]),
    row("DateLessThan", &["2026-11-21T20:00:00Z"], ["2026-11-21T20:59:59+01:00", "1795291199"], ["2026-11-21T20:00:00Z", "2027-01-01"]),
    row("DateLessThanEquals", &["2026-11-21T20:00:00Z"], ["2026-11-21T21:00:00+01:00", "0"], ["1795291201", "soon"]),
    row("DateGreaterThan", &["2026-11-21"], ["2026-11-21T00:00:00.001Z", "1795219201"], ["2026-11-21T00:00:00Z", "2025-01-01"]),
    row("DateGreaterThanEquals", &["2026-11-21"], ["1795219200", "2027-01-01T00:00:00Z"], ["1795219199", "soon"]),
    row("Bool", &["true"], ["true", "TRUE"], ["false", "1"]),
    row("BinaryEquals", &["YQ==", "YWI="], ["YQ==", "YWI="], ["yQ==", "YQ"]),
    row("IpAddress", &["10.1.0.0/16", "2001:db8::/32"], ["10.1.255.1", "2001:db8:1::1"], ["10.2.0.1", "::ffff:10.2.0.1"]),
    row("ArnEquals", &["arn:aws:s3:::b*", "arn:aws:iam::*:role/?pp"], ["arn:aws:s3:::bucket/x:y", "arn:aws:iam::123456789012:role/app"], ["arn:aws:s3:eu-west-1::b", "b"]),
    row("ArnLike", &["arn:aws:s3:::b*", "arn:aws:iam::*:role/?pp"], ["arn:aws:s3:::bucket/x:y", "arn:aws:iam::123456789012:role/app"], ["arn:aws:s3:eu-west-1::b", "b"]),
];

#[rustfmt::skip]
const NEGATED_OPERATORS: [Row; 8] = [
    row("StringNotEquals", &["a", "b*"], ["a", "b*"], ["A", "bc"]),
    row("StringNotEqualsIgnoreCase", &["a", "b*"], ["A", "B*"], ["c", "bc"]),
    row("StringNotLike", &["a*", "?b"], ["abc", "xb"], ["Abc", "xbx"]),
    row("NumericNotEquals", &["10", "-1.5"], ["10.0", "-1.50"], ["11", "ten"]),
    row("DateNotEquals", &["2026-11-21T20:00:00Z", "0"], ["1795291200", "1970-01-01T00:00:00Z"], ["2026-11-21T20:00:01Z", "soon"]),
    row("NotIpAddress", &["10.1.0.0/16", "2001:db8::/32"], ["10.1.255.1", "2001:db8:1::1"], ["10.2.0.1", "x"]),
    row("ArnNotEquals", &["arn:aws:s3:::b*", "arn:aws:iam::*:role/?pp"], ["arn:aws:s3:::bucket/x:y", "arn:aws:iam::123456789012:role/app"], ["arn:aws:s3:eu-west-1::b", "b"]),
    row("ArnNotLike", &["arn:aws:s3:::b*", "arn:aws:iam::*:role/?pp"], ["arn:aws:s3:::bucket/x:y", "arn:aws:iam::123456789012:role/app"], ["arn:aws:s3:eu-west-1::b", "b"]),
];

#[test]
fn positive_operators_follow_their_truth_table_through_decide() {
    check(&POSITIVE_OPERATORS, &POSITIVE);
}

#[test]
fn negated_operators_follow_their_truth_table_through_decide() {
    check(&NEGATED_OPERATORS, &NEGATED);
}

#[test]
fn null_follows_its_truth_table_through_decide() {
    let row = row("Null", &[], ["a", "b"], ["", "false"]);
    for (held, absent) in [
        (Held::Absent, T),
        (Held::EmptyList, T),
        (Held::EmptyText, F),
        (Held::OneMatching, F),
        (Held::OneOther, F),
        (Held::AllMatching, F),
        (Held::NoneMatching, F),
    ] {
        assert_holds("Null", &["true"], &row, held, absent);
        assert_holds("Null", &["false"], &row, held, !absent);
    }
}

fn check(rows: &[Row], table: &[(Held, [bool; 6]); 8]) {
    for row in rows {
        for (held, expected) in table {
            for ((set, suffix), expected) in FORMS.iter().zip(expected) {
                let operator = format!("{set}{}{suffix}", row.operator);
                assert_holds(&operator, row.operands, row, *held, *expected);
            }
        }
    }
}

/// A statement with the condition allows, and denies, exactly if the condition holds.
fn assert_holds(operator: &str, operands: &[&str], row: &Row, held: Held, expected: bool) {
    let statement = |effect: &str| {
        let document = json!({
            "Version": "2012-10-17",
            "Statement": {
                "Effect": effect, "Action": "*", "Resource": "*",
                "Condition": { operator: { "x:key": operands } },
            },
        });
        parse(DocumentKind::Identity, &document.to_string())
    };
    let mut world = World {
        identity: vec![statement("Allow")],
        ..World::default()
    };
    if let Some(value) = value(row, held) {
        world.context.insert("X:Key", value);
    }
    let case = format!("{operator} {operands:?} {held:?} {:?}", world.context);
    assert_eq!(world.ask(&user(), HOME).is_allowed(), expected, "{case}");
    world.identity = vec![allow(), statement("Deny")];
    let denied = matches!(
        world.ask(&user(), HOME).outcome,
        Outcome::ExplicitlyDenied(_)
    );
    assert_eq!(denied, expected, "Deny {case}");
}

fn value(row: &Row, held: Held) -> Option<Value> {
    let many = |values: &[&str]| {
        let values = values.iter().map(|value| (*value).to_owned());
        Some(Value::Many(values.collect()))
    };
    let ([first, second], [other, another]) = (row.matching, row.other);
    match held {
        Held::Absent => None,
        Held::EmptyList => many(&[]),
        Held::EmptyText => Some("".into()),
        Held::OneMatching => Some(first.into()),
        Held::OneOther => Some(other.into()),
        Held::AllMatching => many(&[first, second]),
        Held::SomeMatching => many(&[other, second]),
        Held::NoneMatching => many(&[other, another]),
    }
}

/// The second matching and the second other value count for themselves too, not only in lists.
#[test]
fn each_value_of_the_truth_tables_matches_or_not_by_itself() {
    for (rows, negated) in [(&POSITIVE_OPERATORS[..], F), (&NEGATED_OPERATORS[..], T)] {
        for row in rows {
            for (values, matches) in [(row.matching, T), (row.other, F)] {
                for value in values {
                    let single = Row {
                        matching: [value, value],
                        operands: row.operands,
                        other: row.other,
                        operator: row.operator,
                    };
                    let expected = matches != negated;
                    assert_holds(
                        row.operator,
                        row.operands,
                        &single,
                        Held::OneMatching,
                        expected,
                    );
                }
            }
        }
    }
}
