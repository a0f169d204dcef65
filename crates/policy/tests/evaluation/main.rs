//! Decisions over whole sets of policies.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod cases;
mod decisions;
mod properties;
mod sessions;
mod support;
