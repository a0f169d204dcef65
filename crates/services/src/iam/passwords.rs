//! Passwords, hashed apart from the workers that serve requests.

use session::PasswordHash;
use tokio::sync::Semaphore;

use crate::generated::iam::errors::SERVICE_FAILURE;
use crate::wire::{Fault, Secret};

/// Hashes that are worked on at once. Each takes a core for a tenth of a second, so whoever may
/// change a password could otherwise keep the whole server busy.
const AT_ONCE: usize = 2;
static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);

/// The hash of a new password.
///
/// # Errors
/// `ServiceFailure` when the server is going down.
pub(super) async fn hash(password: &Secret) -> Result<PasswordHash, Fault> {
    let password = password.clone();
    apart(move || PasswordHash::of(password.reveal())).await
}

/// Whether the password is one of those.
///
/// # Errors
/// `ServiceFailure` when the server is going down.
pub(super) async fn is_one_of(password: &Secret, hashes: Vec<PasswordHash>) -> Result<bool, Fault> {
    let password = password.clone();
    apart(move || hashes.iter().any(|hash| hash.is_of(password.reveal()))).await
}

async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    let stopped = || SERVICE_FAILURE.fault("The password could not be processed.");
    let turn = TURNS.acquire().await.map_err(|_| stopped())?;
    let done = tokio::task::spawn_blocking(work).await;
    drop(turn);
    done.map_err(|_| stopped())
}
