//! Whether API servers accept a certificate.

use std::sync::Arc;

use jiff::Timestamp;
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;

use super::ServingCertificate;

/// Whether a server can use the certificate with its key, and whoever trusts its authorities
/// accepts it for a host. What somebody else has written into the Secret may be anything.
pub(super) fn serves(of: &ServingCertificate, host: &str, now: Timestamp) -> bool {
    verified(of, host, now).is_some()
}

fn verified(of: &ServingCertificate, host: &str, now: Timestamp) -> Option<()> {
    let chain = certificates(&of.certificate)?;
    let provider = Arc::new(default_provider());
    let mut trusted = RootCertStore::empty();
    for authority in certificates(&of.authorities)? {
        trusted.add(authority).ok()?;
    }
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(trusted), Arc::clone(&provider))
            .build()
            .ok()?;
    let seconds = u64::try_from(now.as_second()).ok()?;
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    let (first, others) = chain.split_first()?;
    let host = ServerName::try_from(host).ok()?;
    verifier
        .verify_server_cert(first, others, &host, &[], now)
        .ok()?;
    let key = PrivateKeyDer::from_pem_slice(of.key.expose()).ok()?;
    CertifiedKey::from_der(chain, key, &provider).ok()?;
    Some(())
}

fn certificates(pem: &str) -> Option<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_slice_iter(pem.as_bytes());
    read.collect::<Result<_, _>>().ok()
}

#[cfg(test)]
mod tests {
    use session::Secret;

    use super::super::generation::Generated;
    use super::*;

    #[test]
    fn only_a_whole_certificate_for_the_host_serves() {
        let now = Timestamp::now();
        let made =
            |service: &str| ServingCertificate::from(Generated::new(service, "ns", now).unwrap());
        let (good, other) = (made("hook"), made("hook"));
        assert!(serves(&good, "hook.ns.svc", now));
        assert!(!serves(&good, "other.ns.svc", now), "another host");
        let later = now + jiff::SignedDuration::from_hours(24 * 400);
        assert!(!serves(&good, "hook.ns.svc", later), "it has ended");
        let with = |certificate: &str, key: &Secret, authorities: &str| ServingCertificate {
            certificate: certificate.to_owned(),
            key: key.clone(),
            authorities: authorities.to_owned(),
        };
        let both = format!("{}{}", other.authorities, good.authorities);
        assert!(serves(
            &with(&good.certificate, &good.key, &both),
            "hook.ns.svc",
            now
        ));
        for (what, bad) in [
            (
                "another's key",
                with(&good.certificate, &other.key, &good.authorities),
            ),
            (
                "no key",
                with(&good.certificate, &Secret::new("x"), &good.authorities),
            ),
            (
                "another's authority",
                with(&good.certificate, &good.key, &other.authorities),
            ),
            ("no authority", with(&good.certificate, &good.key, "")),
            ("no certificate", with("x", &good.key, &good.authorities)),
        ] {
            assert!(!serves(&bad, "hook.ns.svc", now), "{what}");
        }
    }
}
