//! What is said through the socket: one JSON line each way.

use std::fmt;

use federation::{IssuerUrl, ServiceAccountRef};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Longest line, in bytes.
pub(crate) const LINE: usize = 64 * 1024;

/// A question to the server.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Ask {
    /// Credentials of a role; of the administrator when not said.
    Credentials {
        role_arn: Option<String>,
        seconds: Option<u32>,
    },
    /// The exchange token of a delegation request.
    DelegationToken { request: String },
    /// A service account's token.
    Token {
        service_account: String,
        audiences: Vec<String>,
        seconds: i64,
        /// The issuer that signs it; the default one when not said.
        issuer: Option<IssuerUrl>,
    },
    /// The hosted issuers.
    Issuers,
    /// A change of the hosted issuers, or the documents of one.
    Issuer(AskIssuer),
}

/// What is to be done with a hosted issuer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "issuer", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum AskIssuer {
    /// Make it.
    Create { url: IssuerUrl },
    /// Make it, under a URL that the server makes up.
    CreateNamed { name: String },
    /// Give it a new key that signs in so many seconds.
    Rotate { url: IssuerUrl, after: u32 },
    /// Take a key from it.
    Retire { url: IssuerUrl, key: String },
    /// Forget it.
    Delete { url: IssuerUrl },
    /// Show its documents.
    Export { url: IssuerUrl },
    /// Give it somebody else's key.
    Import { url: IssuerUrl, key: Pem },
}

/// A private key in PEM.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Pem(pub(crate) String);

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pem(..)")
    }
}

impl Ask {
    pub(crate) fn token(
        account: &ServiceAccountRef,
        audiences: Vec<String>,
        seconds: i64,
        issuer: Option<IssuerUrl>,
    ) -> Self {
        Self::Token {
            issuer,
            service_account: format!("{}/{}", account.namespace(), account.name()),
            audiences,
            seconds,
        }
    }
}

/// The server's answer.
#[derive(Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub(crate) enum Answer {
    Credentials {
        credentials: LocalCredentials,
        server: Description,
    },
    Token {
        token: String,
        server: Description,
    },
    Issuers {
        issuers: Vec<IssuerShown>,
    },
    Issuer {
        issuer: IssuerShown,
    },
    Documents {
        discovery: String,
        keys: String,
        /// Of this server's own certificate chain.
        thumbprint: Option<String>,
    },
    Done,
    Refused {
        reason: String,
    },
}

/// A hosted issuer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct IssuerShown {
    pub(crate) url: IssuerUrl,
    /// Whether it signs when no issuer is named.
    pub(crate) default: bool,
    /// Newest first.
    pub(crate) keys: Vec<KeyShown>,
}

/// A key of a hosted issuer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeyShown {
    pub(crate) id: String,
    /// `signs`, `next` or `earlier`.
    pub(crate) state: String,
    /// When the next one signs; RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signs_from: Option<String>,
}

/// What a client needs to know of the server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Description {
    /// URL of the API endpoint.
    pub(crate) endpoint: String,
    pub(crate) region: String,
    pub(crate) account: String,
    /// The default issuer's host and path.
    pub(crate) oidc_provider: String,
}

/// Credentials, for their owner's eyes.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct LocalCredentials {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: String,
    /// RFC 3339.
    pub(crate) expiration: String,
}
