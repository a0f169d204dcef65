//! Pagination by `Marker` and `MaxItems`.

use std::cmp::Ordering;

use super::fault::validation;
use crate::wire::Fault;

/// `MaxItems` when it isn't given.
const DEFAULT_ITEMS: usize = 100;
/// Bytes of a key that a marker holds: in hexadecimal they fit into the 320 characters that
/// clients may send back.
const KEY_BYTES: usize = 150;
/// The first byte of every marker: its format.
const FORMAT: u8 = 1;

/// The part of a list that was asked for.
#[derive(Debug)]
pub(super) struct Window {
    after: Option<Position>,
    items: usize,
}

/// A page of a list.
#[derive(Debug)]
pub(super) struct Page<T> {
    /// What is on it.
    pub(super) items: Vec<T>,
    /// Where the next one begins; `None` on the last page.
    pub(super) marker: Option<String>,
}

/// A place in an ordered list: behind the first `passed` entries whose keys begin with `key`.
/// It stays right when entries come and go elsewhere in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Position {
    key: String,
    passed: u16,
}

impl Window {
    /// # Errors
    /// `ValidationError` when the marker isn't one of ours.
    pub(super) fn new(marker: Option<&str>, max_items: Option<i32>) -> Result<Self, Fault> {
        let after = marker
            .map(|text| Position::decode(text).ok_or_else(|| validation("Invalid Marker.")))
            .transpose()?;
        // The shape's rule leaves 1 to 1,000.
        let items = max_items.and_then(|items| usize::try_from(items).ok());
        Ok(Self {
            after,
            items: items.unwrap_or(DEFAULT_ITEMS),
        })
    }

    /// The page of `entries`, each with its key, in ascending order of the keys.
    pub(super) fn page<K: AsRef<str>, T>(
        self,
        entries: impl IntoIterator<Item = (K, T)>,
    ) -> Page<T> {
        let mut skipped = 0;
        let mut reached = self.after.clone();
        let mut items = Vec::new();
        for (key, item) in entries {
            let key = cut(key.as_ref());
            if let Some(after) = &self.after {
                match key.cmp(after.key.as_str()) {
                    Ordering::Less => continue,
                    Ordering::Equal if skipped < after.passed => {
                        skipped += 1;
                        continue;
                    }
                    Ordering::Equal | Ordering::Greater => {}
                }
            }
            if items.len() == self.items {
                return Page {
                    items,
                    marker: reached.map(|it| it.encode()),
                };
            }
            reached = Some(Position::behind(key, reached));
            items.push(item);
        }
        Page {
            items,
            marker: None,
        }
    }
}

impl<T> Page<T> {
    /// Whether there is more.
    pub(super) fn is_truncated(&self) -> bool {
        self.marker.is_some()
    }

    /// The same page of something else.
    pub(super) fn map<U>(self, map: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(map).collect(),
            marker: self.marker,
        }
    }
}

impl Position {
    fn behind(key: &str, before: Option<Self>) -> Self {
        match before {
            Some(before) if before.key == key => Self {
                passed: before.passed.saturating_add(1),
                ..before
            },
            _ => Self {
                key: key.to_owned(),
                passed: 1,
            },
        }
    }

    fn encode(&self) -> String {
        let head = std::iter::once(FORMAT).chain(self.passed.to_be_bytes());
        let bytes = head.chain(self.key.bytes());
        bytes.map(|byte| format!("{byte:02x}")).collect()
    }

    fn decode(text: &str) -> Option<Self> {
        let digits: Vec<u8> = text
            .chars()
            .map(|digit| digit.to_digit(16).and_then(|it| u8::try_from(it).ok()))
            .collect::<Option<_>>()?;
        let pairs = digits.chunks(2).map(|pair| match pair {
            [high, low] => Some(high << 4 | low),
            _ => None,
        });
        let bytes: Vec<u8> = pairs.collect::<Option<_>>()?;
        let [FORMAT, high, low, key @ ..] = bytes.as_slice() else {
            return None;
        };
        Some(Self {
            passed: u16::from_be_bytes([*high, *low]),
            key: String::from_utf8(key.to_vec()).ok()?,
        })
    }
}

/// As much of a key as a marker can hold. Cut keys are in the same order as whole ones.
fn cut(key: &str) -> &str {
    key.get(..key.floor_char_boundary(KEY_BYTES)).unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn walk(keys: &[String], items: i32) -> Vec<String> {
        let mut seen = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let window = Window::new(marker.as_deref(), Some(items)).unwrap();
            let page = window.page(keys.iter().map(|key| (key, key.clone())));
            assert!(page.items.len() <= usize::try_from(items).unwrap());
            seen.extend(page.items);
            marker = page.marker;
            match &marker {
                None => return seen,
                Some(marker) => assert!((1..=320).contains(&marker.chars().count())),
            }
        }
    }

    proptest! {
        #[test]
        fn every_page_size_shows_every_entry_once(
            mut tails in prop::collection::btree_set("[a-cé]{0,4}", 0..40),
            long in any::<bool>(),
            items in 1..45i32,
        ) {
            // Keys that differ only behind what a marker holds.
            let head = if long { "ü".repeat(100) } else { String::new() };
            tails.insert("z".into());
            let keys: Vec<_> = tails.iter().map(|tail| format!("{head}{tail}")).collect();
            prop_assert_eq!(walk(&keys, items), keys);
        }

        #[test]
        fn no_marker_makes_it_panic(text in "\\PC{1,40}") {
            let _ = Window::new(Some(&text), None);
        }
    }

    #[test]
    fn a_page_goes_on_where_the_last_one_ended_although_entries_were_deleted() {
        let keys: Vec<_> = ["a", "b", "c", "d"].map(str::to_owned).into();
        let first = Window::new(None, Some(2)).unwrap();
        let first = first.page(keys.iter().map(|key| (key, key)));
        let left = ["a", "d"].map(|key| (key, key));
        let next = Window::new(first.marker.as_deref(), Some(2)).unwrap();
        assert_eq!(next.page(left).items, ["d"]);
    }

    #[test]
    fn a_marker_that_is_not_ours_is_refused() {
        for text in ["x", "0", "00", "0100", "020001", "010001ff", "é"] {
            let fault = Window::new(Some(text), None).unwrap_err();
            assert_eq!(
                fault.to_string(),
                "ValidationError: Invalid Marker.",
                "{text}"
            );
        }
    }
}
