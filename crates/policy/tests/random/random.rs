//! Random policies and requests over a small vocabulary, so that they often meet.

mod callers;
mod conditions;
mod dice;
mod documents;
mod patterns;
mod words;

use std::collections::BTreeMap;

pub(crate) use dice::Dice;

use crate::naive::{Caller, Question, World};
use documents::Kind;
use words::{HOME, OTHER};

/// Whether the next world is about a role.
pub(crate) fn is_about_a_role(dice: &mut Dice<'_>) -> bool {
    dice.chance(20)
}

/// Random policies of a caller and a resource, or a role.
pub(crate) fn world(dice: &mut Dice<'_>, trust: bool) -> World {
    let kind = if trust { Kind::Trust } else { Kind::Resource };
    let pins = [
        (words::USER_ARN, "AIDAALICE"),
        (words::ROLE_ARN, "AROAOLD"),
        (words::USER_ARN, "AIDAOLD"),
        (words::ROLE_ARN, "AROAAPP"),
    ];
    let pins: BTreeMap<String, String> = if dice.chance(15) {
        let (arn, id) = dice.one_of(&pins);
        [((*arn).to_owned(), (*id).to_owned())].into()
    } else {
        BTreeMap::new()
    };
    let levels = |dice: &mut Dice<'_>, kind: Kind| {
        dice.chance(20).then(|| {
            let count = dice.roll(4);
            (0..count)
                .map(|_| documents::some(dice, kind, 1))
                .collect::<Vec<_>>()
        })
    };
    World {
        identity: {
            let most = 1 + dice.roll(3);
            documents::some(dice, Kind::Identity, most)
        },
        boundary: dice
            .chance(20)
            .then(|| documents::some(dice, Kind::Identity, 1)),
        session: dice
            .chance(25)
            .then(|| documents::some(dice, Kind::Identity, 2)),
        resource: dice
            .chance(if trust { 95 } else { 65 })
            .then(|| documents::document(dice, kind)),
        pins,
        trust,
        scps: levels(dice, Kind::Identity),
        rcps: levels(dice, Kind::Rcp),
    }
}

/// A random request for a world.
pub(crate) fn question(dice: &mut Dice<'_>, trust: bool) -> Question {
    let caller = callers::caller(dice, trust);
    let owner = match dice.roll(8) {
        0 => None,
        1 | 2 => Some(OTHER),
        _ => Some(HOME),
    };
    // A provider opens roles and nothing else; there is always an owner.
    let owner = match (&caller, owner) {
        (Caller::Federated { .. }, None) => Some(HOME),
        (_, owner) => owner,
    };
    Question {
        caller,
        action: patterns::action(dice, trust),
        resource: patterns::resource(dice, trust),
        owner: owner.map(str::to_owned),
        context: conditions::context(dice),
    }
}
