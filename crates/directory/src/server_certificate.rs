//! Certificates, with their keys, that servers identify themselves with.

use std::sync::Arc;

use jiff::Timestamp;
use policy::AccountId;
use serde::{Deserialize, Serialize};

use crate::name::fold;
use crate::{AccountView, Entity, EntityName, EntityPath, Tags};

/// A server certificate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerCertificate {
    /// Its account.
    pub account: AccountId,
    /// `ASCA…`.
    pub id: String,
    /// Its name.
    pub name: EntityName,
    /// Its path.
    pub path: EntityPath,
    /// The certificate, in PEM.
    pub body: String,
    /// The certificates that lead to the authority, in PEM, the one that signed first.
    pub chain: Option<String>,
    /// The private key in PEM, sealed under the server's key-encryption key; base64.
    pub sealed_key: String,
    /// When the certificate expires.
    pub expires: Timestamp,
    /// Its tags.
    pub tags: Tags,
    /// When it was uploaded.
    pub uploaded: Timestamp,
}

impl ServerCertificate {
    /// `arn:aws:iam::A:server-certificate/path/Name`.
    #[must_use]
    pub fn arn(&self) -> String {
        format!(
            "arn:aws:iam::{}:server-certificate{}{}",
            self.account, self.path, self.name
        )
    }
}

impl Entity for ServerCertificate {
    const KIND: &'static str = "server-certificate";

    fn account(&self) -> AccountId {
        self.account
    }

    /// The folded name: one that gets another name leaves its old key.
    fn key(&self) -> String {
        self.name.folded()
    }
}

impl AccountView {
    /// A server certificate by name, in any case.
    #[must_use]
    pub fn server_certificate(&self, name: &str) -> Option<&Arc<ServerCertificate>> {
        self.shelved(&fold(name))
    }
}
