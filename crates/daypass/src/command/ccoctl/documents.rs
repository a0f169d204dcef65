//! The issuer's two documents: what is published, and what has to be.

use anyhow::{Context, Result, bail};
use cluster::ccoctl::InfraName;
use federation::{Issuer, PublishedKey, discovery_document};
use serde_json::Value;

use super::bucket::Bucket;
use super::identity_provider::Keys;
use super::{ids, say};

/// What is in the bucket.
pub(super) struct Documents {
    /// The issuer that the discovery document names.
    issuer: Option<String>,
    keys: Option<Vec<PublishedKey>>,
}

/// What becomes of the key set.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum KeySet {
    /// It is what it has to be.
    Stays,
    /// It is written with these keys.
    Becomes(Vec<PublishedKey>),
}

pub(super) fn discovery_key() -> &'static str {
    Issuer::DISCOVERY_PATH.trim_start_matches('/')
}

pub(super) fn key_set_key() -> &'static str {
    Issuer::KEY_SET_PATH.trim_start_matches('/')
}

impl Documents {
    /// Reads what the bucket has.
    pub(super) async fn read(bucket: &Bucket<'_>) -> Result<Self> {
        if !bucket.exists() {
            return Ok(Self {
                issuer: None,
                keys: None,
            });
        }
        let unusable = |key| {
            format!(
                "`{key}` in the bucket {name} is not what ccoctl writes, and has not been changed; \
                 `aws s3 rm s3://{name}/{key}` lets the next run write it",
                name = bucket.name()
            )
        };
        let issuer = match bucket.object(discovery_key()).await? {
            Some(text) => Some(issuer_of(&text).with_context(|| unusable(discovery_key()))?),
            None => None,
        };
        let keys = match bucket.object(key_set_key()).await? {
            Some(text) => {
                let keys = PublishedKey::read_set(text.as_bytes());
                Some(keys.with_context(|| unusable(key_set_key()))?)
            }
            None => None,
        };
        Ok(Self { issuer, keys })
    }

    /// The issuer that is published.
    pub(super) fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// What the key set has to become for a key.
    pub(super) fn plan(&self, key: &PublishedKey, keys: Keys) -> Result<KeySet> {
        let published = self.keys.as_deref().unwrap_or_default();
        let has_it = published.iter().any(|other| other.id() == key.id());
        let alone = vec![key.clone()];
        Ok(match keys {
            _ if published.is_empty() => KeySet::Becomes(alone),
            Keys::Alone if has_it && published.len() == 1 => KeySet::Stays,
            Keys::Alone => KeySet::Becomes(alone),
            Keys::BesideOthers | Keys::AsPublished if has_it => KeySet::Stays,
            Keys::BesideOthers => KeySet::Becomes(published.iter().chain([key]).cloned().collect()),
            Keys::AsPublished => bail!(
                "the issuer publishes other keys ({}) than that of the output directory, {}: the \
                 cluster's tokens would be refused. Nothing has been changed. Put the cluster's \
                 serviceaccount-signer.private into the output directory, or publish the new key with \
                 `daypass ccoctl create-identity-provider`, beside the others with --keep-keys",
                ids(published),
                ids(std::slice::from_ref(key)),
            ),
        })
    }

    /// Writes what is missing or has to change.
    pub(super) async fn publish(
        &self,
        bucket: &Bucket<'_>,
        name: &InfraName,
        issuer: &str,
        keys: KeySet,
    ) -> Result<()> {
        let shown = |key| format!("s3://{}/{key}", bucket.name());
        let (discovery, key_set) = (shown(discovery_key()), shown(key_set_key()));
        // The keys first: an issuer that is found has some.
        match keys {
            KeySet::Stays => {
                let ids = ids(self.keys.as_deref().unwrap_or_default());
                say(&format!("{key_set}: is there already, with {ids}"))?;
            }
            KeySet::Becomes(keys) => {
                let document = PublishedKey::set_of(&keys);
                bucket.put(key_set_key(), &document, name).await?;
                say(&format!("{key_set}: written, with {}", ids(&keys)))?;
                self.say_what_is_gone(&keys)?;
            }
        }
        match self.issuer {
            Some(_) => say(&format!("{discovery}: is there already")),
            None => {
                let document = discovery_document(issuer);
                bucket.put(discovery_key(), &document, name).await?;
                say(&format!("{discovery}: written"))
            }
        }
    }

    fn say_what_is_gone(&self, kept: &[PublishedKey]) -> Result<()> {
        let gone = self.keys.as_deref().unwrap_or_default().iter();
        let gone: Vec<_> = gone
            .filter(|key| !kept.iter().any(|other| other.id() == key.id()))
            .cloned()
            .collect();
        if gone.is_empty() {
            return Ok(());
        }
        say(&format!(
            "tokens that were signed with {} are refused from now on (--keep-keys keeps such keys)",
            ids(&gone)
        ))
    }
}

fn issuer_of(discovery: &str) -> Result<String> {
    let document: Value = serde_json::from_str(discovery).context("it is no JSON")?;
    let issuer = document.get("issuer").and_then(Value::as_str);
    let issuer = issuer.filter(|issuer| issuer.starts_with("https://"));
    Ok(issuer.context("it names no issuer")?.to_owned())
}

#[cfg(test)]
mod tests {
    use federation::KeyPair;

    use super::*;

    fn documents(keys: &[&PublishedKey]) -> Documents {
        Documents {
            issuer: None,
            keys: Some(keys.iter().map(|key| (*key).clone()).collect()),
        }
    }

    #[test]
    fn keys_are_published_alone_beside_others_or_as_they_are() {
        let [a, b] = [(); 2].map(|()| KeyPair::generate(2048).unwrap().published());
        let becomes = |keys: &[&PublishedKey]| {
            KeySet::Becomes(keys.iter().map(|key| (*key).clone()).collect())
        };
        for keys in [Keys::Alone, Keys::BesideOthers, Keys::AsPublished] {
            assert_eq!(documents(&[]).plan(&a, keys).unwrap(), becomes(&[&a]));
            assert_eq!(documents(&[&a]).plan(&a, keys).unwrap(), KeySet::Stays);
        }
        assert_eq!(
            documents(&[&a]).plan(&b, Keys::Alone).unwrap(),
            becomes(&[&b])
        );
        assert_eq!(
            documents(&[&a, &b]).plan(&b, Keys::Alone).unwrap(),
            becomes(&[&b])
        );
        let beside = documents(&[&a]).plan(&b, Keys::BesideOthers).unwrap();
        assert_eq!(beside, becomes(&[&a, &b]));
        let both = documents(&[&a, &b]);
        assert_eq!(both.plan(&b, Keys::BesideOthers).unwrap(), KeySet::Stays);
        assert_eq!(both.plan(&b, Keys::AsPublished).unwrap(), KeySet::Stays);
        let told = documents(&[&a]).plan(&b, Keys::AsPublished).unwrap_err();
        assert!(told.to_string().contains("Nothing has been changed"));
    }

    #[test]
    fn a_discovery_document_names_its_issuer() {
        let text = discovery_document("https://h/p");
        let text = String::from_utf8(text).unwrap();
        assert_eq!(issuer_of(&text).unwrap(), "https://h/p");
        for wrong in ["", "{}", r#"{"issuer": 1}"#, r#"{"issuer": "http://h"}"#] {
            assert!(issuer_of(wrong).is_err(), "{wrong}");
        }
    }
}
