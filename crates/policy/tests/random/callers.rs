//! Callers, and the names that policies have for them.

use serde_json::{Value as Json, json};

use super::dice::Dice;
use super::words::{FEDERATED_ARN, HOME, OTHER, PROVIDER, ROLE_ARN, SESSION_ARN, USER_ARN};
use crate::naive::Caller;

/// Who asks. Web identities ask for roles only.
pub(super) fn caller(dice: &mut Dice<'_>, trust: bool) -> Caller {
    let account = if dice.chance(85) { HOME } else { OTHER };
    let at_home = |arn: &str| arn.replace(HOME, account);
    let account = account.to_owned();
    match dice.roll(if trust { 16 } else { 14 }) {
        0 => Caller::Anonymous,
        1 => Caller::Root { account },
        2..5 => {
            let name = dice.pick(&["alice", "alice", "team/carol", "*"]);
            Caller::User {
                arn: format!("arn:aws:iam::{account}:user/{name}"),
                id: format!("AIDA{}", name.to_ascii_uppercase()),
                account,
            }
        }
        5..10 => {
            let session = dice.pick(&["s1", "s1", "s2"]);
            let path = dice.pick(&["team/", "team/", ""]);
            Caller::Role {
                role_arn: format!("arn:aws:iam::{account}:role/{path}app"),
                role_id: "AROAAPP".to_owned(),
                session_arn: format!("arn:aws:sts::{account}:assumed-role/app/{session}"),
                session_name: session.to_owned(),
                provider: dice.chance(40).then(|| provider(dice)),
                account,
            }
        }
        10..12 => {
            let by_root = dice.chance(20);
            Caller::FederatedUser {
                arn: at_home(FEDERATED_ARN),
                user_arn: if by_root {
                    format!("arn:aws:iam::{account}:root")
                } else {
                    at_home(USER_ARN)
                },
                user_id: if by_root {
                    account.clone()
                } else {
                    "AIDAALICE".to_owned()
                },
                account,
            }
        }
        12 | 13 => Caller::Service {
            name: dice.pick(SERVICES).to_owned(),
        },
        _ => Caller::Federated {
            provider: provider(dice),
        },
    }
}

fn provider(dice: &mut Dice<'_>) -> String {
    dice.pick(&[PROVIDER, PROVIDER, "accounts.google.com"])
        .to_owned()
}

const SERVICES: &[&str] = &["ec2.amazonaws.com", "cloudtrail.amazonaws.com"];

/// A value of `Principal`.
pub(super) fn principal(dice: &mut Dice<'_>, trust: bool) -> Json {
    if !trust && dice.chance(12) {
        return json!("*");
    }
    let mut map = serde_json::Map::new();
    for _ in 0..1 + dice.roll(2) {
        let (kind, name) = name(dice);
        match map.get_mut(kind) {
            None if dice.chance(70) => {
                map.insert(kind.to_owned(), json!(name));
            }
            None => {
                map.insert(kind.to_owned(), json!([name]));
            }
            Some(Json::Array(list)) => list.push(json!(name)),
            Some(one) => *one = json!([one.clone(), name]),
        }
    }
    Json::Object(map)
}

/// A value of `NotPrincipal`, often one that exempts somebody.
pub(super) fn not_principal(dice: &mut Dice<'_>) -> Json {
    let exempt: &[&[&str]] = &[
        &[HOME, ROLE_ARN, SESSION_ARN],
        &[HOME, USER_ARN],
        &[HOME, USER_ARN, FEDERATED_ARN],
        &[HOME],
        &[ROLE_ARN, SESSION_ARN],
        &[HOME, SESSION_ARN],
    ];
    match dice.roll(4) {
        0 => principal(dice, false),
        1 => json!({
            "Service": dice.pick(SERVICES),
            "Federated": PROVIDER,
            "AWS": dice.one_of(exempt),
        }),
        _ => json!({"AWS": dice.one_of(exempt)}),
    }
}

fn name(dice: &mut Dice<'_>) -> (&'static str, String) {
    let account = if dice.chance(85) { HOME } else { OTHER };
    let (kind, name) = match dice.roll(13) {
        0 | 1 => ("AWS", "*"),
        2 => ("AWS", HOME),
        3 => ("AWS", "arn:aws:iam::111122223333:root"),
        4 | 5 => ("AWS", USER_ARN),
        6 | 7 => ("AWS", ROLE_ARN),
        8 => ("AWS", SESSION_ARN),
        9 => ("AWS", FEDERATED_ARN),
        10 => ("AWS", "arn:aws:iam::111122223333:role/app"),
        11 => (
            "Federated",
            dice.pick(&[PROVIDER, PROVIDER, "accounts.google.com"]),
        ),
        _ => ("Service", dice.pick(SERVICES)),
    };
    (kind, name.replace(HOME, account))
}
