//! Private keys of server certificates.

use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair,
};

use super::pem;

/// Why a text is no private key that IAM takes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// It has a passphrase.
    Encrypted,
    /// It is no PEM of an RSA or an elliptic curve key.
    Unreadable,
}

/// The public key that belongs to a private one: its bits as a certificate has them.
pub(super) fn public_key(text: &str) -> Result<Vec<u8>, Unusable> {
    // As a label (PKCS #8) or a header of a block (RFC 1421, with `Proc-Type`).
    if text.contains("ENCRYPTED") {
        return Err(Unusable::Encrypted);
    }
    let blocks = pem::blocks(text).ok_or(Unusable::Unreadable)?;
    // OpenSSL writes the curve's name ahead of a key.
    let keys = blocks.iter().filter(|block| block.label != "EC PARAMETERS");
    let [key] = *keys.collect::<Vec<_>>() else {
        return Err(Unusable::Unreadable);
    };
    let der = &key.der;
    let public = match key.label {
        "PRIVATE KEY" => rsa::KeyPair::from_pkcs8(der)
            .map(|pair| bits(&pair))
            .ok()
            .or_else(|| on_a_curve(|curve| EcdsaKeyPair::from_pkcs8(curve, der).ok())),
        "RSA PRIVATE KEY" => rsa::KeyPair::from_der(der).map(|pair| bits(&pair)).ok(),
        "EC PRIVATE KEY" => on_a_curve(|curve| EcdsaKeyPair::from_private_key_der(curve, der).ok()),
        _ => None,
    };
    public.ok_or(Unusable::Unreadable)
}

fn on_a_curve(
    read: impl Fn(&'static EcdsaSigningAlgorithm) -> Option<EcdsaKeyPair>,
) -> Option<Vec<u8>> {
    CURVES
        .iter()
        .find_map(|curve| read(curve))
        .map(|pair| bits(&pair))
}

fn bits(pair: &impl KeyPair) -> Vec<u8> {
    pair.public_key().as_ref().to_vec()
}

static CURVES: [&EcdsaSigningAlgorithm; 3] = [
    &ECDSA_P256_SHA256_ASN1_SIGNING,
    &ECDSA_P384_SHA384_ASN1_SIGNING,
    &ECDSA_P521_SHA512_ASN1_SIGNING,
];
