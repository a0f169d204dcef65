//! Issuers whose URL is a bucket's: their documents are read from our own buckets.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use federation::{Document, LocalDocuments, Place, Registered};
use gateway::Gateway;

/// The buckets as a place of issuers' documents.
pub(crate) struct BucketIssuers(pub(crate) Arc<Gateway>);

impl LocalDocuments for BucketIssuers {
    fn place(&self, url: &str, account: &str) -> Option<Place> {
        let (name, identity) = self.0.issuer_bucket(url, account.parse().ok()?)?;
        Some(Place { identity, name })
    }

    fn document<'a>(
        &'a self,
        url: &'a str,
        provider: Registered<'a>,
    ) -> Pin<Box<dyn Future<Output = Document> + Send + 'a>> {
        Box::pin(async move {
            let owner = provider.account.parse();
            let owner = owner.map_err(|_| "the provider's account is no account".to_owned())?;
            self.0.issuer_document(url, owner, provider.place).await
        })
    }
}

impl fmt::Debug for BucketIssuers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BucketIssuers")
    }
}
