//! Digests: the ETag's MD5 and the five checksums of S3.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};
use serde::{Deserialize, Serialize};

use crate::ids::hex;
use crate::store::ChecksumKind;

/// A checksum algorithm of S3 (S3 User Guide, "Checking object integrity").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Algorithm {
    /// CRC-32.
    Crc32,
    /// CRC-32C.
    Crc32c,
    /// CRC-64/NVME, S3's default.
    Crc64Nvme,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl Algorithm {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [
        Self::Crc32,
        Self::Crc32c,
        Self::Crc64Nvme,
        Self::Sha1,
        Self::Sha256,
    ];

    /// As in `x-amz-checksum-algorithm`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    /// The header or trailer that carries the value.
    pub(crate) fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// Reads `x-amz-checksum-algorithm`, in whatever case.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let same = |algorithm: &Self| algorithm.name().eq_ignore_ascii_case(text);
        Self::ALL.into_iter().find(same)
    }

    /// Bytes of a value.
    pub(crate) fn length(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// Reads a value; anything but base64 of the right length is none.
    pub(crate) fn value(self, text: &str) -> Option<Vec<u8>> {
        let bytes = STANDARD.decode(text).ok()?;
        (bytes.len() == self.length()).then_some(bytes)
    }

    /// What multipart uploads use when the client doesn't say.
    pub(crate) fn default_kind(self) -> ChecksumKind {
        match self {
            Self::Crc64Nvme => ChecksumKind::FullObject,
            _ => ChecksumKind::Composite,
        }
    }

    /// Whether multipart uploads may use the algorithm in this way.
    pub(crate) fn supports(self, kind: ChecksumKind) -> bool {
        match self {
            Self::Crc32 | Self::Crc32c => true,
            Self::Crc64Nvme => kind == ChecksumKind::FullObject,
            Self::Sha1 | Self::Sha256 => kind == ChecksumKind::Composite,
        }
    }
}

/// A checksum of bytes that are still coming.
pub(crate) enum Running {
    /// CRC-32.
    Crc32(Crc32),
    /// CRC-32C.
    Crc32c(Crc32c),
    /// CRC-64/NVME.
    Crc64Nvme(Crc64Nvme),
    /// SHA-1.
    Sha1(Sha1),
    /// SHA-256.
    Sha256(Sha256),
}

impl Running {
    /// Of no bytes yet.
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Crc32 => Self::Crc32(Crc32::new()),
            Algorithm::Crc32c => Self::Crc32c(Crc32c::new()),
            Algorithm::Crc64Nvme => Self::Crc64Nvme(Crc64Nvme::new()),
            Algorithm::Sha1 => Self::Sha1(Sha1::new()),
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
        }
    }

    /// Takes more bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc32(running) => running.update(bytes),
            Self::Crc32c(running) => running.update(bytes),
            Self::Crc64Nvme(running) => running.update(bytes),
            Self::Sha1(running) => running.update(bytes),
            Self::Sha256(running) => running.update(bytes),
        }
    }

    /// The checksum, in base64.
    pub(crate) fn finish(self) -> String {
        match self {
            Self::Crc32(running) => STANDARD.encode(running.finalize()),
            Self::Crc32c(running) => STANDARD.encode(running.finalize()),
            Self::Crc64Nvme(running) => STANDARD.encode(running.finalize()),
            Self::Sha1(running) => STANDARD.encode(running.finalize()),
            Self::Sha256(running) => STANDARD.encode(running.finalize()),
        }
    }
}

/// Digests of bytes that are still coming.
pub(crate) struct Digesting {
    md5: Md5,
    checksum: Option<(Algorithm, Running)>,
}

/// Digests of bytes that have all come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digests {
    /// MD5.
    pub(crate) md5: [u8; 16],
    /// The checksum that was asked for, in base64.
    pub(crate) checksum: Option<(Algorithm, String)>,
}

impl Digesting {
    /// Digests nothing yet.
    pub(crate) fn new(algorithm: Option<Algorithm>) -> Self {
        Self {
            md5: Md5::new(),
            checksum: algorithm.map(|a| (a, Running::new(a))),
        }
    }

    /// Takes more bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        if let Some((_, running)) = &mut self.checksum {
            running.update(bytes);
        }
    }

    /// The digests.
    pub(crate) fn finish(self) -> Digests {
        Digests {
            md5: self.md5.finalize(),
            checksum: self.checksum.map(|(a, running)| (a, running.finish())),
        }
    }
}

impl Digests {
    /// The digests of bytes that are all here.
    pub(crate) fn of(bytes: &[u8], algorithm: Option<Algorithm>) -> Self {
        let mut digesting = Digesting::new(algorithm);
        digesting.update(bytes);
        digesting.finish()
    }

    /// The ETag of an object that was uploaded whole, without quotes.
    pub(crate) fn etag(&self) -> String {
        hex(&self.md5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // The values of "hello" that the AWS SDKs send.
        for (algorithm, value) in [
            (Algorithm::Crc32, "NhCmhg=="),
            (Algorithm::Crc32c, "mnG7TA=="),
            (Algorithm::Sha1, "qvTGHdzF6KLavt4PO0gs2a6pQ00="),
            (
                Algorithm::Sha256,
                "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
            ),
        ] {
            let digests = Digests::of(b"hello", Some(algorithm));
            assert_eq!(digests.checksum, Some((algorithm, value.to_owned())));
            assert_eq!(digests.etag(), "5d41402abc4b2a76b9719d911017c592");
            assert!(algorithm.value(value).is_some());
            assert!(algorithm.value("AAAA").is_none());
            assert!(algorithm.value("not base64").is_none());
        }
    }

    #[test]
    fn names_are_read_in_any_case() {
        assert_eq!(Algorithm::parse("crc64nvme"), Some(Algorithm::Crc64Nvme));
        assert_eq!(Algorithm::parse("MD5"), None);
        for algorithm in Algorithm::ALL {
            assert!(algorithm.supports(algorithm.default_kind()));
        }
    }
}
