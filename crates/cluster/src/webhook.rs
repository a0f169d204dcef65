//! The pod identity webhook: from a pod that is being created to what is added to it.
//!
//! The rules are those of amazon-eks-pod-identity-webhook 0.6, so that a cluster's manifests stay
//! as they are; what is ours is said where it is. Everything here is pure: the service accounts
//! that exist, and the files and flags, come in as arguments.

mod annotations;
mod config_map;
mod container;
mod injection;
mod patch;
mod pod_identity;
mod review;
mod service_account;
mod settings;
mod source;
mod windows;

pub use annotations::{go_bool, skipped_containers};
pub use config_map::{ConfigMapRoles, InvalidConfigMap};
pub use injection::{Injection, Method};
pub use patch::{Patched, fits, patch};
pub use pod_identity::{InvalidIdentities, PodIdentities};
pub use review::{Review, Verdict, answer};
pub use service_account::AnnotatedAccount;
#[cfg(feature = "api-server")]
pub(crate) use service_account::is_role_arn;
pub use settings::{CaBundle, Home, InvalidCaBundle, PodIdentitySettings, SHORTEST, Settings};
pub use source::{Sources, Untouched, decide};
