//! Account numbers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The number of an account: exactly twelve decimal digits.
///
/// ```
/// let account: policy::AccountId = "000123456789".parse()?;
/// assert_eq!(account.to_string(), "000123456789");
/// # Ok::<(), policy::InvalidAccountId>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(u64);

impl AccountId {
    /// The number itself, below 10¹².
    #[must_use]
    pub fn as_u64(self) -> u64 {
        self.0
    }
}

impl FromStr for AccountId {
    type Err = InvalidAccountId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != DIGITS || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidAccountId);
        }
        text.parse().map(Self).map_err(|_| InvalidAccountId)
    }
}

impl TryFrom<String> for AccountId {
    type Error = InvalidAccountId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<AccountId> for String {
    fn from(account: AccountId) -> Self {
        account.to_string()
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not an account number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an account number has exactly twelve digits")]
pub struct InvalidAccountId;

const DIGITS: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_zeros_survive() {
        let account: AccountId = "000000000001".parse().unwrap();
        assert_eq!(account.to_string(), "000000000001");
        assert_eq!(account.as_u64(), 1);
    }

    #[test]
    fn anything_but_twelve_digits_is_refused() {
        for text in [
            "",
            "12345678901",
            "1234567890123",
            "+12345678901",
            "12345678901a",
            "１２３４",
        ] {
            assert_eq!(text.parse::<AccountId>(), Err(InvalidAccountId), "{text}");
        }
    }

    #[test]
    fn serializes_as_text() {
        let account: AccountId = "012345678901".parse().unwrap();
        assert_eq!(serde_json::to_string(&account).unwrap(), "\"012345678901\"");
        assert!(serde_json::from_str::<AccountId>("\"12\"").is_err());
    }
}
