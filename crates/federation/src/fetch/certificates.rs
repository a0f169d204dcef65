//! Whether an issuer's server is trusted: by a root certificate, else by a registered thumbprint.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_lc_rs::digest;
use jiff::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::time_provider::TimeProvider;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use crate::error::TokenError;

/// The TLS configuration for one fetch. `untrusted` is set if a server's chain leads to no root and no thumbprint.
pub(super) fn client_config(
    provider: &Arc<CryptoProvider>,
    roots: Arc<RootCertStore>,
    thumbprints: &[String],
    now: Timestamp,
    untrusted: Arc<AtomicBool>,
) -> Result<ClientConfig, TokenError> {
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    let verifier = IssuerCertificate {
        provider: Arc::clone(provider),
        roots,
        thumbprints: thumbprints
            .iter()
            .filter_map(|text| thumbprint(text))
            .collect(),
        untrusted,
    };
    let config = ClientConfig::builder_with_details(Arc::clone(provider), Arc::new(Frozen(time)))
        .with_safe_default_protocol_versions()
        .map_err(|error| TokenError::unreachable(format!("no TLS: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}

/// The time of the fetch, for the certificates' dates.
#[derive(Debug)]
struct Frozen(UnixTime);

impl TimeProvider for Frozen {
    fn current_time(&self) -> Option<UnixTime> {
        Some(self.0)
    }
}

type Thumbprint = [u8; digest::SHA1_OUTPUT_LEN];

/// The usual check against roots, then the provider's thumbprints: AWS relies on its own library of trusted roots
/// and looks at thumbprints only for servers that don't chain to one (IAM User Guide, "Obtain the thumbprint for
/// an OpenID Connect identity provider"). Name, dates and handshake signature are checked either way.
#[derive(Debug)]
struct IssuerCertificate {
    provider: Arc<CryptoProvider>,
    roots: Arc<RootCertStore>,
    thumbprints: Vec<Thumbprint>,
    untrusted: Arc<AtomicBool>,
}

impl IssuerCertificate {
    /// Whether a registered certificate stands behind the server's, `failure` being what the roots said.
    ///
    /// A thumbprint of the server's own certificate suffices by itself. Any other must be that of a certificate
    /// which really issued the chain: it becomes the root of a second check, so a registered certificate that is
    /// merely sent along vouches for nothing.
    fn is_pinned(
        &self,
        end_entity: &CertificateDer<'_>,
        parsed: &ParsedCertificate<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
        failure: &Error,
    ) -> bool {
        // webpki checks the dates of the server's certificate before anything that these two stand for: no known
        // issuer, or a self-signed certificate that is marked as a CA, as `openssl req -x509` makes them.
        let dates_are_fine = matches!(
            failure,
            Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::Other(_))
        );
        if dates_are_fine && self.is_registered(end_entity) {
            return true;
        }
        let registered = intermediates
            .iter()
            .filter(|certificate| self.is_registered(certificate));
        registered.into_iter().any(|certificate| {
            let mut anchor = RootCertStore::empty();
            anchor.add(certificate.clone().into_owned()).is_ok()
                && self.chains_to(parsed, &anchor, intermediates, now).is_ok()
        })
    }

    fn chains_to(
        &self,
        parsed: &ParsedCertificate<'_>,
        roots: &RootCertStore,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let algorithms = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(parsed, roots, intermediates, now, algorithms)
    }

    fn is_registered(&self, certificate: &CertificateDer<'_>) -> bool {
        let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, certificate);
        self.thumbprints
            .iter()
            .any(|thumbprint| thumbprint == hash.as_ref())
    }
}

impl ServerCertVerifier for IssuerCertificate {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let parsed = ParsedCertificate::try_from(end_entity)?;
        if let Err(error) = self.chains_to(&parsed, &self.roots, intermediates, now)
            && !self.is_pinned(end_entity, &parsed, intermediates, now, &error)
        {
            self.untrusted.store(true, Ordering::Relaxed);
            return Err(error);
        }
        verify_server_name(&parsed, server_name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Reads 40 hexadecimal digits of either case. Anything else can't match a certificate and is left out.
fn thumbprint(text: &str) -> Option<Thumbprint> {
    let mut bytes = [0; digest::SHA1_OUTPUT_LEN];
    if !text.is_ascii() || text.len() != bytes.len() * 2 {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        let digits = text.get(index * 2..index * 2 + 2)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbprints_are_forty_hexadecimal_digits() {
        let text = "00ff0a0B00000000000000000000000000000001";
        assert_eq!(thumbprint(text).unwrap()[..4], [0, 0xff, 0x0a, 0x0b]);
        for text in [
            "",
            "00",
            "+0ff0a0B00000000000000000000000000000001",
            &"g".repeat(40),
            &"\u{e9}".repeat(20),
        ] {
            assert_eq!(thumbprint(text), None, "{text}");
        }
    }
}
