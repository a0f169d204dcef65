//! The installer's manifest that tells the cluster its issuer.

/// `manifests/cluster-authentication-02-config.yaml`, byte for byte as ccoctl writes it.
#[must_use]
pub fn authentication_manifest(issuer: &str) -> String {
    format!(
        "apiVersion: config.openshift.io/v1\n\
         kind: Authentication\n\
         metadata:\n\
         \x20 name: cluster\n\
         spec:\n\
         \x20 serviceAccountIssuer: {issuer}"
    )
}
