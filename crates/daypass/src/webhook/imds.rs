//! The account and the region of an EC2 instance, from its metadata service (IMDSv2).

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use policy::AccountId;
use serde::Deserialize;

const ADDRESS: &str = "http://169.254.169.254";
const PATIENCE: Duration = Duration::from_secs(2);

/// Where an instance is.
pub(crate) struct Instance {
    pub(crate) account: AccountId,
    pub(crate) region: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    account_id: String,
    region: String,
}

/// Asks the metadata service; `AWS_EC2_METADATA_SERVICE_ENDPOINT` names another.
pub(crate) async fn instance() -> Result<Instance> {
    let set = std::env::var("AWS_EC2_METADATA_SERVICE_ENDPOINT").ok();
    let address = set.filter(|it| !it.is_empty());
    let address = address.as_deref().unwrap_or(ADDRESS).trim_end_matches('/');
    let asked = ask(address).await;
    let document = asked.with_context(|| {
        format!(
            "--compose-role-arn asks the instance's metadata service at {address} for account and \
             region, and it gives no answer; outside of AWS name them with --account-id and \
             --aws-default-region"
        )
    })?;
    Ok(Instance {
        account: document
            .account_id
            .parse()
            .map_err(|error| anyhow!("the instance's account: {error}"))?,
        region: document.region,
    })
}

async fn ask(address: &str) -> Result<Document> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(PATIENCE)
        .build()?;
    let token = client
        .put(format!("{address}/latest/api/token"))
        .header("x-aws-ec2-metadata-token-ttl-seconds", "60")
        .send()
        .await?
        .error_for_status()?
        .text()
        .await?;
    let document = client
        .get(format!(
            "{address}/latest/dynamic/instance-identity/document"
        ))
        .header("x-aws-ec2-metadata-token", token)
        .send()
        .await?
        .error_for_status()?
        .bytes()
        .await?;
    Ok(serde_json::from_slice(&document)?)
}
