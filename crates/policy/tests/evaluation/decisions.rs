//! The decision algorithm: layers, accounts, and what a grant of a resource's policy is worth.

use std::collections::BTreeMap;

use crate::support::{
    HOME, OTHER, World, account, federated_user, identity, parse, resource, root, session, user,
};
use policy::{
    Context, Decision, DocumentKind, Layer, Outcome, Policies, Principal, Request, decide,
};

const EVERYBODY: &str = r#""Principal":"*""#;
const ACCOUNT: &str = r#""Principal":{"AWS":"123456789012"}"#;
const ROLE: &str = r#""Principal":{"AWS":"arn:aws:iam::123456789012:role/team/app"}"#;
const SESSION: &str = r#""Principal":{"AWS":"arn:aws:sts::123456789012:assumed-role/app/s1"}"#;
const USER: &str = r#""Principal":{"AWS":"arn:aws:iam::123456789012:user/alice"}"#;

fn allow() -> policy::Policy {
    identity("Allow", "*")
}

fn unrelated() -> policy::Policy {
    identity("Allow", "sqs:*")
}

fn outcome(world: &World, principal: &Principal, owner: &str) -> Outcome {
    world.ask(principal, owner).outcome
}

#[test]
fn no_policy_is_no_access() {
    let world = World::default();
    for principal in [user(), session(), federated_user()] {
        assert_eq!(
            outcome(&world, &principal, HOME),
            Outcome::ImplicitlyDenied(Layer::Identity)
        );
        assert_eq!(
            outcome(&world, &principal, OTHER),
            Outcome::ImplicitlyDenied(Layer::Resource)
        );
    }
    assert_eq!(
        outcome(&world, &Principal::Anonymous, HOME),
        Outcome::ImplicitlyDenied(Layer::Resource)
    );
    let service = Principal::Service {
        name: "cloudtrail.amazonaws.com".to_owned(),
    };
    assert_eq!(
        outcome(&world, &service, HOME),
        Outcome::ImplicitlyDenied(Layer::Resource)
    );
    assert_eq!(outcome(&world, &root(), HOME), Outcome::Allowed);
    assert_eq!(
        outcome(&world, &root(), OTHER),
        Outcome::ImplicitlyDenied(Layer::Resource)
    );
}

#[test]
fn an_explicit_deny_in_any_layer_wins() {
    let full = || World {
        identity: vec![allow()],
        boundary: Some(allow()),
        session: Some(allow()),
        resource: Some(resource("Allow", EVERYBODY)),
        scps: Some(vec![allow(), allow()]),
        rcps: Some(vec![allow()]),
        ..World::default()
    };
    let deny = || identity("Deny", "s3:*");
    let all = [
        (
            World {
                identity: vec![allow(), deny()],
                ..full()
            },
            Layer::Identity,
        ),
        (
            World {
                boundary: Some(deny()),
                ..full()
            },
            Layer::Boundary,
        ),
        (
            World {
                session: Some(deny()),
                ..full()
            },
            Layer::Session,
        ),
        (
            World {
                resource: Some(resource("Deny", EVERYBODY)),
                ..full()
            },
            Layer::Resource,
        ),
        (
            World {
                scps: Some(vec![allow(), deny()]),
                ..full()
            },
            Layer::Scp,
        ),
        (
            World {
                rcps: Some(vec![deny()]),
                ..full()
            },
            Layer::Rcp,
        ),
    ];
    for principal in [user(), session(), root()] {
        assert_eq!(outcome(&full(), &principal, HOME), Outcome::Allowed);
        for (world, layer) in &all {
            let decision = world.ask(&principal, HOME);
            assert_eq!(decision.outcome, Outcome::ExplicitlyDenied(*layer));
            assert_eq!(decision.policy.unwrap().layer, *layer);
        }
    }
}

