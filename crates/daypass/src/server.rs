//! The whole server: its parts opened in order, and what they share.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use directory::{Directory, SqliteStore};
use door::{Api, Clock, Door, DoorConfig, SystemClock};
use federation::{IssuerUrl, Verifier, VerifierConfig};
use gateway::Gateway;
use policy::AccountId;
use services::Services;
use trail::Trail;

use crate::bootstrap;
use crate::data_dir::{DataDir, Locked};
use crate::issuers::Issuers;
use crate::key_file::KeySource;

/// What a server is opened with.
pub(crate) struct Options {
    pub(crate) data: DataDir,
    pub(crate) key_file: Option<std::path::PathBuf>,
    pub(crate) account: Option<AccountId>,
    pub(crate) region: String,
    pub(crate) issuer: Option<IssuerUrl>,
    pub(crate) verifier: VerifierConfig,
    pub(crate) s3_domains: Vec<String>,
    /// URL that clients use.
    pub(crate) endpoint: String,
}

/// An open server that does not listen yet.
pub(crate) struct Server {
    pub(crate) data: DataDir,
    pub(crate) door: Arc<Door>,
    pub(crate) services: Arc<dyn Api>,
    pub(crate) gateway: Arc<dyn Api>,
    pub(crate) issuers: Issuers,
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
        for issuer in state.issuers.iter() {
            verifier.host(Arc::clone(issuer));
        }
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
        let services = Services::new(verifier).with_endpoint(&options.endpoint);
        let gateway = Gateway::open(&data.s3(), &options.region, options.s3_domains).await?;
        let gateway = Arc::new(gateway);
        let resources: Arc<Gateway> = Arc::clone(&gateway);
        Ok(Self {
            data,
            door: Arc::new(door),
            services: Arc::new(services.with_resources(resources)),
            gateway,
            issuers: state.issuers,
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
