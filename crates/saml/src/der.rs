//! As much DER as it takes to find a certificate's public key.
//!
//! Identity providers use certificates as envelopes of keys: self-signed, expired, of version 1.
//! IAM evaluates none of that (IAM User Guide, "Create a SAML identity provider in IAM": the
//! expiration of certificates in metadata is not evaluated), so nothing but the key is read.

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

/// `SubjectPublicKeyInfo` of a certificate, as it stands there (RFC 5280, section 4.1).
pub(crate) fn public_key(certificate: &[u8]) -> Option<&[u8]> {
    let (outer, after) = element(certificate, SEQUENCE)?;
    if !after.is_empty() {
        return None;
    }
    let (mut rest, _) = element(outer, SEQUENCE)?;
    if rest.first() == Some(&VERSION) {
        (_, rest) = element(rest, VERSION)?;
    }
    (_, rest) = element(rest, INTEGER)?;
    // The signature's algorithm, the issuer, the validity, the subject.
    for _ in 0..4 {
        (_, rest) = element(rest, SEQUENCE)?;
    }
    let (_, after) = element(rest, SEQUENCE)?;
    rest.get(..rest.len() - after.len())
}

/// The object identifiers of a `SubjectPublicKeyInfo`: of the algorithm, and of its parameters if
/// they are one (the curve).
pub(crate) fn algorithm(public_key: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    const OBJECT_IDENTIFIER: u8 = 0x06;
    let (inner, _) = element(public_key, SEQUENCE)?;
    let (algorithm, _) = element(inner, SEQUENCE)?;
    let (kind, parameters) = element(algorithm, OBJECT_IDENTIFIER)?;
    let parameters = element(parameters, OBJECT_IDENTIFIER).map(|(it, _)| it);
    Some((kind, parameters))
}

/// PKCS #8 around an RSA key of PKCS #1.
pub(crate) fn pkcs8_of_rsa(key: &[u8]) -> zeroize::Zeroizing<Vec<u8>> {
    // Version 0, and the algorithm rsaEncryption without parameters (RFC 5958, RFC 8017).
    const HEAD: [u8; 18] = [
        INTEGER, 1, 0, SEQUENCE, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0,
    ];
    const OCTET_STRING: u8 = 0x04;
    let octets = header(OCTET_STRING, key.len());
    let outer = header(SEQUENCE, HEAD.len() + octets.len() + key.len());
    let mut whole = Vec::with_capacity(outer.len() + HEAD.len() + octets.len() + key.len());
    for part in [&outer[..], &HEAD, &octets, key] {
        whole.extend_from_slice(part);
    }
    zeroize::Zeroizing::new(whole)
}

/// Tag and length.
fn header(tag: u8, length: usize) -> Vec<u8> {
    let bytes = length.to_be_bytes();
    let first = bytes
        .iter()
        .position(|it| *it != 0)
        .unwrap_or(bytes.len() - 1);
    let length = &bytes[first..];
    match length {
        [short] if *short < 0x80 => vec![tag, *short],
        long => {
            let count = u8::try_from(long.len()).unwrap_or_default();
            let mut header = vec![tag, 0x80 | count];
            header.extend_from_slice(long);
            header
        }
    }
}

/// The content of the first element, which must have this tag, and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&[first, length], rest) = bytes.split_first_chunk::<2>()?;
    if first != tag {
        return None;
    }
    let (length, rest) = match length {
        short if short < 0x80 => (usize::from(short), rest),
        long => {
            let count = usize::from(long & 0x7f);
            if !(1..=4).contains(&count) {
                return None;
            }
            let (digits, rest) = rest.split_at_checked(count)?;
            let length = digits.iter().fold(0, |sum, it| sum << 8 | usize::from(*it));
            (length, rest)
        }
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_and_written() {
        for length in [0, 1, 127, 128, 255, 256, 70_000] {
            let mut whole = header(SEQUENCE, length);
            whole.extend(vec![7; length]);
            whole.push(9);
            let (content, rest) = element(&whole, SEQUENCE).unwrap();
            assert_eq!((content.len(), rest), (length, &[9][..]));
        }
    }

    #[test]
    fn what_is_cut_short_or_no_certificate_has_no_key() {
        let whole = [SEQUENCE, 3, SEQUENCE, 1, 0];
        for end in 0..whole.len() {
            assert_eq!(public_key(&whole[..end]), None);
        }
        assert_eq!(public_key(&whole), None);
        assert_eq!(element(&[SEQUENCE, 0x80], SEQUENCE), None);
        assert_eq!(element(&[SEQUENCE, 0x85, 0, 0, 0, 0, 0], SEQUENCE), None);
        assert_eq!(
            element(&[SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff], SEQUENCE),
            None
        );
    }
}
