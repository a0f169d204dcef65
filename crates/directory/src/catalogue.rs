//! The policies that AWS manages, as `ListPolicies` shows them in every account.

use std::io::{self, Read};
use std::sync::{Arc, LazyLock, OnceLock};

use aws_lc_rs::digest::{SHA256, digest};
use flate2::bufread::GzDecoder;
use jiff::Timestamp;
use policy::{DocumentKind, Policy};
use serde::Deserialize;

/// A policy that AWS manages, in its default version.
#[derive(Debug)]
pub struct ManagedPolicy {
    /// The name: `AmazonS3FullAccess`.
    pub name: String,
    /// The path: `/` or, for example, `/service-role/`.
    pub path: String,
    /// The ARN: `arn:aws:iam::aws:policy/AmazonS3FullAccess`.
    pub arn: String,
    /// The unique id: `ANPA` and 17 characters that follow from the ARN. It is not the id that AWS has for the policy.
    pub policy_id: String,
    /// The version that applies, the only one known here: `v2`.
    pub default_version_id: String,
    /// When AWS made the policy.
    pub create_date: Timestamp,
    /// When AWS made the default version.
    pub update_date: Timestamp,
    /// The default version's document, as a gzip member.
    compressed: &'static [u8],
    compiled: OnceLock<Arc<Policy>>,
}

impl ManagedPolicy {
    /// The text of the default version. It is inflated at each call, so that a catalogue of several megabytes takes no
    /// memory for what is never used.
    #[must_use]
    pub fn document(&self) -> String {
        self.inflated().unwrap_or_default()
    }

    /// The compiled default version; compiled once. A document that could not be read would allow nothing.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy> {
        let compiled = self.compiled.get_or_init(|| {
            let parsed = Policy::parse(DocumentKind::Managed, &self.document());
            Arc::new(parsed.unwrap_or_else(|_| Policy::deny_all()))
        });
        Arc::clone(compiled)
    }

    fn inflated(&self) -> io::Result<String> {
        let mut text = String::new();
        GzDecoder::new(self.compressed).read_to_string(&mut text)?;
        text.truncate(text.trim_end().len());
        Ok(text)
    }
}

/// Every policy that AWS manages, in the order of their ARNs.
#[must_use]
pub fn all() -> &'static [ManagedPolicy] {
    &CATALOGUE
}

/// The policy with exactly this ARN.
#[must_use]
pub fn find(arn: &str) -> Option<&'static ManagedPolicy> {
    if !arn.starts_with(ARN_PREFIX) {
        return None;
    }
    let at = CATALOGUE
        .binary_search_by(|policy| policy.arn.as_str().cmp(arn))
        .ok()?;
    CATALOGUE.get(at)
}

const ARN_PREFIX: &str = "arn:aws:iam::aws:policy/";

/// Written by `cargo xtask managed-policies`: a gzip member with the index, then one for each document.
static DATA: &[u8] = include_bytes!("../data/aws-managed-policies.json.gz");

/// The data is part of the program and a test reads all of it; were it unreadable, there would be no policies, and
/// what is attached from it would allow nothing.
static CATALOGUE: LazyLock<Vec<ManagedPolicy>> = LazyLock::new(|| read(DATA).unwrap_or_default());

/// An entry of the index.
#[derive(Deserialize)]
struct Entry {
    name: String,
    path: String,
    version: String,
    created: Timestamp,
    updated: Timestamp,
    at: usize,
}

fn read(data: &'static [u8]) -> io::Result<Vec<ManagedPolicy>> {
    let mut index = GzDecoder::new(data);
    let mut text = String::new();
    index.read_to_string(&mut text)?;
    let documents = index.into_inner();
    let entries: Vec<Entry> = serde_json::from_str(&text)?;
    entries
        .into_iter()
        .map(|entry| {
            let arn = format!("arn:aws:iam::aws:policy{}{}", entry.path, entry.name);
            Ok(ManagedPolicy {
                policy_id: unique_id(&arn),
                arn,
                name: entry.name,
                path: entry.path,
                default_version_id: entry.version,
                create_date: entry.created,
                update_date: entry.updated,
                compressed: documents
                    .get(entry.at..)
                    .ok_or(io::ErrorKind::UnexpectedEof)?,
                compiled: OnceLock::new(),
            })
        })
        .collect()
}

/// `ANPA` and 17 characters of base 32: the same for the same ARN in every account and on every server.
fn unique_id(arn: &str) -> String {
    let hash = digest(&SHA256, arn.as_bytes());
    let symbols = hash
        .as_ref()
        .iter()
        .take(17)
        .map(|byte| BASE32[usize::from(byte % 32)]);
    "ANPA".chars().chain(symbols.map(char::from)).collect()
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_walkthroughs_policy_is_found_by_its_arn() {
        let policy = find("arn:aws:iam::aws:policy/AmazonS3FullAccess").unwrap();
        assert_eq!(
            (policy.name.as_str(), policy.path.as_str()),
            ("AmazonS3FullAccess", "/")
        );
        assert_eq!(policy.default_version_id, "v2");
        assert_eq!(policy.create_date.to_string(), "2015-02-06T18:40:58Z");
        assert_eq!(
            policy.document(),
            r#"{"Statement":[{"Action":["s3:*","s3-object-lambda:*"],"Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}"#
        );
        assert!(find("arn:aws:iam::aws:policy/AmazonS3fullaccess").is_none());
        assert!(find("arn:aws:iam::123456789012:policy/AmazonS3FullAccess").is_none());
    }

    #[test]
    fn arns_are_sorted_and_ids_are_distinct() {
        assert!(all().len() > 1500);
        assert!(all().is_sorted_by(|a, b| a.arn < b.arn));
        let ids: HashSet<&str> = all()
            .iter()
            .map(|policy| policy.policy_id.as_str())
            .collect();
        assert_eq!(ids.len(), all().len());
        for policy in all() {
            assert_eq!(policy.policy_id.len(), 21);
            assert!(std::ptr::eq(find(&policy.arn).unwrap(), policy));
        }
    }

    #[test]
    fn every_document_is_read_and_compiles() {
        for policy in all() {
            let document = policy.inflated().unwrap();
            if let Err(error) = Policy::parse(DocumentKind::Managed, &document) {
                panic!("{}: {error}", policy.arn);
            }
        }
    }
}
