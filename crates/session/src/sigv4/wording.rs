//! Codes, statuses and messages of [`SignatureError`], as AWS words them for each family of services.
//!
//! Sources: "Common errors" of the IAM and STS API References, "List of error codes" of the Amazon S3 API Reference, and answers
//! of the services where these are silent.

use jiff::{SignedDuration, Timestamp};

use crate::sigv4::clock;
use crate::sigv4::error::{ExpiresFault, SignatureError};
use crate::sigv4::rules::Family;
use crate::sigv4::signed::Location;

/// How much of a client's own text goes back to it, in characters.
const ECHO: usize = 256;

const USE_V4: &str =
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.";
const HEADER_PARTS: &str = "The authorization header is malformed; the authorization header requires three components: Credential, SignedHeaders, and Signature.";
const QUERY_PARTS: &str = "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.";
const CREDENTIAL_FORM: &str =
    "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";
const V2_PARTS: &str =
    "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters";
const NOT_SIGNED: &str = "There were headers present in the request which were not signed";
const ONE_MECHANISM: &str = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified";
const S3_MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

/// A refusal as it goes over the wire.
struct Wire {
    code: &'static str,
    status: u16,
    message: String,
}

fn wire(code: &'static str, status: u16, message: impl Into<String>) -> Wire {
    Wire {
        code,
        status,
        message: message.into(),
    }
}

