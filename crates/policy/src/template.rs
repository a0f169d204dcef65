//! Texts with policy variables (IAM User Guide, "IAM policy elements: Variables and tags").
//!
//! `${key}`, `${key, 'default'}` and the escapes `${*}`, `${?}`, `${$}`. What is put in for a
//! variable is literal text: a user named `*` does not become a wildcard.

use std::borrow::Cow;

use crate::context::{Context, Value};
use crate::glob::{self, Glob, Token};

/// Whether the document's version knows variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variables {
    Expand,
    /// Version 2008-10-17 takes `${…}` as it stands.
    Literal,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(Box<str>),
    Variable {
        key: Box<str>,
        default: Option<Box<str>>,
    },
    One,
    Run,
}

/// A text to compare with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Template {
    Fixed(Box<str>),
    Variable(Box<[TextPart]>),
}

/// A part of a text without wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TextPart {
    Text(String),
    Variable {
        key: Box<str>,
        default: Option<Box<str>>,
    },
}

/// A pattern to match with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pattern {
    Fixed(Glob),
    Variable(VariablePattern),
}

/// A pattern whose literal texts are known only together with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VariablePattern(Box<[Part]>);

impl Template {
    pub(crate) fn new(text: &str, variables: Variables) -> Self {
        let mut parts = Vec::new();
        for part in split(text, variables) {
            match part {
                Lexeme::Raw(text) | Lexeme::Escaped(text) => match parts.last_mut() {
                    Some(TextPart::Text(last)) => last.push_str(text),
                    _ => parts.push(TextPart::Text(text.to_owned())),
                },
                Lexeme::Variable { key, default } => {
                    parts.push(TextPart::Variable {
                        key: key.into(),
                        default: default.map(Into::into),
                    });
                }
            }
        }
        match parts.as_mut_slice() {
            [] => Self::Fixed("".into()),
            [TextPart::Text(text)] => Self::Fixed(std::mem::take(text).into()),
            _ => Self::Variable(parts.into()),
        }
    }

    /// The text for a request; `None` if a variable has no value.
    pub(crate) fn resolve<'a>(&'a self, context: &'a Context) -> Option<Cow<'a, str>> {
        let parts = match self {
            Self::Fixed(text) => return Some(Cow::Borrowed(text)),
            Self::Variable(parts) => parts,
        };
        let mut texts = parts.iter().map(|part| match part {
            TextPart::Text(text) => Some(text.as_str()),
            TextPart::Variable { key, default } => value(key, default.as_deref(), context),
        });
        if parts.len() == 1 {
            texts.next()?.map(Cow::Borrowed)
        } else {
            texts.collect::<Option<String>>().map(Cow::Owned)
        }
    }
}

impl Pattern {
    pub(crate) fn new(text: &str, variables: Variables) -> Self {
        match Self::tokens(text, variables) {
            Ok(tokens) => Self::Fixed(Glob::from_tokens(&tokens)),
            Err(pattern) => Self::Variable(pattern),
        }
    }

    /// The elements of a pattern without variables, or the pattern with them.
    pub(crate) fn tokens(
        text: &str,
        variables: Variables,
    ) -> Result<Vec<Token<'_>>, VariablePattern> {
        let lexemes = split(text, variables);
        if lexemes
            .iter()
            .any(|lexeme| matches!(lexeme, Lexeme::Variable { .. }))
        {
            return Err(VariablePattern(
                lexemes.iter().flat_map(Lexeme::parts).collect(),
            ));
        }
        let tokens = lexemes.iter().flat_map(|lexeme| match lexeme {
            Lexeme::Raw(text) => glob::tokens(text),
            Lexeme::Escaped(text) => vec![Token::Text(Cow::Borrowed(*text))],
            Lexeme::Variable { .. } => Vec::new(),
        });
        Ok(tokens.collect())
    }

    /// Whether the text matches; not if a variable has no value.
    pub(crate) fn matches(&self, text: &str, context: &Context) -> bool {
        match self {
            Self::Fixed(glob) => glob.matches(text),
            Self::Variable(pattern) => pattern
                .resolve(context)
                .is_some_and(|tokens| Glob::from_tokens(&tokens).matches(text)),
        }
    }

    /// Whether every variable in it has a value.
    pub(crate) fn is_resolvable(&self, context: &Context) -> bool {
        match self {
            Self::Fixed(_) => true,
            Self::Variable(pattern) => pattern.resolve(context).is_some(),
        }
    }
}

impl VariablePattern {
    /// The pattern for a request, its values literal; `None` if one is missing.
    pub(crate) fn resolve<'a>(&'a self, context: &'a Context) -> Option<Vec<Token<'a>>> {
        let lookup = |key: &str, default: Option<&'a str>| value(key, default, context);
        self.0.iter().map(|part| part.token(&lookup)).collect()
    }
}

impl Part {
    fn token<'a>(
        &'a self,
        lookup: &dyn Fn(&str, Option<&'a str>) -> Option<&'a str>,
    ) -> Option<Token<'a>> {
        Some(match self {
            Self::Text(text) => Token::Text(Cow::Borrowed(text)),
            Self::Variable { key, default } => {
                Token::Text(Cow::Borrowed(lookup(key, default.as_deref())?))
            }
            Self::One => Token::One,
            Self::Run => Token::Run,
        })
    }
}

