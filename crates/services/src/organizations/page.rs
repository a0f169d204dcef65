//! Pagination by `NextToken` and `MaxResults`.

use super::fault::invalid;
use crate::wire::Fault;

/// `MaxResults` when it isn't given, and the most (AWS Organizations API Reference).
const PAGE: usize = 20;

/// A page of `entries`, each with its key, in ascending order of the keys, and the token of the
/// next one.
///
/// # Errors
/// `InvalidInputException` when the token isn't one of ours.
pub(super) fn page<K: AsRef<str>, T>(
    token: Option<&str>,
    max_results: Option<i32>,
    entries: impl IntoIterator<Item = (K, T)>,
) -> Result<(Vec<T>, Option<String>), Fault> {
    let after = token.map(decode).transpose()?;
    let most = max_results.and_then(|it| usize::try_from(it).ok());
    let most = most.unwrap_or(PAGE);
    let mut items = Vec::new();
    let mut last: Option<K> = None;
    for (key, item) in entries {
        if after.as_deref().is_some_and(|after| key.as_ref() <= after) {
            continue;
        }
        if items.len() == most {
            return Ok((items, last.map(|key| encode(key.as_ref()))));
        }
        items.push(item);
        last = Some(key);
    }
    Ok((items, None))
}

/// The last key of a page, in hexadecimal.
fn encode(key: &str) -> String {
    key.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn decode(token: &str) -> Result<String, Fault> {
    let unclear = || {
        invalid(
            "INVALID_NEXT_TOKEN",
            "Get the value for the NextToken parameter from the response to a previous call of \
             the operation.",
        )
    };
    let digits: Option<Vec<u8>> = token
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|it| u8::try_from(it).ok()))
        .collect();
    let digits = digits.filter(|it| !it.is_empty()).ok_or_else(unclear)?;
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(high << 4 | low),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(unclear)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_show_every_entry_once() {
        let keys: Vec<String> = (0..45).map(|it| format!("k{it:02}")).collect();
        let (mut seen, mut token) = (Vec::new(), None);
        loop {
            let entries = keys.iter().map(|key| (key, key.clone()));
            let (items, next) = page(token.as_deref(), Some(7), entries).unwrap();
            assert!(items.len() <= 7);
            seen.extend(items);
            token = next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, keys);
        let none: [(String, ()); 0] = [];
        for bad in ["", "x", "abc", "ff"] {
            assert!(page(Some(bad), None, none.clone()).is_err(), "{bad}");
        }
    }
}
