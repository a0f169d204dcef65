//! Credentials for tokens: those that are kept, or new ones, asked for once however many wait.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cluster::agent::{Cache, Chance, Limit, Limits, Outage, Peers, PodToken, Rate, Refusal};
use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use uuid::Uuid;

use super::{Failure, Issued, Metrics, Service};

/// The most requests to the service that are under way at once.
const CALLS: usize = 64;
/// Requests for pods that have no credentials yet may be this many times as frequent as renewals,
/// after a burst of a node's full of pods: they all start at once when the node does.
const FIRST_TIMES: u32 = 10;
const FIRST_BURST: u32 = 250;

/// How much is kept and asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) limits: Limits,
    /// Renewals in a second.
    pub(crate) service_qps: u32,
}

/// Why a pod gets nothing now.
#[derive(Debug)]
pub(crate) enum Unavailable {
    /// The service's word to this token.
    Refused(Refusal),
    /// Too much is asked, by this pod or by the node.
    Throttled,
    /// The service gives no answer.
    Unreachable,
}

/// Gives tokens their credentials.
pub(crate) struct Provider<S> {
    service: S,
    pub(super) bounds: Bounds,
    pub(super) metrics: Arc<Metrics>,
    state: Mutex<State>,
    /// Told when what is to be done next may have changed.
    pub(super) changed: Notify,
}

/// What came of a request to the service.
type Outcome = Result<Arc<Issued>, Arc<Failure>>;

pub(super) struct State {
    pub(super) cache: Cache<Arc<Issued>>,
    /// The requests under way. Whoever needs the same token's credentials waits for the same one.
    flights: HashMap<Arc<PodToken>, watch::Receiver<Option<Outcome>>>,
    pub(super) outage: Outage,
    peers: Peers,
    first_times: Limit,
    pub(super) renewals: Limit,
}

/// Why the service is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// A pod at this address has none yet.
    FirstTime(IpAddr),
    Renewal,
}

