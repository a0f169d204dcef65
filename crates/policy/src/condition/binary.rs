//! Binary values in conditions, which policies carry in base64 (RFC 4648, section 4).
//!
//! With its padding, and with what is left of the last digit zero, every value has one spelling:
//! so two of them are equal when their texts are.

/// Whether the text is exactly what an encoder writes.
pub(crate) fn is_base64(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (digits, unused_bits) = match bytes {
        [digits @ .., b'=', b'='] => (digits, 4),
        [digits @ .., b'='] => (digits, 2),
        digits => (digits, 0),
    };
    let is_clean = |last: Option<&u8>| {
        let last = last.and_then(|digit| sextet(*digit)).unwrap_or(0);
        last & ((1 << unused_bits) - 1) == 0
    };
    bytes.len().is_multiple_of(4)
        && digits.iter().all(|digit| sextet(*digit).is_some())
        && is_clean(digits.last())
        && (unused_bits == 0 || !digits.is_empty())
}

fn sextet(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_of_the_rfc() {
        for text in ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmFy", "/+8="] {
            assert!(is_base64(text), "{text}");
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zm 9", "Zm-_", "=Zm8", "Zg==Zg==",
            "Zm8==", "==", "=",
        ] {
            assert!(!is_base64(text), "{text}");
        }
    }
}
