//! `daypass create cluster`.

mod auto;
mod manual;
mod provider;

use std::process::ExitCode;

use anyhow::{Result, bail};
use cluster::manifests::CLUSTER;
use reqwest::Url;

use super::installation::Installation;
use super::issuer::ClusterIssuer;
use super::thumbprint;
use crate::api_server::Kubernetes;
use crate::cli::Data;
use crate::cli::cluster::{CreateCluster, Mode};
use crate::command::aws::{Aws, Provider, Registered};

/// What there is, as it was found before anything is changed.
struct Found {
    issuer: ClusterIssuer,
    thumbprints: Vec<String>,
    provider_arn: String,
    provider: Option<Provider>,
    registered: Option<Registered>,
    /// Where pods reach the server.
    endpoint: Option<String>,
}

/// Looks at everything first, so that what can't be done is told before anything is.
pub(crate) async fn run(options: &CreateCluster, data: &Data) -> Result<ExitCode> {
    let kubernetes = Kubernetes::connect(&options.kubernetes).await?;
    let issuer = ClusterIssuer::read(&kubernetes).await?;
    let aws = Aws::new(data).await?;
    let found = Found::look(options, &aws, issuer).await?;
    let region = found.registered.as_ref().and_then(Registered::region);
    let region = region.unwrap_or_else(|| aws.asker.region()).to_owned();
    let endpoint = found.endpoint.clone();
    let planned = Installation::plan(&options.webhook, &kubernetes, endpoint, Some(&region));
    let planned = planned.await?;
    match options.mode {
        Mode::Manual => manual::run(options, &kubernetes, &aws, &found, &planned).await,
        Mode::Auto => auto::run(options, &kubernetes, &aws, &found).await,
    }
}

impl Found {
    async fn look(options: &CreateCluster, aws: &Aws, issuer: ClusterIssuer) -> Result<Self> {
        let name = &options.name;
        let provider_arn = aws.provider_arn(issuer.url.without_scheme());
        let registered = aws.cluster(name).await?;
        if let Some(registered) = &registered
            && registered.issuer != issuer.url.as_str()
        {
            bail!(
                "the name `{name}` is registered for the issuer {}, and this cluster's is {}; \
                 choose another name, or `daypass delete cluster --name {name}` first",
                registered.issuer,
                issuer.url
            );
        }
        let provider = aws.provider(&provider_arn).await?;
        if let Some(provider) = &provider {
            refuse_another_cluster(options, aws, &issuer, &provider_arn, provider).await?;
        }
        let thumbprints = thumbprint::of_issuer(&issuer).await;
        Ok(Self {
            thumbprints,
            provider_arn,
            provider,
            registered,
            endpoint: endpoint(options, aws.asker.endpoint()),
            issuer,
        })
    }

    /// The client ids that the provider lacks.
    fn missing_client_ids(&self) -> Vec<&'static str> {
        let has = |id: &&&str| {
            let present = self.provider.as_ref();
            present.is_some_and(|it| it.client_ids.iter().any(|known| known == **id))
        };
        let wanted = self.issuer.client_ids.iter();
        wanted.filter(|id| !has(id)).copied().collect()
    }
}

/// A token tells its issuer and no cluster: what is pushed for one cluster would be taken from another.
async fn refuse_another_cluster(
    options: &CreateCluster,
    aws: &Aws,
    issuer: &ClusterIssuer,
    provider_arn: &str,
    provider: &Provider,
) -> Result<()> {
    let other = provider.tags.get(CLUSTER);
    let other = other.filter(|it| *it != options.name.as_str());
    let registered = match other.map(|it| it.parse()) {
        Some(Ok(other)) => aws.cluster(&other).await?,
        _ => None,
    };
    let pushed = aws.pushed_keys(provider_arn).await?;
    let own = issuer.key_ids();
    let strange = !pushed.is_empty() && !pushed.iter().any(|key| own.contains(key));
    let whose = match registered {
        Some(cluster) if cluster.issuer == issuer.url.as_str() => {
            format!("is already that of the cluster `{}`", cluster.name)
        }
        _ if strange => {
            "is already registered with keys that this cluster does not have".to_owned()
        }
        _ => return Ok(()),
    };
    bail!(
        "the issuer {} {whose}: tokens of two clusters with one issuer can't be told apart; give this \
         one an issuer of its own (--service-account-issuer of its API server), or delete the other: \
         `daypass list clusters`",
        issuer.url
    )
}

/// What pods are told: a loopback address is another machine's for them.
fn endpoint(options: &CreateCluster, asked: &Url) -> Option<String> {
    let shown = |url: &Url| url.as_str().trim_end_matches('/').to_owned();
    if let Some(url) = &options.webhook.endpoint_url {
        return Some(shown(url));
    }
    let host = asked
        .host_str()
        .unwrap_or_default()
        .trim_matches(['[', ']']);
    let address = host.parse::<std::net::IpAddr>();
    let loopback = host == "localhost" || address.is_ok_and(|it| it.is_loopback());
    (!loopback).then(|| shown(asked))
}

/// The command that undoes it.
fn undo(options: &CreateCluster, aws: &Aws) -> String {
    let (name, kubernetes) = (&options.name, options.kubernetes.words());
    format!(
        "daypass delete cluster --name {name}{kubernetes}{}",
        aws.words
    )
}
