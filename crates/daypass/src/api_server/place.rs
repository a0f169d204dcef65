//! Where an object is in the API.

use anyhow::{Result, bail};
use serde_json::Value;

/// An object's path, and what RBAC calls its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// `v1`, or `GROUP/VERSION`.
    version: String,
    plural: &'static str,
    namespace: Option<String>,
    pub(crate) name: String,
}

/// Group and version, kind, plural, whether it is in a namespace: the kinds that commands make and look at.
const KINDS: &[(&str, &str, &str, bool)] = &[
    ("v1", "Namespace", "namespaces", false),
    ("v1", "ServiceAccount", "serviceaccounts", true),
    ("v1", "Service", "services", true),
    ("v1", "Secret", "secrets", true),
    ("v1", "Pod", "pods", true),
    ("apps/v1", "Deployment", "deployments", true),
    (
        "networking.k8s.io/v1",
        "NetworkPolicy",
        "networkpolicies",
        true,
    ),
    (
        "policy/v1",
        "PodDisruptionBudget",
        "poddisruptionbudgets",
        true,
    ),
    (
        "policy/v1beta1",
        "PodDisruptionBudget",
        "poddisruptionbudgets",
        true,
    ),
    (
        "rbac.authorization.k8s.io/v1",
        "ClusterRole",
        "clusterroles",
        false,
    ),
    (
        "rbac.authorization.k8s.io/v1",
        "ClusterRoleBinding",
        "clusterrolebindings",
        false,
    ),
    ("rbac.authorization.k8s.io/v1", "Role", "roles", true),
    (
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        "rolebindings",
        true,
    ),
    (
        "admissionregistration.k8s.io/v1",
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
        false,
    ),
];

impl Place {
    /// Of an object of a known kind.
    pub(crate) fn of(object: &Value) -> Result<Self> {
        let text = |path: &str| {
            object
                .pointer(path)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let (version, kind) = (text("/apiVersion"), text("/kind"));
        let known = KINDS.iter().find(|it| it.0 == version && it.1 == kind);
        let Some((_, _, plural, in_namespace)) = known else {
            bail!("no place is known for objects of kind `{kind}` in `{version}`");
        };
        Ok(Self {
            version: version.to_owned(),
            plural,
            namespace: in_namespace.then(|| text("/metadata/namespace").to_owned()),
            name: text("/metadata/name").to_owned(),
        })
    }

    pub(crate) fn namespace(name: &str) -> Self {
        Self::core("namespaces", None, name)
    }

    pub(crate) fn service_account(namespace: &str, name: &str) -> Self {
        Self::core("serviceaccounts", Some(namespace), name)
    }

    pub(crate) fn pod(namespace: &str, name: &str) -> Self {
        Self::core("pods", Some(namespace), name)
    }

    pub(crate) fn secret(namespace: &str, name: &str) -> Self {
        Self::core("secrets", Some(namespace), name)
    }

    pub(crate) fn deployment(namespace: &str, name: &str) -> Self {
        Self {
            version: "apps/v1".to_owned(),
            ..Self::core("deployments", Some(namespace), name)
        }
    }

    pub(crate) fn webhook_configuration(name: &str) -> Self {
        Self {
            version: "admissionregistration.k8s.io/v1".to_owned(),
            ..Self::core("mutatingwebhookconfigurations", None, name)
        }
    }

    fn core(plural: &'static str, namespace: Option<&str>, name: &str) -> Self {
        Self {
            version: "v1".to_owned(),
            plural,
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        }
    }

    /// The path of objects of this kind, in the namespace if there is one.
    pub(crate) fn collection(&self) -> String {
        let root = match self.version.contains('/') {
            true => "apis",
            false => "api",
        };
        let namespace = self.namespace.as_ref();
        let namespace = namespace.map_or_else(String::new, |it| format!("/namespaces/{it}"));
        format!("/{root}/{}{namespace}/{}", self.version, self.plural)
    }

    /// The object's path.
    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.collection(), self.name)
    }

    /// As `kubectl` takes it: `deployments.apps`.
    pub(crate) fn resource(&self) -> String {
        match self.version.split_once('/') {
            Some((group, _)) => format!("{}.{group}", self.plural),
            None => self.plural.to_owned(),
        }
    }

    /// As `kubectl` takes it: `-n NS`, if it is in a namespace, after a blank.
    pub(crate) fn in_namespace(&self) -> String {
        let namespace = self.namespace.as_ref();
        namespace.map_or_else(String::new, |it| format!(" -n {it}"))
    }

    /// For people: `deployments.apps/NAME in NS`.
    pub(crate) fn shown(&self) -> String {
        let resource = self.resource();
        match &self.namespace {
            Some(namespace) => format!("{resource}/{} in {namespace}", self.name),
            None => format!("{resource}/{}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use cluster::manifests::Webhook;
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_are_the_apis() {
        let pod =
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "a", "name": "b"}});
        let place = Place::of(&pod).unwrap();
        assert_eq!(place.path(), "/api/v1/namespaces/a/pods/b");
        let deployment = Place::deployment("a", "b");
        assert_eq!(
            deployment.path(),
            "/apis/apps/v1/namespaces/a/deployments/b"
        );
        assert_eq!(deployment.shown(), "deployments.apps/b in a");
        assert_eq!(Place::namespace("a").path(), "/api/v1/namespaces/a");
    }

    #[test]
    fn every_object_of_an_installation_has_a_place() {
        for object in Webhook::new().objects() {
            Place::of(&object).unwrap();
        }
    }
}
