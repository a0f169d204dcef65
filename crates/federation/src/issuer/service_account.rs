//! Service accounts and the tokens that a cluster projects for them.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::IssuerError;
use crate::url::IssuerUrl;

/// A service account: a namespace and a name in it.
///
/// Reads `NS/NAME` and `system:serviceaccount:NS:NAME`; is written in the second form, a token's `sub`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceAccountRef {
    namespace: String,
    name: String,
}

/// The text doesn't name a service account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidServiceAccount {
    /// It has neither form.
    #[error(
        "a service account is written `NAMESPACE/NAME` or `system:serviceaccount:NAMESPACE:NAME`"
    )]
    Form,
    /// The namespace isn't a DNS label (RFC 1123).
    #[error("the namespace must be 1 to 63 lower-case letters, digits and inner hyphens")]
    Namespace,
    /// The name isn't a DNS subdomain (RFC 1123).
    #[error("the name must be 1 to 253 lower-case letters, digits, inner hyphens and inner dots")]
    Name,
}

/// What a service account's token is to say: see [`Issuer::sign`](super::Issuer::sign).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccountToken {
    /// The service account.
    pub account: ServiceAccountRef,
    /// The audiences: at least one.
    pub audiences: Vec<String>,
    /// From 600 s, Kubernetes' minimum, to 86,400 s, the most that a verifier of ours accepts.
    pub lifetime_seconds: i64,
    /// The pod that the token is bound to.
    pub pod: Option<PodRef>,
}

/// The pod that a token is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodRef {
    /// The pod's name.
    pub name: String,
    /// The pod's uid.
    pub uid: String,
}

impl ServiceAccountRef {
    /// Checks the two names.
    ///
    /// # Errors
    /// [`InvalidServiceAccount::Namespace`] or [`InvalidServiceAccount::Name`].
    pub fn new(namespace: &str, name: &str) -> Result<Self, InvalidServiceAccount> {
        if !is_label(namespace) {
            return Err(InvalidServiceAccount::Namespace);
        }
        if name.len() > 253 || !name.split('.').all(is_part) {
            return Err(InvalidServiceAccount::Name);
        }
        Ok(Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }

    /// The namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The name in its namespace.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The uid under which an issuer of ours knows the account. There is no API server behind it that could have
    /// given one, so it follows from issuer, namespace and name (RFC 9562, version 8, from a SHA-256).
    pub fn uid(&self, issuer: &IssuerUrl) -> String {
        let text = format!("{issuer}\n{}\n{}", self.namespace, self.name);
        let hash = digest::digest(&digest::SHA256, text.as_bytes());
        let mut bytes = [0; 16];
        for (byte, hashed) in bytes.iter_mut().zip(hash.as_ref()) {
            *byte = *hashed;
        }
        uuid(bytes, 8)
    }
}

impl FromStr for ServiceAccountRef {
    type Err = InvalidServiceAccount;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (namespace, name) = match text.strip_prefix(SUBJECT_PREFIX) {
            Some(rest) => rest.split_once(':'),
            None => text.split_once('/'),
        }
        .ok_or(InvalidServiceAccount::Form)?;
        Self::new(namespace, name)
    }
}

impl fmt::Display for ServiceAccountRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SUBJECT_PREFIX}{}:{}", self.namespace, self.name)
    }
}

