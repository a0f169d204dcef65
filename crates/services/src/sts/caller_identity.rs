//! `GetCallerIdentity`.

use door::Permit;

use crate::generated::sts::{
    GetCallerIdentity, GetCallerIdentityRequest, GetCallerIdentityResponse,
};
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for GetCallerIdentity {
    const READ_ONLY: bool = true;

    /// No policy can deny it, not even explicitly (STS API reference, `GetCallerIdentity`).
    fn needs(_: &GetCallerIdentityRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(Needs::Credentials)
    }

    async fn handle(
        _: GetCallerIdentityRequest,
        _: Permit,
        at: &At<'_>,
    ) -> Result<GetCallerIdentityResponse, Fault> {
        let caller = &at.call.caller;
        Ok(GetCallerIdentityResponse {
            user_id: Some(caller.user_id()),
            account: Some(at.account.to_string()),
            arn: Some(caller.arn()),
        })
    }
}
