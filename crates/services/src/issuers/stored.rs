//! An issuer as the directory keeps it: its keys, sealed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use federation::{Issuer, IssuerUrl, PrivateKey, StoredKey};
use serde::{Deserialize, Serialize};
use session::KeyEncryptionKey;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// What the names of issuers in the server's state begin with.
pub const PREFIX: &str = "issuer:";

/// A stored issuer can't be read.
#[derive(Debug, Error)]
#[error("the keys of the issuer `{name}` can't be opened: {reason}")]
pub struct InvalidStored {
    name: String,
    reason: String,
}

/// One key as it is sealed.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Key {
    /// PKCS #8 in base64.
    private: String,
    /// Seconds since 1970.
    signs_from: i64,
}

/// The name of an issuer in the server's state.
#[must_use]
pub fn name(url: &IssuerUrl) -> String {
    format!("{PREFIX}{url}")
}

/// The issuer's keys, sealed for its name.
#[must_use]
pub fn seal(issuer: &Issuer, key: &KeyEncryptionKey) -> String {
    let keys: Vec<Key> = issuer
        .stored_keys()
        .iter()
        .map(|stored| Key {
            private: STANDARD.encode(stored.private.as_pkcs8()),
            signs_from: stored.signs_from,
        })
        .collect();
    // INVARIANT: texts and numbers always have a serialization.
    let plain = Zeroizing::new(serde_json::to_vec(&keys).unwrap_or_default());
    STANDARD.encode(key.seal(&name(issuer.url()), &plain))
}

/// The URL in a name.
pub(super) fn url(name: &str) -> Result<IssuerUrl, InvalidStored> {
    let url = name.strip_prefix(PREFIX).unwrap_or_default();
    url.parse().map_err(|error| invalid(name, &error))
}

/// The issuer of this name.
pub(crate) fn open(
    name: &str,
    sealed: &str,
    key: &KeyEncryptionKey,
) -> Result<Issuer, InvalidStored> {
    let sealed = STANDARD
        .decode(sealed)
        .map_err(|error| invalid(name, &error))?;
    let plain = key
        .open(name, &sealed)
        .map_err(|error| invalid(name, &error))?;
    let keys: Vec<Key> =
        serde_json::from_slice(plain.expose()).map_err(|error| invalid(name, &error))?;
    let stored = keys
        .iter()
        .map(|key| {
            let private = STANDARD
                .decode(&key.private)
                .map_err(|error| invalid(name, &error))?;
            Ok(StoredKey {
                private: PrivateKey::from_pkcs8(private),
                signs_from: key.signs_from,
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    Issuer::from_stored(url(name)?, &stored).map_err(|error| invalid(name, &error))
}

fn invalid(name: &str, reason: &dyn std::fmt::Display) -> InvalidStored {
    InvalidStored {
        name: name.to_owned(),
        reason: reason.to_string(),
    }
}
