//! Actions, resources, and patterns that are near to them.

use super::dice::Dice;
use super::words::{
    ACTION_PATTERNS, ACTIONS, ODD_RESOURCE_PATTERNS, RESOURCE_PATTERNS, RESOURCES,
    TRUST_ACTION_PATTERNS, TRUST_ACTIONS, TRUST_RESOURCES,
};

/// What is asked for.
pub(super) fn action(dice: &mut Dice<'_>, trust: bool) -> String {
    let trust = trust && dice.chance(95);
    dice.pick(if trust { TRUST_ACTIONS } else { ACTIONS })
        .to_owned()
}

/// What it is asked on.
pub(super) fn resource(dice: &mut Dice<'_>, trust: bool) -> String {
    dice.pick(if trust { TRUST_RESOURCES } else { RESOURCES })
        .to_owned()
}

/// What a statement may say of actions.
pub(super) fn action_pattern(dice: &mut Dice<'_>, trust: bool) -> String {
    let (patterns, actions) = if trust {
        (TRUST_ACTION_PATTERNS, TRUST_ACTIONS)
    } else {
        (ACTION_PATTERNS, ACTIONS)
    };
    match dice.roll(10) {
        0..6 => dice.pick(patterns).to_owned(),
        6..8 => dice.pick(actions).to_owned(),
        // Not every blur of a trust action is one: those keep to the list.
        _ if trust => dice.pick(patterns).to_owned(),
        _ => {
            let action = dice.pick(actions);
            let (service, name) = action.split_once(':').unwrap_or_default();
            format!("{service}:{}", blurred(dice, name))
        }
    }
}

/// What a statement may say of resources.
pub(super) fn resource_pattern(dice: &mut Dice<'_>, odd: bool) -> String {
    if odd && dice.chance(10) {
        return dice.pick(ODD_RESOURCE_PATTERNS).to_owned();
    }
    match dice.roll(10) {
        0..6 => dice.pick(RESOURCE_PATTERNS).to_owned(),
        roll => {
            let resource = dice.pick(RESOURCES);
            let mut parts = resource.splitn(6, ':');
            let head: Vec<&str> = parts.by_ref().take(5).collect();
            match parts.next() {
                Some(name) if roll < 8 && head[2] != "iam" => {
                    format!("{}:{}", head.join(":"), blurred(dice, name))
                }
                Some(_) => resource.to_owned(),
                None => "*".to_owned(),
            }
        }
    }
}

/// A text with some of it behind wildcards.
pub(super) fn blurred(dice: &mut Dice<'_>, text: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..1 + dice.roll(3) {
        if characters.is_empty() {
            break;
        }
        let at = dice.roll(characters.len());
        match dice.roll(6) {
            0 => characters[at] = '?',
            1 => characters.insert(at, '*'),
            2 => {
                characters.truncate(at);
                characters.push('*');
            }
            3 => {
                characters.drain(..at);
                characters.insert(0, '*');
            }
            4 => {
                let end = at + dice.roll(characters.len() - at + 1);
                characters.splice(at..end, ['*']);
            }
            _ => characters[at] = 'x',
        }
    }
    characters.into_iter().collect()
}
