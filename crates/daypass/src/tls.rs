//! Certificates of servers: read, checked, and replaced while the server runs.

mod policy;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

use crate::watched_file::WatchedFiles;

pub(crate) use policy::{MinVersion, Suites, TlsPolicy};

/// A server's certificate, which may be replaced at any time.
#[derive(Debug)]
pub(crate) struct Certificate(ArcSwap<CertifiedKey>);

/// A certificate chain and its key, in PEM.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Certificate {
    pub(crate) fn new(key: CertifiedKey) -> Arc<Self> {
        Arc::new(Self(ArcSwap::from_pointee(key)))
    }

    /// New connections get this one.
    pub(crate) fn replace(&self, key: CertifiedKey) {
        self.0.store(Arc::new(key));
    }

    /// Accepts TLS connections with it.
    pub(crate) fn acceptor(self: &Arc<Self>, policy: &TlsPolicy) -> Result<TlsAcceptor> {
        let builder = ServerConfig::builder_with_provider(policy.provider())
            .with_protocol_versions(policy.versions())
            .context("no TLS version is left")?;
        let resolver: Arc<dyn ResolvesServerCert> = Arc::clone(self) as _;
        let mut config = builder.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Takes the files' content whenever they change; does not end.
    pub(crate) async fn follow(self: Arc<Self>, files: Files) {
        let paths = [files.certificate.clone(), files.key.clone()];
        // They are read once more: they may have changed since the start.
        let mut watched = WatchedFiles::new(paths);
        loop {
            let state = watched.changed().await;
            let read = files.read().map(|key| {
                if self.0.load().cert == key.cert {
                    return;
                }
                self.replace(key);
                tracing::info!(certificate = %files.certificate.display(), "the certificate was replaced");
            });
            watched.took(state, read);
        }
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

impl Files {
    /// Reads both.
    pub(crate) fn read(&self) -> Result<CertifiedKey> {
        let (certificate, key) = (self.certificate.display(), self.key.display());
        let chain = std::fs::read(&self.certificate)
            .with_context(|| format!("cannot read the certificate `{certificate}`"))?;
        let private = std::fs::read(&self.key)
            .with_context(|| format!("cannot read the private key `{key}`"))?;
        certified(&chain, &private)
            .with_context(|| format!("the certificate `{certificate}` and the key `{key}`"))
    }
}

/// A chain and its key, both in PEM; they must go together.
pub(crate) fn certified(chain: &[u8], key: &[u8]) -> Result<CertifiedKey> {
    let chain = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<Vec<_>, _>>()
        .context("the certificate is not PEM")?;
    if chain.is_empty() {
        bail!("there is no certificate in the file");
    }
    let key = PrivateKeyDer::from_pem_slice(key).context("there is no private key in the file")?;
    let provider = aws_lc_rs::default_provider();
    CertifiedKey::from_der(chain, key, &provider).context("they don't go together")
}
