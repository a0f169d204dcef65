//! Actions and patterns of actions.

use crate::glob::Glob;

/// `service:Name` with wildcards, compared without regard to case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ActionPattern(Glob);

impl ActionPattern {
    pub(crate) fn new(text: &str) -> Self {
        Self(Glob::new(&text.to_ascii_lowercase()))
    }

    pub(crate) fn matches(&self, action: &Action) -> bool {
        self.0.matches(&action.0)
    }
}

/// The action of a request, folded once for all patterns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Action(Box<str>);

impl Action {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_ascii_lowercase().into())
    }

    pub(crate) fn is(&self, lower_case: &str) -> bool {
        *self.0 == *lower_case
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
            assert!(
                ActionPattern::new(pattern).matches(&Action::new(matching)),
                "{pattern}"
            );
            if pattern != "*" {
                assert!(
                    !ActionPattern::new(pattern).matches(&Action::new(other)),
                    "{pattern}"
                );
            }
        }
    }
}
