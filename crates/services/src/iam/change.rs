//! Writing to the directory from a handler.

use directory::{StoreError, Transaction};

use super::fault::internal;
use crate::handle::At;
use crate::wire::Fault;

/// Runs `change` on the newest state. Whatever decides over the outcome (does it exist, is
/// the name free, is there room) is checked inside, where nobody else writes.
///
/// # Errors
/// What `change` answers, or `ServiceFailure` when the store fails.
pub(super) async fn write<T: Send + 'static>(
    at: &At<'_>,
    change: impl FnOnce(&mut Transaction) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    at.door.directory().write(change).await
}

impl From<StoreError> for Fault {
    /// The reason is the server's own affair: the directory has logged it.
    fn from(_: StoreError) -> Self {
        internal()
    }
}
