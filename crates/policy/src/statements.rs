//! The statements of a document, and the way to those that may match.

use crate::action::Action;
use crate::context::Context;
use crate::index::Index;
use crate::resource::Target;
use crate::statement::{Effect, Element, Statement};

/// All statements, with an index where asking each of them would cost more.
#[derive(Debug, Clone)]
pub(crate) struct Statements {
    all: Box<[Statement]>,
    index: Option<Box<Index>>,
}

/// What is asked of every statement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a, 'b> {
    pub(crate) action: Action<'b>,
    pub(crate) target: Target<'a>,
    pub(crate) context: &'a Context,
}

impl Asked<'_, '_> {
    /// The first element of a statement that does not match.
    pub(crate) fn mismatch(&self, statement: &Statement, names_caller: bool) -> Option<Element> {
        statement.mismatch(&self.action, names_caller, &self.target, self.context)
    }
}

impl From<Vec<Statement>> for Statements {
    fn from(all: Vec<Statement>) -> Self {
        let patterns: usize = all.iter().map(|it| it.action.patterns.len()).sum();
        let index = (patterns.max(all.len()) > FEW).then(|| Box::new(Index::of(&all)));
        Self {
            all: all.into(),
            index,
        }
    }
}

impl Statements {
    pub(crate) fn all(&self) -> &[Statement] {
        &self.all
    }

    pub(crate) fn all_mut(&mut self) -> &mut [Statement] {
        &mut self.all
    }

    /// The first statement with this effect that matches, the principal apart.
    pub(crate) fn first(
        &self,
        effect: Effect,
        asked: &Asked<'_, '_>,
    ) -> Option<(usize, &Statement)> {
        let Some(index) = &self.index else {
            return self.scan(effect, asked).next();
        };
        let mut first: Option<(usize, &Statement)> = None;
        self.found(index, effect, asked, |place, statement| {
            if first.is_none_or(|(known, _)| place < known)
                && statement.holds(&asked.target, asked.context)
            {
                first = Some((place, statement));
            }
        });
        first
    }

    /// Hands over all of them, in no order; one may come more than once.
    pub(crate) fn each<'s>(
        &'s self,
        effect: Effect,
        asked: &Asked<'_, '_>,
        mut take: impl FnMut(usize, &'s Statement),
    ) {
        let Some(index) = &self.index else {
            for (place, statement) in self.scan(effect, asked) {
                take(place, statement);
            }
            return;
        };
        self.found(index, effect, asked, |place, statement| {
            if statement.holds(&asked.target, asked.context) {
                take(place, statement);
            }
        });
    }

    /// Hands over every statement that names the action and may name the resource.
    fn found<'s>(
        &'s self,
        index: &Index,
        effect: Effect,
        asked: &Asked<'_, '_>,
        mut take: impl FnMut(usize, &'s Statement),
    ) {
        // Patterns of one statement come one after another; the first that names the action will do.
        let mut last = None;
        index.visit(effect, &asked.action, &asked.target, &mut |found| {
            let place = found.statement as usize;
            if last != Some(place)
                && let Some(statement) = self.all.get(place)
                && found.names(statement, &asked.action)
            {
                last = Some(place);
                take(place, statement);
            }
        });
    }

    fn scan(
        &self,
        effect: Effect,
        asked: &Asked<'_, '_>,
    ) -> impl Iterator<Item = (usize, &Statement)> {
        self.all.iter().enumerate().filter(move |(_, statement)| {
            statement.effect == effect
                && statement.action.matches(&asked.action)
                && statement.holds(&asked.target, asked.context)
        })
    }
}

/// Up to this many action patterns are asked one by one: most policies are smaller, and there are
/// many of them.
const FEW: usize = 8;
