//! Kubernetes and OpenShift: what makes a pod's service account an AWS identity.
//!
//! [`webhook`] is the pod identity webhook; [`PodEnvironment`] is what it gives a container, for
//! a local program under `daypass run`.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests"
    )
)]

mod environment;
pub mod webhook;

pub use environment::PodEnvironment;
