//! The credential scope and the key derived for it.

use std::fmt;

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::hex;
use crate::secret::Secret;

/// The last element of every scope.
pub(super) const TERMINATOR: &str = "aws4_request";

/// What a signing key is good for: one day, one region, one service.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    /// `YYYYMMDD`
    pub date: String,
    /// The region that the client signed for.
    pub region: String,
    /// The signing name: `iam`, `sts`, `s3` …
    pub service: String,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}/{}/{}/{TERMINATOR}",
            self.date, self.region, self.service
        )
    }
}

/// A signing key: the secret access key's stand-in for one [`Scope`]. Deriving takes four HMACs, so callers may keep it.
#[derive(Clone)]
pub struct SigningKey(hmac::Key);

impl SigningKey {
    /// The signing key of `secret` for `scope`.
    pub fn derive(secret: &Secret, scope: &Scope) -> Self {
        let mut first = Zeroizing::new(Vec::with_capacity(4 + secret.expose().len()));
        first.extend_from_slice(b"AWS4");
        first.extend_from_slice(secret.expose());
        let mut key = hmac::Key::new(hmac::HMAC_SHA256, &first);
        for part in [&scope.date, &scope.region, &scope.service, TERMINATOR] {
            key = hmac::Key::new(
                hmac::HMAC_SHA256,
                hmac::sign(&key, part.as_bytes()).as_ref(),
            );
        }
        Self(key)
    }

    /// The signature of a string to sign: 64 lower-case hexadecimal digits.
    pub(super) fn sign(&self, string_to_sign: &str) -> String {
        hex::encode(hmac::sign(&self.0, string_to_sign.as_bytes()).as_ref())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_key_derivation() {
        // AWS General Reference, "Examples of how to derive a signing key".
        let scope = Scope {
            date: "20120215".into(),
            region: "us-east-1".into(),
            service: "iam".into(),
        };
        let key = SigningKey::derive(
            &Secret::from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            &scope,
        );
        let expected: [u8; 32] =
            hex::decode(b"f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d")
                .unwrap();
        let of_expected = hmac::Key::new(hmac::HMAC_SHA256, &expected);
        assert_eq!(
            key.sign("x"),
            hex::encode(hmac::sign(&of_expected, b"x").as_ref())
        );
        assert_eq!(scope.to_string(), "20120215/us-east-1/iam/aws4_request");
        assert_eq!(format!("{key:?}"), "SigningKey(…)");
    }
}
