//! What an explanation says of a decision.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use policy::{
    Context, DocumentKind, Effect, Layer, Mismatch, Outcome, Policies, Policy, Principal, Request,
    RoleSession, Source, Value, decide, explain,
};

const ACCOUNT: &str = "123456789012";

fn session() -> Principal {
    Principal::Role(Box::new(RoleSession {
        account: ACCOUNT.parse().unwrap(),
        role_arn: "arn:aws:iam::123456789012:role/app".parse().unwrap(),
        role_id: "AROAAPP".to_owned(),
        session_arn: "arn:aws:sts::123456789012:assumed-role/app/s1"
            .parse()
            .unwrap(),
        session_name: "s1".to_owned(),
        federated_provider: None,
    }))
}

fn parse(kind: DocumentKind, statements: &str) -> Policy {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    Policy::parse(kind, &text).unwrap_or_else(|error| panic!("{}: {text}", error.reason()))
}

fn source<'a>(policy: &'a Policy, name: &'a str) -> Source<'a> {
    Source {
        policy,
        arn: None,
        name,
    }
}

const DATA: &str = r#"{"Sid":"List","Effect":"Allow","Action":"s3:ListBucket","Resource":"*"},
    {"Sid":"Logs","Effect":"Allow","Action":"s3:Get*","Resource":["arn:aws:s3:::logs/*","arn:aws:s3:::logs2/*"]},
    {"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{
        "StringLike":{"aws:PrincipalTag/team":["re?", "blue"]},"Bool":{"aws:SecureTransport":true}}}"#;

/// The explanation of `s3:GetObject` on an object of the bucket `data`, in words.
fn words(identity: &[Source<'_>], resource: Option<Source<'_>>, keys: &[(&str, Value)]) -> String {
    let context: Context = keys.iter().cloned().collect();
    let caller = session();
    let request = Request {
        principal: &caller,
        action: "s3:GetObject",
        resource: "arn:aws:s3:::data/x",
        resource_account: ACCOUNT.parse().ok(),
        context: &context,
    };
    let policies = Policies {
        identity,
        resource,
        ..Policies::default()
    };
    let explanation = explain(&request, &policies);
    assert_eq!(explanation.decision, decide(&request, &policies));
    explanation.to_string()
}

#[test]
fn a_refusal_names_what_comes_nearest_and_the_values_that_differ() {
    let data = parse(DocumentKind::Identity, DATA);
    let identity = [source(&data, "Data")];
    let nearest = "no identity-based policy allows it: statement 2 (`Logs`) of the identity-based policy `Data` \
        does not match: its `Resource` is `arn:aws:s3:::logs/*`, `arn:aws:s3:::logs2/*`; statement 3 of the \
        identity-based policy `Data` does not match: ";
    assert_eq!(
        words(
            &identity,
            None,
            &[("aws:PrincipalTag/Team", "green".into())]
        ),
        format!(
            "{nearest}`StringLike` asks `aws:PrincipalTag/team` for \"re?\", \"blue\", and the request has `green`"
        )
    );
    let red = ("aws:PrincipalTag/team", Value::from("red"));
    assert_eq!(
        words(&identity, None, std::slice::from_ref(&red)),
        format!(
            "{nearest}`Bool` asks `aws:SecureTransport` for true, and the request has no such key"
        )
    );
    let values = Value::Many(vec!["true".to_owned(), "false".to_owned()]);
    assert_eq!(
        words(
            &identity,
            None,
            &[red.clone(), ("aws:SecureTransport", values)]
        ),
        format!(
            "{nearest}`Bool` asks `aws:SecureTransport` for true, and the request has the values `true`, `false`"
        )
    );
    assert_eq!(
        words(
            &identity,
            None,
            &[red, ("aws:SecureTransport", true.into())]
        ),
        "statement 3 of the identity-based policy `Data` allows it"
    );
    assert_eq!(
        words(&[], None, &[]),
        "no identity-based policy is there to allow it"
    );
}

#[test]
fn statements_that_do_not_name_the_action_are_counted() {
    let one = parse(
        DocumentKind::Identity,
        r#"{"Effect":"Allow","Action":"sqs:*","Resource":"*"}"#,
    );
    let two = parse(
        DocumentKind::Identity,
        r#"{"Effect":"Allow","Action":"s3:Put*","Resource":"*"},{"Effect":"Deny","Action":"s3:Put*","Resource":"*"}"#,
    );
    assert_eq!(
        words(&[source(&one, "One")], None, &[]),
        "no identity-based policy allows it: its only statement that allows anything does not name the action"
    );
    assert_eq!(
        words(&[source(&one, "One"), source(&two, "Two")], None, &[]),
        "no identity-based policy allows it: none of its 2 statements that allow anything names the action"
    );
}

#[test]
fn a_deny_is_named_and_nothing_else() {
    let data = parse(DocumentKind::Identity, DATA);
    let guard = parse(
        DocumentKind::Identity,
        r#"{"Sid":"NoData","Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::data/*"}"#,
    );
    let identity = [source(&data, "Data"), source(&guard, "Guard")];
    assert_eq!(
        words(&identity, None, &[]),
        "statement 1 (`NoData`) of the identity-based policy `Guard` denies it"
    );
}

#[test]
fn a_resource_policy_that_names_somebody_else_is_told() {
    let bucket = parse(
        DocumentKind::Resource,
        r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/other"},"Action":"s3:*",
            "Resource":"arn:aws:s3:::data/*"}"#,
    );
    assert_eq!(
        words(&[], Some(source(&bucket, "data")), &[]),
        "no identity-based policy is there to allow it: statement 1 of the resource-based policy `data` does not \
         match: it does not name the caller"
    );
}

