//! What holds for every policy and every request.

use crate::support::{HOME, OTHER, World, parse, session, user};
use policy::{Context, DocumentKind, Outcome, Policy};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

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

fn one_or_many(item: impl Strategy<Value = &'static str> + Clone + 'static) -> BoxedStrategy<Json> {
    let one = item.clone().prop_map(Json::from);
    let many = prop::collection::vec(item, 1..4).prop_map(Json::from);
    prop_oneof![one, many].boxed()
}

fn action() -> BoxedStrategy<Json> {
    one_or_many(prop::sample::select(vec![
        "*",
        "s3:*",
        "s3:GetObject",
        "S3:get?bject",
        "s3:Put*",
        "iam:PassRole",
        "foo:Bar",
    ]))
}

fn place() -> BoxedStrategy<Json> {
    let places = vec![
        "*",
        "arn:aws:s3:::b/*",
        "arn:aws:s3:::b/k",
        "arn:aws:s3:::${aws:username}/*",
        "arn:aws:s3:::c",
        "arn:aws:iam::*:role/x",
    ];
    one_or_many(prop::sample::select(places))
}

fn condition() -> BoxedStrategy<Json> {
    let operators = vec![
        "StringEquals",
        "StringNotEqualsIfExists",
        "ForAnyValue:StringLike",
        "ForAllValues:StringNotLike",
        "Null",
        "Bool",
        "NumericLessThan",
        "DateGreaterThan",
        "IpAddress",
        "ArnLike",
        "BinaryEquals",
    ];
    let value = prop_oneof![
        Just(json!("true")),
        Just(json!(false)),
        Just(json!(12.5)),
        Just(json!("2026-11-21")),
        Just(json!("1795219200")),
        Just(json!("${aws:username}")),
        Just(json!("a*")),
    ];
    let keys = prop::sample::select(vec![
        "aws:username",
        "aws:TagKeys",
        "s3:max-keys",
        "AWS:CurrentTime",
    ]);
    (
        prop::sample::select(operators),
        keys,
        prop::collection::vec(value, 1..3),
    )
        .prop_map(|(operator, key, mut values)| {
            if operator.starts_with("Date") {
                values = vec![json!("2026-11-21T00:00:00Z")];
            }
            json!({ operator: { key: values } })
        })
        .boxed()
}

fn statement(effect: &'static [&'static str]) -> BoxedStrategy<Json> {
    let names = (any::<bool>(), any::<bool>());
    let principal = prop::sample::select(vec![
        json!("*"),
        json!({"AWS": HOME}),
        json!({"AWS": ["arn:aws:iam::123456789012:user/alice", "arn:aws:iam::123456789012:role/team/app"]}),
        json!({"Service": "ec2.amazonaws.com", "Federated": "accounts.google.com"}),
    ]);
    (
        prop::sample::select(effect),
        names,
        action(),
        place(),
        prop::option::of(condition()),
        principal,
    )
        .prop_map(
            |(effect, (not_action, not_resource), action, place, condition, principal)| {
                let mut statement = json!({ "Effect": effect, "Principal": principal });
                statement[if not_action { "NotAction" } else { "Action" }] = action;
                statement[if not_resource {
                    "NotResource"
                } else {
                    "Resource"
                }] = place;
                if let Some(condition) = condition {
                    statement["Condition"] = condition;
                }
                statement
            },
        )
        .boxed()
}

fn document(effect: &'static [&'static str]) -> impl Strategy<Value = Json> {
    let version = prop::sample::select(vec!["2012-10-17", "2008-10-17"]);
    (version, prop::collection::vec(statement(effect), 1..4))
        .prop_map(|(version, statements)| json!({ "Version": version, "Statement": statements }))
}

const BOTH: &[&str] = &["Allow", "Deny"];
const ALLOW: &[&str] = &["Allow"];

fn without_principals(document: &Json) -> Policy {
    let mut document = document.clone();
    for statement in document["Statement"].as_array_mut().unwrap() {
        statement.as_object_mut().unwrap().remove("Principal");
    }
    parse(DocumentKind::Identity, &document.to_string())
}

fn resource_policy(document: &Json) -> Policy {
    parse(DocumentKind::Resource, &document.to_string())
}