impl<S: Service> Provider<S> {
    pub(crate) fn new(service: S, bounds: Bounds, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self {
            service,
            bounds,
            metrics,
            state: Mutex::new(State {
                cache: Cache::new(bounds.limits),
                flights: HashMap::new(),
                outage: Outage::default(),
                peers: Peers::of_refusals(),
                first_times: Limit::default(),
                renewals: Limit::default(),
            }),
            changed: Notify::new(),
        })
    }

    /// The credentials of this very token, for a pod at this address.
    pub(crate) async fn credentials(
        self: &Arc<Self>,
        peer: IpAddr,
        token: PodToken,
    ) -> Result<Arc<Issued>, Unavailable> {
        let mut flight = {
            let now = Timestamp::now();
            let mut state = self.state();
            if let Some(issued) = state.cache.get(&token, now) {
                if state.cache.is_due(&token, now) {
                    self.changed.notify_one();
                }
                self.metrics.hit();
                return Ok(issued);
            }
            self.metrics.missed();
            match state.flights.get(&token) {
                Some(flight) => flight.clone(),
                None => {
                    state.admit(peer, self.first_time_rate(), now)?;
                    self.start(&mut state, Arc::new(token), Reason::FirstTime(peer))
                }
            }
        };
        let outcome = flight.wait_for(Option::is_some).await;
        let outcome = outcome.map_or(None, |it| it.clone());
        match outcome {
            Some(Ok(issued)) => Ok(issued),
            Some(Err(failure)) => Err(match &*failure {
                Failure::Refused(refusal) => Unavailable::Refused(refusal.clone()),
                Failure::Unreachable(_) => Unavailable::Unreachable,
            }),
            None => Err(Unavailable::Unreachable),
        }
    }

    /// Asks the service in a task of its own: it goes on when the pod that asked hangs up.
    pub(super) fn start(
        self: &Arc<Self>,
        state: &mut State,
        token: Arc<PodToken>,
        reason: Reason,
    ) -> watch::Receiver<Option<Outcome>> {
        let (sender, receiver) = watch::channel(None);
        state.flights.insert(Arc::clone(&token), receiver.clone());
        let this = Arc::clone(self);
        tokio::spawn(async move {
            let asked = tokio::spawn({
                let (this, token) = (Arc::clone(&this), Arc::clone(&token));
                async move { this.ask(&token, reason).await }
            });
            let asked = asked.await.unwrap_or_else(|error| {
                Err(Failure::Unreachable(format!(
                    "a mistake in the agent: {error}"
                )))
            });
            let outcome = asked.map(Arc::new).map_err(Arc::new);
            this.settle(&token, reason, &outcome);
            // Nobody may wait any more.
            let _ = sender.send(Some(outcome));
        });
        receiver
    }

    /// Whether a request for this token is under way.
    pub(super) fn is_asked_for(state: &State, token: &PodToken) -> bool {
        state.flights.contains_key(token)
    }

    async fn ask(&self, token: &PodToken, reason: Reason) -> Result<Issued, Failure> {
        let begun = Instant::now();
        let asked = self.service.exchange(token).await;
        let (result, reason) = (result(&asked), reason.label());
        self.metrics
            .called(reason, result, begun.elapsed().as_secs_f64());
        match &asked {
            Ok(issued) => tracing::info!(
                reason,
                association = issued.association,
                session = issued.session,
                expires = %issued.expires,
                "credentials came from the service"
            ),
            Err(Failure::Refused(refusal)) => tracing::warn!(
                reason,
                code = ?refusal.code(),
                message = ?refusal.message(),
                claimed_subject = ?token.claimed_subject(),
                "the service refused"
            ),
            Err(Failure::Unreachable(error)) => {
                tracing::warn!(reason, error, "the service gives no answer");
            }
        }
        asked
    }

    /// Keeps what came, and what follows from it for the next requests.
    fn settle(&self, token: &Arc<PodToken>, reason: Reason, outcome: &Outcome) {
        let (now, chance) = (Timestamp::now(), chance());
        let mut state = self.state();
        state.flights.remove(&**token);
        match outcome {
            Ok(_) => state.outage.answered(),
            Err(failure) if failure.is_outage() => state.outage.failed(now, chance),
            Err(_) => state.outage.answered(),
        }
        if let Reason::FirstTime(peer) = reason
            && !matches!(outcome, Err(failure) if failure.blames_the_pod())
        {
            state.peers.forgive(peer, now);
        }
        let mut removed = 0;
        match outcome {
            Ok(issued) => {
                let (issued, expires) = (Arc::clone(issued), issued.expires);
                let token = Arc::clone(token);
                removed = state.cache.put(token, issued, expires, now, chance);
            }
            Err(failure) if failure.is_final() => {
                if state.cache.forget(token) {
                    removed = 1;
                    self.metrics.renewal_failed(true, failure.code());
                }
            }
            Err(failure) => {
                if state.cache.failed(token, now, chance) {
                    self.metrics.renewal_failed(false, failure.code());
                }
            }
        }
        self.metrics.kept(removed, state.cache.len());
        drop(state);
        self.changed.notify_one();
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn first_time_rate(&self) -> Rate {
        let number = self.bounds.service_qps.saturating_mul(FIRST_TIMES);
        Rate::per_second(FIRST_BURST, number)
    }
}

impl State {
    /// Whether the service may be asked for one more pod.
    fn admit(&mut self, peer: IpAddr, rate: Rate, now: Timestamp) -> Result<(), Unavailable> {
        if !self.outage.may_ask(now) {
            return Err(Unavailable::Unreachable);
        }
        if self.flights.len() >= CALLS || !self.peers.may_ask(peer, now) {
            return Err(Unavailable::Throttled);
        }
        if self.first_times.take(rate, now).is_err() {
            self.peers.forgive(peer, now);
            return Err(Unavailable::Throttled);
        }
        Ok(())
    }
}

impl Reason {
    fn label(self) -> &'static str {
        match self {
            Self::FirstTime(_) => "first-time",
            Self::Renewal => "renewal",
        }
    }
}

impl Failure {
    fn is_outage(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.is_outage(),
            Self::Unreachable(_) => true,
        }
    }

    fn is_final(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.is_final())
    }

    fn blames_the_pod(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.blames_the_pod())
    }

    /// The code, for a metric's label: those of the model, so that their number has a bound.
    fn code(&self) -> &str {
        match self {
            Self::Refused(refusal) if refusal.is_known() => refusal.code(),
            Self::Refused(_) => "other",
            Self::Unreachable(_) => "unreachable",
        }
    }
}

fn result(asked: &Result<Issued, Failure>) -> &str {
    match asked {
        Ok(_) => "ok",
        Err(failure) => failure.code(),
    }
}

/// From the system's random numbers.
pub(super) fn chance() -> Chance {
    let (bits, ..) = Uuid::new_v4().as_fields();
    Chance::of(bits)
}

#[cfg(test)]
mod tests;
