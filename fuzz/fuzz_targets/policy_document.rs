//! Policy documents of every kind, and decisions with those that are valid.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use policy::{
    Context, DocumentKind, Policies, Policy, Principal, Request, ResourceKind, RoleSession, Source,
    Value, decide, is_public, size_without_whitespace,
};

const KINDS: [DocumentKind; 9] = [
    DocumentKind::Identity,
    DocumentKind::Managed,
    DocumentKind::Boundary,
    DocumentKind::Session,
    DocumentKind::Trust,
    DocumentKind::Bucket,
    DocumentKind::Resource,
    DocumentKind::Scp,
    DocumentKind::Rcp,
];

const ACCOUNT: &str = "123456789012";

static CALLERS: LazyLock<[Principal; 4]> = LazyLock::new(|| {
    let account = ACCOUNT.parse().expect("an account");
    let arn = |text: &str| text.parse().expect("an ARN");
    [
        Principal::Anonymous,
        Principal::User {
            account,
            arn: arn("arn:aws:iam::123456789012:user/alice"),
            unique_id: "AIDAALICE".into(),
        },
        Principal::Role(Box::new(RoleSession {
            account,
            role_arn: arn("arn:aws:iam::123456789012:role/app"),
            role_id: "AROAAPP".into(),
            session_arn: arn("arn:aws:sts::123456789012:assumed-role/app/s1"),
            session_name: "s1".into(),
            federated_provider: None,
        })),
        Principal::Federated {
            provider: "arn:aws:iam::123456789012:oidc-provider/oidc.example/id/A".into(),
        },
    ]
});

static CONTEXT: LazyLock<Context> = LazyLock::new(|| {
    let keys: [(&str, Value); 8] = [
        ("aws:username", "alice".into()),
        ("aws:SourceIp", "192.0.2.7".into()),
        ("aws:CurrentTime", "2026-11-21T20:12:34Z".into()),
        ("aws:EpochTime", Value::from(1_795_262_400)),
        ("aws:SecureTransport", false.into()),
        ("aws:TagKeys", vec!["a".to_owned(), "b*".to_owned()].into()),
        (
            "oidc.example/id/A:sub",
            "system:serviceaccount:ns:sa".into(),
        ),
        ("s3:prefix", "home/alice/".into()),
    ];
    keys.into_iter().collect()
});

const REQUESTS: [(&str, &str); 4] = [
    ("s3:GetObject", "arn:aws:s3:::bucket/home/alice/a*b"),
    ("s3:ListBucket", "arn:aws:s3:::bucket"),
    (
        "sts:AssumeRoleWithWebIdentity",
        "arn:aws:iam::123456789012:role/app",
    ),
    ("iam:CreateRole", "*"),
];

fuzz_target!(|text: &str| {
    assert!(size_without_whitespace(text) <= text.len());
    for kind in KINDS {
        match Policy::parse(kind, text) {
            Ok(policy) => weigh(&policy, text),
            Err(error) => {
                assert!(!error.code().is_empty());
                let _ = (error.message(), error.reason());
            }
        }
    }
});

fn weigh(policy: &Policy, text: &str) {
    let _ = (
        is_public(policy),
        policy.principal_arns(),
        policy.resources().count(),
    );
    let source = Source {
        policy,
        arn: None,
        name: "fuzzed",
    };
    // Without an escape, the word must be there for anything to be allowed.
    let may_allow = text.contains('\\') || text.contains("Allow");
    for caller in &*CALLERS {
        for (action, resource) in REQUESTS {
            let request = Request {
                principal: caller,
                action,
                resource,
                resource_account: ACCOUNT.parse().ok(),
                context: &CONTEXT,
            };
            let alone = Policies {
                identity: &[source],
                ..Policies::default()
            };
            let attached = Policies {
                resource: Some(source),
                ..Policies::default()
            };
            let trusted = Policies {
                resource_kind: ResourceKind::RoleTrust,
                ..attached
            };
            for policies in [alone, attached, trusted] {
                let decision = decide(&request, &policies);
                assert!(!decision.is_allowed() || may_allow, "{decision:?}");
                let _ = decision.denial(caller, action, Some(resource));
                // A boundary that allows nothing takes everything from a user.
                if matches!(caller, Principal::User { .. }) && policies.resource.is_none() {
                    let bounded = Policies {
                        boundary: Some(&[]),
                        ..policies
                    };
                    assert!(!decide(&request, &bounded).is_allowed());
                }
            }
        }
    }
}
