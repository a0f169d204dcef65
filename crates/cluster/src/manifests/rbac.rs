//! What the webhook may do in its cluster, and no more.

use serde_json::{Value, json};

use super::labels::labels;
use super::webhook::{NAME, Webhook};

const GROUP: &str = "rbac.authorization.k8s.io";

/// The service account, and its rights in the cluster and in its namespace.
pub(super) fn objects(webhook: &Webhook) -> Vec<Value> {
    let namespace = &webhook.namespace;
    let in_cluster = json!({"name": NAME, "labels": labels(NAME)});
    let in_namespace = json!({"name": NAME, "namespace": namespace, "labels": labels(NAME)});
    let version = format!("{GROUP}/v1");
    let subjects = json!([{"kind": "ServiceAccount", "name": NAME, "namespace": namespace}]);
    vec![
        json!({
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": in_namespace,
            // The pods say that they want one.
            "automountServiceAccountToken": false,
        }),
        json!({
            "apiVersion": version,
            "kind": "ClusterRole",
            "metadata": in_cluster,
            "rules": [
                {
                    "apiGroups": [""],
                    "resources": ["serviceaccounts"],
                    "verbs": ["get", "list", "watch"],
                },
                {
                    "apiGroups": ["events.k8s.io"],
                    "resources": ["events"],
                    "verbs": ["create"],
                },
                // The authority of its own certificate.
                {
                    "apiGroups": ["admissionregistration.k8s.io"],
                    "resources": ["mutatingwebhookconfigurations"],
                    "resourceNames": [NAME],
                    "verbs": ["get", "patch"],
                },
            ],
        }),
        json!({
            "apiVersion": version,
            "kind": "ClusterRoleBinding",
            "metadata": in_cluster,
            "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": NAME},
            "subjects": subjects,
        }),
        json!({
            "apiVersion": version,
            "kind": "Role",
            "metadata": in_namespace,
            "rules": [
                // Its own certificate.
                {
                    "apiGroups": [""],
                    "resources": ["secrets"],
                    "resourceNames": [NAME],
                    "verbs": ["get", "update"],
                },
                // An object that isn't there yet has no name to allow.
                {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},
            ],
        }),
        json!({
            "apiVersion": version,
            "kind": "RoleBinding",
            "metadata": in_namespace,
            "roleRef": {"apiGroup": GROUP, "kind": "Role", "name": NAME},
            "subjects": subjects,
        }),
    ]
}
