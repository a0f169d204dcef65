//! Issuing a session of a role: the one place where credentials are minted.

use std::sync::Arc;

use directory::Role;
use door::{Door, Permit};
use jiff::Timestamp;
use session::{
    Credentials, Federated, MintError, Session, SessionKind, SessionName, SessionPolicies,
    SessionTag, SourceIdentity,
};
use thiserror::Error;

use crate::generated::sts::{AssumedRoleUser, Credentials as WireCredentials};
use crate::sts::refusals::{internal, validation};
use crate::wire::Fault;

/// Session length when none is asked for, and the most that a chained session gets.
const HOUR: u32 = 3600;

/// A session that may be issued.
#[derive(Debug)]
pub struct Grant {
    /// The role.
    pub role: Arc<Role>,
    /// The session's name.
    pub name: SessionName,
    /// Its length in seconds.
    pub seconds: u32,
    /// Its source identity.
    pub source_identity: Option<SourceIdentity>,
    /// Its tags.
    pub tags: Vec<SessionTag>,
    /// What narrows it.
    pub policies: SessionPolicies,
    /// The identity provider that vouched for the caller.
    pub federated: Option<Federated>,
    /// When the caller proved a second factor, in seconds since the epoch.
    pub mfa: Option<i64>,
    /// Whether it was obtained with another role's session.
    pub chained: bool,
    /// What an issuer attested of the workload behind it.
    pub attested: Vec<(String, String)>,
}

/// Why a session was not issued.
#[derive(Debug, Error)]
pub enum InvalidGrant {
    /// The permit is for something else.
    #[error("the session could not be issued: nobody has decided that this role may be assumed")]
    NotDecided,
    /// It can't be sealed.
    #[error("the session could not be issued: {0}")]
    Unsealable(#[from] MintError),
}

/// The actions that let a caller have a session of a role.
const ASSUME: [&str; 3] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithWebIdentity",
    "sts:AssumeRoleWithSAML",
];

impl Grant {
    /// Mints the credentials, from `now` on. The permit must be for assuming this very role.
    ///
    /// # Errors
    /// [`InvalidGrant`] when it is not, or the session is too large to seal.
    pub fn issue(
        self,
        door: &Door,
        now: Timestamp,
        permit: &Permit,
    ) -> Result<(Credentials, Arc<Session>), InvalidGrant> {
        let session = self.session(now, permit)?;
        let credentials = door.keyring().mint(&session)?;
        Ok((credentials, Arc::new(session)))
    }

    /// The session without credentials, for a link of a chain that nobody gets. The permit must be for assuming this
    /// very role.
    ///
    /// # Errors
    /// [`InvalidGrant::NotDecided`] when it is not.
    pub(crate) fn session(self, now: Timestamp, permit: &Permit) -> Result<Session, InvalidGrant> {
        let arn = self.role.arn();
        if !ASSUME.iter().any(|action| permit.covers(action, &arn)) {
            return Err(InvalidGrant::NotDecided);
        }
        let issued_at = now.as_second();
        Ok(Session {
            account: self.role.account,
            kind: SessionKind::Role {
                role_id: self.role.id.clone(),
            },
            name: self.name,
            issued_at,
            expires_at: issued_at + i64::from(self.seconds),
            source_identity: self.source_identity,
            tags: self.tags,
            policies: self.policies,
            federated: self.federated,
            mfa: self.mfa,
            chained: self.chained,
            attested: self.attested,
        })
    }
}

/// The session's length: what was asked for within the role's maximum; one hour for a
/// chained session (IAM user guide, "Role chaining").
pub(super) fn seconds(asked: Option<i32>, role: &Role, chained: bool) -> Result<u32, Fault> {
    let Some(asked) = asked else {
        return Ok(HOUR);
    };
    let asked = u32::try_from(asked).unwrap_or_default();
    if asked > role.max_session_duration {
        return Err(validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    if chained && asked > HOUR {
        return Err(validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by \
             role chaining.",
        ));
    }
    Ok(asked)
}

/// Credentials as the API writes them.
pub(crate) fn wire(credentials: &Credentials) -> Result<WireCredentials, Fault> {
    let broken = || internal("The session could not be issued.");
    let secret = credentials
        .secret_access_key
        .expose_text()
        .ok_or_else(broken)?;
    Ok(WireCredentials {
        access_key_id: credentials.access_key_id.to_string(),
        secret_access_key: secret.into(),
        session_token: credentials.session_token.as_str().into(),
        expiration: Timestamp::from_second(credentials.expires_at).map_err(|_| broken())?,
    })
}

/// `AssumedRoleUser` of the answer; its ARN drops the role's path.
pub(crate) fn assumed_role_user(role: &Role, session: &Session) -> AssumedRoleUser {
    AssumedRoleUser {
        assumed_role_id: format!("{}:{}", role.id, session.name),
        arn: format!(
            "arn:aws:sts::{}:assumed-role/{}/{}",
            role.account, role.name, session.name
        ),
    }
}
