//! Policy variables (IAM User Guide, "IAM policy elements: variables and tags").

use super::glob::{Piece, pattern};
use super::notes::Notes;
use super::world::{Held, Question};

/// What a text stands for in a request.
pub(crate) struct Reader<'a> {
    /// Variables exist since version 2012-10-17 of the language.
    pub(crate) enabled: bool,
    pub(crate) question: &'a Question,
    pub(crate) notes: &'a Notes,
}

impl Reader<'_> {
    /// The text as a pattern; what comes from a variable is never a wildcard. `None` if a
    /// variable has neither a value nor a default.
    pub(crate) fn pattern(&self, text: &str) -> Option<Vec<Piece>> {
        if !self.enabled {
            return Some(pattern(text));
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, variable, after)) = next_variable(rest) {
            pieces.extend(pattern(before));
            pieces.extend(self.value(variable)?.chars().map(Piece::Char));
            rest = after;
        }
        pieces.extend(pattern(rest));
        Some(pieces)
    }

    /// The text where nothing is a wildcard.
    pub(crate) fn literal(&self, text: &str) -> Option<String> {
        if !self.enabled {
            return Some(text.to_owned());
        }
        let mut read = String::new();
        let mut rest = text;
        while let Some((before, variable, after)) = next_variable(rest) {
            read += before;
            read += &self.value(variable)?;
            rest = after;
        }
        Some(read + rest)
    }

    fn value(&self, variable: &str) -> Option<String> {
        if let "*" | "?" | "$" = variable {
            self.notes.take(|| "variable: escape".to_owned());
            return Some(variable.to_owned());
        }
        let (key, default) = match variable.split_once(',') {
            Some((key, default)) => (key, Some(default.trim().trim_matches('\''))),
            None => (variable, None),
        };
        let value = match self.question.key(key.trim()) {
            Some(Held::One(value)) => Some(value.clone()),
            // Several values cannot be put in, and a key that is there needs no default.
            Some(Held::Many(_)) => None,
            None => default.map(str::to_owned),
        };
        self.notes.take(|| {
            let from = match (&value, self.question.key(key.trim())) {
                (Some(_), Some(_)) => "value",
                (Some(_), None) => "default",
                (None, _) => "none",
            };
            format!("variable: {from}")
        });
        value
    }
}

/// Text before the first variable, the variable, text after it.
fn next_variable(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("${")?;
    let (variable, after) = rest.split_once('}')?;
    Some((before, variable, after))
}
