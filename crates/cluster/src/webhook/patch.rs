//! The patch of a pod (RFC 6902): only what is added, so that nothing of it can be lost. Where something else stands than
//! a pod can have, nothing is added: it is for the API server to refuse that pod.

use serde_json::{Value, json};

use super::annotations::skipped_containers;
use super::container::{Plan, has_named};
use super::{CaBundle, Injection, Method, Settings};

/// A patch, and what it does.
#[derive(Debug, Clone, PartialEq)]
pub struct Patched {
    /// The operations.
    pub operations: Vec<Value>,
    /// The containers that get something, init containers among them.
    pub containers: Vec<String>,
}

/// The most bytes that may be added: more than the 1.5 MiB that a cluster stores of an object.
const MOST: usize = 2 * 1024 * 1024;
/// About what one container is given beside the texts of others, in bytes.
const EACH: usize = 1024;

/// Whether what is added can be stored in a cluster; what can't isn't worth the memory.
#[must_use]
pub fn fits(pod: &Value, injection: &Injection) -> bool {
    let number = |list: &str| {
        let list = pod.pointer(&format!("/spec/{list}"));
        list.and_then(Value::as_array).map_or(0, Vec::len)
    };
    let role = match &injection.method {
        Method::WebIdentity { role_arn, .. } => role_arn.len(),
        Method::PodIdentity => 0,
    };
    let each = EACH + role + injection.endpoint.as_ref().map_or(0, String::len);
    (number("containers") + number("initContainers")).saturating_mul(each) <= MOST
}

/// What is added to a pod.
#[must_use]
pub fn patch(pod: &Value, injection: &Injection, settings: &Settings) -> Patched {
    let plan = Plan::new(injection, settings, pod);
    let mut patched = Patched {
        operations: Vec::new(),
        containers: Vec::new(),
    };
    if injection.method == Method::PodIdentity {
        patched.label(pod);
    }
    let skipped = pod
        .pointer("/metadata/annotations")
        .and_then(|it| it.get(format!("{}/skip-containers", settings.annotation_prefix)))
        .and_then(Value::as_str)
        .map(skipped_containers)
        .unwrap_or_default();
    let mut of_containers = Vec::new();
    let mut needs_ca = false;
    for list in ["containers", "initContainers"] {
        let containers = pod
            .pointer(&format!("/spec/{list}"))
            .and_then(Value::as_array);
        for (place, container) in containers.into_iter().flatten().enumerate() {
            let name = container
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            if skipped.contains(name) {
                continue;
            }
            let added = plan.additions(container);
            needs_ca |= added.env.iter().any(|it| it["name"] == "AWS_CA_BUNDLE");
            if !added.env.is_empty() || !added.mounts.is_empty() {
                patched.containers.push(name.to_owned());
            }
            let at = format!("/spec/{list}/{place}");
            append(&mut of_containers, container, &at, "env", added.env);
            append(
                &mut of_containers,
                container,
                &at,
                "volumeMounts",
                added.mounts,
            );
        }
    }
    let token = plan.token();
    let mut volumes = vec![json!({
        "name": token.volume,
        "projected": {"sources": [{"serviceAccountToken": {
            "audience": token.audience,
            "expirationSeconds": injection.token_expiration,
            "path": token.file,
        }}]},
    })];
    if let Some(ca) = injection.ca_bundle.as_ref().filter(|_| needs_ca) {
        volumes.push(json!({
            "name": CaBundle::VOLUME,
            "configMap": {"name": ca.config_map, "items": [{"key": ca.key, "path": "ca.crt"}]},
        }));
    }
    patched.volumes(pod, volumes);
    patched.operations.append(&mut of_containers);
    patched
}

impl Patched {
    /// Marks a pod of Pod Identity; upstream's label has this prefix whatever the annotations'.
    fn label(&mut self, pod: &Value) {
        const LABEL: &str = "eks.amazonaws.com/pod-identity";
        let operation = match pod.pointer("/metadata/labels") {
            Some(Value::Object(labels)) => match labels.get(LABEL) {
                None | Some(Value::Null | Value::String(_)) => add(
                    "/metadata/labels/eks.amazonaws.com~1pod-identity",
                    json!("enabled"),
                ),
                Some(_) => return,
            },
            None | Some(Value::Null) => add("/metadata/labels", json!({LABEL: "enabled"})),
            Some(_) => return,
        };
        self.operations.push(operation);
    }

    /// Volumes come first among the pod's, unless there is one of the name.
    fn volumes(&mut self, pod: &Value, mut volumes: Vec<Value>) {
        let spec = pod.get("spec").unwrap_or(&Value::Null);
        volumes.retain(|it| !has_named(spec, "volumes", it["name"].as_str().unwrap_or_default()));
        if volumes.is_empty() {
            return;
        }
        match spec.get("volumes") {
            Some(Value::Array(_)) => {
                let first = volumes.into_iter().map(|it| add("/spec/volumes/0", it));
                self.operations.extend(first);
            }
            None | Some(Value::Null) => self
                .operations
                .push(add("/spec/volumes", Value::Array(volumes))),
            Some(_) => {}
        }
    }
}

/// Puts things at the end of a container's list, which is made if there is none.
fn append(
    operations: &mut Vec<Value>,
    container: &Value,
    at: &str,
    list: &str,
    things: Vec<Value>,
) {
    if things.is_empty() {
        return;
    }
    match container.get(list) {
        Some(Value::Array(_)) => {
            let path = format!("{at}/{list}/-");
            operations.extend(things.into_iter().map(|it| add(&path, it)));
        }
        None | Some(Value::Null) => {
            operations.push(add(&format!("{at}/{list}"), Value::Array(things)));
        }
        Some(_) => {}
    }
}

fn add(path: &str, value: Value) -> Value {
    json!({"op": "add", "path": path, "value": value})
}

#[cfg(test)]
mod tests;
