//! Annotations: how their texts are read.

use std::collections::BTreeSet;

use super::SHORTEST;

/// A boolean as Go's `strconv.ParseBool` reads it; `None` for every other text.
#[must_use]
pub fn go_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// A token's life: a decimal number of seconds, raised to [`SHORTEST`].
pub(super) fn token_expiration(text: &str) -> Option<i64> {
    let seconds: i64 = text.parse().ok()?;
    Some(seconds.max(SHORTEST))
}

/// The names in `skip-containers`: one record of comma-separated values (RFC 4180), in which
/// blanks count. What is no such record skips nothing.
#[must_use]
pub fn skipped_containers(text: &str) -> BTreeSet<String> {
    record(text).unwrap_or_default()
}

fn record(text: &str) -> Option<BTreeSet<String>> {
    let mut fields = BTreeSet::new();
    let mut rest = text.lines().find(|line| !line.is_empty())?;
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_field(quoted)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                let (field, after) = rest.split_at(end);
                // A quote in a field without quotes makes the record an error.
                if field.contains('"') {
                    return None;
                }
                (field.to_owned(), after)
            }
        };
        fields.insert(field);
        if after.is_empty() {
            return Some(fields);
        }
        rest = after.strip_prefix(',')?;
    }
}

/// The text up to the closing quote, in which a quote is written twice, and what follows.
fn quoted_field(text: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('"')?;
        field.push_str(part);
        match after.strip_prefix('"') {
            Some(more) => {
                field.push('"');
                rest = more;
            }
            None => return Some((field, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skipped(text: &str) -> Vec<String> {
        skipped_containers(text).into_iter().collect()
    }

    #[test]
    fn containers_to_skip_are_one_record() {
        assert_eq!(skipped("a,b"), ["a", "b"]);
        assert_eq!(skipped("a, b"), [" b", "a"]);
        assert_eq!(skipped(r#""a,b","c""d""#), ["a,b", "c\"d"]);
        assert_eq!(skipped("a\nb"), ["a"]);
        for nothing in ["", "a\"b", "\"a", "\"a\"b"] {
            assert_eq!(skipped(nothing), Vec::<String>::new(), "{nothing}");
        }
    }

    #[test]
    fn booleans_are_gos() {
        assert_eq!(go_bool("T"), Some(true));
        assert_eq!(go_bool("FALSE"), Some(false));
        for no in ["", "yes", "tRUE", " true"] {
            assert_eq!(go_bool(no), None, "{no}");
        }
    }

    #[test]
    fn a_tokens_life_is_raised_and_never_lowered() {
        assert_eq!(token_expiration("1"), Some(600));
        assert_eq!(token_expiration("-5"), Some(600));
        assert_eq!(token_expiration("999999"), Some(999_999));
        assert_eq!(token_expiration("1h"), None);
    }
}
