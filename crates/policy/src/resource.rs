//! Patterns of resources and of ARNs in conditions.
//!
//! An ARN is matched part by part, so that a `*` in one part does not swallow a colon and with it
//! the account. Only a pattern that stops short of six parts lets its last `*` run on.

use crate::context::Context;
use crate::glob::{Glob, Token};
use crate::template::{Pattern, VariablePattern, Variables};

/// The resource of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    text: &'a str,
    parts: Option<[&'a str; PARTS]>,
}

impl<'a> Target<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            parts: split(text),
        }
    }
}

/// An entry of `Resource` or `NotResource`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResourcePattern {
    text: Box<str>,
    form: Form,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    Everything,
    /// Five parts and the resource, which alone may hold variables.
    Arn {
        head: Box<[Glob]>,
        resource: Pattern,
    },
    /// Fewer than six parts; the last one is matched against all that is left.
    Short(Box<[Glob]>),
}

impl ResourcePattern {
    pub(crate) fn new(text: &str, variables: Variables) -> Self {
        let parts: Vec<&str> = text.splitn(PARTS, ':').collect();
        let form = match parts.as_slice() {
            ["*"] => Form::Everything,
            [head @ .., resource] if parts.len() == PARTS => Form::Arn {
                head: globs(head),
                resource: Pattern::new(resource, variables),
            },
            short => Form::Short(globs(short)),
        };
        Self {
            text: text.into(),
            form,
        }
    }

    /// The pattern as it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn matches(&self, target: &Target<'_>, context: &Context) -> bool {
        match &self.form {
            Form::Everything => true,
            Form::Arn { head, resource } => target.parts.is_some_and(|parts| {
                head.iter()
                    .zip(parts)
                    .all(|(glob, part)| glob.matches(part))
                    && parts
                        .last()
                        .is_some_and(|part| resource.matches(part, context))
            }),
            Form::Short(globs) => {
                // A request's resource that is no ARN, such as `*`, is granted by `*` alone.
                let mut parts = target.text.splitn(globs.len(), ':');
                target.parts.is_some()
                    && globs
                        .iter()
                        .all(|glob| parts.next().is_some_and(|part| glob.matches(part)))
            }
        }
    }

    /// Whether a variable without a value decides if the resource matches. The other parts of the
    /// ARN may rule it out before.
    pub(crate) fn is_undecided(&self, target: &Target<'_>, context: &Context) -> bool {
        match (&self.form, target.parts) {
            (Form::Arn { head, resource }, Some(parts)) => {
                head.iter()
                    .zip(parts)
                    .all(|(glob, part)| glob.matches(part))
                    && !resource.is_resolvable(context)
            }
            _ => false,
        }
    }
}

/// An operand of the Arn operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ArnPattern {
    Fixed(Box<[Glob]>),
    Variable(VariablePattern),
    /// Not an ARN: matches nothing, `*` included.
    Never,
}

impl ArnPattern {
    pub(crate) fn new(text: &str, variables: Variables) -> Self {
        match Pattern::tokens(text, variables) {
            Err(pattern) => Self::Variable(pattern),
            Ok(tokens) => arn_globs(&tokens).map_or(Self::Never, Self::Fixed),
        }
    }

    /// Whether it names one ARN.
    pub(crate) fn is_exact(&self) -> bool {
        matches!(self, Self::Fixed(globs) if globs.iter().all(Glob::is_exact))
    }

    pub(crate) fn matches(&self, value: &str, context: &Context) -> bool {
        let Some(parts) = split(value) else {
            return false;
        };
        let all = |globs: &[Glob]| {
            globs
                .iter()
                .zip(parts)
                .all(|(glob, part)| glob.matches(part))
        };
        match self {
            Self::Fixed(globs) => all(globs),
            Self::Variable(pattern) => pattern
                .resolve(context)
                .and_then(|tokens| arn_globs(&tokens))
                .is_some_and(|globs| all(&globs)),
            Self::Never => false,
        }
    }
}

const PARTS: usize = 6;

fn split(text: &str) -> Option<[&str; PARTS]> {
    let mut parts = text.splitn(PARTS, ':');
    let mut all = [""; PARTS];
    for part in &mut all {
        *part = parts.next()?;
    }
    (all.first() == Some(&"arn")).then_some(all)
}

