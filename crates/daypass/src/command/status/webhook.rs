//! The webhook: its configuration, its authority, its pods, and what it makes of a new pod.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use cluster::inspection::selects;
use cluster::manifests::{has_token, injected, probe_pod, role_annotation};
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::ResourceExt;
use serde_json::Value;

use super::{ca_bundle, pods};
use crate::api_server::{Kubernetes, ends};
use crate::cli::verbs::Status;
use crate::command::aws::{Aws, Registered};
use crate::command::check::Check;
use crate::command::identity::Temporary;
use crate::command::pod_endpoint;

/// What a container is given.
type Variables = BTreeMap<String, String>;

/// Names of the webhook in a configuration: upstream's, EKS's and OpenShift's.
const NAMES: [&str; 3] = [
    "pod-identity-webhook.amazonaws.com",
    "iam-for-pods.amazonaws.com",
    "pod-identity-webhook.aws.mutate.io",
];

/// What a webhook configuration says of where its webhook is.
pub(super) struct Configured {
    /// The configuration's name.
    pub(super) name: String,
    pub(super) client: Value,
    /// The namespaces that it is for.
    namespaces: Option<LabelSelector>,
}

/// Checks all of it.
pub(super) async fn check(
    options: &Status,
    aws: &Aws,
    kubernetes: &Kubernetes,
    registered: &Registered,
    checks: &mut Vec<Check>,
) {
    let (name, words) = (&registered.name, options.kubernetes.words());
    let data = &aws.words;
    let create = format!("daypass create cluster --name {name}{words}{data}");
    let configured = match find(kubernetes).await {
        Ok(Some(configured)) => configured,
        Ok(None) => {
            let text = "there is no MutatingWebhookConfiguration of it: pods get no credentials";
            checks.push(Check::failed("webhook", text, create));
            return;
        }
        Err(error) => {
            checks.push(Check::of_error("webhook", &error, create));
            return;
        }
    };
    let place = configured.place();
    let text = format!(
        "the MutatingWebhookConfiguration {} leads to {place}",
        configured.name
    );
    checks.push(Check::passed("webhook", text));
    checks.push(ca_bundle::check(kubernetes, &configured).await);
    checks.push(pods::check(kubernetes, &configured).await);
    let (answers, variables) = answers(kubernetes, &configured).await;
    checks.push(answers);
    if let Some(variables) = variables {
        checks.push(pod_endpoint::check(aws, &kubernetes.kubectl, &variables));
    }
}

impl Configured {
    /// The Service's namespace and name.
    pub(super) fn service(&self) -> Option<(&str, &str)> {
        let service = self.client.get("service")?;
        Some((
            service.get("namespace")?.as_str()?,
            service.get("name")?.as_str()?,
        ))
    }

    pub(super) fn url(&self) -> Option<&str> {
        self.client.get("url")?.as_str()
    }

    fn place(&self) -> String {
        match (self.service(), self.url()) {
            (Some((namespace, name)), _) => format!("the Service {namespace}/{name}"),
            (None, Some(url)) => url.to_owned(),
            (None, None) => "nowhere".to_owned(),
        }
    }
}

async fn find(kubernetes: &Kubernetes) -> Result<Option<Configured>> {
    let path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
    for object in kubernetes.list(path).await?.unwrap_or_default() {
        let webhooks = object.get("webhooks").and_then(Value::as_array);
        let ours = webhooks.into_iter().flatten().find(|it| {
            let name = it.get("name").and_then(Value::as_str);
            name.is_some_and(|name| NAMES.contains(&name))
        });
        if let Some(webhook) = ours {
            let name = object.pointer("/metadata/name").and_then(Value::as_str);
            let selector = webhook.get("namespaceSelector").cloned();
            return Ok(Some(Configured {
                name: name.unwrap_or_default().to_owned(),
                client: webhook.get("clientConfig").cloned().unwrap_or_default(),
                namespaces: selector.map(serde_json::from_value).transpose()?,
            }));
        }
    }
    Ok(None)
}

