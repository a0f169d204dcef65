//! The constraints that a model puts on scalars and lists.

use std::sync::OnceLock;

use regex::Regex;

use super::violation::Constraint;

/// The constraints on a string.
#[derive(Debug)]
pub struct TextRule {
    /// The least length, in characters.
    pub min: usize,
    /// The greatest length, in characters.
    pub max: usize,
    /// The expression that the whole string must match.
    pub pattern: Option<Pattern>,
    /// The values of an enumeration; empty if any string will do.
    pub values: &'static [&'static str],
}

impl TextRule {
    /// No constraint; the others are set by struct update.
    pub const ANY: Self = Self {
        min: 0,
        max: usize::MAX,
        pattern: None,
        values: &[],
    };

    /// The constraints that the text misses.
    pub fn missed<'r>(&'r self, text: &str) -> impl Iterator<Item = Constraint> + use<'r> {
        let length = text.chars().count();
        let pattern = self
            .pattern
            .as_ref()
            .filter(|pattern| !pattern.matches(text));
        let known = self.values.is_empty() || self.values.contains(&text);
        [
            (length > self.max).then_some(Constraint::MaxLength(self.max)),
            (length < self.min).then_some(Constraint::MinLength(self.min)),
            pattern.map(|pattern| Constraint::Pattern(pattern.shown)),
            (!known).then_some(Constraint::OneOf(self.values)),
        ]
        .into_iter()
        .flatten()
    }
}

/// A regular expression of a model.
#[derive(Debug)]
pub struct Pattern {
    shown: &'static str,
    expression: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// A pattern as messages show it, and the same in the syntax of [`regex`], anchored at both ends. The generator
    /// translates: models are written for Java, whose `\w` is ASCII and whose escapes differ.
    #[must_use]
    pub const fn new(shown: &'static str, expression: &'static str) -> Self {
        Self {
            shown,
            expression,
            compiled: OnceLock::new(),
        }
    }

    /// Whether the whole text matches. The generator has compiled the expression once; should it not compile here,
    /// nothing matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let compiled = self
            .compiled
            .get_or_init(|| Regex::new(self.expression).ok());
        compiled.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

/// The constraints on an integer.
#[derive(Debug)]
pub struct IntegerRule {
    /// The least value.
    pub min: i32,
    /// The greatest value.
    pub max: i32,
}

impl IntegerRule {
    /// No constraint; the others are set by struct update.
    pub const ANY: Self = Self {
        min: i32::MIN,
        max: i32::MAX,
    };

    /// The constraint that the value misses.
    #[must_use]
    pub fn missed(&self, value: i32) -> Option<Constraint> {
        if value > self.max {
            Some(Constraint::MaxValue(self.max))
        } else if value < self.min {
            Some(Constraint::MinValue(self.min))
        } else {
            None
        }
    }
}

/// The constraints on the number of items in a list.
#[derive(Debug)]
pub struct ListRule {
    /// The least number of items.
    pub min: usize,
    /// The greatest number of items.
    pub max: usize,
}

impl ListRule {
    /// No constraint; the others are set by struct update.
    pub const ANY: Self = Self {
        min: 0,
        max: usize::MAX,
    };

    /// The constraint that a list of this length misses.
    #[must_use]
    pub fn missed(&self, length: usize) -> Option<Constraint> {
        if length > self.max {
            Some(Constraint::MaxLength(self.max))
        } else if length < self.min {
            Some(Constraint::MinLength(self.min))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_counts_characters_not_bytes() {
        let rule = TextRule {
            min: 2,
            max: 3,
            ..TextRule::ANY
        };
        assert_eq!(rule.missed("\u{e9}\u{e9}\u{e9}").count(), 0);
        assert_eq!(
            rule.missed("\u{1f600}").collect::<Vec<_>>(),
            [Constraint::MinLength(2)]
        );
    }

    #[test]
    fn a_pattern_that_does_not_compile_matches_nothing() {
        let pattern = Pattern::new("(", "(");
        assert!(!pattern.matches("") && !pattern.matches("("));
    }

    #[test]
    fn every_missed_constraint_is_named() {
        let rule = TextRule {
            min: 1,
            max: 9,
            pattern: Some(Pattern::new("[a]+", r"\A(?:[a]+)\z")),
            values: &["a"],
        };
        let missed: Vec<_> = rule.missed("").collect();
        assert_eq!(
            missed,
            [
                Constraint::MinLength(1),
                Constraint::Pattern("[a]+"),
                Constraint::OneOf(&["a"])
            ]
        );
        assert_eq!(rule.missed("a").count(), 0);
        assert_eq!(
            rule.missed("a\n").count(),
            2,
            "a trailing line feed is no match"
        );
    }
}
