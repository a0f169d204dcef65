//! Patterns with `*` (any run of characters) and `?` (one character).
//!
//! A pattern is compiled to the cheapest matcher that is exact. The general one splits it at the
//! stars and finds each piece leftmost after the one before, which needs no backtracking: a piece
//! has a fixed length in characters, so the leftmost place leaves the most room for the rest. The
//! time is linear in the text for each piece, and for pieces with `?` between their texts for each
//! 64 characters of the piece.

mod bits;

use memchr::memmem;

/// One element of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<T> {
    Text(T),
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
    Tokens(Box<[Token<Box<str>>]>),
}

impl Glob {
    /// Compiles the text of a pattern.
    pub(crate) fn new(pattern: &str) -> Self {
        Self::from_tokens(&tokens(pattern))
    }

    /// Compiles a pattern whose literal texts are already told from its wildcards.
    pub(crate) fn from_tokens(tokens: &[Token<&str>]) -> Self {
        let mut joined: Vec<Token<String>> = Vec::with_capacity(tokens.len());
        for token in tokens {
            match (token, joined.last_mut()) {
                (Token::Text(""), _) | (Token::Run, Some(Token::Run)) => {}
                // Two texts in a row come from an escape between them.
                (Token::Text(text), Some(Token::Text(last))) => last.push_str(text),
                (Token::Text(text), _) => joined.push(Token::Text((*text).to_owned())),
                (Token::One, _) => joined.push(Token::One),
                (Token::Run, _) => joined.push(Token::Run),
            }
        }
        let boxed = |text: &mut String| std::mem::take(text).into_boxed_str();
        match joined.as_mut_slice() {
            [] => Self::Exact("".into()),
            [Token::Run] => Self::Any,
            [Token::Text(text)] => Self::Exact(boxed(text)),
            [Token::Text(text), Token::Run] => Self::Prefix(boxed(text)),
            [Token::Run, Token::Text(text)] => Self::Suffix(boxed(text)),
            [Token::Run, Token::Text(text), Token::Run] => Self::Contains(boxed(text)),
            _ => Self::Tokens(joined.into_iter().map(Token::boxed).collect()),
        }
    }

    /// Whether the pattern holds any character that is not a wildcard.
    pub(crate) fn has_text(&self) -> bool {
        match self {
            Self::Any => false,
            Self::Exact(text) => !text.is_empty(),
            Self::Prefix(_) | Self::Suffix(_) | Self::Contains(_) => true,
            Self::Tokens(tokens) => tokens.iter().any(|token| matches!(token, Token::Text(_))),
        }
    }

    /// Whether the pattern holds no wildcard.
    pub(crate) fn is_exact(&self) -> bool {
        matches!(self, Self::Exact(_))
    }

    /// Whether the pattern is `ID:*`, all sessions of one role in `aws:userid`.
    pub(crate) fn is_prefix_of_sessions(&self) -> bool {
        matches!(self, Self::Prefix(prefix) if prefix.len() > 1 && prefix.ends_with(':'))
    }

    /// What every text that matches begins with.
    pub(crate) fn literal_prefix(&self) -> &str {
        match self {
            Self::Any | Self::Suffix(_) | Self::Contains(_) => "",
            Self::Exact(text) | Self::Prefix(text) => text,
            Self::Tokens(tokens) => match tokens.first() {
                Some(Token::Text(text)) => text,
                _ => "",
            },
        }
    }

    /// Whether the whole text matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => **exact == *text,
            Self::Prefix(prefix) => text.starts_with(&**prefix),
            Self::Suffix(suffix) => text.ends_with(&**suffix),
            Self::Contains(part) => memmem::find(text.as_bytes(), part.as_bytes()).is_some(),
            Self::Tokens(tokens) => matches(tokens, text),
        }
    }
}

impl Token<String> {
    fn boxed(self) -> Token<Box<str>> {
        match self {
            Self::Text(text) => Token::Text(text.into()),
            Self::One => Token::One,
            Self::Run => Token::Run,
        }
    }
}

/// Splits the text of a pattern at its wildcards.
pub(crate) fn tokens(pattern: &str) -> Vec<Token<&str>> {
    let mut tokens = Vec::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(['*', '?']) {
        let (text, wild) = rest.split_at(at);
        if !text.is_empty() {
            tokens.push(Token::Text(text));
        }
        tokens.push(if wild.starts_with('*') {
            Token::Run
        } else {
            Token::One
        });
        rest = wild.get(1..).unwrap_or_default();
    }
    if !rest.is_empty() {
        tokens.push(Token::Text(rest));
    }
    tokens
}

/// Whether the whole text matches a pattern that was not compiled. Nothing is allocated.
pub(crate) fn matches<T: AsRef<str>>(tokens: &[Token<T>], text: &str) -> bool {
    let mut pieces = tokens.split(|token| matches!(token, Token::Run));
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = strip_start(first, text) else {
        return false;
    };
    let Some(last) = pieces.next_back() else {
        return rest.is_empty();
    };
    for piece in pieces {
        match find(piece, rest) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    ends(last, rest)
}

/// What follows the piece at the start of the text.
fn strip_start<'t, T: AsRef<str>>(piece: &[Token<T>], text: &'t str) -> Option<&'t str> {
    piece.iter().try_fold(text, |rest, token| match token {
        Token::Text(text) => rest.strip_prefix(text.as_ref()),
        Token::One | Token::Run => {
            let mut characters = rest.chars();
            characters.next().map(|_| characters.as_str())
        }
    })
}

fn ends<T: AsRef<str>>(piece: &[Token<T>], text: &str) -> bool {
    let rest = piece
        .iter()
        .rev()
        .try_fold(text, |rest, token| match token {
            Token::Text(text) => rest.strip_suffix(text.as_ref()),
            Token::One | Token::Run => {
                let mut characters = rest.chars();
                characters.next_back().map(|_| characters.as_str())
            }
        });
    rest.is_some()
}

/// What follows the leftmost place of the piece.
fn find<'t, T: AsRef<str>>(piece: &[Token<T>], text: &'t str) -> Option<&'t str> {
    // Only the end of a place counts, so single characters at its start are just passed over.
    let ones = piece
        .iter()
        .take_while(|token| matches!(token, Token::One))
        .count();
    let (ones, piece) = piece.split_at_checked(ones)?;
    let text = strip_start(ones, text)?;
    match piece {
        [] => Some(text),
        [Token::Text(only)] => {
            let only = only.as_ref();
            let at = memmem::find(text.as_bytes(), only.as_bytes())?;
            text.get(at + only.len()..)
        }
        several => bits::find(several, text),
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
        assert!(matches!(Glob::new("a*b"), Glob::Tokens(_)));
        assert!(matches!(Glob::new("a?"), Glob::Tokens(_)));
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
            "*".to_owned() + &"?".repeat(50_000) + "b*",
            "*".to_owned() + &"a?".repeat(2_000) + "b*",
            "*a?b".repeat(2_000) + "*",
            "*".to_owned() + &"*?".repeat(10_000) + "*b",
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
