//! What a caller receives: the three parts of temporary credentials and their end.

use std::fmt;

use crate::access_key::AccessKeyId;
use crate::secret::Secret;

/// Temporary credentials, as the `Credentials` element of the STS answers has them.
#[derive(Clone)]
pub struct Credentials {
    /// `ASIA…`
    pub access_key_id: AccessKeyId,
    /// 40 characters.
    pub secret_access_key: Secret,
    /// The sealed session, opaque to everybody but the server.
    pub session_token: String,
    /// The second at which they stop working, since the Unix epoch.
    pub expires_at: i64,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
