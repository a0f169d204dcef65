//! Signature Version 2 in the query, as older clients presign: "Signing and authenticating REST requests", Amazon S3 User Guide.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};

use crate::access_key::AccessKeyId;
use crate::secret::Secret;
use crate::sigv4::RequestParts;
use crate::sigv4::canonical::pairs_of;
use crate::sigv4::encoding::decode;
use crate::sigv4::error::{Mismatch, SignatureError};
use crate::sigv4::parse::{AuthQuery, SECURITY_TOKEN, single};
use crate::sigv4::payload::PayloadHash;
use crate::sigv4::signed::Credential;

/// How far ahead a request may expire, in seconds. The version has no limit of its own; a week is that of presigned requests.
const LONGEST: i64 = 604_800;

/// The parameters that the signature covers.
const COVERED: &[&str] = &[
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "defaultObjectAcl",
    "delete",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "partNumber",
    "policy",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "select",
    "select-type",
    "storageClass",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];

/// Parameters of listings, which it never covered: they choose what is listed, and the signer may be asked for its permission again.
const OPEN: &[&str] = &[
    "continuation-token",
    "delimiter",
    "encoding-type",
    "fetch-owner",
    "key-marker",
    "list-type",
    "marker",
    "max-keys",
    "max-parts",
    "max-uploads",
    "part-number-marker",
    "prefix",
    "start-after",
    "upload-id-marker",
    "version-id-marker",
    "x-id",
];

const KEY: &str = "AWSAccessKeyId";
const EXPIRES: &str = "Expires";
const SIGNATURE: &str = "Signature";

/// What a request with a signature of version 2 claims.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedV2 {
    /// Whose secret to verify with.
    pub access_key_id: AccessKeyId,
    /// The session token that came along.
    pub session_token: Option<String>,
    /// When it ends.
    pub expires: Timestamp,
    /// What it says about the body; never chunks, which have no signature to continue.
    pub payload: PayloadHash,
    string_to_sign: String,
    signature: String,
}

/// Reads the parameters. `resource` is `/BUCKET/KEY` as it came over the wire.
pub(super) fn read(
    parts: &RequestParts<'_>,
    query: &AuthQuery,
    resource: &str,
) -> Result<SignedV2, SignatureError> {
    let (Some(key), Some(expires), Some(signature)) =
        (query.get(KEY), query.get(EXPIRES), query.get(SIGNATURE))
    else {
        return Err(SignatureError::IncompleteV2);
    };
    // Parameters that pass for headers would not be those of the signature.
    if let Some(other) = query.amz_names().find(|name| *name != SECURITY_TOKEN) {
        return Err(uncovered(other));
    }
    let in_query = match query.count(SECURITY_TOKEN) {
        0 => None,
        _ => Some(
            query
                .get(SECURITY_TOKEN)
                .ok_or(SignatureError::IncompleteV2)?,
        ),
    };
    let in_header = single(parts.headers, SECURITY_TOKEN)?;
    if in_query.is_some() && in_header.is_some() {
        return Err(SignatureError::SeveralMechanisms);
    }
    let access_key_id = key.parse().map_err(|_| SignatureError::UnknownAccessKey {
        access_key_id: key.to_owned(),
    })?;
    let payload = PayloadHash::declared(parts.headers)?;
    if payload.is_chunked() {
        return Err(SignatureError::UnsupportedPayload {
            value: payload.to_string(),
        });
    }
    let string_to_sign = format!(
        "{}\n{}\n{}\n{expires}\n{}{resource}{}",
        parts.method,
        single(parts.headers, "content-md5")?.unwrap_or_default(),
        single(parts.headers, "content-type")?.unwrap_or_default(),
        amz_headers(parts.headers, in_query)?,
        covered(parts.query)?
    );
    Ok(SignedV2 {
        access_key_id,
        session_token: in_query.or(in_header).map(str::to_owned),
        expires: seconds(expires).ok_or_else(|| SignatureError::MalformedV2Expires {
            value: expires.to_owned(),
        })?,
        payload,
        string_to_sign,
        signature: signature.to_owned(),
    })
}

