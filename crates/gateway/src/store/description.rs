//! What is kept of an object besides its bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::checksum::Algorithm;

/// Headers, user metadata, checksum and parts of an object. Stored as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Description {
    /// System headers that come back as they were sent, by lower-case name.
    pub(crate) headers: BTreeMap<String, String>,
    /// `x-amz-meta-*` without the prefix.
    pub(crate) metadata: BTreeMap<String, String>,
    /// The object's checksum, if it has one.
    pub(crate) checksum: Option<StoredChecksum>,
    /// The parts of an object that was uploaded in parts, in order.
    pub(crate) parts: Vec<Part>,
}

/// A checksum as S3 shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredChecksum {
    /// The algorithm.
    pub(crate) algorithm: Algorithm,
    /// Over the bytes, or over the parts' checksums.
    pub(crate) kind: ChecksumKind,
    /// Base64; composite ones end in `-N`, the number of parts.
    pub(crate) value: String,
}

/// What a checksum of a multipart object is computed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ChecksumKind {
    /// All bytes of the object.
    FullObject,
    /// The checksums of its parts.
    Composite,
}

impl ChecksumKind {
    /// As in `x-amz-checksum-type`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::FullObject => "FULL_OBJECT",
            Self::Composite => "COMPOSITE",
        }
    }

    /// Reads `x-amz-checksum-type`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "FULL_OBJECT" => Some(Self::FullObject),
            "COMPOSITE" => Some(Self::Composite),
            _ => None,
        }
    }
}

/// A part of a finished object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    /// Its number, 1–10,000.
    pub(crate) number: u32,
    /// Its length in bytes.
    pub(crate) size: u64,
    /// Its checksum in the object's algorithm, in base64.
    pub(crate) checksum: Option<String>,
}
