use serde_json::{Value, json};

use super::*;

const ROLE: &str = "arn:aws:iam::123456789012:role/app";
const ANEW: &str = "kubectl --context there -n ns delete pod app";
const STATUS: &str = "daypass status --context there";

struct Case {
    pod: Value,
    account: Value,
    namespace: Value,
    webhook: Value,
}

impl Case {
    /// A pod without identity, though everything is in order.
    fn new() -> Self {
        Self {
            pod: json!({
                "metadata": {"name": "app", "namespace": "ns", "creationTimestamp": "2026-11-22T10:00:00Z"},
                "spec": {"serviceAccountName": "sa", "containers": [{"name": "main"}, {"name": "side"}]},
            }),
            account: json!({"metadata": {
                "name": "sa", "namespace": "ns", "annotations": {"eks.amazonaws.com/role-arn": ROLE},
            }}),
            namespace: json!({"metadata": {"name": "ns", "labels": {"team": "a"}}}),
            webhook: json!({
                "name": "pod-identity-webhook.amazonaws.com",
                "admissionReviewVersions": ["v1"], "sideEffects": "None", "clientConfig": {},
                "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}],
                "objectSelector": {"matchExpressions": [
                    {"key": "eks.amazonaws.com/skip-pod-identity-webhook", "operator": "DoesNotExist"},
                ]},
            }),
        }
    }

    fn inspected(&self) -> Inspection {
        let pod = serde_json::from_value(self.pod.clone()).unwrap();
        let account: Option<ServiceAccount> = serde_json::from_value(self.account.clone()).unwrap();
        let namespace = serde_json::from_value(self.namespace.clone()).unwrap();
        let configurations = match self.webhook {
            Value::Null => json!([]),
            _ => json!([{"metadata": {"name": "c"}, "webhooks": [self.webhook]}]),
        };
        let configurations: Vec<MutatingWebhookConfiguration> =
            serde_json::from_value(configurations).unwrap();
        inspect(&Evidence {
            pod: &pod,
            account: account.as_ref(),
            namespace: &namespace,
            configurations: &configurations,
            prefix: "eks.amazonaws.com",
            words: " --context there",
        })
    }

    fn text(&self) -> String {
        self.inspected().text()
    }
}

fn given(role: &str) -> Case {
    let mut case = Case::new();
    case.pod["spec"]["containers"][0]["env"] = json!([{"name": "AWS_ROLE_ARN", "value": role}]);
    case.pod["spec"]["volumes"] = json!([{"name": "aws-iam-token", "projected": {"sources": [
        {"serviceAccountToken": {"audience": "sts.amazonaws.com", "expirationSeconds": 86400, "path": "token"}},
    ]}}]);
    case
}

#[test]
fn what_a_pod_was_given_is_told() {
    let mut case = given(ROLE);
    case.pod["metadata"]["annotations"] = json!({"eks.amazonaws.com/skip-containers": "side"});
    let found = case.inspected();
    assert!(found.has_identity);
    assert_eq!(
        found.findings,
        [
            format!(
                "The pod's container main has {ROLE}, with tokens of 86400 s for sts.amazonaws.com in the \
                 volume aws-iam-token."
            ),
            "It was given no AWS_ENDPOINT_URL: its SDK asks AWS itself. If it is to ask Daypass, the \
             webhook needs --aws-endpoint-url, or the service account the annotation \
             eks.amazonaws.com/endpoint-url."
                .to_owned(),
            "Its container side has none: the pod's annotation skip-containers names it.".to_owned(),
        ]
    );
    assert_eq!(found.next, None);
    case.pod["spec"]["volumes"] = json!([]);
    assert!(case.text().contains("no token is projected"));

    let variables = json!([
        {"name": "AWS_ROLE_ARN", "value": ROLE},
        {"name": "AWS_ENDPOINT_URL", "value": "https://daypass:8480"},
    ]);
    for container in [0, 1] {
        case.pod["spec"]["containers"][container]["env"] = variables.clone();
    }
    let text = case.text();
    assert!(text.starts_with(&format!("The pod's containers main, side have {ROLE}")));
    assert!(
        text.contains("\nIts SDK asks https://daypass:8480.\n"),
        "{text}"
    );
    assert!(!text.contains("AWS itself"));
}

