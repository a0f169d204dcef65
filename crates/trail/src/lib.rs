//! The audit trail: one CloudTrail record for every request, durable before the answer leaves.
//!
//! A handler fills a [`Draft`] with what it did; the door adds who called and when and
//! hands the [`Record`] to [`Trail::record`], which returns once the record is on disk
//! (group commit: one `fdatasync` for all that wait). [`Trail::lookup`] is `LookupEvents`.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests"
    )
)]

mod draft;
mod log;
mod lookup;
mod record;
mod segment;
mod user_identity;

pub use draft::{Draft, Resource};
pub use log::{Trail, TrailError};
pub use lookup::{Attribute, AttributeKey, Found, InvalidLookup, Lookup, Page};
pub use record::{Frame, Record, Tls};
pub use user_identity::{SessionIssuer, UserIdentity, UserSession, WebIdentityFederation};