fn globs(parts: &[&str]) -> Box<[Glob]> {
    parts.iter().map(|part| Glob::new(part)).collect()
}

/// Compiles each of the six parts; `None` if there are fewer.
fn arn_globs(tokens: &[Token<'_>]) -> Option<Box<[Glob]>> {
    let mut parts: Vec<Vec<Token<'_>>> = vec![Vec::new()];
    for token in tokens {
        let Token::Text(text) = token else {
            parts.last_mut()?.push(token.clone());
            continue;
        };
        let mut pieces = text.splitn(PARTS + 1 - parts.len(), ':');
        let first = pieces.next()?;
        parts.last_mut()?.push(Token::Text(first.into()));
        parts.extend(pieces.map(|piece| vec![Token::Text(piece.into())]));
    }
    (parts.len() == PARTS).then(|| parts.iter().map(|part| Glob::from_tokens(part)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, resource: &str) -> bool {
        let context: Context = [("aws:username", "*"), ("colon", "a:b")]
            .into_iter()
            .collect();
        ResourcePattern::new(pattern, Variables::Expand).matches(&Target::new(resource), &context)
    }

    #[test]
    fn wildcards_stay_within_a_part_of_the_arn() {
        let role = "arn:aws:iam::123456789012:role/team/app:x";
        assert!(matches("*", role));
        assert!(matches("arn:aws:iam::*:role/*", role));
        assert!(matches("arn:aws:iam::123456789012:*", role));
        assert!(matches("arn:*:iam::1234567890??:role/team/app:x", role));
        assert!(!matches("arn:aws:iam:*:role/team/app:x", role));
        assert!(!matches("arn:aws:iam::1*:x", role));
        assert!(!matches("arn:aws:IAM::*:role/*", role));
        assert!(!matches("arn:aws:iam::*:ROLE/*", role));
    }

    #[test]
    fn a_short_pattern_runs_on_at_its_end() {
        assert!(matches(
            "arn:aws:iam::*",
            "arn:aws:iam::123456789012:role/x"
        ));
        assert!(matches("arn:aws:s3:*", "arn:aws:s3:::bucket/key:1"));
        assert!(!matches("arn:aws:s3:", "arn:aws:s3:::bucket"));
    }

    #[test]
    fn only_a_star_grants_what_is_no_arn() {
        for resource in ["*", "policy path /", "arn:aws:s3"] {
            assert!(matches("*", resource));
            assert!(!matches("arn:*", resource), "{resource}");
            assert!(!matches("arn:*:*:*:*:*", resource), "{resource}");
        }
    }

    #[test]
    fn a_variable_is_literal_and_only_in_the_resource_part() {
        assert!(matches(
            "arn:aws:s3:::b/${aws:username}/x",
            "arn:aws:s3:::b/*/x"
        ));
        assert!(!matches(
            "arn:aws:s3:::b/${aws:username}/x",
            "arn:aws:s3:::b/alice/x"
        ));
        assert!(matches("arn:aws:s3:::b/${colon}", "arn:aws:s3:::b/a:b"));
        assert!(!matches("arn:aws:s3:::${missing}", "arn:aws:s3:::"));
        assert!(!matches("arn:aws:kms:::${missing}*", "arn:aws:kms:::x"));
    }

    #[test]
    fn arn_conditions_need_six_parts() {
        let context: Context = [
            ("arn", "arn:aws:iam::1:role/a"),
            ("star", "*"),
            ("account", "1"),
        ]
        .into_iter()
        .collect();
        let matches = |pattern: &str, value: &str| {
            ArnPattern::new(pattern, Variables::Expand).matches(value, &context)
        };
        let role = "arn:aws:iam::1:role/a";
        assert!(matches("arn:aws:iam::*:role/*", role));
        assert!(matches("arn:*:*:*:*:*", role));
        assert!(matches("${arn}", role));
        assert!(matches("arn:aws:iam::${account}:role/?", role));
        assert!(!matches("arn:aws:iam::${star}:role/a", role));
        assert!(!matches("*", role));
        assert!(!matches("arn:aws:iam::*", role));
        assert!(!matches("arn:aws:iam::1:role/a", "role/a"));
        assert!(!matches("arn:aws:iam:*:role/a", role));
    }
}
