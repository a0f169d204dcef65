//! The agent of Pod Identity, where it is installed.

use serde_json::Value;

use crate::api_server::Kubernetes;
use crate::command::check::Check;

const SUBJECT: &str = "agent";

/// Ours, or EKS's: each node must have one that is ready.
pub(super) async fn check(kubernetes: &Kubernetes) -> Check {
    let selector = "app.kubernetes.io/name%20in%20(daypass-agent,eks-pod-identity-agent)";
    let path = format!("/apis/apps/v1/daemonsets?labelSelector={selector}");
    let listed = match kubernetes.list(&path).await {
        Ok(listed) => listed.unwrap_or_default(),
        Err(error) => {
            let next = format!("{} get daemonsets -A", kubernetes.kubectl);
            return Check::failed(SUBJECT, format!("{error:#}"), next);
        }
    };
    match listed.first() {
        Some(agent) => told(agent, &kubernetes.kubectl),
        None => Check::skipped(SUBJECT, "not installed; only Pod Identity needs it"),
    }
}

fn told(agent: &Value, kubectl: &str) -> Check {
    let number = |path: &str| {
        let number = agent.pointer(path).and_then(Value::as_u64);
        number.unwrap_or_default()
    };
    let text = |path: &str| {
        let text = agent.pointer(path).and_then(Value::as_str);
        text.unwrap_or_default()
    };
    let wanted = number("/status/desiredNumberScheduled");
    let ready = number("/status/numberReady");
    let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
    let found = format!("{namespace}/{name}: {ready} of {wanted} are ready");
    match ready == wanted {
        true => Check::passed(SUBJECT, found),
        false => {
            let next =
                format!("{kubectl} rollout status daemonset/{name} -n {namespace} --timeout 60s");
            Check::failed(SUBJECT, found, next)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_node_must_have_one_that_is_ready() {
        let agent = |ready: u64| {
            let agent = json!({
                "metadata": {"namespace": "a", "name": "agent"},
                "status": {"desiredNumberScheduled": 2, "numberReady": ready},
            });
            told(&agent, "kubectl")
        };
        assert!(agent(1).is_failed() && agent(1).told().contains("daemonset/agent -n a"));
        assert!(!agent(2).is_failed());
    }
}
