//! AES-256-GCM-SIV, the one cipher of this crate, and HKDF for its keys.
//!
//! GCM-SIV tolerates a repeated nonce (it then only reveals that two equal messages are equal), so random 96-bit nonces from
//! many replicas under one key are safe.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use zeroize::Zeroizing;

/// A nonce as it travels in front of a sealed message.
pub(crate) type NonceBytes = [u8; NONCE_LEN];

/// Length of a nonce, in bytes.
pub(crate) const NONCE: usize = NONCE_LEN;

/// Length of the authentication tag, in bytes.
pub(crate) const TAG: usize = 16;

/// A key that seals and opens.
pub(crate) struct Sealer(LessSafeKey);

/// The message was altered, or sealed under another key, nonce or associated data.
#[derive(Debug)]
pub(crate) struct Refused;

impl Sealer {
    /// A sealer under `key`.
    #[expect(clippy::expect_used, reason = "AES-256 takes every 32-byte key")]
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(LessSafeKey::new(
            UnboundKey::new(&AES_256_GCM_SIV, key).expect("a 32-byte key"),
        ))
    }

    /// Encrypts `message` in place and appends the tag. Fails only for messages beyond the cipher's limit of 2³⁶ bytes.
    pub(crate) fn seal(
        &self,
        nonce: NonceBytes,
        aad: &[u8],
        message: &mut Vec<u8>,
    ) -> Result<(), Refused> {
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), message)
            .map_err(|_| Refused)
    }

    /// Checks the tag at the end of `message` and decrypts in place; answers the plaintext.
    pub(crate) fn open<'m>(
        &self,
        nonce: NonceBytes,
        aad: &[u8],
        message: &'m mut [u8],
    ) -> Result<&'m [u8], Refused> {
        self.0
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(aad), message)
            .map(|plain| &*plain)
            .map_err(|_| Refused)
    }
}

/// A 32-byte key for one use, named by `label`, out of `master` (HKDF-SHA256, RFC 5869).
#[expect(clippy::expect_used, reason = "HKDF-SHA256 yields up to 8,160 bytes")]
pub(crate) fn subkey(master: &[u8; 32], label: &str) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    Salt::new(HKDF_SHA256, b"daypass server key v1")
        .extract(master)
        .expand(&[label.as_bytes()], Len32)
        .and_then(|okm| okm.fill(key.as_mut_slice()))
        .expect("32 bytes are within HKDF's limit");
    key
}

struct Len32;

impl KeyType for Len32 {
    fn len(&self) -> usize {
        32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subkeys_differ_by_label_and_master() {
        let one = subkey(&[1; 32], "a");
        assert_eq!(one, subkey(&[1; 32], "a"));
        assert_ne!(one, subkey(&[1; 32], "b"));
        assert_ne!(one, subkey(&[2; 32], "a"));
    }

    #[test]
    fn the_tag_has_the_length_that_callers_count_on() {
        let sealer = Sealer::new(&[7; 32]);
        let mut message = b"hello".to_vec();
        sealer.seal([0; NONCE], b"aad", &mut message).unwrap();
        assert_eq!(message.len(), 5 + TAG);
        assert!(
            sealer
                .open([0; NONCE], b"other", &mut message.clone())
                .is_err()
        );
        assert_eq!(
            sealer.open([0; NONCE], b"aad", &mut message).unwrap(),
            b"hello"
        );
    }
}
