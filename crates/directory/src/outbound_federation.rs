//! An account's issuer of tokens for other services.

use federation::IssuerUrl;
use jiff::Timestamp;
use policy::AccountId;
use serde::{Deserialize, Serialize};

use crate::Entity;

/// The issuer that signs what `GetWebIdentityToken` answers (IAM User Guide, "Outbound identity federation"). It stays when
/// it is disabled, so that the tokens that were issued before can be verified until they expire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboundFederation {
    /// Its account.
    pub account: AccountId,
    /// The issuer.
    pub url: IssuerUrl,
    /// Whether tokens are issued.
    pub enabled: bool,
    /// The signing keys, sealed under the server's key-encryption key; base64.
    pub sealed_keys: String,
    /// When it was first enabled.
    pub created: Timestamp,
}

impl OutboundFederation {
    /// The key of an account's only one.
    pub const KEY: &'static str = "issuer";
}

impl Entity for OutboundFederation {
    const KIND: &'static str = "outbound-federation";

    fn account(&self) -> AccountId {
        self.account
    }

    fn key(&self) -> String {
        Self::KEY.to_owned()
    }
}
