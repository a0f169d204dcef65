//! Sessions: how roles are entered, what limits a session, and how refusals are worded.

use crate::support::{
    EVERYBODY, HOME, OTHER, USER, World, account, allow, federated_user, identity, outcome, parse,
    resource, root, session, unrelated, user,
};
use policy::{
    Context, Decision, DocumentKind, Layer, Outcome, Policies, Principal, Request, decide,
};

#[test]
fn get_federation_token_gives_nothing_without_a_session_policy() {
    let world = World {
        identity: vec![allow()],
        ..World::default()
    };
    assert_eq!(
        outcome(&world, &federated_user(), HOME),
        Outcome::ImplicitlyDenied(Layer::Session)
    );
    let world = World {
        session: Some(allow()),
        ..world
    };
    assert_eq!(outcome(&world, &federated_user(), HOME), Outcome::Allowed);
    // A grant to its user stays within the session policy, one to itself does not.
    let world = World {
        resource: Some(resource("Allow", USER)),
        ..World::default()
    };
    assert_eq!(
        outcome(&world, &federated_user(), HOME),
        Outcome::ImplicitlyDenied(Layer::Session)
    );
    let own = r#""Principal":{"AWS":"arn:aws:sts::123456789012:federated-user/Bob"}"#;
    let world = World {
        resource: Some(resource("Allow", own)),
        ..World::default()
    };
    assert_eq!(outcome(&world, &federated_user(), HOME), Outcome::Allowed);
}

#[test]
fn a_restricted_session_stays_restricted_when_nothing_denies() {
    // A session that may only read asks for a key for its own user: that no statement denies is
    // not enough.
    let world = World {
        identity: vec![allow()],
        session: Some(identity("Allow", "s3:Get*")),
        ..World::default()
    };
    assert!(world.ask(&session(), HOME).is_allowed());
    let (role, context) = (session(), Context::new());
    let request = Request {
        principal: &role,
        action: "iam:CreateAccessKey",
        resource: "arn:aws:iam::123456789012:user/alice",
        resource_account: Some(account(HOME)),
        context: &context,
    };
    let (all, read) = (allow(), identity("Allow", "s3:Get*"));
    let (all, read) = (
        [crate::support::source(&all)],
        [crate::support::source(&read)],
    );
    let policies = Policies {
        identity: &all,
        session: Some(&read),
        ..Policies::default()
    };
    assert_eq!(
        decide(&request, &policies).outcome,
        Outcome::ImplicitlyDenied(Layer::Session)
    );
    let policies = Policies {
        session: Some(&[]),
        ..policies
    };
    assert_eq!(
        decide(&request, &policies).outcome,
        Outcome::ImplicitlyDenied(Layer::Session)
    );
}

#[test]
fn what_names_a_user_does_not_widen_its_narrowed_session() {
    // Delegated access makes sessions that are the user, within a session policy.
    for principal in [USER, EVERYBODY] {
        for trust in [false, true] {
            let granted = || World {
                resource: Some(resource("Allow", principal)),
                trust,
                ..World::default()
            };
            assert_eq!(outcome(&granted(), &user(), HOME), Outcome::Allowed);
            let bounded = || World {
                boundary: Some(unrelated()),
                ..granted()
            };
            assert_eq!(outcome(&bounded(), &user(), HOME), Outcome::Allowed);
            let narrowed = World {
                session: Some(unrelated()),
                ..granted()
            };
            assert_eq!(
                outcome(&narrowed, &user(), HOME),
                Outcome::ImplicitlyDenied(Layer::Session)
            );
            let wide = World {
                session: Some(allow()),
                ..granted()
            };
            assert_eq!(outcome(&wide, &user(), HOME), Outcome::Allowed);
            let bounded = World {
                session: Some(allow()),
                ..bounded()
            };
            assert_eq!(
                outcome(&bounded, &user(), HOME),
                Outcome::ImplicitlyDenied(Layer::Boundary)
            );
        }
    }
}

fn trust(principal: &str) -> World {
    let text = format!(
        r#"{{"Statement":{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}}}"#
    );
    World {
        resource: Some(parse(DocumentKind::Trust, &text)),
        trust: true,
        ..World::default()
    }
}

