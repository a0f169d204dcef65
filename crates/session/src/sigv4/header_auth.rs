//! A signature in the `Authorization` header.

use crate::sigv4::error::SignatureError;
use crate::sigv4::parse::{SECURITY_TOKEN, check_scope, credential, signed_headers, single};
use crate::sigv4::payload::{CONTENT_SHA256, PayloadHash};
use crate::sigv4::rules::{Family, Rules};
use crate::sigv4::signed::{Location, Signed};
use crate::sigv4::{ALGORITHM, RequestParts, clock};

const LOCATION: Location = Location::Header;

/// Reads `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…` and the headers that belong to it.
pub(super) fn read(
    parts: &RequestParts<'_>,
    header: &str,
    rules: &Rules,
) -> Result<Signed, SignatureError> {
    let Fields {
        credential: text,
        signed_headers: names,
        signature,
    } = Fields::read(header.trim())?;
    let (access_key_id, scope) = credential(text, LOCATION)?;
    let timestamp = match single(parts.headers, "x-amz-date")? {
        Some(value) => clock::parse_basic(value).ok_or_else(|| malformed_date(value))?,
        None => {
            let value = single(parts.headers, "date")?.ok_or(SignatureError::MissingDate)?;
            clock::parse_date_header(value).ok_or_else(|| malformed_date(value))?
        }
    };
    check_scope(&scope, timestamp, LOCATION, rules)?;
    let declared = single(parts.headers, CONTENT_SHA256)?;
    let payload = match (rules.family, declared) {
        (Family::S3, None) => return Err(SignatureError::MissingPayloadHash),
        (Family::S3, Some(value)) => PayloadHash::parse(value)?,
        // The others hash the body for themselves, whatever the header says.
        (Family::Query | Family::Json | Family::RestJson, _) => PayloadHash::Absent,
    };
    Ok(Signed {
        access_key_id,
        session_token: single(parts.headers, SECURITY_TOKEN)?.map(str::to_owned),
        scope,
        timestamp,
        location: LOCATION,
        signed_headers: signed_headers(names, LOCATION)?,
        payload,
        signature: signature.to_owned(),
    })
}

fn malformed_date(value: &str) -> SignatureError {
    SignatureError::MalformedDate {
        location: LOCATION,
        value: value.to_owned(),
    }
}

struct Fields<'h> {
    credential: &'h str,
    signed_headers: &'h str,
    signature: &'h str,
}

impl<'h> Fields<'h> {
    fn read(header: &'h str) -> Result<Self, SignatureError> {
        let (scheme, rest) = header.split_once([' ', '\t']).unwrap_or((header, ""));
        match scheme {
            ALGORITHM => {}
            "AWS" => return Err(SignatureError::SignatureV2),
            other if other.starts_with("AWS") => {
                return Err(SignatureError::UnsupportedAlgorithm {
                    location: LOCATION,
                    algorithm: other.to_owned(),
                });
            }
            _ => return Err(SignatureError::UnsupportedScheme),
        }
        let mut fields = [
            ("Credential", None),
            ("Signature", None),
            ("SignedHeaders", None),
        ];
        for part in rest
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let malformed = || SignatureError::MalformedAuthorization {
                fragment: part.to_owned(),
            };
            let (name, value) = part.split_once('=').ok_or_else(malformed)?;
            let field = fields
                .iter_mut()
                .find(|(known, _)| *known == name)
                .ok_or_else(malformed)?;
            if field.1.replace(value).is_some() {
                return Err(malformed());
            }
        }
        match fields.map(|(_, value)| value) {
            [Some(credential), Some(signature), Some(signed_headers)] => Ok(Self {
                credential,
                signed_headers,
                signature,
            }),
            _ => Err(SignatureError::IncompleteAuthorization {
                missing: fields
                    .iter()
                    .filter(|(_, value)| value.is_none())
                    .map(|(name, _)| *name)
                    .collect(),
            }),
        }
    }
}
