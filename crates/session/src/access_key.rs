//! Access key ids, with the account number inside, and long-term secrets.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::rand::SecureRandom;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use policy::AccountId;
use serde::{Deserialize, Serialize};

use crate::secret::Secret;
use crate::{random, unique_id};

const LONG_TERM: &str = "AKIA";
const TEMPORARY: &str = "ASIA";

/// An access key id: 16–128 characters of `[A-Za-z0-9_]` (STS API Reference, `AccessKeyId`).
///
/// Ids made here have 20 characters: `AKIA` (long-term) or `ASIA` (temporary) and 16 of base32 that carry the account number
/// where AWS has it, so that `GetAccessKeyInfo` and third-party decoders agree.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccessKeyId(Box<str>);

/// The text isn't an access key id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("access key id must be 16 to 128 letters, digits or underscores")]
pub struct InvalidAccessKeyId;

impl AccessKeyId {
    /// A new long-term id (`AKIA…`) of `account`.
    pub fn long_term(account: AccountId, rng: &dyn SecureRandom) -> Self {
        Self::encode(LONG_TERM, account, rng)
    }

    /// A new temporary id (`ASIA…`) of `account`.
    pub fn temporary(account: AccountId, rng: &dyn SecureRandom) -> Self {
        Self::encode(TEMPORARY, account, rng)
    }

    /// An id that another server gave out, which has rules of its own: 1–128 visible ASCII characters but for those that
    /// have a meaning in `Authorization` (`/`, `,`, `=`).
    ///
    /// # Errors
    /// [`InvalidAccessKeyId`] for any other text.
    pub fn of_another_server(text: &str) -> Result<Self, InvalidAccessKeyId> {
        let plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'/' | b',' | b'=');
        match (1..=128).contains(&text.len()) && text.bytes().all(plain) {
            true => Ok(Self(text.into())),
            false => Err(InvalidAccessKeyId),
        }
    }

    /// True for ids of session credentials, which are worth nothing without their session token.
    pub fn is_temporary(&self) -> bool {
        self.0.starts_with(TEMPORARY)
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The account that the id names, or `None` for ids of another make (shorter, longer, or from before 2019).
    pub fn account(&self) -> Option<AccountId> {
        if self.0.len() != 20 || !matches!(&self.0[..4], LONG_TERM | TEMPORARY) {
            return None;
        }
        let bits = unique_id::base32_decode(self.0[4..].as_bytes())?;
        // 80 bits: a set bit, 40 of account number, 7 + 32 random ones.
        if bits >> 79 != 1 {
            return None;
        }
        let account = (bits >> 39) & ((1 << 40) - 1);
        format!("{account:012}").parse().ok()
    }

    fn encode(prefix: &str, account: AccountId, rng: &dyn SecureRandom) -> Self {
        let random = u64::from_be_bytes(random::bytes_of(rng)) & ((1 << 39) - 1);
        // Twelve digits are below 2⁴⁰.
        let bits = 1 << 79 | u128::from(account.as_u64()) << 39 | u128::from(random);
        let mut text = String::with_capacity(20);
        text.push_str(prefix);
        unique_id::base32_encode(bits, 16, &mut text);
        Self(text.into_boxed_str())
    }
}

impl FromStr for AccessKeyId {
    type Err = InvalidAccessKeyId;

    fn from_str(text: &str) -> Result<Self, InvalidAccessKeyId> {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        if (16..=128).contains(&text.len()) && text.bytes().all(word) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidAccessKeyId)
        }
    }
}

impl TryFrom<String> for AccessKeyId {
    type Error = InvalidAccessKeyId;

    fn try_from(text: String) -> Result<Self, InvalidAccessKeyId> {
        text.parse()
    }
}

impl From<AccessKeyId> for String {
    fn from(id: AccessKeyId) -> Self {
        id.0.into()
    }
}

impl AsRef<str> for AccessKeyId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessKeyId({})", self.0)
    }
}

/// A new secret access key: 40 characters of the base64 alphabet, 240 random bits.
pub fn generate_secret_access_key() -> Secret {
    Secret::from(secret_text(&random::bytes::<30>()))
}

/// The 40 characters that stand for 30 bytes of key material.
pub(crate) fn secret_text(bytes: &[u8; 30]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;

    use super::*;

    #[test]
    fn the_account_number_is_where_aws_puts_it() {
        for account in ["000000000000", "111122223333", "999999999999"] {
            let account: AccountId = account.parse().unwrap();
            let id = AccessKeyId::long_term(account, &SystemRandom::new());
            assert!(
                id.as_str().starts_with("AKIA") && id.as_str().len() == 20,
                "{id}"
            );
            assert_eq!(id.account(), Some(account));
            assert!(!id.is_temporary());
            let id = AccessKeyId::temporary(account, &SystemRandom::new());
            assert!(id.is_temporary());
            assert_eq!(id.account(), Some(account));
        }
    }

    #[test]
    fn a_real_id_decodes_to_its_account() {
        // The worked example of the public write-ups of this encoding.
        let id: AccessKeyId = "ASIAQNZGKIQY56JQ7WML".parse().unwrap();
        assert_eq!(id.account().unwrap().to_string(), "029608264753");
    }

    #[test]
    fn foreign_ids_are_ids_without_an_account() {
        for text in [
            "AKIAIOSFODNN7EXAMPLE",
            "AROAQNZGKIQY56JQ7WML",
            "some_other_system_key",
            "AKIA018900000000AAAA",
        ] {
            assert_eq!(
                text.parse::<AccessKeyId>().unwrap().account(),
                None,
                "{text}"
            );
        }
    }

    #[test]
    fn ids_outside_the_pattern_are_refused() {
        for text in [
            "",
            "AKIA",
            "AKIAIOSFODNN7EX/MPLE",
            "AKIAIOSFODNN7EXÄMPLE",
            &"A".repeat(129),
        ] {
            assert_eq!(
                text.parse::<AccessKeyId>(),
                Err(InvalidAccessKeyId),
                "{text}"
            );
        }
        assert!("A".repeat(128).parse::<AccessKeyId>().is_ok());
    }

    #[test]
    fn secrets_are_forty_characters_and_fresh() {
        let (one, two) = (generate_secret_access_key(), generate_secret_access_key());
        assert_eq!(one.expose().len(), 40);
        assert_ne!(one, two);
    }
}
