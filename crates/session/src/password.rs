//! Passwords as they are kept: salted, and slow to guess.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use aws_lc_rs::pbkdf2;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};

use crate::random;

/// What a password is recognized by: PBKDF2-HMAC-SHA512 of it (RFC 8018), with a salt of its own.
/// It is kept with its cost, so that the cost can rise without making older ones unusable.
///
/// Making and checking one takes a tenth of a second of a core: not for an async worker.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PasswordHash {
    rounds: NonZeroU32,
    salt: [u8; SALT],
    hash: [u8; HASH],
}

/// A text that is no password hash.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a password hash of the form pbkdf2-sha512$ROUNDS$SALT$HASH")]
pub struct InvalidPasswordHash;

impl PasswordHash {
    /// Of a password, with a fresh salt.
    #[must_use]
    pub fn of(password: &str) -> Self {
        let salt = random::bytes();
        let mut hash = [0; HASH];
        pbkdf2::derive(ALGORITHM, ROUNDS, &salt, password.as_bytes(), &mut hash);
        Self {
            rounds: ROUNDS,
            salt,
            hash,
        }
    }

    /// Whether it is this password's; compared in constant time.
    #[must_use]
    pub fn is_of(&self, password: &str) -> bool {
        let password = password.as_bytes();
        pbkdf2::verify(ALGORITHM, self.rounds, &self.salt, password, &self.hash).is_ok()
    }
}

impl From<PasswordHash> for String {
    fn from(kept: PasswordHash) -> Self {
        let (salt, hash) = (BASE64.encode(kept.salt), BASE64.encode(kept.hash));
        format!("{SCHEME}${}${salt}${hash}", kept.rounds)
    }
}

impl FromStr for PasswordHash {
    type Err = InvalidPasswordHash;

    fn from_str(text: &str) -> Result<Self, InvalidPasswordHash> {
        let parts: Vec<&str> = text.split('$').collect();
        let [SCHEME, rounds, salt, hash] = parts.as_slice() else {
            return Err(InvalidPasswordHash);
        };
        Ok(Self {
            rounds: rounds.parse().map_err(|_| InvalidPasswordHash)?,
            salt: bytes(salt)?,
            hash: bytes(hash)?,
        })
    }
}

impl TryFrom<String> for PasswordHash {
    type Error = InvalidPasswordHash;

    fn try_from(text: String) -> Result<Self, InvalidPasswordHash> {
        text.parse()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

fn bytes<const N: usize>(text: &str) -> Result<[u8; N], InvalidPasswordHash> {
    let decoded = BASE64.decode(text).map_err(|_| InvalidPasswordHash)?;
    decoded.try_into().map_err(|_| InvalidPasswordHash)
}

static ALGORITHM: pbkdf2::Algorithm = pbkdf2::PBKDF2_HMAC_SHA512;
const SCHEME: &str = "pbkdf2-sha512";
/// What OWASP's "Password Storage Cheat Sheet" asks of PBKDF2 with SHA-512.
const ROUNDS: NonZeroU32 = match NonZeroU32::new(210_000) {
    Some(rounds) => rounds,
    None => NonZeroU32::MIN,
};
const SALT: usize = 16;
const HASH: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_recognized_after_storing_and_no_other_is() {
        let kept = String::from(PasswordHash::of("correct horse"));
        assert!(kept.starts_with("pbkdf2-sha512$210000$"), "{kept}");
        let kept: PasswordHash = kept.parse().unwrap();
        assert!(kept.is_of("correct horse"));
        assert!(!kept.is_of("correct horsf"));
        assert!(!kept.is_of(""));
    }

    #[test]
    fn the_same_password_is_kept_under_another_salt() {
        let (one, other) = (PasswordHash::of("p"), PasswordHash::of("p"));
        assert_ne!(one, other);
        assert_ne!(one.hash, other.hash);
    }

    #[test]
    fn a_stored_cost_is_kept_to() {
        // From Python's hashlib.pbkdf2_hmac("sha512", b"password", bytes(16), 1).
        let hash = "718a542642c9e670b1bd84b40748aa331fb5d9b2b693a883decde1e27e5f876e0fbd9e1faa99c1bebb84e0b32655d45c6ec28036b8df9ce68afe503d3e580177";
        let kept = PasswordHash {
            rounds: NonZeroU32::MIN,
            salt: [0; SALT],
            hash: crate::hex::decode(hash.as_bytes()).unwrap(),
        };
        assert!(kept.is_of("password"));
        let other = PasswordHash {
            rounds: ROUNDS,
            ..kept
        };
        assert!(!other.is_of("password"));
    }

    #[test]
    fn what_is_no_hash_is_refused_and_none_is_shown() {
        let good = String::from(PasswordHash::of("p"));
        for bad in [
            "".to_owned(),
            "p".to_owned(),
            good.replace("210000", "0"),
            good.replace("sha512", "sha1"),
            format!("{good}$"),
            good[..good.len() - 4].to_owned(),
        ] {
            assert_eq!(
                bad.parse::<PasswordHash>(),
                Err(InvalidPasswordHash),
                "{bad}"
            );
        }
        let kept: PasswordHash = good.parse().unwrap();
        assert_eq!(format!("{kept:?}"), "PasswordHash(…)");
    }
}
