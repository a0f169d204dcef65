//! Who is it? From what a request claims to a proven caller.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use directory::KeyStatus;
use jiff::Timestamp;
use session::sigv4::{
    Credential, Location, PayloadHash, Presented, RequestParts, Rules, SignatureError, SignedForm,
    SignedV2, Verified, parse,
};
use session::{AccessKeyId, Secret, Session, SessionKind, TokenError};

use crate::root_session::is_closed;
use crate::{Authentication, Caller, Door};

/// A request whose signature holds, or that has none.
pub(crate) struct Authenticated {
    pub(crate) caller: Caller,
    pub(crate) authentication: Authentication,
    /// The region of the signature's scope.
    pub(crate) region: Option<String>,
    /// How the body is covered by the signature.
    pub(crate) payload: PayloadHash,
    /// What chunk signatures continue from; `None` for anonymous requests.
    pub(crate) verified: Option<Verified>,
}

/// A request that could not be authenticated, and whom it claimed to come from, if the key
/// that it named exists: only then is the failure anybody's audit event.
pub(crate) struct Unproven {
    pub(crate) error: SignatureError,
    pub(crate) known: Option<Box<Caller>>,
}

impl Door {
    /// Checks the signature. `body_sha256` is the hash of the body as it was received, for
    /// services that buffer it.
    pub(crate) fn authenticate(
        &self,
        request: &RequestParts<'_>,
        rules: &Rules,
        body_sha256: Option<[u8; 32]>,
        now: Timestamp,
    ) -> Result<Authenticated, Unproven> {
        let unknown = |error| Unproven { error, known: None };
        let signed = match parse(request, rules).map_err(unknown)? {
            Presented::Anonymous => {
                let payload = PayloadHash::declared(request.headers).map_err(unknown)?;
                return Ok(Authenticated {
                    caller: Caller::anonymous(None),
                    authentication: Authentication::None,
                    region: None,
                    payload,
                    verified: None,
                });
            }
            Presented::Signed(signed) => signed,
            Presented::SignedV2(signed) => return self.authenticate_v2(&signed, now),
        };
        let claimed = signed.credential().map_err(unknown)?;
        let (caller, secret) = self.credentials(&claimed, now).map_err(unknown)?;
        let (id, scope) = (&signed.access_key_id, &signed.scope);
        let verified = signed.check_time(now, rules).and_then(|()| {
            let key = self.signing_keys.of(id, scope, &secret);
            signed.verify_with_key(request, key, body_sha256, rules)
        });
        if let Ok(verified) = &verified {
            let key = &verified.signing_key;
            self.signing_keys.keep(id, scope, &secret, key);
        }
        match verified {
            Ok(verified) => Ok(Authenticated {
                authentication: match signed.location {
                    Location::Header | Location::Form => Authentication::Header,
                    Location::Query { expires_seconds } => Authentication::Query {
                        signed_at: signed.timestamp,
                        expires_seconds,
                    },
                },
                region: Some(signed.scope.region.clone()),
                payload: signed.payload,
                caller,
                verified: Some(verified),
            }),
            Err(error) => Err(Unproven {
                error,
                known: Some(Box::new(caller)),
            }),
        }
    }

    /// Checks a signature of version 2.
    fn authenticate_v2(
        &self,
        signed: &SignedV2,
        now: Timestamp,
    ) -> Result<Authenticated, Unproven> {
        let unknown = |error| Unproven { error, known: None };
        let claimed = signed.credential().map_err(unknown)?;
        let (caller, secret) = self.credentials(&claimed, now).map_err(unknown)?;
        let verified = signed.check_time(now).and_then(|()| signed.verify(&secret));
        match verified {
            Ok(()) => Ok(Authenticated {
                caller,
                authentication: Authentication::QueryV2 {
                    expires: signed.expires,
                },
                region: None,
                payload: signed.payload,
                verified: None,
            }),
            Err(error) => Err(Unproven {
                error,
                known: Some(Box::new(caller)),
            }),
        }
    }

