//! Unique ids of IAM entities, and the base32 they are written in.

use crate::random;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What a unique id stands for (IAM User Guide, "Understanding unique ID prefixes").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UniqueIdPrefix {
    /// `AROA`
    Role,
    /// `AIDA`
    User,
    /// `AGPA`
    Group,
    /// `ANPA`
    ManagedPolicy,
    /// `ANVA`
    ManagedPolicyVersion,
    /// `AIPA`
    InstanceProfile,
    /// `ASCA`
    Certificate,
    /// `APKA`
    PublicKey,
    /// `ACCA`
    ServiceCredential,
}

impl UniqueIdPrefix {
    /// The four letters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Role => "AROA",
            Self::User => "AIDA",
            Self::Group => "AGPA",
            Self::ManagedPolicy => "ANPA",
            Self::ManagedPolicyVersion => "ANVA",
            Self::InstanceProfile => "AIPA",
            Self::Certificate => "ASCA",
            Self::PublicKey => "APKA",
            Self::ServiceCredential => "ACCA",
        }
    }
}

/// A fresh unique id: the prefix and 17 random characters of base32, 21 in all.
pub fn unique_id(prefix: UniqueIdPrefix) -> String {
    let mut id = String::with_capacity(21);
    id.push_str(prefix.as_str());
    base32_encode(u128::from_be_bytes(random::bytes()), 17, &mut id);
    id
}

/// A fresh id of a signing certificate, which has no prefix: 32 random characters of base32.
pub fn signing_certificate_id() -> String {
    let mut id = String::with_capacity(32);
    for _ in 0..2 {
        base32_encode(u128::from_be_bytes(random::bytes()), 16, &mut id);
    }
    id
}

/// Appends the low 5·`chars` bits, most significant first.
pub(crate) fn base32_encode(bits: u128, chars: u32, to: &mut String) {
    for at in (0..chars).rev() {
        to.push(char::from(ALPHABET[(bits >> (5 * at) & 31) as usize]));
    }
}

/// The number that up to 25 characters stand for.
pub(crate) fn base32_decode(text: &[u8]) -> Option<u128> {
    text.iter().try_fold(0u128, |bits, &byte| {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return None,
        };
        Some(bits << 5 | u128::from(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_prefix_length_and_alphabet() {
        let id = unique_id(UniqueIdPrefix::Role);
        assert_eq!(id.len(), 21);
        assert!(id.starts_with("AROA"));
        assert!(id.bytes().all(|b| ALPHABET.contains(&b)));
        assert_ne!(id, unique_id(UniqueIdPrefix::Role));
    }

    #[test]
    fn base32_round_trips() {
        let mut text = String::new();
        base32_encode(0x1234_5678_9abc_def0_1234, 16, &mut text);
        assert_eq!(
            base32_decode(text.as_bytes()),
            Some(0x1234_5678_9abc_def0_1234)
        );
        assert_eq!(base32_decode(b"A1"), None);
    }
}
