//! Who asks, and which server.

use std::env;

use anyhow::{Context, Result, anyhow, bail};
use jiff::Timestamp;
use reqwest::Certificate;
use serde_json::Value;
use session::Secret;

use crate::cli::Data;
use crate::client::{Client, Keys, Refused};
use crate::data_dir::DataDir;
use crate::local::{Answer, Ask, ask};

/// The region that requests are signed for when the environment says none. The server takes any.
const REGION: &str = "us-east-1";
/// How long the credentials from the socket last, in seconds: the least there is.
const SECONDS: u32 = 900;

/// A server and credentials for it.
pub(crate) struct Asker {
    client: Client,
    keys: Keys,
}

impl Asker {
    /// By the environment if it has an endpoint and a key, else by the server's own socket.
    pub(crate) async fn new(data: &Data) -> Result<Self> {
        match (set("AWS_ENDPOINT_URL"), set("AWS_ACCESS_KEY_ID")) {
            (Some(endpoint), Some(id)) => Self::of_environment(&endpoint, &id),
            _ => Self::of_socket(data).await.context(
                "AWS_ENDPOINT_URL and AWS_ACCESS_KEY_ID are not both set, so the server of this \
                 machine was to be asked",
            ),
        }
    }

    fn of_environment(endpoint: &str, id: &str) -> Result<Self> {
        let Some(secret) = set("AWS_SECRET_ACCESS_KEY") else {
            bail!("AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not");
        };
        let region = set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION"));
        let mut http = reqwest::Client::builder();
        if let Some(path) = set("AWS_CA_BUNDLE") {
            let pem = std::fs::read(&path)
                .with_context(|| format!("cannot read `{path}`, which AWS_CA_BUNDLE names"))?;
            let certificates = Certificate::from_pem_bundle(&pem)
                .with_context(|| format!("`{path}` holds no certificates"))?;
            http = http.tls_certs_merge(certificates);
        }
        Ok(Self {
            client: Client::over(http.build()?, endpoint, region.as_deref().unwrap_or(REGION))
                .context("AWS_ENDPOINT_URL")?,
            keys: Keys {
                access_key_id: id
                    .parse()
                    .map_err(|error| anyhow!("AWS_ACCESS_KEY_ID: {error}"))?,
                secret: Secret::new(secret),
                session_token: set("AWS_SESSION_TOKEN"),
            },
        })
    }

    async fn of_socket(data: &Data) -> Result<Self> {
        let question = Ask::Credentials {
            role_arn: None,
            seconds: Some(SECONDS),
        };
        let answer = ask(&DataDir::new(&data.dir), &question).await?;
        let Answer::Credentials {
            credentials,
            server,
        } = answer
        else {
            bail!("the server answered something else");
        };
        Ok(Self {
            client: Client::new(&server.endpoint, &server.region)?,
            keys: Keys {
                access_key_id: credentials
                    .access_key_id
                    .parse()
                    .map_err(|error| anyhow!("the server's access key: {error}"))?,
                secret: Secret::new(credentials.secret_access_key.clone()),
                session_token: Some(credentials.session_token.clone()),
            },
        })
    }

    /// CloudTrail's `LookupEvents`: one page.
    pub(crate) async fn lookup_events(&self, lookup: &Value) -> Result<Result<Value, Refused>> {
        let asked = self.client.lookup_events(lookup, &self.keys).await;
        asked.with_context(|| format!("{} gives no answer to LookupEvents", self.client.endpoint()))
    }

    /// The server's time when it last answered.
    pub(crate) fn server_time(&self) -> Option<Timestamp> {
        self.client.server_time()
    }

    /// A call of IAM or STS; a refusal is an answer too.
    pub(crate) async fn call(
        &self,
        service: &str,
        action: &str,
        parameters: &[(String, String)],
    ) -> Result<Result<Value, Refused>> {
        let parameters: Vec<_> = parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let called = self
            .client
            .query(service, action, &parameters, Some(&self.keys));
        called
            .await
            .with_context(|| format!("{} gives no answer to {action}", self.client.endpoint()))
    }
}

impl Asker {
    /// The number of the account whose credentials these are.
    pub(crate) async fn account(&self) -> Result<String> {
        let identity = self.call("sts", "GetCallerIdentity", &[]).await?;
        let identity =
            identity.map_err(|refused| anyhow!("{}: {}", refused.code, refused.message))?;
        let account = identity.get("Account").and_then(Value::as_str);
        let account = account.context("the server does not say whose credentials these are")?;
        Ok(account.to_owned())
    }
}

/// A variable of the environment that is not empty.
fn set(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
