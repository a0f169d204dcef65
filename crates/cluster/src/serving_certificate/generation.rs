//! A new authority and the certificate that it signs.

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use session::Secret;
use time::OffsetDateTime;
use x509_cert::der::Decode;

/// A certificate's life.
const LIFE: SignedDuration = SignedDuration::from_hours(24 * 365);
/// It counts from a little earlier, for clocks that are behind.
const EARLIER: SignedDuration = SignedDuration::from_hours(1);
const END: &str = "-----END CERTIFICATE-----";

/// A certificate, its key and its authority's certificate, each in PEM.
pub(super) struct Generated {
    pub(super) certificate: String,
    pub(super) key: Secret,
    pub(super) authority: String,
}

impl Generated {
    /// For a Service, by all names that the cluster has for it.
    pub(super) fn new(
        service: &str,
        namespace: &str,
        now: Timestamp,
    ) -> Result<Self, rcgen::Error> {
        let whole = format!("{service}.{namespace}.svc");
        let mut authority = CertificateParams::new(Vec::new())?;
        let name = format!("{whole} authority of {}", now.strftime("%Y-%m-%d"));
        authority.distinguished_name.push(DnType::CommonName, name);
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        valid(&mut authority, now);
        let authority_key = KeyPair::generate()?;
        let authority_certificate = authority.self_signed(&authority_key)?;

        let mut certificate = CertificateParams::new(vec![
            whole.clone(),
            service.to_owned(),
            format!("{service}.{namespace}"),
            format!("{whole}.cluster.local"),
        ])?;
        // A common name has at most 64 characters (RFC 5280, upper bounds); nobody reads it.
        if whole.len() <= 64 {
            certificate
                .distinguished_name
                .push(DnType::CommonName, whole);
        }
        certificate.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
        ];
        certificate.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        certificate.use_authority_key_identifier_extension = true;
        valid(&mut certificate, now);
        let key = KeyPair::generate()?;
        let issuer = Issuer::new(authority, authority_key);
        Ok(Self {
            certificate: certificate.signed_by(&key, &issuer)?.pem(),
            key: Secret::new(key.serialize_pem()),
            authority: authority_certificate.pem(),
        })
    }
}

fn valid(params: &mut CertificateParams, now: Timestamp) {
    params.not_before = date(now - EARLIER);
    params.not_after = date(now + LIFE);
}

fn date(at: Timestamp) -> OffsetDateTime {
    // Every year that a timestamp of ours can have is one of `time`'s.
    OffsetDateTime::from_unix_timestamp(at.as_second()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// When a certificate in PEM ends; `None` if it isn't one.
pub(super) fn ends(pem: &str) -> Option<Timestamp> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
    let certificate = x509_cert::Certificate::from_der(&der).ok()?;
    let end = certificate.tbs_certificate().validity().not_after;
    let seconds = end.to_unix_duration().as_secs();
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}

/// The first certificate of several in PEM.
pub(super) fn first(pem: &str) -> &str {
    match pem.find(END) {
        Some(at) => &pem[..at + END.len()],
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_says_when_it_ends() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let made = Generated::new("pod-identity-webhook", "daypass", now).unwrap();
        assert_eq!(ends(&made.certificate), Some(now + LIFE));
        assert_eq!(ends(&made.authority), Some(now + LIFE));
        assert_eq!(ends("nothing"), None);
        assert!(!format!("{:?}", made.key).contains("PRIVATE"));
    }

    #[test]
    fn names_that_are_too_long_for_a_common_name_are_left_out_of_it() {
        let now = Timestamp::now();
        let made = Generated::new(&"s".repeat(63), &"n".repeat(63), now).unwrap();
        assert!(ends(&made.certificate).is_some());
    }

    #[test]
    fn the_first_of_several_is_told() {
        let now = Timestamp::now();
        let one = Generated::new("a", "b", now).unwrap().authority;
        let two = Generated::new("a", "b", now).unwrap().authority;
        assert_eq!(first(&format!("{one}{two}")).trim(), one.trim());
        assert_eq!(first(""), "");
    }
}
