//! For each code a document that has the fault, the text that is pointed at, and one that is right.

mod cases;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use DocumentKind::{Bucket, Identity, Scp, Trust};
use LintCode as C;

use self::cases::{
    ACTIONS, ALL, CONDITION_KEYS, Case, EMPTY, GRANTS, MISSING_KEYS, OPERANDS, PROVIDERS, SOUND,
    VARIABLES,
};
use super::*;

static REFERENCE: LazyLock<Reference> = LazyLock::new(|| Reference::load().unwrap());

/// A statement as a whole document, unless it is one already.
fn document(text: &str) -> String {
    if text.contains("\"Statement\"") {
        text.to_owned()
    } else {
        format!(r#"{{"Version": "2012-10-17", "Statement": [{text}]}}"#)
    }
}

fn lints(kind: DocumentKind, text: &str) -> Vec<(Lint, String)> {
    let text = document(text);
    let lints = lint(kind, &text, &REFERENCE).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    let at = |lint: Lint| {
        let span = text[lint.span.clone()].to_owned();
        (lint, span)
    };
    lints.into_iter().map(at).collect()
}

#[track_caller]
fn check(cases: &[Case]) {
    for (code, kind, wrong, span, right) in cases {
        let found = lints(*kind, wrong);
        let mut same = found.iter().filter(|(lint, _)| lint.code == *code);
        match same.next() {
            Some((_, at)) => assert_eq!(at, span, "{code}"),
            None => panic!("{code}: {wrong}: {found:?}"),
        }
        let found = lints(*kind, right);
        let same = found.iter().find(|(lint, _)| lint.code == *code);
        assert!(same.is_none(), "{code}: {right}: {same:?}");
    }
}

#[test]
fn actions_and_resources() {
    check(ACTIONS);
}

#[test]
fn condition_keys() {
    check(CONDITION_KEYS);
}

#[test]
fn operands() {
    check(OPERANDS);
}

#[test]
fn missing_keys() {
    check(MISSING_KEYS);
}

#[test]
fn version_and_variables() {
    check(VARIABLES);
}

#[test]
fn empty_lists() {
    check(EMPTY);
}

#[test]
fn grants() {
    check(GRANTS);
}

#[test]
fn identity_providers() {
    check(PROVIDERS);
}

#[test]
fn every_code_has_a_name_and_a_case() {
    let names: BTreeSet<&str> = LintCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(names.len(), LintCode::ALL.len());
    let seen: BTreeSet<LintCode> = ALL
        .iter()
        .flat_map(|cases| cases.iter())
        .map(|case| case.0)
        .collect();
    let missing: Vec<_> = LintCode::ALL
        .iter()
        .filter(|code| !seen.contains(code))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn subjects_that_let_others_in() {
    for (subject, expected) in [
        ("*", true),
        ("*:sa", true),
        ("r*", true),
        ("system:*", true),
        ("system:serviceaccount:*", true),
        ("system:serviceaccount:ns*", true),
        ("system:serviceaccount:ns-?:sa", true),
        ("system:serviceaccount:ns:*", true),
        ("system:serviceaccount:ns:sa", false),
        ("system:serviceaccount:ns:sa-*", false),
        ("repo:*", true),
        ("repo:o*/r:ref:refs/heads/main", true),
        ("repo:o/r*", true),
        ("repo:o/r:*", false),
        ("repo:o/r:ref:refs/heads/*", false),
        ("project_path:g/p:*", false),
        ("exact", false),
    ] {
        let text = format!(
            r#"{{"Effect": "Allow", "Principal": {{"Federated": "arn:aws:iam::123456789012:oidc-provider/o.example.com"}},
                "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {{"StringLike": {{"o.example.com:sub": "{subject}"}}}}}}"#
        );
        let found = lints(Trust, &text);
        let found = found
            .iter()
            .any(|(lint, _)| lint.code == C::WildcardInOidcSubject);
        assert_eq!(found, expected, "{subject}");
    }
}

#[test]
fn remedies_name_what_is_meant() {
    for (statement, remedy) in [
        (
            r#"{"Effect": "Allow", "Action": "s3:ListObjects", "Resource": "*"}"#,
            "write `s3:ListBucket`",
        ),
        (
            r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b"}"#,
            "add the resource `arn:aws:s3:::b/*`",
        ),
        (
            r#"{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b/*"}"#,
            "add the resource `arn:aws:s3:::b`",
        ),
        (
            r#"{"Effect": "Allow", "Action": "ec2:DescribeInstances", "Resource": "arn:aws:ec2:*:*:instance/*"}"#,
            "write `\"Resource\": \"*\"` in a statement of its own",
        ),
        (
            r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalOrg": "o"}}}"#,
            "write `aws:PrincipalOrgID`",
        ),
        (
            r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceIp": "1.2.3.4"}}}"#,
            "use `IpAddress`",
        ),
    ] {
        let found = lints(Identity, statement);
        let [(lint, _)] = found.as_slice() else {
            panic!("{statement}: {found:?}");
        };
        assert_eq!(lint.remedy, remedy);
    }
}

#[test]
fn an_operand_that_weakens_a_deny_is_said_to() {
    let statement = r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*",
        "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/33"}}}"#;
    let found = lints(Identity, statement);
    assert!(
        found[0]
            .0
            .message
            .ends_with("so that the statement denies nothing"),
        "{found:?}"
    );
}

#[test]
fn sound_documents_have_none() {
    for (kind, text) in [
        (Trust, SOUND),
        (
            Identity,
            r#"{"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::b/${aws:username}/*"},
               {"Sid": "List", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b",
                "Condition": {"StringLike": {"s3:prefix": "${aws:username}/*"}}},
               {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2026-01-01T00:00:00Z"}}}"#,
        ),
        (
            Scp,
            r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#,
        ),
        (
            Bucket,
            r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#,
        ),
    ] {
        assert_eq!(lints(kind, text), [], "{text}");
    }
}

#[test]
fn an_invalid_document_has_no_lints_but_its_error() {
    let error = lint(Identity, "{}", &REFERENCE).unwrap_err();
    assert_eq!(error.code(), "MalformedPolicyDocument");
}

#[test]
fn spans_count_bytes() {
    let text = r#"{"Version": "2012-10-17", "Statement": {"Sid": "x", "Effect": "Allow", "Condition":
        {"StringEquals": {"aws:PrincipalTag/ä€😀": "x"}}, "Action": "s3:GetObjekt", "Resource": "arn:aws:s3:::b/ä"}}"#;
    let lints = lint(Identity, text, &REFERENCE).unwrap();
    let start = text.find(r#""s3:GetObjekt""#).unwrap();
    assert_eq!(lints.len(), 1, "{lints:?}");
    assert_eq!(lints[0].span, start..start + 14);
}
