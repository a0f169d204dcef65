//! Verification against real https servers on this host: discovery, rotation, hostile answers, certificates.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod bounds;
mod certificates;
mod discovery;
mod hostile;
mod local;
mod rotation;
mod server;
