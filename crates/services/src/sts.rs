//! STS: who am I, and temporary credentials of exactly one role.

mod assume_role;
mod caller_identity;
mod grant;
mod refusals;
mod saml;
mod session_policies;
mod session_tags;
mod web_identity;

pub(crate) use assume_role::{BARRED, is_barred};
pub use grant::{Grant, InvalidGrant};

use crate::dispatch::Entry;
use crate::generated::sts;

/// The operations of STS that are served.
pub(crate) const TABLE: &[Entry] = &[
    Entry::of::<sts::GetCallerIdentity>(),
    Entry::of::<sts::AssumeRole>(),
    Entry::of::<sts::AssumeRoleWithWebIdentity>(),
    Entry::of::<sts::AssumeRoleWithSAML>(),
];
