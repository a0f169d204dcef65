//! The request context: condition keys and their values.

use std::cmp::Ordering;

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
    // INVARIANT: sorted by name under `compare`, no two names equal under it.
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
        match self.find(&key) {
            Ok(at) => {
                if let Some(entry) = self.entries.get_mut(at) {
                    *entry = (key, value);
                }
            }
            Err(at) => self.entries.insert(at, (key, value)),
        }
    }

    /// The value of a key, in whatever case its name is written.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        let at = self.find(key).ok()?;
        self.entries.get(at).map(|(_, value)| value)
    }

    /// All keys with the spelling they were set with, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries
            .iter()
            .map(|(key, value)| (key.as_str(), value))
    }

    fn find(&self, key: &str) -> Result<usize, usize> {
        self.entries
            .binary_search_by(|(name, _)| compare(name, key))
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

// ASCII only: folding all of Unicode would let `aws:\u{212a}ey` (the Kelvin sign) pass for `aws:key`.
fn compare(left: &str, right: &str) -> Ordering {
    let left = left.bytes().map(|byte| byte.to_ascii_lowercase());
    left.cmp(right.bytes().map(|byte| byte.to_ascii_lowercase()))
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
