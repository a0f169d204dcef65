//! Server keys: one that mints, older ones that still open, and their rotation.

use std::fmt;

use aws_lc_rs::hmac;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::aead::{self, Sealer};
use crate::key_encryption::{KeyEncryptionKey, Unsealable};
use crate::random;

const PURPOSE: &str = "server keys";

/// The number of a server key; it travels in every token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct KeyId(pub u32);

/// What a server key is still good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Mints and opens.
    Current,
    /// Only opens; tokens minted until this second (since the Unix epoch) are under it.
    Superseded {
        /// When the next key took over.
        at: i64,
    },
}

/// One server key. Sessions are sealed and secrets derived with keys of its own, each for one use.
pub struct ServerKey {
    id: KeyId,
    created: i64,
    state: KeyState,
    master: Zeroizing<[u8; 32]>,
    token: Sealer,
    message: Sealer,
    secret: hmac::Key,
}

/// The server's keys: always exactly one current key, its successor to be.
///
/// They have nothing to do with any credential that the API hands out, so changing an administrator's key or learning one tells
/// nothing about sessions.
pub struct Keyring {
    /// INVARIANT: not empty, ascending ids, the last is current and all others are superseded.
    keys: Vec<ServerKey>,
}

/// A keyring that can't be used or changed as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// The stored keyring is under another key encryption key, or was altered.
    #[error("the server keys don't open: {0}")]
    Sealed(#[from] Unsealable),
    /// It opened, but holds no keyring of this version.
    #[error("the server keys are in a form that this version doesn't know")]
    Form,
    /// The current key can't be retired; rotate first.
    #[error("server key {} is the current one", .0.0)]
    Current(KeyId),
    /// There is no such key.
    #[error("there is no server key {}", .0.0)]
    Unknown(KeyId),
}

impl ServerKey {
    /// The key's number.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// When the key was made, in seconds since the Unix epoch.
    pub fn created(&self) -> i64 {
        self.created
    }

    /// Whether the key still mints.
    pub fn state(&self) -> KeyState {
        self.state
    }

    /// Seals and opens tokens.
    pub(crate) fn token_sealer(&self) -> &Sealer {
        &self.token
    }

    /// Seals and opens messages.
    pub(crate) fn message_sealer(&self) -> &Sealer {
        &self.message
    }

    /// Derives secret access keys.
    pub(crate) fn secret_key(&self) -> &hmac::Key {
        &self.secret
    }

    fn new(id: KeyId, created: i64, state: KeyState, master: Zeroizing<[u8; 32]>) -> Self {
        let token = Sealer::new(&aead::subkey(&master, "session token"));
        let message = Sealer::new(&aead::subkey(&master, "message"));
        let secret = hmac::Key::new(
            hmac::HMAC_SHA256,
            aead::subkey(&master, "secret access key").as_slice(),
        );
        Self {
            id,
            created,
            state,
            master,
            token,
            message,
            secret,
        }
    }
}

impl Keyring {
    /// A keyring with one fresh key, made at `now` (seconds since the Unix epoch).
    pub fn generate(now: i64) -> Self {
        Self {
            keys: vec![ServerKey::new(
                KeyId(1),
                now,
                KeyState::Current,
                Zeroizing::new(random::bytes()),
            )],
        }
    }

    /// Makes a fresh key current. Sessions under the older keys keep working until [`retire`](Self::retire).
    pub fn rotate(&mut self, now: i64) -> KeyId {
        let last = self
            .keys
            .iter()
            .map(|key| key.id.0)
            .max()
            .unwrap_or_default();
        for key in self
            .keys
            .iter_mut()
            .filter(|key| key.state == KeyState::Current)
        {
            key.state = KeyState::Superseded { at: now };
        }
        let id = KeyId(last.saturating_add(1));
        self.keys.push(ServerKey::new(
            id,
            now,
            KeyState::Current,
            Zeroizing::new(random::bytes()),
        ));
        id
    }

    /// Forgets a superseded key: every session under it ends at once.
    pub fn retire(&mut self, id: KeyId) -> Result<(), KeyringError> {
        let at = self
            .keys
            .iter()
            .position(|key| key.id == id)
            .ok_or(KeyringError::Unknown(id))?;
        if self.keys[at].state == KeyState::Current {
            return Err(KeyringError::Current(id));
        }
        self.keys.remove(at);
        Ok(())
    }

    /// Forgets the keys that were superseded at `cutoff` or earlier; with `cutoff` = now − the longest session, no session that
    /// still lives is lost. Answers their ids.
    pub fn retire_superseded_before(&mut self, cutoff: i64) -> Vec<KeyId> {
        let mut retired = Vec::new();
        self.keys.retain(|key| match key.state {
            KeyState::Superseded { at } if at <= cutoff => {
                retired.push(key.id);
                false
            }
            _ => true,
        });
        retired
    }

