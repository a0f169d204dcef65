//! What stays of an installation that is there, where the options say nothing.

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cluster::manifests::{NAME, Reached, Webhook, is_ours};
use serde_json::Value;

use crate::api_server::{Kubernetes, Place};
use crate::cli::cluster::WebhookOptions;

/// The webhook that is installed, as far as it is ours.
pub(super) struct Present {
    /// The URL in the configuration, and its CA bundle in base64.
    url: Option<(String, Option<String>)>,
    /// The Deployment's.
    webhook: Option<Webhook>,
}

impl Present {
    pub(super) async fn look(
        options: &WebhookOptions,
        kubernetes: &Kubernetes,
        configured: Option<&Value>,
    ) -> Result<Self> {
        let client = configured.and_then(|it| it.pointer("/webhooks/0/clientConfig"));
        let text = |path: &str| Some(client?.pointer(path)?.as_str()?.to_owned());
        let url = text("/url").map(|url| (url, text("/caBundle")));
        let namespace = text("/service/namespace");
        let namespace = namespace.or_else(|| options.webhook_namespace.clone());
        let deployment = match namespace {
            Some(namespace) => kubernetes.get(&Place::deployment(&namespace, NAME)).await?,
            None => {
                let path = format!(
                    "/apis/apps/v1/deployments?labelSelector=app.kubernetes.io/name={NAME},\
                     app.kubernetes.io/managed-by=daypass"
                );
                let found = kubernetes.list(&path).await?.unwrap_or_default();
                found.into_iter().next()
            }
        };
        let webhook = deployment.filter(is_ours);
        Ok(Self {
            url,
            webhook: webhook.as_ref().and_then(Webhook::installed),
        })
    }

    /// The webhook outside of the cluster, unless the options are about one inside.
    pub(super) fn url(
        &self,
        options: &WebhookOptions,
        kept: &mut Vec<String>,
    ) -> Result<Option<Reached>> {
        let inside = options.webhook_image.is_some()
            || options.webhook_namespace.is_some()
            || options.webhook_replicas.is_some()
            || !options.webhook_arg.is_empty();
        let Some((url, ca)) = self.url.as_ref().filter(|_| !inside) else {
            return Ok(None);
        };
        let ca = ca.as_ref().filter(|it| !it.is_empty());
        let ca = ca.map(|it| STANDARD.decode(it)).transpose();
        let ca = ca.context("the CA bundle in the MutatingWebhookConfiguration is not base64")?;
        kept.push(format!("--webhook-url {url}"));
        if ca.is_some() {
            kept.push("its CA bundle".to_owned());
        }
        Ok(Some(Reached::Url {
            url: url.clone(),
            ca,
        }))
    }

    /// The webhook in the cluster; `endpoint` is what pods are told if nobody ever said it.
    pub(super) fn webhook(
        &self,
        options: &WebhookOptions,
        endpoint: Option<String>,
        kept: &mut Vec<String>,
    ) -> Webhook {
        let standard = Webhook {
            endpoint,
            ..Webhook::new()
        };
        let mut webhook = self.webhook.clone().unwrap_or_else(|| standard.clone());
        let mut keep = |said: bool, differs: bool, flag: String| {
            if !said && differs {
                kept.push(flag);
            }
        };
        if webhook.endpoint.is_none() || options.endpoint_url.is_some() {
            webhook.endpoint.clone_from(&standard.endpoint);
        } else if let Some(url) = &webhook.endpoint {
            let differs = webhook.endpoint != standard.endpoint;
            keep(false, differs, format!("--endpoint-url {url}"));
        }
        let (namespace, image) = (&webhook.namespace, &webhook.image);
        keep(
            options.webhook_namespace.is_some(),
            *namespace != standard.namespace,
            format!("--webhook-namespace {namespace}"),
        );
        keep(
            options.webhook_image.is_some(),
            *image != standard.image,
            format!("--webhook-image {image}"),
        );
        keep(
            options.webhook_replicas.is_some(),
            webhook.replicas != standard.replicas,
            format!("--webhook-replicas {}", webhook.replicas),
        );
        for argument in &webhook.arguments {
            let said = !options.webhook_arg.is_empty();
            keep(said, true, format!("--webhook-arg={argument}"));
        }
        if let Some(namespace) = &options.webhook_namespace {
            webhook.namespace.clone_from(namespace);
        }
        if let Some(image) = &options.webhook_image {
            webhook.image.clone_from(image);
        }
        if let Some(replicas) = options.webhook_replicas {
            webhook.replicas = replicas;
        }
        if !options.webhook_arg.is_empty() {
            webhook.arguments.clone_from(&options.webhook_arg);
        }
        webhook
    }
}
