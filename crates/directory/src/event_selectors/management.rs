//! Management events are always recorded: selectors must not leave any out.

use super::{InvalidEventSelectors, invalid};

/// The services whose management events AWS lets a trail leave out. There are none of them here.
pub(super) const EXCLUDABLE: [&str; 2] = ["kms.amazonaws.com", "rdsdata.amazonaws.com"];

/// Which management events the selectors seen so far have.
#[derive(Debug, Default)]
pub(super) struct Management {
    reads: bool,
    writes: bool,
}

impl Management {
    /// A selector of management events, of those that only read, of those that do not, or of both.
    pub(super) fn add(&mut self, read_only: Option<bool>) {
        self.reads |= read_only != Some(false);
        self.writes |= read_only != Some(true);
    }

    /// Refuses selectors that leave some out; `remedy` says how to have them all.
    pub(super) fn check(&self, remedy: &str) -> Result<(), InvalidEventSelectors> {
        if self.reads && self.writes {
            return Ok(());
        }
        invalid(format!(
            "Management events are always recorded here, and these selectors leave some out. {remedy}"
        ))
    }
}
