//! `GetDelegatedAccessToken`: the exchange token of an accepted delegation request becomes a
//! session of who accepted it.

use std::sync::Arc;

use directory::{Approver, ApproverEntity, DelegationRequest, DelegationState};
use door::{Need, Permit};
use jiff::{SignedDuration, Timestamp};
use session::{Federated, MintError, Session, SessionKind, SessionPolicies, SessionTag};
use trail::Resource;

use crate::generated::sts::{
    GetDelegatedAccessToken, GetDelegatedAccessTokenRequest, GetDelegatedAccessTokenResponse,
    errors,
};
use crate::handle::{At, Handle, Needs};
use crate::iam::delegation;
use crate::sts::grant::wire;
use crate::sts::refusals::{internal, validation};
use crate::sts::session_policies::packed_size;
use crate::wire::{Fault, Secret};

/// The longest session; the token can be traded again while the delegated access lasts.
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// The attested pair that holds the account that a session was delegated to.
const DELEGATED_TO: &str = "delegated-to";

impl Handle for GetDelegatedAccessToken {
    const READ_ONLY: bool = true;
    const RECORDS_ANSWER: bool = true;

    fn needs(_: &GetDelegatedAccessTokenRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(Need::new("sts:GetDelegatedAccessToken", "*").into())
    }

    /// The request in its owner's account, whose trail is to say who has got access to it. Only a
    /// token that is the caller's and has not expired leaves something there.
    fn resources(input: &GetDelegatedAccessTokenRequest, at: &At<'_>) -> Vec<Resource> {
        let request = request_of(&input.trade_in_token, at)
            .filter(|request| end(request).is_some_and(|end| end > at.call.now));
        let resource = request.and_then(|request| delegation::of_its_owner(&request));
        resource.into_iter().collect()
    }

    async fn handle(
        input: GetDelegatedAccessTokenRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetDelegatedAccessTokenResponse, Fault> {
        // One answer for what is no token, a token of nobody and somebody else's.
        let invalid = || validation("The trade-in token is not valid.");
        let request = request_of(&input.trade_in_token, at).ok_or_else(invalid)?;
        let (Some(end), Some(approver)) = (end(&request), &request.approver) else {
            return Err(invalid());
        };
        if end <= at.call.now {
            return Err(errors::EXPIRED_TRADE_IN_TOKEN.fault("The trade-in token has expired."));
        }
        let session = session(&request, approver, at.call.now, end)?;
        let packed_policy_size = packed_size(&session.policies, &session.tags)?;
        let credentials =
            at.door
                .keyring()
                .mint(&session)
                .map_err(|error| match error {
                    MintError::TooLarge => errors::PACKED_POLICY_TOO_LARGE
                        .fault("Serialized token too large for session"),
                    error => internal(&error.to_string()),
                })?;
        Ok(GetDelegatedAccessTokenResponse {
            credentials: Some(wire(&credentials)?),
            packed_policy_size,
            assumed_principal: Some(approver.arn.clone()),
        })
    }
}

/// The request of the caller's account that a token is of.
fn request_of(token: &Secret, at: &At<'_>) -> Option<Arc<DelegationRequest>> {
    let snapshot = at.snapshot();
    delegation::find(&snapshot, delegation::open(token)?)
        .filter(|request| request.requestor == at.account)
        .filter(|request| delegation::is_of(at.door, request, token))
        .cloned()
}

/// When the delegated access ends: it began when the token was released (IAM API reference,
/// `CreateDelegationRequest`, `SessionDuration`).
fn end(request: &DelegationRequest) -> Option<Timestamp> {
    let exchange = request.exchange.as_ref();
    let exchange = exchange.filter(|_| request.state == DelegationState::Finalized)?;
    let length = SignedDuration::from_secs(i64::from(request.session_seconds));
    exchange.released.checked_add(length).ok()
}

/// What the approver may do, narrowed to what was asked for. A session's own time of issue is
/// kept, so that revoking the approver's sessions revokes the delegated ones.
fn session(
    request: &DelegationRequest,
    approver: &Approver,
    now: Timestamp,
    end: Timestamp,
) -> Result<Session, Fault> {
    let broken = || internal("The session could not be issued.");
    let (kind, name) = match &approver.entity {
        ApproverEntity::Role { id, session_name } => {
            let kind = SessionKind::Role {
                role_id: id.clone(),
            };
            (kind, session_name)
        }
        ApproverEntity::User { id } => {
            let kind = SessionKind::User {
                user_id: id.clone(),
            };
            (kind, id)
        }
    };
    let source = approver.source_identity.as_deref();
    let mut attested = approver.attested.clone();
    // One pair, also when the approver's own session goes back to delegated access.
    attested.retain(|(name, _)| name != DELEGATED_TO);
    attested.push((DELEGATED_TO.to_owned(), request.requestor.to_string()));
    let expires = now.checked_add(HOUR).map_or(end, |hour| hour.min(end));
    Ok(Session {
        account: request.owner_account.ok_or_else(broken)?,
        kind,
        name: name.parse().map_err(|_| broken())?,
        issued_at: approver.issued_at,
        expires_at: expires.as_second(),
        source_identity: source.map(str::parse).transpose().map_err(|_| broken())?,
        tags: approver.tags.iter().cloned().map(tag).collect(),
        policies: SessionPolicies {
            inline: Some(request.policy.clone()),
            arns: Vec::new(),
        },
        federated: approver.federated.clone().map(|provider| Federated {
            provider: provider.arn,
            keys: provider.keys,
        }),
        mfa: approver.mfa,
        chained: true,
        attested,
    })
}

fn tag((key, value, transitive): (String, String, bool)) -> SessionTag {
    SessionTag {
        key,
        value,
        transitive,
    }
}
