//! The rules that implementations of the policy language usually get wrong, one by one, in a
//! table: what a policy says, what is asked, and AWS's answer.

use std::collections::BTreeMap;

use crate::support::{
    EVERYBODY, HOME, OTHER, World, account, allow, identity, parse, resource, root, session,
    source, unrelated, user,
};
use policy::{Context, DocumentKind, Policies, Policy, Principal, Request, Value, decide};
use serde_json::{Value as Json, json};

/// Whether identity policies alone let the user do something.
fn allowed(policies: &[Policy], action: &str, place: &str, context: &Context) -> bool {
    let sources: Vec<_> = policies.iter().map(source).collect();
    let principal = user();
    let request = Request {
        principal: &principal,
        action,
        resource: place,
        resource_account: Some(account(HOME)),
        context,
    };
    let policies = Policies {
        identity: &sources,
        ..Policies::default()
    };
    decide(&request, &policies).is_allowed()
}

fn statement(statement: Json) -> Policy {
    let document = json!({"Version": "2012-10-17", "Statement": statement});
    parse(DocumentKind::Identity, &document.to_string())
}

fn keys(keys: &[(&str, &str)]) -> Context {
    keys.iter().copied().collect()
}

/// Rule 13: a name that is given again is not the principal that was trusted.
#[test]
fn rule_13_a_recreated_principal_is_another_one() {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole",
        "Principal":{"AWS":"arn:aws:iam::123456789012:user/alice"}}}"#;
    for (id, trusted) in [("AIDAALICE", true), ("AIDAOLD", false)] {
        let mut policy = parse(DocumentKind::Trust, text);
        let arn = policy.principal_arns()[0].to_owned();
        policy.pin_principals(&BTreeMap::from([(arn, id.to_owned())]));
        let world = World {
            resource: Some(policy),
            trust: true,
            ..World::default()
        };
        assert_eq!(world.ask(&user(), HOME).is_allowed(), trusted, "{id}");
    }
}

