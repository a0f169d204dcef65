//! The thumbprints that an issuer's provider is registered with.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use federation::chain_thumbprint;
use reqwest::Url;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::issuer::ClusterIssuer;

const PATIENCE: Duration = Duration::from_secs(10);

/// The thumbprints of the servers of an issuer's two documents: of each, the last certificate of the chain that it presents
/// (IAM User Guide, "Obtain the thumbprint for an OpenID Connect identity provider"). A server that can't be reached from here
/// has none.
pub(super) async fn of_issuer(issuer: &ClusterIssuer) -> Vec<String> {
    let mut thumbprints: Vec<String> = Vec::new();
    for url in [Some(issuer.url.as_str()), issuer.key_set.as_deref()] {
        let Some(url) = url.and_then(|url| url.parse::<Url>().ok()) else {
            continue;
        };
        if let Ok(thumbprint) = presented(&url).await
            && !thumbprints.contains(&thumbprint)
        {
            thumbprints.push(thumbprint);
        }
    }
    thumbprints
}

async fn presented(url: &Url) -> Result<String> {
    let host = url.host_str().context("no host")?;
    let port = url.port_or_known_default().context("no port")?;
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())?;
    let provider = CryptoProvider::get_default().context("no crypto provider")?;
    let config = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Looking(Arc::clone(provider))))
        .with_no_client_auth();
    let connect = async {
        let stream = TcpStream::connect((host, port)).await?;
        TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
    };
    let stream = timeout(PATIENCE, connect).await??;
    let (_, connection) = stream.get_ref();
    let Some(last) = connection.peer_certificates().and_then(<[_]>::last) else {
        bail!("no certificate");
    };
    let body = STANDARD.encode(last);
    let pem = format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
    chain_thumbprint(pem.as_bytes()).context("no certificate")
}

/// Trusts nobody and refuses nobody: the connection is only for looking at the certificates, and nothing is sent through it.
#[derive(Debug)]
struct Looking(Arc<CryptoProvider>);

impl ServerCertVerifier for Looking {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
