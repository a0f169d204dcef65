//! Reads one JSON Web Key (RFC 7517) of those types that verify signatures.

use aws_lc_rs::signature::{ParsedPublicKey, RsaPublicKeyComponents};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD_INDIFFERENT;
use serde_json::Value;

use crate::algorithm::{Algorithm, KeyType};

/// A key as often as it has algorithms, bound to one each time.
type BoundKeys = Vec<(Algorithm, ParsedPublicKey)>;

/// The key's id, and the key once for each algorithm that it may verify: an RSA key without `alg` serves all
/// three, a curve has one. `wanted` says whether keys of a type are to be read at all.
///
/// # Errors
/// Why the key is of no use here.
pub(super) fn read(
    jwk: &Value,
    wanted: impl Fn(KeyType) -> bool,
) -> Result<(Option<&str>, BoundKeys), &'static str> {
    let id = match jwk.get("kid") {
        None => None,
        Some(id) => Some(id.as_str().ok_or("`kid` isn't a string")?),
    };
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
    let keys = match jwk.get("kty").and_then(Value::as_str) {
        Some("RSA") if wanted(KeyType::Rsa) => rsa(jwk, declared)?,
        Some("EC") if wanted(KeyType::Ec) => vec![ec(jwk, declared)?],
        Some("RSA" | "EC") => return Err("too many keys of this type"),
        _ => return Err("`kty` isn't supported"),
    };
    Ok((id, keys))
}

fn rsa(jwk: &Value, declared: Option<Algorithm>) -> Result<BoundKeys, &'static str> {
    // Some issuers write a sign octet, which RFC 7518 section 6.3.1.1 forbids and which changes no value.
    let number = |name| {
        let bytes = octets(jwk, name)?;
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        Ok::<_, &'static str>(bytes.get(zeros..).unwrap_or_default().to_vec())
    };
    let (n, e) = (number("n")?, number("e")?);
    if !(MIN_MODULUS_BITS..=MAX_MODULUS_BITS).contains(&bits(&n)) || !is_odd(&n) {
        return Err("the modulus isn't an odd number of 2048 to 8192 bits");
    }
    if !is_odd(&e) || e == [1] || bits(&e) > 33 {
        return Err("the exponent isn't an odd number from 3 to 33 bits");
    }
    let components = RsaPublicKeyComponents { n, e };
    Algorithm::RSA
        .into_iter()
        .filter(|algorithm| declared.is_none_or(|declared| declared == *algorithm))
        .filter_map(|algorithm| Some((algorithm, algorithm.rsa()?)))
        .map(|(algorithm, parameters)| {
            let key = components
                .to_parsed_public_key(parameters)
                .map_err(|_| "not an RSA key")?;
            Ok((algorithm, key))
        })
        .collect::<Result<Vec<_>, _>>()
        .and_then(|keys| {
            if keys.is_empty() {
                Err("`alg` doesn't go with `kty`")
            } else {
                Ok(keys)
            }
        })
}

fn ec(
    jwk: &Value,
    declared: Option<Algorithm>,
) -> Result<(Algorithm, ParsedPublicKey), &'static str> {
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

const MIN_MODULUS_BITS: usize = 2048;
const MAX_MODULUS_BITS: usize = 8192;
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
