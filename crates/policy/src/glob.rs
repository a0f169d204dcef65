//! Patterns with `*` (any run of characters) and `?` (one character).
//!
//! A pattern is compiled to the cheapest matcher that is exact. The general one splits it at the
//! stars and finds each piece leftmost after the one before, which needs no backtracking: a piece
//! has a fixed length in characters, so the leftmost place leaves the most room for the rest.

use std::borrow::Cow;

use memchr::memmem;

/// One element of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    Text(Cow<'a, str>),
    One,
    Run,
}

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Glob {
    Any,
    Exact(Box<str>),
    Prefix(Box<str>),
    Suffix(Box<str>),
    Contains(Box<str>),
    /// INVARIANT: at least one piece.
    Pieces(Box<[Piece]>),
}

/// What stands between two stars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece(Box<[Part]>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    One,
}

impl Glob {
    /// Compiles the text of a pattern.
    pub(crate) fn new(pattern: &str) -> Self {
        Self::from_tokens(&tokens(pattern))
    }

    /// Compiles a pattern whose literal texts are already told from its wildcards.
    pub(crate) fn from_tokens(tokens: &[Token<'_>]) -> Self {
        let mut pieces = vec![Vec::<Part>::new()];
        for token in tokens {
            if *token == Token::Run {
                pieces.push(Vec::new());
            } else if let Some(parts) = pieces.last_mut() {
                push(parts, token);
            }
        }
        simplify(&pieces).unwrap_or_else(|| {
            Self::Pieces(
                pieces
                    .into_iter()
                    .map(|parts| Piece(parts.into()))
                    .collect(),
            )
        })
    }

    /// Whether the pattern holds any character that is not a wildcard.
    pub(crate) fn has_text(&self) -> bool {
        match self {
            Self::Any => false,
            Self::Exact(text) => !text.is_empty(),
            Self::Prefix(_) | Self::Suffix(_) | Self::Contains(_) => true,
            Self::Pieces(pieces) => pieces
                .iter()
                .flat_map(|piece| &piece.0)
                .any(|part| *part != Part::One),
        }
    }

    /// Whether the pattern holds a wildcard.
    pub(crate) fn is_exact(&self) -> bool {
        matches!(self, Self::Exact(_))
    }

    /// Whether the pattern is `ID:*`, all sessions of one role in `aws:userid`.
    pub(crate) fn is_prefix_of_sessions(&self) -> bool {
        matches!(self, Self::Prefix(prefix) if prefix.len() > 1 && prefix.ends_with(':'))
    }

    /// Whether the whole text matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => **exact == *text,
            Self::Prefix(prefix) => text.starts_with(&**prefix),
            Self::Suffix(suffix) => text.ends_with(&**suffix),
            Self::Contains(part) => memmem::find(text.as_bytes(), part.as_bytes()).is_some(),
            Self::Pieces(pieces) => match_pieces(pieces, text),
        }
    }
}

/// Splits the text of a pattern at its wildcards.
pub(crate) fn tokens(pattern: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(['*', '?']) {
        let (text, wild) = rest.split_at(at);
        if !text.is_empty() {
            tokens.push(Token::Text(Cow::Borrowed(text)));
        }
        tokens.push(if wild.starts_with('*') {
            Token::Run
        } else {
            Token::One
        });
        rest = wild.get(1..).unwrap_or_default();
    }
    if !rest.is_empty() {
        tokens.push(Token::Text(Cow::Borrowed(rest)));
    }
    tokens
}

fn push(parts: &mut Vec<Part>, token: &Token<'_>) {
    match (token, parts.last_mut()) {
        (Token::Text(text), _) if text.is_empty() => {}
        // Two texts in a row come from a variable between them.
        (Token::Text(text), Some(Part::Text(last))) => last.push_str(text),
        (Token::Text(text), _) => parts.push(Part::Text(text.as_ref().to_owned())),
        (Token::One, _) => parts.push(Part::One),
        (Token::Run, _) => {}
    }
}

fn simplify(pieces: &[Vec<Part>]) -> Option<Glob> {
    let mut texts = Vec::with_capacity(pieces.len());
    for parts in pieces {
        texts.push(match parts.as_slice() {
            [] => "",
            [Part::Text(text)] => text,
            _ => return None,
        });
    }
    match texts.as_slice() {
        [exact] => Some(Glob::Exact((*exact).into())),
        ["", middle @ .., ""] if middle.iter().all(|text| text.is_empty()) => Some(Glob::Any),
        [prefix, rest @ ..] if rest.iter().all(|text| text.is_empty()) => {
            Some(Glob::Prefix((*prefix).into()))
        }
        [rest @ .., suffix] if rest.iter().all(|text| text.is_empty()) => {
            Some(Glob::Suffix((*suffix).into()))
        }
        ["", part, ""] => Some(Glob::Contains((*part).into())),
        _ => None,
    }
}

