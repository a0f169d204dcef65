//! How many refusals of requests that nobody has signed may be recorded.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// Most records of a key in a minute.
const MOST_OF_A_KEY: u8 = 10;
/// Most keys that have records in a minute.
const MOST_KEYS: usize = 1_024;

/// Counts the refusals that name a key and are not signed with its secret. A key's id is no
/// secret: without a bound, whoever knows one could fill its account's trail.
#[derive(Debug, Default)]
pub(crate) struct RefusalLimit(Mutex<Minute>);

#[derive(Debug, Default)]
struct Minute {
    /// Since 1970.
    number: i64,
    /// By access key id.
    counts: HashMap<Box<str>, u8>,
}

impl RefusalLimit {
    /// Whether one more refusal of this key may be recorded now; it counts if so.
    pub(crate) fn admits(&self, access_key_id: &str, now: Timestamp) -> bool {
        let number = now.as_second().div_euclid(60);
        let mut minute = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if minute.number != number {
            *minute = Minute {
                number,
                counts: HashMap::new(),
            };
        }
        if let Some(count) = minute.counts.get_mut(access_key_id) {
            let has_room = *count < MOST_OF_A_KEY;
            *count += u8::from(has_room);
            return has_room;
        }
        let has_room = minute.counts.len() < MOST_KEYS;
        if has_room {
            minute.counts.insert(access_key_id.into(), 1);
        }
        has_room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first second of a minute.
    const START: i64 = 1_795_292_520;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(START + second).unwrap()
    }

    #[test]
    fn a_key_has_ten_recorded_refusals_a_minute() {
        let limit = RefusalLimit::default();
        let recorded = (0..60).filter(|it| limit.admits("AKIAONE", at(*it)));
        assert_eq!(recorded.count(), 10);
        assert!(limit.admits("AKIAOTHER", at(59)));
        let recorded = (60..120).filter(|it| limit.admits("AKIAONE", at(*it)));
        assert_eq!(recorded.count(), 10);
    }

    #[test]
    fn the_keys_of_a_minute_are_bounded_and_those_that_are_known_go_on() {
        let limit = RefusalLimit::default();
        let admitted = (0..5_000).filter(|it| limit.admits(&format!("AKIA{it}"), at(0)));
        assert_eq!(admitted.count(), MOST_KEYS);
        assert_eq!(limit.0.lock().unwrap().counts.len(), MOST_KEYS);
        assert!(limit.admits("AKIA0", at(1)));
        assert!(!limit.admits("AKIA4999", at(59)));
        assert!(limit.admits("AKIA4999", at(60)));
        assert_eq!(limit.0.lock().unwrap().counts.len(), 1);
    }
}
