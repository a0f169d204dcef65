//! When a program is asked to stop.

use std::future::Future;
use std::io::Result;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

/// Resolves at the first SIGINT or SIGTERM.
pub(crate) fn stopped() -> Result<impl Future<Output = ()>> {
    stopping(Duration::ZERO, || {})
}

/// Resolves some time after SIGTERM, for others go on asking until they have heard of it; at once
/// at SIGINT, which comes from a person. `leave` is called at SIGTERM.
pub(crate) fn stopping(delay: Duration, leave: impl FnOnce()) -> Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => return,
            _ = terminate.recv() => leave(),
        }
        if !delay.is_zero() {
            tokio::select! {
                _ = interrupt.recv() => {}
                () = sleep(delay) => {}
            }
        }
    })
}
