//! Passwords of users.

use jiff::Timestamp;
use policy::AccountId;
use serde::{Deserialize, Serialize};
use session::PasswordHash;

use crate::{CredentialOwner, Entity};

/// The password of a user, or of the account's root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginProfile {
    /// The account.
    pub account: AccountId,
    /// Whose it is; each has one at most.
    pub owner: CredentialOwner,
    /// The password. A root that may set one itself has none yet.
    pub password: Option<PasswordHash>,
    /// Those before it, newest first, as many as a password policy can forbid.
    pub earlier: Vec<PasswordHash>,
    /// Whether the password is good for nothing but setting another one.
    pub reset_required: bool,
    /// When the first password was set.
    pub created: Timestamp,
    /// When this password was set.
    pub changed: Timestamp,
}

/// A password policy forbids 24 passwords at most (IAM API reference,
/// `UpdateAccountPasswordPolicy`); the present one is the first of them.
const EARLIER: usize = 23;

impl LoginProfile {
    /// Sets another password.
    pub fn set(&mut self, password: PasswordHash, now: Timestamp) {
        self.earlier.splice(0..0, self.password.replace(password));
        self.earlier.truncate(EARLIER);
        self.changed = now;
    }

    /// The last `count` passwords, newest first; the present one is one of them.
    pub fn last(&self, count: usize) -> impl Iterator<Item = &PasswordHash> {
        self.password.iter().chain(&self.earlier).take(count)
    }
}

impl Entity for LoginProfile {
    const KIND: &'static str = "login-profile";

    fn account(&self) -> AccountId {
        self.account
    }

    fn key(&self) -> String {
        self.owner.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Told apart by their cost.
    fn hash(number: usize) -> PasswordHash {
        let (salt, hash) = ("A".repeat(22), "A".repeat(86));
        format!("pbkdf2-sha512${number}${salt}${hash}")
            .parse()
            .unwrap()
    }

    #[test]
    fn as_many_passwords_are_kept_as_a_policy_can_forbid() {
        let mut profile = LoginProfile {
            account: "123456789012".parse().unwrap(),
            owner: CredentialOwner::root(),
            password: None,
            earlier: Vec::new(),
            reset_required: false,
            created: Timestamp::UNIX_EPOCH,
            changed: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(profile.last(24).count(), 0);
        for number in 1..=40 {
            profile.set(hash(number), Timestamp::UNIX_EPOCH);
        }
        let kept: Vec<_> = profile.last(100).cloned().collect();
        assert_eq!(kept, (17..=40).rev().map(hash).collect::<Vec<_>>());
        assert_eq!(profile.last(1).next(), Some(&hash(40)));
    }
}
