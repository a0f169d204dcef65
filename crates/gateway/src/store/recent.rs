//! Rows of objects that were read lately, never older than the database.
//!
//! A row that is here is the committed one. A change takes the rows of its objects out before
//! it commits, and until it is over nothing comes into their slots; when it begins and when it
//! is over, they are in a new generation. A row that was read from the database comes in only
//! if its slot is in the generation of before the reading: then no change of it has been
//! committed since.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Object;
use crate::name::ObjectKey;

/// Most rows in each of the two maps.
const ROWS: usize = 2048;
/// Most bytes of the texts of a row; a bigger one is read from the database each time.
const LARGEST: usize = 4096;
/// Slots that keys are spread over, so that a write hinders few other keys from coming in.
const SLOTS: usize = 256;

type Key = (i64, ObjectKey);

/// The rows. Its lock is never held while something is awaited or read.
#[derive(Debug)]
pub(super) struct Recent {
    hasher: RandomState,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    slots: Vec<Slot>,
    /// Rows that were used since the maps last moved on.
    young: HashMap<Key, Arc<Object>>,
    /// Rows that were young before; those that aren't used go when the maps move on.
    old: HashMap<Key, Arc<Object>>,
}

#[derive(Debug, Clone, Default)]
struct Slot {
    generation: u64,
    changing: usize,
}

/// What is known of an object without asking the database.
#[derive(Debug)]
pub(super) enum Known {
    /// Its row.
    Row(Arc<Object>),
    /// Nothing; the ticket is for the row that the database will answer with.
    Nothing(Ticket),
}

/// Taken before the database is read, so that what was read can be told from what is current.
#[derive(Debug)]
pub(super) struct Ticket {
    key: Key,
    slot: usize,
    generation: u64,
}

/// A change of objects that is being committed. It is over when this is dropped, however the
/// commit went.
#[derive(Debug)]
#[must_use = "the change is over when this is dropped"]
pub(super) struct Change<'a> {
    recent: &'a Recent,
    slots: Vec<usize>,
}

impl Recent {
    /// No rows.
    pub(super) fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            state: Mutex::new(State {
                slots: vec![Slot::default(); SLOTS],
                young: HashMap::new(),
                old: HashMap::new(),
            }),
        }
    }

    /// The row of an object, or a ticket.
    pub(super) fn find(&self, bucket: i64, key: &ObjectKey) -> Known {
        let key = (bucket, key.clone());
        let slot = self.slot(&key);
        let mut state = self.lock();
        if let Some(row) = state.young.get(&key) {
            return Known::Row(row.clone());
        }
        if let Some(row) = state.old.remove(&key) {
            state.add(key, row.clone());
            return Known::Row(row);
        }
        let generation = state.slots.get(slot).map_or(0, |slot| slot.generation);
        Known::Nothing(Ticket {
            key,
            slot,
            generation,
        })
    }

    /// Keeps a row that was read after the ticket was taken, unless its object may have changed.
    pub(super) fn keep(&self, ticket: Ticket, row: &Arc<Object>) {
        if weight(row) > LARGEST {
            return;
        }
        let mut state = self.lock();
        let current = state
            .slots
            .get(ticket.slot)
            .is_some_and(|slot| slot.changing == 0 && slot.generation == ticket.generation);
        if current {
            state.add(ticket.key, row.clone());
        }
    }

    /// Begins a change of objects; before its commit, and kept until after it.
    pub(super) fn change<'k>(
        &self,
        bucket: i64,
        keys: impl IntoIterator<Item = &'k ObjectKey>,
    ) -> Change<'_> {
        let keys: Vec<Key> = keys.into_iter().map(|key| (bucket, key.clone())).collect();
        let slots: Vec<usize> = keys.iter().map(|key| self.slot(key)).collect();
        let mut state = self.lock();
        for (key, slot) in keys.iter().zip(&slots) {
            if let Some(slot) = state.slots.get_mut(*slot) {
                slot.generation += 1;
                slot.changing += 1;
            }
            state.young.remove(key);
            state.old.remove(key);
        }
        drop(state);
        Change {
            recent: self,
            slots,
        }
    }

    fn slot(&self, key: &Key) -> usize {
        // The remainder is below SLOTS, so nothing is cut off.
        (self.hasher.hash_one(key) % SLOTS as u64) as usize
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, key: Key, row: Arc<Object>) {
        if self.young.len() >= ROWS {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, row);
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        let mut state = self.recent.lock();
        for slot in &self.slots {
            if let Some(slot) = state.slots.get_mut(*slot) {
                // What was read meanwhile may be from before the commit.
                slot.generation += 1;
                slot.changing -= 1;
            }
        }
    }
}

