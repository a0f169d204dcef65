//! Patterns of actions, and the order of names, both without regard to the case of ASCII letters.

use std::cmp::Ordering;

/// Whether a pattern with `*` (any run) and `?` (one byte) covers the whole text. Names of actions are ASCII, so a byte
/// is a character.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go on if what follows the last star does not fit: the star, and the text that it has taken so far.
    let mut last_star = None;
    while let Some(byte) = text.get(t) {
        match pattern.get(p) {
            Some(b'*') => {
                last_star = Some((p, t));
                p += 1;
            }
            Some(wanted) if *wanted == b'?' || wanted.eq_ignore_ascii_case(byte) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((star, taken)) = last_star else {
                    return false;
                };
                last_star = Some((star, taken + 1));
                p = star + 1;
                t = taken + 1;
            }
        }
    }
    let rest = pattern.get(p..).unwrap_or_default();
    rest.iter().all(|byte| *byte == b'*')
}

/// Whether a pattern consists of stars.
pub(crate) fn is_everything(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*')
}

/// The order of the table.
pub(crate) fn compare(left: &str, right: &str) -> Ordering {
    let fold = |byte: u8| byte.to_ascii_lowercase();
    left.bytes().map(fold).cmp(right.bytes().map(fold))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        let arguments = [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("Get*", "getobject", true),
            ("*Object", "GetObjectObject", true),
            ("*Object", "GetObjectAcl", false),
            ("*Obj*Acl*", "PutObjectAcl", true),
            ("*b*b", "abab", true),
            ("*b*b", "aba", false),
            ("Get?", "Get", false),
            ("?et**Object", "GetObject", true),
        ];
        for (pattern, text, expected) in arguments {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
