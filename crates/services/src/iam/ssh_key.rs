//! Public keys for SSH, in the formats that IAM takes: a line of OpenSSH's (RFC 4253) and PEM.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use x509_cert::der::asn1::UintRef;
use x509_cert::der::{self, Decode, Reader, SliceReader};

use super::pem;

/// An RSA public key.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SshKey {
    /// `SubjectPublicKeyInfo` in DER.
    der: Vec<u8>,
    /// Big-endian, without leading zeros.
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

/// Why a text is no public key that IAM takes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// In no known format, or of another algorithm.
    Unrecognized,
    /// In a known format, and malformed or too short.
    Invalid,
}

impl SshKey {
    /// Reads a key in either format.
    pub(super) fn parse(text: &str) -> Result<Self, Unusable> {
        let text = text.trim_ascii();
        match text.strip_prefix("ssh-rsa") {
            Some(rest) => Self::of_line(rest).ok_or(Unusable::Invalid),
            None if text.starts_with("-----BEGIN ") => {
                let blocks = pem::blocks(text).ok_or(Unusable::Invalid)?;
                match blocks.as_slice() {
                    [block] if LABELS.contains(&block.label) => {
                        Self::of_der(&block.der).ok_or(Unusable::Invalid)
                    }
                    _ => Err(Unusable::Unrecognized),
                }
            }
            None => Err(Unusable::Unrecognized),
        }
    }

    /// Reads a `SubjectPublicKeyInfo`, or a bare `RSAPublicKey`, in DER.
    pub(super) fn of_der(der: &[u8]) -> Option<Self> {
        let key = rsa::PublicKey::from_der(der).ok()?;
        let der: PublicKeyX509Der<'_> = key.as_der().ok()?;
        let (modulus, exponent) = numbers(key.as_ref()).ok()?;
        (bits(&modulus) >= LEAST_BITS).then(|| Self {
            der: der.as_ref().to_vec(),
            modulus,
            exponent,
        })
    }

    /// Reads what follows the algorithm's name: white space, the key, perhaps a comment.
    fn of_line(rest: &str) -> Option<Self> {
        if !rest.starts_with([' ', '\t']) || rest.contains(['\n', '\r']) {
            return None;
        }
        let blob = STANDARD
            .decode(rest.split_ascii_whitespace().next()?)
            .ok()?;
        let (name, rest) = string(&blob)?;
        let (e, rest) = string(rest)?;
        let (n, rest) = string(rest)?;
        if name != NAME || !rest.is_empty() {
            return None;
        }
        let components = rsa::PublicKeyComponents {
            n: positive(n)?,
            e: positive(e)?,
        };
        let der: PublicKeyX509Der<'_> = components.as_der().ok()?;
        Self::of_der(der.as_ref())
    }

    /// `SubjectPublicKeyInfo` in DER.
    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    /// As OpenSSH writes it, without a comment.
    pub(super) fn line(&self) -> String {
        let mut blob = Vec::new();
        push_string(&mut blob, NAME);
        push_positive(&mut blob, &self.exponent);
        push_positive(&mut blob, &self.modulus);
        format!("ssh-rsa {}", STANDARD.encode(blob))
    }

    /// In PEM.
    pub(super) fn pem(&self) -> String {
        pem::encode("PUBLIC KEY", &self.der)
    }

    /// MD5 of the key in DER, which is how AWS names RSA keys that were made elsewhere
    /// (`openssl pkey -pubin -outform DER | openssl md5 -c`). It names, and protects nothing.
    pub(super) fn fingerprint(&self) -> String {
        let digest = Md5::digest(&self.der);
        let pairs: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        pairs.join(":")
    }
}

/// Modulus and exponent of an `RSAPublicKey` (RFC 8017).
fn numbers(der: &[u8]) -> Result<(Vec<u8>, Vec<u8>), der::Error> {
    SliceReader::new(der)?.sequence(|parts| {
        let modulus = UintRef::decode(parts)?;
        let exponent = UintRef::decode(parts)?;
        Ok((modulus.as_bytes().to_vec(), exponent.as_bytes().to_vec()))
    })
}

fn bits(number: &[u8]) -> usize {
    let zeros = number.first().map_or(0, |byte| byte.leading_zeros());
    number.len() * 8 - zeros as usize
}

/// RFC 4251's `string`, and what follows it.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

/// RFC 4251's `mpint`, as far as it is above zero, without the zero that keeps it there.
fn positive(bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        [0, high, ..] if *high >= 0x80 => bytes.get(1..),
        [high, ..] if (1..0x80).contains(high) => Some(bytes),
        _ => None,
    }
}

fn push_string(to: &mut Vec<u8>, bytes: &[u8]) {
    // Numbers here have 2,048 bytes at most.
    to.extend(u32::try_from(bytes.len()).unwrap_or_default().to_be_bytes());
    to.extend(bytes);
}

fn push_positive(to: &mut Vec<u8>, number: &[u8]) {
    match number.first() {
        Some(0x80..) => push_string(to, &[&[0], number].concat()),
        _ => push_string(to, number),
    }
}

const NAME: &[u8] = b"ssh-rsa";
const LABELS: [&str; 2] = ["PUBLIC KEY", "RSA PUBLIC KEY"];
/// IAM API reference, `UploadSSHPublicKey`.
const LEAST_BITS: usize = 2048;

#[cfg(test)]
mod tests {
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::KeyPair as _;
    use proptest::prelude::*;

    use super::*;

    fn key() -> SshKey {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        SshKey::of_der(pair.public_key().as_ref()).unwrap()
    }

    #[test]
    fn a_key_is_the_same_in_every_format() {
        let key = key();
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let bare = pem::encode("RSA PUBLIC KEY", pair.public_key().as_ref());
        assert!(SshKey::parse(&bare).is_ok());
        for text in [
            key.line(),
            format!("{} me@here with a comment\n", key.line()),
            key.pem(),
        ] {
            let read = SshKey::parse(&text).unwrap();
            assert_eq!(read, key, "{text}");
            assert_eq!(read.fingerprint().len(), 47);
        }
    }

    #[test]
    fn other_formats_and_broken_keys_are_told_apart() {
        let key = key();
        let line = key.line();
        let short =
            STANDARD.encode([string_of(NAME), string_of(&[3]), string_of(&[0x7f])].concat());
        for (text, unusable) in [
            ("ssh-ed25519 AAAA".to_owned(), Unusable::Unrecognized),
            ("hello".to_owned(), Unusable::Unrecognized),
            (pem::encode("PRIVATE KEY", b"x"), Unusable::Unrecognized),
            (pem::encode("PUBLIC KEY", b"x"), Unusable::Invalid),
            (line[..line.len() - 4].to_owned(), Unusable::Invalid),
            (format!("{line}\n{line}"), Unusable::Invalid),
            (line.replace("ssh-rsa ", "ssh-rsa"), Unusable::Invalid),
            (format!("ssh-rsa {short}"), Unusable::Invalid),
            ("ssh-rsa".to_owned(), Unusable::Invalid),
        ] {
            assert_eq!(SshKey::parse(&text), Err(unusable), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(blob in prop::collection::vec(any::<u8>(), 0..80)) {
            let named = [string_of(NAME), blob].concat();
            let _ = SshKey::parse(&format!("ssh-rsa {}", STANDARD.encode(named)));
        }
    }

    fn string_of(bytes: &[u8]) -> Vec<u8> {
        let mut to = Vec::new();
        push_string(&mut to, bytes);
        to
    }
}
