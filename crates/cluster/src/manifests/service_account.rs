//! Service accounts with a role, and their namespaces.

use serde_json::{Value, json};

use super::labels::{MANAGED_BY, MANAGER};

/// The annotation with the role, under the webhook's default prefix.
pub const ROLE_ARN: &str = "eks.amazonaws.com/role-arn";

/// A namespace.
#[must_use]
pub fn namespace(name: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {MANAGED_BY: MANAGER}},
    })
}

/// A service account whose pods get the role.
#[must_use]
pub fn service_account(namespace: &str, name: &str, role_arn: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {MANAGED_BY: MANAGER},
            "annotations": {ROLE_ARN: role_arn},
        },
    })
}

/// The role that a service account is annotated with.
#[must_use]
pub fn role_annotation(service_account: &Value) -> Option<&str> {
    let annotations = service_account.pointer("/metadata/annotations")?;
    annotations.get(ROLE_ARN)?.as_str()
}
