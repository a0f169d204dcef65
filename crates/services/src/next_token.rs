//! Pagination by tokens that hold the last key of a page.

/// A token that no page has given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnknownToken;

/// A page of at most `most` of `entries`, each with its key, in ascending order of the keys, and the token of the next one.
///
/// # Errors
/// [`UnknownToken`] when the token isn't one of ours.
pub(crate) fn page<K: AsRef<str>, T>(
    token: Option<&str>,
    most: usize,
    entries: impl IntoIterator<Item = (K, T)>,
) -> Result<(Vec<T>, Option<String>), UnknownToken> {
    let after = token.map(decode).transpose()?;
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

fn decode(token: &str) -> Result<String, UnknownToken> {
    let digits: Option<Vec<u8>> = token
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|it| u8::try_from(it).ok()))
        .collect();
    let digits = digits.filter(|it| !it.is_empty()).ok_or(UnknownToken)?;
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(high << 4 | low),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or(UnknownToken)
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
            let (items, next) = page(token.as_deref(), 7, entries).unwrap();
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
            assert!(page(Some(bad), 20, none.clone()).is_err(), "{bad}");
        }
    }
}
