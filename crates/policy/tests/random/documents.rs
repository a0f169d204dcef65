//! Documents of each kind.

use serde_json::{Map, Value as Json, json};

use super::callers;
use super::conditions;
use super::dice::Dice;
use super::patterns;

/// What decides about the elements of a document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// Identity policies, boundaries, session policies, service control policies.
    Identity,
    Resource,
    Trust,
    Rcp,
}

/// Up to `most` documents.
pub(super) fn some(dice: &mut Dice<'_>, kind: Kind, most: usize) -> Vec<Json> {
    let count = if dice.chance(95) {
        1 + dice.roll(most)
    } else {
        0
    };
    (0..count).map(|_| document(dice, kind)).collect()
}

/// One document.
pub(super) fn document(dice: &mut Dice<'_>, kind: Kind) -> Json {
    let mut document = Map::new();
    match dice.roll(10) {
        0 => {}
        1 => {
            document.insert("Version".to_owned(), json!("2008-10-17"));
        }
        _ => {
            document.insert("Version".to_owned(), json!("2012-10-17"));
        }
    }
    let count = match dice.roll(40) {
        0 => 20 + dice.roll(30),
        1..8 => 3 + dice.roll(6),
        _ => 1 + dice.roll(3),
    };
    let statements: Vec<Json> = (0..count).map(|_| statement(dice, kind, count)).collect();
    let bare = count == 1 && dice.chance(30);
    let statements = if bare {
        statements[0].clone()
    } else {
        json!(statements)
    };
    document.insert("Statement".to_owned(), statements);
    Json::Object(document)
}

fn statement(dice: &mut Dice<'_>, kind: Kind, of: usize) -> Json {
    if kind == Kind::Rcp && dice.chance(70) {
        return json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"});
    }
    let mut statement = Map::new();
    let deny = kind == Kind::Rcp || dice.chance(if of > 9 { 3 } else { 20 });
    let effect = if deny { "Deny" } else { "Allow" };
    statement.insert("Effect".to_owned(), json!(effect));
    match kind {
        Kind::Identity => {}
        Kind::Rcp => {
            statement.insert("Principal".to_owned(), json!("*"));
        }
        Kind::Resource if deny && dice.chance(40) => {
            statement.insert("NotPrincipal".to_owned(), callers::not_principal(dice));
        }
        Kind::Resource | Kind::Trust => {
            let principal = callers::principal(dice, kind == Kind::Trust);
            statement.insert("Principal".to_owned(), principal);
        }
    }
    let trust = kind == Kind::Trust;
    let not_action = !trust && kind != Kind::Rcp && dice.chance(8);
    let name = if not_action { "NotAction" } else { "Action" };
    let actions = one_or_many(dice, |dice| patterns::action_pattern(dice, trust));
    statement.insert(name.to_owned(), actions);
    if !trust {
        let name = if dice.chance(8) {
            "NotResource"
        } else {
            "Resource"
        };
        let mut resources = one_or_many(dice, |dice| {
            patterns::resource_pattern(dice, kind == Kind::Resource)
        });
        if dice.chance(3) {
            resources = among_many(resources);
        }
        statement.insert(name.to_owned(), resources);
    }
    if dice.chance(if deny { 75 } else { 45 }) {
        statement.insert("Condition".to_owned(), conditions::condition(dice));
    }
    Json::Object(statement)
}

/// The same resources among so many others that an engine may want an index of them.
fn among_many(resources: Json) -> Json {
    let own = match resources {
        Json::Array(own) => own,
        only => vec![only],
    };
    let others = (0..24).map(|number| json!(format!("arn:aws:s3:::other-{number}/*")));
    others.chain(own).collect()
}

fn one_or_many(dice: &mut Dice<'_>, mut one: impl FnMut(&mut Dice<'_>) -> String) -> Json {
    match dice.roll(10) {
        0..6 => json!(one(dice)),
        _ => {
            let count = 1 + dice.roll(4);
            (0..count).map(|_| one(dice)).collect()
        }
    }
}
