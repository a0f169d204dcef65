//! The manifests under deploy/kubernetes: what Kubernetes knows, and what `daypass create cluster`
//! installs too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use cluster::manifests::Webhook;
use k8s_openapi::api::admissionregistration::v1::MutatingWebhookConfiguration;
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{Namespace, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const SERVER: &str = include_str!("../../../deploy/kubernetes/server.yaml");
const WEBHOOK: &str = include_str!("../../../deploy/kubernetes/webhook.yaml");
const AGENT: &str = include_str!("../../../deploy/kubernetes/agent.yaml");

fn objects(text: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(text).unwrap()
}

/// Reads an object as a newer Kubernetes would, and writes it again.
fn again<T: DeserializeOwned + Serialize>(object: &Value) -> Value {
    let typed: T = serde_json::from_value(object.clone()).unwrap();
    serde_json::to_value(typed).unwrap()
}

/// What a value says and another one doesn't, as paths. Lists of objects with names are compared
/// by name, other lists as sets.
fn missing(said: &Value, other: &Value, path: &str) -> Vec<String> {
    match (said, other) {
        (Value::Object(said), Value::Object(other)) => {
            let entries = said.iter().flat_map(|(key, value)| {
                let found = other.get(key).unwrap_or(&Value::Null);
                missing(value, found, &format!("{path}/{key}"))
            });
            entries.collect()
        }
        (Value::Array(said), Value::Array(other)) => {
            let entries = said.iter().flat_map(|value| {
                let Some(name) = value.get("name").and_then(Value::as_str) else {
                    let there = other.contains(value);
                    return if there {
                        vec![]
                    } else {
                        vec![format!("{path}: {value}")]
                    };
                };
                let found = other.iter().find(|it| it["name"] == name);
                let path = format!("{path}/{name}");
                missing(value, found.unwrap_or(&Value::Null), &path)
            });
            entries.collect()
        }
        _ if said == other => vec![],
        _ => vec![format!("{path}: {said}")],
    }
}

#[test]
fn nothing_in_them_is_unknown_to_kubernetes() {
    for object in [SERVER, WEBHOOK, AGENT].into_iter().flat_map(objects) {
        let read = match object["kind"].as_str().unwrap() {
            "ClusterRole" => again::<ClusterRole>(&object),
            "ClusterRoleBinding" => again::<ClusterRoleBinding>(&object),
            "DaemonSet" => again::<DaemonSet>(&object),
            "Deployment" => again::<Deployment>(&object),
            "MutatingWebhookConfiguration" => again::<MutatingWebhookConfiguration>(&object),
            "Namespace" => again::<Namespace>(&object),
            "NetworkPolicy" => again::<NetworkPolicy>(&object),
            "PodDisruptionBudget" => again::<PodDisruptionBudget>(&object),
            "Role" => again::<Role>(&object),
            "RoleBinding" => again::<RoleBinding>(&object),
            "Service" => again::<Service>(&object),
            "ServiceAccount" => again::<ServiceAccount>(&object),
            "StatefulSet" => again::<StatefulSet>(&object),
            kind => panic!("{kind} is not looked at here"),
        };
        let lost = missing(&object, &read, "");
        assert_eq!(lost, Vec::<String>::new(), "{}", object["kind"]);
    }
}

#[test]
fn a_misspelt_field_would_be_found() {
    let spec = json!({"hostNetwrk": true, "containers": []});
    let object = json!({"spec": {"template": {"spec": spec}}});
    let lost = missing(&object, &again::<DaemonSet>(&object), "");
    let expected = "/spec/template/spec/hostNetwrk: true".to_owned();
    assert!(lost.contains(&expected), "{lost:?}");
}

/// Either can take the other's place: `kubectl apply` finds nothing that can't be changed.
#[test]
fn the_webhook_is_the_one_that_create_cluster_installs() {
    let plain = objects(WEBHOOK);
    let webhook = Webhook {
        region: Some("us-east-2".to_owned()),
        endpoint: Some("https://daypass.daypass.svc".to_owned()),
        ..Webhook::new()
    };
    let installed = webhook.objects();
    let places = |objects: &[Value]| {
        let mut places: Vec<_> = objects
            .iter()
            .map(|it| format!("{:?}", place(it)))
            .collect();
        places.sort();
        places
    };
    assert_eq!(places(&plain), places(&installed));
    for theirs in &installed {
        let ours = plain.iter().find(|it| place(it) == place(theirs));
        let ours = ours.unwrap_or(&Value::Null);
        let mut different = missing(theirs, ours, "");
        // Who made it.
        different.retain(|it| !it.contains("app.kubernetes.io/managed-by"));
        assert_eq!(different, Vec::<String>::new(), "{:?}", place(theirs));
        let mut different = missing(ours, theirs, "");
        // Our version; what is a default of the API server's or the webhook's anyhow; and that the
        // webhook's namespace is left out whole, not only its own pods, which have a label.
        let known = [
            "/namespaceSelector: {\"matchExpressions\":[{\"key\":\"kubernetes.io/metadata.name\"",
            "/metadata/labels/app.kubernetes.io/version",
            "/spec/type: \"ClusterIP\"",
            "/spec/template/spec/terminationGracePeriodSeconds: 30",
            "/matchPolicy: \"Equivalent\"",
            "/reinvocationPolicy: \"Never\"",
            "/args: \"--annotation-prefix=eks.amazonaws.com\"",
            "/args: \"--token-audience=sts.amazonaws.com\"",
            "/args: \"--token-expiration=86400\"",
        ];
        different.retain(|it| !known.iter().any(|known| it.contains(known)));
        assert_eq!(different, Vec::<String>::new(), "{:?}", place(theirs));
    }
}

fn place(object: &Value) -> [&Value; 4] {
    let metadata = &object["metadata"];
    [
        &object["apiVersion"],
        &object["kind"],
        &metadata["name"],
        &metadata["namespace"],
    ]
}