impl SignatureError {
    /// The error code.
    pub fn code(&self, family: Family) -> &'static str {
        self.wire(family).code
    }

    /// The HTTP status.
    pub fn status(&self, family: Family) -> u16 {
        self.wire(family).status
    }

    /// The message for the client.
    pub fn message(&self, family: Family) -> String {
        self.wire(family).message
    }

    fn wire(&self, family: Family) -> Wire {
        match family {
            Family::S3 => self.s3(),
            Family::Query => self.query(),
            Family::Json => {
                let Wire { code, message, .. } = self.query();
                json(code, message)
            }
            Family::RestJson => {
                let Wire { code, message, .. } = self.query();
                let refused = json(code, message);
                // What is refused before any operation is an authorization failure there.
                Wire {
                    status: if refused.status < 500 { 403 } else { 500 },
                    ..refused
                }
            }
        }
    }

    fn s3(&self) -> Wire {
        let denied = |message: &str| wire("AccessDenied", 403, message);
        match self {
            Self::MissingAuthentication => denied("Access Denied"),
            Self::SeveralMechanisms => wire("InvalidArgument", 400, ONE_MECHANISM),
            Self::SignatureV2
            | Self::UnsupportedAlgorithm {
                location: Location::Header,
                ..
            } => wire("InvalidRequest", 400, USE_V4),
            Self::UnsupportedAlgorithm {
                location: Location::Form,
                ..
            } => wire("InvalidRequest", 400, USE_V4),
            Self::UnsupportedAlgorithm { .. } => wire(
                "AuthorizationQueryParametersError",
                400,
                "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"",
            ),
            Self::UnsupportedScheme => {
                wire("InvalidArgument", 400, "Unsupported Authorization Type")
            }
            Self::IncompleteAuthorization { .. } | Self::MalformedAuthorization { .. } => {
                wire("AuthorizationHeaderMalformed", 400, HEADER_PARTS)
            }
            Self::IncompleteQuery { .. } => {
                wire("AuthorizationQueryParametersError", 400, QUERY_PARTS)
            }
            Self::IncompleteForm { field } => wire(
                "InvalidArgument",
                400,
                format!(
                    "Bucket POST must contain a field named '{field}'.  If it is specified, please check the order of the fields."
                ),
            ),
            Self::IncompleteV2 => denied(V2_PARTS),
            Self::MalformedV2Expires { value } => denied(&format!(
                "Invalid date (should be seconds since epoch): {}",
                echo(value)
            )),
            Self::V2TooLong => denied("Expires must be less than a week (604800 seconds) ahead"),
            Self::V2Uncovered { name } => wire(
                "InvalidRequest",
                400,
                format!(
                    "Signature Version 2 does not cover the query parameter {}. Please use AWS4-HMAC-SHA256.",
                    echo(name)
                ),
            ),
            Self::MalformedCredential { location, .. } => {
                s3_malformed(location, "X-Amz-Credential", CREDENTIAL_FORM)
            }
            Self::MalformedSignedHeaders { location } => s3_malformed(
                location,
                "X-Amz-SignedHeaders",
                "the SignedHeaders are mal-formed; expecting lower-case names, sorted, each once.",
            ),
            Self::ScopeDate {
                location: Location::Header,
                scope,
                timestamp,
            } => wire(
                "AuthorizationHeaderMalformed",
                400,
                format!(
                    "The authorization header is malformed; Invalid credential date \"{}\". This date is not the same as X-Amz-Date: \"{}\".",
                    echo(scope),
                    &clock::basic(*timestamp)[..8]
                ),
            ),
            Self::ScopeDate {
                location,
                scope,
                timestamp,
            } => wire(
                s3_code(location),
                400,
                format!(
                    "Invalid credential date \"{}\". This date is not the same as X-Amz-Date: \"{}\".",
                    echo(scope),
                    &clock::basic(*timestamp)[..8]
                ),
            ),
            Self::WrongService {
                location,
                presented,
                expected,
            } => s3_malformed(
                location,
                "X-Amz-Credential",
                &format!(
                    "incorrect service \"{}\". This endpoint belongs to \"{expected}\".",
                    echo(presented)
                ),
            ),
            Self::WrongRegion {
                location,
                presented,
                expected: Some(expected),
            } => s3_malformed(
                location,
                "X-Amz-Credential",
                &format!(
                    "the region '{}' is wrong; expecting '{expected}'",
                    echo(presented)
                ),
            ),
            Self::WrongRegion { location, .. } => {
                s3_malformed(location, "X-Amz-Credential", CREDENTIAL_FORM)
            }
            Self::HostNotSigned { .. } => denied(NOT_SIGNED),
            Self::HeadersNotSigned { .. } => denied(NOT_SIGNED),
            Self::AmbiguousHeader { name } => wire("InvalidRequest", 400, once(name)),
            Self::MissingDate
            | Self::MalformedDate {
                location: Location::Header,
                ..
            } => denied("AWS authentication requires a valid Date or x-amz-date header"),
            Self::MalformedDate { location, .. } => wire(
                s3_code(location),
                400,
                "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
            ),
            Self::MalformedExpires(fault) => wire(
                "AuthorizationQueryParametersError",
                400,
                expires_text(*fault),
            ),
            Self::MissingPayloadHash => wire(
                "InvalidRequest",
                400,
                "Missing required header for this request: x-amz-content-sha256",
            ),
            Self::MalformedPayloadHash { .. } => wire(
                "InvalidArgument",
                400,
                "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, or a valid sha256 value.",
            ),
            Self::UnsupportedPayload { value } => wire(
                "InvalidRequest",
                400,
                format!(
                    "The value of x-amz-content-sha256 is not supported for this request: {}",
                    echo(value)
                ),
            ),
            Self::PayloadMismatch { .. } => wire(
                "XAmzContentSHA256Mismatch",
                400,
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            ),
            Self::BodyNotHashed => wire(
                "InternalError",
                500,
                "We encountered an internal error. Please try again.",
            ),
            Self::MalformedUri => wire("InvalidURI", 400, "Couldn't parse the specified URI."),
            Self::UnknownAccessKey { .. } => wire(
                "InvalidAccessKeyId",
                403,
                "The AWS Access Key Id you provided does not exist in our records.",
            ),
            Self::InvalidToken => wire(
                "InvalidToken",
                400,
                "The provided token is malformed or otherwise invalid.",
            ),
            Self::ExpiredToken => wire("ExpiredToken", 400, "The provided token has expired."),
            Self::Mismatch(_) | Self::SignedHeaderAbsent { .. } => {
                wire("SignatureDoesNotMatch", 403, S3_MISMATCH)
            }
            Self::Expired { .. }
            | Self::NotYetCurrent {
                location: Location::Header,
                ..
            } => wire(
                "RequestTimeTooSkewed",
                403,
                "The difference between the request time and the current time is too large.",
            ),
            Self::NotYetCurrent { .. } => denied("Request is not valid yet"),
            Self::PresignedExpired { .. } | Self::V2Expired { .. } => denied("Request has expired"),
        }
    }

    fn query(&self) -> Wire {
        let incomplete = |message: String| wire("IncompleteSignature", 400, message);
        let mismatch = |message: String| wire("SignatureDoesNotMatch", 403, message);
        match self {
            Self::MissingAuthentication | Self::UnsupportedScheme => {
                wire("MissingAuthenticationToken", 403, "Request is missing Authentication Token")
            }
            Self::SeveralMechanisms => incomplete(format!("{ONE_MECHANISM}.")),
            // Only S3 has forms, and takes this version at all.
            Self::SignatureV2
            | Self::IncompleteForm { .. }
            | Self::IncompleteV2
            | Self::MalformedV2Expires { .. }
            | Self::V2TooLong
            | Self::V2Uncovered { .. }
            | Self::V2Expired { .. } => incomplete(USE_V4.to_owned()),
            Self::UnsupportedAlgorithm { algorithm, .. } => {
                incomplete(format!("Unsupported AWS 'algorithm': '{}'.", echo(algorithm)))
            }
            Self::IncompleteAuthorization { missing } => incomplete(
                missing
                    .iter()
                    .map(|part| format!("Authorization header requires '{part}' parameter."))
                    .collect::<Vec<_>>()
                    .join(" "),
            ),
            Self::MalformedAuthorization { fragment } => incomplete(format!(
                "'{}' not a valid key=value pair (missing equal-sign) in Authorization header.",
                echo(fragment)
            )),
            Self::IncompleteQuery { faulty } => incomplete(format!(
                "{} Re-examine the query-string parameters.",
                faulty
                    .iter()
                    .map(|name| format!("AWS query-string parameters must include '{name}'."))
                    .collect::<Vec<_>>()
                    .join(" ")
            )),
            Self::MalformedCredential { credential, .. } => incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{}'",
                echo(credential)
            )),
            Self::MalformedSignedHeaders { .. } => {
                incomplete("SignedHeaders must be lower-case header names, sorted, each once.".to_owned())
            }
            Self::HostNotSigned { .. } => {
                mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.".to_owned())
            }
            Self::HeadersNotSigned { names } => mismatch(format!("{NOT_SIGNED}: {}", echo(&names.join(", ")))),
            Self::AmbiguousHeader { name } => incomplete(once(name)),
            Self::MissingDate => incomplete(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.".to_owned(),
            ),
            Self::MalformedDate { value, .. } => incomplete(format!(
                "Date must be in ISO-8601 'basic format'. Got '{}'. See http://en.wikipedia.org/wiki/ISO_8601",
                echo(value)
            )),
            Self::ScopeDate { scope, timestamp, .. } => {
                let at = clock::basic(*timestamp);
                mismatch(format!(
                    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{}', from '{at}'.",
                    echo(scope),
                    &at[..8]
                ))
            }
            Self::WrongService { expected, .. } => {
                mismatch(format!("Credential should be scoped to correct service: '{expected}'."))
            }
            Self::WrongRegion { .. } => mismatch("Credential should be scoped to a valid region.".to_owned()),
            Self::MalformedExpires(fault) => incomplete(expires_text(*fault).to_owned()),
            Self::MissingPayloadHash | Self::MalformedPayloadHash { .. } | Self::UnsupportedPayload { .. } => {
                mismatch(MISMATCH.to_owned())
            }
            Self::PayloadMismatch { .. } | Self::Mismatch(_) | Self::SignedHeaderAbsent { .. } => {
                mismatch(MISMATCH.to_owned())
            }
            Self::BodyNotHashed => wire(
                "InternalFailure",
                500,
                "The request processing has failed because of an unknown error, exception or failure.",
            ),
            Self::MalformedUri => wire("MalformedQueryString", 404, "The query string contains a syntax error."),
            Self::UnknownAccessKey { .. } | Self::InvalidToken => {
                wire("InvalidClientTokenId", 403, "The security token included in the request is invalid")
            }
            Self::ExpiredToken => wire("ExpiredToken", 403, "The security token included in the request is expired"),
            Self::Expired { timestamp, now, allowed } => mismatch(expired_text(*timestamp, *now, *allowed)),
            Self::PresignedExpired { timestamp, expires_seconds, now } => {
                mismatch(expired_text(*timestamp, *now, i64::from(*expires_seconds)))
            }
            Self::NotYetCurrent { timestamp, now, allowed, .. } => mismatch(format!(
                "Signature not yet current: {} is still later than {} ({} + {}.)",
                clock::basic(*timestamp),
                clock::basic(shifted(*now, *allowed)),
                clock::basic(*now),
                span(*allowed)
            )),
        }
    }
}

