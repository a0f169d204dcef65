//! A store behind this one: requests are verified and authorized here, signed anew, and streamed to it.
//!
//! Buckets' owners, policies, Block Public Access and tags are this server's. Objects, and every other
//! setting of a bucket, are the upstream's.

mod answer;
mod buckets;
mod chunks;
mod connect;
mod copy;
mod credentials;
mod delete;
mod document;
mod endpoint;
mod form;
mod forward;
mod headers;
mod held;
mod query;
mod refusal;
mod send;
mod serve;
mod tags;
mod understood;
mod upload;
mod whole;

pub use buckets::{TakeInError, TakenIn};
pub use connect::ConnectError;
pub use credentials::{UpstreamCredentials, UpstreamKeys};
pub use endpoint::{InvalidUpstreamUrl, UpstreamStyle, UpstreamUrl};

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use door::Clock;

use connect::Connections;

/// How the upstream is reached.
pub struct UpstreamOptions {
    /// Its URL.
    pub url: UpstreamUrl,
    /// The region that requests are signed for.
    pub region: String,
    /// Where the bucket's name goes.
    pub style: UpstreamStyle,
    /// Certificates in PEM that are trusted besides the platform's.
    pub roots_pem: Option<Vec<u8>>,
    /// How long the upstream may be silent: before an answer begins, and between its pieces.
    pub patience: Duration,
    /// Whose requests they are.
    pub credentials: Arc<dyn UpstreamCredentials>,
    /// The time that requests are signed with.
    pub clock: Arc<dyn Clock>,
}

/// The store behind this one.
pub struct Upstream {
    connections: Connections,
    url: UpstreamUrl,
    region: String,
    style: UpstreamStyle,
    patience: Duration,
    credentials: Arc<dyn UpstreamCredentials>,
    clock: Arc<dyn Clock>,
}

impl Upstream {
    /// Prepares connections; none is made yet.
    ///
    /// # Errors
    /// [`ConnectError`] if the certificates can't be used.
    pub fn new(options: UpstreamOptions) -> Result<Self, ConnectError> {
        Ok(Self {
            connections: connect::connections(options.roots_pem.as_deref(), options.patience)?,
            url: options.url,
            region: options.region,
            style: options.style,
            patience: options.patience,
            credentials: options.credentials,
            clock: options.clock,
        })
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream")
            .field("url", &self.url)
            .field("region", &self.region)
            .field("style", &self.style)
            .finish_non_exhaustive()
    }
}
