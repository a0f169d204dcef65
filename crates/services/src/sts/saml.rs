//! `AssumeRoleWithSAML`: an assertion of an identity provider becomes a session of one role.

use std::sync::Arc;

use directory::{AssertionEncryption, Role, SamlProvider};
use door::{Caller, Need, Permit};
use jiff::Timestamp;
use policy::{AccountId, Arn};
use saml::{Assertion, PrivateKey, SamlError, SessionRequest, Trust, name_qualifier};
use serde_json::json;
use session::{Federated, SourceIdentity};
use tokio::sync::oneshot;
use trail::Resource;

mod turns;

use crate::generated::sts::{
    AssumeRoleWithSAML, AssumeRoleWithSAMLRequest, AssumeRoleWithSAMLResponse, errors,
};
use crate::handle::{At, Handle, Needs};
use crate::iam::opened;
use crate::sts::assume_role::{name, request_tags, role_resource, trust_need};
use crate::sts::grant::{Grant, assumed_role_user, seconds, wire};
use crate::sts::refusals::{access_denied, internal, validation};
use crate::sts::session_policies::{packed_size, session_policies};
use crate::sts::session_tags::session_tags;
use crate::wire::{Fault, Secret};

impl Handle for AssumeRoleWithSAML {
    const READ_ONLY: bool = true;
    const RECORDS_ANSWER: bool = true;
    const UNSIGNED: bool = true;

    fn needs(_: &AssumeRoleWithSAMLRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(Needs::OwnDecision)
    }

    fn resources(input: &AssumeRoleWithSAMLRequest, _: &At<'_>) -> Vec<Resource> {
        let provider = account_of(&input.principal_arn, PROVIDER).map(|account| Resource {
            account: Some(account),
            kind: "AWS::IAM::SAMLProvider".to_owned(),
            arn: input.principal_arn.clone(),
        });
        let role = role_resource(&input.role_arn).into_iter();
        role.chain(provider).collect()
    }

    async fn handle(
        input: AssumeRoleWithSAMLRequest,
        _: Permit,
        at: &At<'_>,
    ) -> Result<AssumeRoleWithSAMLResponse, Fault> {
        let invalid = || validation("Request ARN is invalid");
        account_of(&input.role_arn, "role/").ok_or_else(invalid)?;
        let account = account_of(&input.principal_arn, PROVIDER).ok_or_else(invalid)?;
        let bearer = Bearer::verify(&input, account, at).await?;
        let wanted = bearer.wanted(&input)?;
        let _ = at.notes.additional.set(json!({
            "sAMLAssertionID": bearer.assertion.id,
            "roleSessionName": wanted.name,
            "RequestDetails": {"awsServingRegion": at.call.region, "endpointType": "regional"},
        }));
        // One answer for a role that doesn't exist and for one that doesn't trust the provider.
        let not_authorized = || {
            let _ = at.notes.error_message.set("An unknown error occurred");
            access_denied("Not authorized to perform sts:AssumeRoleWithSAML")
        };
        let snapshot = at.snapshot();
        let role = snapshot
            .assumable_role(&input.role_arn)
            .filter(|role| role.account == bearer.provider.account)
            .ok_or_else(not_authorized)?;
        let source_identity = wanted.source_identity.as_deref().map(str::parse);
        let source_identity: Option<SourceIdentity> = source_identity
            .transpose()
            .map_err(|_| refusal(&SamlError::SourceIdentity))?;
        let needs = bearer.needs(role, &wanted);
        let permit = at
            .door
            .authorize_as(at.call, &bearer.caller, &needs)
            .map_err(|refused| {
                let subject = &bearer.assertion.subject;
                let _ = at
                    .notes
                    .reason
                    .set(format!("{} (sub `{subject}`)", refused.told()));
                match refused.need.action() {
                    "sts:AssumeRoleWithSAML" => not_authorized(),
                    action => access_denied(format!("Not authorized to perform {action}")),
                }
            })?;
        let seconds = seconds(input.duration_seconds, role, false)?;
        let seconds = bearer.shortened(seconds, wanted.longest, at.call.now);
        let policies = session_policies(&snapshot, role.account, input.policy, input.policy_arns)?;
        let tags = &wanted.tags;
        let tags = session_tags(&tags.principal_tags, &tags.transitive_keys, None)?;
        let packed_policy_size = packed_size(&policies, &tags)?;
        let grant = Grant {
            role: Arc::clone(role),
            name: name(&wanted.name)?,
            seconds,
            source_identity,
            tags,
            policies,
            federated: Some(Federated {
                provider: bearer.provider.arn(),
                keys: bearer.session_keys(),
            }),
            mfa: None,
            chained: false,
            attested: Vec::new(),
        };
        let (credentials, session) = grant
            .issue(at.door, at.call.now, &permit)
            .map_err(|error| internal(&error.to_string()))?;
        Ok(AssumeRoleWithSAMLResponse {
            credentials: Some(wire(&credentials)?),
            assumed_role_user: Some(assumed_role_user(role, &session)),
            packed_policy_size,
            subject: Some(bearer.assertion.subject),
            subject_type: Some(bearer.assertion.subject_type),
            issuer: Some(bearer.assertion.issuer),
            audience: Some(bearer.assertion.recipient),
            name_qualifier: Some(bearer.qualifier),
            source_identity: wanted.source_identity,
        })
    }
}

/// An assertion that verified, and its provider.
struct Bearer {
    provider: Arc<SamlProvider>,
    assertion: Assertion,
    qualifier: String,
    caller: Caller,
}

