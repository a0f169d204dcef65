//! Credentials that are renewed before they expire.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;

use super::{Obtained, Source};
use crate::client::{Client, Keys};

/// Credentials with less life than this are not used for a request any more.
const LEAST: SignedDuration = SignedDuration::from_secs(15);
/// New ones are asked for in the last third of their life, and in its last ten minutes at most.
const EARLY: SignedDuration = SignedDuration::from_mins(10);
/// When that failed and the old ones are still good, the next try.
const RETRY: SignedDuration = SignedDuration::from_secs(20);

/// Credentials that came less than this ago are not doubted.
const NEW: SignedDuration = SignedDuration::from_secs(3);

/// Whose requests these are. Clones of the keys are good for the moment only: ask each time.
pub(crate) struct Credentials {
    source: Source,
    client: Arc<Client>,
    held: Mutex<Option<Held>>,
    /// One renewal at a time; who waits finds what it brought.
    turn: Semaphore,
}

struct Held {
    keys: Arc<Keys>,
    obtained: Timestamp,
    expires: Option<Timestamp>,
    /// Not before this, after a renewal that failed.
    retry: Option<Timestamp>,
}

/// How credentials are doing.
#[derive(Debug, PartialEq, Eq)]
enum State {
    Good,
    /// Good for now, and to be renewed.
    Aging,
    Spent,
}

impl Held {
    fn new(obtained: Obtained, now: Timestamp) -> Self {
        Self {
            keys: Arc::new(obtained.keys),
            obtained: now,
            expires: obtained.expires,
            retry: None,
        }
    }

    /// Whether it is time to doubt them.
    fn is_old(&self, now: Timestamp) -> bool {
        self.expires.is_some() && now.duration_since(self.obtained) >= NEW
    }

    fn state(&self, now: Timestamp) -> State {
        let Some(expires) = self.expires else {
            return State::Good;
        };
        let left = expires.duration_since(now);
        let third = expires.duration_since(self.obtained) / 3;
        if left <= LEAST {
            return State::Spent;
        }
        match left > third.min(EARLY) || self.retry.is_some_and(|it| now < it) {
            true => State::Good,
            false => State::Aging,
        }
    }
}

impl Credentials {
    pub(super) fn new(source: Source, client: Arc<Client>, obtained: Option<Obtained>) -> Self {
        let held = obtained.map(|it| Held::new(it, Timestamp::now()));
        Self {
            source,
            client,
            held: Mutex::new(held),
            turn: Semaphore::new(1),
        }
    }

    /// Keys that are good now.
    ///
    /// # Errors
    /// What kept the source from giving some.
    pub(crate) async fn keys(&self) -> Result<Arc<Keys>> {
        match self.look(Timestamp::now()) {
            Some((keys, State::Good)) => Ok(keys),
            Some((keys, State::Aging)) => {
                // Whoever comes meanwhile goes on with the old ones.
                let Ok(_turn) = self.turn.try_acquire() else {
                    return Ok(keys);
                };
                match self.renew().await {
                    Ok(renewed) => Ok(renewed),
                    Err(error) => {
                        tracing::warn!(
                            error = format!("{error:#}"),
                            "credentials can't be renewed yet"
                        );
                        self.put_off(Timestamp::now());
                        Ok(keys)
                    }
                }
            }
            Some((_, State::Spent)) | None => {
                // Never closed.
                let _turn = self.turn.acquire().await;
                match self.look(Timestamp::now()) {
                    Some((keys, State::Good | State::Aging)) => Ok(keys),
                    _ => self.renew().await,
                }
            }
        }
    }

    /// The server refused a request for its keys: the session may have been ended before its time,
    /// so that the next request has new ones, unless these are new.
    pub(crate) fn were_refused(&self) {
        let mut held = self.held();
        let is_old = held.as_ref().is_some_and(|it| it.is_old(Timestamp::now()));
        if is_old {
            *held = None;
        }
    }

    fn look(&self, now: Timestamp) -> Option<(Arc<Keys>, State)> {
        let held = self.held();
        let held = held.as_ref()?;
        Some((Arc::clone(&held.keys), held.state(now)))
    }

    fn put_off(&self, now: Timestamp) {
        if let Some(held) = self.held().as_mut() {
            held.retry = Some(now + RETRY);
        }
    }

    async fn renew(&self) -> Result<Arc<Keys>> {
        let obtained = self.source.obtain(&self.client).await?;
        let held = Held::new(obtained, Timestamp::now());
        let keys = Arc::clone(&held.keys);
        *self.held() = Some(held);
        Ok(keys)
    }

    fn held(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use session::Secret;

    use super::*;

    fn held(life: i64) -> Held {
        let keys = Keys {
            access_key_id: "ASIAIOSFODNN7EXAMPLE".parse().unwrap(),
            secret: Secret::new("s"),
            session_token: None,
        };
        let expires = Some(Timestamp::from_second(life).unwrap());
        Held::new(Obtained { keys, expires }, Timestamp::UNIX_EPOCH)
    }

    fn states(held: &Held, seconds: &[i64]) -> Vec<State> {
        let at = |it: &i64| held.state(Timestamp::from_second(*it).unwrap());
        seconds.iter().map(at).collect()
    }

    #[test]
    fn they_are_renewed_in_the_last_third_and_in_the_last_ten_minutes_at_most() {
        let hour = held(3600);
        assert_eq!(
            states(&hour, &[0, 2999, 3000, 3584, 3585]),
            [
                State::Good,
                State::Good,
                State::Aging,
                State::Aging,
                State::Spent
            ]
        );
        let short = held(60);
        assert_eq!(states(&short, &[39, 40]), [State::Good, State::Aging]);
    }

    #[test]
    fn after_a_failure_the_old_ones_go_on_for_a_while_and_not_beyond_their_end() {
        let mut hour = held(3600);
        hour.retry = Some(Timestamp::from_second(3590).unwrap());
        assert_eq!(states(&hour, &[3570, 3586]), [State::Good, State::Spent]);
    }

    #[test]
    fn refused_ones_are_doubted_unless_they_are_new_or_can_never_be_renewed() {
        let mut hour = held(3600);
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!((hour.is_old(at(2)), hour.is_old(at(3))), (false, true));
        hour.expires = None;
        assert!(!hour.is_old(at(3000)));
    }

    #[test]
    fn keys_without_an_end_are_good() {
        let mut fixed = held(1);
        fixed.expires = None;
        assert_eq!(states(&fixed, &[1_000_000_000]), [State::Good]);
    }
}
