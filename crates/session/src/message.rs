//! Sealed messages: what a server gives away and only opens itself, e.g. why it refused a request.
//!
//! `base64url(version ‖ key id ‖ nonce ‖ AES-256-GCM-SIV(time ‖ text))`. They have a key of their own under each server
//! key, so that no session token passes for a message and no message for a token; the associated data names the account,
//! so that a message opens for no other.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use policy::AccountId;

use crate::aead::{NONCE, NonceBytes, TAG};
use crate::keyring::{KeyId, Keyring};
use crate::mint::MintError;
use crate::random;

const VERSION: u8 = 1;
const HEADER: usize = 1 + 4 + NONCE;
const TIME: usize = 8;
/// Texts are filled up with blanks to a multiple of this, so that the length of a message tells little of it.
const BLOCK: usize = 256;

/// How long a message can be opened, in seconds: a day.
pub const MESSAGE_LIFETIME: i64 = 86_400;

/// The message isn't one of this server's for this account, was altered, or is older than [`MESSAGE_LIFETIME`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message is not one of this server's for this account, or has expired")]
pub struct InvalidMessage;

/// The length in characters of the message that a text of `bytes` bytes becomes.
#[must_use]
pub fn message_length(bytes: usize) -> usize {
    let sealed = HEADER + TIME + bytes.div_ceil(BLOCK) * BLOCK + TAG;
    (sealed * 4).div_ceil(3)
}

impl Keyring {
    /// Seals `text` for an account, at `now` (seconds since the Unix epoch). Trailing blanks don't come back.
    pub fn seal_message(
        &self,
        account: AccountId,
        text: &str,
        now: i64,
    ) -> Result<String, MintError> {
        let key = self.current().ok_or(MintError::NoKey)?;
        let nonce: NonceBytes = random::bytes();
        let mut message = now.to_be_bytes().to_vec();
        message.extend_from_slice(text.as_bytes());
        message.resize(TIME + text.len().div_ceil(BLOCK) * BLOCK, b' ');
        key.message_sealer()
            .seal(nonce, &aad(key.id(), account), &mut message)
            .map_err(|_| MintError::TooLarge)?;
        let mut bytes = Vec::with_capacity(HEADER + message.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(&key.id().0.to_be_bytes());
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&message);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Opens a message that was sealed for this account.
    pub fn open_message(
        &self,
        account: AccountId,
        message: &str,
        now: i64,
    ) -> Result<String, InvalidMessage> {
        let mut bytes = URL_SAFE_NO_PAD
            .decode(message)
            .map_err(|_| InvalidMessage)?;
        let (header, sealed) = bytes
            .split_first_chunk_mut::<HEADER>()
            .ok_or(InvalidMessage)?;
        let [version, k0, k1, k2, k3, nonce @ ..] = *header;
        let id = KeyId(u32::from_be_bytes([k0, k1, k2, k3]));
        if version != VERSION {
            return Err(InvalidMessage);
        }
        let key = self.key(id).ok_or(InvalidMessage)?;
        let plain = key
            .message_sealer()
            .open(nonce, &aad(id, account), sealed)
            .map_err(|_| InvalidMessage)?;
        let (time, text) = plain.split_first_chunk::<TIME>().ok_or(InvalidMessage)?;
        if now.saturating_sub(i64::from_be_bytes(*time)) >= MESSAGE_LIFETIME {
            return Err(InvalidMessage);
        }
        let text = std::str::from_utf8(text).map_err(|_| InvalidMessage)?;
        Ok(text.trim_end().to_owned())
    }
}

fn aad(key: KeyId, account: AccountId) -> Vec<u8> {
    [
        &[VERSION],
        b"message\0".as_slice(),
        &key.0.to_be_bytes(),
        account.to_string().as_bytes(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Session, SessionKind, SessionPolicies};

    fn account(text: &str) -> AccountId {
        text.parse().unwrap()
    }

    #[test]
    fn a_message_opens_for_its_account_its_server_and_a_day() {
        let ours = account("123456789012");
        let ring = Keyring::generate(100);
        for text in ["", "why", &"x".repeat(BLOCK), &"é".repeat(700)] {
            let message = ring.seal_message(ours, text, 1000).unwrap();
            assert_eq!(message.len(), message_length(text.len()));
            let open = |at: i64| ring.open_message(ours, &message, at);
            assert_eq!(open(1000).as_deref(), Ok(text));
            assert_eq!(open(1000 + MESSAGE_LIFETIME - 1).as_deref(), Ok(text));
            assert_eq!(open(1000 + MESSAGE_LIFETIME), Err(InvalidMessage));
            let theirs = account("210987654321");
            assert_eq!(
                ring.open_message(theirs, &message, 1000),
                Err(InvalidMessage)
            );
            let other = Keyring::generate(100);
            assert_eq!(
                other.open_message(ours, &message, 1000),
                Err(InvalidMessage)
            );
        }
        let (short, long) = ("a", "a longer reason than the other one");
        let sealed = |text: &str| ring.seal_message(ours, text, 1000).unwrap().len();
        assert_eq!(sealed(short), sealed(long), "the length tells nothing");
    }

    #[test]
    fn no_altered_message_opens_and_no_token_is_a_message() {
        let ours = account("123456789012");
        let ring = Keyring::generate(100);
        let message = ring.seal_message(ours, "why", 1000).unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(&message).unwrap();
        for at in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[at] ^= 1;
            let altered = URL_SAFE_NO_PAD.encode(altered);
            assert_eq!(ring.open_message(ours, &altered, 1000), Err(InvalidMessage));
        }
        let session = Session {
            account: ours,
            kind: SessionKind::Role {
                role_id: "AROA".to_owned(),
            },
            name: "name".parse().unwrap(),
            issued_at: 0,
            expires_at: 5000,
            source_identity: None,
            tags: Vec::new(),
            policies: SessionPolicies::default(),
            federated: None,
            mfa: None,
            chained: false,
            attested: Vec::new(),
        };
        let credentials = ring.mint(&session).unwrap();
        let mut token = base64::engine::general_purpose::STANDARD
            .decode(&credentials.session_token)
            .unwrap();
        for version in [token[0], VERSION] {
            token[0] = version;
            let posing = URL_SAFE_NO_PAD.encode(&token);
            assert_eq!(ring.open_message(ours, &posing, 1000), Err(InvalidMessage));
        }
        for junk in ["", "x", "line\nbreak", &"A".repeat(10_240)] {
            assert_eq!(ring.open_message(ours, junk, 1000), Err(InvalidMessage));
        }
    }
}