    /// The keys, oldest first.
    pub fn keys(&self) -> &[ServerKey] {
        &self.keys
    }

    /// The key that mints.
    pub(crate) fn current(&self) -> Option<&ServerKey> {
        self.keys.last()
    }

    /// The key with this number.
    pub(crate) fn key(&self, id: KeyId) -> Option<&ServerKey> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// The keyring, sealed for storage.
    #[expect(
        clippy::expect_used,
        reason = "postcard refuses no integers, and half a keyring must never be stored"
    )]
    pub fn seal(&self, kek: &KeyEncryptionKey) -> Vec<u8> {
        let stored = Stored {
            keys: self
                .keys
                .iter()
                .map(|key| StoredKey {
                    id: key.id.0,
                    created: key.created,
                    superseded: match key.state {
                        KeyState::Current => None,
                        KeyState::Superseded { at } => Some(at),
                    },
                    master: *key.master,
                })
                .collect(),
        };
        let plain = Zeroizing::new(
            postcard::to_stdvec(&stored).expect("integers and arrays have a serialization"),
        );
        kek.seal(PURPOSE, &plain)
    }

    /// Opens what [`seal`](Self::seal) made.
    pub fn unseal(kek: &KeyEncryptionKey, sealed: &[u8]) -> Result<Self, KeyringError> {
        let plain = kek.open(PURPOSE, sealed)?;
        let (stored, rest): (Stored, &[u8]) =
            postcard::take_from_bytes(plain.expose()).map_err(|_| KeyringError::Form)?;
        let mut keys = Vec::with_capacity(stored.keys.len());
        for key in &stored.keys {
            let state = match key.superseded {
                None => KeyState::Current,
                Some(at) => KeyState::Superseded { at },
            };
            keys.push(ServerKey::new(
                KeyId(key.id),
                key.created,
                state,
                Zeroizing::new(key.master),
            ));
        }
        let ascending = keys.windows(2).all(|pair| pair[0].id < pair[1].id);
        let current = keys
            .iter()
            .filter(|key| key.state == KeyState::Current)
            .count();
        let last_is_current = keys
            .last()
            .is_some_and(|key| key.state == KeyState::Current);
        if rest.is_empty() && ascending && current == 1 && last_is_current {
            Ok(Self { keys })
        } else {
            Err(KeyringError::Form)
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    keys: Vec<StoredKey>,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct StoredKey {
    id: u32,
    created: i64,
    superseded: Option<i64>,
    master: [u8; 32],
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerKey")
            .field("id", &self.id)
            .field("created", &self.created)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("keys", &self.keys).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotation_keeps_the_older_key_until_it_is_retired() {
        let mut ring = Keyring::generate(100);
        let new = ring.rotate(200);
        assert_eq!(new, KeyId(2));
        assert_eq!(ring.current().map(ServerKey::id), Some(new));
        assert_eq!(
            ring.key(KeyId(1)).unwrap().state(),
            KeyState::Superseded { at: 200 }
        );
        assert_eq!(ring.retire(new), Err(KeyringError::Current(new)));
        assert_eq!(ring.retire(KeyId(9)), Err(KeyringError::Unknown(KeyId(9))));
        assert_eq!(ring.retire_superseded_before(199), []);
        assert_eq!(ring.retire_superseded_before(200), [KeyId(1)]);
        assert_eq!(ring.keys().len(), 1);
        assert_eq!(ring.rotate(300), KeyId(3));
        ring.retire(new).unwrap();
        assert!(ring.key(new).is_none());
    }

    #[test]
    fn a_stored_keyring_opens_only_under_its_key() {
        let kek = KeyEncryptionKey::generate();
        let mut ring = Keyring::generate(100);
        ring.rotate(200);
        let sealed = ring.seal(&kek);
        let again = Keyring::unseal(&kek, &sealed).unwrap();
        assert_eq!(format!("{again:?}"), format!("{ring:?}"));
        assert_eq!(again.keys[0].master, ring.keys[0].master);
        let other = Keyring::unseal(&KeyEncryptionKey::generate(), &sealed).unwrap_err();
        assert_eq!(other, KeyringError::Sealed(Unsealable));
        assert_eq!(
            Keyring::unseal(&kek, &kek.seal(PURPOSE, &[0])).unwrap_err(),
            KeyringError::Form
        );
        assert_eq!(
            Keyring::unseal(&kek, &kek.seal(PURPOSE, b"")).unwrap_err(),
            KeyringError::Form
        );
    }

    #[test]
    fn no_key_material_shows_in_debug() {
        let ring = Keyring {
            keys: vec![ServerKey::new(
                KeyId(1),
                0,
                KeyState::Current,
                Zeroizing::new([171; 32]),
            )],
        };
        assert!(!format!("{ring:?}").contains("171"));
    }
}
