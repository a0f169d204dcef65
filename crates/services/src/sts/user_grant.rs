//! Issuing the sessions of users: `GetSessionToken` and `GetFederationToken`.

use std::sync::Arc;

use directory::User;
use policy::Principal;
use session::{
    Credentials, MintError, Session, SessionKind, SessionName, SessionPolicies, SessionTag,
};

use crate::generated::sts::errors;
use crate::handle::At;
use crate::sts::refusals::{access_denied, internal};
use crate::wire::Fault;

/// Twelve hours: what a user's session lasts when nothing is asked (STS API Reference, `GetSessionToken`).
const HALF_A_DAY: i64 = 43_200;

/// A user's session that may be issued.
pub(super) struct UserGrant {
    pub(super) kind: SessionKind,
    pub(super) name: SessionName,
    /// `DurationSeconds`; the model leaves 900 to 129,600.
    pub(super) seconds: Option<i32>,
    pub(super) tags: Vec<SessionTag>,
    pub(super) policies: SessionPolicies,
    /// When the caller proved a second factor, in seconds since the epoch.
    pub(super) mfa: Option<i64>,
}

impl UserGrant {
    /// Mints the credentials.
    ///
    /// # Errors
    /// `PackedPolicyTooLarge` when the session is too large to seal.
    pub(super) fn issue(self, at: &At<'_>) -> Result<Credentials, Fault> {
        let issued_at = at.call.now.as_second();
        let session = Session {
            account: at.account,
            kind: self.kind,
            name: self.name,
            issued_at,
            expires_at: issued_at + self.seconds.map_or(HALF_A_DAY, i64::from),
            source_identity: None,
            tags: self.tags,
            policies: self.policies,
            federated: None,
            mfa: self.mfa,
            chained: false,
            attested: Vec::new(),
        };
        at.door
            .keyring()
            .mint(&session)
            .map_err(|error| match error {
                MintError::TooLarge => {
                    errors::PACKED_POLICY_TOO_LARGE.fault("Serialized token too large for session")
                }
                MintError::Unserializable | MintError::NoKey => internal(&error.to_string()),
            })
    }
}

/// The user that calls, with a long-term key: sessions were refused by now.
///
/// # Errors
/// `AccessDenied` for everybody else.
pub(super) fn calling_user(at: &At<'_>, operation: &str) -> Result<Arc<User>, Fault> {
    let refused = || access_denied(format!("Cannot call {operation} with session credentials"));
    let caller = &at.call.caller;
    match &caller.principal {
        Principal::User { unique_id, .. } if caller.session.is_none() => {
            let user = at.snapshot().user_by_id(unique_id).cloned();
            user.ok_or_else(refused)
        }
        _ => Err(refused()),
    }
}
