use super::*;

/// The four forms in which a value can be asked for.
const FORMS: [(&str, &str); 6] = [
    ("", ""),
    ("", "IfExists"),
    ("ForAllValues:", ""),
    ("ForAnyValue:", ""),
    ("ForAllValues:", "IfExists"),
    ("ForAnyValue:", "IfExists"),
];

fn holds(operator: &str, operands: &[&str], value: Option<Value>) -> bool {
    let operator = Operator::parse(operator).unwrap_or_else(|| panic!("{operator}"));
    let mut context: Context = [("aws:username", "alice")].into_iter().collect();
    if let Some(value) = value {
        context.insert("K", value);
    }
    Condition::new(
        operator,
        "k",
        operands,
        Variables::Expand,
        Written::default(),
    )
    .holds(&context)
}

fn many(values: &[&str]) -> Value {
    Value::Many(values.iter().map(|value| (*value).to_owned()).collect())
}

/// Operator, operand, a value that equals it, a value that does not.
const OPERATORS: &[(&str, &str, &str, &str)] = &[
    ("StringEquals", "a", "a", "A"),
    ("StringNotEquals", "a", "A", "a"),
    ("StringEqualsIgnoreCase", "a", "A", "b"),
    ("StringNotEqualsIgnoreCase", "a", "b", "A"),
    ("StringLike", "a*c", "abc", "abd"),
    ("StringNotLike", "a*c", "abd", "abc"),
    ("NumericEquals", "10", "10.0", "11"),
    ("NumericNotEquals", "10", "11", "1e1"),
    ("NumericLessThan", "10", "9.99", "10"),
    ("NumericLessThanEquals", "10", "10", "10.01"),
    ("NumericGreaterThan", "10", "11", "10"),
    ("NumericGreaterThanEquals", "10", "10", "9"),
    (
        "DateEquals",
        "2026-11-21T00:00:00Z",
        "1795219200",
        "1795219201",
    ),
    ("DateNotEquals", "2026-11-21", "1795219201", "1795219200"),
    (
        "DateLessThan",
        "2026-11-21",
        "2026-11-20T23:59:59.999Z",
        "2026-11-21",
    ),
    (
        "DateLessThanEquals",
        "2026-11-21",
        "2026-11-21T01:00:00+01:00",
        "2026-11-22",
    ),
    ("DateGreaterThan", "1795219200", "2026-11-22", "2026-11-21"),
    (
        "DateGreaterThanEquals",
        "2026-11-21",
        "2026-11-21",
        "2026-11-20",
    ),
    ("Bool", "true", "True", "false"),
    ("BinaryEquals", "Zm9v", "Zm9v", "Zm9w"),
    ("IpAddress", "10.0.0.0/8", "10.1.2.3", "11.0.0.1"),
    ("NotIpAddress", "10.0.0.0/8", "11.0.0.1", "10.1.2.3"),
    (
        "ArnEquals",
        "arn:aws:iam::*:role/*",
        "arn:aws:iam::1:role/a",
        "arn:aws:iam::1:user/a",
    ),
    (
        "ArnLike",
        "arn:aws:iam::*:role/*",
        "arn:aws:iam::1:role/a",
        "arn:aws:iam::1:user/a",
    ),
    (
        "ArnNotEquals",
        "arn:aws:iam::*:role/*",
        "arn:aws:iam::1:user/a",
        "arn:aws:iam::1:role/a",
    ),
    (
        "ArnNotLike",
        "arn:aws:iam::*:role/*",
        "arn:aws:iam::1:user/a",
        "arn:aws:iam::1:role/a",
    ),
];

#[test]
fn truth_table_of_every_operator_form_and_number_of_values() {
    for (operator, operand, good, bad) in OPERATORS {
        let negated = operator.contains("Not");
        for (prefix, suffix) in FORMS {
            let name = format!("{prefix}{operator}{suffix}");
            let ask = |value: Option<Value>| holds(&name, &[operand], value);
            // A key that is missing, and one whose set is empty, are the same.
            let missing = !suffix.is_empty()
                || match prefix {
                    "" => negated,
                    "ForAllValues:" => true,
                    _ => false,
                };
            assert_eq!(ask(None), missing, "{name} absent");
            assert_eq!(ask(Some(many(&[]))), missing, "{name} empty");
            assert!(ask(Some(Value::from(*good))), "{name} one good");
            assert!(!ask(Some(Value::from(*bad))), "{name} one bad");
            // Several values: without a set operator the question has no answer.
            let (all_good, mixed, all_bad) = match prefix {
                "" => (false, false, false),
                "ForAllValues:" => (true, false, false),
                _ => (true, true, false),
            };
            assert_eq!(ask(Some(many(&[good, good]))), all_good, "{name} many good");
            assert_eq!(ask(Some(many(&[good, bad]))), mixed, "{name} mixed");
            assert_eq!(ask(Some(many(&[bad, bad]))), all_bad, "{name} many bad");
            let single = !prefix.is_empty();
            assert_eq!(ask(Some(many(&[good]))), single, "{name} set of one");
        }
    }
}