/// The JSON services' counterpart of a Query code. Client errors are 400 there.
fn json(code: &'static str, message: String) -> Wire {
    match code {
        "MissingAuthenticationToken" => wire(
            "MissingAuthenticationTokenException",
            400,
            "Missing Authentication Token",
        ),
        "InvalidClientTokenId" => wire("UnrecognizedClientException", 400, message),
        "ExpiredToken" => wire("ExpiredTokenException", 400, message),
        "SignatureDoesNotMatch" => wire("InvalidSignatureException", 400, message),
        "IncompleteSignature" => wire("IncompleteSignatureException", 400, message),
        "MalformedQueryString" => wire("SerializationException", 400, message),
        other => wire(other, 500, message),
    }
}

fn s3_malformed(location: &Location, parameter: &str, what: &str) -> Wire {
    match location {
        Location::Header => wire(
            "AuthorizationHeaderMalformed",
            400,
            format!("The authorization header is malformed; {what}"),
        ),
        Location::Query { .. } => wire(
            s3_code(location),
            400,
            format!("Error parsing the {parameter} parameter; {what}"),
        ),
        Location::Form => wire(
            s3_code(location),
            400,
            format!("Error parsing the {parameter} field; {what}"),
        ),
    }
}

/// The code of what is malformed there.
fn s3_code(location: &Location) -> &'static str {
    match location {
        Location::Header => "AuthorizationHeaderMalformed",
        Location::Query { .. } => "AuthorizationQueryParametersError",
        Location::Form => "InvalidArgument",
    }
}

fn expires_text(fault: ExpiresFault) -> &'static str {
    match fault {
        ExpiresFault::NotANumber => "X-Amz-Expires should be a number",
        ExpiresFault::NotPositive => "X-Amz-Expires must be non-negative",
        ExpiresFault::TooLong => {
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds"
        }
    }
}

fn expired_text(timestamp: Timestamp, now: Timestamp, allowed: i64) -> String {
    format!(
        "Signature expired: {} is now earlier than {} ({} - {}.)",
        clock::basic(timestamp),
        clock::basic(shifted(now, -allowed)),
        clock::basic(now),
        span(allowed)
    )
}

/// `5 min`, as the services write it; seconds where minutes don't fit.
fn span(seconds: i64) -> String {
    if seconds % 60 == 0 {
        format!("{} min", seconds / 60)
    } else {
        format!("{seconds} sec")
    }
}

pub(super) fn shifted(at: Timestamp, seconds: i64) -> Timestamp {
    at.saturating_add(SignedDuration::from_secs(seconds))
        .unwrap_or(at)
}

fn once(name: &str) -> String {
    format!("The header '{name}' must be present exactly once, as text.")
}

pub(super) fn echo(text: &str) -> String {
    match text.char_indices().nth(ECHO) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
