//! `daypass create cluster` and its likes, as they are typed.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use directory::ClusterName;
use policy::Arn;
use reqwest::Url;

use super::kubernetes::KubernetesOptions;
use super::policy::Output;

/// Who makes the changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// This command.
    Auto,
    /// Whoever runs the commands that this one prints; nothing is changed.
    Manual,
}

/// Registers an existing cluster: its issuer as an OIDC provider, the cluster itself, and the webhook in it; then tries the
/// whole way from a service account's token to a session. What is there already stays.
#[derive(Debug, Args)]
pub(crate) struct CreateCluster {
    /// The name that the cluster gets: up to 100 letters, digits, `-` and `_`.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: ClusterName,
    #[command(flatten)]
    pub(crate) kubernetes: KubernetesOptions,
    /// `manual` changes nothing: it writes files, and prints the commands that use them.
    #[arg(long, value_enum, default_value_t = Mode::Auto)]
    pub(crate) mode: Mode,
    /// Where `--mode manual` writes its files.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) output_dir: PathBuf,
    #[command(flatten)]
    pub(crate) webhook: WebhookOptions,
    /// Give the server the cluster's keys, although it might be able to fetch them. Without this,
    /// they are pushed if it can't.
    #[arg(long)]
    pub(crate) push_keys: bool,
}

#[derive(Debug, Args)]
pub(crate) struct WebhookOptions {
    /// A webhook that runs outside of the cluster, as its API server reaches it. `/mutate` is
    /// added to a URL without a path.
    #[arg(long, value_name = "URL", conflicts_with_all = ["webhook_image", "no_webhook"])]
    pub(crate) webhook_url: Option<WebhookUrl>,
    /// Certificates in PEM that vouch for the webhook at --webhook-url.
    #[arg(long, value_name = "FILE", requires = "webhook_url")]
    pub(crate) webhook_ca_bundle: Option<PathBuf>,
    /// The image of the webhook that is installed in the cluster; that of the one that is there,
    /// or `daypass` with this version's tag, when not said.
    #[arg(long, value_name = "IMAGE")]
    pub(crate) webhook_image: Option<String>,
    /// The namespace that it is installed in; where it is, or `daypass`, when not said.
    #[arg(long, value_name = "NAMESPACE")]
    pub(crate) webhook_namespace: Option<String>,
    /// How many pods it has; as many as there are to be already, or 2, when not said.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) webhook_replicas: Option<u32>,
    /// A further argument of the webhook, e.g. `--webhook-arg=--v=2`; may be repeated. When not
    /// said, those of the one that is there stay.
    #[arg(long, value_name = "ARGUMENT", allow_hyphen_values = true)]
    pub(crate) webhook_arg: Vec<String>,
    /// Install no webhook: the cluster has one, or its pods are told their role in another way.
    #[arg(long)]
    pub(crate) no_webhook: bool,
    /// Where pods reach the server, for AWS_ENDPOINT_URL in them. When not said: what the webhook
    /// that is there tells them, or the URL that this command uses, unless that is a loopback
    /// address.
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<Url>,
    /// How long the webhook's pods may take to be ready, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 180)]
    pub(crate) timeout: u64,
}

/// Takes a cluster's registration back: exactly what `daypass create cluster` made for it.
#[derive(Debug, Args)]
pub(crate) struct DeleteCluster {
    /// The cluster's name.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: ClusterName,
    #[command(flatten)]
    pub(crate) kubernetes: KubernetesOptions,
    /// `manual` changes nothing, and prints the commands.
    #[arg(long, value_enum, default_value_t = Mode::Auto)]
    pub(crate) mode: Mode,
    /// Delete it although there are roles of its service accounts, or Pod Identity associations.
    /// The roles stay, and nobody can assume them any more; the associations go. Without a
    /// registration of that name, take back what is left of an installation all the same.
    #[arg(long)]
    pub(crate) force: bool,
    /// Leave the cluster's own objects alone, e.g. because the cluster is gone.
    #[arg(long)]
    pub(crate) keep_webhook: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DescribeCluster {
    /// The cluster's name.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: ClusterName,
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct ListClusters {
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

/// Tells the server the name of a cluster whose issuer is an OIDC provider already: the one step of `daypass create cluster`
/// that no `aws` command does.
#[derive(Debug, Args)]
pub(crate) struct RegisterCluster {
    /// The cluster's name.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: ClusterName,
    /// ARN of the OIDC provider.
    #[arg(long, value_name = "ARN")]
    pub(crate) provider_arn: Arn,
}

/// An https URL with a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WebhookUrl(pub(crate) String);

impl FromStr for WebhookUrl {
    type Err = String;

    /// The rules are the API server's: https, and neither user nor query nor fragment.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut url: Url = text.parse().map_err(|error| format!("{error}"))?;
        if url.scheme() != "https" {
            return Err("an API server calls webhooks by https only".to_owned());
        }
        let plain = url.username().is_empty() && url.password().is_none();
        if !plain || url.query().is_some() || url.fragment().is_some() {
            return Err("it must have neither user, query nor fragment".to_owned());
        }
        if url.path() == "/" {
            url.set_path("/mutate");
        }
        Ok(Self(url.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhooks_url_has_a_path_and_nothing_that_the_api_server_refuses() {
        let url = |text: &str| text.parse::<WebhookUrl>().map(|it| it.0);
        assert_eq!(url("https://h:9443").unwrap(), "https://h:9443/mutate");
        assert_eq!(url("https://h/x/mutate").unwrap(), "https://h/x/mutate");
        for text in [
            "http://h/",
            "h:9443",
            "https://u@h/",
            "https://h/?a",
            "https://h/#a",
        ] {
            assert!(url(text).is_err(), "{text}");
        }
    }
}
