//! Patterns of resources and of ARNs in conditions.
//!
//! An ARN is matched part by part, so that a `*` in one part does not swallow a colon and with it
//! the account. Only a pattern that stops short of six parts lets its last `*` run on.

use smallvec::SmallVec;

use crate::context::Context;
use crate::glob::{self, Glob, Token};
use crate::template::{Pattern, Resolved, Variable, VariablePattern, Variables, literal_prefix};

/// The resource of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    text: &'a str,
    /// If it is an ARN.
    parts: Option<[&'a str; PARTS]>,
    /// All of an ARN before its last part.
    head: &'a str,
}

impl<'a> Target<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let parts = split(text);
        let resource = parts.and_then(|parts| parts.last().copied());
        Self {
            text,
            parts,
            head: resource
                .and_then(|resource| text.strip_suffix(resource))
                .unwrap_or_default(),
        }
    }

    fn resource(&self) -> Option<&'a str> {
        self.parts?.last().copied()
    }

    pub(crate) fn text(&self) -> &'a str {
        self.text
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
        head: Head,
        resource: Pattern,
    },
    /// Fewer than six parts; the last one is matched against all that is left.
    Short(Box<[Glob]>),
}

/// The parts of an ARN before the resource.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Head {
    /// All of them as they have to be, with their colons.
    Exact(Box<str>),
    Globs(Box<[Glob]>),
}

impl Head {
    fn new(parts: &[&str]) -> Self {
        let parts = globs(parts);
        let exact: Option<String> = parts
            .iter()
            .map(|part| match part {
                Glob::Exact(text) => Some(format!("{text}:")),
                _ => None,
            })
            .collect();
        exact.map_or(Self::Globs(parts), |text| Self::Exact(text.into()))
    }

    fn matches(&self, target: &Target<'_>) -> bool {
        match (self, &target.parts) {
            (Self::Exact(head), Some(_)) => **head == *target.head,
            (Self::Globs(globs), Some(parts)) => {
                let mut pairs = globs.iter().zip(parts);
                pairs.all(|(glob, part)| glob.matches(part))
            }
            (_, None) => false,
        }
    }
}

impl ResourcePattern {
    pub(crate) fn new(text: &str, variables: Variables) -> Self {
        let parts: Vec<&str> = text.splitn(PARTS, ':').collect();
        let form = match parts.as_slice() {
            [stars] if !stars.is_empty() && stars.bytes().all(|byte| byte == b'*') => {
                Form::Everything
            }
            [head @ .., resource] if parts.len() == PARTS => Form::Arn {
                head: Head::new(head),
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

    pub(crate) fn variables(&self) -> impl Iterator<Item = &Variable> {
        let resource = match &self.form {
            Form::Arn { resource, .. } => Some(resource),
            Form::Everything | Form::Short(_) => None,
        };
        resource.into_iter().flat_map(Pattern::variables)
    }

    /// What every resource that matches begins with.
    pub(crate) fn literal_prefix(&self) -> &str {
        literal_prefix(&self.text)
    }

    pub(crate) fn matches(&self, target: &Target<'_>, context: &Context) -> bool {
        match &self.form {
            Form::Everything => true,
            Form::Arn { head, resource } => {
                head.matches(target)
                    && target
                        .resource()
                        .is_some_and(|part| resource.matches(part, context))
            }
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

    /// Whether every variable in it has a value.
    pub(crate) fn is_resolvable(&self, context: &Context) -> bool {
        match &self.form {
            Form::Arn { resource, .. } => resource.is_resolvable(context),
            Form::Everything | Form::Short(_) => true,
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
            Ok(tokens) => Self::fixed(&tokens).unwrap_or(Self::Never),
        }
    }

    fn fixed(tokens: &[Token<&str>]) -> Option<Self> {
        let (tokens, ends) = arn_parts(tokens)?;
        let globs = parts_of(&tokens, ends).map(Glob::from_tokens);
        Some(Self::Fixed(globs.collect()))
    }

    pub(crate) fn variables(&self) -> impl Iterator<Item = &Variable> {
        let pattern = match self {
            Self::Variable(pattern) => Some(pattern),
            Self::Fixed(_) | Self::Never => None,
        };
        pattern.into_iter().flat_map(VariablePattern::variables)
    }

    /// Whether it names one ARN.
    pub(crate) fn is_exact(&self) -> bool {
        matches!(self, Self::Fixed(globs) if globs.iter().all(Glob::is_exact))
    }

    /// Whether all but its last part are fixed.
    pub(crate) fn has_fixed_head(&self) -> bool {
        matches!(self, Self::Fixed(globs) if globs.iter().take(PARTS - 1).all(Glob::is_exact))
    }

    pub(crate) fn matches(&self, value: &str, context: &Context) -> bool {
        let Some(values) = split(value) else {
            return false;
        };
        match self {
            Self::Fixed(globs) => globs
                .iter()
                .zip(values)
                .all(|(glob, value)| glob.matches(value)),
            Self::Variable(pattern) => pattern
                .resolve(context)
                .and_then(|tokens| arn_parts(&tokens))
                .is_some_and(|(tokens, ends)| {
                    parts_of(&tokens, ends)
                        .zip(values)
                        .all(|(tokens, value)| glob::matches(tokens, value))
                }),
            Self::Never => false,
        }
    }
}

const PARTS: usize = 6;

fn split(text: &str) -> Option<[&str; PARTS]> {
    let mut colons = memchr::memchr_iter(b':', text.as_bytes());
    let mut parts = [""; PARTS];
    let (last, head) = parts.split_last_mut()?;
    let mut start = 0;
    for part in head {
        let end = colons.next()?;
        *part = text.get(start..end)?;
        start = end + 1;
    }
    *last = text.get(start..)?;
    (parts.first() == Some(&"arn")).then_some(parts)
}

fn globs(parts: &[&str]) -> Box<[Glob]> {
    parts.iter().map(|part| Glob::new(part)).collect()
}

/// The tokens cut at the first five colons, and where each of the six parts ends; `None` if there
/// are fewer.
fn arn_parts<'a>(tokens: &[Token<&'a str>]) -> Option<(Resolved<'a>, [usize; PARTS])> {
    let mut cut = SmallVec::new();
    let mut ends = [0; PARTS];
    let mut part = 0;
    for token in tokens {
        let Token::Text(text) = token else {
            cut.push(*token);
            continue;
        };
        let mut rest = *text;
        while part + 1 < PARTS
            && let Some((before, after)) = rest.split_once(':')
        {
            cut.push(Token::Text(before));
            *ends.get_mut(part)? = cut.len();
            part += 1;
            rest = after;
        }
        cut.push(Token::Text(rest));
    }
    *ends.last_mut()? = cut.len();
    (part + 1 == PARTS).then_some((cut, ends))
}

fn parts_of<'t, 'a>(
    tokens: &'t [Token<&'a str>],
    ends: [usize; PARTS],
) -> impl Iterator<Item = &'t [Token<&'a str>]> {
    let mut start = 0;
    ends.into_iter().map(move |end| {
        let part = tokens.get(start..end).unwrap_or_default();
        start = end;
        part
    })
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
