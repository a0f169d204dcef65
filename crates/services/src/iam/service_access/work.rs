//! What takes a while: reading policies against the table of all services.

use std::sync::LazyLock;

use reference::Reference;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::iam::fault::internal;
use crate::wire::Fault;

/// How much of it is done at once. A policy that allows everything names twenty thousand
/// actions, so others wait for their turn.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

static REFERENCE: LazyLock<Option<Reference>> = LazyLock::new(|| match Reference::load() {
    Ok(reference) => Some(reference),
    Err(error) => {
        tracing::error!(%error, "the table of services can't be read");
        None
    }
});

/// The table of services.
///
/// # Errors
/// `ServiceFailure` when it can't be read.
pub(super) fn reference() -> Result<&'static Reference, Fault> {
    REFERENCE.as_ref().ok_or_else(internal)
}

/// Does it where no other request has to wait for it.
///
/// # Errors
/// `ServiceFailure` when it could not be finished.
pub(super) async fn run<T: Send + 'static>(
    job: impl FnOnce(&Reference) -> T + Send + 'static,
) -> Result<T, Fault> {
    let _turn = AT_ONCE.acquire().await.map_err(|_| internal())?;
    let done = spawn_blocking(|| reference().map(job)).await;
    done.map_err(|_| internal())?
}
