//! An explanation in words.

use std::fmt::{self, Write};

use super::{Considered, Explanation, Mismatch};
use crate::context::Value;
use crate::decision::{Layer, Outcome, PolicyRef, StatementRef};
use crate::principal::Principal;
use crate::statement::Effect;

/// How many values or patterns are told before "and N more".
const SHOWN: usize = 3;
/// How many characters of a text are told.
const LONGEST: usize = 200;

impl Explanation<'_, '_> {
    /// One sentence for people: who decided, or which layer grants nothing. Lower case, no full
    /// stop.
    #[must_use]
    pub fn reason(&self) -> String {
        let decision = &self.decision;
        match (decision.outcome, &decision.policy, &decision.statement) {
            (Outcome::Allowed, Some(policy), Some(statement)) => {
                format!("{} allows it", Place(policy, statement))
            }
            (Outcome::Allowed, ..)
                if matches!(
                    self.request.principal,
                    Principal::Root { .. } | Principal::FederatedUser { .. }
                ) =>
            {
                "the root user of an account needs no policy, and none denies it".to_owned()
            }
            (Outcome::Allowed, ..) => "whoever is authenticated may do this".to_owned(),
            (Outcome::ExplicitlyDenied(_), Some(policy), Some(statement)) => {
                format!("{} denies it", Place(policy, statement))
            }
            (Outcome::ExplicitlyDenied(layer) | Outcome::ImplicitlyDenied(layer), ..) => {
                let asked = self.considered.iter().any(|it| it.policy.layer == layer);
                let has = if asked {
                    "allows it"
                } else {
                    "is there to allow it"
                };
                format!("no {layer} {has}")
            }
        }
    }

    /// How many statements of the layer that refused by allowing nothing do not name the action.
    fn silent(&self) -> usize {
        let Outcome::ImplicitlyDenied(refusing) = self.decision.outcome else {
            return 0;
        };
        let asked = self.considered.iter().filter(|it| {
            let unnamed = it.mismatch == Some(Mismatch::Action);
            it.policy.layer == refusing && it.effect == Effect::Allow && unnamed
        });
        asked.count()
    }

    /// The statements that come nearest to granting what was refused: those of the refusing
    /// layer, and of the resource's own policy, that name the action. Empty if the request is
    /// allowed or explicitly denied.
    pub fn nearest(&self) -> impl Iterator<Item = &Considered<'_, '_>> {
        let refusing = match self.decision.outcome {
            Outcome::ImplicitlyDenied(layer) => Some(layer),
            _ => None,
        };
        self.considered.iter().filter(move |it| {
            let layer = it.policy.layer;
            let counts = Some(layer) == refusing || layer == Layer::Resource && refusing.is_some();
            let named = !matches!(it.mismatch, None | Some(Mismatch::Action));
            counts && named && it.effect == Effect::Allow
        })
    }
}

/// The reason, and the nearest statements with what is amiss in each; one line.
impl fmt::Display for Explanation<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason())?;
        let mut between = ": ";
        for considered in self.nearest().take(SHOWN) {
            write!(f, "{between}{considered}")?;
            between = "; ";
        }
        match (self.nearest().count(), self.silent()) {
            (0, 0) => Ok(()),
            (0, 1) => {
                f.write_str(": its only statement that allows anything does not name the action")
            }
            (0, all) => write!(
                f,
                ": none of its {all} statements that allow anything names the action"
            ),
            (near, _) if near > SHOWN => write!(f, "; and {} more", near - SHOWN),
            _ => Ok(()),
        }
    }
}

/// Which statement, and what of it does not match.
impl fmt::Display for Considered<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = Place(&self.policy, &self.statement);
        match &self.mismatch {
            None => write!(f, "{place} matches"),
            Some(mismatch) => write!(f, "{place} does not match: {mismatch}"),
        }
    }
}

impl fmt::Display for Mismatch<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Action => f.write_str("it does not name the action"),
            Self::Principal => f.write_str("it does not name the caller"),
            Self::Resource { patterns, negated } => {
                let element = if *negated { "NotResource" } else { "Resource" };
                write!(f, "its `{element}` is {}", Listed(patterns))
            }
            Self::Condition {
                operator,
                key,
                operands,
                value,
            } => {
                let (operator, key) = (Cut(operator), Cut(key));
                let operands = Cut(operands);
                write!(
                    f,
                    "`{operator}` asks `{key}` for {operands}, and the request has "
                )?;
                match value {
                    None => f.write_str("no such key"),
                    Some(Value::One(value)) => write!(f, "`{}`", Cut(value)),
                    Some(Value::Many(values)) if values.is_empty() => {
                        f.write_str("no value for it")
                    }
                    Some(Value::Many(values)) => write!(f, "the values {}", Listed(values)),
                }
            }
        }
    }
}

/// A statement, in words.
struct Place<'s>(&'s PolicyRef<'s>, &'s StatementRef<'s>);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(policy, statement) = self;
        write!(f, "statement {}", statement.index + 1)?;
        if let Some(sid) = statement.sid {
            write!(f, " (`{sid}`)")?;
        }
        write!(f, " of the {} `{}`", policy.layer, policy.name)
    }
}

struct Listed<'s, T>(&'s [T]);

/// A text of somebody else's on one line, and not all of it if it is long: documents have lines,
/// and what a request brings may have any length.
struct Cut<'s>(&'s str);

impl fmt::Display for Cut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut blank = false;
        let mut characters = self.0.chars();
        for character in characters.by_ref().take(LONGEST) {
            match character {
                ' ' | '\t' | '\r' | '\n' => {
                    if !std::mem::replace(&mut blank, true) {
                        f.write_char(' ')?;
                    }
                    continue;
                }
                _ if character.is_control() => write!(f, "{}", character.escape_default())?,
                _ => f.write_char(character)?,
            }
            blank = false;
        }
        match characters.as_str() {
            "" => Ok(()),
            _ => f.write_char('…'),
        }
    }
}

impl<T: AsRef<str>> fmt::Display for Listed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, text) in self.0.iter().take(SHOWN).enumerate() {
            let between = if place == 0 { "" } else { ", " };
            write!(f, "{between}`{}`", Cut(text.as_ref()))?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}
