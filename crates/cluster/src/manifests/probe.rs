//! A pod that is never stored: what admission makes of it shows whether the webhook answers.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A pod for a request with `dryRun=All`. It satisfies the strictest of the Pod Security Standards.
#[must_use]
pub fn probe_pod(namespace: &str, service_account: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": "daypass-probe-", "namespace": namespace},
        "spec": {
            "serviceAccountName": service_account,
            // Some versions refuse a pod whose service account has no Secret with a token yet.
            "automountServiceAccountToken": false,
            "securityContext": {
                "runAsNonRoot": true,
                "runAsUser": 65532,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [{
                "name": "probe",
                "image": "daypass-probe",
                "resources": {
                    "requests": {"cpu": "1m", "memory": "1Mi"},
                    "limits": {"cpu": "1m", "memory": "1Mi"},
                },
                "securityContext": {
                    "allowPrivilegeEscalation": false,
                    "capabilities": {"drop": ["ALL"]},
                    "readOnlyRootFilesystem": true,
                },
            }],
        },
    })
}

/// Whether a probe was given a token: it has none of its own.
#[must_use]
pub fn has_token(pod: &Value) -> bool {
    let volumes = pod.pointer("/spec/volumes").and_then(Value::as_array);
    volumes.into_iter().flatten().any(|volume| {
        let sources = volume.pointer("/projected/sources");
        let mut sources = sources.and_then(Value::as_array).into_iter().flatten();
        sources.any(|it| it.get("serviceAccountToken").is_some())
    })
}

/// The variables that a pod's first container has.
#[must_use]
pub fn injected(pod: &Value) -> BTreeMap<String, String> {
    let list = pod
        .pointer("/spec/containers/0/env")
        .and_then(Value::as_array);
    let pairs = list.into_iter().flatten().filter_map(|it| {
        let value = it.get("value").and_then(Value::as_str).unwrap_or_default();
        Some((it.get("name")?.as_str()?.to_owned(), value.to_owned()))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_projected_one() {
        let pod = |source: Value| json!({"spec": {"volumes": [{"name": "v"}, {"projected": {"sources": [source]}}]}});
        assert!(has_token(&pod(
            json!({"serviceAccountToken": {"path": "token"}})
        )));
        assert!(!has_token(&pod(json!({"configMap": {"name": "c"}}))));
        assert!(!has_token(&probe_pod("ns", "sa")));
    }
}
