//! Signing the chunks of an `aws-chunked` body: the client's side of [`ChunkDecoder`](crate::sigv4::ChunkDecoder).

use std::fmt;

use jiff::Timestamp;

use crate::hex;
use crate::sigv4::chunked::EMPTY_SHA256;
use crate::sigv4::clock;
use crate::sigv4::payload::sha256;
use crate::sigv4::scope::{Scope, SigningKey};

/// Signs the chunks of one body in their order, each signature covering the one before.
pub struct ChunkSigner {
    key: SigningKey,
    timestamp: Timestamp,
    scope: Scope,
    previous: String,
}

impl ChunkSigner {
    pub(super) fn new(key: SigningKey, timestamp: Timestamp, scope: Scope, seed: String) -> Self {
        Self {
            key,
            timestamp,
            scope,
            previous: seed,
        }
    }

    /// The `chunk-signature` of the next chunk; the last one is empty.
    pub fn chunk(&mut self, data: &[u8]) -> &str {
        let hash = hex::encode(&sha256(data));
        self.link(
            "AWS4-HMAC-SHA256-PAYLOAD",
            &format!("{EMPTY_SHA256}\n{hash}"),
        )
    }

    /// The `x-amz-trailer-signature` of trailing headers, `name:value` and a line feed each.
    pub fn trailers(&mut self, lines: &str) -> &str {
        let hash = hex::encode(&sha256(lines.as_bytes()));
        self.link("AWS4-HMAC-SHA256-TRAILER", &hash)
    }

    fn link(&mut self, algorithm: &str, hashes: &str) -> &str {
        let text = format!(
            "{algorithm}\n{}\n{}\n{}\n{hashes}",
            clock::basic(self.timestamp),
            self.scope,
            self.previous
        );
        self.previous = self.key.sign(&text);
        &self.previous
    }
}

impl fmt::Debug for ChunkSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkSigner")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
