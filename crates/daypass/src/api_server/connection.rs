//! Which cluster, and as whom.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

use crate::cli::kubernetes::KubernetesOptions;

/// How long an API server may take.
const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(40);

/// A cluster's API server, and who asks it.
pub(crate) struct Kubernetes {
    pub(super) client: Client,
    /// The API server's URL.
    pub(crate) url: String,
    /// Certificates that vouch for the API server, in DER.
    pub(crate) roots: Vec<Vec<u8>>,
    /// `kubectl` with the options that make it ask the same cluster.
    pub(crate) kubectl: String,
}

impl Kubernetes {
    /// By the options, else as `kubectl` finds its cluster: KUBECONFIG, `~/.kube/config`, the pod that this runs in.
    pub(crate) async fn connect(options: &KubernetesOptions) -> Result<Self> {
        let mut config = configuration(options).await?;
        config.connect_timeout = Some(CONNECT);
        config.read_timeout = Some(ANSWER);
        // Someone waits for the command; what failed is told, and the command can be repeated.
        config.default_retry = false;
        let url = config.cluster_url.to_string();
        let roots = config.root_cert.clone().unwrap_or_default();
        let client = Client::try_from(config).context("cannot make a client for the cluster")?;
        Ok(Self {
            client,
            url: url.trim_end_matches('/').to_owned(),
            roots,
            kubectl: options.kubectl(),
        })
    }
}

/// How the cluster is asked: by the options, else as `kubectl` finds it.
pub(crate) async fn configuration(options: &KubernetesOptions) -> Result<Config> {
    find(options).await.map_err(|error| {
        anyhow!(
            "no cluster to ask: {error:#}; name it with --kubeconfig and --context, or set \
             KUBECONFIG; `kubectl config get-contexts` shows the contexts"
        )
    })
}

async fn find(options: &KubernetesOptions) -> Result<Config> {
    let how = KubeConfigOptions {
        context: options.context.clone(),
        ..KubeConfigOptions::default()
    };
    match (&options.kubeconfig, &options.context) {
        (Some(path), _) => {
            let shown = path.display();
            let read = Kubeconfig::read_from(path)
                .with_context(|| format!("cannot read the kubeconfig `{shown}`"))?;
            let made = Config::from_custom_kubeconfig(read, &how).await;
            made.with_context(|| format!("the kubeconfig `{shown}` names no cluster"))
        }
        (None, Some(_)) => Ok(Config::from_kubeconfig(&how).await?),
        (None, None) => Ok(Config::infer().await?),
    }
}
