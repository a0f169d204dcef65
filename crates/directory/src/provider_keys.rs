//! Keys that were pushed for an OIDC provider.

use federation::{IssuerUrl, PushedKeys};
use jiff::Timestamp;
use policy::AccountId;
use serde::{Deserialize, Serialize};

use crate::Entity;

/// The public keys that an administrator has given for an OIDC provider whose issuer can't be reached. They stand for the
/// provider as long as they are there, and go with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderKeys {
    /// The provider's account.
    pub account: AccountId,
    /// The provider's issuer.
    pub url: IssuerUrl,
    /// The keys.
    pub keys: PushedKeys,
    /// When they were last pushed or changed.
    pub pushed: Timestamp,
}

impl Entity for ProviderKeys {
    const KIND: &'static str = "oidc-provider-keys";

    fn account(&self) -> AccountId {
        self.account
    }

    /// Host and path, as in the provider's ARN.
    fn key(&self) -> String {
        self.url.without_scheme().to_owned()
    }
}