fn context() -> impl Strategy<Value = Context> {
    let name = prop::option::of(prop::sample::select(vec!["alice", "a*", "b"]));
    let tags = prop::option::of(prop::collection::vec(
        prop::sample::select(vec!["a", "true", "b"]),
        0..3,
    ));
    (name, tags).prop_map(|(name, tags)| {
        let mut context = Context::new();
        if let Some(name) = name {
            context.insert("aws:username", name);
        }
        if let Some(tags) = tags {
            context.insert(
                "aws:tagkeys",
                tags.into_iter().map(str::to_owned).collect::<Vec<_>>(),
            );
        }
        context
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn reading_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&bytes);
        for kind in KINDS {
            let _ = Policy::parse(kind, &text);
        }
    }

    #[test]
    fn reading_a_damaged_document_never_panics(document in document(BOTH), at in any::<prop::sample::Index>(), junk in "[\\[\\]{}\",:*$a\\\\]{0,3}") {
        let text = document.to_string();
        let at = at.index(text.len());
        let damaged = format!("{}{junk}{}", &text[..at], &text[at + 1..]);
        for kind in KINDS {
            if let Err(error) = Policy::parse(kind, &damaged) {
                prop_assert!(damaged.get(error.span()).is_some(), "{error:?}");
                prop_assert!(!error.message().is_empty() && !error.reason().is_empty());
            }
        }
    }

    #[test]
    fn what_the_grammar_writes_is_read(document in document(BOTH)) {
        let mut resource = document.clone();
        for statement in resource["Statement"].as_array_mut().unwrap() {
            statement["Sid"] = json!("");
        }
        resource_policy(&resource);
        without_principals(&document);
    }

    #[test]
    fn an_explicit_deny_always_wins(grants in document(BOTH), context in context(), other in any::<bool>()) {
        let owner = if other { OTHER } else { HOME };
        let deny = || crate::support::identity("Deny", "*");
        let world = || World {
            identity: vec![without_principals(&grants)],
            resource: Some(resource_policy(&grants)),
            context: context.clone(),
            ..World::default()
        };
        let worlds = [
            World { identity: vec![without_principals(&grants), deny()], ..world() },
            World { boundary: Some(deny()), ..world() },
            World { session: Some(deny()), ..world() },
            World { scps: Some(vec![deny()]), ..world() },
            World { rcps: Some(vec![deny()]), ..world() },
            World { resource: Some(crate::support::resource("Deny", r#""Principal":"*""#)), ..world() },
        ];
        for principal in [user(), session()] {
            for world in &worlds {
                prop_assert!(matches!(world.ask(&principal, owner).outcome, Outcome::ExplicitlyDenied(_)));
            }
        }
    }

    #[test]
    fn limits_never_widen(own in document(BOTH), limit in document(BOTH), context in context(), other in any::<bool>()) {
        let owner = if other { OTHER } else { HOME };
        let bare = || World {
            identity: vec![without_principals(&own)],
            resource: Some(resource_policy(&own)),
            context: context.clone(),
            ..World::default()
        };
        let limit = without_principals(&limit);
        let limited = [
            World { boundary: Some(limit.clone()), ..bare() },
            World { session: Some(limit.clone()), ..bare() },
            World { scps: Some(vec![limit.clone()]), ..bare() },
            World { rcps: Some(vec![limit]), ..bare() },
        ];
        for principal in [user(), session()] {
            let before = bare().ask(&principal, owner).is_allowed();
            for world in &limited {
                prop_assert!(before || !world.ask(&principal, owner).is_allowed());
            }
        }
    }

    #[test]
    fn without_a_resource_policy_every_layer_must_allow(own in document(ALLOW), limit in document(ALLOW), context in context()) {
        let (own, limit) = (without_principals(&own), without_principals(&limit));
        let alone = |policy: &Policy| {
            World { identity: vec![policy.clone()], context: context.clone(), ..World::default() }.ask(&session(), HOME).is_allowed()
        };
        let both = World {
            identity: vec![own.clone()],
            session: Some(limit.clone()),
            context: context.clone(),
            ..World::default()
        };
        prop_assert_eq!(both.ask(&session(), HOME).is_allowed(), alone(&own) && alone(&limit));
    }
}
