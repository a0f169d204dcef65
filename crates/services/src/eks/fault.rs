//! EKS's faults, in AWS's words where they are known.

use directory::{StoreError, Transaction};

use crate::generated::eks::errors::{
    BAD_REQUEST, INVALID_PARAMETER, NOT_FOUND, RESOURCE_NOT_FOUND, SERVER,
};
use crate::handle::At;
use crate::wire::Fault;

/// A cluster that isn't there.
pub(crate) fn no_cluster(name: &str) -> Fault {
    RESOURCE_NOT_FOUND
        .fault(format!("No cluster found for name: {name}."))
        .with("clusterName", name)
}

/// An association that isn't there. The wording is ours.
pub(super) fn no_association(cluster: &str, id: &str) -> Fault {
    RESOURCE_NOT_FOUND
        .fault(format!("No Pod Identity association found for ID: {id}."))
        .with("clusterName", cluster)
}

/// A value that can't be.
pub(super) fn invalid(cluster: &str, message: impl Into<String>) -> Fault {
    INVALID_PARAMETER
        .fault(message)
        .with("clusterName", cluster)
}

/// Something that has tags, and isn't there. The wording is ours.
pub(super) fn no_resource(arn: &str) -> Fault {
    NOT_FOUND.fault(format!("No resource found for ARN: {arn}."))
}

/// A tag or an ARN that can't be.
pub(super) fn bad_request(message: impl Into<String>) -> Fault {
    BAD_REQUEST.fault(message)
}

/// What a write came to: a fault of the operation, or a failure of the store.
enum Failed {
    Fault(Fault),
    Store,
}

impl From<StoreError> for Failed {
    /// The reason is the server's own affair: the directory has logged it.
    fn from(_: StoreError) -> Self {
        Self::Store
    }
}

/// Runs `change` on the newest state. Whatever decides over the outcome is checked inside, where nobody else writes.
///
/// # Errors
/// What `change` answers, or `ServerException` when the store fails.
pub(super) async fn write<T: Send + 'static>(
    at: &At<'_>,
    change: impl FnOnce(&mut Transaction) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let written = at
        .door
        .directory()
        .write(move |tx| change(tx).map_err(Failed::Fault));
    written.await.map_err(|failed| match failed {
        Failed::Fault(fault) => fault,
        Failed::Store => SERVER.fault("The change could not be stored."),
    })
}
