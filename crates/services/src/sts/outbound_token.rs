//! `GetWebIdentityToken`: who a caller is, signed for services outside.

use directory::OutboundFederation;
use door::{Need, Permit, standing_keys};
use federation::{OutboundAlgorithm, OutboundIssuer};
use jiff::Timestamp;
use policy::Value;
use serde_json::{Map, Value as Json, json};

use crate::generated::sts::{
    GetWebIdentityToken, GetWebIdentityTokenRequest, GetWebIdentityTokenResponse, errors,
};
use crate::handle::{At, Handle, Needs};
use crate::sts::assume_role::request_tags;
use crate::sts::refusals::{internal, validation};
use crate::sts::session_tags::session_tags;
use crate::wire::Fault;

/// `DurationSeconds` when it isn't given.
const DEFAULT_SECONDS: i32 = 300;
/// The most bytes of a token's claims. AWS has a limit and doesn't tell it; this is ours.
const MOST_CLAIMS: usize = 8 * 1024;
/// The claim that holds what is AWS's (IAM User Guide, "Understanding token claims").
const NAMESPACE: &str = "https://sts.amazonaws.com/";

impl Handle for GetWebIdentityToken {
    const READ_ONLY: bool = true;

    /// Nothing of it has an ARN (Service Authorization Reference, AWS Security Token Service).
    fn needs(input: &GetWebIdentityTokenRequest, _: &At<'_>) -> Result<Needs, Fault> {
        algorithm(input)?;
        let mut actions = vec!["sts:GetWebIdentityToken"];
        if !input.tags.is_empty() {
            actions.push("sts:TagGetWebIdentityToken");
        }
        let need = |action| {
            let need = Need::new(action, "*")
                .key("sts:IdentityTokenAudience", input.audience.clone())
                .key("sts:SigningAlgorithm", input.signing_algorithm.as_str())
                .key("sts:DurationSeconds", i64::from(seconds(input)));
            let tags = input.tags.iter().map(|tag| (&*tag.key, &*tag.value));
            request_tags(need, tags, &[])
        };
        Ok(Needs::All(actions.into_iter().map(need).collect()))
    }

    async fn handle(
        input: GetWebIdentityTokenRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetWebIdentityTokenResponse, Fault> {
        let stored = at.view(|view| {
            let stored = view.shelved::<OutboundFederation>(OutboundFederation::KEY);
            let enabled = stored.filter(|stored| stored.enabled);
            enabled.cloned().ok_or_else(|| {
                errors::OUTBOUND_WEB_IDENTITY_FEDERATION_DISABLED.fault(
                    "The outbound web identity federation feature is not enabled for this account.",
                )
            })
        })?;
        let algorithm = algorithm(&input)?;
        let issued = at.call.now.as_second();
        let expires = issued + i64::from(seconds(&input));
        let session = at.call.caller.session.as_deref();
        if session.is_some_and(|session| expires > session.expires_at) {
            return Err(errors::SESSION_DURATION_ESCALATION.fault(
                "The requested token duration would extend the session beyond its original \
                 expiration time.",
            ));
        }
        // The same rules for keys as those of session tags.
        let pair = |tag: &crate::generated::sts::Tag| (tag.key.clone(), tag.value.clone());
        let tags: Vec<_> = input.tags.iter().map(pair).collect();
        session_tags(&tags, &[], None)?;
        let claims = json!({
            "iss": stored.url,
            "sub": subject(at),
            "aud": match input.audience.as_slice() {
                [one] => json!(one),
                many => json!(many),
            },
            "iat": issued,
            "exp": expires,
            "jti": OutboundIssuer::token_id().map_err(|error| internal(&error.to_string()))?,
            NAMESPACE: about(at, tags),
        });
        if claims.to_string().len() > MOST_CLAIMS {
            return Err(errors::JWT_PAYLOAD_SIZE_EXCEEDED.fault(format!(
                "The requested token payload size exceeds the maximum allowed size of {MOST_CLAIMS} bytes.",
            )));
        }
        let failed = |error: String| {
            tracing::error!(%error, "a token can't be signed");
            internal("The token could not be signed.")
        };
        let issuer = at
            .outbound
            .issuer(at.door.key_encryption(), &stored)
            .map_err(|error| failed(error.to_string()))?;
        let token = issuer
            .sign(algorithm, &claims)
            .map_err(|error| failed(error.to_string()))?;
        Ok(GetWebIdentityTokenResponse {
            web_identity_token: Some(token.into()),
            expiration: Timestamp::from_second(expires).ok(),
        })
    }
}

fn seconds(input: &GetWebIdentityTokenRequest) -> i32 {
    input.duration_seconds.unwrap_or(DEFAULT_SECONDS)
}

fn algorithm(input: &GetWebIdentityTokenRequest) -> Result<OutboundAlgorithm, Fault> {
    let name = &input.signing_algorithm;
    name.parse().map_err(|()| {
        validation(format!(
            "1 validation error detected: Value '{name}' at 'signingAlgorithm' failed to satisfy constraint: Member must \
             satisfy enum value set: [RS256, ES384]"
        ))
    })
}

/// The principal behind the call: a session's is its role, whatever name the session has.
fn subject(at: &At<'_>) -> String {
    match keys(at).get("aws:PrincipalArn") {
        Some(Value::One(arn)) => arn.clone(),
        _ => at.call.caller.arn(),
    }
}

/// The claims of AWS's own: what isn't known is left out.
fn about(at: &At<'_>, tags: Vec<(String, String)>) -> Json {
    let mut about = Map::new();
    let mut put = |name: &str, value: Json| about.insert(name.to_owned(), value);
    put("aws_account", json!(at.account.to_string()));
    put("source_region", json!(at.call.region));
    put("principal_id", json!(subject(at)));
    let principal: Map<String, Json> = keys(at)
        .iter()
        .filter_map(
            |(key, value)| match (key.strip_prefix("aws:PrincipalTag/")?, value) {
                (tag, Value::One(value)) => Some((tag.to_owned(), json!(value))),
                (_, Value::Many(_)) => None,
            },
        )
        .collect();
    if !principal.is_empty() {
        put("principal_tags", Json::Object(principal));
    }
    if let Some(session) = at.call.caller.session.as_deref() {
        if let Ok(ends) = Timestamp::from_second(session.expires_at) {
            put("original_session_exp", json!(ends.to_string()));
        }
        if let Some(federated) = &session.federated {
            put("federated_provider", json!(federated.provider));
        }
        if let Some(source) = &session.source_identity {
            put("source_identity", json!(source.as_str()));
        }
    }
    if !tags.is_empty() {
        let tags = tags.into_iter().map(|(key, value)| (key, json!(value)));
        put("request_tags", Json::Object(tags.collect()));
    }
    Json::Object(about)
}

/// What policies know of the caller.
fn keys(at: &At<'_>) -> policy::Context {
    let call = at.call;
    standing_keys(
        call.now,
        &call.region,
        &call.caller,
        "sts:GetWebIdentityToken",
        None,
    )
}
