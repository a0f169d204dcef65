//! Issuers whose documents this process keeps itself, so that no network is asked for them.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use jiff::Timestamp;

use crate::error::TokenError;
use crate::fetch::{DISCOVERY_PATH, key_set_url};
use crate::keys::KeySet;
use crate::url::IssuerUrl;

/// Who registered a provider, and when: what decides whether a document counts as its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registered<'a> {
    /// The account of the provider.
    pub account: &'a str,
    /// When the provider was registered.
    pub since: Timestamp,
}

/// A document, or why there is none where it should be.
pub type Document = Result<Vec<u8>, String>;

/// Where documents are that this process keeps itself, e.g. objects in buckets.
pub trait LocalDocuments: Debug + Send + Sync {
    /// The document at an https URL, for a provider; `None` if the URL leads to nothing of this process that this
    /// provider may rely on, and the network has to be asked.
    fn document<'a>(
        &'a self,
        url: &'a str,
        provider: Registered<'a>,
    ) -> Pin<Box<dyn Future<Output = Option<Document>> + Send + 'a>>;
}

/// The keys of an issuer whose two documents are both kept here. They are read anew each time: a key that was put there is
/// accepted, and one that was taken away refused, from the next token on.
pub(crate) async fn keys(
    documents: &dyn LocalDocuments,
    issuer: &IssuerUrl,
    provider: Registered<'_>,
) -> Option<Result<KeySet, TokenError>> {
    let at = issuer.join(DISCOVERY_PATH);
    let discovery = match documents.document(&at, provider).await? {
        Ok(discovery) => discovery,
        Err(reason) => return Some(Err(missing(&at, &reason))),
    };
    let at = match key_set_url(issuer, &discovery) {
        Ok(at) => at,
        Err(error) => return Some(Err(error)),
    };
    Some(match documents.document(&at, provider).await {
        Some(Ok(keys)) => KeySet::parse(&keys),
        Some(Err(reason)) => Err(missing(&at, &reason)),
        None => Err(missing(
            &at,
            "the discovery document is in a bucket of this server, and its key set is not",
        )),
    })
}

fn missing(url: &str, reason: &str) -> TokenError {
    TokenError::unverifiable(format!("{url}: {reason}"))
}
