//! SAML identity providers.

use jiff::Timestamp;
use policy::AccountId;
use saml::SigningKey;
use serde::{Deserialize, Serialize};

use crate::{AccountView, Entity, EntityName, Tags};

/// A SAML identity provider: its metadata as they were given, and what was read of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SamlProvider {
    /// Its account.
    pub account: AccountId,
    /// Its name.
    pub name: EntityName,
    /// Its unique id: 32 of `[A-Z0-9]`, never used again.
    pub id: String,
    /// The metadata document.
    pub metadata: String,
    /// `entityID` of the metadata: the issuer of its assertions.
    pub entity_id: String,
    /// The keys of the metadata.
    pub signing_keys: Vec<SigningKey>,
    /// When the metadata say that they end.
    pub metadata_end: Option<Timestamp>,
    /// What is shown as its end: that of the metadata, or a hundred years after they were given.
    pub valid_until: Timestamp,
    /// Whether assertions must be encrypted, if that was said.
    pub encryption: Option<AssertionEncryption>,
    /// The keys that assertions may be encrypted to: at most two, oldest first.
    pub private_keys: Vec<SamlPrivateKey>,
    /// Its tags.
    pub tags: Tags,
    /// When it was made.
    pub created: Timestamp,
}

/// `AssertionEncryptionMode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AssertionEncryption {
    /// Assertions must be encrypted.
    Required,
    /// They may be.
    Allowed,
}

/// A key that assertions may be encrypted to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SamlPrivateKey {
    /// Its unique id: 32 of `[A-Z0-9]`.
    pub id: String,
    /// The key in PKCS #8, sealed under the server's key-encryption key; base64.
    pub sealed: String,
    /// When it was added.
    pub added: Timestamp,
}

impl AssertionEncryption {
    /// The API's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Required => "Required",
            Self::Allowed => "Allowed",
        }
    }
}

impl Entity for SamlProvider {
    const KIND: &'static str = "saml-provider";

    fn account(&self) -> AccountId {
        self.account
    }

    fn key(&self) -> String {
        self.name.folded()
    }
}

impl SamlProvider {
    /// `arn:aws:iam::A:saml-provider/Name`.
    #[must_use]
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::{}:saml-provider/{}", self.account, self.name)
    }
}

impl AccountView {
    /// The SAML provider with this ARN.
    #[must_use]
    pub fn saml_provider(&self, arn: &str) -> Option<&std::sync::Arc<SamlProvider>> {
        let (_, name) = arn.split_once(":saml-provider/")?;
        let found = self.shelved::<SamlProvider>(&crate::name::fold(name))?;
        (found.arn() == arn).then_some(found)
    }
}
