//! Texts with policy variables (IAM User Guide, "IAM policy elements: Variables and tags").
//!
//! `${key}`, `${key, 'default'}` and the escapes `${*}`, `${?}`, `${$}`. What is put in for a
//! variable is literal text: a user named `*` does not become a wildcard.

use smallvec::SmallVec;

use crate::context::{Context, Value};
use crate::glob::{self, Glob, Token};
use crate::key::Key;

/// Whether the document's version knows variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variables {
    Expand,
    /// Version 2008-10-17 takes `${…}` as it stands.
    Literal,
}

/// A condition key whose value is put into a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    key: Key,
    default: Option<Box<str>>,
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
    Text(Box<str>),
    Variable(Variable),
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

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Token(Token<Box<str>>),
    Variable(Variable),
}

/// A pattern with its values put in. Longer ones than have ever been seen go to the heap.
pub(crate) type Resolved<'a> = SmallVec<[Token<&'a str>; 16]>;

impl Variable {
    fn new(key: &str, default: Option<&str>) -> Self {
        Self {
            key: Key::new(key),
            default: default.map(Into::into),
        }
    }

    /// The key as the policy spells it.
    pub(crate) fn key(&self) -> &str {
        self.key.name()
    }

    /// Its value. A multivalued key has none, and does not fall back to the default.
    fn value<'a>(&'a self, context: &'a Context) -> Option<&'a str> {
        match context.lookup(&self.key) {
            Some(Value::One(text)) => Some(text),
            Some(Value::Many(values)) if !values.is_empty() => None,
            _ => self.default.as_deref(),
        }
    }
}

impl Template {
    pub(crate) fn new(text: &str, variables: Variables) -> Self {
        let mut parts: Vec<TextPart> = Vec::new();
        let mut literal = String::new();
        for lexeme in split(text, variables) {
            match lexeme {
                Lexeme::Raw(text) | Lexeme::Escaped(text) => literal.push_str(text),
                Lexeme::Variable { key, default } => {
                    if !literal.is_empty() {
                        parts.push(TextPart::Text(std::mem::take(&mut literal).into()));
                    }
                    parts.push(TextPart::Variable(Variable::new(key, default)));
                }
            }
        }
        if parts.is_empty() {
            return Self::Fixed(literal.into());
        }
        if !literal.is_empty() {
            parts.push(TextPart::Text(literal.into()));
        }
        Self::Variable(parts.into())
    }

    pub(crate) fn variables(&self) -> impl Iterator<Item = &Variable> {
        let parts = match self {
            Self::Fixed(_) => &[][..],
            Self::Variable(parts) => parts,
        };
        parts.iter().filter_map(|part| match part {
            TextPart::Text(_) => None,
            TextPart::Variable(variable) => Some(variable),
        })
    }

    /// Whether the text for a request is this one; not if a variable has no value.
    pub(crate) fn equals(&self, text: &str, context: &Context) -> bool {
        let parts = match self {
            Self::Fixed(fixed) => return **fixed == *text,
            Self::Variable(parts) => parts,
        };
        let rest = parts
            .iter()
            .try_fold(text, |rest, part| rest.strip_prefix(part.text(context)?));
        rest.is_some_and(str::is_empty)
    }

    /// The same, without regard to case.
    pub(crate) fn equals_ignoring_case(&self, text: &str, context: &Context) -> bool {
        let parts = match self {
            Self::Fixed(fixed) => return equal_ignoring_case(fixed, text),
            Self::Variable(parts) => parts,
        };
        let has_values = parts.iter().all(|part| part.text(context).is_some());
        let own = parts
            .iter()
            .filter_map(|part| part.text(context))
            .flat_map(folded);
        has_values && own.eq(folded(text))
    }
}

impl TextPart {
    fn text<'a>(&'a self, context: &'a Context) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Variable(variable) => variable.value(context),
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
    ) -> Result<Vec<Token<&str>>, VariablePattern> {
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
            Lexeme::Escaped(text) => vec![Token::Text(*text)],
            Lexeme::Variable { .. } => Vec::new(),
        });
        Ok(tokens.collect())
    }

    pub(crate) fn variables(&self) -> impl Iterator<Item = &Variable> {
        let pattern = match self {
            Self::Fixed(_) => None,
            Self::Variable(pattern) => Some(pattern),
        };
        pattern.into_iter().flat_map(VariablePattern::variables)
    }

    /// Whether the text matches; not if a variable has no value.
    pub(crate) fn matches(&self, text: &str, context: &Context) -> bool {
        match self {
            Self::Fixed(glob) => glob.matches(text),
            Self::Variable(pattern) => pattern
                .resolve(context)
                .is_some_and(|tokens| glob::matches(&tokens, text)),
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
    pub(crate) fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.0.iter().filter_map(|part| match part {
            Part::Token(_) => None,
            Part::Variable(variable) => Some(variable),
        })
    }

    /// The pattern for a request, its values literal; `None` if one is missing.
    pub(crate) fn resolve<'a>(&'a self, context: &'a Context) -> Option<Resolved<'a>> {
        let token = |part: &'a Part| {
            Some(match part {
                Part::Token(Token::Text(text)) => Token::Text(&**text),
                Part::Token(Token::One) => Token::One,
                Part::Token(Token::Run) => Token::Run,
                Part::Variable(variable) => Token::Text(variable.value(context)?),
            })
        };
        self.0.iter().map(token).collect()
    }
}

/// What the text begins with whatever the request: at most the part before the first wildcard or
/// variable. An index does not need more than a few dozen bytes of it.
pub(crate) fn literal_prefix(pattern: &str) -> &str {
    let end = pattern.len().min(LONGEST_PREFIX);
    let end = pattern.floor_char_boundary(end);
    let beginning = pattern.get(..end).unwrap_or_default();
    let end = beginning.find(['*', '?', '$']).unwrap_or(end);
    pattern.get(..end).unwrap_or_default()
}

const LONGEST_PREFIX: usize = 64;

fn equal_ignoring_case(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    folded(left).eq(folded(right))
}

fn folded(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
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
        let token = |token: Token<&str>| {
            Part::Token(match token {
                Token::Text(text) => Token::Text(text.into()),
                Token::One => Token::One,
                Token::Run => Token::Run,
            })
        };
        match self {
            Self::Raw(text) => glob::tokens(text).into_iter().map(token).collect(),
            Self::Escaped(text) => vec![token(Token::Text(text))],
            Self::Variable { key, default } => vec![Part::Variable(Variable::new(key, *default))],
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
        match Template::new(text, Variables::Expand) {
            Template::Fixed(text) => Some(text.into()),
            Template::Variable(parts) => {
                let context = context();
                parts.iter().map(|part| part.text(&context)).collect()
            }
        }
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
            let template = Template::new(text, Variables::Expand);
            if let Some(expected) = expected {
                assert!(template.equals(expected, &context()), "{text}");
                assert!(template.equals_ignoring_case(&expected.to_uppercase(), &context()));
                assert!(
                    !template.equals(&format!("{expected}."), &context()),
                    "{text}"
                );
            } else {
                for wrong in ["", text] {
                    assert!(!template.equals(wrong, &context()), "{text}");
                    assert!(!template.equals_ignoring_case(wrong, &context()), "{text}");
                }
            }
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
