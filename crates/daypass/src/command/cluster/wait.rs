//! Waiting for the webhook's pods.

use std::fmt::Write;
use std::time::Duration;

use anyhow::{Result, bail};
use cluster::manifests::NAME;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::api_server::{Kubernetes, Place};

const PAUSE: Duration = Duration::from_secs(1);

/// Waits until the Deployment's pods are all there and ready, and the webhook has written its authority.
pub(super) async fn for_webhook(
    kubernetes: &Kubernetes,
    namespace: &str,
    patience: Duration,
) -> Result<String> {
    let deadline = Instant::now() + patience;
    loop {
        let deployment = kubernetes.get(&Place::deployment(namespace, NAME)).await?;
        let (ready, wanted) = deployment.as_ref().map_or((0, 0), progress);
        let authority = kubernetes.get(&Place::webhook_configuration(NAME)).await?;
        let authority = authority.is_some_and(|it| has_authority(&it));
        if wanted > 0 && ready >= wanted && authority {
            return Ok(format!("{ready} of {wanted} pods are ready"));
        }
        if Instant::now() >= deadline {
            let selector = format!("app.kubernetes.io/name={NAME}");
            let why = why(kubernetes, namespace, &selector).await;
            let authority = match authority {
                true => "",
                false => {
                    "; it has not written its certificate's authority into the \
                          MutatingWebhookConfiguration"
                }
            };
            bail!(
                "the webhook is not ready after {} s: {ready} of {wanted} pods are{why}{authority}; \
                 `{} describe pods -n {namespace} -l {selector}` says why",
                patience.as_secs(),
                kubernetes.kubectl
            );
        }
        sleep(PAUSE).await;
    }
}

/// How many pods of the Deployment's newest version are available, and how many are to be.
fn progress(deployment: &Value) -> (u64, u64) {
    let number = |path: &str| {
        deployment
            .pointer(path)
            .and_then(Value::as_u64)
            .unwrap_or_default()
    };
    let wanted = number("/spec/replicas");
    if number("/status/observedGeneration") < number("/metadata/generation") {
        return (0, wanted);
    }
    let ready = number("/status/availableReplicas").min(number("/status/updatedReplicas"));
    (ready, wanted)
}

fn has_authority(configuration: &Value) -> bool {
    let bundle = configuration.pointer("/webhooks/0/clientConfig/caBundle");
    bundle
        .and_then(Value::as_str)
        .is_some_and(|it| !it.is_empty())
}

/// What the pods say of themselves: each reason once.
async fn why(kubernetes: &Kubernetes, namespace: &str, selector: &str) -> String {
    let path = format!("/api/v1/namespaces/{namespace}/pods?labelSelector={selector}");
    let pods = kubernetes
        .list(&path)
        .await
        .ok()
        .flatten()
        .unwrap_or_default();
    let mut reasons: Vec<String> = Vec::new();
    for pod in &pods {
        let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
        let unscheduled = conditions.into_iter().flatten().find(|it| {
            it.get("type") == Some(&Value::from("PodScheduled"))
                && it.get("status") == Some(&Value::from("False"))
        });
        let waiting = pod.pointer("/status/containerStatuses/0/state/waiting");
        for found in [unscheduled, waiting].into_iter().flatten() {
            let text = |name: &str| found.get(name).and_then(Value::as_str).unwrap_or_default();
            reasons.push(
                format!("{} {}", text("reason"), text("message"))
                    .trim()
                    .to_owned(),
            );
        }
    }
    reasons.sort();
    reasons.dedup();
    let mut text = String::new();
    for reason in reasons {
        // Writing to a string cannot fail.
        let _ = write!(text, "; {reason}");
    }
    text
}
