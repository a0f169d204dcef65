//! Whom the API server trusts, in its webhook configuration.

use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::MutatingWebhookConfiguration;
use kube::Client;
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;

/// Makes the API server trust these authorities (PEM) for every webhook of a configuration;
/// `true` if it did not before.
///
/// # Errors
/// The cluster refused, could not be reached, or has no such configuration.
pub async fn trust(client: &Client, configuration: &str, authorities: &str) -> kube::Result<bool> {
    let api: Api<MutatingWebhookConfiguration> = Api::all(client.clone());
    let found = api.get(configuration).await?;
    let bundle = ByteString(authorities.into());
    let webhooks = found.webhooks.unwrap_or_default();
    // Webhooks are merged by name, so nothing else of them is touched.
    let changed: Vec<_> = webhooks
        .iter()
        .filter(|it| it.client_config.ca_bundle.as_ref() != Some(&bundle))
        .map(|it| json!({"name": it.name, "clientConfig": {"caBundle": bundle}}))
        .collect();
    if changed.is_empty() {
        return Ok(false);
    }
    let patch = Patch::Strategic(json!({"webhooks": changed}));
    api.patch(configuration, &PatchParams::default(), &patch)
        .await?;
    Ok(true)
}
