//! The webhook's pods.

use anyhow::Result;
use serde_json::{Value, json};

use super::webhook::Configured;
use crate::api_server::{Kubernetes, Place, ends};
use crate::command::check::Check;

const SUBJECT: &str = "webhook's pods";

/// All pods behind the Service must be ready.
pub(super) async fn check(kubernetes: &Kubernetes, configured: &Configured) -> Check {
    let Some((namespace, name)) = configured.service() else {
        return Check::skipped(SUBJECT, "it runs outside of the cluster");
    };
    let found = look(kubernetes, namespace, name).await;
    found.unwrap_or_else(|error| {
        let next = format!("{} get pods -n {namespace}", kubernetes.kubectl);
        Check::failed(SUBJECT, format!("{error:#}"), next)
    })
}

async fn look(kubernetes: &Kubernetes, namespace: &str, name: &str) -> Result<Check> {
    let kubectl = &kubernetes.kubectl;
    let service = Place::of(&json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"namespace": namespace, "name": name},
    }))?;
    let Some(service) = kubernetes.get(&service).await? else {
        let text = format!("there is no Service {namespace}/{name}");
        let next = "daypass create cluster with the same --name makes it again";
        return Ok(Check::failed(SUBJECT, text, next));
    };
    let selector = service.pointer("/spec/selector").and_then(Value::as_object);
    let pairs = selector.into_iter().flatten();
    let pairs = pairs.filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)));
    let selector = pairs.collect::<Vec<_>>().join(",");
    if selector.is_empty() {
        let text = format!(
            "the Service {namespace}/{name} selects none: somebody else keeps its endpoints"
        );
        return Ok(Check::skipped(SUBJECT, text));
    }
    let path = format!("/api/v1/namespaces/{namespace}/pods?labelSelector={selector}");
    let mut pods = kubernetes.list(&path).await?.unwrap_or_default();
    pods.retain(runs);
    let ready = pods.iter().filter(|pod| is_ready(pod)).count();
    let text = format!("{ready} of {} are ready", pods.len());
    Ok(match ready > 0 && ready == pods.len() {
        true => Check::passed(SUBJECT, text),
        false => {
            let next = format!("{kubectl} describe pods -n {namespace} -l {selector}");
            Check::failed(SUBJECT, text, next)
        }
    })
}

/// Whether a pod is to be there: one that has ended, as after an eviction, stays in the list, and
/// one that gives place to another in a roll-out is not ready.
fn runs(pod: &Value) -> bool {
    let phase = pod.pointer("/status/phase").and_then(Value::as_str);
    !ends(pod) && !matches!(phase, Some("Failed" | "Succeeded"))
}

fn is_ready(pod: &Value) -> bool {
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().any(|it| {
        it.get("type") == Some(&Value::from("Ready"))
            && it.get("status") == Some(&Value::from("True"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_that_have_ended_do_not_count() {
        for (phase, counts) in [("Running", true), ("Pending", true), ("Failed", false)] {
            assert_eq!(
                runs(&json!({"status": {"phase": phase}})),
                counts,
                "{phase}"
            );
        }
        assert!(runs(&json!({})), "one that was just made");
        let leaving = json!({
            "metadata": {"deletionTimestamp": "2026-11-22T10:00:00Z"},
            "status": {"phase": "Running"},
        });
        assert!(!runs(&leaving), "one that is being deleted");
    }
}
