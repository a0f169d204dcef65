//! What is said through the socket: one JSON line each way.

use federation::ServiceAccountRef;
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
    },
}

impl Ask {
    pub(crate) fn token(account: &ServiceAccountRef, audiences: Vec<String>, seconds: i64) -> Self {
        Self::Token {
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
    Refused {
        reason: String,
    },
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