impl Bearer {
    async fn verify(
        input: &AssumeRoleWithSAMLRequest,
        account: AccountId,
        at: &At<'_>,
    ) -> Result<Self, Fault> {
        let snapshot = at.snapshot();
        let view = snapshot.account(account);
        let provider = view.and_then(|view| view.saml_provider(&input.principal_arn));
        let provider = Arc::clone(provider.ok_or_else(|| {
            errors::INVALID_IDENTITY_TOKEN.fault("Specified provider doesn't exist.")
        })?);
        drop(snapshot);
        // Set once; this is its only writer.
        let _ = at.notes.recipient.set(account);
        let verified = verified(input.saml_assertion.clone(), &provider, at).await?;
        let assertion = verified.map_err(|error| {
            let _ = at.notes.reason.set(error.detail());
            refusal(&error)
        })?;
        let name = provider.name.as_str();
        let qualifier = name_qualifier(&assertion.issuer, &account.to_string(), name);
        let caller = Caller::saml(&provider.arn(), &qualifier, &assertion.subject);
        let _ = at.notes.identity.set(caller.identity.clone());
        Ok(Self {
            provider,
            assertion,
            qualifier,
            caller,
        })
    }

    /// What the assertion wants; it must list the role.
    fn wanted(&self, input: &AssumeRoleWithSAMLRequest) -> Result<SessionRequest, Fault> {
        self.assertion
            .check_role(&input.role_arn, &input.principal_arn)
            .and_then(|()| self.assertion.session_request())
            .map_err(|error| refusal(&error))
    }

    fn needs(&self, role: &Role, wanted: &SessionRequest) -> Vec<Need> {
        let mut actions = vec!["sts:AssumeRoleWithSAML"];
        if !wanted.tags.principal_tags.is_empty() {
            actions.push("sts:TagSession");
        }
        if wanted.source_identity.is_some() {
            actions.push("sts:SetSourceIdentity");
        }
        let (account, name) = (self.provider.account.to_string(), &self.provider.name);
        let keys = self.assertion.condition_keys(&account, name.as_str());
        let need = |action| {
            let mut need = trust_need(action, role, &[])
                .key("sts:RoleSessionName", wanted.name.clone())
                .key("aws:FederatedProvider", self.provider.arn());
            for (key, values) in keys.clone() {
                need = match <[String; 1]>::try_from(values) {
                    Ok([one]) => need.key(key, one),
                    Err(many) => need.key(key, many),
                };
            }
            if let Some(source) = &wanted.source_identity {
                need = need.key("sts:SourceIdentity", source.clone());
            }
            let tags = wanted.tags.principal_tags.iter();
            let tags = tags.map(|(key, value)| (&**key, &**value));
            request_tags(need, tags, &wanted.tags.transitive_keys)
        };
        actions.into_iter().map(need).collect()
    }

    fn session_keys(&self) -> Vec<(String, Vec<String>)> {
        let account = self.provider.account.to_string();
        let name = self.provider.name.as_str();
        self.assertion.session_keys(&account, name)
    }

    /// The session ends with the one at the identity provider (STS API Reference,
    /// `DurationSeconds`), and is no longer than the assertion's `SessionDuration`.
    fn shortened(&self, seconds: u32, longest: Option<u32>, now: Timestamp) -> u32 {
        let seconds = longest.map_or(seconds, |longest| longest.min(seconds));
        let left = self.assertion.session_end.map(|end| {
            let left = end.as_second() - now.as_second();
            u32::try_from(left.max(0)).unwrap_or(u32::MAX)
        });
        left.map_or(seconds, |left| left.min(seconds))
    }
}

/// Verifies a response apart from the workers. The provider's keys stay sealed unless the work
/// asks for them.
async fn verified(
    encoded: Secret,
    provider: &Arc<SamlProvider>,
    at: &At<'_>,
) -> Result<Result<Assertion, SamlError>, Fault> {
    let (ask, asked) = oneshot::channel();
    let (give, given) = oneshot::channel();
    let (of, service, now) = (Arc::clone(provider), at.saml.clone(), at.call.now);
    let begun = turns::begin(move || {
        let trust = Trust {
            issuer: &of.entity_id,
            keys: &of.signing_keys,
            valid_until: of.metadata_end,
            provider_id: &of.id,
            encryption_required: of.encryption == Some(AssertionEncryption::Required),
        };
        // Without an answer, the request is gone: nothing opens the assertion.
        let keys = || {
            let _ = ask.send(());
            let opened: Vec<session::Secret> = given.blocking_recv().unwrap_or_default();
            let keys = opened
                .iter()
                .map(|key| PrivateKey::from_pkcs8(key.expose()));
            keys.filter_map(Result::ok).collect::<Vec<_>>()
        };
        saml::verify(encoded.reveal(), &trust, keys, &service, now)
    });
    let begun = begun.await?;
    // An error says that the work ended without asking.
    if asked.await.is_ok() {
        let _ = give.send(opened(at.door, provider));
    }
    begun.done().await
}

/// The account of an IAM ARN whose resource begins with `kind`.
fn account_of(arn: &str, kind: &str) -> Option<AccountId> {
    let arn: Arn = arn.parse().ok()?;
    let of_kind = arn.service() == "iam" && arn.resource().starts_with(kind);
    of_kind.then(|| arn.account().parse().ok()).flatten()
}

/// A response that was not accepted, with the code of its kind.
fn refusal(error: &SamlError) -> Fault {
    let shape = if error.is_expiry() {
        errors::EXPIRED_TOKEN
    } else if error.is_rejection() {
        errors::IDP_REJECTED_CLAIM
    } else {
        errors::INVALID_IDENTITY_TOKEN
    };
    shape.fault(error.message())
}

const PROVIDER: &str = "saml-provider/";
