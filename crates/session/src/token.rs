//! The session token: a sealed session, bound to its access key id.
//!
//! `base64(version ‖ key id ‖ nonce ‖ AES-256-GCM-SIV(session))`. The associated data is the version, the key id and the access
//! key id, so a token works with no other access key. The secret access key isn't inside, and can't be computed from it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::access_key::AccessKeyId;
use crate::aead::{NONCE, NonceBytes, TAG};
use crate::keyring::{KeyId, Keyring, ServerKey};
use crate::mint::{MintError, derive_secret};
use crate::secret::Secret;
use crate::session::Session;

/// The longest token that is made or looked at, in characters.
pub const MAX_TOKEN_LEN: usize = 16 * 1024;

const VERSION: u8 = 2;
const HEADER: usize = 1 + 4 + NONCE;

/// Why a token isn't honoured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of this server, altered, of another access key, or under a retired server key.
    #[error("the security token included in the request is invalid")]
    Invalid,
    /// Genuine, but its time is over.
    #[error("the security token included in the request is expired")]
    Expired,
}

impl Keyring {
    /// Opens a session token that came with `access_key_id`, at `now` (seconds since the Unix epoch): the session and its secret
    /// access key. Expiry is told only of genuine tokens.
    pub fn open(
        &self,
        access_key_id: &AccessKeyId,
        token: &str,
        now: i64,
    ) -> Result<(Session, Secret), TokenError> {
        if token.len() > MAX_TOKEN_LEN || !access_key_id.is_temporary() {
            return Err(TokenError::Invalid);
        }
        let mut bytes = Zeroizing::new(STANDARD.decode(token).map_err(|_| TokenError::Invalid)?);
        let (header, message) = bytes
            .split_first_chunk_mut::<HEADER>()
            .ok_or(TokenError::Invalid)?;
        let [version, k0, k1, k2, k3, nonce @ ..] = *header;
        let id = KeyId(u32::from_be_bytes([k0, k1, k2, k3]));
        if version != VERSION {
            return Err(TokenError::Invalid);
        }
        let key = self.key(id).ok_or(TokenError::Invalid)?;
        let plain = key
            .token_sealer()
            .open(nonce, &aad(id, access_key_id), message)
            .map_err(|_| TokenError::Invalid)?;
        let session = match postcard::take_from_bytes::<Session>(plain) {
            Ok((session, [])) => session,
            _ => return Err(TokenError::Invalid),
        };
        if now >= session.expires_at {
            return Err(TokenError::Expired);
        }
        let secret = derive_secret(key, access_key_id, nonce);
        Ok((session, secret))
    }
}

/// Seals `session` for `access_key_id`.
pub(crate) fn seal(
    key: &ServerKey,
    access_key_id: &AccessKeyId,
    nonce: NonceBytes,
    session: &Session,
) -> Result<String, MintError> {
    let mut message = postcard::to_stdvec(session).map_err(|_| MintError::Unserializable)?;
    key.token_sealer()
        .seal(nonce, &aad(key.id(), access_key_id), &mut message)
        .map_err(|_| MintError::TooLarge)?;
    let mut bytes = Vec::with_capacity(HEADER + message.len() + TAG);
    bytes.push(VERSION);
    bytes.extend_from_slice(&key.id().0.to_be_bytes());
    bytes.extend_from_slice(&nonce);
    bytes.extend_from_slice(&message);
    Ok(STANDARD.encode(bytes))
}

fn aad(key: KeyId, access_key_id: &AccessKeyId) -> Vec<u8> {
    let mut aad = Vec::with_capacity(5 + access_key_id.as_str().len());
    aad.push(VERSION);
    aad.extend_from_slice(&key.0.to_be_bytes());
    aad.extend_from_slice(access_key_id.as_str().as_bytes());
    aad
}
