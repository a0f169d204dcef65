//! X.509 certificates that requests of users are verified with.

use jiff::Timestamp;
use policy::AccountId;
use serde::{Deserialize, Serialize};

use crate::{CredentialOwner, Entity, KeyStatus};

/// A signing certificate of a user, or of the account's root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningCertificate {
    /// The account.
    pub account: AccountId,
    /// Whose it is.
    pub owner: CredentialOwner,
    /// 32 characters of base32.
    pub id: String,
    /// The text that was uploaded, in PEM.
    pub body: String,
    /// SHA-256 of the certificate in DER, in hexadecimal.
    pub digest: String,
    /// Whether it can be used.
    pub status: KeyStatus,
    /// When it was uploaded.
    pub uploaded: Timestamp,
}

impl Entity for SigningCertificate {
    const KIND: &'static str = "signing-certificate";

    fn account(&self) -> AccountId {
        self.account
    }

    fn key(&self) -> String {
        self.owner.key(&self.id)
    }
}
