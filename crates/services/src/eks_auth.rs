//! EKS Auth: the exchange of pods' tokens for sessions of the roles that are associated with their service accounts.

mod exchange;
mod fault;
mod pod;
mod session;

use crate::dispatch::Entry;
use crate::generated::eks_auth;

/// The operations of EKS Auth that are served.
pub(crate) const TABLE: &[Entry] = &[Entry::of::<eks_auth::AssumeRoleForPodIdentity>()];
