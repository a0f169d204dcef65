//! The webhook's own certificate: kept in a Secret, trusted by the webhook's configuration, and
//! replaced in time.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Error, Result, anyhow};
use cluster::said;
use cluster::serving_certificate::{CertificateError, Place, ServingCertificate, trust};
use jiff::Timestamp;
use kube::Client;
use tokio::time::sleep;

use crate::tls::{Certificate, certified};

/// How often the Secret and the configuration are looked at.
const EVERY: Duration = Duration::from_secs(5);
/// The same while something is amiss.
const AMISS: Duration = Duration::from_secs(2);
/// How long API servers may take to notice that a new authority is trusted.
const NOTICED: Duration = Duration::from_secs(10);

/// A certificate that is looked after.
pub(crate) struct SelfSigned {
    client: Client,
    place: Place,
    configuration: String,
    current: ServingCertificate,
    certificate: Arc<Certificate>,
}

impl SelfSigned {
    /// Takes the certificate in the Secret, or makes one.
    pub(crate) async fn new(client: Client, place: Place, configuration: String) -> Result<Self> {
        let obtained = ServingCertificate::obtain(&client, &place, None, Timestamp::now()).await;
        let current = obtained.map_err(explained)?;
        let certificate = Certificate::new(usable(&current)?);
        Ok(Self {
            client,
            place,
            configuration,
            current,
            certificate,
        })
    }

    /// The certificate that connections get.
    pub(crate) fn certificate(&self) -> Arc<Certificate> {
        Arc::clone(&self.certificate)
    }

    /// Keeps the certificate, and who trusts it, up to date; does not end.
    pub(crate) async fn look_after(mut self) {
        let mut told = String::new();
        loop {
            let pause = match self.look().await {
                Ok(()) => {
                    told.clear();
                    EVERY
                }
                Err(error) => {
                    let error = format!("{error:#}");
                    if error != told {
                        tracing::warn!(error, "the webhook's certificate is not in order");
                        told = error;
                    }
                    AMISS
                }
            };
            sleep(pause).await;
        }
    }

    async fn look(&mut self) -> Result<()> {
        let (now, current) = (Timestamp::now(), Some(&self.current));
        let found = ServingCertificate::obtain(&self.client, &self.place, current, now).await?;
        // Trusted before it is shown, so that no call fails in between.
        let configuration = &self.configuration;
        let told = trust(&self.client, configuration, &found.authorities).await;
        let told = told.map_err(|error| {
            let said = said(&error);
            anyhow!("API servers can't be told by {configuration} whom to trust: {said}")
        })?;
        if told {
            tracing::info!(configuration, "API servers were told whom to trust");
        }
        if found != self.current {
            sleep(NOTICED).await;
            self.certificate.replace(usable(&found)?);
            self.current = found;
            tracing::info!("the webhook's certificate was replaced");
        }
        Ok(())
    }
}

fn usable(certificate: &ServingCertificate) -> Result<rustls::sign::CertifiedKey> {
    certified(certificate.certificate.as_bytes(), certificate.key.expose())
}

/// With the command that comes next.
fn explained(error: CertificateError) -> Error {
    let CertificateError::Cluster {
        namespace, cause, ..
    } = &error
    else {
        return error.into();
    };
    let kube::Error::Api(status) = cause.as_ref() else {
        return error.into();
    };
    // A Secret that isn't there is none to read; what is missing is the namespace.
    if status.is_not_found() {
        return anyhow!(
            "{error}; `kubectl create namespace {namespace}` makes it, --namespace names another, and \
             with --tls-cert and --tls-key no Secret is needed"
        );
    }
    if status.is_forbidden() {
        return anyhow!(
            "{error}; the webhook needs the verbs get, create and update on secrets in the namespace: \
             `kubectl auth can-i --list -n {namespace}` lists what whoever asks may do"
        );
    }
    error.into()
}
