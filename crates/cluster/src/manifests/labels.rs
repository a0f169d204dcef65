//! Labels: whose an object is.

use serde_json::{Value, json};

/// The label (and, of IAM's entities, the tag) that says who made something.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Its value.
pub const MANAGER: &str = "daypass";
/// The annotation, and the tag, with the name of the cluster that something was made for. It is no label, for a cluster's name
/// may be longer than a label's value.
pub const CLUSTER: &str = "daypass.internal/cluster";

/// The labels of a component's objects (Kubernetes, "Recommended Labels").
#[must_use]
pub fn labels(name: &str) -> Value {
    json!({
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/part-of": "daypass",
        MANAGED_BY: MANAGER,
    })
}

/// Whether an object is one that this program made.
#[must_use]
pub fn is_ours(object: &Value) -> bool {
    let labels = object.pointer("/metadata/labels");
    labels.and_then(|it| it.get(MANAGED_BY)) == Some(&Value::from(MANAGER))
}
