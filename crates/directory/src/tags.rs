//! Tags: at most 50, keys unique without regard to case and kept as written.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Most tags on one resource (IAM quotas).
const MOST: usize = 50;

/// The tags of one resource, sorted by key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tags(Vec<(String, String)>);

/// The change would leave more than 50 tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a resource can have at most 50 tags")]
pub struct TooManyTags;

impl Tags {
    /// Sets tags; a key that differs only in case replaces the one there.
    ///
    /// # Errors
    /// [`TooManyTags`]; nothing is changed then.
    pub fn set(
        &mut self,
        tags: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(), TooManyTags> {
        let mut next = self.0.clone();
        for (key, value) in tags {
            next.retain(|(old, _)| !old.eq_ignore_ascii_case(&key));
            next.push((key, value));
        }
        if next.len() > MOST {
            return Err(TooManyTags);
        }
        next.sort();
        self.0 = next;
        Ok(())
    }

    /// Removes the tag with this key, in any case.
    pub fn remove(&mut self, key: &str) {
        self.0.retain(|(old, _)| !old.eq_ignore_ascii_case(key));
    }

    /// Key and value of each tag, sorted by key.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The value of a tag, its key in any case.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter()
            .find(|(old, _)| old.eq_ignore_ascii_case(key))
            .map(|(_, value)| value)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.into(), value.into())
    }

    #[test]
    fn keys_are_unique_without_case_and_sorted() {
        let mut tags = Tags::default();
        tags.set([pair("b", "1"), pair("a", "2")]).unwrap();
        tags.set([pair("B", "3")]).unwrap();
        assert_eq!(tags.iter().collect::<Vec<_>>(), [("B", "3"), ("a", "2")]);
        assert_eq!(tags.get("A"), Some("2"));
        tags.remove("b");
        assert_eq!(tags.iter().len(), 1);
    }

    #[test]
    fn the_fifty_first_tag_changes_nothing() {
        let mut tags = Tags::default();
        tags.set((0..50).map(|n| pair(&n.to_string(), ""))).unwrap();
        let before = tags.clone();
        assert_eq!(tags.set([pair("x", "")]), Err(TooManyTags));
        assert_eq!(tags, before);
    }
}
