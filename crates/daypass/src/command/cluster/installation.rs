//! The webhook's objects in a cluster: which there are to be, and which there are.

mod kept;

use anyhow::{Context, Result, bail};
use cluster::manifests::{BudgetVersion, NAME, Reached, Webhook, configuration, is_ours};
use serde_json::Value;

use crate::api_server::{Kubernetes, Place};
use crate::cli::cluster::WebhookOptions;
use kept::Present;

/// What is to be done about the webhook.
pub(super) enum Installation {
    /// Nothing, and why.
    None(String),
    /// These objects are to be there.
    Objects {
        objects: Vec<Value>,
        /// Where its pods are, if they are in the cluster.
        namespace: Option<String>,
        /// Whether pods are told where the server is; of a webhook elsewhere that is not known.
        endpoint: bool,
        /// The options that nobody gave, and that stay as they were.
        kept: Vec<String>,
    },
}

/// What became of an object.
pub(super) enum Became {
    Made,
    Changed,
    WasThere,
}

impl Installation {
    /// By the options, and by what is there where they say nothing: an installation isn't changed by a second run that says
    /// less than the first. `endpoint` is where pods reach the server when neither says it. Fails if an object that is
    /// needed is somebody else's.
    pub(super) async fn plan(
        options: &WebhookOptions,
        kubernetes: &Kubernetes,
        endpoint: Option<String>,
        region: Option<&str>,
    ) -> Result<Self> {
        if options.no_webhook {
            return Ok(Self::None(
                "no webhook was asked for (--no-webhook)".to_owned(),
            ));
        }
        let configured = kubernetes.get(&Place::webhook_configuration(NAME)).await?;
        if configured.as_ref().is_some_and(|it| !is_ours(it)) {
            return Ok(Self::None(format!(
                "the cluster has a MutatingWebhookConfiguration `{NAME}` that this command did not \
                 make; it stays as it is"
            )));
        }
        let mut kept = Vec::new();
        let present = Present::look(options, kubernetes, configured.as_ref()).await?;
        let by_url = match &options.webhook_url {
            Some(url) => Some(Reached::Url {
                url: url.0.clone(),
                ca: ca(options)?,
            }),
            None => present.url(options, &mut kept)?,
        };
        let (objects, namespace, endpoint) = match by_url {
            Some(reached) => (vec![configuration(&reached)], None, true),
            None => {
                let webhook = Webhook {
                    region: region.map(str::to_owned),
                    budget: budget(kubernetes).await?,
                    ..present.webhook(options, endpoint, &mut kept)
                };
                let told = webhook.endpoint.is_some();
                (webhook.objects(), Some(webhook.namespace), told)
            }
        };
        let mut wanted = Vec::new();
        for object in objects {
            match kubernetes.get(&Place::of(&object)?).await? {
                Some(present) if !is_ours(&present) => foreign(&object)?,
                _ => wanted.push(object),
            }
        }
        Ok(Self::Objects {
            objects: wanted,
            namespace,
            endpoint,
            kept,
        })
    }
}

/// Makes an object, or makes it as it is to be.
pub(super) async fn put(kubernetes: &Kubernetes, object: &Value) -> Result<Became> {
    let version = |it: &Value| it.pointer("/metadata/resourceVersion").cloned();
    let before = kubernetes.get(&Place::of(object)?).await?;
    let after = kubernetes.apply(object).await?;
    Ok(match before {
        None => Became::Made,
        Some(before) if version(&before) == version(&after) => Became::WasThere,
        Some(_) => Became::Changed,
    })
}

/// A namespace that somebody else made is used as it is.
fn foreign(object: &Value) -> Result<()> {
    let place = Place::of(object)?;
    if object.get("kind").and_then(Value::as_str) != Some("Namespace") {
        bail!(
            "{} is there and was not made by this command; delete it, choose another \
             --webhook-namespace, or keep the webhook that it belongs to with --no-webhook",
            place.shown()
        );
    }
    Ok(())
}

async fn budget(kubernetes: &Kubernetes) -> Result<BudgetVersion> {
    Ok(match kubernetes.document("/apis/policy/v1").await? {
        Some(_) => BudgetVersion::V1,
        None => BudgetVersion::V1Beta1,
    })
}

fn ca(options: &WebhookOptions) -> Result<Option<Vec<u8>>> {
    let Some(path) = &options.webhook_ca_bundle else {
        return Ok(None);
    };
    let shown = path.display();
    let pem = std::fs::read(path).with_context(|| format!("cannot read `{shown}`"))?;
    if federation::chain_thumbprint(&pem).is_none() {
        bail!("`{shown}` has no certificate in PEM");
    }
    Ok(Some(pem))
}
