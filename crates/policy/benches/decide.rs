//! What a document costs to read and a request to decide: one small policy, and an account's worth of them.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark; criterion's macros make undocumented items"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use policy::{
    Context, DocumentKind, Policies, Policy, Principal, Request, ResourceKind, RoleSession, Source,
    decide,
};

const ACCOUNT: &str = "123456789012";
const ISSUER: &str = "oidc.example.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";
const READ: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*"],
    "Resource":["arn:aws:s3:::data","arn:aws:s3:::data/home/${aws:PrincipalTag/team}/*"]}]}"#;

fn benches(criterion: &mut Criterion) {
    criterion.bench_function("parse a policy", |bencher| {
        bencher.iter(|| Policy::parse(DocumentKind::Identity, black_box(READ)).unwrap());
    });
    one_policy(criterion);
    trust(criterion);
    hundred_statements(criterion);
}

/// A role's session reads an object: one policy with a variable.
fn one_policy(criterion: &mut Criterion) {
    let read = Policy::parse(DocumentKind::Identity, READ).unwrap();
    let identity = [source(&read)];
    let policies = Policies {
        identity: &identity,
        ..Policies::default()
    };
    let (caller, context) = (session(), context());
    let request = get_object(&caller, &context);
    assert!(decide(&request, &policies).is_allowed());
    criterion.bench_function("decide: one policy", |bencher| {
        bencher.iter(|| decide(black_box(&request), &policies));
    });
}

/// A token's subject and audience against a trust policy.
fn trust(criterion: &mut Criterion) {
    let provider = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}");
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"{provider}"}},
        "Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringEquals":{{
        "{ISSUER}:sub":"system:serviceaccount:ns:app","{ISSUER}:aud":"sts.amazonaws.com"}}}}}}]}}"#
    );
    let trust = Policy::parse(DocumentKind::Trust, &text).unwrap();
    let policies = Policies {
        resource: Some(source(&trust)),
        resource_kind: ResourceKind::RoleTrust,
        ..Policies::default()
    };
    let mut context = context();
    context.insert(format!("{ISSUER}:sub"), "system:serviceaccount:ns:app");
    context.insert(format!("{ISSUER}:aud"), "sts.amazonaws.com");
    let caller = Principal::Federated { provider };
    let request = Request {
        principal: &caller,
        action: "sts:AssumeRoleWithWebIdentity",
        resource: "arn:aws:iam::123456789012:role/app",
        resource_account: ACCOUNT.parse().ok(),
        context: &context,
    };
    assert!(decide(&request, &policies).is_allowed());
    criterion.bench_function("decide: trust policy", |bencher| {
        bencher.iter(|| decide(black_box(&request), &policies));
    });
}

/// Ten policies of ten statements, none of which applies, before the one that does.
fn hundred_statements(criterion: &mut Criterion) {
    let statements: Vec<String> = (0..10)
        .map(|number| {
            format!(
                r#"{{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::bucket-{number}/*/logs/*.gz",
                "Condition":{{"StringLike":{{"aws:PrincipalTag/team":"team-{number}*"}}}}}}"#
            )
        })
        .collect();
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
        statements.join(",")
    );
    let other = Policy::parse(DocumentKind::Identity, &text).unwrap();
    let read = Policy::parse(DocumentKind::Identity, READ).unwrap();
    let mut identity = vec![source(&other); 10];
    identity.push(source(&read));
    let policies = Policies {
        identity: &identity,
        ..Policies::default()
    };
    let (caller, context) = (session(), context());
    let request = get_object(&caller, &context);
    assert!(decide(&request, &policies).is_allowed());
    criterion.bench_function("decide: 101 statements", |bencher| {
        bencher.iter(|| decide(black_box(&request), &policies));
    });
}

fn get_object<'a>(caller: &'a Principal, context: &'a Context) -> Request<'a> {
    Request {
        principal: caller,
        action: "s3:GetObject",
        resource: "arn:aws:s3:::data/home/red/2026/11/report.csv",
        resource_account: ACCOUNT.parse().ok(),
        context,
    }
}

fn source(policy: &Policy) -> Source<'_> {
    Source {
        policy,
        arn: None,
        name: "policy",
    }
}

fn session() -> Principal {
    let arn = |text: String| text.parse().unwrap();
    Principal::Role(Box::new(RoleSession {
        account: ACCOUNT.parse().unwrap(),
        role_arn: arn(format!("arn:aws:iam::{ACCOUNT}:role/app")),
        role_id: "AROAAPP".to_owned(),
        session_arn: arn(format!("arn:aws:sts::{ACCOUNT}:assumed-role/app/s1")),
        session_name: "s1".to_owned(),
        federated_provider: None,
    }))
}

/// Keys that every request has.
fn context() -> Context {
    [
        ("aws:CurrentTime", "2026-11-21T20:12:34Z"),
        ("aws:EpochTime", "1795291954"),
        ("aws:SourceIp", "192.0.2.7"),
        ("aws:SecureTransport", "false"),
        ("aws:UserAgent", "aws-cli/2"),
        ("aws:PrincipalArn", "arn:aws:iam::123456789012:role/app"),
        ("aws:PrincipalAccount", ACCOUNT),
        ("aws:PrincipalType", "AssumedRole"),
        ("aws:PrincipalTag/team", "red"),
        ("aws:userid", "AROAAPP:s1"),
        ("aws:TokenIssueTime", "2026-11-21T20:00:00Z"),
    ]
    .into_iter()
    .collect()
}

criterion_group!(group, benches);
criterion_main!(group);