    /// Checks the signature of a form's policy.
    pub(crate) fn authenticate_form(
        &self,
        signed: &SignedForm,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<Authenticated, Unproven> {
        let unknown = |error| Unproven { error, known: None };
        let claimed = signed.credential().map_err(unknown)?;
        let (caller, secret) = self.credentials(&claimed, now).map_err(unknown)?;
        let verified = signed
            .check_time(now, rules)
            .and_then(|()| signed.verify(&secret));
        match verified {
            Ok(()) => Ok(Authenticated {
                caller,
                authentication: Authentication::Post {
                    signed_at: signed.timestamp,
                },
                region: Some(signed.scope.region.clone()),
                payload: PayloadHash::Absent,
                verified: None,
            }),
            Err(error) => Err(Unproven {
                error,
                known: Some(Box::new(caller)),
            }),
        }
    }

    /// The caller that a request claims to be and the secret that must have signed it.
    fn credentials(
        &self,
        claimed: &Credential<'_>,
        now: Timestamp,
    ) -> Result<(Caller, Secret), SignatureError> {
        let unknown = |id: &AccessKeyId| SignatureError::UnknownAccessKey {
            access_key_id: id.to_string(),
        };
        let (proven, refusal) = match *claimed {
            Credential::Temporary(id, token) => (
                self.temporary(id, token, now)?,
                SignatureError::InvalidToken,
            ),
            Credential::LongTerm(id) => {
                (self.long_term(id).ok_or_else(|| unknown(id))?, unknown(id))
            }
        };
        match is_closed(&self.directory.snapshot(), &proven.0) {
            true => Err(refusal),
            false => Ok(proven),
        }
    }

    fn temporary(
        &self,
        id: &AccessKeyId,
        token: &str,
        now: Timestamp,
    ) -> Result<(Caller, Secret), SignatureError> {
        let (session, secret) =
            self.keyring()
                .open(id, token, now.as_second())
                .map_err(|error| match error {
                    TokenError::Invalid => SignatureError::InvalidToken,
                    TokenError::Expired => SignatureError::ExpiredToken,
                })?;
        let caller = self
            .holder(session, id)
            .ok_or(SignatureError::InvalidToken)?;
        Ok((caller, secret))
    }

    /// Whose session it is, by unique id: a role or user that was deleted and made again is
    /// another one. `None` when there is no such role or user any more.
    fn holder(&self, session: Session, id: &AccessKeyId) -> Option<Caller> {
        let snapshot = self.directory.snapshot();
        let session = Arc::new(session);
        let id = id.as_str();
        let caller = match &session.kind {
            SessionKind::Role { role_id } => {
                let role = snapshot.role_by_id(role_id)?;
                Caller::role(Arc::clone(role), Arc::clone(&session), id)
            }
            SessionKind::User { user_id } => {
                let user = snapshot.user_by_id(user_id)?;
                Caller::user_session(Arc::clone(user), Arc::clone(&session), id)
            }
            SessionKind::FederatedUser { user_id } => {
                let user = snapshot.user_by_id(user_id)?;
                Caller::federated_user(Arc::clone(user), Arc::clone(&session), id)
            }
            SessionKind::Root { .. } => return self.root_session(&session, id),
        };
        caller.ok()
    }

    fn long_term(&self, id: &AccessKeyId) -> Option<(Caller, Secret)> {
        let id = id.as_str();
        let snapshot = self.directory.snapshot();
        let key = snapshot.key(id)?;
        if key.status != KeyStatus::Active {
            return None;
        }
        let user = snapshot.user_by_id(&key.user_id)?;
        let sealed = STANDARD.decode(&key.sealed_secret).ok()?;
        let Ok(secret) = self.key_encryption().open(&purpose(id), &sealed) else {
            tracing::error!(access_key = id, "the secret of this key can't be unsealed");
            return None;
        };
        let caller = Caller::user(Arc::clone(user), id).ok()?;
        Some((caller, secret))
    }

    /// Seals the secret of a long-term key, for the directory.
    #[must_use]
    pub fn seal_access_key(&self, id: &str, secret: &Secret) -> String {
        STANDARD.encode(self.key_encryption().seal(&purpose(id), secret.expose()))
    }
}

/// Ties a sealed secret to its key id.
fn purpose(access_key_id: &str) -> String {
    format!("access-key:{access_key_id}")
}
