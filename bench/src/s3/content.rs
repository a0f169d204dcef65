//! Bodies of any length that are not held.

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;

/// Bytes of one piece.
const PIECE: u64 = 1024 * 1024;

/// How big the objects are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    Small,
    Medium,
    Large,
}

/// A body: one piece again and again.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    piece: Bytes,
    length: u64,
}

impl Size {
    pub(crate) const ALL: [Self; 3] = [Self::Small, Self::Medium, Self::Large];

    pub(crate) fn bytes(self) -> u64 {
        match self {
            Self::Small => 1024,
            Self::Medium => 1024 * 1024,
            Self::Large => 1024 * 1024 * 1024,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Small => "1 KB",
            Self::Medium => "1 MB",
            Self::Large => "1 GB",
        }
    }

    /// Connections at once: enough to keep the server busy, and few enough for the disk.
    pub(crate) fn connections(self) -> usize {
        match self {
            Self::Small => 32,
            Self::Medium => 16,
            Self::Large => 2,
        }
    }
}

impl Content {
    pub(crate) fn of(size: Size) -> Self {
        let length = size.bytes();
        let piece = (0..length.min(PIECE)).map(|at| (at % 251) as u8).collect();
        Self { piece, length }
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Its SHA-256.
    pub(crate) fn hash(&self) -> [u8; 32] {
        let mut context = Context::new(&SHA256);
        self.pieces().for_each(|piece| context.update(&piece));
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        hash
    }

    /// Its bytes, piece by piece.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = Bytes> + '_ {
        // Lengths are whole pieces, or less than one.
        let count = self.length / self.piece.len() as u64;
        (0..count).map(|_| self.piece.clone())
    }
}
