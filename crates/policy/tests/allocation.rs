//! A decision allocates nothing, whatever it weighs.

#![allow(clippy::unwrap_used, reason = "tests")]

mod managed;

use policy::{
    Context, Decision, DocumentKind, Policies, Policy, Principal, Request, Source, Value, decide,
};

/// Every operator, variables of every form, and principals of every kind.
const EVERYTHING: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Deny","Principal":{"AWS":["arn:aws:iam::123456789012:user/eve","210987654321"],
        "Federated":"accounts.google.com","Service":"ec2.amazonaws.com"},"Action":"*","Resource":"*"},
    {"Effect":"Deny","NotPrincipal":{"AWS":["123456789012","arn:aws:iam::123456789012:user/alice"]},
        "NotAction":"s3:Put*","NotResource":"arn:aws:s3:::b/${aws:username}/*x*?"},
    {"Effect":"Allow","Principal":"*","Action":["s3:Put*","s3:*Object"],
        "Resource":["arn:aws:s3:::*/${missing, 'd'}","arn:*:s3:::b/${aws:username}/*","arn:aws:s3:::b/*a*b*c*"],
        "Condition":{
            "StringEquals":{"aws:username":["x${*}","${aws:PrincipalTag/a}${aws:PrincipalTag/b}"]},
            "StringEqualsIgnoreCase":{"aws:username":"${aws:username}"},
            "StringLike":{"aws:username":"*${aws:PrincipalTag/a}*"},
            "NumericLessThanEquals":{"n":["1.5","1e3"]},
            "DateGreaterThan":{"aws:CurrentTime":"2026-01-01"},
            "Bool":{"aws:SecureTransport":"${flag}"},
            "BinaryEquals":{"binary":"Zm9v"},
            "IpAddress":{"aws:SourceIp":["2001:db8::/32","192.0.2.0/24"]},
            "ArnLike":{"aws:PrincipalArn":["arn:aws:iam::*:user/${aws:username}","arn:aws:iam::1:*"]},
            "ForAnyValue:StringLike":{"aws:TagKeys":"c*"},
            "ForAllValues:StringNotEqualsIfExists":{"aws:TagKeys":["x","y"]},
            "Null":{"absent":true}}}]}"#;

fn context() -> Context {
    let keys: [(&str, Value); 11] = [
        ("aws:username", "alice".into()),
        ("aws:PrincipalTag/a", "ali".into()),
        ("aws:PrincipalTag/b", "ce".into()),
        ("n", "100".into()),
        ("aws:CurrentTime", "2026-11-21T20:12:34Z".into()),
        ("aws:SecureTransport", true.into()),
        ("flag", "TRUE".into()),
        ("binary", "Zm9v".into()),
        ("aws:SourceIp", "192.0.2.7".into()),
        (
            "aws:PrincipalArn",
            "arn:aws:iam::123456789012:user/alice".into(),
        ),
        (
            "aws:TagKeys",
            vec!["a".to_owned(), "cost".to_owned()].into(),
        ),
    ];
    keys.into_iter().collect()
}

fn alice() -> Principal {
    Principal::User {
        account: "123456789012".parse().unwrap(),
        arn: "arn:aws:iam::123456789012:user/alice".parse().unwrap(),
        unique_id: "AIDAALICE".to_owned(),
    }
}

fn measured<'a>(request: &Request<'_>, policies: &Policies<'_, 'a>) -> Decision<'a> {
    let mut decision = None;
    let info = allocation_counter::measure(|| decision = Some(decide(request, policies)));
    assert_eq!(info.count_total, 0, "{} {decision:?}", request.action);
    decision.unwrap()
}

#[test]
fn no_operator_and_no_principal_allocates() {
    let policy = Policy::parse(DocumentKind::Resource, EVERYTHING).unwrap();
    let (caller, context) = (alice(), context());
    let policies = Policies {
        resource: Some(Source {
            policy: &policy,
            arn: None,
            name: "b",
        }),
        ..Policies::default()
    };
    let mut request = Request {
        principal: &caller,
        action: "s3:PutObject",
        resource: "arn:aws:s3:::b/alice/k",
        resource_account: None,
        context: &context,
    };
    assert!(measured(&request, &policies).is_allowed());
    for resource in ["arn:aws:s3:::b/bob/k", "arn:aws:s3:::x/d", "*"] {
        request.resource = resource;
        let _ = measured(&request, &policies);
    }
}

#[test]
fn no_managed_policy_allocates() {
    let documents = managed::documents();
    let (caller, context) = (alice(), context());
    for (name, text) in &documents {
        let policy = Policy::parse(DocumentKind::Managed, text).unwrap();
        let identity = [Source {
            policy: &policy,
            arn: None,
            name,
        }];
        let policies = Policies {
            identity: &identity,
            ..Policies::default()
        };
        for (action, resource) in [
            ("s3:GetObject", "arn:aws:s3:::b/k"),
            ("iam:PassRole", "arn:aws:iam::123456789012:role/x"),
            ("ec2:DescribeInstances", "*"),
        ] {
            let _ = measured(
                &Request {
                    principal: &caller,
                    action,
                    resource,
                    resource_account: None,
                    context: &context,
                },
                &policies,
            );
        }
    }
}
