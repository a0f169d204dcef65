//! STS: who am I, and temporary credentials of exactly one role or user.

mod access_key_info;
mod assume_role;
mod assume_root;
mod authorization_message;
mod caller_identity;
mod delegated_access;
mod federation_data;
mod federation_token;
mod grant;
mod outbound_token;
mod refusals;
mod saml;
mod second_factor;
mod session_policies;
mod session_tags;
mod session_token;
mod user_grant;
mod web_identity;

pub(crate) use assume_role::{BARRED, is_barred, request_tags, role_resource, trust_need};
pub(crate) use federation_data::federation_data;
pub use grant::{Grant, InvalidGrant};
pub(crate) use grant::{assumed_role_user, wire};
pub(crate) use session_policies::packed_size;

use crate::dispatch::Entry;
use crate::generated::sts;

/// The operations of STS that are served.
pub(crate) const TABLE: &[Entry] = &[
    Entry::of::<sts::GetCallerIdentity>(),
    Entry::of::<sts::GetAccessKeyInfo>(),
    Entry::of::<sts::GetSessionToken>(),
    Entry::of::<sts::GetFederationToken>(),
    Entry::of::<sts::AssumeRole>(),
    Entry::of::<sts::AssumeRoleWithWebIdentity>(),
    Entry::of::<sts::AssumeRoot>(),
    Entry::of::<sts::GetWebIdentityToken>(),
    Entry::of::<sts::DecodeAuthorizationMessage>(),
    Entry::of::<sts::GetDelegatedAccessToken>(),
    Entry::of::<sts::AssumeRoleWithSAML>(),
];
