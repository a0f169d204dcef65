//! Who sees a delegation request, and what is needed for it.

use std::sync::Arc;

use directory::{DelegationRequest as Entity, Snapshot};
use door::Need;
use jiff::Timestamp;
use policy::{AccountId, DocumentKind, Policy};
use serde_json::json;
use trail::Resource;

use super::super::change::write;
use super::super::{needs, resources};
use crate::generated::iam::errors::NO_SUCH_ENTITY;
use crate::handle::At;
use crate::wire::{Fault, Operation};

/// CloudTrail's name of the type.
const RESOURCE_TYPE: &str = "AWS::IAM::DelegationRequest";

/// The request with this id, whichever account has made it.
pub(crate) fn find<'s>(snapshot: &'s Snapshot, id: &str) -> Option<&'s Arc<Entity>> {
    let mut accounts = snapshot.accounts();
    accounts.find_map(|view| view.shelved::<Entity>(id))
}

/// The request as `account` sees it: as long as nobody is asked, every account does, and after
/// that the one that is asked (IAM API reference, `GetDelegationRequest`).
///
/// # Errors
/// `NoSuchEntity`, also for a request to another account.
pub(super) fn visible<'s>(
    snapshot: &'s Snapshot,
    account: AccountId,
    id: &str,
) -> Result<&'s Arc<Entity>, Fault> {
    let request = find(snapshot, id).filter(|request| sees(account, request));
    request.ok_or_else(|| no_such_request(id))
}

/// Changes a request that the caller's account is asked with.
///
/// # Errors
/// `NoSuchEntity`, or what `change` answers; nothing has changed then.
pub(super) async fn change(
    at: &At<'_>,
    id: String,
    change: impl FnOnce(&mut Entity) -> Result<(), Fault> + Send + 'static,
) -> Result<(), Fault> {
    let (account, now) = (at.account, at.call.now);
    write(at, move |tx| {
        let mut request = Entity::clone(visible(tx.snapshot(), account, &id)?);
        change(&mut request)?;
        request.updated = now;
        request.expires = expiry(&request, now)?;
        tx.shelve(request);
        Ok(())
    })
    .await
}

/// When a request that has just reached its state expires.
pub(super) fn expiry(request: &Entity, now: Timestamp) -> Result<Timestamp, Fault> {
    let end = now.checked_add(jiff::SignedDuration::from_hours(request.state.hours()));
    // No clock runs that far ahead.
    end.map_err(|_| no_such_request(&request.id))
}

/// `O` on a request. Its owner needs no policy for what `by_default` says, but may be denied it.
/// That is not for sessions of the owner with session policies, among them delegated ones: what
/// names a session would reach past them.
pub(super) fn need<O: Operation>(at: &At<'_>, id: &str, by_default: bool) -> Need {
    let snapshot = at.snapshot();
    let request = find(&snapshot, id).filter(|request| sees(at.account, request));
    let arn = arn(at, id);
    let need = needs::action::<O>(&*arn);
    let Some(owner) = request.and_then(|request| request.owner.as_ref()) else {
        return need;
    };
    let need = need.key("iam:DelegationRequestOwner", &*owner.arn);
    let session = at.call.caller.session.as_deref();
    let narrowed = session.is_some_and(|session| !session.policies.is_empty());
    if by_default && !narrowed && owner.user_id == at.call.caller.user_id() {
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"AWS": owner.arn},
                "Action": need.action(),
                "Resource": arn,
            }],
        });
        let policy = Policy::parse(DocumentKind::Resource, &policy.to_string());
        return need.resource_policy(policy.ok().map(Arc::new));
    }
    need
}

/// For the audit record.
pub(super) fn touched(at: &At<'_>, id: &str) -> Vec<Resource> {
    vec![resources::resource(at, RESOURCE_TYPE, arn(at, id))]
}

/// The request as a resource of the account that was asked, for calls of the one that asks.
pub(crate) fn of_its_owner(request: &Entity) -> Option<Resource> {
    let account = request.owner_account?;
    Some(Resource {
        account: Some(account),
        kind: RESOURCE_TYPE.to_owned(),
        arn: arn_in(account, &request.id),
    })
}

/// The ARN of a request, in the account that is asked.
pub(super) fn arn(at: &At<'_>, id: &str) -> String {
    arn_in(at.account, id)
}

fn arn_in(account: AccountId, id: &str) -> String {
    format!("arn:aws:iam::{account}:delegation-request/{id}")
}

fn sees(account: AccountId, request: &Entity) -> bool {
    request.owner_account.is_none_or(|owner| owner == account)
}

fn no_such_request(id: &str) -> Fault {
    NO_SUCH_ENTITY.fault(format!(
        "The delegation request with id {id} cannot be found."
    ))
}