fn match_pieces(pieces: &[Piece], text: &str) -> bool {
    let Some((first, rest)) = pieces.split_first() else {
        return text.is_empty();
    };
    let Some(mut remaining) = first.strip_start(text) else {
        return false;
    };
    let Some((last, middle)) = rest.split_last() else {
        return remaining.is_empty();
    };
    for piece in middle {
        match piece.find(remaining) {
            Some(after) => remaining = after,
            None => return false,
        }
    }
    last.ends(remaining)
}

impl Piece {
    /// What follows the piece at the start of the text.
    fn strip_start<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.0.iter().try_fold(text, |rest, part| match part {
            Part::Text(text) => rest.strip_prefix(text.as_str()),
            Part::One => {
                let mut characters = rest.chars();
                characters.next().map(|_| characters.as_str())
            }
        })
    }

    fn ends(&self, text: &str) -> bool {
        let rest = self.0.iter().rev().try_fold(text, |rest, part| match part {
            Part::Text(text) => rest.strip_suffix(text.as_str()),
            Part::One => {
                let mut characters = rest.chars();
                characters.next_back().map(|_| characters.as_str())
            }
        });
        rest.is_some()
    }

    /// What follows the leftmost place of the piece.
    fn find<'t>(&self, text: &'t str) -> Option<&'t str> {
        let mut rest = text;
        loop {
            if let Some(Part::Text(head)) = self.0.first() {
                let at = memmem::find(rest.as_bytes(), head.as_bytes())?;
                rest = rest.get(at..)?;
            }
            if let Some(after) = self.strip_start(rest) {
                return Some(after);
            }
            let mut characters = rest.chars();
            characters.next()?;
            rest = characters.as_str();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    /// The definition, written down.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), None) => naive(rest, text),
            (Some(('*', rest)), Some((_, tail))) => naive(rest, text) || naive(pattern, tail),
            (Some(('?', rest)), Some((_, tail))) => naive(rest, tail),
            (Some((wanted, rest)), Some((found, tail))) => wanted == found && naive(rest, tail),
            _ => false,
        }
    }

    #[test]
    fn patterns_compile_to_the_cheapest_matcher() {
        assert_eq!(Glob::new("*"), Glob::Any);
        assert_eq!(Glob::new("***"), Glob::Any);
        assert_eq!(Glob::new("ab"), Glob::Exact("ab".into()));
        assert_eq!(Glob::new(""), Glob::Exact("".into()));
        assert_eq!(Glob::new("ab**"), Glob::Prefix("ab".into()));
        assert_eq!(Glob::new("*ab"), Glob::Suffix("ab".into()));
        assert_eq!(Glob::new("*ab*"), Glob::Contains("ab".into()));
        assert!(matches!(Glob::new("a*b"), Glob::Pieces(_)));
        assert!(matches!(Glob::new("a?"), Glob::Pieces(_)));
    }

    #[test]
    fn characters_of_regular_expressions_are_plain_text() {
        for text in [".", "a+", "[ab]", "(a|b)", "^a$", "\\d", "{1}"] {
            assert!(Glob::new(text).matches(text));
            assert!(Glob::new(&format!("*{text}")).matches(text));
            assert!(!Glob::new(text).matches("ab"));
        }
    }

    #[test]
    fn one_is_a_character_not_a_byte() {
        assert!(Glob::new("?").matches("é"));
        assert!(Glob::new("*?é?").matches("xé😀"));
        assert!(!Glob::new("??").matches("é"));
        assert!(!Glob::new("?").matches(""));
    }

    #[test]
    fn worst_case_globs_take_linear_time() {
        let text = "a".repeat(100_000);
        let start = Instant::now();
        for pattern in [
            "*a".repeat(2_000) + "b",
            "*a?".repeat(1_000) + "b*",
            "*aaaa?b".repeat(10) + "*",
        ] {
            assert!(!Glob::new(&pattern).matches(&text));
        }
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "{:?}",
            start.elapsed()
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn agrees_with_the_definition(pattern in "[ab?*é]{0,9}", text in "[abé]{0,10}") {
            let characters = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(Glob::new(&pattern).matches(&text), naive(&characters(&pattern), &characters(&text)));
        }
    }
}
