//! The services that users can have credentials for, and what such a credential is made of.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::credential_faults::service_not_supported;
use crate::generated::iam::errors::SERVICE_FAILURE;
use crate::wire::{Fault, Secret};

/// A service with credentials of its own (IAM API reference, `CreateServiceSpecificCredential`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CredentialService {
    Bedrock,
    Keyspaces,
    CodeCommit,
    CloudWatchLogs,
}

impl CredentialService {
    /// The service with this name.
    ///
    /// # Errors
    /// `NotSupportedService`.
    pub(super) fn named(name: &str) -> Result<Self, Fault> {
        ALL.into_iter()
            .find(|service| service.name() == name)
            .ok_or_else(service_not_supported)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bedrock => "bedrock.amazonaws.com",
            Self::Keyspaces => "cassandra.amazonaws.com",
            Self::CodeCommit => "codecommit.amazonaws.com",
            Self::CloudWatchLogs => "logs.amazonaws.com",
        }
    }

    /// What its API keys begin with; `None` where a name and a password are used.
    pub(super) fn api_key(self) -> Option<&'static str> {
        match self {
            Self::Bedrock => Some("ABSK"),
            Self::CloudWatchLogs => Some("ACWL"),
            Self::Keyspaces | Self::CodeCommit => None,
        }
    }

    /// A fresh secret of the credential with this name: a password, or an API key, which is text
    /// that holds the name too.
    ///
    /// # Errors
    /// `ServiceFailure` when there are no random bytes.
    pub(super) fn secret(self, name: &str) -> Result<Secret, Fault> {
        let mut bytes = Zeroizing::new([0; 44]);
        aws_lc_rs::rand::fill(&mut *bytes)
            .map_err(|_| SERVICE_FAILURE.fault("The secret could not be generated."))?;
        Ok(match self.api_key() {
            Some(prefix) => {
                let secret = Zeroizing::new(STANDARD.encode(*bytes));
                let pair = Zeroizing::new(format!("{name}:{}", *secret));
                Secret::from(format!("{prefix}{}", STANDARD.encode(&*pair)))
            }
            None => Secret::from(STANDARD.encode(&bytes[..32])),
        })
    }
}

/// What is kept of a secret.
pub(super) fn secret_digest(secret: &Secret) -> String {
    let digest = digest(&SHA256, secret.reveal().as_bytes());
    digest
        .as_ref()
        .iter()
        .map(|it| format!("{it:02x}"))
        .collect()
}

const ALL: [CredentialService; 4] = [
    CredentialService::Bedrock,
    CredentialService::Keyspaces,
    CredentialService::CodeCommit,
    CredentialService::CloudWatchLogs,
];
