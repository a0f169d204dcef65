//! What an evaluation came across, to see that comparisons reach every corner.

use std::cell::RefCell;
use std::collections::BTreeMap;

/// Counts events by name; switched off, it costs nothing.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    counts: Option<RefCell<BTreeMap<String, u64>>>,
}

impl Notes {
    /// Notes that nobody takes.
    pub(crate) fn off() -> Self {
        Self::default()
    }

    /// Notes that are counted.
    pub(crate) fn on() -> Self {
        Self {
            counts: Some(RefCell::default()),
        }
    }

    /// Counts one event.
    pub(crate) fn take(&self, event: impl FnOnce() -> String) {
        if let Some(counts) = &self.counts {
            *counts.borrow_mut().entry(event()).or_default() += 1;
        }
    }

    /// All events with their numbers.
    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        self.counts
            .as_ref()
            .map(|counts| counts.borrow().clone())
            .unwrap_or_default()
    }
}
