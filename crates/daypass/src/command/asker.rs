//! Who asks, and which server.

mod others;

use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use cluster::region::Region;
use http::Method;
use jiff::Timestamp;
use serde_json::Value;

use crate::cli::Data;
use crate::client::{Client, Connection, Credentials, Environment, Given, Refused, S3Request};
use crate::data_dir::DataDir;

/// A server and credentials for it.
pub(crate) struct Asker {
    client: Arc<Client>,
    credentials: Credentials,
    /// Whether it is the server of this machine, asked by its socket for credentials.
    pub(crate) local: bool,
}

impl Asker {
    /// By the environment and the profile if they have an endpoint, else by the server's own
    /// socket.
    pub(crate) async fn new(data: &Data) -> Result<Self> {
        Self::with(Given::default(), data).await
    }

    /// As [`new`](Self::new), with what a command's own flags say before everything else.
    pub(crate) async fn with(given: Given, data: &Data) -> Result<Self> {
        let environment = Environment::of_process();
        let data = DataDir::new(&data.dir);
        let connection = Connection::new(given, environment, data).await?;
        Ok(Self {
            client: connection.client,
            credentials: connection.credentials,
            local: connection.local,
        })
    }

    /// For a region, of AWS too: with credentials that the environment names and no endpoint, AWS's
    /// own endpoints are asked.
    pub(crate) async fn for_region(region: &Region, data: &Data) -> Result<Self> {
        let given = Given {
            region: Some(region.clone()),
            ..Given::default()
        };
        Self::with(given, data).await
    }

    /// A request to S3; a refusal is an answer too.
    pub(crate) async fn s3(&self, request: S3Request<'_>) -> Result<Result<String, Refused>> {
        let keys = self.credentials.keys().await?;
        let asked = self.client.s3(request, &keys).await;
        asked.with_context(|| format!("{} gives no answer for S3", self.client.endpoint()))
    }

    /// Whether AWS itself is asked.
    pub(crate) fn is_aws(&self) -> bool {
        self.client.is_aws()
    }

    /// CloudTrail's `LookupEvents`: one page.
    pub(crate) async fn lookup_events(&self, lookup: &Value) -> Result<Result<Value, Refused>> {
        let keys = self.credentials.keys().await?;
        let asked = self.client.lookup_events(lookup, &keys).await;
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
        let keys = self.credentials.keys().await?;
        let called = self.client.query(service, action, &parameters, Some(&keys));
        called
            .await
            .with_context(|| format!("{} gives no answer to {action}", self.client.endpoint()))
    }
}

impl Asker {
    /// A call of a REST service (`eks`, `eks-auth`); a refusal is an answer too.
    pub(crate) async fn rest(
        &self,
        service: &str,
        method: Method,
        path: &str,
        query: &str,
        body: Option<&Value>,
    ) -> Result<Result<Value, Refused>> {
        let asked = format!("{method} {path}");
        let keys = self.credentials.keys().await?;
        let called = self.client.rest(service, method, path, query, body, &keys);
        called
            .await
            .with_context(|| format!("{} gives no answer to {asked}", self.client.endpoint()))
    }

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
