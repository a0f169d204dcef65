//! A signature in the query: presigned requests.

use crate::sigv4::error::{ExpiresFault, SignatureError};
use crate::sigv4::parse::{AuthQuery, check_scope, credential, signed_headers, single};
use crate::sigv4::payload::{CONTENT_SHA256, PayloadHash};
use crate::sigv4::rules::{Family, Rules};
use crate::sigv4::signed::{Location, Signed};
use crate::sigv4::{ALGORITHM, RequestParts, clock};

/// The longest life of a presigned request, in seconds: a week.
const MAX_EXPIRES: u32 = 604_800;

const REQUIRED: [&str; 6] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-Date",
    "X-Amz-SignedHeaders",
    "X-Amz-Expires",
];

/// Reads the `X-Amz-…` parameters.
pub(super) fn read(
    parts: &RequestParts<'_>,
    query: &AuthQuery,
    rules: &Rules,
) -> Result<Signed, SignatureError> {
    let values = REQUIRED.map(|name| query.get(name));
    let [
        Some(algorithm),
        Some(key),
        Some(signature),
        Some(date),
        Some(names),
        Some(expires),
    ] = values
    else {
        let faulty = REQUIRED
            .iter()
            .zip(values)
            .filter(|(_, value)| value.is_none())
            .map(|(name, _)| *name)
            .collect();
        return Err(SignatureError::IncompleteQuery { faulty });
    };
    let session_token = at_most_once(query, "X-Amz-Security-Token")?;
    // Errors before the expiry is known don't depend on it.
    let location = Location::Query { expires_seconds: 0 };
    if algorithm != ALGORITHM {
        return Err(SignatureError::UnsupportedAlgorithm {
            location,
            algorithm: algorithm.to_owned(),
        });
    }
    let (access_key_id, scope) = credential(key, location)?;
    let timestamp = clock::parse_basic(date).ok_or_else(|| SignatureError::MalformedDate {
        location,
        value: date.to_owned(),
    })?;
    check_scope(&scope, timestamp, location, rules)?;
    let location = Location::Query {
        expires_seconds: expires_seconds(expires).map_err(SignatureError::MalformedExpires)?,
    };
    Ok(Signed {
        access_key_id,
        session_token: session_token.map(str::to_owned),
        scope,
        timestamp,
        location,
        signed_headers: signed_headers(names, location)?,
        payload: payload(parts, query, rules)?,
        signature: signature.to_owned(),
    })
}

fn at_most_once<'q>(
    query: &'q AuthQuery,
    name: &'static str,
) -> Result<Option<&'q str>, SignatureError> {
    match (query.count(name), query.get(name)) {
        (0, _) => Ok(None),
        (_, Some(value)) => Ok(Some(value)),
        (_, None) => Err(SignatureError::IncompleteQuery { faulty: vec![name] }),
    }
}

/// S3 takes a presigned body as it comes, unless a signed header or a parameter declares its hash. Chunk by chunk goes only with
/// the header.
fn payload(
    parts: &RequestParts<'_>,
    query: &AuthQuery,
    rules: &Rules,
) -> Result<PayloadHash, SignatureError> {
    if rules.family != Family::S3 {
        return Ok(PayloadHash::Absent);
    }
    let in_header = single(parts.headers, CONTENT_SHA256)?;
    let in_query = at_most_once(query, "X-Amz-Content-Sha256")?;
    let value = match (in_header, in_query) {
        (Some(header), Some(query)) if header != query => {
            return Err(SignatureError::AmbiguousHeader {
                name: CONTENT_SHA256,
            });
        }
        (Some(value), _) | (None, Some(value)) => value,
        (None, None) => return Ok(PayloadHash::Unsigned),
    };
    match PayloadHash::parse(value)? {
        chunked if chunked.is_chunked() => Err(SignatureError::UnsupportedPayload {
            value: value.to_owned(),
        }),
        payload => Ok(payload),
    }
}

fn expires_seconds(text: &str) -> Result<u32, ExpiresFault> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ExpiresFault::NotANumber);
    }
    if digits.len() < text.len() || digits.bytes().all(|b| b == b'0') {
        return Err(ExpiresFault::NotPositive);
    }
    match digits.parse() {
        Ok(seconds) if seconds <= MAX_EXPIRES => Ok(seconds),
        _ => Err(ExpiresFault::TooLong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expiry_is_within_a_week() {
        assert_eq!(expires_seconds("1"), Ok(1));
        assert_eq!(expires_seconds("604800"), Ok(604_800));
        for (bad, fault) in [
            ("", ExpiresFault::NotANumber),
            ("-", ExpiresFault::NotANumber),
            ("1.5", ExpiresFault::NotANumber),
            ("+60", ExpiresFault::NotANumber),
            ("0", ExpiresFault::NotPositive),
            ("-60", ExpiresFault::NotPositive),
            ("604801", ExpiresFault::TooLong),
            ("99999999999999999999", ExpiresFault::TooLong),
        ] {
            assert_eq!(expires_seconds(bad), Err(fault), "{bad}");
        }
    }
}
