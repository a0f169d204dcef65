//! The request context: condition keys and their values.

use crate::key::{Key, folded_hash};

/// What a condition key holds. Numbers, dates, booleans and addresses are carried as text, as AWS
/// does; the operator of a condition says how they are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A single-valued key.
    One(String),
    /// A multivalued key, such as `aws:TagKeys`. An empty list counts as an absent key.
    Many(Vec<String>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::One(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::One(text)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::One(flag.to_string())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::One(number.to_string())
    }
}

impl From<Vec<String>> for Value {
    fn from(values: Vec<String>) -> Self {
        Self::Many(values)
    }
}

/// Condition keys of one request. Names are compared without regard to ASCII case, as IAM does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    // INVARIANT: ascending, and as long as `entries`; the hash of the name at the same place.
    hashes: Vec<u64>,
    // INVARIANT: no two names equal but for their case.
    entries: Vec<(String, Value)>,
}

impl Context {
    /// A context without keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a key, replacing what another spelling of its name held.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<Value>) {
        let (key, value) = (key.into(), value.into());
        let hash = folded_hash(&key);
        match self.find(hash, &key) {
            Ok(at) => {
                if let Some(entry) = self.entries.get_mut(at) {
                    *entry = (key, value);
                }
            }
            Err(at) => {
                self.hashes.insert(at, hash);
                self.entries.insert(at, (key, value));
            }
        }
    }

    /// The value of a key, in whatever case its name is written.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.at(self.find(folded_hash(key), key).ok()?)
    }

    /// All keys with the spelling they were set with, ordered by name.
    #[must_use = "an iterator does nothing by itself"]
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        let mut entries: Vec<_> = self
            .entries
            .iter()
            .map(|(key, value)| (key.as_str(), value))
            .collect();
        entries.sort_by_cached_key(|(key, _)| key.to_ascii_lowercase());
        entries.into_iter()
    }

    pub(crate) fn lookup(&self, key: &Key) -> Option<&Value> {
        self.at(self.find(key.hash(), key.name()).ok()?)
    }

    fn at(&self, at: usize) -> Option<&Value> {
        self.entries.get(at).map(|(_, value)| value)
    }

    // The place of a name, or where it belongs.
    fn find(&self, hash: u64, key: &str) -> Result<usize, usize> {
        let mut at = self.hashes.partition_point(|it| *it < hash);
        while self.hashes.get(at) == Some(&hash) {
            // ASCII only: folding all of Unicode would let `aws:\u{212a}ey` (the Kelvin sign)
            // pass for `aws:key`.
            if self
                .entries
                .get(at)
                .is_some_and(|(name, _)| name.eq_ignore_ascii_case(key))
            {
                return Ok(at);
            }
            at += 1;
        }
        Err(at)
    }
}

impl<K: Into<String>, V: Into<Value>> Extend<(K, V)> for Context {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: Into<String>, V: Into<Value>> FromIterator<(K, V)> for Context {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut context = Self::new();
        context.extend(entries);
        context
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_by_more_than_case() {
        let mut context = Context::new();
        context.insert("aws:username", "alice");
        context.insert("AWS:UserName", "bob");
        context.extend([("aws:TagKeys", Value::from(vec!["a".to_owned()]))]);
        assert_eq!(context.get("aws:USERNAME"), Some(&Value::from("bob")));
        assert_eq!(
            context.iter().map(|(key, _)| key).collect::<Vec<_>>(),
            ["aws:TagKeys", "AWS:UserName"]
        );
        assert_eq!(context.get("aws:user"), None);
    }

    #[test]
    fn lookalike_letters_do_not_name_a_key() {
        let context: Context = [("aws:to\u{212a}en", "x")].into_iter().collect();
        assert_eq!(context.get("aws:token"), None);
    }
}
