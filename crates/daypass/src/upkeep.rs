//! What a server does from time to time.

use std::sync::Arc;
use std::time::Duration;

use door::Door;
use gateway::{Gateway, Sweeper};
use tokio::time::{MissedTickBehavior, interval};

/// How often last uses are kept; a crash loses those since the last time.
const KEEP_LAST_USES: Duration = Duration::from_secs(60);

/// How often lifecycles are looked at. Rules act at midnight; the hour is how late that is noticed,
/// and how soon a rule counts that was put during the day.
const SWEEP: Duration = Duration::from_secs(60 * 60);

/// Ends objects and uploads as their buckets' lifecycles say, at the start and then again and again,
/// until it is dropped. Being dropped in the middle loses nothing: what is left is done at the next
/// start.
pub(crate) async fn lifecycles(objects: Arc<Gateway>, door: Arc<Door>) {
    let mut sweeper = Sweeper::default();
    let mut tick = interval(SWEEP);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        sweeper.sweep(&objects, &door, door.now()).await;
    }
}

/// Keeps last uses again and again, until it is dropped.
pub(crate) async fn last_uses(door: Arc<Door>) {
    let mut tick = interval(KEEP_LAST_USES);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick comes at once, with nothing to keep.
    tick.tick().await;
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = door.many_last_uses() => {}
        }
        keep(&door).await;
    }
}

/// Keeps last uses now. That they are not kept is no reason to stop: they wait in memory.
pub(crate) async fn keep(door: &Door) {
    if let Err(error) = door.keep_last_uses().await {
        tracing::warn!(%error, "the last uses of principals and keys could not be kept");
    }
}
