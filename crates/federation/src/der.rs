//! As much of DER as public keys need.

/// The numbers n and e of an RSAPublicKey in DER (RFC 8017, appendix A.1.1), big-endian without leading zeros.
pub(crate) fn rsa_numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (sequence, _) = element(der, SEQUENCE)?;
    let (modulus, rest) = element(sequence, INTEGER)?;
    let (exponent, _) = element(rest, INTEGER)?;
    Some((without_sign(modulus), without_sign(exponent)))
}

/// A SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7).
pub(crate) struct PublicKeyInfo<'d> {
    /// The algorithm's identifier.
    pub(crate) algorithm: &'d [u8],
    /// The algorithm's parameters, if they are an identifier: a curve.
    pub(crate) curve: Option<&'d [u8]>,
    /// The key.
    pub(crate) bits: &'d [u8],
}

/// Reads a SubjectPublicKeyInfo in DER.
pub(crate) fn public_key_info(der: &[u8]) -> Option<PublicKeyInfo<'_>> {
    let (info, rest) = element(der, SEQUENCE)?;
    rest.is_empty().then_some(())?;
    let (identifier, bits) = element(info, SEQUENCE)?;
    let (algorithm, parameters) = element(identifier, IDENTIFIER)?;
    let (bits, rest) = element(bits, BIT_STRING)?;
    rest.is_empty().then_some(())?;
    Some(PublicKeyInfo {
        algorithm,
        curve: element(parameters, IDENTIFIER).map(|(curve, _)| curve),
        // The first octet says how many bits of the last one don't count: none of a key's.
        bits: bits.strip_prefix(&[0])?,
    })
}

/// The private key inside of a PrivateKeyInfo (RFC 5958, section 2): of an RSA key, an RSAPrivateKey (RFC 8017).
pub(crate) fn pkcs8_private_key(der: &[u8]) -> Option<&[u8]> {
    let (info, _) = element(der, SEQUENCE)?;
    let (_, rest) = element(info, INTEGER)?;
    let (_, rest) = element(rest, SEQUENCE)?;
    element(rest, OCTET_STRING).map(|(key, _)| key)
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// The contents of the first element, which has to be of type `tag`, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        let length = bytes.iter().try_fold(0_usize, |length, byte| {
            length.checked_mul(256)?.checked_add(usize::from(*byte))
        })?;
        (length, rest)
    };
    (found == tag).then_some(())?;
    rest.split_at_checked(length)
}

/// DER puts a zero octet before a number whose first bit is set.
fn without_sign(number: &[u8]) -> &[u8] {
    number.strip_prefix(&[0]).unwrap_or(number)
}
