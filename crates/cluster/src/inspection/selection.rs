//! Whether the API server asks the webhook for a pod.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::admissionregistration::v1::MutatingWebhook;
use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::ResourceExt;
use kube::core::{Selector, SelectorExt};

use super::Evidence;

/// Whether the webhook is asked.
pub(super) enum Asked {
    /// There is no such webhook.
    Nobody,
    /// It is, for other pods; why.
    NotThis(Vec<String>),
    /// For this one too.
    This,
}

/// How the names of the webhooks begin: upstream's and OpenShift's, and EKS's.
const NAMES: [&str; 2] = ["pod-identity-webhook", "iam-for-pods"];

pub(super) fn asked_for(evidence: &Evidence<'_>) -> Asked {
    let mut reasons = Vec::new();
    for configuration in evidence.configurations {
        for webhook in configuration.webhooks.iter().flatten() {
            if !NAMES.iter().any(|it| webhook.name.starts_with(it)) || !is_for_pods(webhook) {
                continue;
            }
            match excluded(webhook, evidence) {
                Some(reason) => reasons.push(reason),
                None => return Asked::This,
            }
        }
    }
    match reasons.is_empty() {
        true => Asked::Nobody,
        false => Asked::NotThis(reasons),
    }
}

fn is_for_pods(webhook: &MutatingWebhook) -> bool {
    let has = |list: &Option<Vec<String>>, wanted: &str| {
        let mut values = list.iter().flatten();
        values.any(|it| it == "*" || it == wanted)
    };
    let mut rules = webhook.rules.iter().flatten();
    rules.any(|it| has(&it.resources, "pods") && has(&it.operations, "CREATE"))
}

fn excluded(webhook: &MutatingWebhook, evidence: &Evidence<'_>) -> Option<String> {
    let name = &webhook.name;
    if !selects(
        webhook.namespace_selector.as_ref(),
        evidence.namespace.labels(),
    ) {
        return Some(format!(
            "{name}: its namespaceSelector leaves out the namespace {}.",
            evidence.namespace.name_any()
        ));
    }
    if !selects(webhook.object_selector.as_ref(), evidence.pod.labels()) {
        return Some(format!(
            "{name}: its objectSelector leaves out the pod, by its labels{}.",
            skip_label(evidence)
        ));
    }
    None
}

fn skip_label(evidence: &Evidence<'_>) -> &'static str {
    const SKIP: &str = "eks.amazonaws.com/skip-pod-identity-webhook";
    match evidence.pod.labels().contains_key(SKIP) {
        true => " (it has eks.amazonaws.com/skip-pod-identity-webhook)",
        false => "",
    }
}

/// Whether a selector takes in what has these labels; none takes in everything.
#[must_use]
pub fn selects(selector: Option<&LabelSelector>, labels: &BTreeMap<String, String>) -> bool {
    let Some(selector) = selector else {
        return true;
    };
    // The API server has checked it; one that can't be read is not taken for a reason.
    Selector::try_from(selector.clone()).map_or(true, |it| it.matches(labels))
}

/// When an annotation last changed, as far as the object's managed fields tell.
pub(super) fn changed(account: &ServiceAccount, annotation: &str) -> Option<Timestamp> {
    let field = format!("f:{annotation}");
    let entries = account.metadata.managed_fields.iter().flatten();
    let owners = entries.filter(|it| {
        let fields = it.fields_v1.as_ref().map(|it| &it.0);
        let annotations = fields.and_then(|it| it.pointer("/f:metadata/f:annotations"));
        annotations.is_some_and(|it| it.get(&field).is_some())
    });
    owners
        .filter_map(|it| it.time.as_ref())
        .map(|it| it.0)
        .max()
}
