use super::*;
use crate::RoleSession;

fn account() -> AccountId {
    "123456789012".parse().unwrap()
}

fn session(provider: Option<&str>) -> Principal {
    Principal::Role(Box::new(RoleSession {
        account: account(),
        role_arn: "arn:aws:iam::123456789012:role/team/app".parse().unwrap(),
        role_id: "AROAAPP".to_owned(),
        session_arn: "arn:aws:sts::123456789012:assumed-role/app/s1"
            .parse()
            .unwrap(),
        session_name: "s1".to_owned(),
        federated_provider: provider.map(str::to_owned),
    }))
}

fn user() -> Principal {
    let arn = "arn:aws:iam::123456789012:user/alice".parse().unwrap();
    Principal::User {
        account: account(),
        arn,
        unique_id: "AIDAALICE".to_owned(),
    }
}

fn federated_user() -> Principal {
    Principal::FederatedUser {
        account: account(),
        arn: "arn:aws:sts::123456789012:federated-user/Bob"
            .parse()
            .unwrap(),
        user_arn: "arn:aws:iam::123456789012:user/alice".parse().unwrap(),
        user_id: "AIDAALICE".to_owned(),
    }
}

fn grant(name: &str, caller: &Principal) -> Option<Grant> {
    Grantee::aws(name)
        .unwrap_or_else(|| panic!("{name}"))
        .grant(caller)
}

#[test]
fn the_forms_of_a_grant_are_worth_different_things() {
    let root = "arn:aws:iam::123456789012:root";
    let role = "arn:aws:iam::123456789012:role/team/app";
    let alice = "arn:aws:iam::123456789012:user/alice";
    for (name, caller, worth) in [
        ("*", Principal::Anonymous, Some(Grant::Direct)),
        ("*", session(None), Some(Grant::Direct)),
        ("123456789012", user(), Some(Grant::Account)),
        (root, session(None), Some(Grant::Account)),
        (root, federated_user(), Some(Grant::Account)),
        (
            root,
            Principal::Root { account: account() },
            Some(Grant::Account),
        ),
        (root, Principal::Anonymous, None),
        ("210987654321", user(), None),
        (alice, user(), Some(Grant::Direct)),
        (alice, federated_user(), Some(Grant::Limited)),
        (alice, session(None), None),
        ("arn:aws:iam::123456789012:user/Alice", user(), None),
        (role, session(None), Some(Grant::Limited)),
        ("arn:aws:iam::123456789012:role/app", session(None), None),
        (
            "arn:aws:sts::123456789012:assumed-role/app/s1",
            session(None),
            Some(Grant::Direct),
        ),
        (
            "arn:aws:sts::123456789012:assumed-role/app/s2",
            session(None),
            None,
        ),
        (
            "arn:aws:sts::123456789012:federated-user/Bob",
            federated_user(),
            Some(Grant::Direct),
        ),
    ] {
        assert_eq!(grant(name, &caller), worth, "{name} for {caller:?}");
    }
}

#[test]
fn what_is_no_principal_is_refused() {
    for name in [
        "",
        "**",
        "12345",
        "alice",
        "AROAEXAMPLEID",
        "arn:aws:iam::123456789012:user/*",
        "arn:aws:iam::123456789012:role/ap?",
        "arn:aws:iam::*:root",
        "arn:aws:iam::123456789012:group/g",
        "arn:aws:iam::123456789012:user/",
        "arn:aws:iam::123456789012:user/path/",
        "arn:aws:iam::123456789012:rootx",
        "arn:aws:iam::123456789012:root/x",
        "arn:aws:iam:eu-west-1:123456789012:user/a",
        "arn:aws:s3::123456789012:user/a",
        "arn:aws:sts::123456789012:assumed-role/app",
        "arn:aws:sts::123456789012:assumed-role/app/s/x",
        "arn:other:iam::123456789012:root",
    ] {
        assert_eq!(Grantee::aws(name), None, "{name}");
    }
    for name in [
        "*",
        "",
        "no dots",
        "arn:aws:iam::1:oidc-provider/x.y",
        "arn:aws:iam::123456789012:oidc-provider/*",
        "a..b",
        "https://x.y",
    ] {
        assert_eq!(Grantee::provider(name), None, "{name}");
    }
    for name in [
        "*",
        "ec2",
        "ec2.example.com",
        "*.amazonaws.com",
        "amazonaws.com",
    ] {
        assert_eq!(Grantee::service(name), None, "{name}");
    }
    assert!(Grantee::service("pods.eks.amazonaws.com").is_some());
    assert!(
        Grantee::provider(
            "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC"
        )
        .is_some()
    );
}

