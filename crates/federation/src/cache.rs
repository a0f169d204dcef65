//! The fetched keys of one issuer: how long they count, and when they are fetched again.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::algorithm::Algorithm;
use crate::error::TokenError;
use crate::fetch::Fetcher;
use crate::keys::{KeySet, VerificationKey};
use crate::url::IssuerUrl;

/// When fetched keys are renewed and when they stop counting, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lifetimes {
    pub(crate) refresh_after: i64,
    pub(crate) keep_at_most: i64,
    pub(crate) refetch_interval: i64,
}

/// The keys of one issuer as reached with one list of thumbprints. Keys that were fetched on the word of a
/// thumbprint must not serve another account's provider of the same URL, which may not have registered it.
pub(crate) struct Source {
    issuer: IssuerUrl,
    thumbprints: Vec<String>,
    /// Read by every request, without waiting.
    fetched: ArcSwapOption<Fetched>,
    /// Held for moments only, never over I/O.
    state: Mutex<State>,
    /// When it was last asked for, in milliseconds since 1970.
    used: AtomicI64,
}

struct Fetched {
    keys: KeySet,
    at: Timestamp,
}

#[derive(Default)]
struct State {
    /// The fetch under way: turns true when it ends.
    flight: Option<watch::Receiver<bool>>,
    last_attempt: Option<Timestamp>,
    last_error: Option<TokenError>,
}

impl Source {
    pub(crate) fn new(issuer: IssuerUrl, thumbprints: Vec<String>) -> Arc<Self> {
        Arc::new(Self {
            issuer,
            thumbprints,
            fetched: ArcSwapOption::empty(),
            state: Mutex::default(),
            used: AtomicI64::new(i64::MIN),
        })
    }

    pub(crate) fn thumbprints(&self) -> &[String] {
        &self.thumbprints
    }

    pub(crate) fn touch(&self, now: Timestamp) {
        self.used.fetch_max(now.as_millisecond(), Ordering::Relaxed);
    }

    /// When it was last asked for, in milliseconds since 1970.
    pub(crate) fn last_used(&self) -> i64 {
        self.used.load(Ordering::Relaxed)
    }

    /// About what its keys take in memory, in bytes.
    pub(crate) fn size(&self) -> usize {
        let fetched = self.fetched.load();
        fetched.as_ref().map_or(0, |fetched| fetched.keys.size())
    }

    /// The key for a token if it is at hand, without waiting for anything.
    pub(crate) fn at_hand(
        self: &Arc<Self>,
        algorithm: Algorithm,
        id: Option<&str>,
        now: Timestamp,
        lifetimes: Lifetimes,
        fetcher: &Arc<Fetcher>,
    ) -> Option<Arc<VerificationKey>> {
        let fetched = self.fetched.load();
        let fetched = fetched.as_ref()?;
        let age = distance(now, fetched.at);
        if age >= lifetimes.refresh_after {
            return None;
        }
        let key = fetched.keys.select(algorithm, id).ok()?;
        if age >= lifetimes.refresh_after / 5 * 4 {
            // Nobody waits for this one.
            drop(self.fetch(now, lifetimes, fetcher));
        }
        Some(Arc::clone(key))
    }

    /// The key for a token that isn't [at hand](Self::at_hand), after a fetch.
    ///
    /// Keys younger than `refresh_after` are used as they are, and renewed in the background in the last fifth of
    /// that time. Older ones are renewed first; only if that fails do they go on for `keep_at_most`. A key that
    /// isn't among them makes one fetch, and no second one before `refetch_interval` is over, whatever comes.
    pub(crate) async fn fetched_key(
        self: &Arc<Self>,
        algorithm: Algorithm,
        id: Option<&str>,
        now: Timestamp,
        lifetimes: Lifetimes,
        fetcher: &Arc<Fetcher>,
    ) -> Result<Arc<VerificationKey>, TokenError> {
        if let Some(mut flight) = self.fetch(now, lifetimes, fetcher) {
            // An error here means that the fetch ended without a word, which is an end as well.
            let _ = flight.wait_for(|ended| *ended).await;
        }
        match self.fetched.load().as_ref() {
            Some(fetched) if distance(now, fetched.at) < lifetimes.keep_at_most => {
                fetched.keys.select(algorithm, id).cloned()
            }
            _ => Err(self.lock().last_error.clone().unwrap_or_else(|| {
                TokenError::unreachable("the issuer's keys couldn't be fetched")
            })),
        }
    }

    /// Joins the fetch under way or starts one, unless the last one began too short a time ago. It runs by itself,
    /// so that a caller who goes away doesn't end it for the others.
    fn fetch(
        self: &Arc<Self>,
        now: Timestamp,
        lifetimes: Lifetimes,
        fetcher: &Arc<Fetcher>,
    ) -> Option<watch::Receiver<bool>> {
        let mut state = self.lock();
        if state.flight.is_some() {
            return state.flight.clone();
        }
        if state
            .last_attempt
            .is_some_and(|last| distance(now, last) < lifetimes.refetch_interval)
        {
            return None;
        }
        let (ended, flight) = watch::channel(false);
        state.last_attempt = Some(now);
        state.flight = Some(flight.clone());
        drop(state);

        let landing = Landing {
            source: Arc::clone(self),
            ended,
        };
        let fetcher = Arc::clone(fetcher);
        tokio::spawn(async move {
            let source = &landing.source;
            let result = fetcher
                .fetch(&source.issuer, &source.thumbprints, now)
                .await;
            match result {
                Ok(keys) => {
                    tracing::debug!(issuer = %source.issuer, ?keys, "an issuer's keys are fetched");
                    source
                        .fetched
                        .store(Some(Arc::new(Fetched { keys, at: now })));
                    source.lock().last_error = None;
                }
                Err(error) => {
                    tracing::warn!(
                        issuer = %source.issuer, detail = error.detail(), "an issuer's keys can't be fetched"
                    );
                    source.lock().last_error = Some(error);
                }
            }
        });
        Some(flight)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends a fetch for those who wait, even if it panics or the runtime drops it.
struct Landing {
    source: Arc<Source>,
    ended: watch::Sender<bool>,
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.source.lock().flight = None;
        self.ended.send_replace(true);
    }
}

/// How far apart two moments are, in milliseconds. A clock that was set back thus makes keys old, not young.
fn distance(one: Timestamp, other: Timestamp) -> i64 {
    one.as_millisecond()
        .saturating_sub(other.as_millisecond())
        .saturating_abs()
}
