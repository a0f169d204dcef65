//! The encoding of policy documents in answers.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Encodes a policy document as IAM returns it: every byte outside RFC 3986's unreserved set as `%XX`, a space as
/// `%20` and never `+` (IAM API Reference, "the policy document returned is URL-encoded compliant with RFC 3986").
/// Generated shapes call it; handlers keep documents as they were stored.
#[must_use]
pub fn encode_document(document: &str) -> String {
    utf8_percent_encode(document, RESERVED).to_string()
}

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(
            encode_document("{\"a\": \"*~-._\u{e9}\"}"),
            "%7B%22a%22%3A%20%22%2A~-._%C3%A9%22%7D"
        );
    }
}
