//! Which service accounts of a cluster have a Pod Identity association, as the server tells it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use cluster::webhook::PodIdentities;
use directory::ClusterName;
use tokio::time::sleep;

use crate::command::asker::Asker;
use crate::command::aws::associations;
use crate::webhook::Webhook;

/// How often the server is asked: this long an association takes at most to count.
const EVERY: Duration = Duration::from_secs(5);

/// Keeps what the webhook knows of associations up to date; does not end. What can't be asked for
/// changes nothing.
pub(super) async fn follow(webhook: Arc<Webhook>, asker: Asker, cluster: ClusterName) {
    let mut told = String::new();
    loop {
        match listed(&asker, &cluster).await {
            Ok(identities) => {
                webhook.associations.store(Arc::new(identities));
                told.clear();
            }
            Err(error) => {
                let error = format!("{error:#}");
                if error != told {
                    tracing::warn!(
                        error,
                        "the cluster's associations can't be read; what was read stays in use"
                    );
                    told = error;
                }
            }
        }
        sleep(EVERY).await;
    }
}

async fn listed(asker: &Asker, cluster: &ClusterName) -> Result<PodIdentities> {
    let Some(found) = associations(asker, cluster).await? else {
        bail!("no cluster `{cluster}` is registered; `daypass list clusters` shows those that are");
    };
    let pairs = found.iter().map(|association| {
        let text = |name: &str| Some(association.get(name)?.as_str()?.to_owned());
        let pair = text("namespace").zip(text("serviceAccount"));
        pair.context("an association is of no service account")
    });
    pairs.collect()
}
