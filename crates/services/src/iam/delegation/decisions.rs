//! What the asked account does with a delegation request.

use directory::{Approver, ApproverEntity, ApproverProvider, DelegationOwner, DelegationState};
use door::Permit;
use policy::Principal;
use session::SessionKind;
use trail::Resource;

use super::super::fault::invalid_input;
use super::exchange;
use super::visible::{arn, change, need, touched};
use crate::generated::iam::errors::CONCURRENT_MODIFICATION;
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::{ErrorShape, Fault, Protocol};

use DelegationState::{Accepted, Assigned, Finalized, PendingApproval, Rejected, Unassigned};

impl Handle for AssociateDelegationRequest {
    const READ_ONLY: bool = false;

    fn needs(input: &AssociateDelegationRequestRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(need::<Self>(at, &input.delegation_request_id, false).into())
    }

    fn resources(input: &AssociateDelegationRequestRequest, at: &At<'_>) -> Vec<Resource> {
        touched(at, &input.delegation_request_id)
    }

    async fn handle(
        input: AssociateDelegationRequestRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let (account, now) = (at.account, at.call.now);
        let owner = DelegationOwner {
            arn: at.call.caller.arn(),
            user_id: at.call.caller.user_id(),
        };
        change(at, input.delegation_request_id, move |request| {
            must_be(request.state_at(now), &[Unassigned], INVALID)?;
            request.owner_account = Some(account);
            request.owner = Some(owner);
            request.state = Assigned;
            Ok(())
        })
        .await
    }
}

impl Handle for UpdateDelegationRequest {
    const READ_ONLY: bool = false;

    fn needs(input: &UpdateDelegationRequestRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(need::<Self>(at, &input.delegation_request_id, true).into())
    }

    fn resources(input: &UpdateDelegationRequestRequest, at: &At<'_>) -> Vec<Resource> {
        touched(at, &input.delegation_request_id)
    }

    async fn handle(
        input: UpdateDelegationRequestRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let now = at.call.now;
        change(at, input.delegation_request_id, move |request| {
            must_be(request.state_at(now), &[Assigned, PendingApproval], INVALID)?;
            request.notes = input.notes.or(request.notes.take());
            request.state = PendingApproval;
            Ok(())
        })
        .await
    }
}

impl Handle for AcceptDelegationRequest {
    const READ_ONLY: bool = false;

    fn needs(input: &AcceptDelegationRequestRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(need::<Self>(at, &input.delegation_request_id, false).into())
    }

    fn resources(input: &AcceptDelegationRequestRequest, at: &At<'_>) -> Vec<Resource> {
        touched(at, &input.delegation_request_id)
    }

    async fn handle(
        input: AcceptDelegationRequestRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let now = at.call.now;
        let approver = approver(at)?;
        change(at, input.delegation_request_id, move |request| {
            // The only error that the model has for it.
            let states = [Assigned, PendingApproval];
            must_be(request.state_at(now), &states, CONCURRENT_MODIFICATION)?;
            request.approver = Some(approver);
            request.state = Accepted;
            Ok(())
        })
        .await
    }
}

impl Handle for RejectDelegationRequest {
    const READ_ONLY: bool = false;

    fn needs(input: &RejectDelegationRequestRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(need::<Self>(at, &input.delegation_request_id, false).into())
    }

    fn resources(input: &RejectDelegationRequestRequest, at: &At<'_>) -> Vec<Resource> {
        touched(at, &input.delegation_request_id)
    }

    async fn handle(
        input: RejectDelegationRequestRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let now = at.call.now;
        change(at, input.delegation_request_id, move |request| {
            let states = [Assigned, PendingApproval, Accepted];
            must_be(request.state_at(now), &states, INVALID)?;
            request.rejection_reason = input.notes;
            request.approver = None;
            request.state = Rejected;
            Ok(())
        })
        .await
    }
}

impl Handle for SendDelegationToken {
    const READ_ONLY: bool = false;

    fn needs(input: &SendDelegationTokenRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(need::<Self>(at, &input.delegation_request_id, false).into())
    }

    fn resources(input: &SendDelegationTokenRequest, at: &At<'_>) -> Vec<Resource> {
        touched(at, &input.delegation_request_id)
    }

    /// Releases the token. Nothing goes over the network: `daypass delegation-token` hands it to
    /// the server's administrator.
    async fn handle(
        input: SendDelegationTokenRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let now = at.call.now;
        let id = input.delegation_request_id;
        let token = exchange::fresh(at.door, &id, now);
        let (caller, user_id) = (at.call.caller.arn(), at.call.caller.user_id());
        let arn = arn(at, &id);
        change(at, id, move |request| {
            must_be(request.state_at(now), &[Accepted], INVALID)?;
            let mut owner = request.owner.iter();
            if request.only_owner_sends && !owner.any(|owner| owner.user_id == user_id) {
                return Err(Protocol::Query.errors().access_denied.fault(format!(
                    "User: {caller} is not authorized to perform: iam:SendDelegationToken on \
                     resource: {arn} because only the owner of the request may send its token"
                )));
            }
            request.exchange = Some(token);
            request.state = Finalized;
            Ok(())
        })
        .await
    }
}

const INVALID: ErrorShape = errors::INVALID_INPUT;

fn must_be(
    state: DelegationState,
    allowed: &[DelegationState],
    error: ErrorShape,
) -> Result<(), Fault> {
    if allowed.contains(&state) {
        return Ok(());
    }
    let allowed: Vec<_> = allowed.iter().map(|state| state.as_str()).collect();
    Err(error.fault(format!(
        "The delegation request is in state {}, and must be in {} for this operation.",
        state.as_str(),
        allowed.join(" or ")
    )))
}

/// The caller as the delegated credentials will be of it.
///
/// # Errors
/// `InvalidInput` for who can't be stood for: the root user, which has no policies that could be
/// narrowed, and a session that is narrowed already, for a second session policy would widen it.
fn approver(at: &At<'_>) -> Result<Approver, Fault> {
    let caller = &at.call.caller;
    let session = caller.session.as_deref();
    if session.is_some_and(|session| !session.policies.is_empty()) {
        return Err(invalid_input(
            "A session with session policies can't accept a delegation request.",
        ));
    }
    let entity = match (&caller.principal, session.map(|session| &session.kind)) {
        (Principal::User { unique_id, .. }, _) => ApproverEntity::User {
            id: unique_id.clone(),
        },
        (Principal::Role(role), Some(SessionKind::Role { role_id })) => ApproverEntity::Role {
            id: role_id.clone(),
            session_name: role.session_name.clone(),
        },
        _ => {
            return Err(invalid_input(
                "Only a user or a session of a role can accept a delegation request.",
            ));
        }
    };
    let tags = session.into_iter().flat_map(|session| &session.tags);
    let federated = session.and_then(|session| session.federated.as_ref());
    let source = session.and_then(|session| session.source_identity.as_ref());
    Ok(Approver {
        arn: caller.arn(),
        entity,
        issued_at: session.map_or(at.call.now.as_second(), |session| session.issued_at),
        source_identity: source.map(|it| it.as_str().to_owned()),
        tags: tags
            .map(|tag| (tag.key.clone(), tag.value.clone(), tag.transitive))
            .collect(),
        federated: federated.map(|it| ApproverProvider {
            arn: it.provider.clone(),
            keys: it.keys.clone(),
        }),
        mfa: session.and_then(|session| session.mfa),
        attested: session.map_or_else(Vec::new, |session| session.attested.clone()),
    })
}
