//! Reads one JSON Web Key (RFC 7517) of those types that verify signatures.

use aws_lc_rs::signature::{ED25519, ParsedPublicKey, RsaPublicKeyComponents};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD_INDIFFERENT;
use serde_json::Value;

use super::VerificationKey;
use crate::algorithm::{Algorithm, KeyType};

/// The key's id, and the key with the one algorithm that it verifies: what `alg` says. Without `alg` a curve has only one,
/// and an RSA key is for RS256, the algorithm of an issuer that doesn't say (OpenID Connect Registration 1.0,
/// `id_token_signed_response_alg`): the token must not choose between PKCS #1 and PSS, nor between hashes.
/// `wanted` says whether keys of a type are to be read at all.
///
/// # Errors
/// Why the key is of no use here.
pub(super) fn read(
    jwk: &Value,
    wanted: impl Fn(KeyType) -> bool,
) -> Result<(Option<&str>, VerificationKey), &'static str> {
    let id = match jwk.get("kid") {
        None => None,
        Some(id) => Some(id.as_str().ok_or("`kid` isn't a string")?),
    };
    if id.is_some_and(|id| id.len() > MAX_ID) {
        return Err("`kid` is longer than 1024 bytes");
    }
    match jwk.get("use") {
        None => {}
        Some(usage) if usage == "sig" => {}
        Some(_) => return Err("`use` isn't `sig`"),
    }
    match jwk.get("key_ops") {
        None => {}
        Some(Value::Array(operations)) if operations.iter().any(|name| name == "verify") => {}
        Some(_) => return Err("`key_ops` doesn't list `verify`"),
    }
    let declared = match jwk.get("alg") {
        None => None,
        Some(name) => Some(
            name.as_str()
                .and_then(Algorithm::from_name)
                .ok_or("`alg` isn't supported")?,
        ),
    };
    let (key_type, parse): (_, Parse) = match jwk.get("kty").and_then(Value::as_str) {
        Some("RSA") => (KeyType::Rsa, rsa),
        Some("EC") => (KeyType::Ec, ec),
        Some("OKP") => (KeyType::Okp, okp),
        _ => return Err("`kty` isn't supported"),
    };
    if !wanted(key_type) {
        return Err("too many keys of this type");
    }
    let (algorithm, key) = parse(jwk, declared)?;
    Ok((id, VerificationKey::new(algorithm, key)))
}

type Parsed = Result<(Algorithm, ParsedPublicKey), &'static str>;
type Parse = fn(&Value, Option<Algorithm>) -> Parsed;

fn rsa(jwk: &Value, declared: Option<Algorithm>) -> Parsed {
    // Some issuers write a sign octet, which RFC 7518 section 6.3.1.1 forbids and which changes no value.
    let number = |name| {
        let bytes = octets(jwk, name)?;
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        Ok::<_, &'static str>(bytes.get(zeros..).unwrap_or_default().to_vec())
    };
    let algorithm = declared.unwrap_or(Algorithm::Rs256);
    let parameters = algorithm.rsa().ok_or("`alg` doesn't go with `kty`")?;
    let (n, e) = (number("n")?, number("e")?);
    if !(MIN_MODULUS_BITS..=MAX_MODULUS_BITS).contains(&bits(&n)) || !is_odd(&n) {
        return Err("the modulus isn't an odd number of 2048 to 8192 bits");
    }
    if !is_odd(&e) || e == [1] || bits(&e) > 33 {
        return Err("the exponent isn't an odd number from 3 to 33 bits");
    }
    let key = RsaPublicKeyComponents { n, e }
        .to_parsed_public_key(parameters)
        .map_err(|_| "not an RSA key")?;
    Ok((algorithm, key))
}

fn ec(jwk: &Value, declared: Option<Algorithm>) -> Parsed {
    let (algorithm, length) = jwk
        .get("crv")
        .and_then(Value::as_str)
        .and_then(Algorithm::of_curve)
        .ok_or("`crv` isn't supported")?;
    if declared.is_some_and(|declared| declared != algorithm) {
        return Err("`alg` doesn't go with `crv`");
    }
    let (x, y) = (octets(jwk, "x")?, octets(jwk, "y")?);
    if x.len() != length || y.len() != length {
        return Err("a coordinate isn't as long as the curve's field");
    }
    let point = [&[UNCOMPRESSED][..], &x, &y].concat();
    let parameters = algorithm.ecdsa().ok_or("`crv` isn't supported")?;
    // Parsing checks that the point is on the curve.
    let key = ParsedPublicKey::new(parameters, point).map_err(|_| "not a point on the curve")?;
    Ok((algorithm, key))
}

/// Ed25519 (RFC 8037, section 2). X25519 keys don't sign, and Ed448 isn't supported.
fn okp(jwk: &Value, declared: Option<Algorithm>) -> Parsed {
    if jwk.get("crv").and_then(Value::as_str) != Some("Ed25519") {
        return Err("`crv` isn't supported");
    }
    if declared.is_some_and(|declared| declared != Algorithm::EdDsa) {
        return Err("`alg` doesn't go with `crv`");
    }
    let x = octets(jwk, "x")?;
    if x.len() != ED25519_LENGTH {
        return Err("a coordinate isn't as long as the curve's field");
    }
    let key = ParsedPublicKey::new(&ED25519, x).map_err(|_| "not a point on the curve")?;
    Ok((Algorithm::EdDsa, key))
}

/// The longest key id, in bytes: a JOSE header of that size is no token's.
const MAX_ID: usize = 1024;
const MIN_MODULUS_BITS: usize = 2048;
const MAX_MODULUS_BITS: usize = 8192;
/// The bytes of an Ed25519 public key (RFC 8032, section 5.1.5).
const ED25519_LENGTH: usize = 32;
/// What a point's encoding begins with if both coordinates follow (SEC 1, section 2.3.3).
const UNCOMPRESSED: u8 = 4;

fn octets(jwk: &Value, name: &'static str) -> Result<Vec<u8>, &'static str> {
    let text = jwk
        .get(name)
        .and_then(Value::as_str)
        .ok_or("a member of the key is missing")?;
    URL_SAFE_NO_PAD_INDIFFERENT
        .decode(text)
        .map_err(|_| "a member of the key isn't base64url")
}

/// The length of a big-endian number without leading zero octets.
fn bits(number: &[u8]) -> usize {
    match number.first() {
        None => 0,
        Some(first) => number.len() * 8 - first.leading_zeros() as usize,
    }
}

fn is_odd(number: &[u8]) -> bool {
    number.last().is_some_and(|last| last % 2 == 1)
}
