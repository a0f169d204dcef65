//! `GetSessionToken`: a user's own session, perhaps with a second factor.

use door::Permit;
use session::SessionKind;

use crate::generated::sts::{GetSessionToken, GetSessionTokenRequest, GetSessionTokenResponse};
use crate::handle::{At, Handle, Needs};
use crate::sts::assume_role::name;
use crate::sts::grant::wire;
use crate::sts::second_factor::second_factor;
use crate::sts::user_grant::{UserGrant, calling_user};
use crate::wire::Fault;

impl Handle for GetSessionToken {
    const READ_ONLY: bool = true;
    const RECORDS_ANSWER: bool = true;

    /// No policy can deny it (IAM User Guide, "Permissions for GetSessionToken").
    fn needs(_: &GetSessionTokenRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(Needs::Credentials)
    }

    async fn handle(
        input: GetSessionTokenRequest,
        _: Permit,
        at: &At<'_>,
    ) -> Result<GetSessionTokenResponse, Fault> {
        let user = calling_user(at, "GetSessionToken")?;
        let serial = input.serial_number.as_deref();
        let mfa = second_factor(at, serial, input.token_code.as_ref()).await?;
        let grant = UserGrant {
            kind: SessionKind::User {
                user_id: user.id.clone(),
            },
            name: name(&user.id)?,
            seconds: input.duration_seconds,
            tags: Vec::new(),
            policies: session::SessionPolicies::default(),
            mfa,
        };
        Ok(GetSessionTokenResponse {
            credentials: Some(wire(&grant.issue(at)?)?),
        })
    }
}
