//! The ids of versions.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use uuid::Uuid;

/// A version's id, unique among the versions of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum VersionId {
    /// `null`: written while the bucket's versioning was off or suspended. A key has one at most.
    #[default]
    Null,
    /// Written while it was on. The sequence says where the version stands among those of its key, also
    /// after it was deleted: a listing goes on behind a version that its reader has just removed.
    Own {
        /// Higher ones are newer.
        sequence: i64,
        /// By chance, so that a sequence that is used again makes another id.
        chance: u64,
    },
}

/// Text that no version can have as its id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not the id of a version")]
pub(crate) struct InvalidVersionId(pub(crate) String);

impl VersionId {
    /// A new id for the version of this sequence.
    pub(super) fn new(sequence: i64) -> Self {
        let (chance, _) = Uuid::new_v4().as_u64_pair();
        Self::Own { sequence, chance }
    }

    /// The id, if it is not `null`. Answers to writes name only these (S3 API Reference, PutObject).
    pub(crate) fn own(self) -> Option<Self> {
        (self != Self::Null).then_some(self)
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Own { sequence, chance } => write!(f, "{sequence:016x}{chance:016x}"),
        }
    }
}

impl FromStr for VersionId {
    type Err = InvalidVersionId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "null" {
            return Ok(Self::Null);
        }
        let invalid = || InvalidVersionId(text.to_owned());
        // One spelling for each id: no signs, no capitals.
        let digits = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() != 32 || !text.bytes().all(digits) {
            return Err(invalid());
        }
        let (sequence, chance) = text.split_at_checked(16).ok_or_else(invalid)?;
        Ok(Self::Own {
            sequence: i64::from_str_radix(sequence, 16).map_err(|_| invalid())?,
            chance: u64::from_str_radix(chance, 16).map_err(|_| invalid())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_from_their_text() {
        for id in [
            VersionId::Null,
            VersionId::new(0),
            VersionId::new(1),
            VersionId::new(i64::MAX),
            VersionId::Own {
                sequence: 7,
                chance: u64::MAX,
            },
        ] {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        assert_ne!(VersionId::new(1), VersionId::new(1));
    }

    #[test]
    fn other_texts_are_no_ids() {
        let id = VersionId::new(0xab).to_string();
        for text in [
            "",
            "Null",
            "x",
            &id[1..],
            &format!("{id}0"),
            &id.to_uppercase(),
            &format!("+{}", &id[1..]),
            &format!("8{}", &id[1..]),
            "éééééééééééééééé",
        ] {
            assert!(text.parse::<VersionId>().is_err(), "{text}");
        }
    }
}
