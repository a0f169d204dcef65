use super::*;
use crate::ccoctl::{FoundRequest, authentication_manifest, credentials_requests};

const ARN: &str = "arn:aws:iam::123456789012:oidc-provider/c1-oidc.s3.us-east-2.amazonaws.com";

fn request(name: &str, namespace: &str, secret: &str) -> CredentialsRequest {
    let text = format!(
        "apiVersion: cloudcredential.openshift.io/v1\n\
         kind: CredentialsRequest\n\
         metadata: {{name: {name}}}\n\
         spec:\n  \
           serviceAccountNames: [one, two]\n  \
           secretRef: {{namespace: {namespace}, name: {secret}}}\n  \
           providerSpec:\n    \
             kind: AWSProviderSpec\n    \
             statementEntries: [{{effect: Allow, action: ['s3:GetObject'], resource: '*'}}]\n"
    );
    match credentials_requests(&text, false).unwrap().remove(0) {
        FoundRequest::Asked(request) => request,
        FoundRequest::Skipped { .. } => panic!("skipped"),
    }
}

fn made(name: &str, requests: Vec<CredentialsRequest>) -> Result<Vec<Role>, InvalidRoles> {
    roles(
        &name.parse().unwrap(),
        requests,
        &Trusted::by_arn(ARN).unwrap(),
    )
}

#[test]
fn a_role_trusts_the_service_accounts_and_may_what_is_asked() {
    let [role] = made("c1", vec![request("r", "ns", "creds")])
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(role.name, "c1-ns-creds");
    assert_eq!(role.description, "OpenShift role for ns/creds");
    let trust: Value = serde_json::from_str(&role.trust).unwrap();
    assert_eq!(
        trust["Statement"][0]["Condition"],
        json!({"StringEquals": {"c1-oidc.s3.us-east-2.amazonaws.com:sub": [
            "system:serviceaccount:ns:one", "system:serviceaccount:ns:two"]}})
    );
    assert_eq!(trust["Statement"][0]["Principal"]["Federated"], ARN);
    assert_eq!(
        role.permissions,
        r#"{"Statement":[{"Action":["s3:GetObject"],"Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}"#
    );
    assert_eq!(role.manifest_name(), "ns-creds-credentials.yaml");
    assert_eq!(
        role.manifest("arn:aws:iam::123456789012:role/c1-ns-creds"),
        "apiVersion: v1\nstringData:\n  credentials: |-\n    [default]\n    sts_regional_endpoints = regional\n    \
         role_arn = arn:aws:iam::123456789012:role/c1-ns-creds\n    web_identity_token_file = \
         /var/run/secrets/openshift/serviceaccount/token\nkind: Secret\nmetadata:\n  name: creds\n  namespace: ns\n\
         type: Opaque"
    );
}

#[test]
fn requests_that_would_share_a_role_are_refused() {
    let long = "cloud-credential-operator-iam-ro-creds";
    let two = || {
        vec![
            request("a", "openshift-cloud-credential-operator", long),
            request(
                "b",
                "openshift-cloud-credential-operator",
                &format!("{long}-2"),
            ),
        ]
    };
    let error = made("cluster", two()).unwrap_err().to_string();
    assert!(
        error.starts_with("a and b would have one role, `cluster-openshift"),
        "{error}"
    );
    assert!(error.ends_with("choose a shorter --name"), "{error}");
    let same = vec![request("a", "ns", "s"), request("b", "ns", "s")];
    let error = made("cluster", same).unwrap_err().to_string();
    assert!(error.ends_with("leave one of them out"), "{error}");
}

#[test]
fn a_provider_is_known_by_its_arn() {
    let trusted = Trusted::by_arn(ARN).unwrap();
    assert_eq!(trusted.role_arn("r"), "arn:aws:iam::123456789012:role/r");
    for wrong in [
        "",
        "x",
        "arn:aws:iam::123456789012:role/r",
        "arn:aws:iam::1:oidc-provider/",
    ] {
        assert!(Trusted::by_arn(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn manifests_end_as_ccoctls_do() {
    assert_eq!(
        authentication_manifest("https://h"),
        "apiVersion: config.openshift.io/v1\nkind: Authentication\nmetadata:\n  name: cluster\nspec:\n  \
         serviceAccountIssuer: https://h"
    );
}
