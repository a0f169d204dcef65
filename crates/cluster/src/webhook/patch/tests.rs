use proptest::prelude::*;
use serde_json::Map;

use super::*;

const ROLE: &str = "arn:aws:iam::123456789012:role/app";

fn web_identity() -> Injection {
    Injection {
        method: Method::WebIdentity {
            role_arn: ROLE.into(),
            audience: "sts.amazonaws.com".into(),
        },
        token_expiration: 86_400,
        regional_sts: false,
        endpoint: None,
        ca_bundle: None,
    }
}

/// Applies `add` operations, as an API server does.
fn apply(pod: &Value, operations: &[Value]) -> Value {
    let mut pod = pod.clone();
    for operation in operations {
        assert_eq!(operation["op"], "add");
        let path = operation["path"].as_str().unwrap();
        let (parent, last) = path.rsplit_once('/').unwrap();
        let last = last.replace("~1", "/").replace("~0", "~");
        match pod.pointer_mut(parent).unwrap() {
            Value::Object(members) => {
                members.insert(last, operation["value"].clone());
            }
            Value::Array(items) if last == "-" => items.push(operation["value"].clone()),
            Value::Array(items) => items.insert(last.parse().unwrap(), operation["value"].clone()),
            other => panic!("{path}: {other}"),
        }
    }
    pod
}

fn patched(pod: &Value, injection: &Injection, settings: &Settings) -> Value {
    apply(pod, &patch(pod, injection, settings).operations)
}

fn names(list: &Value) -> Vec<&str> {
    let items = list.as_array().unwrap().iter();
    items.map(|it| it["name"].as_str().unwrap()).collect()
}

#[test]
fn what_is_added_has_a_bound() {
    let pod = |number: usize| json!({"spec": {"containers": vec![json!({}); number]}});
    let mut injection = web_identity();
    assert!(fits(&pod(1000), &injection));
    assert!(!fits(&pod(100_000), &injection));
    injection.endpoint = Some("e".repeat(100_000));
    assert!(!fits(&pod(100), &injection));
}

#[test]
fn a_bare_container_gets_role_token_and_mount() {
    let pod = json!({"spec": {"containers": [{"name": "app", "image": "i"}]}});
    let expected = json!({"spec": {
        "volumes": [{"name": "aws-iam-token", "projected": {"sources": [{"serviceAccountToken": {
            "audience": "sts.amazonaws.com", "expirationSeconds": 86400, "path": "token"}}]}}],
        "containers": [{"name": "app", "image": "i",
            "env": [
                {"name": "AWS_ROLE_ARN", "value": ROLE},
                {"name": "AWS_WEB_IDENTITY_TOKEN_FILE",
                 "value": "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"},
            ],
            "volumeMounts": [{"name": "aws-iam-token", "readOnly": true,
                "mountPath": "/var/run/secrets/eks.amazonaws.com/serviceaccount"}]}],
    }});
    assert_eq!(
        patched(&pod, &web_identity(), &Settings::default()),
        expected
    );
}

#[test]
fn variables_come_in_upstreams_order_with_ours_behind_them() {
    let settings = Settings {
        region: Some("eu-west-1".into()),
        session_name_from_pod: true,
        ..Settings::default()
    };
    let injection = Injection {
        regional_sts: true,
        endpoint: Some("https://daypass:8443".into()),
        ca_bundle: Some("kube-root-ca.crt".parse().unwrap()),
        ..web_identity()
    };
    let pod = json!({"spec": {"containers": [{"name": "app"}]}});
    let pod = patched(&pod, &injection, &settings);
    assert_eq!(
        names(&pod["spec"]["containers"][0]["env"]),
        [
            "AWS_STS_REGIONAL_ENDPOINTS",
            "AWS_DEFAULT_REGION",
            "AWS_REGION",
            "AWS_ROLE_ARN",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_ENDPOINT_URL",
            "AWS_CA_BUNDLE",
            "AWS_ROLE_SESSION_NAME",
        ]
    );
    assert_eq!(
        names(&pod["spec"]["containers"][0]["volumeMounts"]),
        ["aws-iam-token", "aws-ca-bundle"]
    );
    assert_eq!(
        names(&pod["spec"]["volumes"]),
        ["aws-iam-token", "aws-ca-bundle"]
    );
}

