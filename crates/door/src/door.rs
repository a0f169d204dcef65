//! The door and what it needs to know.

use std::sync::Arc;

use arc_swap::ArcSwap;
use directory::Directory;
use jiff::Timestamp;
use policy::AccountId;
use session::sigv4::SigningKeys;
use session::{KeyEncryptionKey, Keyring};
use tokio_util::task::TaskTracker;
use trail::Trail;

use crate::Clock;
use crate::last_used::LastUsed;
use crate::refusal_limit::RefusalLimit;

/// What a door is built from.
pub struct DoorConfig {
    /// What exists.
    pub directory: Arc<Directory>,
    /// The server keys that sessions are sealed with.
    pub keyring: Keyring,
    /// Seals secrets in the directory.
    pub key_encryption: KeyEncryptionKey,
    /// Where every call is recorded.
    pub trail: Arc<Trail>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The server's own region.
    pub region: String,
    /// The first account, which is the local socket's.
    pub account: AccountId,
}

/// The one way in.
pub struct Door {
    pub(crate) directory: Arc<Directory>,
    keyring: ArcSwap<Keyring>,
    key_encryption: KeyEncryptionKey,
    pub(crate) trail: Arc<Trail>,
    clock: Arc<dyn Clock>,
    region: String,
    account: AccountId,
    pub(crate) last_used: LastUsed,
    pub(crate) refusal_limit: RefusalLimit,
    pub(crate) signing_keys: SigningKeys,
    /// The requests under way.
    pub(crate) passages: TaskTracker,
}

impl Door {
    /// A door over these.
    #[must_use]
    pub fn new(config: DoorConfig) -> Self {
        #[cfg(daypass_unchecked)]
        tracing::error!("this build lets everybody do everything; it is for a benchmark only");
        Self {
            directory: config.directory,
            keyring: ArcSwap::from_pointee(config.keyring),
            key_encryption: config.key_encryption,
            trail: config.trail,
            clock: config.clock,
            region: config.region,
            account: config.account,
            last_used: LastUsed::default(),
            refusal_limit: RefusalLimit::default(),
            signing_keys: SigningKeys::default(),
            passages: TaskTracker::new(),
        }
    }

    /// What exists.
    #[must_use]
    pub fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// The server keys.
    #[must_use]
    pub fn keyring(&self) -> Arc<Keyring> {
        self.keyring.load_full()
    }

    /// Seals and opens the secrets of long-term keys.
    #[must_use]
    pub fn key_encryption(&self) -> &KeyEncryptionKey {
        &self.key_encryption
    }

    /// The audit trail.
    #[must_use]
    pub fn trail(&self) -> &Arc<Trail> {
        &self.trail
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The server's own region.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The server's first account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door")
            .field("account", &self.account)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}
