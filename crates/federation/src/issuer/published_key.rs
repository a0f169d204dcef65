//! The public keys in an issuer's key set document, told apart by their ids.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Map, Value};

use super::{IssuerError, documents, key_id};
use crate::der::{public_key_info, rsa_numbers};

/// The members that come first, in the order of kube-apiserver's library.
const ORDER: [&str; 9] = ["use", "kty", "kid", "crv", "alg", "x", "y", "n", "e"];

/// A public key as a key set document shows it. Of keys that others have published, every member is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedKey {
    members: Vec<(String, Value)>,
}

impl PublishedKey {
    /// An RSA key for RS256 by its id and its two numbers, big-endian without leading zeros.
    pub(super) fn rsa(id: &str, modulus: &[u8], exponent: &[u8]) -> Self {
        let members = [
            ("use", "sig".to_owned()),
            ("kty", "RSA".to_owned()),
            ("kid", id.to_owned()),
            ("alg", "RS256".to_owned()),
            ("n", URL_SAFE_NO_PAD.encode(modulus)),
            ("e", URL_SAFE_NO_PAD.encode(exponent)),
        ];
        let members = members.map(|(name, value)| (name.to_owned(), Value::from(value)));
        Self {
            members: members.to_vec(),
        }
    }

    /// The first public key of a PEM text, as ccoctl writes it to `serviceaccount-signer.public` and a cluster has it in
    /// `service-account.pub`: an RSA key in a SubjectPublicKeyInfo. Its id is that of kube-apiserver.
    ///
    /// # Errors
    /// [`IssuerError::InvalidPublicKey`], also for keys that aren't RSA or shorter than 2048 bits.
    pub fn from_pem(text: &[u8]) -> Result<Self, IssuerError> {
        let invalid = || IssuerError::InvalidPublicKey;
        let der = SubjectPublicKeyInfoDer::from_pem_slice(text).map_err(|_| invalid())?;
        let info = public_key_info(&der).ok_or_else(invalid)?;
        let (modulus, exponent) = rsa_numbers(info.bits).ok_or_else(invalid)?;
        let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, info.bits);
        let key = key.map_err(|_| invalid())?;
        let der = AsDer::<PublicKeyX509Der<'_>>::as_der(&key).map_err(|_| invalid())?;
        Ok(Self::rsa(&key_id(der.as_ref()), modulus, exponent))
    }

    /// The keys of a key set document (RFC 7517, section 5), usable or not.
    ///
    /// # Errors
    /// [`IssuerError::InvalidKeySet`].
    pub fn read_set(document: &[u8]) -> Result<Vec<Self>, IssuerError> {
        let set: Map<String, Value> =
            serde_json::from_slice(document).map_err(|_| IssuerError::InvalidKeySet)?;
        let Some(Value::Array(keys)) = set.get("keys") else {
            return Err(IssuerError::InvalidKeySet);
        };
        let key = |key: &Value| key.as_object().map(Self::ordered);
        let keys: Option<Vec<_>> = keys.iter().map(key).collect();
        keys.ok_or(IssuerError::InvalidKeySet)
    }

    /// The key set document of these keys, byte for byte as ccoctl writes it.
    pub fn set_of(keys: &[Self]) -> Vec<u8> {
        documents::key_set(keys)
    }

    /// `kid`.
    pub fn id(&self) -> Option<&str> {
        let id = self.members.iter().find(|(name, _)| name == "kid");
        id.and_then(|(_, value)| value.as_str())
    }

    /// Names and values in their order.
    pub(super) fn members(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.members
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }

    fn ordered(key: &Map<String, Value>) -> Self {
        let first = ORDER.iter().filter_map(|name| key.get_key_value(*name));
        let rest = key
            .iter()
            .filter(|(name, _)| !ORDER.contains(&name.as_str()));
        let members = first.chain(rest);
        Self {
            members: members
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issuer::KeyPair;

    #[test]
    fn a_set_that_is_read_is_written_as_it_was() {
        let [one, two] = [2048, 3072].map(|bits| KeyPair::generate(bits).unwrap().published());
        let text = PublishedKey::set_of(&[one.clone(), two.clone()]);
        assert_eq!(PublishedKey::read_set(&text).unwrap(), [one, two]);
    }

    #[test]
    fn every_member_of_a_foreign_key_is_kept() {
        let text = br#"{"keys":[{"x5c":["AA"],"kty":"EC","y":"Y","x":"X","crv":"P-256","kid":"k"},{"kty":"RSA"}]}"#;
        let keys = PublishedKey::read_set(text).unwrap();
        assert_eq!(keys[0].id(), Some("k"));
        assert_eq!(keys[1].id(), None);
        let again: Value = serde_json::from_slice(&PublishedKey::set_of(&keys)).unwrap();
        assert_eq!(again, serde_json::from_slice::<Value>(text).unwrap());
    }

    #[test]
    fn what_is_no_set_and_no_key_is_refused() {
        for text in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[1]}"#] {
            let read = PublishedKey::read_set(text.as_bytes());
            assert_eq!(read, Err(IssuerError::InvalidKeySet), "{text}");
        }
        for text in [
            "",
            "junk",
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        ] {
            let read = PublishedKey::from_pem(text.as_bytes());
            assert_eq!(read, Err(IssuerError::InvalidPublicKey), "{text}");
        }
    }
}
