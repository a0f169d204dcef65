//! The MutatingWebhookConfiguration: which pods the API server asks the webhook about, and how.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::labels::labels;
use super::webhook::NAME;

/// Where the API server reaches the webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reached {
    /// Through the Service in a namespace. The webhook writes the authority of its own certificate into the configuration.
    Service {
        /// The Service's namespace.
        namespace: String,
    },
    /// At a URL outside of the cluster.
    Url {
        /// The URL, with the path.
        url: String,
        /// Certificates in PEM that vouch for it; the API server's own roots when not said.
        ca: Option<Vec<u8>>,
    },
}

/// The configuration. Pods are created without the webhook when it does not answer, as upstream's are: a webhook that is down
/// must not keep a cluster from starting pods, its own among them.
#[must_use]
pub fn configuration(reached: &Reached) -> Value {
    let client = match reached {
        Reached::Service { namespace } => json!({
            "service": {"name": NAME, "namespace": namespace, "path": "/mutate", "port": 443},
        }),
        Reached::Url { url, ca: None } => json!({ "url": url }),
        Reached::Url { url, ca: Some(ca) } => {
            json!({ "url": url, "caBundle": STANDARD.encode(ca) })
        }
    };
    let mut configuration = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": NAME, "labels": labels(NAME)},
        "webhooks": [{
            "name": "pod-identity-webhook.amazonaws.com",
            "admissionReviewVersions": ["v1", "v1beta1"],
            "clientConfig": client,
            "failurePolicy": "Ignore",
            // Events, of which there are none for a dry run.
            "sideEffects": "NoneOnDryRun",
            "timeoutSeconds": 10,
            "matchPolicy": "Equivalent",
            "reinvocationPolicy": "Never",
            "objectSelector": {"matchExpressions": [{
                "key": "eks.amazonaws.com/skip-pod-identity-webhook",
                "operator": "DoesNotExist",
            }]},
            "rules": [{
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["CREATE"],
                "resources": ["pods"],
                "scope": "Namespaced",
            }],
        }],
    });
    if let Reached::Service { namespace } = reached
        && let Some(Value::Object(webhook)) = configuration.pointer_mut("/webhooks/0")
    {
        // Its own pods start while it does not answer, without a wait.
        let elsewhere = json!({"matchExpressions": [{
            "key": "kubernetes.io/metadata.name",
            "operator": "NotIn",
            "values": [namespace],
        }]});
        webhook.insert("namespaceSelector".to_owned(), elsewhere);
    }
    configuration
}
