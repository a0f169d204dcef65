//! Access levels.

use std::fmt;

/// What kind of access an action gives (IAM User Guide, "Access levels in policy summaries").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Shows which resources there are.
    List,
    /// Reads what a resource holds.
    Read,
    /// Changes tags and nothing else.
    Tagging,
    /// Makes, changes or removes resources.
    Write,
    /// Changes who may do what.
    PermissionsManagement,
}

impl Level {
    /// All levels in the order in which the AWS console shows them.
    pub const ALL: [Self; 5] = [
        Self::List,
        Self::Read,
        Self::Tagging,
        Self::Write,
        Self::PermissionsManagement,
    ];

    /// The name that AWS gives it: `Permissions management`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "List",
            Self::Read => "Read",
            Self::Tagging => "Tagging",
            Self::Write => "Write",
            Self::PermissionsManagement => "Permissions management",
        }
    }

    /// The level that stands for this letter in the table.
    pub(crate) fn of_letter(letter: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|level| level.name().get(..1) == Some(letter))
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
