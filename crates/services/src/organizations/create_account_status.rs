//! What came of requests for accounts.

use directory::AccountRequest;
use door::Permit;

use super::page::page;
use super::seen::{Who, read};
use super::{describe, needs};
use crate::generated::organizations::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for DescribeCreateAccountStatus {
    const READ_ONLY: bool = true;

    fn needs(_: &DescribeCreateAccountStatusRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>().into())
    }

    async fn handle(
        input: DescribeCreateAccountStatusRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<DescribeCreateAccountStatusResponse, Fault> {
        read(at, Who::Administrator, |seen| {
            let id = &input.create_account_request_id;
            let request = seen.view.shelved::<AccountRequest>(id).ok_or_else(|| {
                errors::CREATE_ACCOUNT_STATUS_NOT_FOUND.fault(
                    "We can't find a create account request with the CreateAccountRequestId that \
                     you specified.",
                )
            })?;
            Ok(DescribeCreateAccountStatusResponse {
                create_account_status: Some(describe::request(request)),
            })
        })
    }
}

impl Handle for ListCreateAccountStatus {
    const READ_ONLY: bool = true;

    fn needs(_: &ListCreateAccountStatusRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>().into())
    }

    async fn handle(
        input: ListCreateAccountStatusRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListCreateAccountStatusResponse, Fault> {
        read(at, Who::Administrator, |seen| {
            let requests = seen.view.shelf::<AccountRequest>().iter();
            let shown = requests.map(|(id, it)| (id, describe::request(it)));
            let asked = shown.filter(|(_, it)| {
                let mut states = input.states.iter();
                input.states.is_empty() || states.any(|state| it.state.as_ref() == Some(state))
            });
            let (items, next_token) = page(input.next_token.as_deref(), input.max_results, asked)?;
            Ok(ListCreateAccountStatusResponse {
                create_account_statuses: items,
                next_token,
            })
        })
    }
}
