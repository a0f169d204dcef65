//! The private keys of SAML providers: sealed at rest, opened to decrypt assertions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use directory::{SamlPrivateKey, SamlProvider};
use door::Door;
use jiff::Timestamp;
use saml::PrivateKey;
use uuid::Uuid;

use super::fault::invalid_input;
use crate::wire::{Fault, Secret};

/// A unique id of a provider or a key: 32 of `[A-Z0-9]`.
pub(super) fn fresh_id() -> String {
    Uuid::new_v4().simple().to_string().to_uppercase()
}

/// A new key, sealed.
///
/// # Errors
/// `InvalidInput` when it is no RSA key in PEM.
pub(super) fn sealed(door: &Door, pem: &Secret, now: Timestamp) -> Result<SamlPrivateKey, Fault> {
    let key = PrivateKey::from_pem(pem.reveal());
    let key = key.map_err(|_| invalid_input("Invalid private key."))?;
    let id = fresh_id();
    let sealed = door.key_encryption().seal(&purpose(&id), key.to_pkcs8());
    Ok(SamlPrivateKey {
        sealed: STANDARD.encode(sealed),
        id,
        added: now,
    })
}

/// The keys of a provider, in PKCS #8. One that doesn't open, as after a change of the key that
/// sealed it, is left out: what is encrypted to it is then refused.
pub(crate) fn opened(door: &Door, provider: &SamlProvider) -> Vec<session::Secret> {
    let open = |key: &SamlPrivateKey| {
        let sealed = STANDARD.decode(&key.sealed).ok()?;
        let opened = door.key_encryption().open(&purpose(&key.id), &sealed);
        opened.ok()
    };
    provider.private_keys.iter().filter_map(open).collect()
}

/// A sealed key opens under its own id only.
fn purpose(id: &str) -> String {
    format!("saml private key {id}")
}
