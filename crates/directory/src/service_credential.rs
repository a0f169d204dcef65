//! Credentials of users for one service.

use jiff::Timestamp;
use policy::AccountId;
use serde::{Deserialize, Serialize};

use crate::{CredentialOwner, Entity, KeyStatus};

/// A name and a generated password, or an API key, that a user has for one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceCredential {
    /// The user's account.
    pub account: AccountId,
    /// The user.
    pub owner: CredentialOwner,
    /// `ACCA…`.
    pub id: String,
    /// The service, e.g. `codecommit.amazonaws.com`.
    pub service: String,
    /// The public part: a user name, or an API key's alias. It stays when the user's name
    /// changes, because somebody's configuration holds it.
    pub name: String,
    /// SHA-256 of the secret part, in hexadecimal. The secret is 256 random bits or more, so
    /// nobody guesses it and a slow hash would protect nothing.
    pub secret_digest: String,
    /// Whether it can be used, while it has not expired.
    pub status: KeyStatus,
    /// When it was made.
    pub created: Timestamp,
    /// When it expires; `None` is never.
    pub expires: Option<Timestamp>,
}

impl Entity for ServiceCredential {
    const KIND: &'static str = "service-credential";

    fn account(&self) -> AccountId {
        self.account
    }

    fn key(&self) -> String {
        self.owner.key(&self.id)
    }
}