#[test]
fn what_a_container_has_stays_and_what_it_lacks_is_added() {
    let env = |names: &[&str]| -> Vec<Value> {
        names
            .iter()
            .map(|name| json!({"name": name, "value": "own"}))
            .collect()
    };
    let settings = Settings {
        region: Some("r".into()),
        ..Settings::default()
    };
    let after = |own: &[&str]| {
        let pod = json!({"spec": {"containers": [{"name": "a", "env": env(own)}]}});
        patched(&pod, &web_identity(), &settings)["spec"]["containers"][0].clone()
    };
    let own = after(&["AWS_ROLE_ARN"]);
    assert_eq!(
        names(&own["env"]),
        ["AWS_ROLE_ARN", "AWS_DEFAULT_REGION", "AWS_REGION"]
    );
    assert_eq!(names(&own["volumeMounts"]), ["aws-iam-token"]);
    let region = after(&["AWS_DEFAULT_REGION"]);
    assert_eq!(
        names(&region["env"]),
        [
            "AWS_DEFAULT_REGION",
            "AWS_ROLE_ARN",
            "AWS_WEB_IDENTITY_TOKEN_FILE"
        ]
    );
    let all = [
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_REGION",
        "AWS_STS_REGIONAL_ENDPOINTS",
    ];
    let complete = after(&all);
    assert_eq!(names(&complete["env"]), all);
    assert_eq!(complete.get("volumeMounts"), None);
}

#[test]
fn skipped_containers_and_existing_volumes_and_mounts_are_left_alone() {
    let pod = json!({
        "metadata": {"annotations": {"eks.amazonaws.com/skip-containers": "proxy,setup"}},
        "spec": {
            "volumes": [{"name": "aws-iam-token", "emptyDir": {}}],
            "containers": [
                {"name": "app", "volumeMounts": [{"name": "aws-iam-token", "mountPath": "/elsewhere"}]},
                {"name": "proxy"},
            ],
            "initContainers": [{"name": "setup"}, {"name": "sidecar", "restartPolicy": "Always"}],
            "ephemeralContainers": [{"name": "debug"}],
        },
    });
    let told = patch(&pod, &web_identity(), &Settings::default());
    assert_eq!(told.containers, ["app", "sidecar"]);
    let after = apply(&pod, &told.operations);
    assert_eq!(after["spec"]["volumes"], pod["spec"]["volumes"]);
    assert_eq!(
        after["spec"]["containers"][0]["volumeMounts"],
        pod["spec"]["containers"][0]["volumeMounts"]
    );
    assert_eq!(after["spec"]["containers"][1], pod["spec"]["containers"][1]);
    assert_eq!(
        after["spec"]["initContainers"][0],
        pod["spec"]["initContainers"][0]
    );
    assert_eq!(
        after["spec"]["initContainers"][1]["restartPolicy"],
        "Always"
    );
    assert_eq!(
        after["spec"]["ephemeralContainers"],
        pod["spec"]["ephemeralContainers"]
    );
}

#[test]
fn pod_identity_has_its_own_variables_volume_and_label() {
    let injection = Injection {
        method: Method::PodIdentity,
        token_expiration: 80_000,
        ..web_identity()
    };
    for metadata in [json!({}), json!({"labels": {"app": "x"}})] {
        let pod = json!({"metadata": metadata, "spec": {"containers": [{"name": "a"}], "volumes": [{"name": "v"}]}});
        let after = patched(&pod, &injection, &Settings::default());
        assert_eq!(
            after["metadata"]["labels"]["eks.amazonaws.com/pod-identity"],
            "enabled"
        );
        assert_eq!(
            after["metadata"]["labels"]["app"],
            metadata["labels"]["app"]
        );
        assert_eq!(
            names(&after["spec"]["volumes"]),
            ["eks-pod-identity-token", "v"]
        );
        let env = &after["spec"]["containers"][0]["env"];
        assert_eq!(
            names(env),
            [
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
            ]
        );
        assert_eq!(env[0]["value"], "http://169.254.170.23/v1/credentials");
    }
}

