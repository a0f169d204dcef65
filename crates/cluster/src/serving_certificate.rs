//! A certificate that the webhook makes for itself, kept in a Secret that its replicas share.
//!
//! Each certificate has an authority of its own, whose key is thrown away once it has signed. The
//! Secret's `ca.crt` holds the newest authority and the one before, so that a replica with either
//! certificate is trusted while they change.

mod ca_bundle;
mod generation;
mod verified;

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, ObjectMeta, PostParams};
use kube::{Client, ResourceExt};
use thiserror::Error;

use crate::refusal::said;

pub use ca_bundle::trust;
use generation::Generated;

/// A certificate is replaced this long before its end.
const BEFORE_END: jiff::SignedDuration = jiff::SignedDuration::from_hours(24 * 120);
/// How often a Secret is read again when another replica was faster.
const ATTEMPTS: usize = 5;

/// Where the certificate is kept, and whose it is.
#[derive(Debug, Clone)]
pub struct Place {
    /// The webhook's namespace.
    pub namespace: String,
    /// The Secret's name.
    pub secret: String,
    /// The Service's name.
    pub service: String,
}

/// A certificate with its key.
#[derive(Clone, PartialEq, Eq)]
pub struct ServingCertificate {
    /// In PEM.
    pub certificate: String,
    /// In PEM.
    pub key: session::Secret,
    /// Whom API servers have to trust, in PEM: the newest authority and the one before.
    pub authorities: String,
}

/// Why there is no certificate.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// The cluster refused, or could not be reached.
    #[error("the Secret {namespace}/{secret} can't be {action}: {}", said(cause))]
    Cluster {
        /// What was to be done.
        action: &'static str,
        /// The Secret's namespace.
        namespace: String,
        /// The Secret's name.
        secret: String,
        /// What the cluster said.
        cause: Box<kube::Error>,
    },
    /// Other replicas changed the Secret over and over.
    #[error("the Secret {0}/{1} changes all the time")]
    Contended(String, String),
    /// The certificate could not be made.
    #[error("a certificate can't be made: {0}")]
    Generation(#[from] rcgen::Error),
}

impl ServingCertificate {
    /// The certificate in the Secret; a new one is made and kept there if there is none that
    /// serves, or its end is near. `previous` is the one in use, which API servers go on trusting
    /// until it is replaced, also when the Secret has been deleted.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub async fn obtain(
        client: &Client,
        place: &Place,
        previous: Option<&Self>,
        now: Timestamp,
    ) -> Result<Self, CertificateError> {
        let api: Api<Secret> = Api::namespaced(client.clone(), &place.namespace);
        for _ in 0..ATTEMPTS {
            let found = api.get_opt(&place.secret).await;
            let found = found.map_err(|source| place.error("read", source))?;
            let kept = found.as_ref().and_then(Self::read);
            if let Some(kept) = kept.as_ref()
                && generation::ends(&kept.certificate).is_some_and(|end| now + BEFORE_END < end)
                && verified::serves(kept, &place.host(), now)
            {
                return Ok(kept.clone());
            }
            let mut made = Self::from(Generated::new(&place.service, &place.namespace, now)?);
            let before = [kept.as_ref(), previous].into_iter().flatten();
            let mut before = before.map(|it| generation::first(&it.authorities));
            // One that is no certificate would spoil the whole bundle.
            if let Some(before) = before.find(|it| generation::ends(it).is_some()) {
                made.authorities.push_str(before);
            }
            // With the version that was read, a change by another replica is not undone.
            let version = found.as_ref().and_then(ResourceExt::resource_version);
            let (secret, by) = (made.secret(place, version), PostParams::default());
            let written = match found {
                None => api.create(&by, &secret).await,
                Some(_) => api.replace(&place.secret, &by, &secret).await,
            };
            match written {
                Ok(_) => return Ok(made),
                Err(kube::Error::Api(status)) if status.code == 409 => {}
                Err(source) => return Err(place.error("written", source)),
            }
        }
        let (namespace, secret) = (place.namespace.clone(), place.secret.clone());
        Err(CertificateError::Contended(namespace, secret))
    }

    fn read(secret: &Secret) -> Option<Self> {
        let data = secret.data.as_ref()?;
        let text = |name: &str| String::from_utf8(data.get(name)?.0.clone()).ok();
        Some(Self {
            certificate: text("tls.crt")?,
            key: session::Secret::new(text("tls.key")?),
            authorities: text("ca.crt")?,
        })
    }

    fn secret(&self, place: &Place, version: Option<String>) -> Secret {
        let texts = [
            ("tls.crt", self.certificate.as_bytes()),
            ("tls.key", self.key.expose()),
            ("ca.crt", self.authorities.as_bytes()),
        ];
        let data: BTreeMap<_, _> = texts
            .into_iter()
            .map(|(name, text)| (name.to_owned(), ByteString(text.into())))
            .collect();
        let managed = ("app.kubernetes.io/managed-by", "daypass");
        Secret {
            metadata: ObjectMeta {
                name: Some(place.secret.clone()),
                namespace: Some(place.namespace.clone()),
                resource_version: version,
                labels: Some(BTreeMap::from([managed].map(|(k, v)| (k.into(), v.into())))),
                ..ObjectMeta::default()
            },
            type_: Some("kubernetes.io/tls".to_owned()),
            data: Some(data),
            ..Secret::default()
        }
    }
}

impl Place {
    /// The name by which API servers call it.
    fn host(&self) -> String {
        format!("{}.{}.svc", self.service, self.namespace)
    }

    fn error(&self, action: &'static str, source: kube::Error) -> CertificateError {
        CertificateError::Cluster {
            action,
            namespace: self.namespace.clone(),
            secret: self.secret.clone(),
            cause: Box::new(source),
        }
    }
}

impl From<Generated> for ServingCertificate {
    fn from(made: Generated) -> Self {
        Self {
            certificate: made.certificate,
            key: made.key,
            authorities: made.authority,
        }
    }
}
