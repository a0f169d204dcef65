//! A review of a pod: answered, and whatever the pod is, the patch only adds to it.
#![no_main]

use cluster::webhook::{
    AnnotatedAccount, ConfigMapRoles, PodIdentities, Review, Settings, Sources, Verdict, answer,
    decide, patch,
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// The label of Pod Identity, as a path has it.
const LABEL: &str = "eks.amazonaws.com~1pod-identity";

fuzz_target!(|data: &[u8]| {
    let review = match Review::parse(data) {
        Ok(review) => review,
        Err(refused) => {
            assert_eq!(refused["response"]["allowed"], false);
            return;
        }
    };
    let settings = Settings {
        region: Some("us-east-2".into()),
        endpoint: Some("https://daypass".into()),
        ca_bundle: "kube-root-ca.crt".parse().ok(),
        session_name_from_pod: true,
        ..Settings::default()
    };
    let account = AnnotatedAccount {
        role_arn: Some("arn:aws:iam::123456789012:role/app".into()),
        ..AnnotatedAccount::default()
    };
    let (namespace, name) = (review.namespace.as_str(), review.service_account());
    let identities =
        PodIdentities::parse(r#"{"identities":[{"namespace":"ns","serviceAccount":"agent"}]}"#)
            .expect("a list");
    let sources = Sources {
        account: Some(&account),
        config_map: &ConfigMapRoles::default(),
        pod_identities: &identities,
    };
    let Some(pod) = review.pod() else {
        return;
    };
    let injection = decide(namespace, name, &pod, sources, &settings, 7).expect("a role");
    let patched = patch(&pod, &injection, &settings);
    for operation in &patched.operations {
        assert_eq!(operation["op"], "add");
        add(&pod, operation["path"].as_str().expect("a path"));
    }
    let verdict = Verdict::Patched {
        operations: patched.operations,
        warning: injection.warning(),
    };
    assert_eq!(answer(&review, &verdict)["response"]["allowed"], true);
});

/// An operation takes the place of nothing, but of a null where something has to be, and of our own label.
fn add(pod: &Value, path: &str) {
    let (parent, last) = path.rsplit_once('/').expect("a path");
    match pod.pointer(parent) {
        Some(Value::Object(members)) => {
            let before = members.get(&last.replace("~1", "/"));
            let is_free = before.is_none_or(|it| it.is_null() || (last == LABEL && it.is_string()));
            assert!(is_free, "{path}");
        }
        Some(Value::Array(_)) => assert!(last == "-" || last == "0", "{path}"),
        // The list is made by an operation before this one, or there is nothing to add to.
        Some(_) | None => {}
    }
}
