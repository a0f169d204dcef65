//! Why a response is not accepted.

use thiserror::Error;

/// Why a SAML response gives nobody a session. [`SamlError::message`] is what the caller is told,
/// [`SamlError::detail`] what the server's log says besides.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SamlError {
    /// Not base64.
    #[error("not base64")]
    Base64,
    /// Not the XML of a response with one assertion.
    #[error("{0}")]
    Malformed(String),
    /// The identity provider says that authentication failed.
    #[error("the status is `{0}`")]
    Rejected(String),
    /// No key of the provider made the signature, or it doesn't cover what it must.
    #[error("{0}")]
    Signature(String),
    /// Nobody could decrypt the assertion.
    #[error("{0}")]
    Decryption(String),
    /// Issued by somebody else than the provider.
    #[error("the issuer is `{0}`")]
    Issuer(String),
    /// For somebody else.
    #[error("{0}")]
    Audience(String),
    /// Its life is over.
    #[error("{0}")]
    Expired(String),
    /// Handed in too long after it was issued.
    #[error("issued at {0}")]
    Stale(jiff::Timestamp),
    /// Its life has not begun.
    #[error("{0}")]
    NotYetValid(String),
    /// The provider's metadata are no longer valid.
    #[error("the provider's metadata were valid until {0}")]
    OutdatedMetadata(jiff::Timestamp),
    /// The role is not among those that the identity provider lists.
    #[error("the Role attribute lists other roles: {0}")]
    RoleNotListed(String),
    /// There is no session name.
    #[error("there is no RoleSessionName")]
    NoSessionName,
    /// The session name has other characters or another length.
    #[error("the RoleSessionName is no session name")]
    SessionName,
    /// The source identity has other characters or another length, or is reserved.
    #[error("the SourceIdentity is none")]
    SourceIdentity,
    /// An attribute of AWS's has a value that it can't have.
    #[error("the attribute {0} {1}")]
    Attribute(String, &'static str),
}

impl SamlError {
    /// What the caller is told: AWS's words where they are known (IAM User Guide, "Troubleshoot SAML federation
    /// with IAM"). What it says is the same for every way in which a signature or a decryption can fail.
    #[must_use]
    pub fn message(&self) -> String {
        let text = match self {
            Self::Base64 => "Invalid base64 SAMLResponse",
            Self::Malformed(_) => "Your request included an invalid SAML response.",
            Self::Rejected(_) => "The identity provider reported that authentication failed.",
            Self::Signature(_) => "Response signature invalid",
            Self::Decryption(_) => "Response could not be decrypted",
            Self::Issuer(_) => "Issuer not present in specified provider",
            Self::Audience(_) => "Response does not contain the required audience.",
            Self::Expired(_) => "Response has expired",
            Self::Stale(_) => "Token must be redeemed within 5 minutes of issuance",
            Self::NotYetValid(_) => "Response is not yet valid",
            Self::OutdatedMetadata(_) => "The metadata of the specified provider has expired",
            Self::RoleNotListed(_) => {
                "SAML Assertion doesn't contain the requested Role and Metadata in the attributes"
            }
            Self::NoSessionName => "RoleSessionName is required in AuthnResponse",
            Self::SessionName => {
                "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"
            }
            Self::SourceIdentity => {
                "Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with \"aws:\""
            }
            Self::Attribute(name, what) => {
                return format!("The attribute {name} in AuthnResponse {what}");
            }
        };
        text.to_owned()
    }

    /// What happened, for the server's log.
    #[must_use]
    pub fn detail(&self) -> String {
        self.to_string()
    }

    /// Whether it is a matter of time only.
    #[must_use]
    pub fn is_expiry(&self) -> bool {
        matches!(self, Self::Expired(_) | Self::Stale(_))
    }

    /// Whether the identity provider itself refused.
    #[must_use]
    pub fn is_rejection(&self) -> bool {
        matches!(self, Self::Rejected(_))
    }

    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::Malformed(detail.into())
    }

    pub(crate) fn signature(detail: impl Into<String>) -> Self {
        Self::Signature(detail.into())
    }
}
