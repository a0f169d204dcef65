//! Names of objects in a cluster.

/// Whether a text can be the name of an object: a DNS subdomain (RFC 1123).
pub(crate) fn is_name(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    let ends = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    text.len() <= 253 && text.bytes().all(fits) && ends(bytes.first()) && ends(bytes.last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_is_told_from_names() {
        for name in ["default", "a.b-c", "1", &"a".repeat(253)] {
            assert!(is_name(name), "{name}");
        }
        for no in [
            "",
            "..",
            "a/b",
            "A",
            "a?b",
            "a\nb",
            ".a",
            "a-",
            &"a".repeat(254),
        ] {
            assert!(!is_name(no), "{no}");
        }
    }
}