fn seconds(text: &str) -> Option<Timestamp> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let seconds = digits.then(|| text.parse().ok())??;
    Timestamp::from_second(seconds).ok()
}

/// `name:value` of each `x-amz-…` header, by name.
fn amz_headers(headers: &HeaderMap, token: Option<&str>) -> Result<String, SignatureError> {
    let mut lines = Vec::new();
    for name in headers
        .keys()
        .filter(|it| it.as_str().starts_with("x-amz-"))
    {
        let mut values = Vec::new();
        for value in headers.get_all(name) {
            let text = value
                .to_str()
                .map_err(|_| SignatureError::AmbiguousHeader { name: "x-amz-*" })?;
            values.push(text.trim());
        }
        lines.push(format!("{name}:{}\n", values.join(",")));
    }
    if let Some(token) = token {
        lines.push(format!("{SECURITY_TOKEN}:{token}\n"));
    }
    lines.sort_unstable();
    Ok(lines.concat())
}

/// The parameters that are signed, decoded and by name. One that isn't and could turn the request into another one is refused.
fn covered(raw: &str) -> Result<String, SignatureError> {
    let mut pairs = Vec::new();
    for piece in raw.split('&').filter(|piece| !piece.is_empty()) {
        let Some((name, value)) = pairs_of(piece).next() else {
            continue;
        };
        let decoded = |text| {
            let bytes = decode(text, true).map_err(|_| SignatureError::MalformedUri)?;
            String::from_utf8(bytes.into_owned()).map_err(|_| SignatureError::MalformedUri)
        };
        let (name, value) = (decoded(name)?, decoded(value)?);
        if COVERED.contains(&name.as_str()) {
            // Values are signed decoded, so that one could pass for a value and another parameter.
            let names = value.split('&').skip(1);
            let mut names = names.map(|it| it.split('=').next().unwrap_or_default());
            if let Some(other) = names.find(|it| COVERED.contains(it)) {
                return Err(uncovered(other));
            }
            let pair = match piece.contains('=') {
                true => format!("{name}={value}"),
                false => name.clone(),
            };
            pairs.push((name, pair));
        } else if !OPEN.contains(&name.as_str())
            && ![KEY, EXPIRES, SIGNATURE, SECURITY_TOKEN].contains(&name.as_str())
        {
            return Err(uncovered(&name));
        }
    }
    pairs.sort_unstable();
    let pairs: Vec<String> = pairs.into_iter().map(|(_, pair)| pair).collect();
    Ok(match pairs.is_empty() {
        true => String::new(),
        false => format!("?{}", pairs.join("&")),
    })
}

fn uncovered(name: &str) -> SignatureError {
    SignatureError::V2Uncovered {
        name: name.to_owned(),
    }
}

impl SignedV2 {
    /// Which secret to look for.
    pub fn credential(&self) -> Result<Credential<'_>, SignatureError> {
        Credential::of(&self.access_key_id, self.session_token.as_deref())
    }

    /// Checks that it hasn't ended, and doesn't live for too long.
    pub fn check_time(&self, now: Timestamp) -> Result<(), SignatureError> {
        let expires = self.expires;
        if now > expires {
            return Err(SignatureError::V2Expired { expires, now });
        }
        if expires.duration_since(now) > SignedDuration::from_secs(LONGEST) {
            return Err(SignatureError::V2TooLong);
        }
        Ok(())
    }

    /// Verifies the signature with `secret`.
    pub fn verify(&self, secret: &Secret) -> Result<(), SignatureError> {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.expose());
        let expected = STANDARD.encode(hmac::sign(&key, self.string_to_sign.as_bytes()));
        if verify_slices_are_equal(expected.as_bytes(), self.signature.as_bytes()).is_err() {
            return Err(SignatureError::Mismatch(Box::new(Mismatch {
                access_key_id: self.access_key_id.to_string(),
                signature_provided: self.signature.clone(),
                string_to_sign: self.string_to_sign.clone(),
                canonical_request: None,
            })));
        }
        Ok(())
    }
}

impl fmt::Debug for SignedV2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedV2")
            .field("access_key_id", &self.access_key_id)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}