#[test]
fn a_role_is_entered_through_its_trust_policy() {
    let full = World {
        identity: vec![allow()],
        trust: true,
        ..World::default()
    };
    assert_eq!(
        outcome(&full, &user(), HOME),
        Outcome::ImplicitlyDenied(Layer::Trust)
    );
    let stranger = trust(r#"{"AWS":"arn:aws:iam::123456789012:user/bob"}"#);
    let stranger = World {
        identity: vec![allow()],
        ..stranger
    };
    assert_eq!(
        outcome(&stranger, &user(), HOME),
        Outcome::ImplicitlyDenied(Layer::Trust)
    );
    // Named directly it is enough within the account; the account's name is a delegation.
    let named = trust(r#"{"AWS":"arn:aws:iam::123456789012:user/alice"}"#);
    assert_eq!(outcome(&named, &user(), HOME), Outcome::Allowed);
    assert_eq!(
        outcome(&trust(r#"{"AWS":"*"}"#), &user(), HOME),
        Outcome::Allowed
    );
    let delegated = trust(r#"{"AWS":"123456789012"}"#);
    assert_eq!(
        outcome(&delegated, &user(), HOME),
        Outcome::ImplicitlyDenied(Layer::Identity)
    );
    assert_eq!(
        outcome(
            &World {
                identity: vec![allow()],
                ..delegated
            },
            &user(),
            HOME
        ),
        Outcome::Allowed
    );
    let by_role = trust(r#"{"AWS":"arn:aws:iam::123456789012:role/team/app"}"#);
    assert_eq!(outcome(&by_role, &session(), HOME), Outcome::Allowed);
    let bounded = World {
        boundary: Some(unrelated()),
        ..by_role
    };
    assert_eq!(
        outcome(&bounded, &session(), HOME),
        Outcome::ImplicitlyDenied(Layer::Boundary)
    );
    // Into another account both must agree.
    assert_eq!(
        outcome(&named, &user(), OTHER),
        Outcome::ImplicitlyDenied(Layer::Identity)
    );
    assert_eq!(
        outcome(
            &World {
                identity: vec![allow()],
                ..named
            },
            &user(),
            OTHER
        ),
        Outcome::Allowed
    );
}

#[test]
fn web_identities_pass_only_under_their_provider() {
    let provider = "arn:aws:iam::123456789012:oidc-provider/issuer.example.com/id/A";
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"Federated":"{provider}"}},
           "Action":"sts:AssumeRoleWithWebIdentity",
           "Condition":{{"StringEquals":{{"issuer.example.com/id/A:sub":"system:serviceaccount:ns:sa"}}}}}}}}"#
    );
    let policy = parse(DocumentKind::Trust, &text);
    let ask = |provider: &str, action: &str, subject: &str| {
        let principal = Principal::Federated {
            provider: provider.to_owned(),
        };
        let context: Context = [("issuer.example.com/id/A:sub", subject)]
            .into_iter()
            .collect();
        let request = Request {
            principal: &principal,
            action,
            resource: "arn:aws:iam::123456789012:role/app",
            resource_account: Some(account(HOME)),
            context: &context,
        };
        let policies = Policies {
            resource: Some(crate::support::source(&policy)),
            resource_kind: policy::ResourceKind::RoleTrust,
            ..Policies::default()
        };
        decide(&request, &policies).outcome
    };
    let (web, pod) = (
        "sts:AssumeRoleWithWebIdentity",
        "system:serviceaccount:ns:sa",
    );
    assert_eq!(ask(provider, web, pod), Outcome::Allowed);
    let refused = Outcome::ImplicitlyDenied(Layer::Trust);
    assert_eq!(ask(provider, web, "system:serviceaccount:evil:sa"), refused);
    assert_eq!(ask(provider, "sts:AssumeRole", pod), refused);
    assert_eq!(
        ask(
            "arn:aws:iam::123456789012:oidc-provider/issuer.example.com/id/B",
            web,
            pod
        ),
        refused
    );
    assert_eq!(ask("issuer.example.com/id/A", web, pod), refused);
}

#[test]
fn get_caller_identity_cannot_be_denied() {
    let deny = identity("Deny", "*");
    let sources = [crate::support::source(&deny)];
    let policies = Policies {
        identity: &sources,
        session: Some(&[]),
        ..Policies::default()
    };
    let context = Context::new();
    let ask = |principal: &Principal, action: &str| -> Decision {
        let request = Request {
            principal,
            action,
            resource: "*",
            resource_account: None,
            context: &context,
        };
        decide(&request, &policies)
    };
    assert!(ask(&session(), "sts:GetCallerIdentity").is_allowed());
    assert!(ask(&user(), "STS:getsessiontoken").is_allowed());
    assert!(!ask(&session(), "sts:AssumeRole").is_allowed());
    assert!(!ask(&Principal::Anonymous, "sts:GetCallerIdentity").is_allowed());
}

