//! The issuer of a cluster's tokens, and its keys, as the API server tells them.

use anyhow::{Context, Result, anyhow, bail};
use cluster::irsa::AUDIENCE;
use federation::{IssuerUrl, PushedKeys};
use serde_json::Value;

use crate::api_server::Kubernetes;
use crate::command::aws::Registered;

/// What OpenShift's own operators ask tokens for.
const OPENSHIFT: &str = "openshift";

/// The issuer of a cluster's tokens.
pub(crate) struct ClusterIssuer {
    pub(crate) url: IssuerUrl,
    /// Where its keys are published.
    pub(crate) key_set: Option<String>,
    /// The keys that verify its tokens.
    pub(crate) keys: PushedKeys,
    /// The client ids that its provider needs.
    pub(crate) client_ids: Vec<&'static str>,
}

impl ClusterIssuer {
    /// Asks the API server.
    pub(crate) async fn read(kubernetes: &Kubernetes) -> Result<Self> {
        let path = "/.well-known/openid-configuration";
        let discovery = kubernetes
            .document(path)
            .await
            .map_err(|error| may_not_read(kubernetes, &error))?;
        let discovery = discovery.with_context(|| {
            format!(
                "{} has no issuer: tokens of service accounts have one since Kubernetes 1.20",
                kubernetes.url
            )
        })?;
        let openshift = openshift(kubernetes).await?;
        let told = discovery.get("issuer").and_then(Value::as_str);
        let url = match &openshift {
            Some(issuer) if !issuer.is_empty() => issuer,
            _ => told.context("the API server's discovery document has no `issuer`")?,
        };
        let url: IssuerUrl = url.parse().map_err(|error| {
            anyhow!(
                "the cluster's issuer `{url}` can't be registered: {error}; it is set by the API \
                 server's --service-account-issuer"
            )
        })?;
        let keys = kubernetes.document("/openid/v1/jwks").await;
        let keys = keys.map_err(|error| may_not_read(kubernetes, &error))?;
        let Some(keys) = keys else {
            bail!("{} has no keys at /openid/v1/jwks", kubernetes.url);
        };
        let keys = PushedKeys::read(keys.to_string().as_bytes());
        let key_set = discovery.get("jwks_uri").and_then(Value::as_str);
        let mut client_ids = vec![AUDIENCE];
        client_ids.extend(openshift.map(|_| OPENSHIFT));
        Ok(Self {
            url,
            key_set: key_set.map(str::to_owned),
            keys: keys.context("the cluster's keys can't be used")?,
            client_ids,
        })
    }

    /// The ids of its keys.
    pub(crate) fn key_ids(&self) -> Vec<String> {
        let ids = self.keys.keys().iter();
        ids.filter_map(|key| key.id.clone()).collect()
    }
}

/// `spec.serviceAccountIssuer` of OpenShift's Authentication object, which may be empty; `None` on other clusters.
async fn openshift(kubernetes: &Kubernetes) -> Result<Option<String>> {
    // Everybody may see which groups there are; who may not see the object is told so only where there can be one.
    if kubernetes
        .document("/apis/config.openshift.io")
        .await?
        .is_none()
    {
        return Ok(None);
    }
    let path = "/apis/config.openshift.io/v1/authentications/cluster";
    let object = kubernetes.document(path).await?;
    Ok(object.map(|object| {
        let issuer = object.pointer("/spec/serviceAccountIssuer");
        issuer
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }))
}

fn may_not_read(kubernetes: &Kubernetes, error: &anyhow::Error) -> anyhow::Error {
    let text = format!("{error:#}");
    match text.contains("cannot get path") {
        true => anyhow!(
            "{text}; whoever asks needs the ClusterRole system:service-account-issuer-discovery: \
             `{} create clusterrolebinding issuer-discovery \
             --clusterrole=system:service-account-issuer-discovery --user=USER` gives it",
            kubernetes.kubectl
        ),
        false => anyhow!(text),
    }
}

/// Refuses a kubeconfig that leads to another cluster than the registered one.
pub(crate) async fn same_cluster(kubernetes: &Kubernetes, registered: &Registered) -> Result<()> {
    let asked = ClusterIssuer::read(kubernetes).await?;
    if asked.url.as_str() != registered.issuer {
        bail!(
            "the cluster `{}` has the issuer {}, and {} has {}; name its context with --context",
            registered.name,
            registered.issuer,
            kubernetes.url,
            asked.url
        );
    }
    Ok(())
}
