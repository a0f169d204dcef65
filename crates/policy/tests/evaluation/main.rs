//! Decisions over whole sets of policies.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod cases;
mod decisions;
#[path = "../managed/mod.rs"]
mod managed;
mod managed_policies;
mod properties;
mod rules;
mod sessions;
mod spelling;
mod support;
mod truth;
