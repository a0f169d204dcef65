//! An issuer that signs ES256, whose key the server is given.

use anyhow::{Result, anyhow};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::world::SUBJECT;

/// An issuer and its key.
#[derive(Debug)]
pub(crate) struct Es256Issuer {
    pair: EcdsaKeyPair,
}

impl Es256Issuer {
    /// The issuer without its scheme. Nobody asks there.
    pub(crate) const PROVIDER: &'static str = "es256.bench.example";

    pub(crate) fn new() -> Result<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        Ok(Self {
            pair: pair.map_err(|_| anyhow!("no key could be made"))?,
        })
    }

    /// The public key.
    pub(crate) fn jwk(&self) -> Value {
        // An uncompressed point: 4, x, y.
        let point = self.pair.public_key().as_ref();
        let part = |from: usize| URL_SAFE_NO_PAD.encode(&point[from..from + 32]);
        json!({
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "bench",
            "x": part(1), "y": part(33),
        })
    }

    /// The key set.
    pub(crate) fn jwks(&self) -> String {
        json!({"keys": [self.jwk()]}).to_string()
    }

    /// A new token of the service account that the role trusts, with the claims of Kubernetes.
    pub(crate) fn token(&self) -> Result<String> {
        let now = Timestamp::now().as_second();
        let header = json!({"alg": "ES256", "kid": "bench"}).to_string();
        let claims = json!({
            "iss": format!("https://{}", Self::PROVIDER),
            "aud": ["sts.amazonaws.com"],
            "sub": SUBJECT,
            "iat": now, "nbf": now, "exp": now + 86_400,
            "kubernetes.io": {
                "namespace": "bench",
                "serviceaccount": {"name": "reader", "uid": "6f2b2a44-0d6e-4b4e-9a1b-2f2f1f7c9d10"},
            },
        })
        .to_string();
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes());
        let signature = signature.map_err(|_| anyhow!("a token could not be signed"))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}
