//! `AssumeRoleWithWebIdentity`: a service account's token becomes a session of one role.

use std::sync::Arc;

use directory::{OidcProvider, Role};
use door::{Caller, Need, Permit, attested_key};
use federation::{Accepted, Claims, TokenError, UnverifiedToken};
use policy::{AccountId, Arn};
use serde_json::json;
use session::{Federated, SourceIdentity};
use trail::Resource;

use crate::generated::sts::{
    AssumeRoleWithWebIdentity, AssumeRoleWithWebIdentityRequest, AssumeRoleWithWebIdentityResponse,
    errors,
};
use crate::handle::{At, Handle, Needs};
use crate::identity_token::{For, Identified, Rejected, accepted};
use crate::sts::assume_role::{name, request_tags, role_resource, trust_need};
use crate::sts::federation_data::federation_data;
use crate::sts::grant::{Grant, assumed_role_user, seconds, wire};
use crate::sts::refusals::{access_denied, internal, token, validation};
use crate::sts::session_policies::{packed_size, session_policies};
use crate::sts::session_tags::session_tags;
use crate::wire::Fault;

impl Handle for AssumeRoleWithWebIdentity {
    const READ_ONLY: bool = true;
    const RECORDS_ANSWER: bool = true;
    const UNSIGNED: bool = true;

    fn needs(_: &AssumeRoleWithWebIdentityRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(Needs::OwnDecision)
    }

    fn resources(input: &AssumeRoleWithWebIdentityRequest, _: &At<'_>) -> Vec<Resource> {
        role_resource(&input.role_arn)
    }

    async fn handle(
        input: AssumeRoleWithWebIdentityRequest,
        _: Permit,
        at: &At<'_>,
    ) -> Result<AssumeRoleWithWebIdentityResponse, Fault> {
        let account = role_account(&input.role_arn)?;
        if input.provider_id.is_some() {
            // Only for OAuth access tokens of two providers, which are not OIDC.
            return Err(validation(
                "The ProviderId parameter must not be given with an OpenID Connect token.",
            ));
        }
        let token = Presented::verify(&input, account, at).await?;
        let by_idp = token.authorized_by_idp(&input.role_arn)?;
        token.note(by_idp, at);
        let snapshot = at.snapshot();
        // One answer for a role that doesn't exist and for one that doesn't trust the token.
        let not_authorized = || {
            let _ = at.notes.error_message.set("An unknown error occurred");
            access_denied("Not authorized to perform sts:AssumeRoleWithWebIdentity")
        };
        let role = snapshot
            .assumable_role(&input.role_arn)
            .ok_or_else(not_authorized)?;
        let wanted = Wanted::of(&token.claims)?;
        let permit = at
            .door
            .authorize_as(
                at.call,
                &token.caller,
                &token.needs(role, &input, &wanted, by_idp),
            )
            .map_err(|refused| {
                // The one line in which an administrator can see why a pod gets nothing.
                let _ = at.notes.reason.set(format!(
                    "{} (sub `{}`, aud `{}`)",
                    refused.told(),
                    token.claims.subject,
                    token.audience,
                ));
                match refused.need.action() {
                    "sts:AssumeRoleWithWebIdentity" => not_authorized(),
                    action => access_denied(format!("Not authorized to perform {action}")),
                }
            })?;
        let seconds = seconds(input.duration_seconds, role, false)?;
        let policies = session_policies(&snapshot, role.account, input.policy, input.policy_arns)?;
        let tags = session_tags(&wanted.tags, &wanted.transitive_keys, None)?;
        let packed_policy_size = packed_size(&policies, &tags)?;
        let grant = Grant {
            role: Arc::clone(role),
            name: name(&input.role_session_name)?,
            seconds,
            source_identity: wanted.source_identity,
            tags,
            policies,
            federated: Some(Federated {
                provider: token.provider.arn(),
                keys: token.claims.session_keys(&token.audience),
            }),
            mfa: None,
            chained: false,
            attested: token.claims.attested(),
        };
        let (credentials, session) = grant
            .issue(at.door, at.call.now, &permit)
            .map_err(|error| internal(&error.to_string()))?;
        Ok(AssumeRoleWithWebIdentityResponse {
            credentials: Some(wire(&credentials)?),
            subject_from_web_identity_token: Some(token.claims.subject.clone()),
            assumed_role_user: Some(assumed_role_user(role, &session)),
            packed_policy_size,
            provider: Some(token.provider.arn()),
            audience: Some(token.audience),
            source_identity: session
                .source_identity
                .as_ref()
                .map(|it| it.as_str().to_owned()),
        })
    }
}

/// A token that verified, for a provider of the role's account.
struct Presented {
    provider: Arc<OidcProvider>,
    claims: Claims,
    /// The audience that matched: `azp` if there is one.
    audience: String,
    caller: Caller,
}

/// What a token's claims ask for besides the session.
struct Wanted {
    tags: Vec<(String, String)>,
    transitive_keys: Vec<String>,
    source_identity: Option<SourceIdentity>,
}

