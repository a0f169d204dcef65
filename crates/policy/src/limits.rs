//! Size rules of policy documents.

/// Characters of a document that count towards IAM's quotas: white space does not
/// (IAM User Guide, "IAM and AWS STS quotas").
#[must_use]
pub fn size_without_whitespace(text: &str) -> usize {
    text.chars()
        .filter(|character| !character.is_ascii_whitespace())
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_tabs_and_line_ends_are_free() {
        assert_eq!(size_without_whitespace("{ \"a\" :\t\"b c\"\r\n}"), 10);
        assert_eq!(size_without_whitespace(""), 0);
        assert_eq!(size_without_whitespace("é"), 1);
    }
}
