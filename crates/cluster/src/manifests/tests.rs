//! Tests of the manifests.

use serde_json::{Value, json};

use super::*;

fn of_kind<'v>(objects: &'v [Value], kind: &str) -> &'v Value {
    let mut found = objects.iter().filter(|it| it["kind"] == kind);
    let one = found.next().unwrap_or_else(|| panic!("no {kind}"));
    assert_eq!(found.next(), None, "{kind}");
    one
}

#[test]
fn everything_is_marked_as_made_by_us_and_is_in_its_namespace() {
    let objects = Webhook::new().objects();
    let cluster_wide = [
        "Namespace",
        "ClusterRole",
        "ClusterRoleBinding",
        "MutatingWebhookConfiguration",
    ];
    for object in &objects {
        assert!(is_ours(object), "{object}");
        let kind = object["kind"].as_str().unwrap();
        let namespace = object.pointer("/metadata/namespace");
        match cluster_wide.contains(&kind) {
            true => assert_eq!(namespace, None, "{kind}"),
            false => assert_eq!(namespace, Some(&json!(DEFAULT_NAMESPACE)), "{kind}"),
        }
    }
    let others = json!({"metadata": {"labels": {MANAGED_BY: "Helm"}}});
    assert!(!is_ours(&others) && !is_ours(&json!({})));
}

#[test]
fn the_namespace_comes_first_and_the_configuration_last() {
    let objects = Webhook::new().objects();
    assert_eq!(objects.first().unwrap()["kind"], "Namespace");
    assert_eq!(
        objects.last().unwrap()["kind"],
        "MutatingWebhookConfiguration"
    );
}

#[test]
fn the_service_and_the_budget_select_the_deployments_pods() {
    let objects = Webhook::new().objects();
    let deployment = of_kind(&objects, "Deployment");
    let labels = &deployment["spec"]["template"]["metadata"]["labels"];
    let selectors = [
        &deployment["spec"]["selector"]["matchLabels"],
        &of_kind(&objects, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        &of_kind(&objects, "Service")["spec"]["selector"],
    ];
    for selector in selectors {
        for (key, value) in selector.as_object().unwrap() {
            assert_eq!(labels.get(key), Some(value));
        }
    }
}

#[test]
fn what_is_said_reaches_the_webhooks_arguments() {
    let webhook = Webhook {
        namespace: "identity".to_owned(),
        region: Some("eu-west-1".to_owned()),
        endpoint: Some("https://daypass.example".to_owned()),
        arguments: vec!["--v=2".to_owned()],
        budget: BudgetVersion::V1Beta1,
        ..Webhook::new()
    };
    let objects = webhook.objects();
    let deployment = of_kind(&objects, "Deployment");
    let arguments = deployment.pointer("/spec/template/spec/containers/0/args");
    let arguments: Vec<&str> = arguments
        .and_then(Value::as_array)
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(arguments.contains(&"--namespace=identity"));
    assert!(arguments.contains(&"--aws-default-region=eu-west-1"));
    assert!(arguments.contains(&"--aws-endpoint-url=https://daypass.example"));
    assert_eq!(arguments.last(), Some(&"--v=2"));
    let budget = of_kind(&objects, "PodDisruptionBudget");
    assert_eq!(budget["apiVersion"], "policy/v1beta1");
}

#[test]
fn yaml_says_what_json_said() {
    let awkward = json!({
        "texts": ["yes", "1.0", "", " a", "a: b", "#", "- a", "null", "~", "a\"b\n", "0x1", "é", "/a/b", "=", "*"],
        "on": {"empty": {}, "none": [], "n": null, "deep": [[1, [2]], {"a": [{"b": true}]}]},
        "numbers": [0, -1, 1.5],
        "eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/r",
    });
    for value in Webhook::new().objects().into_iter().chain([awkward]) {
        let text = yaml(&value);
        let read: Value =
            serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{text}{error}"));
        assert_eq!(read, value, "{text}");
    }
}

#[test]
fn yaml_reads_as_people_write_it() {
    let value =
        json!({"kind": "Namespace", "metadata": {"name": "a"}, "rules": [{"verbs": ["get"]}]});
    let expected = "kind: Namespace\nmetadata:\n  name: a\nrules:\n- verbs:\n  - get\n";
    assert_eq!(yaml(&value), expected);
}

#[test]
fn variables_are_read_from_the_first_container() {
    let mut pod = probe_pod("ns", "sa");
    assert!(injected(&pod).is_empty());
    pod["spec"]["containers"][0]["env"] = json!([{"name": "AWS_ROLE_ARN", "value": "r"}]);
    assert_eq!(injected(&pod)["AWS_ROLE_ARN"], "r");
}

/// The plain manifests that people install by hand are made from the chart. What the command installs is the same, but for labels,
/// which say who made an object.
#[test]
fn the_plain_manifests_are_what_the_command_installs() {
    let text = include_str!("../../../../deploy/kubernetes/webhook.yaml");
    let plain: Vec<Value> = serde_saphyr::from_multiple(text).unwrap();
    let webhook = Webhook {
        region: Some("us-east-2".to_owned()),
        endpoint: Some("https://daypass.daypass.svc".to_owned()),
        ..Webhook::new()
    };
    let ours = webhook.objects();
    assert_eq!(plain.len(), ours.len());
    for object in &ours {
        let kind = object["kind"].as_str().unwrap();
        let expected = comparable(of_kind(&plain, kind));
        assert_eq!(comparable(object), expected, "{kind}");
    }
}

/// Without labels of its own, without what Kubernetes fills in, and with the arguments in no order and without the webhook's
/// defaults.
fn comparable(object: &Value) -> Value {
    let mut object = object.clone();
    object["metadata"].as_object_mut().unwrap().remove("labels");
    for path in [
        "/spec/template/metadata/labels",
        "/spec/type",
        "/spec/template/spec/terminationGracePeriodSeconds",
    ] {
        let (parent, name) = path.rsplit_once('/').unwrap();
        if let Some(Value::Object(parent)) = object.pointer_mut(parent) {
            parent.remove(name);
        }
    }
    if let Some(Value::Array(arguments)) =
        object.pointer_mut("/spec/template/spec/containers/0/args")
    {
        let defaults = [
            "--annotation-prefix=eks.amazonaws.com",
            "--token-audience=sts.amazonaws.com",
            "--token-expiration=86400",
        ];
        arguments.retain(|it| !defaults.contains(&it.as_str().unwrap()));
        arguments.sort_by_key(ToString::to_string);
    }
    object
}
