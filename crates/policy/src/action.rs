//! Actions and patterns of actions.

use smallvec::SmallVec;

use crate::glob::Glob;
use crate::key::folded_hash;

/// `service:Name` with wildcards, compared without regard to case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ActionPattern(Glob);

/// What an index files a pattern under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filed<'a> {
    /// Its service, and what its names begin with.
    Service { hash: u64, name: &'a str },
    /// The service is not told before the first wildcard.
    AnyService,
}

impl ActionPattern {
    pub(crate) fn new(text: &str) -> Self {
        Self(Glob::new(&text.to_ascii_lowercase()))
    }

    pub(crate) fn matches(&self, action: &Action<'_>) -> bool {
        self.0.matches(action.text)
    }

    /// Whether it matches an action as it is written.
    pub(crate) fn names(&self, action: &str) -> bool {
        self.matches(&Action::new(action, &mut Buffer::new()))
    }

    pub(crate) fn filed(&self) -> Filed<'_> {
        match self.0.literal_prefix().split_once(':') {
            Some((service, name)) => Filed::Service {
                hash: folded_hash(service),
                name,
            },
            None => Filed::AnyService,
        }
    }
}

/// The action of a request in lower case, folded once for all patterns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Action<'b> {
    text: &'b str,
    /// Hash of its service, and its name.
    filed: Option<(u64, &'b str)>,
}

/// Where an action is folded.
pub(crate) type Buffer = SmallVec<[u8; 96]>;

impl<'b> Action<'b> {
    pub(crate) fn new(text: &str, buffer: &'b mut Buffer) -> Self {
        buffer.clear();
        buffer.extend_from_slice(text.as_bytes());
        buffer.make_ascii_lowercase();
        // Folding ASCII leaves the text what it was: UTF-8.
        let text = str::from_utf8(buffer).unwrap_or_default();
        let filed = text
            .split_once(':')
            .map(|(service, name)| (folded_hash(service), name));
        Self { text, filed }
    }

    pub(crate) fn is(&self, lower_case: &str) -> bool {
        *self.text == *lower_case
    }

    /// Hash of the service, and the name.
    pub(crate) fn filed(&self) -> Option<(u64, &'b str)> {
        self.filed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_compared_without_case() {
        for (pattern, matching, other) in [
            ("S3:getobject", "s3:GetObject", "s3:GetObjectAcl"),
            ("s3:Get*", "s3:GETOBJECT", "s3:PutObject"),
            ("s3:?etObject", "s3:GetObject", "s3:etObject"),
            ("*", "iam:PassRole", ""),
            ("s3:*Object", "s3:PutObject", "s3:PutObjectAcl"),
        ] {
            let (mut one, mut two) = (Buffer::new(), Buffer::new());
            let matching = Action::new(matching, &mut one);
            assert!(ActionPattern::new(pattern).matches(&matching), "{pattern}");
            if pattern != "*" {
                let other = Action::new(other, &mut two);
                assert!(!ActionPattern::new(pattern).matches(&other), "{pattern}");
            }
        }
    }

    #[test]
    fn patterns_are_filed_under_their_service_and_the_start_of_their_names() {
        let filed = |text| match ActionPattern::new(text).filed() {
            Filed::Service { hash, name } => Some((hash, name.to_owned())),
            Filed::AnyService => None,
        };
        let s3 = folded_hash("s3");
        assert_eq!(filed("S3:Get*"), Some((s3, "get".to_owned())));
        assert_eq!(filed("s3:*"), Some((s3, String::new())));
        assert_eq!(filed("s3:GetObject"), Some((s3, "getobject".to_owned())));
        for text in ["*", "s?:Get", "*:Get", "s3*"] {
            assert_eq!(filed(text), None, "{text}");
        }
        let mut buffer = Buffer::new();
        assert_eq!(
            Action::new("S3:GetObject", &mut buffer).filed(),
            Some((s3, "getobject"))
        );
    }
}
