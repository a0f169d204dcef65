//! The sessions of a role whose time is not over: what the audit trail knows of them.

mod issued;
mod revocations;

use anyhow::{Context, Result, anyhow, bail};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::client::Refused;
use crate::command::asker::Asker;

pub(crate) use issued::Issued;
pub(crate) use revocations::{EVERY, Named, ONE, Revocations, every_session};

/// The longest that a role's session can last (IAM user guide, "Update the maximum session
/// duration").
pub(crate) const LONGEST: SignedDuration = SignedDuration::from_hours(12);

/// A role, as it is asked about.
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) arn: String,
    /// `AROA…`: sessions of an earlier role with this name are another role's, and dead.
    pub(crate) id: String,
}

impl Role {
    /// Finds a role by its name, its ARN, or `role/PATH/NAME`.
    pub(crate) async fn find(asker: &Asker, text: &str) -> Result<Self> {
        if text.starts_with("arn:") && !text.contains(":role/") {
            bail!("`{text}` is not the ARN of a role; `aws iam list-roles` shows the roles");
        }
        let name = text.rsplit('/').next().unwrap_or(text);
        let parameters = [("RoleName".to_owned(), name.to_owned())];
        let answer = asker.call("iam", "GetRole", &parameters).await?;
        let answer = answer.map_err(|refused| explained(&refused))?;
        let part = |member: &str| {
            let value = answer.pointer(&format!("/Role/{member}"));
            let value = value.and_then(Value::as_str).map(str::to_owned);
            value.with_context(|| format!("the server's answer has no {member}"))
        };
        let role = Self {
            name: part("RoleName")?,
            arn: part("Arn")?,
            id: part("RoleId")?,
        };
        if text.starts_with("arn:") && text != role.arn {
            bail!("there is no role {text}; there is {}", role.arn);
        }
        Ok(role)
    }

    /// Its sessions whose time is not over at `now`, newest first, revoked ones among them.
    pub(crate) async fn sessions(&self, asker: &Asker, now: Timestamp) -> Result<Vec<Issued>> {
        let start = now.saturating_sub(LONGEST)?;
        let mut lookup = json!({
            "LookupAttributes": [{"AttributeKey": "ResourceName", "AttributeValue": self.arn}],
            "StartTime": start.as_second(),
        });
        let mut sessions = Vec::new();
        loop {
            let page = asker.lookup_events(&lookup).await?;
            let page = page.map_err(|refused| explained(&refused))?;
            let events = page.get("Events").and_then(Value::as_array);
            for event in events.into_iter().flatten() {
                let record = event.get("CloudTrailEvent").and_then(Value::as_str);
                let record = record.context("the server's answer has an event without a record")?;
                let found = Issued::of(&serde_json::from_str(record)?, &self.id);
                sessions.extend(found.filter(|it| it.expires > now));
            }
            match page.get("NextToken") {
                Some(token) => lookup["NextToken"] = token.clone(),
                None => return Ok(sessions),
            }
        }
    }

    /// What has been revoked of it.
    pub(crate) async fn revocations(&self, asker: &Asker) -> Result<Revocations> {
        let mut revocations = Revocations::default();
        for name in [EVERY, ONE] {
            if let Some(document) = self.inline_policy(asker, name).await? {
                revocations.read(&document);
            }
        }
        Ok(revocations)
    }

    async fn inline_policy(&self, asker: &Asker, name: &str) -> Result<Option<Value>> {
        let parameters = [
            ("RoleName".to_owned(), self.name.clone()),
            ("PolicyName".to_owned(), name.to_owned()),
        ];
        let answer = match asker.call("iam", "GetRolePolicy", &parameters).await? {
            Ok(answer) => answer,
            Err(refused) if refused.code == "NoSuchEntity" => return Ok(None),
            Err(refused) => return Err(explained(&refused)),
        };
        let encoded = answer.get("PolicyDocument").and_then(Value::as_str);
        let encoded = encoded.context("the server's answer has no document")?;
        let text = percent_encoding::percent_decode_str(encoded).decode_utf8()?;
        let document = serde_json::from_str(&text);
        Ok(Some(document.with_context(|| {
            format!("the inline policy {name} of the role can't be read")
        })?))
    }

    /// Writes an inline policy of the role.
    pub(crate) async fn put_policy(
        &self,
        asker: &Asker,
        name: &str,
        document: &Value,
    ) -> Result<()> {
        let parameters = [
            ("RoleName".to_owned(), self.name.clone()),
            ("PolicyName".to_owned(), name.to_owned()),
            ("PolicyDocument".to_owned(), document.to_string()),
        ];
        let answer = asker.call("iam", "PutRolePolicy", &parameters).await?;
        answer.map(drop).map_err(|refused| explained(&refused))
    }
}

/// The server's time, which is what sessions are measured by; it is known after the first answer.
pub(crate) fn server_time(asker: &Asker) -> Result<Timestamp> {
    asker
        .server_time()
        .context("the server's answers don't say what time it is there")
}

/// What the server answered instead, and what to do about it.
fn explained(refused: &Refused) -> anyhow::Error {
    let Refused { code, message } = refused;
    let message = message.trim_end_matches('.');
    let next = match code.as_str() {
        "NoSuchEntity" => "; `aws iam list-roles` shows the roles",
        "AccessDenied" | "AccessDeniedException" => {
            "; ask as somebody who may, e.g. after `eval \"$(daypass credentials)\"`"
        }
        "ExpiredToken" | "ExpiredTokenException" | "InvalidClientTokenId" => {
            "; get new credentials, e.g. with `eval \"$(daypass credentials)\"`"
        }
        "LimitExceeded" => {
            "; too many single sessions are revoked at the same time: leave --session out, and every \
             session that was issued up to now is ended"
        }
        _ => "",
    };
    anyhow!("{code}: {message}{next}")
}
