//! Reading assertions apart from the workers that serve requests.

use std::sync::LazyLock;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::sts::refusals::internal;
use crate::wire::Fault;

/// One for each core. Whoever can reach the server may hand in large documents, unsigned and as
/// many as it likes; others wait for their turn.
static TURNS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(available_parallelism().map_or(1, usize::from)));

/// Work that has begun.
pub(super) struct Begun<T>(tokio::task::JoinHandle<T>);

/// Begins `work` when it has its turn, where no other request has to wait for it. The turn lasts
/// until the work is done, also when its caller has gone.
///
/// # Errors
/// An internal fault when the server is going down.
pub(super) async fn begin<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<Begun<T>, Fault> {
    let turn = TURNS.acquire().await.map_err(|_| stopped())?;
    Ok(Begun(spawn_blocking(move || {
        let done = work();
        drop(turn);
        done
    })))
}

impl<T> Begun<T> {
    /// What came of it.
    ///
    /// # Errors
    /// An internal fault when the work could not be finished.
    pub(super) async fn done(self) -> Result<T, Fault> {
        self.0.await.map_err(|_| stopped())
    }
}

fn stopped() -> Fault {
    internal("The assertion could not be processed.")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn work_holds_no_worker_up_and_waits_for_its_turn() {
        // The only worker goes on while every turn is taken by work that waits for it.
        let mut running = Vec::new();
        let cores = available_parallelism().unwrap().get();
        for _ in 0..cores {
            let (tell, told) = mpsc::channel();
            let work = move || told.recv_timeout(Duration::from_secs(60));
            running.push((tell, begin(work).await.unwrap()));
        }
        let mut next = Box::pin(begin(|| 1));
        tokio::select! {
            biased;
            _ = &mut next => panic!("more work than cores"),
            () = tokio::task::yield_now() => {}
        }
        // The turn stays taken when nobody waits for the work any more.
        let (tell, abandoned) = running.pop().unwrap();
        drop(abandoned);
        tokio::select! {
            biased;
            _ = &mut next => panic!("more work than cores"),
            () = tokio::task::yield_now() => {}
        }
        tell.send(()).unwrap();
        assert_eq!(next.await.unwrap().done().await.unwrap(), 1);
        for (tell, begun) in running {
            tell.send(()).unwrap();
            begun.done().await.unwrap().unwrap();
        }
    }
}
