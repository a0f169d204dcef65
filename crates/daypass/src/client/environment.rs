//! The variables that a command was started with.

use std::collections::HashMap;
use std::env;
use std::path::PathBuf;

/// Variables by name. It may hold secrets, so it is never shown.
pub(crate) struct Environment(HashMap<String, String>);

impl Environment {
    /// Those of this process.
    pub(crate) fn of_process() -> Self {
        let texts = env::vars_os().filter_map(|(name, value)| {
            let pair = (name.into_string(), value.into_string());
            pair.0.ok().zip(pair.1.ok())
        });
        Self(texts.collect())
    }

    /// A variable that is not empty: to the SDKs an empty one is not set.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name)?;
        (!value.is_empty()).then_some(value)
    }

    /// The user's own directory.
    pub(crate) fn home(&self) -> Option<PathBuf> {
        self.get("HOME").map(PathBuf::from)
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(pairs: [(&str, &str); N]) -> Self {
        let owned = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self(owned.into_iter().collect())
    }
}
