//! Fetches an issuer's keys: its discovery document, and the key set that it points to.

mod addresses;
mod certificates;

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use reqwest::{StatusCode, Url, redirect};
use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::Value;

use crate::error::TokenError;
use crate::json;
use crate::keys::KeySet;
use crate::url::IssuerUrl;
use crate::verifier::{VerifierConfig, VerifierError};

use addresses::{AddressGuard, GuardedResolver, Lookup, RefusedAddress, SystemLookup};

/// Fetches key sets over https within the configured budget, from addresses that the guard lets through.
pub(crate) struct Fetcher {
    provider: Arc<CryptoProvider>,
    extra_roots: Vec<CertificateDer<'static>>,
    /// Read from the platform at the first fetch, so that a start without federation doesn't pay for it.
    roots: tokio::sync::OnceCell<Arc<RootCertStore>>,
    guard: Arc<AddressGuard>,
    lookup: Arc<dyn Lookup>,
    timeout: std::time::Duration,
}

impl Fetcher {
    pub(crate) fn new(config: &VerifierConfig) -> Result<Self, VerifierError> {
        let mut extra_roots = Vec::new();
        if let Some(pem) = &config.extra_roots_pem {
            let mut check = RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate =
                    certificate.map_err(|error| VerifierError::roots(error.to_string()))?;
                check
                    .add(certificate.clone())
                    .map_err(|error| VerifierError::roots(error.to_string()))?;
                extra_roots.push(certificate);
            }
            if extra_roots.is_empty() {
                return Err(VerifierError::roots("there is no certificate in it"));
            }
        }
        Ok(Self {
            provider: Arc::new(rustls::crypto::aws_lc_rs::default_provider()),
            extra_roots,
            roots: tokio::sync::OnceCell::new(),
            guard: Arc::new(AddressGuard::new(
                config.allowed_networks.clone(),
                config.private_networks,
            )),
            lookup: Arc::new(SystemLookup),
            timeout: config.timeout,
        })
    }

    /// Fetches the issuer's keys. `now` also judges the certificates.
    ///
    /// # Errors
    /// [`TokenError::Unreachable`] for what another try may mend, else [`TokenError::Unverifiable`] or
    /// [`TokenError::Thumbprint`].
    pub(crate) async fn fetch(
        &self,
        issuer: &IssuerUrl,
        thumbprints: &[String],
        now: Timestamp,
    ) -> Result<KeySet, TokenError> {
        tokio::time::timeout(self.timeout, self.fetch_unbounded(issuer, thumbprints, now))
            .await
            .unwrap_or_else(|_| Err(TokenError::unreachable("no answer in time")))
    }

    async fn fetch_unbounded(
        &self,
        issuer: &IssuerUrl,
        thumbprints: &[String],
        now: Timestamp,
    ) -> Result<KeySet, TokenError> {
        let roots = self.roots.get_or_init(|| self.load_roots()).await;
        let untrusted = Arc::new(AtomicBool::new(false));
        let tls = certificates::client_config(
            &self.provider,
            Arc::clone(roots),
            thumbprints,
            now,
            Arc::clone(&untrusted),
        )?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(true)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .retry(reqwest::retry::never())
            .dns_resolver(GuardedResolver {
                guard: Arc::clone(&self.guard),
                lookup: Arc::clone(&self.lookup),
            })
            .user_agent("daypass")
            .build()
            .map_err(|error| TokenError::unreachable(format!("no HTTP client: {error}")))?;
        let exchange = Exchange {
            client,
            guard: &self.guard,
            untrusted,
        };

        let discovery = exchange.get(&issuer.join(DISCOVERY_PATH)).await?;
        let key_set = exchange.get(&key_set_url(issuer, &discovery)?).await?;
        KeySet::parse(&key_set)
    }

    async fn load_roots(&self) -> Arc<RootCertStore> {
        let loaded = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs).await;
        let mut roots = RootCertStore::empty();
        match loaded {
            Ok(native) => {
                for error in &native.errors {
                    tracing::warn!(%error, "a root certificate of the platform can't be read");
                }
                roots.add_parsable_certificates(native.certs);
            }
            Err(error) => tracing::warn!(%error, "the platform's root certificates can't be read"),
        }
        roots.add_parsable_certificates(self.extra_roots.iter().cloned());
        tracing::debug!(
            roots = roots.len(),
            "root certificates for issuers are loaded"
        );
        Arc::new(roots)
    }
}

/// Where the discovery document is, below the issuer (OpenID Connect Discovery 1.0, section 4).
pub(crate) const DISCOVERY_PATH: &str = "/.well-known/openid-configuration";
/// The most bytes of one document.
const MAX_DOCUMENT: usize = 1024 * 1024;

struct Exchange<'a> {
    client: reqwest::Client,
    guard: &'a AddressGuard,
    /// Set by the certificate check.
    untrusted: Arc<AtomicBool>,
}

impl Exchange<'_> {
    async fn get(&self, url: &str) -> Result<Vec<u8>, TokenError> {
        let url = Url::parse(url)
            .map_err(|error| TokenError::unverifiable(format!("the URL {url}: {error}")))?;
        // A literal address never reaches the resolver. The parser has brought it into its one spelling.
        if let Some(address) = addresses::literal(&url)
            && let Err(refused) = self.guard.check(address)
        {
            return Err(TokenError::unverifiable(format!("{url}: {refused}")));
        }
        let failed = |error| self.failed(&url, &error);
        let mut response = self.client.get(url.clone()).send().await.map_err(failed)?;
        match response.status() {
            StatusCode::OK => {}
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                return Err(TokenError::unreachable(format!("{url} answers {status}")));
            }
            status => {
                return Err(TokenError::unverifiable(format!("{url} answers {status}")));
            }
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > MAX_DOCUMENT {
                return Err(TokenError::unverifiable(format!(
                    "{url} has more than 1 MiB"
                )));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn failed(&self, url: &Url, error: &reqwest::Error) -> TokenError {
        let mut detail = format!("{url}: {error}");
        let mut source = error.source();
        while let Some(cause) = source {
            if cause.is::<RefusedAddress>() {
                return TokenError::unverifiable(format!("{url}: {cause}"));
            }
            detail.push_str(": ");
            detail.push_str(&cause.to_string());
            source = cause.source();
        }
        if self.untrusted.load(Ordering::Relaxed) {
            TokenError::Thumbprint { detail }
        } else {
            TokenError::Unreachable { detail }
        }
    }
}

/// The key set's URL of a discovery document that is the issuer's own: it has to name the issuer exactly
/// (OpenID Connect Discovery 1.0, section 4.3). The key set may be at another host.
///
/// # Errors
/// [`TokenError::Unverifiable`] if the document is another issuer's, or names no https URL.
pub fn key_set_url(issuer: &IssuerUrl, document: &[u8]) -> Result<String, TokenError> {
    let members = json::object(document)
        .map_err(|error| TokenError::unverifiable(format!("the discovery document: {error}")))?;
    if members.get("issuer").and_then(Value::as_str) != Some(issuer.as_str()) {
        return Err(TokenError::unverifiable(
            "the discovery document is another issuer's",
        ));
    }
    let url = members
        .get("jwks_uri")
        .and_then(Value::as_str)
        .ok_or_else(|| TokenError::unverifiable("the discovery document has no `jwks_uri`"))?;
    if !url.starts_with("https://") {
        return Err(TokenError::unverifiable("`jwks_uri` isn't https"));
    }
    Ok(url.to_owned())
}

#[cfg(test)]
mod tests;
