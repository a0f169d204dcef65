//! The key that protects what the server keeps at rest.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use zeroize::Zeroizing;

use crate::aead::{NONCE, NonceBytes, Sealer, TAG};
use crate::secret::Secret;
use crate::{hex, random};

const VERSION: u8 = 1;

/// A 256-bit key, kept outside of the data it protects, under which server keys and long-term secrets are stored.
pub struct KeyEncryptionKey {
    sealer: Sealer,
    key: Zeroizing<[u8; 32]>,
}

/// What a key file holds isn't a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeyEncryptionKey {
    /// Neither form.
    #[error("must be 32 bytes: raw, as 64 hexadecimal digits, or in base64")]
    Form,
    /// All bytes alike: a blank file or a placeholder.
    #[error("is one byte repeated, which is no key")]
    Blank,
}

/// A sealed value that doesn't open: altered, cut short, sealed under another key or for another purpose.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the sealed data doesn't open with this key: it was altered, or sealed under another key or for another purpose"
)]
pub struct Unsealable;

impl KeyEncryptionKey {
    /// A fresh random key.
    pub fn generate() -> Self {
        Self::of(Zeroizing::new(random::bytes()))
    }

    /// The key in a file's content: exactly 32 raw bytes, or text (white space around it allowed) of 64 hexadecimal digits or
    /// of base64.
    pub fn from_file(content: &[u8]) -> Result<Self, InvalidKeyEncryptionKey> {
        let text = content.trim_ascii();
        let key = match content.try_into() {
            Ok(raw) => Some(raw),
            Err(_) => hex::decode(text).or_else(|| {
                let decoded = Zeroizing::new(
                    STANDARD
                        .decode(text)
                        .or_else(|_| STANDARD_NO_PAD.decode(text))
                        .ok()?,
                );
                decoded.as_slice().try_into().ok()
            }),
        };
        let key: Zeroizing<[u8; 32]> = Zeroizing::new(key.ok_or(InvalidKeyEncryptionKey::Form)?);
        if key.iter().all(|byte| *byte == key[0]) {
            return Err(InvalidKeyEncryptionKey::Blank);
        }
        Ok(Self::of(key))
    }

    /// The key as text for a key file: 64 hexadecimal digits and a newline.
    pub fn to_file(&self) -> Secret {
        let mut text = hex::encode(&*self.key);
        text.push('\n');
        Secret::from(text)
    }

    /// Seals `plaintext`, which must be shorter than 2³⁶ bytes, so that only this key opens it, and only for `purpose`.
    #[expect(
        clippy::expect_used,
        reason = "the cipher's only limit is 64 GiB, far beyond what is kept at rest"
    )]
    pub fn seal(&self, purpose: &str, plaintext: &[u8]) -> Vec<u8> {
        let nonce: NonceBytes = random::bytes();
        // Sized for the tag, so that no reallocation leaves plaintext behind.
        let mut message = Vec::with_capacity(plaintext.len() + TAG);
        message.extend_from_slice(plaintext);
        self.sealer
            .seal(nonce, &aad(purpose), &mut message)
            .expect("less than 2³⁶ bytes");
        let mut sealed = Vec::with_capacity(1 + NONCE + message.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&message);
        sealed
    }

    /// Opens what [`seal`](Self::seal) made for the same `purpose`.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Secret, Unsealable> {
        let (&version, rest) = sealed.split_first().ok_or(Unsealable)?;
        let (nonce, message) = rest.split_first_chunk::<NONCE>().ok_or(Unsealable)?;
        if version != VERSION {
            return Err(Unsealable);
        }
        let mut message = Zeroizing::new(message.to_vec());
        let plain = self
            .sealer
            .open(*nonce, &aad(purpose), &mut message)
            .map_err(|_| Unsealable)?;
        Ok(Secret::new(plain))
    }

    fn of(key: Zeroizing<[u8; 32]>) -> Self {
        Self {
            sealer: Sealer::new(&key),
            key,
        }
    }
}

fn aad(purpose: &str) -> Vec<u8> {
    [
        &[VERSION],
        b"daypass key encryption\0".as_slice(),
        purpose.as_bytes(),
    ]
    .concat()
}

impl fmt::Debug for KeyEncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyEncryptionKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_key_file_is_the_same_key() {
        let raw: [u8; 32] = std::array::from_fn(|i| i as u8);
        let sealed = KeyEncryptionKey::from_file(&raw).unwrap().seal("p", b"x");
        let hexed = hex::encode(&raw);
        let forms = [
            format!("{hexed}\n"),
            hexed.to_uppercase(),
            format!("  {}\r\n", STANDARD.encode(raw)),
            STANDARD_NO_PAD.encode(raw),
        ];
        for form in forms {
            let key = KeyEncryptionKey::from_file(form.as_bytes()).unwrap();
            assert_eq!(key.open("p", &sealed).unwrap().expose(), b"x", "{form}");
        }
        let key = KeyEncryptionKey::generate();
        let again = KeyEncryptionKey::from_file(key.to_file().expose()).unwrap();
        assert_eq!(
            again.open("p", &key.seal("p", b"y")).unwrap().expose(),
            b"y"
        );
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for bad in ["", "secret", &"0".repeat(63), &"g".repeat(64)] {
            let refused = KeyEncryptionKey::from_file(bad.as_bytes()).unwrap_err();
            assert_eq!(refused, InvalidKeyEncryptionKey::Form, "{bad}");
        }
        assert_eq!(
            KeyEncryptionKey::from_file(&[0; 32]).unwrap_err(),
            InvalidKeyEncryptionKey::Blank
        );
        assert_eq!(
            KeyEncryptionKey::from_file("00".repeat(32).as_bytes()).unwrap_err(),
            InvalidKeyEncryptionKey::Blank
        );
    }

    #[test]
    fn any_altered_bit_another_key_or_another_purpose_is_refused() {
        let key = KeyEncryptionKey::generate();
        let sealed = key.seal("server keys", b"plaintext");
        assert_eq!(
            key.open("server keys", &sealed).unwrap().expose(),
            b"plaintext"
        );
        assert_eq!(key.open("access keys", &sealed), Err(Unsealable));
        assert_eq!(
            KeyEncryptionKey::generate().open("server keys", &sealed),
            Err(Unsealable)
        );
        for bit in 0..sealed.len() * 8 {
            let mut altered = sealed.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                key.open("server keys", &altered),
                Err(Unsealable),
                "bit {bit}"
            );
        }
        for len in 0..sealed.len() {
            assert_eq!(
                key.open("server keys", &sealed[..len]),
                Err(Unsealable),
                "{len} bytes"
            );
        }
    }

    #[test]
    fn sealing_twice_gives_different_bytes() {
        let key = KeyEncryptionKey::generate();
        assert_ne!(key.seal("p", b"same"), key.seal("p", b"same"));
    }
}
