//! The webhook's pods, their Service and their budget.

use serde_json::{Value, json};

use super::labels::labels;
use super::webhook::{BudgetVersion, NAME, Webhook};

/// Any user may listen on it.
pub(super) const PORT: u16 = 9443;
const METRICS_PORT: u16 = 9999;

/// The Deployment, the Service and the PodDisruptionBudget.
pub(super) fn objects(webhook: &Webhook) -> Vec<Value> {
    let metadata = json!({"name": NAME, "namespace": webhook.namespace, "labels": labels(NAME)});
    let selector = json!({"app.kubernetes.io/name": NAME});
    let budget = match webhook.budget {
        BudgetVersion::V1 => "policy/v1",
        BudgetVersion::V1Beta1 => "policy/v1beta1",
    };
    vec![
        json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {
                "selector": selector,
                "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": "https"}],
            },
        }),
        json!({
            "apiVersion": budget,
            "kind": "PodDisruptionBudget",
            "metadata": metadata,
            "spec": {"minAvailable": 1, "selector": {"matchLabels": selector}},
        }),
        json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {
                "replicas": webhook.replicas,
                "selector": {"matchLabels": selector},
                // A pod that is created while no replica answers gets no credentials.
                "strategy": {
                    "type": "RollingUpdate",
                    "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
                },
                "template": {
                    "metadata": {"labels": template_labels()},
                    "spec": pod(webhook, &selector),
                },
            },
        }),
    ]
}

/// The pods carry the skip label: a webhook does not ask itself before it is there.
fn template_labels() -> Value {
    let mut labels = labels(NAME);
    if let Some(map) = labels.as_object_mut() {
        let skip = "eks.amazonaws.com/skip-pod-identity-webhook";
        map.insert(skip.to_owned(), Value::from("true"));
    }
    labels
}

fn pod(webhook: &Webhook, selector: &Value) -> Value {
    json!({
        "serviceAccountName": NAME,
        "automountServiceAccountToken": true,
        "enableServiceLinks": false,
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "topologySpreadConstraints": [
            spread("kubernetes.io/hostname", selector),
            spread("topology.kubernetes.io/zone", selector),
        ],
        "securityContext": {
            "runAsNonRoot": true,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [{
            "name": NAME,
            "image": webhook.image,
            "imagePullPolicy": "IfNotPresent",
            "args": arguments(webhook),
            "ports": [
                {"name": "https", "containerPort": PORT, "protocol": "TCP"},
                {"name": "metrics", "containerPort": METRICS_PORT, "protocol": "TCP"},
            ],
            "startupProbe": {
                "httpGet": {"path": "/healthz", "port": "https", "scheme": "HTTPS"},
                "periodSeconds": 2,
                "failureThreshold": 60,
            },
            // It has read the cluster's service accounts.
            "readinessProbe": {
                "httpGet": {"path": "/readyz", "port": "metrics"},
                "periodSeconds": 5,
            },
            "livenessProbe": {
                "httpGet": {"path": "/healthz", "port": "https", "scheme": "HTTPS"},
                "periodSeconds": 10,
                "timeoutSeconds": 5,
                "failureThreshold": 6,
            },
            "resources": {
                "requests": {"cpu": "50m", "memory": "64Mi"},
                "limits": {"memory": "256Mi"},
            },
            "securityContext": {
                "allowPrivilegeEscalation": false,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": true,
            },
        }],
    })
}

fn spread(topology: &str, selector: &Value) -> Value {
    json!({
        "topologyKey": topology,
        "maxSkew": 1,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": selector},
    })
}

pub(super) fn arguments(webhook: &Webhook) -> Vec<String> {
    let mut arguments = vec![
        "webhook".to_owned(),
        format!("--port={PORT}"),
        format!("--metrics-port={METRICS_PORT}"),
        format!("--namespace={}", webhook.namespace),
        format!("--service-name={NAME}"),
        format!("--tls-secret={NAME}"),
        format!("--webhook-configuration={NAME}"),
        "--role-session-name".to_owned(),
        "--log-format=json".to_owned(),
    ];
    let optional = [
        ("--aws-default-region", &webhook.region),
        ("--aws-endpoint-url", &webhook.endpoint),
    ];
    for (flag, value) in optional {
        arguments.extend(value.iter().map(|value| format!("{flag}={value}")));
    }
    arguments.extend(webhook.arguments.iter().cloned());
    arguments
}
