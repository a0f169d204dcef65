//! The ids that S3 writes into answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The ids of one answer.
#[derive(Debug, Clone)]
pub(crate) struct Ids {
    /// `x-amz-request-id`, the same as in the audit trail.
    pub(crate) request: String,
    /// `x-amz-id-2`, S3's second id.
    pub(crate) host: String,
}

impl Ids {
    /// The ids for the request of this id.
    pub(crate) fn new(request: &str) -> Self {
        let mut bytes = [0u8; 48];
        for chunk in bytes.chunks_exact_mut(16) {
            chunk.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
        }
        Self {
            request: request.to_owned(),
            host: STANDARD.encode(bytes),
        }
    }
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]])
        .map(char::from)
        .collect()
}
