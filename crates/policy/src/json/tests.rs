use proptest::prelude::*;

use super::*;

fn problem(text: &str) -> Problem {
    parse(text).expect_err(text).problem
}

#[test]
fn duplicate_members_are_refused_however_they_are_spelled() {
    let text = r#"{"Effect":"Deny","\u0045ffect":"Allow"}"#;
    let error = parse(text).unwrap_err();
    assert_eq!(error.problem, Problem::DuplicateMember("Effect".to_owned()));
    assert_eq!(&text[error.span], r#""\u0045ffect""#);
    assert_eq!(
        problem(r#"[{"a":{"b":1,"c":2,"b":3}}]"#),
        Problem::DuplicateMember("b".to_owned())
    );
}

#[test]
fn texts_that_are_not_json_are_refused() {
    for text in [
        "",
        " ",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "[1,]",
        "[1 2]",
        "{a:1}",
        "'a'",
        "tru",
        "nul",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "+1",
        "0x1",
        "NaN",
        "\"\t\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"",
        "\u{feff}{}",
        "{} {}",
        "{}x",
        "// c\n{}",
        "\"\\",
        "\"\\u00é9\"",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn nesting_is_bounded() {
    let deep = "[".repeat(100_000);
    assert_eq!(problem(&deep), Problem::TooDeep);
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(parse(&nested(MAX_DEPTH)).is_ok());
    assert!(parse(&nested(MAX_DEPTH + 1)).is_err());
}

#[test]
fn length_is_bounded() {
    let text = format!("\"{}\"", "x".repeat(MAX_BYTES));
    assert_eq!(problem(&text), Problem::TooLong);
}

#[test]
fn escapes_and_numbers_keep_their_meaning() {
    let node = parse(r#" ["\u0041\n\"\/\ud83d\ude00é", 1.20, -0, 1E+3] "#).unwrap();
    let Json::Array(items) = node.value else {
        panic!("not an array")
    };
    let values: Vec<_> = items.into_iter().map(|item| item.value).collect();
    let expected = [
        Json::String("A\n\"/😀é".into()),
        Json::Number("1.20"),
        Json::Number("-0"),
        Json::Number("1E+3"),
    ];
    assert_eq!(values, expected);
}

#[test]
fn spans_cover_the_text_of_a_value() {
    let text = r#"{ "a" : [ "b" , true ] }"#;
    let node = parse(text).unwrap();
    let Json::Object(members) = &node.value else {
        panic!("not an object")
    };
    assert_eq!(&text[members[0].name_span.clone()], "\"a\"");
    assert_eq!(&text[members[0].node.span.clone()], "[ \"b\" , true ]");
}

proptest! {
    #[test]
    fn agrees_with_another_reader(text in "[\\[\\]{}:,\"\\\\a-c0-2u. \\-e]{0,24}") {
        let own = parse(&text);
        let other = serde_json::from_str::<serde_json::Value>(&text);
        // A stricter reader: whatever it takes, the other takes too; what only the other takes
        // has a duplicate member or a number out of the other's own range.
        if own.is_ok() {
            prop_assert!(other.is_ok() || text.contains('e'), "{other:?}");
        } else if let (Err(error), Ok(_)) = (own, other) {
            prop_assert!(matches!(error.problem, Problem::DuplicateMember(_)), "{error:?}");
        }
    }

    #[test]
    fn never_panics(text in any::<String>()) {
        let _ = parse(&text);
    }
}
