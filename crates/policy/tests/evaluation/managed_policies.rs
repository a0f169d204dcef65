//! The documents that AWS itself writes.

use crate::managed;
use policy::{DocumentKind, Policy};

#[test]
fn every_aws_managed_policy_is_read_as_one() {
    let documents = managed::documents();
    assert!(documents.len() > 1_500, "{}", documents.len());
    let refused: Vec<String> = documents
        .iter()
        .filter_map(|(name, text)| {
            let error = Policy::parse(DocumentKind::Managed, text).err()?;
            Some(format!("{name}: {error}: {}", error.reason()))
        })
        .collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}
