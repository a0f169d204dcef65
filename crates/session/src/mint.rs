//! Making credentials of a session.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use zeroize::Zeroizing;

use crate::access_key::{AccessKeyId, secret_text};
use crate::aead::{NONCE, NonceBytes};
use crate::credentials::Credentials;
use crate::keyring::{Keyring, ServerKey};
use crate::random;
use crate::secret::Secret;
use crate::session::Session;
use crate::token::{self, MAX_TOKEN_LEN};

/// No credentials can be made of this session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MintError {
    /// The session holds too much; STS answers `PackedPolicyTooLarge` "Serialized token too large for session".
    #[error("serialized token too large for session")]
    TooLarge,
    /// The session can't be written down.
    #[error("the session can't be serialized")]
    Unserializable,
    /// The keyring has no current key.
    #[error("there is no current server key")]
    NoKey,
}

impl Keyring {
    /// Fresh credentials for `session`. Nothing is stored: the token is the session, sealed under the current server key.
    pub fn mint(&self, session: &Session) -> Result<Credentials, MintError> {
        let key = self.current().ok_or(MintError::NoKey)?;
        let access_key_id = AccessKeyId::temporary(session.account, &SystemRandom::new());
        let nonce: NonceBytes = random::bytes();
        let session_token = token::seal(key, &access_key_id, nonce, session)?;
        if session_token.len() > MAX_TOKEN_LEN {
            return Err(MintError::TooLarge);
        }
        Ok(Credentials {
            secret_access_key: derive_secret(key, &access_key_id, nonce),
            access_key_id,
            session_token,
            expires_at: session.expires_at,
        })
    }
}

/// The secret access key: HMAC-SHA256 under a key that only the server has, over the token's nonce and the access key id. An id
/// has but 39 random bits, the nonce 96 more, so two sessions of one account never share a secret.
pub(crate) fn derive_secret(key: &ServerKey, id: &AccessKeyId, nonce: NonceBytes) -> Secret {
    let mut context = hmac::Context::with_key(key.secret_key());
    context.update(&nonce);
    context.update(id.as_str().as_bytes());
    let tag = context.sign();
    let mut bytes = Zeroizing::new([0; 30]);
    bytes.copy_from_slice(&tag.as_ref()[..30]);
    const {
        assert!(
            NONCE == 12,
            "the nonce has a fixed length, so nonce and id can't run into each other"
        )
    };
    Secret::from(secret_text(&bytes))
}