#[test]
fn a_user_named_like_a_pattern_reaches_only_its_own_home() {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::home/${aws:username}/*"}}"#;
    for (version, name, key, reached) in [
        ("2012-10-17", "alice", "alice/a", true),
        ("2012-10-17", "*", "alice/a", false),
        ("2012-10-17", "*", "*/a", true),
        ("2012-10-17", "a?ice", "alice/a", false),
        ("2012-10-17", "${aws:userid}", "AIDAALICE/a", false),
        ("2008-10-17", "alice", "alice/a", false),
        ("2008-10-17", "alice", "${aws:username}/a", true),
    ] {
        let policy = parse(DocumentKind::Identity, &text.replace("2012-10-17", version));
        let context: Context = [("aws:username", name), ("aws:userid", "AIDAALICE")]
            .into_iter()
            .collect();
        let (principal, path) = (user(), format!("arn:aws:s3:::home/{key}"));
        let request = Request {
            principal: &principal,
            action: "s3:GetObject",
            resource: &path,
            resource_account: Some(account(HOME)),
            context: &context,
        };
        let sources = [crate::support::source(&policy)];
        let policies = Policies {
            identity: &sources,
            ..Policies::default()
        };
        assert_eq!(
            decide(&request, &policies).is_allowed(),
            reached,
            "{version} {name} {key}"
        );
    }
}

#[test]
fn revoked_sessions_are_those_issued_before() {
    let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["*"],"Resource":["*"],
        "Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-11-21T20:22:36.000Z"}}}]}"#;
    let mut world = World {
        identity: vec![allow(), parse(DocumentKind::Identity, text)],
        ..World::default()
    };
    for (issued, allowed) in [
        ("2026-11-21T20:22:35Z", false),
        ("2026-11-21T20:22:36Z", true),
        ("2026-11-21T20:30:00Z", true),
    ] {
        world.context.insert("aws:TokenIssueTime", issued);
        assert_eq!(
            world.ask(&session(), HOME).is_allowed(),
            allowed,
            "{issued}"
        );
    }
    // Long-term keys carry no such key and are not hit.
    world.context = Context::new();
    assert!(world.ask(&user(), HOME).is_allowed());
}

#[test]
fn denials_are_worded_as_aws_words_them() {
    let action = "s3:GetObject";
    let arn = Some("\"arn:aws:s3:::b/k\"");
    let world = World {
        identity: vec![unrelated()],
        ..World::default()
    };
    assert_eq!(
        world.ask(&session(), HOME).denial(&session(), action, arn),
        "User: arn:aws:sts::123456789012:assumed-role/app/s1 is not authorized to perform: s3:GetObject on resource: \
         \"arn:aws:s3:::b/k\" because no identity-based policy allows the s3:GetObject action"
    );
    let world = World {
        identity: vec![allow()],
        boundary: Some(unrelated()),
        ..World::default()
    };
    assert_eq!(
        world.ask(&user(), HOME).denial(&user(), action, None),
        "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: s3:GetObject because no permissions \
         boundary allows the s3:GetObject action"
    );
    let world = World {
        scps: Some(vec![identity("Deny", "*")]),
        ..World::default()
    };
    assert_eq!(
        world
            .ask(&root(), HOME)
            .denial(&root(), "s3:ListAllMyBuckets", None),
        "User: arn:aws:iam::123456789012:root is not authorized to perform: s3:ListAllMyBuckets with an explicit deny \
         in a service control policy, with policy ARN: arn:aws:iam::aws:policy/P"
    );
    let world = World {
        identity: vec![identity("Deny", "*")],
        ..World::default()
    };
    assert_eq!(
        world
            .ask(&user(), HOME)
            .denial(&user(), "iam:GetRole", Some("role app")),
        "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: iam:GetRole on resource: role app \
         with an explicit deny in an identity-based policy, with policy ARN: arn:aws:iam::aws:policy/P"
    );
    let world = World {
        resource: Some(resource("Deny", EVERYBODY)),
        ..World::default()
    };
    let text = world.ask(&user(), HOME).denial(&user(), action, arn);
    assert!(
        text.ends_with("with an explicit deny in a resource-based policy"),
        "{text}"
    );
    let text = World {
        trust: true,
        ..World::default()
    }
    .ask(&user(), HOME)
    .denial(&user(), "sts:AssumeRole", None);
    assert!(
        text.ends_with("because no role trust policy allows the sts:AssumeRole action"),
        "{text}"
    );
}
