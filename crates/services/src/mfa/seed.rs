//! Seeds of MFA devices: made, shown once, kept sealed.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use directory::MfaDevice;
use door::Door;
use session::Secret;
use zeroize::Zeroizing;

/// Bytes of a seed: 64 characters of base32 without padding, as AWS's are.
const LENGTH: usize = 40;
/// RFC 4648, 6.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A device's seed.
#[derive(Debug, Clone)]
pub(crate) struct Seed(Secret);

impl Seed {
    /// A fresh one; `None` when the system has no randomness to give.
    pub(crate) fn generate() -> Option<Self> {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        SystemRandom::new().fill(&mut *bytes).ok()?;
        Some(Self(Secret::new(&bytes[..])))
    }

    /// The bytes that codes are made of.
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.expose()
    }

    /// What people type into their app.
    pub(crate) fn base32(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(self.bytes().len() * 8 / 5 + 1));
        for group in self.bytes().chunks(5) {
            let bits = group
                .iter()
                .fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
            let count = (group.len() * 8).div_ceil(5);
            let padded = bits << (count * 5 - group.len() * 8);
            for at in (0..count).rev() {
                let index = usize::try_from(padded >> (5 * at) & 31).unwrap_or_default();
                text.push(char::from(ALPHABET[index]));
            }
        }
        text
    }
}

#[cfg(test)]
impl From<&[u8]> for Seed {
    fn from(bytes: &[u8]) -> Self {
        Self(Secret::new(bytes))
    }
}

/// A seed as the directory keeps it: only for the device with this serial number.
pub(crate) fn seal(door: &Door, serial: &str, seed: &Seed) -> String {
    STANDARD.encode(door.key_encryption().seal(&purpose(serial), seed.bytes()))
}

/// The seed of a device. `None` when it can't be unsealed, which is logged.
pub(crate) fn open(door: &Door, device: &MfaDevice) -> Option<Seed> {
    let serial = device.arn();
    let sealed = STANDARD.decode(&device.sealed_seed).ok();
    let opened = sealed.and_then(|it| door.key_encryption().open(&purpose(&serial), &it).ok());
    if opened.is_none() {
        tracing::error!(serial, "the seed of this MFA device can't be unsealed");
    }
    opened.map(Seed)
}

/// Ties a sealed seed to its device.
fn purpose(serial: &str) -> String {
    format!("mfa-seed:{serial}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_is_that_of_rfc_4648_without_padding() {
        for (bytes, expected) in [
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(*Seed::from(bytes.as_bytes()).base32(), expected);
        }
    }

    #[test]
    fn a_fresh_seed_has_sixty_four_characters_and_does_not_show_itself() {
        let seed = Seed::generate().unwrap();
        assert_eq!(seed.base32().len(), 64);
        assert_ne!(*seed.base32(), *Seed::generate().unwrap().base32());
        assert!(!format!("{seed:?}").contains(seed.base32().as_str()));
    }
}