/// A pod that is not stored shows it; its variables, if it gets a role.
async fn answers(kubernetes: &Kubernetes, configured: &Configured) -> (Check, Option<Variables>) {
    let subject = "admission";
    let next = match configured.service() {
        Some((namespace, name)) => format!(
            "{} logs -n {namespace} -l app.kubernetes.io/name={name}",
            kubernetes.kubectl
        ),
        None => format!(
            "curl -k {}",
            configured
                .url()
                .unwrap_or_default()
                .replace("/mutate", "/healthz")
        ),
    };
    match try_pod(kubernetes, configured).await {
        Ok((account, Some(variables))) => {
            let text = format!("a new pod of {account} gets its role and a token");
            (Check::passed(subject, text), Some(variables))
        }
        Ok((account, None)) => {
            let text = format!(
                "a new pod of {account} gets no role: the webhook does not answer; the API \
                 server's log says why in the lines `failed calling webhook`"
            );
            (Check::failed(subject, text, next), None)
        }
        Err(error) => (Check::of_error(subject, &error, next), None),
    }
}

/// With a service account that has a role, in a namespace that the webhook is for; one is made for
/// a moment if there is none.
async fn try_pod(
    kubernetes: &Kubernetes,
    configured: &Configured,
) -> Result<(String, Option<Variables>)> {
    let namespaces = namespaces(kubernetes, configured.namespaces.as_ref()).await?;
    let Some(first) = namespaces.first() else {
        bail!(
            "the webhook is for no namespace that there is: its namespaceSelector leaves all out"
        );
    };
    let listed = kubernetes.list("/api/v1/serviceaccounts").await?;
    let text = |object: &Value, path: &str| {
        let text = object.pointer(path).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let annotated = listed.iter().flatten().find(|it| {
        role_annotation(it).is_some()
            && !ends(it)
            && namespaces.contains(&text(it, "/metadata/namespace"))
    });
    if let Some(account) = annotated {
        let namespace = text(account, "/metadata/namespace");
        let name = text(account, "/metadata/name");
        let got = gets_role(kubernetes, &namespace, &name).await?;
        return Ok((format!("{namespace}/{name}"), got));
    }
    let namespace = match namespaces.iter().any(|it| it == "default") {
        true => "default",
        false => first,
    };
    let temporary = Temporary::new(namespace);
    // The role need not exist: the webhook does not ask for it.
    let role = "arn:aws:iam::123456789012:role/daypass-status";
    let tried = async {
        let made = temporary.make_account(kubernetes, role).await?;
        let name = text(&made, "/metadata/name");
        let got = gets_role(kubernetes, namespace, &name).await?;
        Ok(("a service account with a role".to_owned(), got))
    };
    let tried: Result<_> = tried.await;
    temporary.remove_account(kubernetes).await?;
    tried
}

/// The names of the namespaces that a selector takes in and in which something new may be made:
/// one that is being deleted takes nothing.
async fn namespaces(
    kubernetes: &Kubernetes,
    selector: Option<&LabelSelector>,
) -> Result<Vec<String>> {
    let listed = kubernetes.list("/api/v1/namespaces").await?;
    let mut names = Vec::new();
    for namespace in listed.into_iter().flatten() {
        if ends(&namespace) {
            continue;
        }
        let namespace: Namespace = serde_json::from_value(namespace)?;
        if selects(selector, namespace.labels()) {
            names.push(namespace.name_any());
        }
    }
    Ok(names)
}

/// What a pod is given with its role, if it is given one.
async fn gets_role(
    kubernetes: &Kubernetes,
    namespace: &str,
    account: &str,
) -> Result<Option<Variables>> {
    let pod = kubernetes
        .create_dry(&probe_pod(namespace, account))
        .await?;
    let variables = injected(&pod);
    let identity = ["AWS_ROLE_ARN", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
    let has = identity.iter().any(|name| variables.contains_key(*name)) && has_token(&pod);
    Ok(has.then_some(variables))
}
