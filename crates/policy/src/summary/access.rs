//! How much of a service's actions is covered.

use std::fmt;

use reference::{Level, Service};
use serde::{Serialize, Serializer};

/// What is covered of each level of access that a service has, in the order of [`Level::ALL`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Access(pub Vec<LevelAccess>);

/// What is covered of one level of access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LevelAccess {
    /// The level.
    #[serde(serialize_with = "level_name")]
    pub level: Level,
    /// How much of it.
    pub extent: Extent,
    /// The number of actions that are covered.
    pub covered: usize,
    /// The number of actions that the service has.
    pub total: usize,
}

/// How much of a level is covered (IAM User Guide, "Access levels in policy summaries").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Extent {
    /// No action.
    None,
    /// Some actions.
    Limited,
    /// All actions.
    Full,
}

impl Access {
    pub(super) fn new(service: Service<'_>, covered: impl Fn(Level) -> usize) -> Self {
        let levels = Level::ALL.into_iter().filter_map(|level| {
            let actions = service.actions().filter(|action| action.level() == level);
            let (covered, total) = (covered(level), actions.count());
            let extent = match covered {
                0 => Extent::None,
                _ if covered < total => Extent::Limited,
                _ => Extent::Full,
            };
            (total > 0).then_some(LevelAccess {
                level,
                extent,
                covered,
                total,
            })
        });
        Self(levels.collect())
    }

    /// How much of a level is covered; none if the service has no such level.
    #[must_use]
    pub fn at(&self, level: Level) -> Extent {
        let found = self.0.iter().find(|access| access.level == level);
        found.map_or(Extent::None, |access| access.extent)
    }

    /// Whether every action of the service is covered: the console's "Full access".
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.0.iter().all(|access| access.extent == Extent::Full)
    }

    /// Whether no action is covered, since those that are named can't apply.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.0.iter().all(|access| access.extent == Extent::None)
    }
}

/// `Full access`, `Full: List, Read Limited: Write` or `None`.
impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_full() {
            return f.pad("Full access");
        }
        let mut text = String::new();
        for (extent, name) in [(Extent::Full, "Full"), (Extent::Limited, "Limited")] {
            let levels = self.0.iter().filter(|access| access.extent == extent);
            let levels: Vec<&str> = levels.map(|access| access.level.name()).collect();
            if !levels.is_empty() {
                let space = if text.is_empty() { "" } else { " " };
                text = format!("{text}{space}{name}: {}", levels.join(", "));
            }
        }
        f.pad(if text.is_empty() { "None" } else { &text })
    }
}

/// Writes a level as AWS names it.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
pub(super) fn level_name<S: Serializer>(level: &Level, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(level.name())
}
