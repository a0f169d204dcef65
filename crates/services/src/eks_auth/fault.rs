//! EKS Auth's faults: what the EKS API Reference says of each, and nothing of why. The server's log says why.

use federation::TokenError;

use crate::generated::eks_auth::errors::{
    ACCESS_DENIED, EXPIRED_TOKEN, INTERNAL_SERVER, INVALID_TOKEN, RESOURCE_NOT_FOUND,
    SERVICE_UNAVAILABLE,
};
use crate::handle::At;
use crate::wire::Fault;

/// A token that is not accepted.
pub(super) fn token(at: &At<'_>, error: &TokenError) -> Fault {
    let _ = at.notes.reason.set(error.detail());
    match error {
        TokenError::Expired { .. } | TokenError::TooOld { .. } => {
            EXPIRED_TOKEN.fault("The specified Kubernetes service account token is expired.")
        }
        TokenError::Unreachable { .. } => SERVICE_UNAVAILABLE
            .fault("The service is unavailable. Back off and retry the operation."),
        _ => invalid_token(),
    }
}

/// A token that is not one of a pod of the cluster.
pub(super) fn not_of_a_pod(at: &At<'_>, reason: &str) -> Fault {
    let _ = at.notes.reason.set(reason.to_owned());
    invalid_token()
}

fn invalid_token() -> Fault {
    INVALID_TOKEN.fault("The specified Kubernetes service account token is invalid.")
}

/// A service account without an association. The wording is ours.
pub(super) fn no_association(cluster: &str, namespace: &str, service_account: &str) -> Fault {
    RESOURCE_NOT_FOUND.fault(format!(
        "No Pod Identity association found for service account {namespace}/{service_account} in cluster {cluster}."
    ))
}

/// A role that isn't there, or that its trust policy or the first role's permissions keep from the pod: one answer.
pub(super) fn not_assumable(at: &At<'_>, reason: String) -> Fault {
    let _ = at.notes.reason.set(reason);
    ACCESS_DENIED.fault(
        "Unauthorized Exception! EKS does not have permissions to assume the associated role.",
    )
}

/// A failure of the server's own.
pub(super) fn internal(at: &At<'_>, reason: String) -> Fault {
    let _ = at.notes.reason.set(reason);
    INTERNAL_SERVER.fault("These errors are usually caused by a server-side issue.")
}
