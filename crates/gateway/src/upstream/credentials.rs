//! Whose requests go to the upstream.

use std::fmt;

use async_trait::async_trait;
use session::{AccessKeyId, Secret};

/// An access key of the upstream.
#[derive(Clone)]
pub struct UpstreamKeys {
    /// The key id.
    pub access_key_id: AccessKeyId,
    /// Its secret.
    pub secret: Secret,
    /// The session token, of temporary credentials.
    pub session_token: Option<String>,
}

impl fmt::Debug for UpstreamKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UpstreamKeys(…)")
    }
}

/// Where the keys come from; temporary ones are renewed there.
#[async_trait]
pub trait UpstreamCredentials: Send + Sync {
    /// Keys that are good now.
    ///
    /// # Errors
    /// Why there are none, for the server's log.
    async fn keys(&self) -> Result<UpstreamKeys, String>;

    /// The upstream refused a request for its keys.
    fn were_refused(&self);
}
