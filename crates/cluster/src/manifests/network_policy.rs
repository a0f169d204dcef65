//! Whom the webhook's pods talk to: API servers, which are no pods and so can't be selected.

use serde_json::{Value, json};

use super::labels::labels;
use super::webhook::{NAME, Webhook};
use super::workload::PORT;

/// The policy. Metadata services stay out of reach.
pub(super) fn object(webhook: &Webhook) -> Value {
    let ports = |protocol: &str, ports: &[u16]| -> Vec<Value> {
        let port = |port: &u16| json!({"protocol": protocol, "port": port});
        ports.iter().map(port).collect()
    };
    let names = [ports("UDP", &[53, 5353]), ports("TCP", &[53, 5353])].concat();
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": NAME, "namespace": webhook.namespace, "labels": labels(NAME)},
        "spec": {
            "podSelector": {"matchLabels": {"app.kubernetes.io/name": NAME}},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"ports": ports("TCP", &[PORT])}],
            "egress": [
                {"ports": names},
                {
                    "to": [
                        {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}},
                        {"ipBlock": {"cidr": "::/0", "except": ["fe80::/10", "fd00:ec2::/32"]}},
                    ],
                    "ports": ports("TCP", &[443, 6443]),
                },
            ],
        },
    })
}