#[test]
fn a_grant_by_name_passes_over_what_is_only_missing() {
    let narrow = |principal: &str| World {
        boundary: Some(unrelated()),
        session: Some(unrelated()),
        resource: Some(resource("Allow", principal)),
        ..World::default()
    };
    assert_eq!(
        outcome(&narrow(SESSION), &session(), HOME),
        Outcome::Allowed
    );
    assert_eq!(
        outcome(&narrow(EVERYBODY), &session(), HOME),
        Outcome::Allowed
    );
    assert_eq!(outcome(&narrow(USER), &user(), HOME), Outcome::Allowed);
    // The role's ARN grants to its sessions within boundary and session policy.
    assert_eq!(
        outcome(&narrow(ROLE), &session(), HOME),
        Outcome::ImplicitlyDenied(Layer::Boundary)
    );
    let world = World {
        boundary: Some(allow()),
        ..narrow(ROLE)
    };
    assert_eq!(
        outcome(&world, &session(), HOME),
        Outcome::ImplicitlyDenied(Layer::Session)
    );
    let world = World {
        session: Some(allow()),
        ..world
    };
    assert_eq!(outcome(&world, &session(), HOME), Outcome::Allowed);
    // The account's grant is a delegation.
    let world = World {
        boundary: None,
        session: None,
        ..narrow(ACCOUNT)
    };
    assert_eq!(
        outcome(&world, &session(), HOME),
        Outcome::ImplicitlyDenied(Layer::Identity)
    );
    let world = World {
        identity: vec![allow()],
        ..world
    };
    assert_eq!(outcome(&world, &session(), HOME), Outcome::Allowed);
}

