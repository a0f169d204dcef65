//! Strict mode: the clusters that review the tokens of their issuers.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use cluster::TokenReviewer;
use directory::Snapshot;
use federation::{IssuerUrl, Verifier};

use crate::cli::token_review::TokenReviewSetting;

/// Reads what each cluster is reached with; none is asked yet.
pub(crate) async fn open(
    settings: Vec<TokenReviewSetting>,
) -> Result<Vec<(IssuerUrl, TokenReviewer)>> {
    let mut issuers = BTreeSet::new();
    let mut opened = Vec::with_capacity(settings.len());
    for TokenReviewSetting { issuer, kubeconfig } in settings {
        if !issuers.insert(issuer.as_str().to_owned()) {
            bail!("--token-review names {} twice", issuer.as_str());
        }
        let reviewer = TokenReviewer::open(kubeconfig.as_deref()).await;
        let reviewer = reviewer.with_context(|| {
            let source = kubeconfig.as_ref().map_or_else(
                || "give a kubeconfig, as ISSUER=KUBECONFIG, outside of the cluster".to_owned(),
                |path| format!("kubeconfig `{}`", path.display()),
            );
            format!("cannot review the tokens of {} ({source})", issuer.as_str())
        })?;
        opened.push((issuer, reviewer));
    }
    Ok(opened)
}

/// From now on the tokens of these issuers are reviewed.
pub(crate) fn switch_on(
    reviewers: Vec<(IssuerUrl, TokenReviewer)>,
    verifier: &Verifier,
    snapshot: &Snapshot,
) {
    for (issuer, reviewer) in reviewers {
        let (url, server) = (issuer.as_str(), reviewer.server());
        tracing::info!(issuer = url, "tokens are reviewed by {server}");
        let name = issuer.without_scheme();
        if !snapshot.accounts().any(|it| it.provider(name).is_some()) {
            // Not an error: the provider may be registered later. But another spelling would review nothing.
            tracing::warn!(issuer = url, "no account has an OIDC provider of this URL");
        }
        verifier.review_with(issuer, Arc::new(reviewer));
    }
}
