//! The webhook in a cluster of its own: every object that it needs.

use serde_json::Value;

use super::webhook_configuration::{Reached, configuration};
use super::{network_policy, rbac, service_account, workload};

/// The name of the webhook's objects, as upstream has it.
pub const NAME: &str = "pod-identity-webhook";
/// Where the webhook is unless somebody says otherwise.
pub const DEFAULT_NAMESPACE: &str = "daypass";

/// An installation of the webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Where it runs.
    pub namespace: String,
    /// The container's image.
    pub image: String,
    /// How many pods.
    pub replicas: u32,
    /// `--aws-default-region`.
    pub region: Option<String>,
    /// `--aws-endpoint-url`.
    pub endpoint: Option<String>,
    /// Further arguments.
    pub arguments: Vec<String>,
    /// Which version of PodDisruptionBudget the API server has.
    pub budget: BudgetVersion,
}

/// A version of PodDisruptionBudget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetVersion {
    /// Since 1.21.
    V1,
    /// Until 1.24.
    V1Beta1,
}

impl Webhook {
    /// With what nobody said otherwise: the image is that of this version.
    #[must_use]
    pub fn new() -> Self {
        Self {
            namespace: DEFAULT_NAMESPACE.to_owned(),
            image: format!("daypass:{}", env!("CARGO_PKG_VERSION")),
            replicas: 2,
            region: None,
            endpoint: None,
            arguments: Vec::new(),
            budget: BudgetVersion::V1,
        }
    }

    /// What was said of an installation whose Deployment this is; `None` if it is not one of [`objects`](Self::objects).
    #[must_use]
    pub fn installed(deployment: &Value) -> Option<Self> {
        let namespace = deployment.pointer("/metadata/namespace")?.as_str()?;
        let containers = deployment.pointer("/spec/template/spec/containers")?;
        let mut containers = containers.as_array()?.iter();
        let container = containers.find(|it| it.get("name") == Some(&Value::from(NAME)))?;
        let replicas = deployment.pointer("/spec/replicas").and_then(Value::as_u64);
        let mut webhook = Self {
            namespace: namespace.to_owned(),
            image: container.get("image")?.as_str()?.to_owned(),
            ..Self::new()
        };
        if let Some(replicas) = replicas.and_then(|it| u32::try_from(it).ok()) {
            webhook.replicas = replicas;
        }
        let own = workload::arguments(&webhook);
        let arguments = container.get("args").and_then(Value::as_array);
        let arguments = arguments.into_iter().flatten().filter_map(Value::as_str);
        for argument in arguments.filter(|it| !own.iter().any(|own| own == it)) {
            let (flag, value) = argument.split_once('=').unwrap_or((argument, ""));
            match flag {
                "--aws-default-region" if webhook.region.is_none() => {
                    webhook.region = Some(value.to_owned());
                }
                "--aws-endpoint-url" if webhook.endpoint.is_none() => {
                    webhook.endpoint = Some(value.to_owned());
                }
                _ => webhook.arguments.push(argument.to_owned()),
            }
        }
        Some(webhook)
    }

    /// The objects, in the order in which they are to be made: pods are not asked about before there is somebody to answer.
    #[must_use]
    pub fn objects(&self) -> Vec<Value> {
        let mut objects = vec![restricted(service_account::namespace(&self.namespace))];
        objects.push(network_policy::object(self));
        objects.extend(rbac::objects(self));
        objects.extend(workload::objects(self));
        objects.push(configuration(&Reached::Service {
            namespace: self.namespace.clone(),
        }));
        objects
    }
}

impl Default for Webhook {
    fn default() -> Self {
        Self::new()
    }
}

/// The namespace's own pods need nothing that the strictest of the Pod Security Standards forbids.
fn restricted(mut namespace: Value) -> Value {
    let labels = namespace.pointer_mut("/metadata/labels");
    if let Some(labels) = labels.and_then(Value::as_object_mut) {
        let key = "pod-security.kubernetes.io/enforce".to_owned();
        labels.insert(key, Value::from("restricted"));
    }
    namespace
}
