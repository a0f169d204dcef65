//! The issuers that this server hosts, and their documents.

use std::sync::Arc;

use bytes::Bytes;
use federation::{Issuer, IssuerUrl};

/// The hosted issuers; the first is the default one.
#[derive(Clone, Default)]
pub(crate) struct Issuers(Vec<Arc<Issuer>>);

impl Issuers {
    pub(crate) fn new(issuers: Vec<Arc<Issuer>>) -> Self {
        Self(issuers)
    }

    pub(crate) fn default_issuer(&self) -> Option<&Arc<Issuer>> {
        self.0.first()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Issuer>> {
        self.0.iter()
    }

    /// The public document at this path: discovery or keys of an issuer whose URL has the
    /// path's beginning. No bucket is hidden by it: a made-up issuer's path begins with
    /// `/id/`, and bucket names have three characters at least.
    pub(crate) fn document(&self, path: &str) -> Option<Bytes> {
        let at = |issuer: &Issuer, suffix: &str| path == path_of(issuer.url()).to_owned() + suffix;
        self.0.iter().find_map(|issuer| {
            if at(issuer, Issuer::DISCOVERY_PATH) {
                Some(issuer.discovery_document().into())
            } else if at(issuer, Issuer::KEY_SET_PATH) {
                Some(issuer.jwks().into())
            } else {
                None
            }
        })
    }
}

/// `/path` of `https://host/path`, without a slash at its end.
fn path_of(url: &IssuerUrl) -> &str {
    let rest = url.without_scheme();
    let path = rest.find('/').and_then(|at| rest.get(at..));
    path.unwrap_or_default().trim_end_matches('/')
}
