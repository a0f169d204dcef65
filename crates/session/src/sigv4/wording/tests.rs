//! The codes, statuses and texts that clients tell apart.

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[track_caller]
fn assert_wire(error: &SignatureError, family: Family, status: u16, code: &str, message: &str) {
    assert_eq!(
        (
            error.status(family),
            error.code(family),
            &*error.message(family)
        ),
        (status, code, message),
        "{family:?}"
    );
}

#[test]
fn no_credentials() {
    let error = SignatureError::MissingAuthentication;
    let text = "Request is missing Authentication Token";
    assert_wire(
        &error,
        Family::Query,
        403,
        "MissingAuthenticationToken",
        text,
    );
    let text = "Missing Authentication Token";
    assert_wire(
        &error,
        Family::Json,
        400,
        "MissingAuthenticationTokenException",
        text,
    );
    assert_wire(&error, Family::S3, 403, "AccessDenied", "Access Denied");
}

#[test]
fn unknown_keys_and_tokens() {
    let unknown = SignatureError::UnknownAccessKey {
        access_key_id: "AKIA".into(),
    };
    let text = "The security token included in the request is invalid";
    for error in [&unknown, &SignatureError::InvalidToken] {
        assert_wire(error, Family::Query, 403, "InvalidClientTokenId", text);
        assert_wire(
            error,
            Family::Json,
            400,
            "UnrecognizedClientException",
            text,
        );
    }
    let text = "The AWS Access Key Id you provided does not exist in our records.";
    assert_wire(&unknown, Family::S3, 403, "InvalidAccessKeyId", text);
    assert_eq!(unknown.details(), [("AWSAccessKeyId", "AKIA".to_owned())]);
    let text = "The provided token is malformed or otherwise invalid.";
    assert_wire(
        &SignatureError::InvalidToken,
        Family::S3,
        400,
        "InvalidToken",
        text,
    );
    let text = "The security token included in the request is expired";
    assert_wire(
        &SignatureError::ExpiredToken,
        Family::Query,
        403,
        "ExpiredToken",
        text,
    );
    assert_wire(
        &SignatureError::ExpiredToken,
        Family::Json,
        400,
        "ExpiredTokenException",
        text,
    );
    assert_wire(
        &SignatureError::ExpiredToken,
        Family::S3,
        400,
        "ExpiredToken",
        "The provided token has expired.",
    );
}

#[test]
fn bad_signature() {
    let error = SignatureError::SignedHeaderAbsent {
        name: "range".into(),
    };
    assert_wire(
        &error,
        Family::Query,
        403,
        "SignatureDoesNotMatch",
        MISMATCH,
    );
    assert_wire(
        &error,
        Family::Json,
        400,
        "InvalidSignatureException",
        MISMATCH,
    );
    assert_wire(
        &error,
        Family::S3,
        403,
        "SignatureDoesNotMatch",
        S3_MISMATCH,
    );
}

#[test]
fn clock_skew() {
    let error = SignatureError::Expired {
        timestamp: at("2026-11-21T20:00:00Z"),
        now: at("2026-11-21T20:20:00Z"),
        allowed: 300,
    };
    let text = "Signature expired: 20261121T200000Z is now earlier than 20261121T201500Z (20261121T202000Z - 5 min.)";
    assert_wire(&error, Family::Query, 403, "SignatureDoesNotMatch", text);
    assert_wire(&error, Family::Json, 400, "InvalidSignatureException", text);
    let error = SignatureError::Expired {
        timestamp: at("2026-11-21T20:00:00Z"),
        now: at("2026-11-21T20:20:00Z"),
        allowed: 900,
    };
    let text = "The difference between the request time and the current time is too large.";
    assert_wire(&error, Family::S3, 403, "RequestTimeTooSkewed", text);
    assert_eq!(
        error.details(),
        [
            ("RequestTime", "20261121T200000Z".to_owned()),
            ("ServerTime", "2026-11-21T20:20:00Z".to_owned()),
            ("MaxAllowedSkewMilliseconds", "900000".to_owned()),
        ]
    );
}

