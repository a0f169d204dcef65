//! What temporary credentials can't call, whatever policies say (IAM User Guide, "Compare AWS STS credentials").

use door::Call;
use session::SessionKind;

use crate::wire::{ErrorShape, Fault, OperationShape, Protocol};

/// `InvalidClientTokenId`, which is common to all services and in no model.
const INVALID_CLIENT_TOKEN_ID: ErrorShape = ErrorShape {
    code: "InvalidClientTokenId",
    recorded_as: "InvalidClientTokenId",
    status: 403,
    sender_fault: true,
};

/// Refuses an operation to the caller's session.
///
/// # Errors
/// For sessions of `GetSessionToken`: IAM without MFA, and STS but for `AssumeRole` and `GetCallerIdentity`. For sessions
/// of `GetFederationToken`: IAM, and STS but for `GetCallerIdentity`. For every session: the two operations themselves.
pub(crate) fn check(call: &Call, asked: &OperationShape) -> Result<(), Fault> {
    let Some(session) = call.caller.session.as_deref() else {
        return Ok(());
    };
    // Our own operations decide what IAM trusts.
    let iam = matches!(asked.service.name, "iam" | "daypass");
    let sts = asked.service.name == "sts";
    let known = sts && asked.name == "GetCallerIdentity";
    let minting = sts && matches!(asked.name, "GetSessionToken" | "GetFederationToken");
    let (no_iam, no_sts) = match &session.kind {
        // A delegated session (`chained`) is bound by the policy that its user accepted, which may be about IAM.
        SessionKind::User { .. } => (
            session.mfa.is_none() && !session.chained,
            !known && asked.name != "AssumeRole",
        ),
        SessionKind::FederatedUser { .. } => (true, !known),
        SessionKind::Role { .. } | SessionKind::Root { .. } => (false, minting),
    };
    if iam && no_iam {
        return Err(
            INVALID_CLIENT_TOKEN_ID.fault("The security token included in the request is invalid")
        );
    }
    if sts && no_sts {
        let errors = Protocol::Query.errors();
        return Err(errors.access_denied.fault(format!(
            "Cannot call {} with session credentials",
            asked.name
        )));
    }
    Ok(())
}