#[test]
fn on_windows_values_have_backslashes_and_mounts_have_none() {
    let pod = json!({"spec": {"nodeSelector": {"kubernetes.io/os": "windows"}, "containers": [{"name": "a"}]}});
    let after = patched(&pod, &web_identity(), &Settings::default());
    let container = &after["spec"]["containers"][0];
    assert_eq!(
        container["env"][1]["value"],
        "C:\\var\\run\\secrets\\eks.amazonaws.com\\serviceaccount\\token"
    );
    assert_eq!(
        container["volumeMounts"][0]["mountPath"],
        "/var/run/secrets/eks.amazonaws.com/serviceaccount"
    );
}

#[test]
fn a_pods_name_that_is_too_long_for_a_session_is_not_made_one() {
    let settings = Settings {
        session_name_from_pod: true,
        ..Settings::default()
    };
    let named = |metadata: Value| {
        let pod = json!({"metadata": metadata, "spec": {"containers": [{"name": "a"}]}});
        let after = patched(&pod, &web_identity(), &settings);
        has_named(
            &after["spec"]["containers"][0],
            "env",
            "AWS_ROLE_SESSION_NAME",
        )
    };
    assert!(named(json!({"generateName": "app-"})));
    assert!(named(json!({"name": "a".repeat(64)})));
    assert!(!named(json!({"name": "a".repeat(65)})));
}

#[test]
fn what_stands_where_a_pod_can_not_have_it_is_not_replaced() {
    let settings = Settings::default();
    let label = "eks.amazonaws.com/pod-identity";
    let pod_identity = Injection {
        method: Method::PodIdentity,
        ..web_identity()
    };
    for strange in [
        json!({"a": 1}),
        json!("a"),
        json!([{"name": "a"}]),
        json!(1),
    ] {
        for place in ["labels", label, "volumes", "env", "volumeMounts"] {
            let mut pod =
                json!({"metadata": {"labels": {}}, "spec": {"containers": [{"name": "c"}]}});
            *match place {
                "labels" => &mut pod["metadata"]["labels"],
                "volumes" => &mut pod["spec"]["volumes"],
                "env" | "volumeMounts" => &mut pod["spec"]["containers"][0][place],
                label => &mut pod["metadata"]["labels"][label],
            } = strange.clone();
            // Upstream's label takes the place of another of its name.
            if place == label && strange.is_string() {
                continue;
            }
            let after = patched(&pod, &pod_identity, &settings);
            assert!(is_kept(&pod, &after), "{pod}\n{after}");
        }
    }
    let mut pod = json!({"metadata": {"labels": null}, "spec": {"containers": [{"name": "c"}]}});
    for place in ["env", "volumeMounts"] {
        pod["spec"]["containers"][0][place] = Value::Null;
    }
    pod["spec"]["volumes"] = Value::Null;
    let after = patched(&pod, &pod_identity, &settings);
    assert_eq!(after["metadata"]["labels"][label], "enabled");
    assert!(after["spec"]["volumes"].is_array());
    for place in ["env", "volumeMounts"] {
        assert!(after["spec"]["containers"][0][place].is_array());
    }
}

