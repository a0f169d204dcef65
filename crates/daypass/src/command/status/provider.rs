//! The OIDC provider, and whether the server has the issuer's keys.

use std::time::Duration;

use anyhow::Result;
use cluster::irsa::AUDIENCE;
use federation::PushedKeys;
use reqwest::Certificate;

use crate::api_server::Kubernetes;
use crate::command::aws::{Aws, Probe, Provider, Registered, explained};
use crate::command::check::Check;
use crate::command::cluster::issuer::ClusterIssuer;
use crate::command::identity::{add_client_id, keys_command};

const PATIENCE: Duration = Duration::from_secs(5);

/// Checks the provider, then the keys.
pub(super) async fn check(
    aws: &Aws,
    kubernetes: &Kubernetes,
    arn: &str,
    registered: &Registered,
    issuer: &ClusterIssuer,
    checks: &mut Vec<Check>,
) {
    let create = format!(
        "daypass create cluster --name {}{}",
        registered.name, aws.words
    );
    let provider = match aws.provider(arn).await {
        Ok(Some(provider)) => provider,
        Ok(None) => {
            checks.push(Check::failed(
                "provider",
                format!("there is no {arn}"),
                create,
            ));
            return;
        }
        Err(error) => {
            checks.push(Check::failed("provider", format!("{error:#}"), create));
            return;
        }
    };
    checks.push(client_ids(arn, &provider, issuer));
    let checked = keys(aws, kubernetes, arn, issuer).await;
    checks.push(checked.unwrap_or_else(|error| {
        let next = format!("daypass status --cluster {}{}", registered.name, aws.words);
        Check::of_error("keys", &error, next)
    }));
}

fn client_ids(arn: &str, provider: &Provider, issuer: &ClusterIssuer) -> Check {
    let has = |id: &&&str| provider.client_ids.iter().any(|known| known == **id);
    let missing = issuer.client_ids.iter().find(|id| !has(id));
    match missing {
        None => Check::passed(
            "provider",
            format!("{arn}, client ids {}", provider.client_ids.join(", ")),
        ),
        Some(id) => Check::failed(
            "provider",
            format!("{arn} lacks the client id {id}: tokens for it are refused"),
            add_client_id(arn, id),
        ),
    }
}

/// Pushed keys must be the cluster's. Where they are fetched, a token tells whether the server has its key.
async fn keys(
    aws: &Aws,
    kubernetes: &Kubernetes,
    arn: &str,
    issuer: &ClusterIssuer,
) -> Result<Check> {
    let own = issuer.key_ids();
    let pushed = aws.pushed_keys(arn).await?;
    let missing: Vec<&str> = own
        .iter()
        .filter(|id| !pushed.contains(id))
        .map(String::as_str)
        .collect();
    if !pushed.is_empty() && !missing.is_empty() {
        let text = format!(
            "keys were pushed, and these of the cluster are not among them: {}",
            missing.join(", ")
        );
        return Ok(Check::failed(
            "keys",
            text,
            keys_command(kubernetes, aws, arn),
        ));
    }
    if pushed.is_empty()
        && let Some(check) = published(kubernetes, issuer, &own).await
    {
        return Ok(check);
    }
    let token = kubernetes.token("default", "default", AUDIENCE).await?;
    Ok(match aws.probe(&token).await? {
        Probe::Verified if pushed.is_empty() => Check::passed(
            "keys",
            format!(
                "the server fetches them and verifies a token: {}",
                own.join(", ")
            ),
        ),
        Probe::Verified => {
            let old = pushed.iter().filter(|id| !own.contains(id)).count();
            let old = match old {
                0 => String::new(),
                old => format!("; {old} more that the cluster has no longer"),
            };
            Check::passed(
                "keys",
                format!("pushed, and they verify a token: {}{old}", own.join(", ")),
            )
        }
        Probe::NoKey(refused) => {
            let text = format!(
                "the server can't verify a token: {}: {}; push the keys, again after each rotation, or let \
                 the server reach {} (--issuer-ca, --issuer-network), and anybody read its documents",
                refused.code,
                refused.message.trim_end_matches('.'),
                issuer.url
            );
            Check::failed("keys", text, keys_command(kubernetes, aws, arn))
        }
        Probe::Refused(refused) => {
            let text = format!("{:#}", explained("AssumeRoleWithWebIdentity", &refused));
            Check::failed("keys", text, format!("daypass status{}", aws.words))
        }
    })
}

/// What is wrong with the issuer's published keys, as far as they can be read from here: a key that was rotated in and not
/// published is missed only when the cluster begins to sign with it.
async fn published(
    kubernetes: &Kubernetes,
    issuer: &ClusterIssuer,
    own: &[String],
) -> Option<Check> {
    let url = issuer.key_set.as_deref()?;
    let read = async {
        let roots = kubernetes.roots.iter();
        let roots: Result<Vec<_>, _> = roots.map(|it| Certificate::from_der(it)).collect();
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .tls_certs_merge(roots?);
        let text = client
            .build()?
            .get(url)
            .send()
            .await?
            .error_for_status()?
            .text()
            .await?;
        anyhow::Ok(PushedKeys::read(text.as_bytes())?)
    };
    // What can't be read from here, the server may read.
    let keys = read.await.ok()?;
    let known: Vec<&str> = keys
        .keys()
        .iter()
        .filter_map(|it| it.id.as_deref())
        .collect();
    let missing: Vec<&str> = own
        .iter()
        .map(String::as_str)
        .filter(|id| !known.contains(id))
        .collect();
    if missing.is_empty() {
        return None;
    }
    let text = format!(
        "{url} lacks keys of the cluster: {}; publish there what the API server has",
        missing.join(", ")
    );
    let next = format!("{} get --raw /openid/v1/jwks", kubernetes.kubectl);
    Some(Check::failed("keys", text, next))
}
