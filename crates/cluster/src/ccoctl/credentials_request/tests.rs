use super::*;

const INGRESS: &str = r#"
apiVersion: cloudcredential.openshift.io/v1
kind: CredentialsRequest
metadata:
  name: openshift-ingress
  namespace: openshift-cloud-credential-operator
spec:
  serviceAccountNames: [ingress-operator]
  secretRef: {name: cloud-credentials, namespace: openshift-ingress-operator}
  providerSpec:
    apiVersion: cloudcredential.openshift.io/v1
    kind: AWSProviderSpec
    statementEntries:
    - effect: Allow
      action: ["elasticloadbalancing:DescribeLoadBalancers"]
      resource: "*"
    - effect: Allow
      action: ["kms:CreateGrant"]
      resource: "*"
      policyCondition: {Bool: {kms:GrantIsForAWSResource: true}}
"#;

fn asked(text: &str) -> CredentialsRequest {
    let found = credentials_requests(text, false).unwrap();
    let [FoundRequest::Asked(request)] = found.as_slice() else {
        panic!("{found:?}");
    };
    request.clone()
}

fn refused(text: &str) -> String {
    credentials_requests(text, false).unwrap_err().to_string()
}

#[test]
fn a_request_is_read_with_its_condition() {
    let request = asked(INGRESS);
    assert_eq!(request.namespace, "openshift-ingress-operator");
    assert_eq!(request.secret, "cloud-credentials");
    assert_eq!(request.service_accounts, ["ingress-operator"]);
    assert_eq!(request.token_path, DEFAULT_TOKEN_PATH);
    assert!(!request.names_a_role);
    let condition = request.statements[1].to_json()["Condition"].clone();
    assert_eq!(
        condition,
        json!({"Bool": {"kms:GrantIsForAWSResource": true}})
    );
    assert!(request.statements[0].to_json().get("Condition").is_none());
}

#[test]
fn several_documents_and_empty_ones_and_skipped_ones() {
    let deleted = INGRESS.replace(
        "metadata:\n",
        "metadata:\n  annotations: {release.openshift.io/delete: \"true\"}\n",
    );
    let preview = INGRESS.replace(
        "metadata:\n",
        "metadata:\n  annotations: {release.openshift.io/feature-set: TechPreviewNoUpgrade}\n",
    );
    let custom = preview.replace("TechPreviewNoUpgrade", "CustomNoUpgrade");
    let text = [
        "---", INGRESS, "---\n---", &deleted, "---", &preview, "---", &custom,
    ]
    .join("\n");
    let kinds = |tech_preview| -> Vec<bool> {
        let found = credentials_requests(&text, tech_preview).unwrap();
        found
            .iter()
            .map(|it| matches!(it, FoundRequest::Asked(_)))
            .collect()
    };
    assert_eq!(kinds(false), [true, false, false, false]);
    assert_eq!(kinds(true), [true, false, true, false]);
    assert!(credentials_requests("", false).unwrap().is_empty());
}

#[test]
fn errors_name_document_and_field() {
    let second = |changed: String| format!("{INGRESS}---\n{changed}");
    for (from, to, expected) in [
        (
            "kind: CredentialsRequest",
            "kind: ConfigMap",
            "document 2 (openshift-cloud-credential-operator/openshift-ingress): `kind` is `ConfigMap`, and only `CredentialsRequest` is taken",
        ),
        (
            "/v1\nkind: Cred",
            "/v2\nkind: Cred",
            "`apiVersion` is `cloudcredential.openshift.io/v2`",
        ),
        (
            "  name: openshift-ingress\n",
            "",
            "document 2: `metadata.name` is missing",
        ),
        (
            "[ingress-operator]",
            "[]",
            "`spec.serviceAccountNames` is empty",
        ),
        (
            "[ingress-operator]",
            "[a, Evil]",
            "`spec.serviceAccountNames[1]` is `Evil`, which is no name in Kubernetes",
        ),
        (
            "[ingress-operator]",
            "x",
            "`spec.serviceAccountNames` is no list",
        ),
        (
            "name: cloud-credentials",
            "name: ../../x",
            "`spec.secretRef.name` is `../../x`",
        ),
        (
            "secretRef: {name: cloud-credentials, ",
            "secretRef: {",
            "`spec.secretRef.name` is missing",
        ),
        (
            "secretRef: {",
            "secretRef: 1\n  other: {",
            "`spec.secretRef` is no object",
        ),
        (
            "AWSProviderSpec",
            "GCPProviderSpec",
            "`spec.providerSpec.kind` is `GCPProviderSpec`, which is another cloud's",
        ),
        (
            "- effect: Allow\n      action: [\"kms",
            "- effect: Maybe\n      action: [\"kms",
            "`spec.providerSpec.statementEntries[1]` can't be in a policy",
        ),
        (
            "Bool:",
            "Boole:",
            "`spec.providerSpec.statementEntries[1]` can't be in a policy",
        ),
        (
            "[\"kms:CreateGrant\"]",
            "[1]",
            "`spec.providerSpec.statementEntries[1].action[0]` is no text",
        ),
        (
            "[\"kms:CreateGrant\"]",
            "[]",
            "`spec.providerSpec.statementEntries[1]` can't be in a policy",
        ),
        (
            "spec:\n",
            "spec:\n  cloudTokenPath: \"/a\\nrole_arn = x\"\n",
            "`spec.cloudTokenPath` is no absolute path",
        ),
    ] {
        let changed = INGRESS.replacen(from, to, 1);
        assert_ne!(changed, INGRESS, "{from}");
        let told = refused(&second(changed));
        assert!(told.contains(expected), "{told}\nand not\n{expected}");
    }
    assert!(refused("a: [").starts_with("it is not YAML: "));
    assert!(refused("- a").contains("document 1: `the document` is no object"));
}

#[test]
fn a_token_path_of_its_own_counts() {
    let text = INGRESS.replace("spec:\n", "spec:\n  cloudTokenPath: /var/run/token\n");
    assert_eq!(asked(&text).token_path, "/var/run/token");
}