impl Presented {
    async fn verify(
        input: &AssumeRoleWithWebIdentityRequest,
        account: AccountId,
        at: &At<'_>,
    ) -> Result<Self, Fault> {
        let refuse = |error: TokenError| {
            let _ = at.notes.reason.set(error.detail());
            token(&error)
        };
        let unverified =
            UnverifiedToken::parse(input.web_identity_token.reveal()).map_err(refuse)?;
        match accepted(at, account, &unverified, For::Clients).await {
            Ok(identified) => Ok(Self::of(identified, at)),
            Err(Rejected { error, verified }) => {
                if let Some(verified) = verified {
                    Self::of(*verified, at).note(false, at);
                }
                Err(refuse(error))
            }
        }
    }

    fn of(identified: Identified, at: &At<'_>) -> Self {
        let Identified { provider, token } = identified;
        let Accepted { claims, audience } = token;
        let caller = Caller::web_identity(&provider.arn(), &audience, &claims.subject);
        // Set once; these are its only writers.
        let _ = at.notes.identity.set(caller.identity.clone());
        let _ = at.notes.recipient.set(provider.account);
        Self {
            provider,
            claims,
            audience,
            caller,
        }
    }

    /// Puts what the token attests into the event.
    fn note(&self, by_idp: bool, at: &At<'_>) {
        let _ = at.notes.additional.set(additional(at, by_idp, self));
    }

    /// Whether the token lists the roles it is for, and this is one (IAM user guide,
    /// "roles claim"); checked before the trust policy.
    fn authorized_by_idp(&self, role_arn: &str) -> Result<bool, Fault> {
        match self.claims.roles().map_err(|error| token(&error))? {
            None => Ok(false),
            Some(roles) if roles.iter().any(|it| it == role_arn) => Ok(true),
            Some(_) => Err(errors::INVALID_IDENTITY_TOKEN.fault(
                "The target role ARN is not present in the roles claim of the identity token",
            )),
        }
    }

    /// What will be attested of the session.
    fn attested(&self) -> Vec<(String, String)> {
        let mut pairs = vec![
            ("provider".to_owned(), self.provider.arn()),
            ("sub".to_owned(), self.claims.subject.clone()),
        ];
        pairs.extend(self.claims.attested());
        pairs
    }

    fn needs(
        &self,
        role: &Role,
        input: &AssumeRoleWithWebIdentityRequest,
        wanted: &Wanted,
        by_idp: bool,
    ) -> Vec<Need> {
        let mut actions = vec!["sts:AssumeRoleWithWebIdentity"];
        if !wanted.tags.is_empty() {
            actions.push("sts:TagSession");
        }
        if wanted.source_identity.is_some() {
            actions.push("sts:SetSourceIdentity");
        }
        let need = |action| {
            let mut need = trust_need(action, role, &[])
                .key("sts:RoleSessionName", input.role_session_name.clone())
                .key("sts:RoleAuthorizedByIdp", by_idp)
                .key("aws:FederatedProvider", self.provider.arn());
            for (name, value) in self.attested() {
                need = need.key(attested_key(&name), value);
            }
            for (key, values) in self.claims.condition_keys(&self.audience) {
                need = match <[String; 1]>::try_from(values) {
                    Ok([one]) => need.key(key, one),
                    Err(many) => need.key(key, many),
                };
            }
            if let Some(source) = &wanted.source_identity {
                need = need.key("sts:SourceIdentity", source.as_str());
            }
            let tags = wanted.tags.iter().map(|(key, value)| (&**key, &**value));
            request_tags(need, tags, &wanted.transitive_keys)
        };
        actions.into_iter().map(need).collect()
    }
}

impl Wanted {
    fn of(claims: &Claims) -> Result<Self, Fault> {
        let refuse = |error: TokenError| token(&error);
        let tags = claims.tags().map_err(refuse)?.unwrap_or_default();
        let source = claims.source_identity().map_err(refuse)?;
        let source_identity = source
            .map(|text| text.parse())
            .transpose()
            .map_err(|error| validation(format!("The source identity {error}.")))?;
        Ok(Self {
            tags: tags.principal_tags,
            transitive_keys: tags.transitive_keys,
            source_identity,
        })
    }
}

/// The account of the role that is asked for: the provider must be there too.
fn role_account(role_arn: &str) -> Result<AccountId, Fault> {
    let invalid = || validation("Request ARN is invalid");
    let arn: Arn = role_arn.parse().map_err(|_| invalid())?;
    if arn.service() != "iam" || !arn.resource().starts_with("role/") {
        return Err(invalid());
    }
    arn.account().parse().map_err(|_| invalid())
}

fn additional(at: &At<'_>, by_idp: bool, token: &Presented) -> serde_json::Value {
    let mut value = federation_data(&token.attested());
    let Some(map) = value.as_object_mut() else {
        return value;
    };
    let method = json!("IAMTrustStore");
    map.insert(
        "identityProviderConnectionVerificationMethod".to_owned(),
        method,
    );
    let details = json!({"awsServingRegion": at.call.region, "endpointType": "regional"});
    map.insert("RequestDetails".to_owned(), details);
    if by_idp {
        map.insert("RoleAuthorizedByIdp".to_owned(), json!(true));
    }
    value
}
