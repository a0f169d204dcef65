//! SSH public keys of users.

use jiff::Timestamp;
use policy::AccountId;
use serde::{Deserialize, Serialize};

use crate::{CredentialOwner, Entity, KeyStatus};

/// A user's public key for SSH: RSA, as IAM takes no others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SshPublicKey {
    /// The user's account.
    pub account: AccountId,
    /// The user.
    pub owner: CredentialOwner,
    /// `APKA…`.
    pub id: String,
    /// The text that was uploaded: a line of OpenSSH's, or PEM.
    pub body: String,
    /// `SubjectPublicKeyInfo` (RFC 5280) in DER; base64.
    pub public_key: String,
    /// MD5 of that, in pairs of hexadecimal digits between colons.
    pub fingerprint: String,
    /// Whether it can be used.
    pub status: KeyStatus,
    /// When it was uploaded.
    pub uploaded: Timestamp,
}

impl Entity for SshPublicKey {
    const KIND: &'static str = "ssh-public-key";

    fn account(&self) -> AccountId {
        self.account
    }

    fn key(&self) -> String {
        self.owner.key(&self.id)
    }
}
