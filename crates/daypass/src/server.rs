//! The whole server: its parts opened in order, and what they share.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use cluster::TokenReviewer;
use directory::{Directory, SqliteStore};
use door::{Api, Clock, Door, DoorConfig, SystemClock};
use federation::{IssuerUrl, Verifier, VerifierConfig};
use gateway::Gateway;
use policy::AccountId;
use services::issuers::{Issuers, authority_of};
use services::{Outbound, Quotas, Services};
use trail::Trail;

use crate::bootstrap;
use crate::bucket_issuers::BucketIssuers;
use crate::cli::s3_upstream::S3Upstream;
use crate::data_dir::{DataDir, Locked};
use crate::key_file::KeySource;
use crate::{s3_upstream, token_review};

/// What a server is opened with.
pub(crate) struct Options {
    pub(crate) data: DataDir,
    pub(crate) key_file: Option<std::path::PathBuf>,
    pub(crate) account: Option<AccountId>,
    pub(crate) region: String,
    pub(crate) issuer: Option<IssuerUrl>,
    pub(crate) verifier: VerifierConfig,
    /// Issuers in strict mode, and what reviews their tokens.
    pub(crate) reviewers: Vec<(IssuerUrl, TokenReviewer)>,
    pub(crate) s3_domains: Vec<String>,
    /// The store behind this one.
    pub(crate) s3_upstream: Option<S3Upstream>,
    /// Whether objects are on storage that is encrypted with AES-256.
    pub(crate) s3_encrypted_storage: bool,
    /// Whether S3 takes Signature Version 2 in the query.
    pub(crate) sigv2_query: bool,
    /// The thumbprint of the server's own certificate chain, when it speaks https.
    pub(crate) thumbprint: Option<String>,
    pub(crate) quotas: Quotas,
    /// URL that clients use.
    pub(crate) endpoint: String,
}

/// An open server that does not listen yet.
pub(crate) struct Server {
    pub(crate) data: DataDir,
    pub(crate) door: Arc<Door>,
    pub(crate) services: Arc<dyn Api>,
    pub(crate) gateway: Arc<dyn Api>,
    /// The same as what it is, for what no request asks for.
    pub(crate) objects: Arc<Gateway>,
    pub(crate) issuers: Issuers,
    /// The accounts' issuers for other services.
    pub(crate) outbound: Arc<Outbound>,
    pub(crate) thumbprint: Option<String>,
    /// Base domains of virtual-host style, in lower case.
    pub(crate) s3_domains: Vec<String>,
    _lock: Locked,
}

impl Server {
    /// Opens everything under the data directory; the first time, creates it.
    pub(crate) async fn open(options: Options) -> Result<Self> {
        let data = options.data;
        let lock = data.lock()?;
        refuse_emptied(&data)?;
        let store = SqliteStore::open(&data.directory_database()).await?;
        restrict(&data.directory_database())?;
        let directory = Arc::new(Directory::open(store).await?);
        let key = KeySource {
            named: options.key_file,
            own: data.key(),
        };
        let fresh = bootstrap::is_fresh(&directory);
        if fresh && data.trail().exists() {
            return Err(emptied(&data));
        }
        let key = key.load(fresh)?;
        let clock = SystemClock;
        let state = bootstrap::open(
            &directory,
            &key,
            options.account,
            options.issuer,
            clock.now(),
        )
        .await?;
        let verifier = Arc::new(Verifier::new(options.verifier)?);
        token_review::switch_on(options.reviewers, &verifier, &directory.snapshot());
        let outbound = Arc::new(Outbound::new(authority_of(&state.issuer)));
        let issuers = Issuers::open(
            &directory.snapshot(),
            &key,
            state.issuer,
            Arc::clone(&verifier),
        )?;
        let door = Door::new(DoorConfig {
            directory,
            keyring: state.keyring,
            key_encryption: key,
            trail: Arc::new(Trail::open(&data.trail())?),
            clock: Arc::new(clock),
            region: options.region.clone(),
            account: state.account,
        });
        let s3_domains = options.s3_domains.iter();
        let s3_domains = s3_domains.map(|it| it.to_ascii_lowercase()).collect();
        let gateway = Gateway::open(&data.s3(), &options.region, options.s3_domains).await?;
        let snapshot = door.directory().snapshot();
        let gateway =
            s3_upstream::attach(gateway, options.s3_upstream, &snapshot, state.account).await?;
        let gateway = gateway.with_sigv2_query(options.sigv2_query);
        let gateway = Arc::new(match options.s3_encrypted_storage {
            true => gateway.with_encrypted_storage(),
            false => gateway,
        });
        let objects = Arc::clone(&gateway);
        let resources: Arc<Gateway> = Arc::clone(&gateway);
        verifier.read_local(Arc::new(BucketIssuers(Arc::clone(&gateway))));
        let services = Services::new(verifier)
            .with_endpoint(&options.endpoint)
            .with_resources(resources)
            .with_outbound(Arc::clone(&outbound))
            .with_quotas(options.quotas);
        Ok(Self {
            data,
            door: Arc::new(door),
            services: Arc::new(services),
            gateway,
            objects,
            issuers,
            outbound,
            thumbprint: options.thumbprint,
            s3_domains,
            _lock: lock,
        })
    }
}

/// A database without anything in it is a first start only if nothing else is there: the
/// trail is made after the first state was written, never before.
fn refuse_emptied(data: &DataDir) -> Result<()> {
    let length = std::fs::metadata(data.directory_database()).map_or(0, |found| found.len());
    if length == 0 && data.trail().exists() {
        return Err(emptied(data));
    }
    Ok(())
}

fn emptied(data: &DataDir) -> anyhow::Error {
    anyhow!(
        "the database `{}` is empty or missing, but the data directory has been used: restore the \
         database from a backup, or choose another directory with --data",
        data.directory_database().display()
    )
}

/// Only the server's user may read its database.
fn restrict(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
        .with_context(|| format!("cannot restrict `{}`", path.display()))
}
