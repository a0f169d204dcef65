//! Action patterns, for expanding them into groups.

/// Whether an action matches a pattern of IAM, in which `*` stands for anything. Case doesn't matter.
pub(crate) fn matches(pattern: &str, action: &str) -> bool {
    assert!(!pattern.contains('?'), "{pattern}");
    bytes(pattern.as_bytes(), action.as_bytes())
}

fn bytes(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=text.len()).any(|at| bytes(rest, &text[at..])),
        ([want, rest @ ..], [is, tail @ ..]) => want.eq_ignore_ascii_case(is) && bytes(rest, tail),
        _ => false,
    }
}