#[test]
fn a_provider_speaks_for_tokens_in_trust_policies_and_for_sessions_elsewhere() {
    let provider = "arn:aws:iam::123456789012:oidc-provider/issuer.example.com";
    let grantees = Grantees {
        negated: false,
        list: [Grantee::provider(provider).unwrap()].into(),
    };
    let token = Principal::Federated {
        provider: provider.to_owned(),
    };
    let other = Principal::Federated {
        provider: format!("{provider}/x"),
    };
    assert_eq!(
        grantees.allow(&token, ResourceKind::RoleTrust),
        Some(Grant::Direct)
    );
    assert_eq!(grantees.allow(&other, ResourceKind::RoleTrust), None);
    assert_eq!(
        grantees.allow(&session(Some(provider)), ResourceKind::RoleTrust),
        None
    );
    assert_eq!(
        grantees.allow(&session(Some(provider)), ResourceKind::Ordinary),
        Some(Grant::Limited)
    );
    assert_eq!(grantees.allow(&session(None), ResourceKind::Ordinary), None);
}

#[test]
fn everybody_does_not_include_unnamed_providers() {
    let everyone = Grantees {
        negated: false,
        list: [Grantee::Everyone].into(),
    };
    let token = Principal::Federated {
        provider: "accounts.google.com".to_owned(),
    };
    assert_eq!(everyone.allow(&token, ResourceKind::RoleTrust), None);
    assert!(everyone.denies(&token, false));
}

#[test]
fn a_pinned_name_is_the_old_entity_only() {
    let role = "arn:aws:iam::123456789012:role/team/app";
    let mut grantees = Grantees {
        negated: false,
        list: [Grantee::aws(role).unwrap()].into(),
    };
    assert_eq!(grantees.arns().collect::<Vec<_>>(), [role]);
    grantees.pin(&BTreeMap::from([(role.to_owned(), "AROAAPP".to_owned())]));
    assert_eq!(
        grantees.allow(&session(None), ResourceKind::Ordinary),
        Some(Grant::Limited)
    );
    grantees.pin(&BTreeMap::from([(
        role.to_owned(),
        "AROADELETED".to_owned(),
    )]));
    assert_eq!(grantees.allow(&session(None), ResourceKind::Ordinary), None);
}

#[test]
fn not_principal_exempts_only_whoever_is_listed_at_every_level() {
    let root = "arn:aws:iam::123456789012:root";
    let role = "arn:aws:iam::123456789012:role/team/app";
    let assumed = "arn:aws:sts::123456789012:assumed-role/app/s1";
    let alice = "arn:aws:iam::123456789012:user/alice";
    let denies = |names: &[&str], caller: &Principal, has_boundary: bool| {
        let list = names
            .iter()
            .map(|name| Grantee::aws(name).unwrap())
            .collect();
        Grantees {
            negated: true,
            list,
        }
        .denies(caller, has_boundary)
    };
    assert!(!denies(&[root, alice], &user(), false));
    assert!(denies(&[root, alice], &user(), true));
    assert!(denies(&[alice], &user(), false));
    assert!(denies(&[root], &user(), false));
    assert!(!denies(&[root, role, assumed], &session(None), false));
    assert!(denies(&[root, role], &session(None), false));
    assert!(denies(&[root, assumed], &session(None), false));
    assert!(!denies(
        &[root],
        &Principal::Root { account: account() },
        false
    ));
    assert!(denies(&[root], &Principal::Anonymous, false));
    assert!(!denies(&["*"], &Principal::Anonymous, false));
}
