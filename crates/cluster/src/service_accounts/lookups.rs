//! Questions under way: whoever asks the same waits for the same answer.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

/// A namespace and a name.
pub(super) type Key = (Box<str>, Box<str>);

/// The questions under way. An answer is for those who wait for it, and not kept.
pub(super) struct Lookups<T>(Mutex<HashMap<Key, Arc<OnceCell<T>>>>);

impl<T> Default for Lookups<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Lookups<T> {
    /// The answer to a question, asked by one for all. If the one who asks is cancelled, the
    /// next who waits asks.
    pub(super) async fn ask<F: Future<Output = T>>(
        &self,
        key: Key,
        question: impl FnOnce(Key) -> F,
    ) -> T {
        let cell = Arc::clone(self.under_way().entry(key.clone()).or_default());
        let _last = Leave {
            lookups: self,
            key: &key,
            cell: &cell,
        };
        cell.get_or_init(|| question(key.clone())).await.clone()
    }

    fn under_way(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Arc<OnceCell<T>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends a question when the first who has its answer leaves, or the last without one.
struct Leave<'a, T: Clone> {
    lookups: &'a Lookups<T>,
    key: &'a Key,
    cell: &'a Arc<OnceCell<T>>,
}

impl<T: Clone> Drop for Leave<'_, T> {
    fn drop(&mut self) {
        let mut under_way = self.lookups.under_way();
        let ours = under_way
            .get(self.key)
            .is_some_and(|it| Arc::ptr_eq(it, self.cell));
        // The map's, and this one.
        let alone = Arc::strong_count(self.cell) <= 2;
        if ours && (self.cell.initialized() || alone) {
            under_way.remove(self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;
    use tokio::sync::Notify;

    use super::*;

    fn key() -> Key {
        ("ns".into(), "name".into())
    }

    #[tokio::test]
    async fn one_asks_for_all() {
        let (lookups, asked, go) = (
            Lookups::default(),
            AtomicUsize::new(0),
            Arc::new(Notify::new()),
        );
        let ask = || {
            lookups.ask(key(), |_| async {
                asked.fetch_add(1, Ordering::Relaxed);
                go.notified().await;
                7
            })
        };
        let all = join_all((0..100).map(|_| ask()));
        let answers = tokio::join!(all, async {
            tokio::task::yield_now().await;
            go.notify_one();
        })
        .0;
        assert_eq!(answers, vec![7; 100]);
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        assert!(lookups.under_way().is_empty());
        go.notify_one();
        assert_eq!(ask().await, 7);
        assert_eq!(
            asked.load(Ordering::Relaxed),
            2,
            "an answer is not kept for those who come later"
        );
    }

    #[tokio::test]
    async fn a_question_outlives_whoever_asked_first() {
        let lookups = Lookups::default();
        let first = lookups.ask(key(), |_| std::future::pending::<i32>());
        let second = lookups.ask(key(), |_| async { 2 });
        let mut first = Box::pin(first);
        let mut second = Box::pin(second);
        assert!(futures_util::poll!(&mut first).is_pending());
        assert!(futures_util::poll!(&mut second).is_pending());
        drop(first);
        assert_eq!(second.await, 2);
        assert!(lookups.under_way().is_empty());
    }
}
