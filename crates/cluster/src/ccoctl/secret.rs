//! The installer's manifest of a component's credentials.

/// Where the tokens of OpenShift's own components are.
pub const DEFAULT_TOKEN_PATH: &str = "/var/run/secrets/openshift/serviceaccount/token";

/// `manifests/NAMESPACE-NAME-credentials.yaml`, byte for byte as ccoctl writes it.
pub(super) fn secret_manifest(
    namespace: &str,
    name: &str,
    role_arn: &str,
    token_path: &str,
) -> String {
    format!(
        "apiVersion: v1\n\
         stringData:\n\
         \x20 credentials: |-\n\
         \x20   [default]\n\
         \x20   sts_regional_endpoints = regional\n\
         \x20   role_arn = {role_arn}\n\
         \x20   web_identity_token_file = {token_path}\n\
         kind: Secret\n\
         metadata:\n\
         \x20 name: {name}\n\
         \x20 namespace: {namespace}\n\
         type: Opaque"
    )
}
