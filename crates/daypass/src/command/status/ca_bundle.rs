//! Whether the API server trusts the webhook's certificate.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::webhook::Configured;
use crate::api_server::{Kubernetes, Place};
use crate::command::check::Check;

const SUBJECT: &str = "CA bundle";
const PATIENCE: Duration = Duration::from_secs(5);

/// The bundle against the certificate that the webhook shows, or has in its Secret.
pub(super) async fn check(kubernetes: &Kubernetes, configured: &Configured) -> Check {
    let name = &configured.name;
    let kubectl = &kubernetes.kubectl;
    let bundle = configured.client.get("caBundle").and_then(Value::as_str);
    let Some(bundle) = bundle.filter(|it| !it.is_empty()) else {
        return match configured.service() {
            Some((namespace, service)) => Check::failed(
                SUBJECT,
                format!("{name} has none: the API server trusts no certificate of the webhook"),
                format!("{kubectl} logs -n {namespace} -l app.kubernetes.io/name={service}"),
            ),
            None => Check::skipped(
                SUBJECT,
                "the API server's own roots are to trust the webhook",
            ),
        };
    };
    let roots = match roots(bundle) {
        Ok(roots) => Arc::new(roots),
        Err(error) => {
            let next = format!("{kubectl} get mutatingwebhookconfiguration {name} -o yaml");
            return Check::failed(SUBJECT, format!("{error:#}"), next);
        }
    };
    match (configured.service(), configured.url()) {
        (Some((namespace, service)), _) => of_secret(kubernetes, namespace, service, roots).await,
        (None, Some(url)) => of_url(url, roots).await,
        (None, None) => Check::skipped(SUBJECT, "the configuration leads nowhere"),
    }
}

fn roots(bundle: &str) -> Result<RootCertStore> {
    let pem = STANDARD
        .decode(bundle)
        .context("the CA bundle is not base64")?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots
            .add(certificate?)
            .context("the CA bundle has a certificate that can't be used")?;
    }
    match roots.is_empty() {
        false => Ok(roots),
        true => bail!("the CA bundle has no certificate in it"),
    }
}

/// The certificate that the webhook keeps in a Secret of its own.
async fn of_secret(
    kubernetes: &Kubernetes,
    namespace: &str,
    service: &str,
    roots: Arc<RootCertStore>,
) -> Check {
    let kubectl = &kubernetes.kubectl;
    let secret = match kubernetes.get(&Place::secret(namespace, service)).await {
        Ok(Some(secret)) => secret,
        Ok(None) => {
            let text = format!("no Secret {namespace}/{service} to compare it with");
            return Check::skipped(SUBJECT, text);
        }
        Err(error) => return Check::skipped(SUBJECT, format!("{error:#}")),
    };
    match verify(&secret, namespace, service, roots) {
        Ok(()) => Check::passed(
            SUBJECT,
            format!("it vouches for the certificate in {namespace}/{service}"),
        ),
        Err(error) => Check::failed(
            SUBJECT,
            format!("it does not vouch for the certificate in {namespace}/{service}: {error:#}"),
            format!(
                "{kubectl} rollout restart deployment -n {namespace} -l app.kubernetes.io/name={service}"
            ),
        ),
    }
}

fn verify(secret: &Value, namespace: &str, service: &str, roots: Arc<RootCertStore>) -> Result<()> {
    let text = secret.pointer("/data/tls.crt").and_then(Value::as_str);
    let pem = STANDARD.decode(text.context("there is no tls.crt")?)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let chain = chain.context("tls.crt is not PEM")?;
    let (first, others) = chain.split_first().context("tls.crt has no certificate")?;
    let provider = CryptoProvider::get_default().context("no crypto provider")?;
    let verifier =
        WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider)).build()?;
    let name = ServerName::try_from(format!("{service}.{namespace}.svc"))?;
    verifier.verify_server_cert(first, others, &name, &[], UnixTime::now())?;
    Ok(())
}

/// The certificate that the webhook shows to this machine.
async fn of_url(url: &str, roots: Arc<RootCertStore>) -> Check {
    match handshake(url, roots).await {
        Ok(()) => Check::passed(SUBJECT, format!("it vouches for the certificate of {url}")),
        Err(Handshake::Unreachable(error)) => Check::skipped(
            SUBJECT,
            format!("{url} can't be reached from here: {error}"),
        ),
        Err(Handshake::Untrusted(error)) => Check::failed(
            SUBJECT,
            format!(
                "it does not vouch for the certificate of {url}: {error}; `daypass create cluster` with \
                 --webhook-url {url} --webhook-ca-bundle FILE gives another"
            ),
            "kubectl get mutatingwebhookconfigurations -o yaml",
        ),
    }
}

enum Handshake {
    Unreachable(anyhow::Error),
    Untrusted(std::io::Error),
}

async fn handshake(url: &str, roots: Arc<RootCertStore>) -> Result<(), Handshake> {
    let far = Handshake::Unreachable;
    let prepare = || -> Result<_> {
        let url: Url = url.parse()?;
        let host = url
            .host_str()
            .context("no host")?
            .trim_matches(['[', ']'])
            .to_owned();
        let port = url.port_or_known_default().context("no port")?;
        let provider = CryptoProvider::get_default().context("no crypto provider")?;
        let config = ClientConfig::builder_with_provider(Arc::clone(provider))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok((ServerName::try_from(host.clone())?, host, port, config))
    };
    let (name, host, port, config) = prepare().map_err(far)?;
    let connected = timeout(PATIENCE, TcpStream::connect((host, port))).await;
    let stream = connected
        .map_err(|error| far(error.into()))?
        .map_err(|error| far(error.into()))?;
    let shaken = timeout(
        PATIENCE,
        TlsConnector::from(Arc::new(config)).connect(name, stream),
    )
    .await;
    let shaken = shaken.map_err(|_| far(anyhow!("it does not answer")))?;
    shaken.map(drop).map_err(Handshake::Untrusted)
}
