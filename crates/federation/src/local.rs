//! Issuers whose documents this process keeps itself, so that no network is asked for them.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use crate::error::TokenError;
use crate::fetch::{DISCOVERY_PATH, key_set_url};
use crate::keys::KeySet;
use crate::url::IssuerUrl;

/// The place of this process that a provider's documents are read from, as it was recorded when the provider was registered.
/// No other place counts for the provider, and no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registered<'a> {
    /// The account of the provider.
    pub account: &'a str,
    /// [`Place::identity`].
    pub place: &'a str,
}

/// A place where this process keeps documents, e.g. a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Tells it from every other place that there ever was, also from a later one of the same name.
    pub identity: String,
    /// What people call it.
    pub name: String,
}

/// A document, or why there is none where it should be.
pub type Document = Result<Vec<u8>, String>;

/// Where documents are that this process keeps itself, e.g. objects in buckets.
pub trait LocalDocuments: Debug + Send + Sync {
    /// The place that an https URL leads to now, if it is this account's.
    fn place(&self, url: &str, account: &str) -> Option<Place>;

    /// The document at an https URL, in the place of a provider and nowhere else.
    fn document<'a>(
        &'a self,
        url: &'a str,
        provider: Registered<'a>,
    ) -> Pin<Box<dyn Future<Output = Document> + Send + 'a>>;
}

/// The place that holds an issuer's discovery document now.
pub(crate) async fn place(
    documents: &dyn LocalDocuments,
    issuer: &IssuerUrl,
    account: &str,
) -> Option<Place> {
    let place = documents.place(&issuer.join(DISCOVERY_PATH), account)?;
    let provider = Registered {
        account,
        place: &place.identity,
    };
    let at = key_set_at(documents, issuer, provider).await;
    at.is_ok().then_some(place)
}

/// The keys of an issuer whose two documents are both kept here. They are read anew each time: a key that was put there is
/// accepted, and one that was taken away refused, from the next token on.
pub(crate) async fn keys(
    documents: &dyn LocalDocuments,
    issuer: &IssuerUrl,
    provider: Registered<'_>,
) -> Result<KeySet, TokenError> {
    let at = key_set_at(documents, issuer, provider).await?;
    let keys = documents.document(&at, provider).await;
    KeySet::parse(&keys.map_err(|reason| missing(&at, &reason))?)
}

/// The URL of the key set, from the discovery document.
async fn key_set_at(
    documents: &dyn LocalDocuments,
    issuer: &IssuerUrl,
    provider: Registered<'_>,
) -> Result<String, TokenError> {
    let at = issuer.join(DISCOVERY_PATH);
    let discovery = documents.document(&at, provider).await;
    key_set_url(issuer, &discovery.map_err(|reason| missing(&at, &reason))?)
}

fn missing(url: &str, reason: &str) -> TokenError {
    TokenError::unverifiable(format!("{url}: {reason}"))
}
