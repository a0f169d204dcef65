//! A certificate with its private key and its chain, as they are uploaded together.

use jiff::Timestamp;

use super::credential_faults::{key_pair_mismatch, malformed_certificate, unreadable_certificate};
use super::private_key::{self, Unusable};
use super::x509::Certificate;
use crate::wire::{Fault, Secret};

/// Parts that belong together.
pub(super) struct CertificateBundle {
    pub(super) body: String,
    pub(super) chain: Option<String>,
    pub(super) expires: Timestamp,
}

impl CertificateBundle {
    /// Reads the parts, and holds them against each other (IAM User Guide, "Manage server
    /// certificates in IAM": PEM, no passphrase, valid now, the key is the certificate's, each
    /// certificate of the chain has signed the one before it).
    ///
    /// # Errors
    /// `MalformedCertificate`, `KeyPairMismatch`.
    pub(super) fn check(
        body: String,
        key: &Secret,
        chain: Option<String>,
        now: Timestamp,
    ) -> Result<Self, Fault> {
        let certificate = Certificate::one(&body).ok_or_else(unreadable_certificate)?;
        certificate.valid_at(now).map_err(malformed_certificate)?;
        let public_key = private_key::public_key(key.reveal()).map_err(|unusable| {
            malformed_certificate(match unusable {
                Unusable::Encrypted => "Encrypted private keys are not supported.",
                Unusable::Unreadable => {
                    "Unable to parse private key. Please ensure the private key is in PEM format."
                }
            })
        })?;
        if public_key != certificate.public_key() {
            return Err(key_pair_mismatch());
        }
        let expires = certificate.not_after;
        if let Some(chain) = &chain {
            check_chain(certificate, chain)?;
        }
        Ok(Self {
            body: body.trim_ascii().to_owned(),
            chain: chain.map(|chain| chain.trim_ascii().to_owned()),
            expires,
        })
    }
}

fn check_chain(leaf: Certificate, chain: &str) -> Result<(), Fault> {
    let chain = Certificate::all(chain).ok_or_else(|| malformed_certificate(CHAIN))?;
    let mut signed = leaf;
    for (index, issuer) in chain.into_iter().enumerate() {
        if !signed.is_issued_by(&issuer) {
            return Err(malformed_certificate(format!(
                "{CHAIN} The index within the chain of the invalid certificate is: {index}"
            )));
        }
        signed = issuer;
    }
    Ok(())
}

const CHAIN: &str = "Unable to validate certificate chain. The certificate chain must start with \
                     the immediate signing certificate, followed by any intermediaries in order.";
