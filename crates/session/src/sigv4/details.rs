//! The elements of S3's error body that tell a client what was compared.

use crate::hex;
use crate::sigv4::clock;
use crate::sigv4::error::SignatureError;
use crate::sigv4::signed::Location;
use crate::sigv4::wording::{echo, shifted};

impl SignatureError {
    /// Further elements of S3's error body, in order. The caller adds `Token-0`, which is never kept here.
    pub fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::UnknownAccessKey { access_key_id } => {
                vec![("AWSAccessKeyId", echo(access_key_id))]
            }
            Self::UnsupportedScheme => vec![("ArgumentName", "Authorization".to_owned())],
            Self::MalformedPayloadHash { value } => {
                vec![
                    ("ArgumentName", "x-amz-content-sha256".to_owned()),
                    ("ArgumentValue", echo(value)),
                ]
            }
            Self::IncompleteForm { field } => vec![
                ("ArgumentName", (*field).to_owned()),
                ("ArgumentValue", String::new()),
            ],
            Self::V2Expired { expires, now } => vec![
                ("Expires", clock::extended(*expires)),
                ("ServerTime", clock::extended(*now)),
            ],
            Self::HeadersNotSigned { names } => vec![("HeadersNotSigned", echo(&names.join(", ")))],
            Self::WrongRegion {
                expected: Some(region),
                ..
            } => vec![("Region", region.clone())],
            Self::PayloadMismatch { declared, computed } => vec![
                ("ClientComputedContentSHA256", hex::encode(declared)),
                ("S3ComputedContentSHA256", hex::encode(computed)),
            ],
            Self::Mismatch(mismatch) => {
                let mut details = vec![
                    ("AWSAccessKeyId", mismatch.access_key_id.clone()),
                    ("StringToSign", mismatch.string_to_sign.clone()),
                    ("SignatureProvided", echo(&mismatch.signature_provided)),
                    ("StringToSignBytes", spaced(&mismatch.string_to_sign)),
                ];
                if let Some(canonical) = &mismatch.canonical_request {
                    details.push(("CanonicalRequest", canonical.clone()));
                    details.push(("CanonicalRequestBytes", spaced(canonical)));
                }
                details
            }
            Self::Expired {
                timestamp,
                now,
                allowed,
            }
            | Self::NotYetCurrent {
                location: Location::Header,
                timestamp,
                now,
                allowed,
            } => vec![
                ("RequestTime", clock::basic(*timestamp)),
                ("ServerTime", clock::extended(*now)),
                ("MaxAllowedSkewMilliseconds", (allowed * 1000).to_string()),
            ],
            Self::PresignedExpired {
                timestamp,
                expires_seconds,
                now,
            } => vec![
                ("X-Amz-Expires", expires_seconds.to_string()),
                (
                    "Expires",
                    clock::extended(shifted(*timestamp, i64::from(*expires_seconds))),
                ),
                ("ServerTime", clock::extended(*now)),
            ],
            _ => Vec::new(),
        }
    }
}

/// The bytes as S3 prints them: two digits each, with spaces between.
fn spaced(text: &str) -> String {
    let digits = hex::encode(text.as_bytes());
    let mut spaced = String::with_capacity(digits.len() * 3 / 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % 2 == 0 {
            spaced.push(' ');
        }
        spaced.push(digit);
    }
    spaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_printed_in_pairs() {
        assert_eq!(spaced("AWS\n"), "41 57 53 0a");
        assert_eq!(spaced(""), "");
    }
}
