//! The decision algorithm: layers, accounts, and what a grant of a resource's policy is worth.

use std::collections::BTreeMap;

use crate::support::{
    EVERYBODY, HOME, OTHER, USER, World, allow, federated_user, identity, outcome, parse, resource,
    root, session, unrelated, user,
};
use policy::{DocumentKind, Layer, Outcome, Principal};

const ACCOUNT: &str = r#""Principal":{"AWS":"123456789012"}"#;
const ROLE: &str = r#""Principal":{"AWS":"arn:aws:iam::123456789012:role/team/app"}"#;
const SESSION: &str = r#""Principal":{"AWS":"arn:aws:sts::123456789012:assumed-role/app/s1"}"#;

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
    // A user's session is not who is named, so for users it is only the boundary.
    let world = World {
        session: None,
        ..narrow(USER)
    };
    assert_eq!(outcome(&world, &user(), HOME), Outcome::Allowed);
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
