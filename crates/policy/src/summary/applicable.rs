//! Which actions a pattern of `Resource` can apply to.
//!
//! A pattern and the ARNs of a type of resource are two languages; the pattern applies if they have a text in common.

use reference::{Action, Service};

/// The types of a service's resources that a pattern can cover.
pub(crate) struct Reach {
    pattern: String,
    /// Names of types.
    kinds: Vec<String>,
    /// Whether the pattern covers every resource of the service.
    whole: bool,
}

impl Reach {
    pub(crate) fn new(pattern: &str, service: Service<'_>) -> Self {
        let tokens = of_pattern(pattern);
        let kinds = service
            .resource_types()
            .filter(|kind| meet(&tokens, &of_template(kind.arn(), service)))
            .map(|kind| kind.name().to_owned());
        Self {
            pattern: pattern.to_owned(),
            kinds: kinds.collect(),
            whole: is_whole(pattern, service),
        }
    }

    /// The pattern as it was written.
    pub(crate) fn pattern(&self) -> &str {
        &self.pattern
    }

    /// The type of the resources, if there is one only.
    pub(crate) fn kind(&self) -> Option<&str> {
        match self.kinds.as_slice() {
            [kind] => Some(kind),
            _ => None,
        }
    }

    /// Whether a request for the action can name a resource that the pattern covers.
    pub(crate) fn covers(&self, action: Action<'_>) -> bool {
        let mut kinds = action.resource_types().peekable();
        if kinds.peek().is_some() {
            return kinds.any(|(kind, _)| self.kinds.iter().any(|name| *name == kind.name()));
        }
        self.whole
            || lists(action)
                .is_some_and(|template| meet(&of_pattern(&self.pattern), &of_arn(template, false)))
    }
}

/// Whether a pattern leaves the part after the fifth colon open: what actions without types of resources are asked of
/// has an ARN of the service, or none.
fn is_whole(pattern: &str, service: Service<'_>) -> bool {
    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
    let of_service = parts
        .get(2)
        .is_none_or(|part| *part == service.prefix() || part.starts_with('*'));
    of_service && parts.last().is_some_and(|part| is_stars(part))
}

fn is_stars(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b'*')
}

/// What IAM asks its list actions of, going by its messages. The reference has no types for them.
fn lists(action: Action<'_>) -> Option<&'static str> {
    if action.service().prefix() != "iam" {
        return None;
    }
    match action.name() {
        "ListGroups" => Some("arn:${Partition}:iam::${Account}:group/*"),
        "ListInstanceProfiles" => Some("arn:${Partition}:iam::${Account}:instance-profile/*"),
        "ListRoles" => Some("arn:${Partition}:iam::${Account}:role/*"),
        "ListUsers" => Some("arn:${Partition}:iam::${Account}:user/*"),
        _ => None,
    }
}

/// One step of a language: a character, or any number of them.
#[derive(Debug, Clone, Copy)]
enum Token {
    One(Class),
    Run(Class),
}

/// What a character may be.
#[derive(Debug, Clone, Copy)]
enum Class {
    Exactly(char),
    AnyBut(char),
    Any,
}

impl Class {
    /// Whether a character may be both.
    fn meets(self, other: Self) -> bool {
        match (self, other) {
            (Self::Exactly(one), Self::Exactly(another)) => one == another,
            (Self::Exactly(one), Self::AnyBut(another))
            | (Self::AnyBut(another), Self::Exactly(one)) => one != another,
            _ => true,
        }
    }
}

/// The pattern of a statement. A wildcard keeps to its part of the ARN, unless the last part has it. A variable may turn
/// out to be any text.
fn of_pattern(pattern: &str) -> Vec<Token> {
    let last = pattern.split(':').count().min(6);
    let mut part = 1;
    let mut tokens = Vec::new();
    let mut rest = pattern;
    while let Some(next) = rest.chars().next() {
        if let Some(after) = after_variable(rest) {
            tokens.push(Token::Run(Class::Any));
            rest = after;
            continue;
        }
        let class = if part < last {
            Class::AnyBut(':')
        } else {
            Class::Any
        };
        part += usize::from(next == ':');
        tokens.push(match next {
            '*' => Token::Run(class),
            '?' => Token::One(class),
            other => Token::One(Class::Exactly(other)),
        });
        rest = rest.get(next.len_utf8()..).unwrap_or_default();
    }
    tokens
}

/// What follows a variable, if the text begins with one.
fn after_variable(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("${")?;
    inner.split_once('}').map(|(_, after)| after)
}

/// The ARNs of a type of a service's resources.
fn of_template(template: &str, service: Service<'_>) -> Vec<Token> {
    // `…:${BucketName}` and `…:${BucketName}/${ObjectName}`: where another type goes on after a slash, the last
    // variable has none.
    let continued = service.resource_types().any(|other| {
        let rest = other.arn().strip_prefix(template);
        rest.is_some_and(|rest| rest.starts_with('/'))
    });
    of_arn(template, continued)
}

/// The number of colons before an ARN's account.
const ACCOUNT: usize = 4;

fn of_arn(template: &str, continued: bool) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = template;
    let mut colons = 0;
    while let Some(next) = rest.chars().next() {
        if let Some(after) = after_variable(rest) {
            let class = match (colons, after) {
                (0..=ACCOUNT, _) => Class::AnyBut(':'),
                (_, "") if continued => Class::AnyBut('/'),
                _ => Class::Any,
            };
            // The account is missing where the resource is AWS's own: `arn:aws:ssm:eu-west-1::document/…`.
            if colons != ACCOUNT {
                tokens.push(Token::One(class));
            }
            tokens.push(Token::Run(class));
            rest = after;
            continue;
        }
        colons += usize::from(next == ':');
        tokens.push(match next {
            '*' => Token::Run(Class::Any),
            other => Token::One(Class::Exactly(other)),
        });
        rest = rest.get(next.len_utf8()..).unwrap_or_default();
    }
    tokens
}

