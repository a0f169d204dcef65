//! Kubernetes and OpenShift: what makes a pod's service account an AWS identity.
//!
//! [`webhook`] has the rules of the pod identity webhook, [`ServiceAccounts`] and
//! [`role_config_map`] what it knows of a cluster, [`serving_certificate`] and
//! [`admission_events`] what it writes there; [`inspection`] finds out why a pod has no role.
//! [`agent`] has the rules of Pod Identity's node agent. [`TokenReviewer`] asks a cluster whether a
//! token still holds. [`manifests`] are the objects that the set-up commands make, [`irsa`] is the
//! role of a service account, [`ccoctl`] makes roles of OpenShift's CredentialsRequests.
//! [`PodEnvironment`] is what the webhook gives a container, for a local program under
//! `daypass run`.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests"
    )
)]

#[cfg(feature = "api-server")]
pub mod admission_events;
pub mod agent;
pub mod ccoctl;
mod environment;
#[cfg(feature = "api-server")]
pub mod inspection;
pub mod irsa;
pub mod manifests;
#[cfg(feature = "api-server")]
mod object_name;
mod printable;
#[cfg(feature = "api-server")]
mod refusal;
pub mod region;
#[cfg(feature = "api-server")]
pub mod role_config_map;
#[cfg(feature = "api-server")]
mod service_accounts;
#[cfg(feature = "api-server")]
pub mod serving_certificate;
#[cfg(feature = "api-server")]
mod token_review;
pub mod webhook;

pub use environment::PodEnvironment;
pub use printable::printable;
#[cfg(feature = "api-server")]
pub use refusal::said;
#[cfg(feature = "api-server")]
pub use service_accounts::{Found, ServiceAccounts};
#[cfg(feature = "api-server")]
pub use token_review::{TokenReviewer, TokenReviewerError};
