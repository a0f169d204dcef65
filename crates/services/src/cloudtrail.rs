//! CloudTrail: the event history, and the one trail that every account has.

mod describe;
mod logging;
mod lookup;
mod put_selectors;
mod selectors;
mod trail_name;

use crate::dispatch::Entry;
use crate::generated::cloudtrail::{
    DescribeTrails, GetEventSelectors, GetTrail, GetTrailStatus, ListTrails, LookupEvents,
    PutEventSelectors, StartLogging, StopLogging,
};

/// The operations of CloudTrail that are served.
pub(crate) const TABLE: &[Entry] = &[
    Entry::of::<LookupEvents>(),
    Entry::of::<DescribeTrails>(),
    Entry::of::<ListTrails>(),
    Entry::of::<GetTrail>(),
    Entry::of::<GetTrailStatus>(),
    Entry::of::<GetEventSelectors>(),
    Entry::of::<PutEventSelectors>(),
    Entry::of::<StartLogging>(),
    Entry::of::<StopLogging>(),
];
