//! The store behind this server's: its credentials, and the buckets that are taken in.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use directory::Snapshot;
use door::SystemClock;
use gateway::{Gateway, TakenIn, Upstream, UpstreamCredentials, UpstreamKeys, UpstreamOptions};
use policy::AccountId;

use crate::cli::s3_upstream::{BucketSetting, S3Upstream};
use crate::client::{Credentials, Environment};

/// Puts the upstream behind the gateway, if there is one, and takes its buckets in.
pub(crate) async fn attach(
    gateway: Gateway,
    settings: Option<S3Upstream>,
    snapshot: &Snapshot,
    first: AccountId,
) -> Result<Gateway> {
    let mut gateway = gateway;
    if let Some(settings) = settings {
        if let Some(upstream) = open(&settings)? {
            gateway = gateway.with_upstream(upstream);
        }
        take_in(&gateway, settings.buckets, snapshot, first).await?;
    }
    gateway.warn_of_missing_upstream();
    Ok(gateway)
}

/// Prepares the upstream, if there is one. It isn't asked yet.
fn open(settings: &S3Upstream) -> Result<Option<Upstream>> {
    let Some(url) = settings.url.clone() else {
        return Ok(None);
    };
    let ca = settings.ca.as_ref();
    let roots_pem = ca
        .map(|path| {
            std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
        })
        .transpose()?;
    let credentials = Credentials::of_chain(Environment::of_process(), &settings.region)
        .with_context(|| format!("there are no credentials for the upstream store {url}"))?;
    let upstream = Upstream::new(UpstreamOptions {
        url,
        region: settings.region.clone(),
        style: settings.style.into(),
        roots_pem,
        patience: Duration::from_secs(settings.timeout),
        credentials: Arc::new(Chain(credentials)),
        clock: Arc::new(SystemClock),
    });
    let named = || ca.map_or_else(String::new, |path| format!("`{}`", path.display()));
    Ok(Some(upstream.with_context(named)?))
}

/// Gives the upstream's buckets that the command line names their owners here.
async fn take_in(
    gateway: &Gateway,
    buckets: Vec<BucketSetting>,
    snapshot: &Snapshot,
    first: AccountId,
) -> Result<()> {
    for setting in buckets {
        let account = setting.account.unwrap_or(first);
        let name = &setting.name;
        if snapshot.account(account).is_none() {
            bail!("--s3-bucket {account}/{name}: there is no account {account} here");
        }
        let wanted = TakenIn {
            account,
            name: setting.name.clone(),
            upstream: setting.upstream,
        };
        let taken = gateway.take_in(&wanted).await;
        taken.with_context(|| format!("--s3-bucket {}", setting.name))?;
    }
    Ok(())
}

/// Credentials of the chain.
struct Chain(Credentials);

#[async_trait]
impl UpstreamCredentials for Chain {
    async fn keys(&self) -> Result<UpstreamKeys, String> {
        let keys = self.0.keys().await.map_err(|error| format!("{error:#}"))?;
        Ok(UpstreamKeys {
            access_key_id: keys.access_key_id.clone(),
            secret: keys.secret.clone(),
            session_token: keys.session_token.clone(),
        })
    }

    fn were_refused(&self) {
        self.0.were_refused();
    }
}
