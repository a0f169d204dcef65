//! What the set-up commands ask IAM, STS, EKS and Daypass's own service.

mod clusters;
mod providers;
mod roles;
mod sessions;

use std::collections::BTreeMap;

use anyhow::{Error, Result, anyhow};
use serde_json::Value;

use super::asker::Asker;
use crate::cli::Data;
use crate::client::Refused;

pub(crate) use clusters::{Registered, associations};
pub(crate) use providers::Provider;
pub(crate) use roles::Role;
pub(crate) use sessions::{Probe, is_about_keys};

/// A server, its asker and the asker's account.
pub(crate) struct Aws {
    pub(crate) asker: Asker,
    pub(crate) account: String,
    /// The option that makes another command ask the same server, after a blank, if it takes one.
    pub(crate) words: String,
}

/// Tags of an entity of IAM.
pub(crate) type Tags = BTreeMap<String, String>;

impl Aws {
    pub(crate) async fn new(data: &Data) -> Result<Self> {
        let asker = Asker::new(data).await?;
        let account = asker.account().await?;
        let words = match asker.local {
            true => data.words(),
            false => String::new(),
        };
        Ok(Self {
            asker,
            account,
            words,
        })
    }

    /// ARN of the OIDC provider of an issuer, named by host and path.
    pub(crate) fn provider_arn(&self, host_and_path: &str) -> String {
        format!(
            "arn:aws:iam::{}:oidc-provider/{host_and_path}",
            self.account
        )
    }

    /// ARN of a role without a path.
    pub(crate) fn role_arn(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:role/{name}", self.account)
    }

    /// A call that must succeed.
    async fn call(
        &self,
        service: &str,
        action: &str,
        parameters: Vec<(String, String)>,
    ) -> Result<Value> {
        let answer = self.asker.call(service, action, &parameters).await?;
        answer.map_err(|refused| explained(action, &refused))
    }

    /// A call whose object may not be there.
    async fn find(
        &self,
        service: &str,
        action: &str,
        parameters: Vec<(String, String)>,
    ) -> Result<Option<Value>> {
        match self.asker.call(service, action, &parameters).await? {
            Ok(answer) => Ok(Some(answer)),
            Err(refused) if refused.code == "NoSuchEntity" => Ok(None),
            Err(refused) => Err(explained(action, &refused)),
        }
    }

    /// All pages of a listing: the members of `list`.
    async fn pages(
        &self,
        action: &str,
        parameters: &[(String, String)],
        list: &str,
    ) -> Result<Vec<Value>> {
        let mut found = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let mut parameters = parameters.to_vec();
            parameters.extend(marker.take().map(|it| ("Marker".to_owned(), it)));
            let mut page = self.call("iam", action, parameters).await?;
            if let Some(Value::Array(members)) = page.get_mut(list).map(Value::take) {
                found.extend(members);
            }
            match page.get("Marker").and_then(Value::as_str) {
                Some(next) => marker = Some(next.to_owned()),
                None => return Ok(found),
            }
        }
    }
}

/// A refusal, with what to do about it.
pub(crate) fn explained(action: &str, refused: &Refused) -> Error {
    let Refused { code, message } = refused;
    let next = match code.as_str() {
        "AccessDenied" | "AccessDeniedException" => {
            "; ask as somebody who may, e.g. after `eval \"$(daypass credentials)\"`"
        }
        "ExpiredToken" | "ExpiredTokenException" | "InvalidClientTokenId" => {
            "; get new credentials, e.g. with `eval \"$(daypass credentials)\"`"
        }
        _ => "",
    };
    let message = message.trim_end_matches('.');
    anyhow!("{action} is refused: {code}: {message}{next}")
}

fn parameter(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn text(value: &Value, name: &str) -> String {
    let value = value.get(name).and_then(Value::as_str);
    value.unwrap_or_default().to_owned()
}

fn texts(value: &Value, name: &str) -> Vec<String> {
    let list = value.get(name).and_then(Value::as_array);
    let list = list.into_iter().flatten().filter_map(Value::as_str);
    list.map(str::to_owned).collect()
}

fn tags(value: &Value) -> Tags {
    let list = value.get("Tags").and_then(Value::as_array);
    let list = list.into_iter().flatten();
    list.map(|tag| (text(tag, "Key"), text(tag, "Value")))
        .collect()
}

/// `Tags.member.N`.
fn tag_parameters<'a>(tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<(String, String)> {
    let mut parameters = Vec::new();
    for (place, (key, value)) in tags.into_iter().enumerate() {
        let member = format!("Tags.member.{}", place + 1);
        parameters.push((format!("{member}.Key"), key.to_owned()));
        parameters.push((format!("{member}.Value"), value.to_owned()));
    }
    parameters
}
