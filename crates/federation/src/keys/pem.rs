//! Public keys in PEM, as a cluster keeps them: `sa.pub` of kubeadm, `serviceaccount-signer.public` of ccoctl.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::signature::{ED25519, ParsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::InvalidKeys;
use crate::algorithm::Algorithm;
use crate::der::{public_key_info, rsa_numbers};

/// The JWKs of the public keys in a PEM text. Their ids are those that kube-apiserver gives to the keys of
/// `--service-account-key-file`: base64url of the SHA-256 of the SubjectPublicKeyInfo in DER. RSA keys are for RS256.
pub(super) fn jwks(text: &str) -> Result<Vec<Value>, InvalidKeys> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let malformed = InvalidKeys::Pem("a block has no end");
        let (label, after) = after.split_once("-----").ok_or(malformed.clone())?;
        let (body, after) = after.split_once("-----END ").ok_or(malformed)?;
        match label {
            "PUBLIC KEY" => keys.push(jwk(&decode(body)?)?),
            "RSA PUBLIC KEY" => {
                return Err(InvalidKeys::Pem(
                    "`RSA PUBLIC KEY` is an older form; `openssl rsa -RSAPublicKey_in -pubout` makes a `PUBLIC KEY` of it",
                ));
            }
            private if private.ends_with("PRIVATE KEY") => return Err(InvalidKeys::Private),
            _ => return Err(InvalidKeys::Pem("a block is no `PUBLIC KEY`")),
        }
        rest = after;
    }
    Ok(keys)
}

fn decode(body: &str) -> Result<Vec<u8>, InvalidKeys> {
    let text: String = body.split_ascii_whitespace().collect();
    STANDARD
        .decode(text)
        .map_err(|_| InvalidKeys::Pem("a block isn't base64"))
}

fn jwk(der: &[u8]) -> Result<Value, InvalidKeys> {
    let unknown = || InvalidKeys::Pem("a key is neither RSA nor ECDSA nor Ed25519");
    let info = public_key_info(der).ok_or(InvalidKeys::Pem("a block holds no public key"))?;
    let bits = info.bits;
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    // What `jwk::read` refuses afterwards (short keys, points off the curve) has no id here.
    let unusable = |_| InvalidKeys::Pem("a key can't be used");
    let id = |key: &ParsedPublicKey| -> Result<String, InvalidKeys> {
        let info = AsDer::<PublicKeyX509Der<'_>>::as_der(key)
            .map_err(|_| InvalidKeys::Pem("a key can't be encoded"))?;
        Ok(encode(digest(&SHA256, info.as_ref()).as_ref()))
    };
    match (info.algorithm, info.curve) {
        (RSA_ENCRYPTION, None) => {
            let (n, e) = rsa_numbers(bits).ok_or_else(unknown)?;
            let parameters = Algorithm::Rs256.rsa().ok_or_else(unknown)?;
            let key = ParsedPublicKey::new(parameters, bits).map_err(unusable)?;
            Ok(json!({
                "kty": "RSA", "kid": id(&key)?, "alg": Algorithm::Rs256.name(), "n": encode(n), "e": encode(e),
            }))
        }
        (EC_PUBLIC_KEY, Some(curve)) => {
            let curves = CURVES.iter().find(|(oid, _)| *oid == curve);
            let name = curves.map(|(_, name)| *name).ok_or_else(unknown)?;
            let (algorithm, length) = Algorithm::of_curve(name).ok_or_else(unknown)?;
            let parameters = algorithm.ecdsa().ok_or_else(unknown)?;
            let key = ParsedPublicKey::new(parameters, bits).map_err(unusable)?;
            let point = bits.strip_prefix(&[4]).ok_or_else(unknown)?;
            let (x, y) = point.split_at_checked(length).ok_or_else(unknown)?;
            Ok(json!({
                "kty": "EC", "kid": id(&key)?, "alg": algorithm.name(), "crv": name, "x": encode(x), "y": encode(y),
            }))
        }
        (ID_ED25519, None) => {
            let key = ParsedPublicKey::new(&ED25519, bits).map_err(unusable)?;
            Ok(json!({
                "kty": "OKP", "kid": id(&key)?, "alg": Algorithm::EdDsa.name(), "crv": "Ed25519", "x": encode(bits),
            }))
        }
        _ => Err(unknown()),
    }
}

/// 1.2.840.113549.1.1.1 (RFC 8017, appendix C).
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// 1.2.840.10045.2.1 (RFC 5480, section 2.1.1).
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// 1.3.101.112 (RFC 8410, section 3).
const ID_ED25519: &[u8] = &[0x2b, 0x65, 0x70];
/// The curves (RFC 5480, section 2.1.1.1).
const CURVES: [(&[u8], &str); 3] = [
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07], "P-256"),
    (&[0x2b, 0x81, 0x04, 0x00, 0x22], "P-384"),
    (&[0x2b, 0x81, 0x04, 0x00, 0x23], "P-521"),
];
