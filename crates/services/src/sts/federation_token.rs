//! `GetFederationToken`: a session for somebody else, within what a user may do.

use door::{Need, Permit};
use session::SessionKind;
use trail::Resource;

use crate::generated::sts::{
    FederatedUser, GetFederationToken, GetFederationTokenRequest, GetFederationTokenResponse,
};
use crate::handle::{At, Handle, Needs};
use crate::sts::assume_role::{name, request_tags};
use crate::sts::grant::wire;
use crate::sts::refusals::denied;
use crate::sts::session_policies::{packed_size, session_policies};
use crate::sts::session_tags::session_tags;
use crate::sts::user_grant::{UserGrant, calling_user};
use crate::wire::Fault;

impl Handle for GetFederationToken {
    const READ_ONLY: bool = true;
    const RECORDS_ANSWER: bool = true;

    fn needs(_: &GetFederationTokenRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(Needs::OwnDecision)
    }

    fn resources(input: &GetFederationTokenRequest, at: &At<'_>) -> Vec<Resource> {
        vec![Resource {
            account: Some(at.account),
            kind: "AWS::STS::FederatedUser".to_owned(),
            arn: arn(input, at),
        }]
    }

    async fn handle(
        input: GetFederationTokenRequest,
        _: Permit,
        at: &At<'_>,
    ) -> Result<GetFederationTokenResponse, Fault> {
        let user = calling_user(at, "GetFederationToken")?;
        let arn = arn(&input, at);
        at.door
            .authorize(at.call, &needs(&input, &arn))
            .map_err(|refused| {
                at.refused(&refused);
                denied(&refused)
            })?;
        let policies =
            session_policies(&at.snapshot(), at.account, input.policy, input.policy_arns)?;
        let requested: Vec<_> = input
            .tags
            .into_iter()
            .map(|tag| (tag.key, tag.value))
            .collect();
        let tags = session_tags(&requested, &[], None)?;
        // Zero, and not absent, when nothing was passed.
        let packed_policy_size = packed_size(&policies, &tags)?.unwrap_or(0);
        let grant = UserGrant {
            kind: SessionKind::FederatedUser {
                user_id: user.id.clone(),
            },
            name: name(&input.name)?,
            seconds: input.duration_seconds,
            tags,
            policies,
            mfa: None,
        };
        Ok(GetFederationTokenResponse {
            credentials: Some(wire(&grant.issue(at)?)?),
            federated_user: Some(FederatedUser {
                federated_user_id: format!("{}:{}", at.account, input.name),
                arn,
            }),
            packed_policy_size: Some(packed_policy_size),
        })
    }
}

fn arn(input: &GetFederationTokenRequest, at: &At<'_>) -> String {
    format!("arn:aws:sts::{}:federated-user/{}", at.account, input.name)
}

fn needs(input: &GetFederationTokenRequest, arn: &str) -> Vec<Need> {
    let need = |action: &'static str| {
        let tags = input.tags.iter().map(|tag| (&*tag.key, &*tag.value));
        request_tags(Need::new(action, arn), tags, &[])
    };
    let mut needs = vec![need("sts:GetFederationToken")];
    if !input.tags.is_empty() {
        needs.push(need("sts:TagSession"));
    }
    needs
}
