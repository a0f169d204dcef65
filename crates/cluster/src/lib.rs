//! Kubernetes and OpenShift: what makes a pod's service account an AWS identity.
//!
//! So far: the environment that the pod identity webhook gives a container, which
//! `daypass run` gives to a local program.
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

pub use environment::PodEnvironment;
