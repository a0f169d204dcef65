//! `daypass explain pod`: why a pod has the role that it has, or none.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use cluster::inspection::{Evidence, inspect};
use k8s_openapi::api::admissionregistration::v1::MutatingWebhookConfiguration;
use k8s_openapi::api::core::v1::{Namespace, Pod, ServiceAccount};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::api_server::{Kubernetes, Place};
use crate::cli::explain as cli;
use crate::cli::policy::Output;
use crate::print::print;

/// Asks the cluster; exit code 1 if the pod has no role.
pub(super) async fn run(options: &cli::Pod) -> Result<ExitCode> {
    let Some((namespace, name)) = options.pod.split_once('/') else {
        bail!(
            "`{}` is not a pod's namespace and name, e.g. default/app-0",
            options.pod
        );
    };
    let kubernetes = Kubernetes::connect(&options.kubernetes).await?;
    let pod: Option<Pod> = read(&kubernetes, &Place::pod(namespace, name)).await?;
    let Some(pod) = pod else {
        bail!(
            "there is no pod {namespace}/{name}; `{} -n {namespace} get pods` lists those there are",
            kubernetes.kubectl
        );
    };
    let spec = pod.spec.as_ref();
    let account = spec.and_then(|it| it.service_account_name.as_deref());
    let account = Place::service_account(namespace, account.unwrap_or("default"));
    let account: Option<ServiceAccount> = read(&kubernetes, &account).await?;
    let namespace: Option<Namespace> = read(&kubernetes, &Place::namespace(namespace)).await?;
    let namespace = namespace.context("the pod's namespace is gone")?;
    let configurations = configurations(&kubernetes).await?;
    let found = inspect(&Evidence {
        pod: &pod,
        account: account.as_ref(),
        namespace: &namespace,
        configurations: &configurations,
        prefix: &options.annotation_prefix,
        words: &options.kubernetes.words(),
    });
    print(&match options.output {
        Output::Text => found.text(),
        Output::Json => format!(
            "{:#}\n",
            json!({"hasIdentity": found.has_identity, "findings": found.findings, "next": found.next})
        ),
    })?;
    Ok(match found.has_identity {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// An object, if there is one.
async fn read<T: DeserializeOwned>(kubernetes: &Kubernetes, place: &Place) -> Result<Option<T>> {
    let Some(object) = kubernetes.get(place).await? else {
        return Ok(None);
    };
    let read = serde_json::from_value(object);
    let read = read.with_context(|| format!("{} can't be read", place.shown()))?;
    Ok(Some(read))
}

/// The cluster's webhook configurations.
async fn configurations(kubernetes: &Kubernetes) -> Result<Vec<MutatingWebhookConfiguration>> {
    let place = Place::webhook_configuration("");
    let listed = kubernetes.list(&place.collection()).await;
    let listed = listed.with_context(|| {
        format!(
            "the cluster's webhook configurations can't be read (`{} auth can-i list {}`)",
            kubernetes.kubectl,
            place.resource()
        )
    })?;
    let objects = listed.unwrap_or_default().into_iter();
    let read: Result<_, _> = objects.map(serde_json::from_value).collect();
    read.context("a webhook configuration can't be read")
}