/// The value of a variable. A multivalued key is not one, and does not fall back to the default.
fn value<'a>(key: &str, default: Option<&'a str>, context: &'a Context) -> Option<&'a str> {
    match context.get(key) {
        Some(Value::One(text)) => Some(text),
        Some(Value::Many(values)) if !values.is_empty() => None,
        _ => default,
    }
}

enum Lexeme<'a> {
    Raw(&'a str),
    Escaped(&'a str),
    Variable {
        key: &'a str,
        default: Option<&'a str>,
    },
}

impl Lexeme<'_> {
    fn parts(&self) -> Vec<Part> {
        match self {
            Self::Raw(text) => glob::tokens(text)
                .into_iter()
                .map(|token| match token {
                    Token::Text(text) => Part::Text(text.into()),
                    Token::One => Part::One,
                    Token::Run => Part::Run,
                })
                .collect(),
            Self::Escaped(text) => vec![Part::Text((*text).into())],
            Self::Variable { key, default } => {
                vec![Part::Variable {
                    key: (*key).into(),
                    default: default.map(Into::into),
                }]
            }
        }
    }
}

fn split(text: &str, variables: Variables) -> Vec<Lexeme<'_>> {
    let mut lexemes = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while variables == Variables::Expand
        && let Some(start) = rest
            .get(from..)
            .and_then(|tail| tail.find("${"))
            .map(|at| from + at)
    {
        match rest.get(start + 2..).and_then(variable) {
            Some((lexeme, tail)) => {
                if let Some(raw) = rest.get(..start).filter(|raw| !raw.is_empty()) {
                    lexemes.push(Lexeme::Raw(raw));
                }
                lexemes.push(lexeme);
                (rest, from) = (tail, 0);
            }
            // Not a variable after all: the characters stand for themselves.
            None => from = start + 2,
        }
    }
    if !rest.is_empty() {
        lexemes.push(Lexeme::Raw(rest));
    }
    lexemes
}

/// Reads what follows `${`, up to and with the closing brace.
fn variable(text: &str) -> Option<(Lexeme<'_>, &str)> {
    let key_end = text.find([',', '}'])?;
    let (key, tail) = text.split_at(key_end);
    let key = key.trim();
    if let Some(tail) = tail.strip_prefix('}') {
        return match key {
            "" => None,
            "*" | "?" | "$" => Some((Lexeme::Escaped(key), tail)),
            _ => Some((Lexeme::Variable { key, default: None }, tail)),
        };
    }
    let quoted = tail.strip_prefix(',')?.trim_start().strip_prefix('\'')?;
    let (default, tail) = quoted.split_once('\'')?;
    let tail = tail.trim_start().strip_prefix('}')?;
    (!key.is_empty()).then_some((
        Lexeme::Variable {
            key,
            default: Some(default),
        },
        tail,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> Context {
        let mut context: Context = [
            ("aws:username", "a*c"),
            ("aws:userid", "${aws:username}"),
            ("e", ""),
        ]
        .into_iter()
        .collect();
        context.insert("many", vec!["x".to_owned()]);
        context
    }

    fn resolved(text: &str) -> Option<String> {
        Template::new(text, Variables::Expand)
            .resolve(&context())
            .map(Cow::into_owned)
    }

    #[test]
    fn variables_defaults_and_escapes() {
        for (text, expected) in [
            ("", Some("")),
            ("plain", Some("plain")),
            ("${AWS:UserName}", Some("a*c")),
            ("<${aws:username}/${e}>", Some("<a*c/>")),
            ("${missing}", None),
            ("x${missing, 'd/*'}y", Some("xd/*y")),
            ("${missing,'d'}", Some("d")),
            ("${missing, ''}", Some("")),
            ("${aws:username, 'd'}", Some("a*c")),
            ("${many}", None),
            ("${many, 'd'}", None),
            ("${*}${?}${$}{x}", Some("*?${x}")),
            ("${", Some("${")),
            ("${}", Some("${}")),
            ("${a, d}", Some("${a, d}")),
            ("${a, 'd}", Some("${a, 'd}")),
            ("$${e}", Some("$")),
        ] {
            assert_eq!(resolved(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn version_2008_has_no_variables() {
        let template = Template::new("${aws:username}${*}", Variables::Literal);
        assert_eq!(template, Template::Fixed("${aws:username}${*}".into()));
    }

    #[test]
    fn a_variable_value_never_becomes_a_pattern() {
        let pattern = Pattern::new("home/${aws:username}/*", Variables::Expand);
        assert!(pattern.matches("home/a*c/x", &context()));
        assert!(!pattern.matches("home/abc/x", &context()));
        // Nor is a value that looks like a variable expanded again.
        let nested = Pattern::new("${aws:userid}", Variables::Expand);
        assert!(nested.matches("${aws:username}", &context()));
        assert!(!nested.matches("a*c", &context()));
    }

    #[test]
    fn escaped_wildcards_are_literal() {
        let pattern = Pattern::new("a${*}?", Variables::Expand);
        assert!(pattern.matches("a*b", &context()));
        assert!(!pattern.matches("axb", &context()));
    }
}
