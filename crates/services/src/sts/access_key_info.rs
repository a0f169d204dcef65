//! `GetAccessKeyInfo`.

use door::{Need, Permit};
use session::AccessKeyId;

use crate::generated::sts::{GetAccessKeyInfo, GetAccessKeyInfoRequest, GetAccessKeyInfoResponse};
use crate::handle::{At, Handle, Needs};
use crate::sts::refusals::validation;
use crate::wire::Fault;

impl Handle for GetAccessKeyInfo {
    const READ_ONLY: bool = true;

    /// It has no resource, and denials name none.
    fn needs(_: &GetAccessKeyInfoRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(Need::new("sts:GetAccessKeyInfo", "*").shown(None).into())
    }

    /// The account is in the id, so keys of other accounts and deleted ones have one too (STS
    /// API Reference, `GetAccessKeyInfo`).
    async fn handle(
        input: GetAccessKeyInfoRequest,
        _: Permit,
        _: &At<'_>,
    ) -> Result<GetAccessKeyInfoResponse, Fault> {
        let id: Option<AccessKeyId> = input.access_key_id.parse().ok();
        let account = id.and_then(|id| id.account()).ok_or_else(|| {
            validation(format!(
                "The access key id {} does not name an account.",
                input.access_key_id
            ))
        })?;
        Ok(GetAccessKeyInfoResponse {
            account: Some(account.to_string()),
        })
    }
}
