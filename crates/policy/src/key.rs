//! Names of condition keys, hashed once when a policy is compiled.

/// The name of a condition key. Names are compared without regard to ASCII case, as IAM does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    name: Box<str>,
    hash: u64,
}

impl Key {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            hash: folded_hash(name),
        }
    }

    /// The name as the policy spells it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }
}

/// A hash that is the same for every spelling of a name. Others may share it: it is only ever
/// used to find what is then compared in full, so a collision costs time and nothing else.
pub(crate) fn folded_hash(text: &str) -> u64 {
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let mut hash = text.len() as u64;
    for word in words {
        hash = mix(hash, u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    hash = mix(hash, u64::from_le_bytes(last));
    hash ^ (hash >> 32)
}

// Setting bit 5 folds letters to lower case. It makes some other characters equal too, which is
// a collision like any other.
fn mix(hash: u64, word: u64) -> u64 {
    const CASE: u64 = 0x2020_2020_2020_2020;
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    (hash.rotate_left(23) ^ (word | CASE)).wrapping_mul(FACTOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_change_the_hash_and_text_does() {
        for (left, right) in [
            ("aws:PrincipalTag/Team", "AWS:principaltag/TEAM"),
            ("s3:prefix", "S3:Prefix"),
            ("", ""),
        ] {
            assert_eq!(folded_hash(left), folded_hash(right));
        }
        let names = [
            "aws:SourceIp",
            "aws:SourceArn",
            "aws:userid",
            "aws:username",
            "s3:prefix",
            "s3:delimiter",
            "a",
            "b",
            "",
        ];
        for (at, left) in names.iter().enumerate() {
            for right in names.iter().skip(at + 1) {
                assert_ne!(folded_hash(left), folded_hash(right), "{left} {right}");
            }
        }
    }
}
