//! The accounts' issuers for other services: their keys, opened once, and their documents.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use directory::OutboundFederation;
use door::Door;
use federation::{IssuerUrl, OutboundIssuer, PrivateKey};
use jiff::Timestamp;
use policy::AccountId;
use serde::{Deserialize, Serialize};
use session::KeyEncryptionKey;
use thiserror::Error;
use tokio::task::spawn_blocking;
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Where the issuers' paths begin. No bucket is hidden by it: bucket names have three characters at least.
const PATH: &str = "/id/";

/// The issuers for other services. Their keys are in the directory, sealed.
pub struct Outbound {
    /// Host and port of the issuers' URLs.
    authority: String,
    opened: Mutex<HashMap<AccountId, Opened>>,
}

/// What was opened, with what it was opened from.
struct Opened {
    from: Arc<OutboundFederation>,
    issuer: Arc<OutboundIssuer>,
}

/// The keys of an issuer can't be made, sealed or opened.
#[derive(Debug, Error)]
#[error("the keys for tokens of the account {account}: {reason}")]
pub struct OutboundError {
    account: AccountId,
    reason: String,
}

/// The keys as they are sealed.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Keys {
    /// PKCS #8 in base64, like the next.
    rsa: String,
    ec: String,
}

impl Outbound {
    /// Issuers whose URLs are `https://AUTHORITY/id/…`.
    #[must_use]
    pub fn new(authority: impl Into<String>) -> Self {
        Self {
            authority: authority.into(),
            opened: Mutex::default(),
        }
    }

    /// A new issuer for an account, enabled and not stored. Its keys are made on a thread of their own.
    ///
    /// # Errors
    /// [`OutboundError`].
    pub async fn generate(
        &self,
        key: &KeyEncryptionKey,
        account: AccountId,
        now: Timestamp,
    ) -> Result<OutboundFederation, OutboundError> {
        let failed = |reason: String| OutboundError { account, reason };
        let url = format!("https://{}{PATH}{}", self.authority, Uuid::new_v4());
        let url: IssuerUrl = url
            .parse()
            .map_err(|error| failed(format!("{url}: {error}")))?;
        let issuer = spawn_blocking(move || OutboundIssuer::generate(url)).await;
        let issuer = issuer.map_err(|error| failed(error.to_string()))?;
        let issuer = issuer.map_err(|error| failed(error.to_string()))?;
        let (rsa, ec) = issuer.private_keys();
        let keys = Keys {
            rsa: STANDARD.encode(rsa.as_pkcs8()),
            ec: STANDARD.encode(ec.as_pkcs8()),
        };
        let keys = serde_json::to_vec(&keys).map_err(|error| failed(error.to_string()))?;
        let keys = Zeroizing::new(keys);
        Ok(OutboundFederation {
            account,
            url: issuer.url().clone(),
            enabled: true,
            sealed_keys: STANDARD.encode(key.seal(&purpose(issuer.url()), &keys)),
            created: now,
        })
    }

    /// The issuer with its keys.
    ///
    /// # Errors
    /// [`OutboundError`].
    pub fn issuer(
        &self,
        key: &KeyEncryptionKey,
        stored: &Arc<OutboundFederation>,
    ) -> Result<Arc<OutboundIssuer>, OutboundError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = opened.get(&stored.account)
            && known.from.sealed_keys == stored.sealed_keys
        {
            return Ok(Arc::clone(&known.issuer));
        }
        let failed = |reason: String| OutboundError {
            account: stored.account,
            reason,
        };
        let sealed = STANDARD.decode(&stored.sealed_keys);
        let sealed = sealed.map_err(|error| failed(error.to_string()))?;
        let keys = key.open(&purpose(&stored.url), &sealed);
        let keys = keys.map_err(|error| failed(error.to_string()))?;
        let keys: Keys =
            serde_json::from_slice(keys.expose()).map_err(|error| failed(error.to_string()))?;
        let decoded = |text: &str| {
            let der = STANDARD.decode(text);
            der.map(PrivateKey::from_pkcs8)
                .map_err(|error| failed(error.to_string()))
        };
        let (rsa, ec) = (decoded(&keys.rsa)?, decoded(&keys.ec)?);
        let issuer = OutboundIssuer::from_stored(stored.url.clone(), rsa, ec);
        let issuer = Arc::new(issuer.map_err(|error| failed(error.to_string()))?);
        let known = Opened {
            from: Arc::clone(stored),
            issuer: Arc::clone(&issuer),
        };
        opened.insert(stored.account, known);
        Ok(issuer)
    }

    /// The public document at this path: discovery or keys of an account's issuer. Both stay when the account disables it.
    #[must_use]
    pub fn document(&self, door: &Door, path: &str) -> Option<Vec<u8>> {
        let path = path.strip_prefix(PATH)?;
        let (id, document) = path.split_once('/')?;
        let document = format!("/{document}");
        let keys = match document.as_str() {
            OutboundIssuer::KEY_SET_PATH => true,
            OutboundIssuer::DISCOVERY_PATH => false,
            _ => return None,
        };
        let snapshot = door.directory().snapshot();
        let stored = snapshot.accounts().find_map(|view| {
            let stored = view.shelved::<OutboundFederation>(OutboundFederation::KEY)?;
            let own = stored.url.as_str().rsplit('/').next();
            (own == Some(id)).then_some(stored)
        })?;
        let issuer = self
            .issuer(door.key_encryption(), stored)
            .inspect_err(|error| tracing::error!(%error, "a key set can't be served"))
            .ok()?;
        Some(match keys {
            true => issuer.jwks(),
            false => issuer.discovery_document(),
        })
    }
}

impl Default for Outbound {
    /// With a host that no name server knows.
    fn default() -> Self {
        Self::new("oidc.daypass.internal")
    }
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound")
            .field("authority", &self.authority)
            .finish_non_exhaustive()
    }
}

/// Ties sealed keys to their issuer.
fn purpose(url: &IssuerUrl) -> String {
    format!("outbound-issuer:{url}")
}