/// About how many bytes a row has.
fn weight(row: &Object) -> usize {
    let description = &row.description;
    let texts = description.headers.iter().chain(&description.metadata);
    let texts: usize = texts.map(|(name, value)| name.len() + value.len()).sum();
    let tags: usize = row.tags.iter().map(|(k, v)| k.len() + v.len()).sum();
    texts + tags + 128 * description.parts.len()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::store::{Description, Part};
    use crate::tags::Tags;

    fn key(text: &str) -> ObjectKey {
        ObjectKey::parse(text).unwrap()
    }

    fn row(etag: &str) -> Arc<Object> {
        Arc::new(Object {
            version: crate::store::VersionId::Null,
            file: "00000000000000000000000000000000".parse().unwrap(),
            size: 1,
            etag: etag.to_owned(),
            modified: Timestamp::UNIX_EPOCH,
            tags: Tags::default(),
            description: Description::default(),
        })
    }

    fn ticket(recent: &Recent, bucket: i64, text: &str) -> Ticket {
        match recent.find(bucket, &key(text)) {
            Known::Nothing(ticket) => ticket,
            Known::Row(row) => panic!("{row:?}"),
        }
    }

    fn found(recent: &Recent, bucket: i64, text: &str) -> Option<String> {
        match recent.find(bucket, &key(text)) {
            Known::Nothing(_) => None,
            Known::Row(row) => Some(row.etag.clone()),
        }
    }

    #[test]
    fn a_row_is_found_under_its_bucket_and_key_only() {
        let recent = Recent::new();
        recent.keep(ticket(&recent, 1, "k"), &row("a"));
        assert_eq!(found(&recent, 1, "k").as_deref(), Some("a"));
        assert_eq!(found(&recent, 2, "k"), None);
        assert_eq!(found(&recent, 1, "l"), None);
    }

    #[test]
    fn a_row_that_was_read_before_a_change_does_not_come_in_after_it() {
        let recent = Recent::new();
        let before = ticket(&recent, 1, "k");
        drop(recent.change(1, [&key("k")]));
        recent.keep(before, &row("old"));
        assert_eq!(found(&recent, 1, "k"), None);
        recent.keep(ticket(&recent, 1, "k"), &row("new"));
        assert_eq!(found(&recent, 1, "k").as_deref(), Some("new"));
    }

    #[test]
    fn nothing_is_found_and_nothing_comes_in_while_it_changes() {
        let recent = Recent::new();
        recent.keep(ticket(&recent, 1, "k"), &row("old"));
        let before = ticket(&recent, 1, "l");
        let change = recent.change(1, [&key("k"), &key("l"), &key("k")]);
        let during = ticket(&recent, 1, "k");
        recent.keep(during, &row("old"));
        recent.keep(before, &row("old"));
        assert_eq!(found(&recent, 1, "k"), None);
        assert_eq!(found(&recent, 1, "l"), None);
        let during = ticket(&recent, 1, "k");
        drop(change);
        // Read before the commit, brought after it.
        recent.keep(during, &row("old"));
        assert_eq!(found(&recent, 1, "k"), None);
        recent.keep(ticket(&recent, 1, "k"), &row("new"));
        assert_eq!(found(&recent, 1, "k").as_deref(), Some("new"));
    }

    #[test]
    fn a_change_takes_out_rows_young_and_old() {
        let recent = Recent::new();
        for n in 0..ROWS + 1 {
            recent.keep(ticket(&recent, 1, &n.to_string()), &row("a"));
        }
        assert!(recent.lock().old.contains_key(&(1, key("0"))));
        drop(recent.change(1, [&key("0"), &key(&ROWS.to_string())]));
        assert_eq!(found(&recent, 1, "0"), None);
        assert_eq!(found(&recent, 1, &ROWS.to_string()), None);
    }

    #[test]
    fn rows_are_bounded_in_number_and_size_and_used_ones_stay() {
        let recent = Recent::new();
        recent.keep(ticket(&recent, 1, "used"), &row("a"));
        for n in 0..ROWS * 5 {
            recent.keep(ticket(&recent, 1, &n.to_string()), &row("a"));
            assert!(found(&recent, 1, "used").is_some(), "{n}");
        }
        let state = recent.lock();
        assert!(state.young.len() <= ROWS && state.old.len() <= ROWS);
        drop(state);
        let mut big = Object::clone(&row("a"));
        big.description.parts = vec![
            Part {
                number: 1,
                size: 1,
                checksum: None,
            };
            LARGEST
        ];
        recent.keep(ticket(&recent, 1, "big"), &Arc::new(big));
        assert_eq!(found(&recent, 1, "big"), None);
    }
}
