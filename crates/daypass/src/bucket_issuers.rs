//! Issuers whose URL is a bucket's: their documents are read from our own buckets.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use federation::{Document, LocalDocuments, Registered};
use gateway::Gateway;

/// The buckets as a place of issuers' documents.
pub(crate) struct BucketIssuers(pub(crate) Arc<Gateway>);

impl LocalDocuments for BucketIssuers {
    fn document<'a>(
        &'a self,
        url: &'a str,
        provider: Registered<'a>,
    ) -> Pin<Box<dyn Future<Output = Option<Document>> + Send + 'a>> {
        Box::pin(async move {
            let owner = provider.account.parse().ok()?;
            self.0.issuer_document(url, owner, provider.since).await
        })
    }
}

impl fmt::Debug for BucketIssuers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BucketIssuers")
    }
}