/// Any JSON that could stand in a pod.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-zA-Z/~-]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z/~]{1,6}", inner, 0..4)
                .prop_map(|it| Value::Object(it.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

prop_compose! {
    fn any_named(kinds: &'static [&'static str])(
        name in prop::sample::select(kinds),
        more in any_json(),
    ) -> Value {
        json!({"name": name, "unknownField": more})
    }
}

prop_compose! {
    fn any_container()(
        name in "[a-c]",
        env in prop::option::of(prop::collection::vec(
            any_named(&["AWS_ROLE_ARN", "AWS_REGION", "AWS_STS_REGIONAL_ENDPOINTS", "AWS_CA_BUNDLE", "OTHER"]), 0..4)),
        mounts in prop::option::of(prop::collection::vec(any_named(&["aws-iam-token", "data"]), 0..3)),
        more in any_json(),
    ) -> Value {
        let mut container = json!({"name": name, "restartPolicy": "Always", "newField": more});
        if let Some(env) = env {
            container["env"] = Value::from(env);
        }
        if let Some(mounts) = mounts {
            container["volumeMounts"] = Value::from(mounts);
        }
        container
    }
}

prop_compose! {
    fn any_pod()(
        containers in prop::collection::vec(any_container(), 0..4),
        init in prop::option::of(prop::collection::vec(any_container(), 0..3)),
        volumes in prop::option::of(prop::collection::vec(any_named(&["aws-iam-token", "data"]), 0..3)),
        skip in prop::option::of("[a-c],[a-c]"),
        more in any_json(),
    ) -> Value {
        let mut pod = json!({
            "metadata": {"name": "p", "newField": more},
            "spec": {"containers": containers, "newField": more},
        });
        if let Some(init) = init {
            pod["spec"]["initContainers"] = Value::from(init);
        }
        if let Some(volumes) = volumes {
            pod["spec"]["volumes"] = Value::from(volumes);
        }
        if let Some(skip) = skip {
            pod["metadata"]["annotations"] = json!({"eks.amazonaws.com/skip-containers": skip});
        }
        pod
    }
}

/// Whether everything of `before` is in `after`: lists may have more at either end, objects more
/// members.
fn is_kept(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => before
            .iter()
            .all(|(name, value)| after.get(name).is_some_and(|other| is_kept(value, other))),
        (Value::Array(before), Value::Array(after)) => {
            after.windows(before.len().max(1)).any(|part| {
                before
                    .iter()
                    .zip(part)
                    .all(|(one, other)| is_kept(one, other))
            }) || before.is_empty()
        }
        (before, after) => before == after,
    }
}

proptest! {
    #[test]
    fn a_patch_loses_nothing_of_any_pod(pod in any_pod(), pod_identity in any::<bool>()) {
        let settings = Settings {
            region: Some("r".into()),
            session_name_from_pod: true,
            ..Settings::default()
        };
        let web_identity = Injection {
            endpoint: Some("e".into()),
            ca_bundle: Some("c/k".parse().unwrap()),
            ..web_identity()
        };
        let injection = match pod_identity {
            true => Injection { method: Method::PodIdentity, ..web_identity },
            false => web_identity,
        };
        let after = patched(&pod, &injection, &settings);
        prop_assert!(is_kept(&pod, &after), "{pod}\n{after}");
        // No container has a variable or a mount twice that it did not have twice before.
        for list in ["containers", "initContainers"] {
            let Some(containers) = after["spec"].get(list).and_then(Value::as_array) else { continue };
            for (place, container) in containers.iter().enumerate() {
                let before = &pod["spec"][list][place];
                for part in ["env", "volumeMounts"] {
                    let count = |it: &Value, name: &Value| {
                        let things = it.get(part).and_then(Value::as_array);
                        things.into_iter().flatten().filter(|it| it["name"] == *name).count()
                    };
                    let things = container.get(part).and_then(Value::as_array);
                    for thing in things.into_iter().flatten() {
                        let name = &thing["name"];
                        prop_assert!(count(container, name) <= count(before, name).max(1), "{name}");
                    }
                }
            }
        }
        // A second time adds no volume, variable or mount.
        let again = patch(&after, &injection, &settings);
        let labels = usize::from(pod_identity);
        prop_assert_eq!(again.operations.len(), labels, "{:?}", again.operations);
    }
}