/// Rule 14: `"*"` is no principal of a trust policy, `{"AWS": "*"}` is one.
#[test]
fn rule_14_a_trust_policy_has_no_bare_star() {
    let document = |principal: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{principal}}}}}"#
        )
    };
    assert!(Policy::parse(DocumentKind::Trust, &document(r#""*""#)).is_err());
    assert!(Policy::parse(DocumentKind::Trust, &document(r#"{"AWS":"*"}"#)).is_ok());
}

/// Rule 15: what a grant of the resource's policy is worth to a session that has a session policy
/// and no other grant; and that a `Deny` hits whoever it names in any of these ways.
#[test]
fn rule_15_role_session_and_account_are_three_grants() {
    for (name, grants) in [
        ("arn:aws:sts::123456789012:assumed-role/app/s1", true),
        ("*", true),
        ("arn:aws:iam::123456789012:role/team/app", false),
        ("arn:aws:iam::123456789012:root", false),
        ("123456789012", false),
    ] {
        let principal = format!(r#""Principal":{{"AWS":"{name}"}}"#);
        let world = World {
            session: Some(unrelated()),
            resource: Some(resource("Allow", &principal)),
            ..World::default()
        };
        assert_eq!(world.ask(&session(), HOME).is_allowed(), grants, "{name}");
        let world = World {
            identity: vec![allow()],
            resource: Some(resource("Deny", &principal)),
            ..World::default()
        };
        assert!(!world.ask(&session(), HOME).is_allowed(), "{name}");
    }
}

/// Rule 16: which sides have to allow.
#[test]
fn rule_16_either_side_in_one_account_both_between_two() {
    //   owner, trust policy?, identity allows, resource allows -> allowed
    for (owner, trust, own, granted, expected) in [
        (HOME, false, true, false, true),
        (HOME, false, false, true, true),
        (HOME, false, false, false, false),
        (OTHER, false, true, false, false),
        (OTHER, false, false, true, false),
        (OTHER, false, true, true, true),
        (HOME, true, true, false, false),
        (HOME, true, false, true, true),
        (OTHER, true, true, false, false),
        (OTHER, true, false, true, false),
        (OTHER, true, true, true, true),
    ] {
        let world = World {
            identity: own.then(allow).into_iter().collect(),
            resource: granted.then(|| resource("Allow", EVERYBODY)),
            trust,
            ..World::default()
        };
        let case = format!("{owner} trust: {trust}, identity: {own}, resource: {granted}");
        assert_eq!(world.ask(&user(), owner).is_allowed(), expected, "{case}");
    }
}

/// Rule 17: missing keys, empty sets, and several values without a set operator.
#[test]
fn rule_17_missing_keys_and_sets() {
    let none = Context::new();
    let mut two = Context::new();
    two.insert("x:k", vec!["a".to_owned(), "b".to_owned()]);
    for (operator, operand, context, holds) in [
        ("StringNotEquals", "a", &none, true),
        ("ArnNotLike", "arn:aws:s3:::b", &none, true),
        ("NotIpAddress", "10.0.0.0/8", &none, true),
        ("ForAllValues:StringEquals", "a", &none, true),
        ("ForAnyValue:StringNotEquals", "a", &none, false),
        ("StringEquals", "a", &two, false),
        ("StringNotEquals", "c", &two, false),
        ("ForAnyValue:StringEquals", "a", &two, true),
        ("ForAllValues:StringEquals", "a", &two, false),
    ] {
        let policy = statement(json!({"Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": {operator: {"x:k": operand}}}));
        let answer = allowed(&[policy], "s3:GetObject", "arn:aws:s3:::b/k", context);
        assert_eq!(answer, holds, "{operator} {context:?}");
    }
}

/// Rule 18: the role has a path, its session has none; one is not named by the other's ARN.
#[test]
fn rule_18_paths_belong_to_roles_and_not_to_sessions() {
    for (name, is_it) in [
        ("arn:aws:iam::123456789012:role/team/app", true),
        ("arn:aws:iam::123456789012:role/app", false),
        ("arn:aws:sts::123456789012:assumed-role/app/s1", true),
    ] {
        let principal = format!(r#""Principal":{{"AWS":"{name}"}}"#);
        let world = World {
            resource: Some(resource("Allow", &principal)),
            ..World::default()
        };
        assert_eq!(world.ask(&session(), HOME).is_allowed(), is_it, "{name}");
    }
    let with_path = "arn:aws:sts::123456789012:assumed-role/team/app/s1";
    let principal = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{with_path}"}},"Action":"*","Resource":"*"}}}}"#
    );
    if let Ok(policy) = Policy::parse(DocumentKind::Resource, &principal) {
        let world = World {
            resource: Some(policy),
            ..World::default()
        };
        assert!(!world.ask(&session(), HOME).is_allowed());
    }
}

/// Rule 19: a key that long-term credentials do not have is not false, it is missing.
#[test]
fn rule_19_a_missing_mfa_key_is_not_false() {
    let deny = |operator: &str| {
        statement(json!({"Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {operator: {"aws:MultiFactorAuthPresent": "false"}}}))
    };
    let (place, key) = ("arn:aws:s3:::b/k", "aws:MultiFactorAuthPresent");
    for (operator, context, passes) in [
        ("Bool", keys(&[]), true),
        ("Bool", keys(&[(key, "false")]), false),
        ("Bool", keys(&[(key, "true")]), true),
        ("BoolIfExists", keys(&[]), false),
        ("BoolIfExists", keys(&[(key, "true")]), true),
    ] {
        let policies = [allow(), deny(operator)];
        let answer = allowed(&policies, "s3:GetObject", place, &context);
        assert_eq!(answer, passes, "{operator} {context:?}");
    }
}

/// Rule 20: variables belong to the language of 2012, and what they put in is literal.
#[test]
fn rule_20_variables_are_expanded_once_and_literally() {
    for (version, value, place, matches) in [
        ("2012-10-17", "alice", "home/alice/k", true),
        ("2012-10-17", "*", "home/alice/k", false),
        ("2012-10-17", "*", "home/*/k", true),
        ("2012-10-17", "a?ice", "home/alice/k", false),
        ("2012-10-17", "${aws:userid}", "home/AIDA/k", false),
        ("2008-10-17", "alice", "home/alice/k", false),
        ("2008-10-17", "alice", "home/${aws:username}/k", true),
    ] {
        let document = json!({"Version": version, "Statement": {"Effect": "Allow", "Action": "s3:*",
            "Resource": "arn:aws:s3:::home/${aws:username}/*"}});
        let policy = parse(DocumentKind::Identity, &document.to_string());
        let context = keys(&[("aws:username", value), ("aws:userid", "AIDA")]);
        let place = format!("arn:aws:s3:::{place}");
        let answer = allowed(&[policy], "s3:GetObject", &place, &context);
        assert_eq!(answer, matches, "{version} {value} {place}");
    }
}

/// Rule 21: no policy of any layer keeps somebody from asking who they are.
#[test]
fn rule_21_get_caller_identity_passes_every_layer() {
    let deny = identity("Deny", "*");
    let everywhere = resource("Deny", EVERYBODY);
    let denies = [source(&deny)];
    let levels: [&[policy::Source<'_>]; 1] = [&denies];
    let policies = Policies {
        identity: &denies,
        boundary: Some(&denies),
        session: Some(&denies),
        resource: Some(source(&everywhere)),
        scps: Some(&levels),
        rcps: Some(&levels),
        ..Policies::default()
    };
    let context = Context::new();
    for principal in [user(), session(), root()] {
        for (action, passes) in [
            ("sts:GetCallerIdentity", true),
            ("sts:GetAccessKeyInfo", false),
        ] {
            let request = Request {
                principal: &principal,
                action,
                resource: "*",
                resource_account: None,
                context: &context,
            };
            assert_eq!(decide(&request, &policies).is_allowed(), passes, "{action}");
        }
    }
}

/// Rule 22: revocation denies sessions that are older, also where the resource's policy allows.
#[test]
fn rule_22_revocation_is_a_deny_by_issue_time() {
    let revoked = statement(json!({"Effect": "Deny", "Action": ["*"], "Resource": ["*"],
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2026-11-21T20:22:36.000Z"}}}));
    for (issued, passes) in [
        (Some("2026-11-21T20:22:35Z"), false),
        (Some("2026-11-21T20:22:35.999Z"), false),
        (Some("2026-11-21T20:22:36Z"), true),
        (None, true),
    ] {
        let mut world = World {
            identity: vec![revoked.clone()],
            resource: Some(resource("Allow", EVERYBODY)),
            ..World::default()
        };
        if let Some(issued) = issued {
            world.context.insert("aws:TokenIssueTime", issued);
        }
        assert_eq!(
            world.ask(&session(), HOME).is_allowed(),
            passes,
            "{issued:?}"
        );
    }
}

/// Rule 23: `s3:prefix` that was sent empty is there, and differs from one that was not sent.
#[test]
fn rule_23_an_empty_prefix_is_present() {
    let policy = statement(
        json!({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b",
        "Condition": {"StringEquals": {"s3:prefix": ["", "home/"]}}}),
    );
    let present = statement(
        json!({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b",
        "Condition": {"Null": {"s3:prefix": "false"}}}),
    );
    for (context, listed) in [
        (keys(&[("s3:prefix", "")]), true),
        (keys(&[("s3:prefix", "home/")]), true),
        (keys(&[("s3:prefix", "home/a")]), false),
        (keys(&[]), false),
    ] {
        let ask = |policy: &Policy| {
            allowed(
                std::slice::from_ref(policy),
                "s3:ListBucket",
                "arn:aws:s3:::b",
                &context,
            )
        };
        assert_eq!(ask(&policy), listed, "{context:?}");
        assert_eq!(
            ask(&present),
            context.get("s3:prefix").is_some(),
            "{context:?}"
        );
    }
}

/// Rule 29: lists have odd resources, and a statement has to match them.
#[test]
fn rule_29_list_actions_have_resources_of_their_own() {
    for (action, place, pattern, matches) in [
        (
            "s3:ListAllMyBuckets",
            "arn:aws:s3:::*",
            "arn:aws:s3:::*",
            true,
        ),
        (
            "s3:ListAllMyBuckets",
            "arn:aws:s3:::*",
            "arn:aws:s3:::b",
            false,
        ),
        (
            "iam:ListUsers",
            "arn:aws:iam::123456789012:user/",
            "arn:aws:iam::123456789012:user/*",
            true,
        ),
        (
            "iam:ListUsers",
            "arn:aws:iam::123456789012:user/",
            "arn:aws:iam::123456789012:role/*",
            false,
        ),
        ("iam:ListPolicies", "policy path /", "*", true),
        (
            "iam:ListPolicies",
            "policy path /",
            "arn:aws:iam::123456789012:policy/*",
            false,
        ),
        ("iam:GetAccountSummary", "*", "*", true),
        (
            "iam:GetAccountSummary",
            "*",
            "arn:aws:iam::123456789012:*",
            false,
        ),
    ] {
        let policy = statement(json!({"Effect": "Allow", "Action": "*", "Resource": pattern}));
        let answer = allowed(&[policy], action, place, &Context::new());
        assert_eq!(answer, matches, "{action} {pattern}");
    }
}

/// A variable without a value: `Resource` does not match, and `NotResource` does not either,
/// whatever else the pattern or the list says.
#[test]
fn a_statement_with_an_unknown_variable_in_not_resource_matches_nothing() {
    for (element, list, place, matches) in [
        (
            "Resource",
            json!("arn:aws:s3:::b/${aws:username}/*"),
            "arn:aws:s3:::b/k",
            false,
        ),
        (
            "Resource",
            json!(["arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/*"]),
            "arn:aws:s3:::b/k",
            true,
        ),
        (
            "NotResource",
            json!("arn:aws:s3:::b/${aws:username}/*"),
            "arn:aws:s3:::b/k",
            false,
        ),
        (
            "NotResource",
            json!("arn:aws:s3:::b/${aws:username}/*"),
            "arn:aws:s3:::other",
            false,
        ),
        (
            "NotResource",
            json!("arn:aws:s3:::b/${aws:username}/*"),
            "arn:aws:sqs:eu-west-1:123456789012:q",
            false,
        ),
        (
            "NotResource",
            json!(["arn:aws:s3:::c", "arn:aws:s3:::b/${aws:username}/*"]),
            "arn:aws:iam::123456789012:role/x",
            false,
        ),
        (
            "NotResource",
            json!("arn:aws:s3:::b/${aws:username, 'x'}/*"),
            "arn:aws:s3:::b/k",
            true,
        ),
    ] {
        for effect in ["Allow", "Deny"] {
            let policy = statement(json!({"Effect": effect, "Action": "*", element: list}));
            let mut policies = vec![policy];
            if effect == "Deny" {
                policies.push(allow());
            }
            let answer = allowed(&policies, "s3:GetObject", place, &Context::new());
            assert_eq!(
                answer,
                matches == (effect == "Allow"),
                "{effect} {element} {list} {place}"
            );
        }
    }
}

/// A key of several values has none that could be put in, even if it has just one.
#[test]
fn a_multivalued_key_is_no_variable() {
    let policy = statement(
        json!({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b/${aws:TagKeys}"}),
    );
    let mut context = Context::new();
    context.insert("aws:TagKeys", Value::Many(vec!["k".to_owned()]));
    let ask = |context: &Context| {
        allowed(
            std::slice::from_ref(&policy),
            "s3:GetObject",
            "arn:aws:s3:::b/k",
            context,
        )
    };
    assert!(!ask(&context));
    context.insert("aws:TagKeys", "k");
    assert!(ask(&context));
}

/// Nobody speaks for callers without an account but the resource's policy.
#[test]
fn a_caller_without_an_account_is_nobodys_administrator() {
    let world = World {
        identity: vec![allow()],
        boundary: Some(allow()),
        session: Some(allow()),
        ..World::default()
    };
    let provider = "arn:aws:iam::123456789012:oidc-provider/issuer.example.com";
    for principal in [
        Principal::Anonymous,
        Principal::Service {
            name: "ec2.amazonaws.com".to_owned(),
        },
        Principal::Federated {
            provider: provider.to_owned(),
        },
    ] {
        assert!(!world.ask(&principal, HOME).is_allowed(), "{principal:?}");
        let sources = [source(&world.identity[0])];
        let policies = Policies {
            identity: &sources,
            ..Policies::default()
        };
        let context = Context::new();
        for owner in [None, Some(account(HOME))] {
            let request = Request {
                principal: &principal,
                action: "iam:CreateUser",
                resource: "*",
                resource_account: owner,
                context: &context,
            };
            assert!(
                !decide(&request, &policies).is_allowed(),
                "{principal:?} {owner:?}"
            );
        }
    }
}
