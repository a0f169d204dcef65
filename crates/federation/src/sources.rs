//! The fetched keys of all issuers: whose are kept, and how much of them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use jiff::Timestamp;

use crate::cache::Source;
use crate::url::IssuerUrl;

/// Key sets by issuer and list of thumbprints, those of the least recently used issuers making room.
pub(crate) struct Sources {
    by_issuer: RwLock<ByIssuer>,
    max_issuers: usize,
    max_bytes: usize,
}

/// An issuer's sources differ by their thumbprints.
type ByIssuer = HashMap<IssuerUrl, Vec<Arc<Source>>>;

impl Sources {
    pub(crate) fn new(max_issuers: usize, max_bytes: usize) -> Self {
        Self {
            by_issuer: RwLock::default(),
            max_issuers,
            max_bytes,
        }
    }

    /// The keys of an issuer as reached with these thumbprints; without any yet, if nobody has asked for them.
    pub(crate) fn of(
        &self,
        url: &IssuerUrl,
        thumbprints: &[String],
        now: Timestamp,
    ) -> Arc<Source> {
        let same = |source: &&Arc<Source>| source.thumbprints() == thumbprints;
        if let Some(source) = self.read().get(url).and_then(|list| list.iter().find(same)) {
            source.touch(now);
            return Arc::clone(source);
        }
        let mut sources = self.write();
        if !sources.contains_key(url) {
            while sources.len() >= self.max_issuers.max(1) {
                let oldest = sources.iter().min_by_key(|(_, list)| last_used(list));
                let Some(oldest) = oldest.map(|(url, _)| url.clone()) else {
                    break;
                };
                sources.remove(&oldest);
            }
        }
        let list = sources.entry(url.clone()).or_default();
        if let Some(source) = list.iter().find(same) {
            return Arc::clone(source);
        }
        // Thumbprint lists come and go with updates of providers. The one that was not used for longest makes room, so that
        // somebody who changes a list all the time gets rid of no other account's keys that are in use.
        if list.len() >= MAX_SOURCES {
            let places = list.iter().enumerate();
            let idle = places.min_by_key(|(_, source)| source.last_used());
            if let Some(at) = idle.map(|(at, _)| at) {
                list.remove(at);
            }
        }
        let source = Source::new(url.clone(), thumbprints.to_vec());
        source.touch(now);
        list.push(Arc::clone(&source));
        source
    }

    /// Keeps what is held within its bytes, to be called when keys have been fetched. The issuer that was just asked for
    /// stays in any case: one key set is bounded by itself.
    pub(crate) fn trim(&self, keep: &IssuerUrl) {
        let size = |list: &[Arc<Source>]| list.iter().map(|source| source.size()).sum::<usize>();
        let total = |sources: &ByIssuer| sources.values().map(|list| size(list)).sum::<usize>();
        if total(&self.read()) <= self.max_bytes {
            return;
        }
        let mut sources = self.write();
        let mut total = total(&sources);
        let mut by_age: Vec<_> = sources
            .iter()
            .filter(|(url, _)| *url != keep)
            .map(|(url, list)| (last_used(list), url.clone(), size(list)))
            .collect();
        by_age.sort();
        for (_, url, size) in by_age {
            if total <= self.max_bytes {
                break;
            }
            sources.remove(&url);
            total -= size;
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, ByIssuer> {
        self.by_issuer
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, ByIssuer> {
        self.by_issuer
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn last_used(list: &[Arc<Source>]) -> i64 {
    let used = list.iter().map(|source| source.last_used());
    used.max().unwrap_or(i64::MIN)
}

/// How many lists of thumbprints one issuer's keys are kept for.
const MAX_SOURCES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn url(number: usize) -> IssuerUrl {
        format!("https://host.example/{number}").parse().unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_least_recently_used_issuers_make_room() {
        let sources = Sources::new(3, usize::MAX);
        let first: Vec<_> = (0..3).map(|n| sources.of(&url(n), &[], at(10))).collect();
        // The first is used again, so the second is the oldest when a fourth comes.
        sources.of(&url(0), &[], at(30));
        sources.of(&url(2), &[], at(20));
        sources.of(&url(3), &[], at(40));
        assert_eq!(sources.read().len(), 3);
        assert!(Arc::ptr_eq(&sources.of(&url(0), &[], at(50)), &first[0]));
        assert!(Arc::ptr_eq(&sources.of(&url(2), &[], at(50)), &first[2]));
        assert!(!Arc::ptr_eq(&sources.of(&url(1), &[], at(50)), &first[1]));
    }

    #[test]
    fn an_issuer_has_few_lists_of_thumbprints() {
        let sources = Sources::new(2, usize::MAX);
        for number in 0..MAX_SOURCES + 10 {
            sources.of(&url(0), &[format!("{number:040}")], at(0));
        }
        assert_eq!(sources.read()[&url(0)].len(), MAX_SOURCES);
    }

    #[test]
    fn a_list_of_thumbprints_in_use_is_not_crowded_out() {
        let sources = Sources::new(2, usize::MAX);
        let used = sources.of(&url(0), &[], at(0));
        for number in 1..=100 {
            sources.of(&url(0), &[format!("{number:040}")], at(2 * number));
            let again = sources.of(&url(0), &[], at(2 * number + 1));
            assert!(Arc::ptr_eq(&again, &used), "{number}");
        }
    }
}
