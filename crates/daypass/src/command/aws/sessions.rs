//! Sessions that a service account's token buys.

use anyhow::{Context, Result, anyhow};
use serde_json::Value;
use session::Secret;

use super::Aws;
use crate::client::{Keys, Refused};

impl Aws {
    /// `AssumeRoleWithWebIdentity`, as a pod calls it: without credentials.
    pub(crate) async fn exchange(
        &self,
        role_arn: &str,
        token: &str,
        policy: Option<&Value>,
    ) -> Result<Result<Keys, Refused>> {
        let policy = policy.map(ToString::to_string);
        let mut parameters = vec![
            ("RoleArn", role_arn),
            ("RoleSessionName", "daypass-test"),
            ("WebIdentityToken", token),
            ("DurationSeconds", "900"),
        ];
        parameters.extend(policy.iter().map(|it| ("Policy", it.as_str())));
        let answer = self
            .asker
            .call_as(None, "sts", "AssumeRoleWithWebIdentity", &parameters);
        let answer = match answer.await? {
            Ok(answer) => answer,
            Err(refused) => return Ok(Err(refused)),
        };
        let part = |name: &str| {
            let part = answer.pointer(&format!("/Credentials/{name}"));
            let part = part.and_then(Value::as_str).map(str::to_owned);
            part.with_context(|| format!("the credentials have no {name}"))
        };
        let id = part("AccessKeyId")?;
        Ok(Ok(Keys {
            access_key_id: id
                .parse()
                .map_err(|error| anyhow!("the access key id: {error}"))?,
            secret: Secret::new(part("SecretAccessKey")?),
            session_token: Some(part("SessionToken")?),
        }))
    }
}

/// A role that need not exist: the server verifies a token before it looks at the role.
const PROBE: &str = "daypass-probe";

/// What the server makes of a token, whatever the role.
pub(crate) enum Probe {
    /// It verified it.
    Verified,
    /// It can't get the issuer's keys, or they are not those of the token.
    NoKey(Refused),
    /// Something else is wrong with it.
    Refused(Refused),
}

impl Aws {
    /// Shows the server a token.
    pub(crate) async fn probe(&self, token: &str) -> Result<Probe> {
        let refused = match self.exchange(&self.role_arn(PROBE), token, None).await? {
            Ok(_) => return Ok(Probe::Verified),
            Err(refused) => refused,
        };
        Ok(match refused.code.as_str() {
            "AccessDenied" => Probe::Verified,
            _ if is_about_keys(&refused) => Probe::NoKey(refused),
            _ => Probe::Refused(refused),
        })
    }
}

/// Whether a refusal says that the token's signature could not be verified.
pub(crate) fn is_about_keys(refused: &Refused) -> bool {
    let Refused { code, message } = refused;
    code == "IDPCommunicationError"
        || code == "InvalidIdentityToken"
            && (message.starts_with("Couldn't retrieve verification key")
                || message.contains("HTTPS certificate doesn't match"))
}