impl ServiceAccountToken {
    /// The claims as kube-apiserver writes them for a TokenRequest.
    pub(super) fn claims(
        &self,
        issuer: &IssuerUrl,
        now: Timestamp,
        id: String,
    ) -> Result<Value, IssuerError> {
        if !(MIN_LIFETIME..=MAX_LIFETIME).contains(&self.lifetime_seconds) {
            return Err(IssuerError::Lifetime(self.lifetime_seconds));
        }
        if self.audiences.is_empty() || self.audiences.iter().any(String::is_empty) {
            return Err(IssuerError::Audience);
        }
        let now = now.as_second();
        let mut bound = json!({
            "namespace": self.account.namespace,
            "serviceaccount": {"name": self.account.name, "uid": self.account.uid(issuer)},
        });
        if let (Some(pod), Some(members)) = (&self.pod, bound.as_object_mut()) {
            members.insert("pod".to_owned(), json!({"name": pod.name, "uid": pod.uid}));
        }
        Ok(json!({
            "aud": self.audiences,
            "exp": now + self.lifetime_seconds,
            "iat": now,
            "iss": issuer,
            "jti": id,
            "kubernetes.io": bound,
            "nbf": now,
            "sub": self.account.to_string(),
        }))
    }
}

const SUBJECT_PREFIX: &str = "system:serviceaccount:";
const MIN_LIFETIME: i64 = 600;
const MAX_LIFETIME: i64 = 86_400;

fn is_label(label: &str) -> bool {
    label.len() <= 63 && is_part(label)
}

/// A part of a DNS subdomain as Kubernetes takes it: of any length, where the DNS has 63.
fn is_part(part: &str) -> bool {
    !part.is_empty()
        && !part.starts_with('-')
        && !part.ends_with('-')
        && part
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Writes 16 bytes as a UUID of a version (RFC 9562, section 4).
pub(super) fn uuid(mut bytes: [u8; 16], version: u8) -> String {
    bytes[6] = (bytes[6] & 0x0f) | (version << 4);
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = |range: &[u8]| -> String { range.iter().map(|byte| format!("{byte:02x}")).collect() };
    [
        &bytes[..4],
        &bytes[4..6],
        &bytes[6..8],
        &bytes[8..10],
        &bytes[10..],
    ]
    .map(hex)
    .join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_and_the_subject_is_written() {
        for text in ["ns/my.sa-1", "system:serviceaccount:ns:my.sa-1"] {
            let account: ServiceAccountRef = text.parse().unwrap();
            assert_eq!((account.namespace(), account.name()), ("ns", "my.sa-1"));
            assert_eq!(account.to_string(), "system:serviceaccount:ns:my.sa-1");
        }
    }

    #[test]
    fn names_that_kubernetes_refuses_are_refused() {
        for text in [
            "",
            "ns",
            "/",
            "ns/",
            "/sa",
            "NS/sa",
            "ns/SA",
            "ns/sa/x",
            "ns/*",
            "*/sa",
            "n.s/sa",
            "-ns/sa",
            "ns-/sa",
            "ns/.sa",
            "ns/sa.",
            "ns/s..a",
            "ns/s_a",
            "ns/s a",
            "ns:sa",
            "system:serviceaccount:ns",
            "system:serviceaccount:ns/sa",
            "system:serviceaccount:ns:sa:x",
            "ns/sa\n",
        ] {
            assert!(text.parse::<ServiceAccountRef>().is_err(), "{text}");
        }
        assert!(ServiceAccountRef::new(&"n".repeat(64), "sa").is_err());
        assert!(ServiceAccountRef::new("ns", &"n".repeat(253)).is_ok());
        assert!(ServiceAccountRef::new("ns", &"n".repeat(254)).is_err());
        assert!(ServiceAccountRef::new("ns", &"a.".repeat(127)).is_err());
    }

    #[test]
    fn the_uid_follows_from_issuer_namespace_and_name() {
        let one: IssuerUrl = "https://one.example".parse().unwrap();
        let two: IssuerUrl = "https://two.example".parse().unwrap();
        let account: ServiceAccountRef = "ns/sa".parse().unwrap();
        let other: ServiceAccountRef = "ns/sb".parse().unwrap();
        let uid = account.uid(&one);
        assert_eq!(uid, account.clone().uid(&one));
        assert_ne!(uid, account.uid(&two));
        assert_ne!(uid, other.uid(&one));
        assert_eq!((uid.len(), uid.get(14..15)), (36, Some("8")));
    }
}
