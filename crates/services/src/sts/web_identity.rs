//! `AssumeRoleWithWebIdentity`: a service account's token becomes a session of one role.

use std::collections::BTreeMap;
use std::sync::Arc;

use directory::{OidcProvider, ProviderKeys, Role};
use door::{Caller, Need, Permit, attested_key, attributes};
use federation::{Claims, ProviderRef, Registered, TokenError, UnverifiedToken};
use policy::{AccountId, Arn};
use serde_json::json;
use session::{Federated, SourceIdentity};
use trail::Resource;

use crate::generated::sts::{
    AssumeRoleWithWebIdentity, AssumeRoleWithWebIdentityRequest, AssumeRoleWithWebIdentityResponse,
    errors,
};
use crate::handle::{At, Handle, Needs};
use crate::sts::assume_role::{name, request_tags, role_resource, trust_need};
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
        let snapshot = at.snapshot();
        if let Some(view) = snapshot.account(account) {
            // Set once; this is its only writer.
            let _ = at.notes.recipient.set(view.account().id);
        }
        let by_idp = token.authorized_by_idp(&input.role_arn)?;
        let _ = at.notes.additional.set(additional(at, by_idp, &token));
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

/// How often a token is verified while its provider changes.
const TRIES: u32 = 3;

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
        let registered = || {
            provider(account, unverified.issuer(), at)
                .ok_or_else(|| refuse(TokenError::unknown_provider(unverified.issuer())))
        };
        let (mut provider, mut pushed) = registered()?;
        let owner = account.to_string();
        let mut tries = 0;
        let claims = loop {
            let reference = ProviderRef {
                url: &provider.url,
                thumbprints: &provider.thumbprints,
                pushed: pushed.as_ref().map(|it| &it.keys),
            };
            let place = provider.bucket.as_deref();
            let place = place.map(|place| Registered {
                account: &owner,
                place,
            });
            let verified = at
                .verifier
                .verify_for(&unverified, &reference, place, at.call.now)
                .await;
            // The keys may have been fetched meanwhile. What counts is the provider as it is now.
            let (current, keys) = registered()?;
            let same = current.thumbprints == provider.thumbprints
                && current.bucket == provider.bucket
                && keys == pushed;
            (provider, pushed) = (current, keys);
            if same {
                break verified.map_err(refuse)?;
            }
            tries += 1;
            if tries == TRIES {
                let detail = "the provider changes all the time".to_owned();
                return Err(refuse(TokenError::Unreachable { detail }));
            }
        };
        let audience = claims.used_audience(&provider.client_ids).map_err(refuse)?;
        let caller = Caller::web_identity(&provider.arn(), &audience, &claims.subject);
        let _ = at.notes.identity.set(caller.identity.clone());
        Ok(Self {
            provider,
            claims,
            audience,
            caller,
        })
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

/// A provider and the keys that were pushed for it.
type Found = (Arc<OidcProvider>, Option<Arc<ProviderKeys>>);

/// The provider whose URL is exactly the token's issuer.
fn provider(account: AccountId, issuer: &str, at: &At<'_>) -> Option<Found> {
    let snapshot = at.snapshot();
    let url = issuer.strip_prefix("https://")?;
    let view = snapshot.account(account)?;
    let provider = view.provider(url)?;
    Some((Arc::clone(provider), view.shelved(url).cloned()))
}

fn additional(at: &At<'_>, by_idp: bool, token: &Presented) -> serde_json::Value {
    let attested = token.attested();
    let pairs: Vec<_> = attested
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    let attributes: BTreeMap<_, _> = attributes(&pairs).into_iter().collect();
    let mut value = json!({
        "webIdFederationData": {"federatedProvider": token.provider.arn(), "attributes": attributes},
        "identityProviderConnectionVerificationMethod": "IAMTrustStore",
        "RequestDetails": {"awsServingRegion": at.call.region, "endpointType": "regional"},
    });
    if let (true, Some(map)) = (by_idp, value.as_object_mut()) {
        map.insert("RoleAuthorizedByIdp".to_owned(), json!(true));
    }
    value
}