/// Whether two languages have a text in common. Goes once over all pairs of places in both; from one pair the way leads
/// only to later ones.
fn meet(left: &[Token], right: &[Token]) -> bool {
    // Whether the place in `left` at work can be reached together with each place in `right`.
    let mut row = vec![false; right.len() + 1];
    if let Some(start) = row.first_mut() {
        *start = true;
    }
    for at in 0..=left.len() {
        let one = left.get(at).copied();
        let mut next = vec![false; right.len() + 1];
        for place in 0..=right.len() {
            if !row.get(place).is_some_and(|reached| *reached) {
                continue;
            }
            let other = right.get(place).copied();
            let reach = |row: &mut Vec<bool>, place: usize| {
                if let Some(reached) = row.get_mut(place) {
                    *reached = true;
                }
            };
            if matches!(one, Some(Token::Run(_))) {
                reach(&mut next, place);
            }
            if matches!(other, Some(Token::Run(_))) {
                reach(&mut row, place + 1);
            }
            match (one, other) {
                (Some(Token::One(a)), Some(Token::One(b))) if a.meets(b) => {
                    reach(&mut next, place + 1);
                }
                (Some(Token::One(a)), Some(Token::Run(b))) if a.meets(b) => {
                    reach(&mut next, place);
                }
                (Some(Token::Run(a)), Some(Token::One(b))) if a.meets(b) => {
                    reach(&mut row, place + 1);
                }
                _ => {}
            }
        }
        if at == left.len() {
            return row.last().is_some_and(|reached| *reached);
        }
        row = next;
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::glob::Glob;

    #[test]
    fn patterns_meet_templates() {
        let object = "arn:${Partition}:s3:::${BucketName}/${ObjectName}";
        let role = "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}";
        let arguments = [
            (object, "*", true),
            (object, "arn:aws:s3:::b/*", true),
            (object, "arn:aws:s3:::b/${aws:username}/*", true),
            (object, "arn:aws:s3:::b*", true),
            (object, "arn:aws:s3:::*", true),
            (object, "arn:aws:s3:::b", false),
            (object, "arn:aws:s3:::b/", false),
            (object, "arn:aws:s3:eu-west-1::b/*", false),
            (object, "arn:aws:sqs:::b/*", false),
            (role, "arn:aws:iam::123456789012:role/a/b/c", true),
            (role, "arn:aws:iam::*", true),
            (role, "arn:aws:iam::123456789012:user/*", false),
            (role, "arn:aws:iam:::role/a", true),
            (role, "arn:aws:iam:eu-west-1:1:role/a", false),
            (role, "arn:aws:iam::1:2:role/a", false),
            (role, "arn:*:role/?", false),
            (role, "arn:*", true),
            (role, "arn:aws:iam::*:user/*", false),
            (role, "arn:aws:iam::*:role*", true),
            (role, "arn:aws:iam::1:role/", false),
        ];
        for (template, pattern, expected) in arguments {
            let found = meet(&of_pattern(pattern), &of_arn(template, false));
            assert_eq!(found, expected, "{pattern} {template}");
        }
    }

    #[test]
    fn a_bucket_has_no_slash() {
        let bucket = |pattern| {
            meet(
                &of_pattern(pattern),
                &of_arn("arn:${Partition}:s3:::${BucketName}", true),
            )
        };
        assert!(bucket("arn:aws:s3:::b"));
        assert!(bucket("arn:aws:s3:::b*"));
        assert!(!bucket("arn:aws:s3:::b/*"));
    }

    /// Every text of up to eight letters; two patterns of up to four have no shorter one in common than that.
    fn texts() -> Vec<String> {
        let mut texts = vec![String::new()];
        for length in 0..8 {
            let longest: Vec<String> = texts
                .iter()
                .filter(|text| text.len() == length)
                .cloned()
                .collect();
            texts.extend(
                longest
                    .iter()
                    .flat_map(|text| [format!("{text}a"), format!("{text}b")]),
            );
        }
        texts
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]
        #[test]
        fn patterns_meet_if_they_have_a_text_in_common(left in "[ab?*]{0,4}", right in "[ab?*]{0,4}") {
            let (one, other) = (Glob::new(&left), Glob::new(&right));
            let common = texts().iter().any(|text| one.matches(text) && other.matches(text));
            prop_assert_eq!(meet(&of_pattern(&left), &of_pattern(&right)), common);
        }
    }
}