#[test]
fn the_strongest_grant_counts() {
    let text = r#"{"Statement":[
        {"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"*","Resource":"*"},
        {"Effect":"Allow","Principal":{"AWS":"arn:aws:sts::123456789012:assumed-role/app/s1"},"Action":"*","Resource":"*"},
        {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/team/app"},"Action":"*","Resource":"*"}]}"#;
    let world = World {
        boundary: Some(unrelated()),
        resource: Some(parse(DocumentKind::Resource, text)),
        ..World::default()
    };
    let decision = world.ask(&session(), HOME);
    assert_eq!(
        (decision.outcome, decision.statement.unwrap().index),
        (Outcome::Allowed, 1)
    );
}

#[test]
fn another_accounts_resource_needs_both_sides() {
    for principal in [EVERYBODY, ACCOUNT, ROLE, SESSION] {
        let granted = World {
            resource: Some(resource("Allow", principal)),
            ..World::default()
        };
        assert_eq!(
            outcome(&granted, &session(), OTHER),
            Outcome::ImplicitlyDenied(Layer::Identity),
            "{principal}"
        );
        let both = World {
            identity: vec![allow()],
            ..granted
        };
        assert_eq!(
            outcome(&both, &session(), OTHER),
            Outcome::Allowed,
            "{principal}"
        );
        let bounded = World {
            boundary: Some(unrelated()),
            ..both
        };
        assert_eq!(
            outcome(&bounded, &session(), OTHER),
            Outcome::ImplicitlyDenied(Layer::Boundary),
            "{principal}"
        );
    }
    let own = World {
        identity: vec![allow()],
        ..World::default()
    };
    assert_eq!(
        outcome(&own, &session(), OTHER),
        Outcome::ImplicitlyDenied(Layer::Resource)
    );
}

#[test]
fn a_deny_for_an_account_hits_everyone_in_it() {
    let world = World {
        identity: vec![allow()],
        resource: Some(resource("Deny", ACCOUNT)),
        ..World::default()
    };
    for principal in [root(), user(), session(), federated_user()] {
        assert_eq!(
            outcome(&world, &principal, HOME),
            Outcome::ExplicitlyDenied(Layer::Resource)
        );
    }
    let public = World {
        resource: Some(resource("Deny", r#""Principal":{"AWS":"210987654321"}"#)),
        ..world
    };
    assert_eq!(outcome(&public, &user(), HOME), Outcome::Allowed);
}

#[test]
fn bucket_policy_principals_are_told_apart() {
    // The role and its session are two principals, and a name is not its neighbour's.
    for (principal, granted) in [
        (ROLE, true),
        (SESSION, true),
        (
            r#""Principal":{"AWS":"arn:aws:iam::123456789012:role/app"}"#,
            false,
        ),
        (
            r#""Principal":{"AWS":"arn:aws:sts::123456789012:assumed-role/app/s2"}"#,
            false,
        ),
        (
            r#""Principal":{"AWS":"arn:aws:iam::210987654321:role/team/app"}"#,
            false,
        ),
        (r#""Principal":{"Service":"ec2.amazonaws.com"}"#, false),
    ] {
        let world = World {
            resource: Some(resource("Allow", principal)),
            ..World::default()
        };
        assert_eq!(
            world.ask(&session(), HOME).is_allowed(),
            granted,
            "{principal}"
        );
    }
}

#[test]
fn a_deleted_principal_does_not_come_back_with_its_name() {
    let mut policy = resource("Allow", ROLE);
    let arn = policy
        .principal_arns()
        .first()
        .map(|arn| (*arn).to_owned())
        .unwrap();
    policy.pin_principals(&BTreeMap::from([(arn.clone(), "AROAOLD".to_owned())]));
    let world = World {
        resource: Some(policy.clone()),
        ..World::default()
    };
    assert!(!world.ask(&session(), HOME).is_allowed());
    policy.pin_principals(&BTreeMap::from([(arn, "AROAAPP".to_owned())]));
    let world = World {
        resource: Some(policy),
        ..World::default()
    };
    assert!(world.ask(&session(), HOME).is_allowed());
}

#[test]
fn not_principal_denies_all_but_those_listed_at_every_level() {
    let text = |names: &str| format!(r#""NotPrincipal":{{"AWS":[{names}]}}"#);
    let levels = r#""123456789012","arn:aws:iam::123456789012:role/team/app","arn:aws:sts::123456789012:assumed-role/app/s1""#;
    let world = World {
        identity: vec![allow()],
        resource: Some(resource("Deny", &text(levels))),
        ..World::default()
    };
    assert_eq!(outcome(&world, &session(), HOME), Outcome::Allowed);
    assert_eq!(
        outcome(&world, &user(), HOME),
        Outcome::ExplicitlyDenied(Layer::Resource)
    );
    let bounded = World {
        boundary: Some(allow()),
        ..world
    };
    assert_eq!(
        outcome(&bounded, &session(), HOME),
        Outcome::ExplicitlyDenied(Layer::Resource)
    );
}

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
fn service_control_policies_bind_root_and_need_every_level() {
    let world = |levels: Vec<policy::Policy>| World {
        identity: vec![allow()],
        scps: Some(levels),
        ..World::default()
    };
    for principal in [root(), user(), session()] {
        assert_eq!(
            outcome(&world(vec![allow(), allow()]), &principal, HOME),
            Outcome::Allowed
        );
        for levels in [
            vec![allow(), unrelated()],
            vec![unrelated(), allow()],
            vec![],
        ] {
            assert_eq!(
                outcome(&world(levels), &principal, HOME),
                Outcome::ImplicitlyDenied(Layer::Scp)
            );
        }
    }
    // They limit the account's own principals, nobody else.
    let public = World {
        resource: Some(resource("Allow", EVERYBODY)),
        ..world(vec![unrelated()])
    };
    assert_eq!(
        outcome(&public, &Principal::Anonymous, HOME),
        Outcome::Allowed
    );
    let rcps = World {
        rcps: Some(vec![unrelated()]),
        scps: None,
        ..public
    };
    assert_eq!(
        outcome(&rcps, &Principal::Anonymous, HOME),
        Outcome::ImplicitlyDenied(Layer::Rcp)
    );
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
