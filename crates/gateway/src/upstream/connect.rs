//! The connections to the upstream: a pool of their own.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::patient_stream::PatientStream;

/// How long it may take until a connection stands.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an unused connection is kept; most stores close theirs later.
const IDLE: Duration = Duration::from_secs(20);
/// The most unused connections that are kept.
const KEPT: usize = 128;

/// Connections, reused.
pub(super) type Connections = Client<HttpsConnector<Connector>, door::Body>;

/// Makes connections to stores that have to go on taking what is sent to them.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    tcp: HttpConnector,
    patience: Duration,
}

impl Service<Uri> for Connector {
    type Response = TokioIo<PatientStream<TcpStream>>;
    type Error = <HttpConnector as Service<Uri>>::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.tcp.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (connecting, patience) = (self.tcp.call(uri), self.patience);
        Box::pin(async move {
            let stream = connecting.await?.into_inner();
            Ok(TokioIo::new(PatientStream::new(stream, patience)))
        })
    }
}

/// Why there can be no connections.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The file of certificates.
    #[error("the certificates for the upstream store can't be read: {0}")]
    Certificates(String),
    /// The TLS library.
    #[error("TLS can't be set up: {0}")]
    Tls(#[from] rustls::Error),
}

/// Prepares a pool that trusts the platform's certificates and those of `pem`. A store may keep what is sent to it
/// waiting for `patience`: an upload that was given up would otherwise hold its connection, and that of its client.
pub(super) fn connections(
    pem: Option<&[u8]>,
    patience: Duration,
) -> Result<Connections, ConnectError> {
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots(pem)?)
        .with_no_client_auth();
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT));
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(Connector { tcp, patience });
    Ok(Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(KEPT)
        .set_host(false)
        .build(connector))
}

fn roots(pem: Option<&[u8]>) -> Result<RootCertStore, ConnectError> {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    for error in &native.errors {
        tracing::warn!(%error, "a root certificate of the platform can't be read");
    }
    roots.add_parsable_certificates(native.certs);
    if let Some(pem) = pem {
        let mut found = false;
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate =
                certificate.map_err(|error| ConnectError::Certificates(error.to_string()))?;
            roots
                .add(certificate)
                .map_err(|error| ConnectError::Certificates(error.to_string()))?;
            found = true;
        }
        if !found {
            let nothing = "the file has none in PEM".to_owned();
            return Err(ConnectError::Certificates(nothing));
        }
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_refused() {
        for pem in [
            "",
            "x",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ] {
            let error = connections(Some(pem.as_bytes()), IDLE).unwrap_err();
            assert!(matches!(error, ConnectError::Certificates(_)), "{pem}");
        }
        assert!(connections(None, IDLE).is_ok());
    }
}
