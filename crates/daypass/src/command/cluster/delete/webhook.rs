//! The webhook's objects that `daypass create cluster` made.

use anyhow::Result;
use cluster::manifests::{BudgetVersion, NAME, Webhook, is_ours};
use serde_json::Value;

use crate::api_server::{Kubernetes, Place};
use crate::command::check::Check;
use crate::command::manual::Script;
use crate::print::print;

/// Kinds whose objects may be somebody's work. A namespace that has others than ours is kept.
const OCCUPANTS: [&str; 11] = [
    "/apis/apps/v1/namespaces/{}/deployments",
    "/apis/apps/v1/namespaces/{}/daemonsets",
    "/apis/apps/v1/namespaces/{}/statefulsets",
    "/apis/batch/v1/namespaces/{}/jobs",
    "/apis/batch/v1/namespaces/{}/cronjobs",
    "/api/v1/namespaces/{}/pods",
    "/api/v1/namespaces/{}/services",
    "/api/v1/namespaces/{}/persistentvolumeclaims",
    "/api/v1/namespaces/{}/configmaps",
    "/api/v1/namespaces/{}/secrets",
    "/api/v1/namespaces/{}/serviceaccounts",
];

/// Objects that are there and ours, in the order in which they go.
pub(super) struct Objects {
    present: Vec<(Place, Value)>,
    /// A namespace of ours in which there is more, and what.
    kept: Option<(String, String)>,
}

impl Objects {
    pub(super) async fn look(kubernetes: &Kubernetes) -> Result<Self> {
        let mut objects = Self {
            present: Vec::new(),
            kept: None,
        };
        let place = Place::webhook_configuration(NAME);
        let mut namespaces = namespaces(kubernetes).await?;
        if let Some(configured) = kubernetes.get(&place).await? {
            let service = configured.pointer("/webhooks/0/clientConfig/service/namespace");
            let service = service.and_then(Value::as_str).map(str::to_owned);
            if is_ours(&configured) {
                namespaces.extend(service);
                objects.present.push((place, configured));
            } else {
                // What somebody else's configuration leads to is in use.
                namespaces.retain(|it| Some(it) != service.as_ref());
            }
        }
        namespaces.sort();
        namespaces.dedup();
        objects.find(kubernetes, &namespaces).await?;
        Ok(objects)
    }

    /// Adds what is ours in these namespaces, and of the cluster-wide objects.
    async fn find(&mut self, kubernetes: &Kubernetes, namespaces: &[String]) -> Result<()> {
        let budget = match kubernetes.document("/apis/policy/v1").await? {
            Some(_) => BudgetVersion::V1,
            None => BudgetVersion::V1Beta1,
        };
        let known = Place::webhook_configuration(NAME);
        for namespace in namespaces {
            let webhook = Webhook {
                namespace: namespace.clone(),
                budget,
                ..Webhook::new()
            };
            let mut made = webhook.objects();
            // The Secret with its certificate is the webhook's own work, and has its label.
            let own = serde_json::json!({
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": NAME, "namespace": namespace},
            });
            made.insert(1, own);
            for object in made.iter().rev() {
                let place = Place::of(object)?;
                let seen = place == known || self.present.iter().any(|it| it.0 == place);
                let Some(present) = (match seen {
                    true => None,
                    false => kubernetes.get(&place).await?,
                }) else {
                    continue;
                };
                if !is_ours(&present) {
                    continue;
                }
                if object.get("kind") == Some(&Value::from("Namespace"))
                    && let Some(what) = self.occupied(kubernetes, namespace).await?
                {
                    self.kept = Some((namespace.clone(), what));
                    continue;
                }
                self.present.push((place, present));
            }
        }
        Ok(())
    }

    /// What else is in a namespace.
    async fn occupied(&self, kubernetes: &Kubernetes, namespace: &str) -> Result<Option<String>> {
        for path in OCCUPANTS {
            let path = path.replace("{}", namespace);
            for object in kubernetes.list(&path).await?.unwrap_or_default() {
                let text = |path: &str| {
                    object
                        .pointer(path)
                        .and_then(Value::as_str)
                        .unwrap_or_default()
                };
                let name = text("/metadata/name");
                let going = self
                    .present
                    .iter()
                    .any(|it| it.0.path() == format!("{path}/{name}"));
                if !going && !kubernetes_own(&object) && !is_ours(&object) {
                    let kind = path.rsplit('/').next().unwrap_or_default();
                    return Ok(Some(format!("{kind}/{name}")));
                }
            }
        }
        Ok(None)
    }

    /// Deletes them; what was already gone is no error.
    pub(super) async fn delete(&self, kubernetes: &Kubernetes) -> Result<()> {
        for (place, object) in &self.present {
            kubernetes.delete(place, object).await?;
            print(&Check::passed("webhook", format!("{} was deleted", place.shown())).told())?;
        }
        if self.present.is_empty() {
            print(&Check::skipped("webhook", "nothing of it is this command's work").told())?;
        }
        if let Some((namespace, what)) = &self.kept {
            let text = format!("the namespace {namespace} stays, for there is {what} in it");
            print(&Check::skipped("webhook", text).told())?;
        }
        Ok(())
    }

    /// The commands that delete them.
    pub(super) fn script(&self, script: &mut Script, kubectl: &str) {
        for (place, _) in &self.present {
            let (resource, namespace) = (place.resource(), place.in_namespace());
            let name = &place.name;
            script.raw(&format!(
                "{kubectl} delete {resource} {name}{namespace} --ignore-not-found"
            ));
        }
        if let Some((namespace, what)) = &self.kept {
            script.note(&format!(
                "The namespace {namespace} stays, for there is {what} in it"
            ));
        }
    }
}

/// Namespaces with something of the webhook in them, whatever the configuration says: a webhook that was replaced by one at a
/// URL is found too.
async fn namespaces(kubernetes: &Kubernetes) -> Result<Vec<String>> {
    let ours =
        format!("labelSelector=app.kubernetes.io/name={NAME},app.kubernetes.io/managed-by=daypass");
    let mut names = Vec::new();
    for path in ["/api/v1/serviceaccounts", "/apis/apps/v1/deployments"] {
        let found = kubernetes.list(&format!("{path}?{ours}")).await?;
        let found = found.unwrap_or_default();
        let found = found
            .iter()
            .filter_map(|it| it.pointer("/metadata/namespace")?.as_str());
        names.extend(found.map(str::to_owned));
    }
    Ok(names)
}

/// What Kubernetes and OpenShift put into every namespace, and what goes with its owner.
fn kubernetes_own(object: &Value) -> bool {
    let name = object
        .pointer("/metadata/name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let kind = object
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let owners = object.pointer("/metadata/ownerReferences");
    matches!(
        name,
        "kube-root-ca.crt" | "openshift-service-ca.crt" | "default" | "builder" | "deployer"
    ) || matches!(
        kind,
        "kubernetes.io/service-account-token" | "kubernetes.io/dockercfg"
    ) || owners
        .and_then(Value::as_array)
        .is_some_and(|it| !it.is_empty())
}