#[test]
fn a_text_that_is_no_arn_is_no_role() {
    let mut case = given("web");
    case.account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"] = json!("web");
    let found = case.inspected();
    assert!(!found.has_identity);
    assert!(found.text().starts_with(
        "The pod's container main has `web` for a role, which is no role's ARN: there are no"
    ));
    assert_eq!(
        found.next.as_deref(),
        Some(
            "daypass create iamserviceaccount --cluster CLUSTER --namespace ns --name sa --context there \
             --override-existing-serviceaccounts"
        )
    );
    // Mended since: the pod is what is left.
    let found = given("web").inspected();
    assert!(!found.has_identity);
    assert_eq!(found.next.as_deref(), Some(ANEW));
    // A value that is elsewhere is not judged.
    let mut case = given(ROLE);
    case.pod["spec"]["containers"][0]["env"] = json!([
        {"name": "AWS_ROLE_ARN", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "role"}}},
    ]);
    assert!(case.inspected().has_identity);
}

#[test]
fn a_role_that_has_changed_since_is_told() {
    let found = given("arn:aws:iam::123456789012:role/old").inspected();
    assert!(found.text().contains(&format!("names {ROLE} now")));
    assert_eq!(found.next.as_deref(), Some(ANEW));
}

#[test]
fn each_reason_for_no_identity_is_told() {
    let mut gone = Case::new();
    gone.account = Value::Null;
    assert!(gone.text().contains("no service account ns/sa any more"));

    let mut bare = Case::new();
    bare.account["metadata"]["annotations"] = json!({});
    assert!(
        bare.text()
            .contains("has no annotation eks.amazonaws.com/role-arn")
    );
    assert!(bare.text().contains(
        "`kubectl --context there -n ns annotate --overwrite serviceaccount sa \
         eks.amazonaws.com/role-arn=ARN`"
    ));
    // Pasted as it is, it changes nothing.
    let next = bare.inspected().next.unwrap();
    assert_eq!(
        next,
        "daypass create iamserviceaccount --cluster CLUSTER --namespace ns --name sa --context there"
    );

    let mut nobody = Case::new();
    nobody.webhook = Value::Null;
    assert!(nobody.text().contains("No webhook of the cluster"));
    let mut of_others = Case::new();
    of_others.webhook["rules"][0]["resources"] = json!(["deployments"]);
    assert!(of_others.text().contains("No webhook of the cluster"));

    let mut skipped = Case::new();
    skipped.pod["metadata"]["labels"] = json!({"eks.amazonaws.com/skip-pod-identity-webhook": "x"});
    assert!(
        skipped
            .text()
            .contains("objectSelector leaves out the pod, by its labels (it has")
    );

    let mut elsewhere = Case::new();
    elsewhere.webhook["namespaceSelector"] = json!({"matchLabels": {"team": "b"}});
    assert!(
        elsewhere
            .text()
            .contains("namespaceSelector leaves out the namespace ns")
    );

    let mut late = Case::new();
    late.account["metadata"]["managedFields"] = json!([{
        "time": "2026-11-22T10:05:00Z",
        "fieldsV1": {"f:metadata": {"f:annotations": {"f:eks.amazonaws.com/role-arn": {}}}},
    }]);
    assert!(
        late.text()
            .contains("at 2026-11-22T10:05:00Z, after the pod was made at 2026-11-22T10:00:00Z")
    );
    assert_eq!(late.inspected().next.as_deref(), Some(ANEW));
    late.account["metadata"]["managedFields"][0]["time"] = json!("2026-11-22T09:00:00Z");
    let found = late.inspected();
    assert!(
        found
            .text()
            .contains("it could not be reached when the pod was made")
    );
    assert_eq!(found.next.as_deref(), Some(STATUS));
    // In the same second, or without a word about the fields.
    late.account["metadata"]["managedFields"][0]["time"] = json!("2026-11-22T10:00:00Z");
    assert!(late.text().contains("It can't be known"));
    let found = Case::new().inspected();
    assert!(found.text().contains("It can't be known"));
    assert!(found.text().contains(ANEW));
    assert_eq!(found.next.as_deref(), Some(STATUS));
}

#[test]
fn what_is_printed_commands_no_terminal() {
    let mut case = Case::new();
    case.account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"] =
        json!("x\n\u{1b}[31mnext:  rm");
    let text = case.text();
    assert!(text.contains(r"x\u{a}\u{1b}[31mnext:  rm"), "{text}");
    assert!(!text.contains('\u{1b}') && !text.contains("\n\u{1b}"));
}
