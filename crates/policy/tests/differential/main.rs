//! The engine against a naive evaluator, over random policies and requests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

#[path = "../naive/naive.rs"]
mod naive;
#[path = "../random/random.rs"]
mod random;

#[path = "../naive/engine.rs"]
mod engine;

mod agreement;
mod coverage;
mod recorded;
mod shrink;
