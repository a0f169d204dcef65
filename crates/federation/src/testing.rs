//! What several unit tests share.

use std::sync::{Arc, OnceLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RsaEncoding, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::claims::Claims;
use crate::issuer::Issuer;
use crate::url::IssuerUrl;

/// 2026-11-21T12:00:00Z.
pub(crate) const NOW: i64 = 1_795_262_400;

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn issuer_url() -> IssuerUrl {
    "https://host.example/id/A".parse().unwrap()
}

/// The claims of a service account's token with some of them changed.
pub(crate) fn claims(change: Value) -> Claims {
    claims_of("https://host.example/id/A", change)
}

pub(crate) fn claims_of(issuer: &str, change: Value) -> Claims {
    let mut raw = json!({
        "iss": issuer, "aud": ["sts.amazonaws.com"], "sub": "system:serviceaccount:ns:sa",
        "iat": NOW, "exp": NOW + 3600,
    });
    for (name, value) in change.as_object().unwrap() {
        raw[name] = value.clone();
    }
    let raw = Arc::new(raw.as_object().unwrap().clone());
    Claims::read(&issuer.parse().unwrap(), &raw).unwrap()
}

/// A key pair that signs arbitrary headers and payloads.
pub(crate) fn sign_with(
    pair: &RsaKeyPair,
    encoding: &'static dyn RsaEncoding,
    header: &str,
    payload: &str,
) -> String {
    let signed = format!("{}.{}", encode(header), encode(payload));
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(
        encoding,
        &SystemRandom::new(),
        signed.as_bytes(),
        &mut signature,
    )
    .unwrap();
    format!("{signed}.{}", encode(signature))
}

/// The claims of a service account's token of an issuer.
pub(crate) fn payload(issuer: &IssuerUrl) -> Value {
    json!({
        "iss": issuer, "aud": ["sts.amazonaws.com"], "sub": "system:serviceaccount:ns:sa",
        "iat": NOW, "exp": NOW + 3600,
    })
}

/// An issuer whose key is made once for all tests.
pub(crate) fn issuer() -> Arc<Issuer> {
    static ISSUER: OnceLock<Arc<Issuer>> = OnceLock::new();
    Arc::clone(ISSUER.get_or_init(|| Arc::new(Issuer::generate(issuer_url()).unwrap())))
}

/// The id of an issuer's newest key.
pub(crate) fn first_id(issuer: &Issuer) -> String {
    let now = jiff::Timestamp::from_second(NOW).unwrap();
    issuer.key_ids(now).swap_remove(0).0
}

/// The newest key of an issuer.
pub(crate) fn pair_of(issuer: &Issuer) -> RsaKeyPair {
    RsaKeyPair::from_pkcs8(issuer.stored_keys()[0].private.as_pkcs8()).unwrap()
}