#[test]
fn malformed_authorization() {
    let error = SignatureError::IncompleteAuthorization {
        missing: vec!["Credential", "Signature"],
    };
    let text = "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter.";
    assert_wire(&error, Family::Query, 400, "IncompleteSignature", text);
    assert_wire(
        &error,
        Family::Json,
        400,
        "IncompleteSignatureException",
        text,
    );
    assert_eq!(error.code(Family::S3), "AuthorizationHeaderMalformed");
    let error = SignatureError::MalformedCredential {
        location: Location::Header,
        credential: "x".repeat(999),
    };
    let text = "The authorization header is malformed; the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";
    assert_wire(
        &error,
        Family::S3,
        400,
        "AuthorizationHeaderMalformed",
        text,
    );
    assert!(error.message(Family::Query).len() < 400);
    let error = SignatureError::MalformedCredential {
        location: Location::Query { expires_seconds: 1 },
        credential: String::new(),
    };
    let text = "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";
    assert_wire(
        &error,
        Family::S3,
        400,
        "AuthorizationQueryParametersError",
        text,
    );
}

#[test]
fn wrong_scope() {
    let location = Location::Header;
    let service = SignatureError::WrongService {
        location,
        presented: "s3".into(),
        expected: "iam".into(),
    };
    let text = "Credential should be scoped to correct service: 'iam'.";
    assert_wire(&service, Family::Query, 403, "SignatureDoesNotMatch", text);
    assert_wire(
        &service,
        Family::Json,
        400,
        "InvalidSignatureException",
        text,
    );
    let region = SignatureError::WrongRegion {
        location,
        presented: "x".into(),
        expected: Some("y".into()),
    };
    let text = "Credential should be scoped to a valid region.";
    assert_wire(&region, Family::Query, 403, "SignatureDoesNotMatch", text);
    let text = "The authorization header is malformed; the region 'x' is wrong; expecting 'y'";
    assert_wire(
        &region,
        Family::S3,
        400,
        "AuthorizationHeaderMalformed",
        text,
    );
    assert_eq!(region.details(), [("Region", "y".to_owned())]);
}

#[test]
fn presigned_requests() {
    let error = SignatureError::IncompleteQuery {
        faulty: vec!["X-Amz-Date"],
    };
    assert_wire(
        &error,
        Family::S3,
        400,
        "AuthorizationQueryParametersError",
        QUERY_PARTS,
    );
    assert_eq!(error.code(Family::Query), "IncompleteSignature");
    let error = SignatureError::PresignedExpired {
        timestamp: at("2026-11-21T20:00:00Z"),
        expires_seconds: 60,
        now: at("2026-11-21T20:02:00Z"),
    };
    assert_wire(
        &error,
        Family::S3,
        403,
        "AccessDenied",
        "Request has expired",
    );
    assert_eq!(
        error.details(),
        [
            ("X-Amz-Expires", "60".to_owned()),
            ("Expires", "2026-11-21T20:01:00Z".to_owned()),
            ("ServerTime", "2026-11-21T20:02:00Z".to_owned()),
        ]
    );
    let text = "Signature expired: 20261121T200000Z is now earlier than 20261121T200100Z (20261121T200200Z - 1 min.)";
    assert_wire(&error, Family::Query, 403, "SignatureDoesNotMatch", text);
}

#[test]
fn payloads() {
    let text = "Missing required header for this request: x-amz-content-sha256";
    assert_wire(
        &SignatureError::MissingPayloadHash,
        Family::S3,
        400,
        "InvalidRequest",
        text,
    );
    let error = SignatureError::PayloadMismatch {
        declared: [0xab; 32],
        computed: [1; 32],
    };
    let text = "The provided 'x-amz-content-sha256' header does not match what was computed.";
    assert_wire(&error, Family::S3, 400, "XAmzContentSHA256Mismatch", text);
    assert_eq!(
        error.details()[0],
        ("ClientComputedContentSHA256", "ab".repeat(32))
    );
    let error = SignatureError::HeadersNotSigned {
        names: vec!["x-amz-acl".into()],
    };
    let text = "There were headers present in the request which were not signed";
    assert_wire(&error, Family::S3, 403, "AccessDenied", text);
}
