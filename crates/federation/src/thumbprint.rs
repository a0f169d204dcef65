//! The thumbprint that a provider is registered with.

use aws_lc_rs::digest;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// The SHA-1 of the last certificate of a chain in PEM, 40 hexadecimal digits: what ccoctl and rosa register of the chain that
/// the issuer's web server presents. `None` if there is no certificate.
#[must_use]
pub fn chain_thumbprint(pem: &[u8]) -> Option<String> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let chain = chain.ok()?;
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, chain.last()?);
    Some(
        hash.as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_last_certificates() {
        let pem = |text: &str| {
            use base64::Engine;
            let body = base64::engine::general_purpose::STANDARD.encode(text);
            format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
        };
        let chain = pem("leaf") + &pem("abc");
        // FIPS 180-4's example.
        let expected = "a9993e364706816aba3e25717850c26c9cd0d89d";
        assert_eq!(
            chain_thumbprint(chain.as_bytes()).as_deref(),
            Some(expected)
        );
        assert_eq!(chain_thumbprint(b"no certificate"), None);
    }
}
