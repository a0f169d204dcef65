//! Renewal in the background, before credentials expire.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use cluster::agent::{PodToken, Rate};
use jiff::Timestamp;
use tokio::time::{sleep, timeout};

use super::Service;
use super::provider::{Provider, Reason, chance};

/// The longest sleep: the clock may be set meanwhile.
const LONGEST: Duration = Duration::from_secs(60);
/// The shortest one.
const SHORTEST: Duration = Duration::from_millis(10);

/// Renews and forgets what is due, for ever.
pub(crate) async fn run<S: Service>(provider: Arc<Provider<S>>) -> Infallible {
    loop {
        let due = {
            let now = Timestamp::now();
            let mut state = provider.state();
            let removed = state.cache.sweep(now);
            provider.metrics.kept(removed, state.cache.len());
            state.cache.due(now)
        };
        for token in due {
            renew(&provider, token).await;
        }
        let next = provider.state().cache.next();
        let pause = next.map_or(LONGEST, |next| {
            let until = next.duration_since(Timestamp::now());
            Duration::try_from(until).unwrap_or(Duration::ZERO)
        });
        // Whichever comes first.
        let _ = timeout(pause.clamp(SHORTEST, LONGEST), provider.changed.notified()).await;
    }
}

/// Asks for one token's new credentials as soon as the rate allows.
async fn renew<S: Service>(provider: &Arc<Provider<S>>, token: Arc<PodToken>) {
    let number = provider.bounds.service_qps;
    let rate = Rate::per_second(number, number);
    loop {
        let wait = {
            let now = Timestamp::now();
            let mut state = provider.state();
            if Provider::<S>::is_asked_for(&state, &token) {
                // What comes of that counts for this renewal too.
                return;
            }
            if !state.outage.may_ask(now) {
                state.cache.failed(&token, now, chance());
                return;
            }
            match state.renewals.take(rate, now) {
                Ok(()) => {
                    provider.start(&mut state, token, Reason::Renewal);
                    return;
                }
                Err(wait) => wait,
            }
        };
        sleep(Duration::try_from(wait).unwrap_or(SHORTEST)).await;
    }
}
