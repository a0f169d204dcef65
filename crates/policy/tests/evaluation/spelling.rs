//! Text is what it is: no second reading of patterns, resources or documents, however long they are.

use crate::support::{HOME, account, parse, source, user};
use policy::{Context, DocumentKind, Policies, Policy, Request, decide};
use serde_json::json;

fn allows(action: &str, place: &str, asked: (&str, &str)) -> bool {
    let document = json!({"Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": action, "Resource": place}});
    allows_by(&parse(DocumentKind::Identity, &document.to_string()), asked)
}

fn allows_by(policy: &Policy, (action, place): (&str, &str)) -> bool {
    let sources = [source(policy)];
    let (principal, context) = (user(), Context::new());
    let request = Request {
        principal: &principal,
        action,
        resource: place,
        resource_account: Some(account(HOME)),
        context: &context,
    };
    let policies = Policies {
        identity: &sources,
        ..Policies::default()
    };
    decide(&request, &policies).is_allowed()
}

#[test]
fn signs_of_regular_expressions_are_letters_in_patterns() {
    for (pattern, name, matches) in [
        ("a.c", "abc", false),
        ("a.c", "a.c", true),
        ("a+", "aa", false),
        ("[ab]", "a", false),
        ("[ab]*", "[ab]c", true),
        ("(a|b)", "a", false),
        ("^a$", "a", false),
        ("a{2}", "aa", false),
        ("\\*", "*", false),
        ("\\*", "\\x", true),
        ("%2A", "*", false),
    ] {
        let (pattern, place) = (
            format!("arn:aws:s3:::b/{pattern}"),
            format!("arn:aws:s3:::b/{name}"),
        );
        let answer = allows("*", &pattern, ("s3:GetObject", &place));
        assert_eq!(answer, matches, "{pattern} {place}");
    }
}

#[test]
fn a_wildcard_of_an_arn_stays_in_its_part() {
    for (pattern, place, matches) in [
        (
            "arn:aws:sqs:*:123456789012:q",
            "arn:aws:sqs:eu-west-1:123456789012:q",
            true,
        ),
        (
            "arn:aws:sqs:*:q",
            "arn:aws:sqs:eu-west-1:123456789012:q",
            false,
        ),
        (
            "arn:aws:sqs:eu-*:*:q",
            "arn:aws:sqs:eu-west-1:123456789012:q",
            true,
        ),
        (
            "arn:aws:sqs:*:210987654321:*",
            "arn:aws:sqs:eu-west-1:123456789012:210987654321:q",
            false,
        ),
        (
            "arn:aws:logs:*:123456789012:log-group:*",
            "arn:aws:logs:eu-west-1:123456789012:log-group:a:b",
            true,
        ),
        ("arn:aws:s3:::b*", "arn:aws:s3:::b/k:with:colons", true),
    ] {
        assert_eq!(
            allows("*", pattern, ("s3:GetObject", place)),
            matches,
            "{pattern} {place}"
        );
    }
}

#[test]
fn case_counts_in_resources_and_not_in_actions() {
    let place = "arn:aws:s3:::b/k";
    assert!(allows("S3:gET*", place, ("s3:GetObject", place)));
    assert!(allows("s3:getobject", place, ("S3:GETOBJECT", place)));
    assert!(!allows(
        "s3:GetObject",
        "arn:aws:s3:::b/K",
        ("s3:GetObject", place)
    ));
    assert!(!allows(
        "s3:GetObject",
        "arn:aws:s3:::B/*",
        ("s3:GetObject", place)
    ));
    // A service is named in full.
    assert!(!allows(
        "s3:*",
        place,
        ("s3-object-lambda:GetObject", place)
    ));
    assert!(!allows(
        "s3-object-lambda:*",
        place,
        ("s3:GetObject", place)
    ));
    // Other letters that fold to those of ASCII are other letters.
    assert!(!allows("s3:\u{212a}*", place, ("s3:KeyThing", place)));
}

#[test]
fn resources_are_compared_byte_for_byte() {
    for (pattern, name, matches) in [
        ("home/*", "home/../secret", true),
        ("secret", "home/../secret", false),
        ("home/a", "home//a", false),
        ("home/a", "home/%61", false),
        ("home%2Fa", "home/a", false),
        ("a", "a\0", false),
        ("a\u{e9}", "ae\u{301}", false),
        ("a\u{e9}", "a\u{e9}", true),
        ("a?", "a\u{1f511}", true),
    ] {
        let (pattern, place) = (
            format!("arn:aws:s3:::b/{pattern}"),
            format!("arn:aws:s3:::b/{name}"),
        );
        let answer = allows("*", &pattern, ("s3:GetObject", &place));
        assert_eq!(answer, matches, "{pattern} {place}");
    }
}

#[test]
fn escapes_of_json_are_the_letters_that_they_stand_for() {
    let text = r#"{"Version":"2012-10-17","Statement":{"Eff\u0065ct":"\u0041llow",
        "Action":"s3:Get\u004fbject","Resource":"arn:aws:s3:::b\u002f\u002a"}}"#;
    let policy = parse(DocumentKind::Identity, text);
    assert!(allows_by(&policy, ("s3:GetObject", "arn:aws:s3:::b/k")));
    assert!(!allows_by(&policy, ("s3:GetObject", "arn:aws:s3:::c/k")));
    let twice = text.replace(r#""Action""#, r#""Effect":"Deny","Action""#);
    assert!(Policy::parse(DocumentKind::Identity, &twice).is_err());
}

/// A matcher that tries every way to place each wildcard would not come to an end.
#[test]
fn patterns_of_many_wildcards_come_to_an_end() {
    let pattern = "*a".repeat(400);
    let name = "a".repeat(4_000);
    let place = format!("arn:aws:s3:::b/{name}");
    let asked = format!("s3:{name}");
    for (end, matches) in [
        ("", true),
        ("*", true),
        ("b", false),
        ("*b", false),
        ("*b*", false),
    ] {
        let wanted = format!("arn:aws:s3:::b/{pattern}{end}");
        assert_eq!(
            allows("*", &wanted, ("s3:GetObject", &place)),
            matches,
            "{end}"
        );
        let wanted = format!("s3:{pattern}{end}");
        assert_eq!(allows(&wanted, "*", (&asked, &place)), matches, "{end}");
    }
}
