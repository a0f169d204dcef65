//! The metadata of an identity provider (SAML 2.0 metadata, sections 2.3 and 2.4).

use jiff::Timestamp;
use roxmltree::Node;
use thiserror::Error;

use crate::signing_key::{InvalidSigningKey, SigningKey};
use crate::tree::{Tree, bytes_of, children, is, ns};

/// What metadata say of an identity provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// `entityID`: the issuer of its assertions.
    pub entity_id: String,
    /// The keys that it signs with: one to sixteen.
    pub keys: Vec<SigningKey>,
    /// When the metadata end, if they do.
    pub valid_until: Option<Timestamp>,
}

/// Why a document is no metadata of an identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidMetadata {
    /// Not the XML of metadata.
    #[error("{0}")]
    Document(String),
    /// A certificate without a key that can be used.
    #[error("a signing certificate: {0}")]
    Key(#[from] InvalidSigningKey),
    /// The metadata have ended already.
    #[error("valid until {0} only")]
    Expired(Timestamp),
}

/// Longest `entityID` (SAML 2.0 metadata, section 2.2.1).
const ENTITY_ID: usize = 1024;
/// Most keys: each is tried on each signature.
const KEYS: usize = 16;

impl Metadata {
    /// Reads a document whose root is the `EntityDescriptor` of an identity provider.
    ///
    /// # Errors
    /// [`InvalidMetadata`], also when they end before `now`.
    pub fn parse(text: &str, now: Timestamp) -> Result<Self, InvalidMetadata> {
        let refuse = |detail: &str| InvalidMetadata::Document(detail.to_owned());
        let tree = Tree::parse(text).map_err(|error| refuse(&error.to_string()))?;
        let root = tree.root();
        if !is(&root, ns::METADATA, "EntityDescriptor") {
            return Err(refuse("the root is not an EntityDescriptor of SAML 2.0"));
        }
        let entity_id = root.attribute("entityID").unwrap_or_default();
        if entity_id.is_empty() || entity_id.len() > ENTITY_ID {
            return Err(refuse("entityID is missing or too long"));
        }
        let is_current = |node: &Node<'_, '_>| {
            let protocols = node.attribute("protocolSupportEnumeration");
            let mut protocols = protocols.unwrap_or_default().split_ascii_whitespace();
            protocols.any(|protocol| protocol == ns::PROTOCOL)
        };
        let roles: Vec<_> = children(root, ns::METADATA, "IDPSSODescriptor")
            .filter(is_current)
            .collect();
        if roles.is_empty() {
            return Err(refuse("there is no IDPSSODescriptor for SAML 2.0"));
        }
        let mut keys = Vec::new();
        for descriptor in roles.iter().flat_map(|role| key_descriptors(*role)) {
            for certificate in certificates(descriptor) {
                let der = bytes_of(certificate);
                let der = der.ok_or_else(|| refuse("a certificate is not base64"))?;
                let key = SigningKey::of_certificate(&der)?;
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
        }
        if keys.is_empty() || keys.len() > KEYS {
            return Err(refuse("there are no signing certificates, or more than 16"));
        }
        let ends: Result<Vec<_>, _> = roles
            .iter()
            .chain([&root])
            .filter_map(|node| node.attribute("validUntil"))
            .map(str::parse::<Timestamp>)
            .collect();
        let ends = ends.map_err(|_| refuse("validUntil is no time in UTC"))?;
        let valid_until = ends.into_iter().min();
        match valid_until {
            Some(end) if end <= now => Err(InvalidMetadata::Expired(end)),
            valid_until => Ok(Self {
                entity_id: entity_id.to_owned(),
                keys,
                valid_until,
            }),
        }
    }
}

/// Those for signing, and those for everything.
fn key_descriptors<'a, 't: 'a>(role: Node<'a, 't>) -> impl Iterator<Item = Node<'a, 't>> {
    children(role, ns::METADATA, "KeyDescriptor").filter(|it| {
        it.attribute("use")
            .is_none_or(|purpose| purpose == "signing")
    })
}

fn certificates<'a, 't: 'a>(descriptor: Node<'a, 't>) -> impl Iterator<Item = Node<'a, 't>> {
    children(descriptor, ns::SIGNATURE, "KeyInfo")
        .flat_map(|info| children(info, ns::SIGNATURE, "X509Data"))
        .flat_map(|data| children(data, ns::SIGNATURE, "X509Certificate"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = include_str!("../tests/data/metadata.xml");

    fn parse(text: &str) -> Result<Metadata, InvalidMetadata> {
        Metadata::parse(text, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn issuer_keys_and_end_are_read() {
        let metadata = parse(METADATA).unwrap();
        assert_eq!(metadata.entity_id, "https://idp.example.com/saml");
        assert_eq!(metadata.keys.len(), 1);
        let end = "2126-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(metadata.valid_until, Some(end));
        let late = Metadata::parse(METADATA, end).unwrap_err();
        assert_eq!(late, InvalidMetadata::Expired(end));
        let text = String::from(metadata.keys[0].clone());
        assert_eq!(SigningKey::try_from(text).unwrap(), metadata.keys[0]);
    }

    #[test]
    fn what_is_no_metadata_is_refused() {
        let changes = [
            ("IDPSSODescriptor", "SPSSODescriptor"),
            ("EntityDescriptor", "EntitiesDescriptor"),
            ("entityID=", "ID="),
            (
                "urn:oasis:names:tc:SAML:2.0:protocol",
                "urn:oasis:names:tc:SAML:1.1:protocol",
            ),
            ("urn:oasis:names:tc:SAML:2.0:metadata", "urn:other"),
            ("use=\"signing\"", "use=\"encryption\""),
            ("2126-01-01T00:00:00Z", "tomorrow"),
            ("X509Certificate>MII", "X509Certificate>AAA"),
            ("<?xml version=\"1.0\"?>", "<!DOCTYPE a>"),
        ];
        for (from, to) in changes {
            assert!(METADATA.contains(from), "{from}");
            let text = METADATA.replace(from, to);
            assert!(parse(&text).is_err(), "{from} → {to}");
        }
        assert!(parse(&METADATA.replace("use=\"signing\"", "")).is_ok());
    }
}
