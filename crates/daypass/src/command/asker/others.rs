//! Calls as somebody else, and as nobody.

use anyhow::{Context, Result};
use serde_json::Value;

use super::Asker;
use crate::client::{Keys, Refused};

impl Asker {
    /// A call of IAM or STS with other credentials, or without any.
    pub(crate) async fn call_as(
        &self,
        keys: Option<&Keys>,
        service: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Result<Value, Refused>> {
        let called = self.client.query(service, action, parameters, keys);
        called
            .await
            .with_context(|| format!("{} gives no answer to {action}", self.client.endpoint()))
    }

    /// The region that requests are signed for.
    pub(crate) fn region(&self) -> &str {
        self.client.region()
    }

    /// The server's URL.
    pub(crate) fn endpoint(&self) -> &reqwest::Url {
        self.client.endpoint()
    }
}