#[test]
fn null_asks_whether_the_key_is_there() {
    for (value, there) in [
        (None, false),
        (Some(many(&[])), false),
        (Some(Value::from("")), true),
        (Some(Value::from("x")), true),
        (Some(many(&["x", "y"])), true),
    ] {
        assert_eq!(holds("Null", &["true"], value.clone()), !there, "{value:?}");
        assert_eq!(holds("Null", &["False"], value.clone()), there, "{value:?}");
        assert!(
            holds("Null", &["true", "false"], value.clone()),
            "{value:?}"
        );
        assert!(!holds("Null", &["maybe"], value.clone()), "{value:?}");
    }
}

#[test]
fn positive_operators_want_one_operand_and_negated_ones_none() {
    let a = || Some(Value::from("a"));
    assert!(holds("StringEquals", &["b", "a"], a()));
    assert!(!holds("StringNotEquals", &["b", "a"], a()));
    assert!(holds("StringNotEquals", &["b", "c"], a()));
    assert!(!holds("StringEquals", &[], a()));
    assert!(holds("StringNotEquals", &[], a()));
    assert!(!holds(
        "NotIpAddress",
        &["10.0.0.0/8", "192.168.0.0/16"],
        Some(Value::from("192.168.1.1"))
    ));
}

#[test]
fn for_all_and_for_any_with_negation_and_empty_sets() {
    assert!(holds("ForAllValues:StringNotEquals", &["a"], None));
    assert!(!holds("ForAnyValue:StringNotEquals", &["a"], None));
    assert!(holds(
        "ForAllValues:StringEquals",
        &["a"],
        Some(Value::from(""))
    ));
    assert!(holds(
        "ForAllValues:StringEquals",
        &["a"],
        Some(many(&[""]))
    ));
    assert!(!holds(
        "ForAllValues:StringEquals",
        &["a"],
        Some(many(&["", "b"]))
    ));
    assert!(!holds(
        "ForAnyValue:StringEquals",
        &["a"],
        Some(Value::from(""))
    ));
    // Each value is compared with all operands.
    assert!(holds(
        "ForAllValues:StringEquals",
        &["a", "b"],
        Some(many(&["b", "a", "a"]))
    ));
    assert!(!holds(
        "ForAllValues:StringNotEquals",
        &["a", "b"],
        Some(many(&["c", "b"]))
    ));
    assert!(holds(
        "ForAnyValue:StringNotEquals",
        &["a", "b"],
        Some(many(&["c", "b"]))
    ));
    assert!(!holds(
        "ForAnyValue:StringNotEquals",
        &["a", "b"],
        Some(many(&["a", "b"]))
    ));
}

#[test]
fn a_deny_with_if_exists_fires_on_a_missing_key() {
    assert!(holds("StringNotEqualsIfExists", &["o-1"], None));
}

#[test]
fn string_equals_has_no_wildcards_and_case_is_its_own() {
    assert!(!holds("StringEquals", &["*"], Some(Value::from("a"))));
    assert!(holds("StringEquals", &["*"], Some(Value::from("*"))));
    assert!(holds(
        "StringEqualsIgnoreCase",
        &["ÄRA"],
        Some(Value::from("ära"))
    ));
    assert!(holds("StringLike", &["a\n*"], Some(Value::from("a\nb\nc"))));
    assert!(!holds("StringLike", &["A*"], Some(Value::from("abc"))));
}

#[test]
fn variables_in_operands() {
    let alice = || Some(Value::from("alice"));
    assert!(holds("StringEquals", &["${aws:username}"], alice()));
    assert!(holds(
        "StringEqualsIgnoreCase",
        &["${AWS:USERNAME}"],
        Some(Value::from("Alice"))
    ));
    assert!(holds(
        "StringLike",
        &["home/${aws:username}/*"],
        Some(Value::from("home/alice/x"))
    ));
    assert!(!holds(
        "StringEquals",
        &["${missing}"],
        Some(Value::from("${missing}"))
    ));
    assert!(holds("StringNotEquals", &["${missing}"], alice()));
    assert!(holds("StringEquals", &["${missing, 'alice'}"], alice()));
    // Operators of other types take no variables.
    let own: Context = [("k", "10"), ("n", "10")].into_iter().collect();
    let numeric = Operator::parse("NumericEquals").unwrap();
    assert!(
        !Condition::new(
            numeric,
            "k",
            &["${n}"],
            Variables::Expand,
            Written::default()
        )
        .holds(&own)
    );
    let flags: Context = [("k", "true"), ("f", "true")].into_iter().collect();
    let boolean = Operator::parse("Bool").unwrap();
    assert!(
        Condition::new(
            boolean,
            "k",
            &["${f}"],
            Variables::Expand,
            Written::default()
        )
        .holds(&flags)
    );
}

#[test]
fn what_cannot_be_read_equals_nothing() {
    for (operator, operand, value) in [
        ("NumericEquals", "ten", "ten"),
        ("NumericEquals", "10", "ten"),
        ("DateEquals", "today", "today"),
        ("Bool", "yes", "yes"),
        ("IpAddress", "10.0.0.0/8", "10.0.0"),
        ("ArnLike", "*", "arn:aws:s3:::b"),
        ("BinaryEquals", "Zg", "Zg"),
    ] {
        assert!(
            !holds(operator, &[operand], Some(Value::from(value))),
            "{operator}"
        );
    }
    assert!(holds("NumericNotEquals", &["10"], Some(Value::from("ten"))));
    assert!(holds(
        "NotIpAddress",
        &["10.0.0.0/8"],
        Some(Value::from("2001:db8::1"))
    ));
}
