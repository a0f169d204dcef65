//! Tokens for the outside world: an issuer that signs what an account's principals ask for.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::fetch::DISCOVERY_PATH;
use crate::issuer::{IssuerError, PrivateKey, SigningKey, compact, key_id, random_uuid};
use crate::url::IssuerUrl;

/// An account's issuer for other services: one RSA key and one P-384 key, published together (IAM User Guide, "Outbound
/// identity federation").
pub struct OutboundIssuer {
    url: IssuerUrl,
    rsa: SigningKey,
    ec: EcdsaKeyPair,
    ec_private: PrivateKey,
    ec_id: String,
}

/// How a token is signed (STS API Reference, `GetWebIdentityToken`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutboundAlgorithm {
    /// RSA with SHA-256.
    Rs256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
}

impl FromStr for OutboundAlgorithm {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "RS256" => Ok(Self::Rs256),
            "ES384" => Ok(Self::Es384),
            _ => Err(()),
        }
    }
}

impl OutboundIssuer {
    /// Where the discovery document is, below the URL.
    pub const DISCOVERY_PATH: &'static str = DISCOVERY_PATH;
    /// Where the key set is, below the URL (IAM API Reference, `EnableOutboundWebIdentityFederation`).
    pub const KEY_SET_PATH: &'static str = "/.well-known/jwks.json";

    /// Makes an issuer with new keys. That takes a core some tenths of a second.
    ///
    /// # Errors
    /// [`IssuerError::Crypto`].
    pub fn generate(url: IssuerUrl) -> Result<Self, IssuerError> {
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &SystemRandom::new())
                .map_err(|_| IssuerError::Crypto("make a key"))?;
        let ec = PrivateKey::from_pkcs8(pkcs8.as_ref().to_vec());
        Self::of(url, SigningKey::generate()?, ec)
    }

    /// Makes an issuer of its stored keys, as [`OutboundIssuer::private_keys`] gives them.
    ///
    /// # Errors
    /// [`IssuerError::InvalidKey`].
    pub fn from_stored(
        url: IssuerUrl,
        rsa: PrivateKey,
        ec: PrivateKey,
    ) -> Result<Self, IssuerError> {
        Self::of(url, SigningKey::from_pkcs8(rsa)?, ec)
    }

    fn of(url: IssuerUrl, rsa: SigningKey, ec_private: PrivateKey) -> Result<Self, IssuerError> {
        let ec = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, ec_private.as_pkcs8())
            .map_err(|_| IssuerError::InvalidKey)?;
        let spki = AsDer::<PublicKeyX509Der<'_>>::as_der(ec.public_key())
            .map_err(|_| IssuerError::Crypto("encode a public key"))?;
        let ec_id = key_id(spki.as_ref());
        Ok(Self {
            url,
            rsa,
            ec,
            ec_private,
            ec_id,
        })
    }

    /// The issuer's URL.
    pub fn url(&self) -> &IssuerUrl {
        &self.url
    }

    /// The RSA key and the P-384 key, to be stored sealed.
    pub fn private_keys(&self) -> (&PrivateKey, &PrivateKey) {
        (self.rsa.private(), &self.ec_private)
    }

    /// A random id for a token's `jti`.
    ///
    /// # Errors
    /// [`IssuerError::Crypto`].
    pub fn token_id() -> Result<String, IssuerError> {
        random_uuid()
    }

    /// Signs claims.
    ///
    /// # Errors
    /// [`IssuerError::Crypto`].
    pub fn sign(
        &self,
        algorithm: OutboundAlgorithm,
        claims: &Value,
    ) -> Result<String, IssuerError> {
        match algorithm {
            OutboundAlgorithm::Rs256 => {
                let header = json!({"alg": "RS256", "kid": self.rsa.id(), "typ": "JWT"});
                compact(&header, claims, |message| self.rsa.sign(message))
            }
            OutboundAlgorithm::Es384 => {
                let header = json!({"alg": "ES384", "kid": self.ec_id, "typ": "JWT"});
                compact(&header, claims, |message| {
                    let signed = self.ec.sign(&SystemRandom::new(), message);
                    let signed = signed.map_err(|_| IssuerError::Crypto("sign"))?;
                    Ok(signed.as_ref().to_vec())
                })
            }
        }
    }

    /// The discovery document.
    pub fn discovery_document(&self) -> Vec<u8> {
        json!({
            "issuer": self.url,
            "jwks_uri": self.url.join(Self::KEY_SET_PATH),
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES384", "RS256"],
            "claims_supported": ["aud", "exp", "iat", "iss", "jti", "sub"],
        })
        .to_string()
        .into_bytes()
    }

    /// The JWK set with both public keys.
    pub fn jwks(&self) -> Vec<u8> {
        let (n, e) = self.rsa.numbers();
        // The point is 4, x, y (SEC 1, section 2.3.3); each coordinate of P-384 has 48 bytes.
        let point = self.ec.public_key().as_ref().get(1..).unwrap_or_default();
        let (x, y) = point.split_at_checked(48).unwrap_or_default();
        json!({"keys": [
            {
                "kty": "EC", "use": "sig", "alg": "ES384", "kid": self.ec_id, "crv": "P-384",
                "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
            },
            {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.rsa.id(), "n": n, "e": e},
        ]})
        .to_string()
        .into_bytes()
    }
}

impl fmt::Debug for OutboundIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundIssuer")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::Algorithm;
    use crate::keys::KeySet;
    use crate::testing::issuer_url;

    #[test]
    fn both_algorithms_verify_against_what_is_published() {
        let made = OutboundIssuer::generate(issuer_url()).unwrap();
        let (rsa, ec) = made.private_keys();
        let again = OutboundIssuer::from_stored(issuer_url(), rsa.clone(), ec.clone()).unwrap();
        assert_eq!(again.jwks(), made.jwks());
        let keys = KeySet::parse(&again.jwks()).unwrap();
        for (name, algorithm) in [("RS256", Algorithm::Rs256), ("ES384", Algorithm::Es384)] {
            let text = made.sign(name.parse().unwrap(), &json!({"a": 1})).unwrap();
            let (message, signature) = text.rsplit_once('.').unwrap();
            let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
            let key = keys.select(algorithm, None).unwrap();
            key.verify(message.as_bytes(), &signature).unwrap();
            assert!(key.verify(b"other", &signature).is_err(), "{name}");
        }
        assert!("HS256".parse::<OutboundAlgorithm>().is_err());
    }
}
