//! Percent-encoding as signatures need it.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use crate::hex;

/// Everything but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// As [`RESERVED`], but the slash stays.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// A `%` that two hexadecimal digits don't follow.
#[derive(Debug)]
pub(super) struct BadEscape;

/// The bytes that `text` stands for. With `plus_is_space`, as in a query.
pub(super) fn decode(text: &str, plus_is_space: bool) -> Result<Cow<'_, [u8]>, BadEscape> {
    let text = text.as_bytes();
    if !text
        .iter()
        .any(|&b| b == b'%' || (plus_is_space && b == b'+'))
    {
        return Ok(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'%' => {
                let (pair, tail) = rest.split_first_chunk::<2>().ok_or(BadEscape)?;
                bytes.push(hex::decode::<1>(pair).ok_or(BadEscape)?[0]);
                rest = tail;
            }
            b'+' if plus_is_space => bytes.push(b' '),
            other => bytes.push(other),
        }
    }
    Ok(Cow::Owned(bytes))
}

/// `bytes` with all but the unreserved characters escaped.
pub(super) fn encode(bytes: &[u8]) -> String {
    percent_encode(bytes, RESERVED).to_string()
}

/// As [`encode`], keeping slashes.
pub(super) fn encode_path(bytes: &[u8]) -> String {
    percent_encode(bytes, RESERVED_IN_PATH).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plus_is_a_space_only_in_a_query() {
        assert_eq!(&*decode("a+b%2B%20", true).unwrap(), b"a b+ ");
        assert_eq!(&*decode("a+b%2b%20", false).unwrap(), b"a+b+ ");
    }

    #[test]
    fn broken_escapes_are_refused() {
        for bad in ["%", "%2", "a%zz", "%+1", "%%41"] {
            assert!(decode(bad, true).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(
            encode("aZ09-._~ /+*ü".as_bytes()),
            "aZ09-._~%20%2F%2B%2A%C3%BC"
        );
        assert_eq!(encode_path(b"/a b/%41"), "/a%20b/%2541");
    }
}