#[test]
fn statements_are_found_in_the_text_by_their_spans() {
    let data = parse(DocumentKind::Identity, DATA);
    let identity = [source(&data, "Data")];
    let caller = session();
    let context = Context::new();
    let request = Request {
        principal: &caller,
        action: "s3:GetObject",
        resource: "arn:aws:s3:::logs/x",
        resource_account: None,
        context: &context,
    };
    let policies = Policies {
        identity: &identity,
        ..Policies::default()
    };
    let explanation = explain(&request, &policies);
    assert_eq!(explanation.decision.outcome, Outcome::Allowed);
    let span = explanation.decision.statement.unwrap().span;
    let text = data.text().get(span).unwrap();
    assert!(
        text.starts_with(r#"{"Sid":"Logs""#) && text.ends_with('}'),
        "{text}"
    );
    // The third statement was never asked: the second had decided.
    let considered: Vec<_> = explanation
        .considered
        .iter()
        .map(|it| {
            (
                it.policy.layer,
                it.statement.sid,
                it.effect,
                it.mismatch.clone(),
            )
        })
        .collect();
    assert_eq!(
        considered,
        [
            (
                Layer::Identity,
                Some("List"),
                Effect::Allow,
                Some(Mismatch::Action)
            ),
            (Layer::Identity, Some("Logs"), Effect::Allow, None),
        ]
    );
}

#[test]
fn many_near_statements_are_counted() {
    let statement =
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::other/*"}"#;
    let policy = parse(DocumentKind::Identity, &[statement; 5].join(","));
    let told = words(&[source(&policy, "P")], None, &[]);
    assert_eq!(told.matches("does not match").count(), 3, "{told}");
    assert!(told.ends_with("; and 2 more"), "{told}");
}

#[test]
fn context_keys_are_those_of_conditions_and_variables() {
    let policy = parse(
        DocumentKind::Identity,
        r#"{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::b/${aws:username}/${aws:PrincipalTag/a, 'x'}"],
            "Condition":{"StringLike":{"s3:Prefix":["${aws:userid}*","x"]},"Null":{"S3:PREFIX":"false"}}},
           {"Effect":"Deny","Action":"*","Resource":"*","Condition":{
            "ArnLike":{"aws:PrincipalArn":"${aws:FederatedProvider}"},"Bool":{"aws:SecureTransport":"${flag}"}}}"#,
    );
    assert_eq!(
        policy.context_keys(),
        [
            "aws:FederatedProvider",
            "aws:PrincipalArn",
            "aws:PrincipalTag/a",
            "aws:SecureTransport",
            "aws:userid",
            "aws:username",
            "flag",
            "s3:Prefix",
        ]
    );
}

#[test]
fn an_explanation_is_one_line_of_bounded_length() {
    let blank = "\n".repeat(50_000);
    let policy = parse(
        DocumentKind::Identity,
        &format!(
            r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{{
                "StringEquals":{{"aws:UserAgent":["a",{blank}"b"]}}}}}}"#
        ),
    );
    let agent = format!("curl\n\u{1b}[31m{}", "x".repeat(100_000));
    let told = words(
        &[source(&policy, "P")],
        None,
        &[("aws:UserAgent", agent.as_str().into())],
    );
    assert!(told.len() < 1_000, "{}", told.len());
    assert!(!told.contains(char::is_control), "{told}");
    assert!(
        told.contains(r#"for "a", …, and"#) && told.contains("`curl \\u{1b}[31mxxx"),
        "{told}"
    );
}
