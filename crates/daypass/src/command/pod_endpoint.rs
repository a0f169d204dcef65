//! Whether a new pod is told where the server is.

use std::collections::BTreeMap;

use reqwest::Url;

use super::aws::Aws;
use super::check::Check;

const SUBJECT: &str = "pod's endpoint";

/// Looks at the variables that a pod was given with its role. Without an endpoint its SDK would send
/// the pod's token to AWS.
pub(crate) fn check(aws: &Aws, kubectl: &str, variables: &BTreeMap<String, String>) -> Check {
    if let Some(endpoint) = variables.get("AWS_ENDPOINT_URL") {
        return Check::passed(SUBJECT, format!("a new one is told to ask {endpoint}"));
    }
    if aws.asker.is_aws() {
        return Check::skipped(SUBJECT, "the server is AWS itself, which SDKs ask anyway");
    }
    let url = place(aws.asker.endpoint());
    let text =
        "a new one gets a role and no AWS_ENDPOINT_URL: its SDK sends its token to AWS itself";
    let next = format!(
        "restart the webhook with --aws-endpoint-url {url}, or for one service account: `{kubectl} -n \
         NAMESPACE annotate serviceaccount NAME eks.amazonaws.com/endpoint-url={url}`"
    );
    Check::failed(SUBJECT, text, next)
}

/// The server's URL; a loopback address is another machine's for pods.
fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let address = host.parse::<std::net::IpAddr>();
    match host == "localhost" || address.is_ok_and(|it| it.is_loopback()) {
        true => "URL".to_owned(),
        false => url.as_str().trim_end_matches('/').to_owned(),
    }
}
