//! Reading delegation requests.

use directory::DelegationRequest as Entity;
use door::Permit;
use trail::Resource;

use super::super::needs;
use super::super::page::Window;
use super::coverage::check;
use super::shape::shape;
use super::visible::{need, touched, visible};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for GetDelegationRequest {
    const READ_ONLY: bool = true;

    fn needs(input: &GetDelegationRequestRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(need::<Self>(at, &input.delegation_request_id, true).into())
    }

    fn resources(input: &GetDelegationRequestRequest, at: &At<'_>) -> Vec<Resource> {
        touched(at, &input.delegation_request_id)
    }

    async fn handle(
        input: GetDelegationRequestRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetDelegationRequestResponse, Fault> {
        let snapshot = at.snapshot();
        let request = visible(&snapshot, at.account, &input.delegation_request_id)?;
        let checked = input.delegation_permission_check == Some(true);
        let result = checked.then(|| check(&request.policy, at).to_owned());
        Ok(GetDelegationRequestResponse {
            delegation_request: Some(shape(request, &snapshot, at.call.now)),
            permission_check_status: checked.then(|| "COMPLETE".to_owned()),
            permission_check_result: result,
        })
    }
}

impl Handle for ListDelegationRequests {
    const READ_ONLY: bool = true;

    fn needs(input: &ListDelegationRequestsRequest, _: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::action::<Self>("*");
        Ok(match &input.owner_id {
            Some(owner) => need.key("iam:DelegationRequestOwner", &**owner),
            None => need,
        }
        .into())
    }

    /// Those that somebody in the caller's account has taken on.
    async fn handle(
        input: ListDelegationRequestsRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListDelegationRequestsResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let snapshot = at.snapshot();
        let all = snapshot
            .accounts()
            .flat_map(|view| view.shelf::<Entity>().iter());
        let listed = |request: &Entity| {
            let owner = request.owner.as_ref();
            request.owner_account == Some(at.account)
                && owner.is_some_and(|it| input.owner_id.as_ref().is_none_or(|id| *id == it.arn))
        };
        let mut requests: Vec<_> = all.filter(|(_, request)| listed(request)).collect();
        requests.sort_by_key(|(id, _)| *id);
        let page = window
            .page(requests)
            .map(|request| shape(request, &snapshot, at.call.now));
        Ok(ListDelegationRequestsResponse {
            is_truncated: Some(page.is_truncated()),
            delegation_requests: page.items,
            marker: page.marker,
        })
    }
}
