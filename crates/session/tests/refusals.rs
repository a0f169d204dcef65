//! Requests that must not pass, each one a mistake that some server shipped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use session::Secret;
use session::sigv4::{Family, PayloadHash, Presented, Rules, SignatureError, parse};
use support::requests::*;
use support::*;

#[test]
fn an_unsigned_trailer_upload_still_needs_its_request_signature() {
    assert_eq!(s3(&put(UNSIGNED_TRAILER)), Ok(()));
    let mut garbage = put(UNSIGNED_TRAILER);
    let value = garbage.headers["authorization"]
        .to_str()
        .unwrap()
        .to_owned();
    let (start, signature) = value.rsplit_once('=').unwrap();
    for bad in [
        "",
        "0",
        "deadbeef",
        &"0".repeat(64),
        &signature.to_uppercase(),
        &format!("{signature}0"),
    ] {
        garbage.set("authorization", &format!("{start}={bad}"));
        assert_eq!(code(s3(&garbage)), (403, "SignatureDoesNotMatch"), "{bad}");
    }
    garbage.set("authorization", start.rsplit_once(',').unwrap().0);
    assert_eq!(code(s3(&garbage)), (400, "AuthorizationHeaderMalformed"));
}

#[test]
fn every_payload_mode_in_every_place_refuses_a_wrong_secret() {
    let hash = sha256_hex(b"body");
    let modes = [
        hash.as_str(),
        "UNSIGNED-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        UNSIGNED_TRAILER,
    ];
    for mode in modes {
        let request = put(mode);
        assert_eq!(s3(&request), Ok(()), "{mode}");
        let signed = request.signed(&Rules::s3()).unwrap();
        let wrong = signed.verify(&request.parts(), &Secret::from("wrong"), None, &Rules::s3());
        assert!(
            matches!(wrong, Err(SignatureError::Mismatch(_))),
            "{mode}: {wrong:?}"
        );
        // The same mode on a presigned request: the header isn't signed there.
        let in_query = presigned(&[], &[("x-amz-content-sha256", mode)]);
        assert!(s3(&in_query).is_err(), "{mode}");
        // And without any signature: nobody, at best.
        let nobody = Request::new(
            "PUT",
            "/b/k",
            &[("host", "h"), ("x-amz-content-sha256", mode)],
        );
        assert!(
            !matches!(
                parse(&nobody.parts(), &Rules::s3()),
                Ok(Presented::Signed(_))
            ),
            "{mode}"
        );
    }
    for mode in [
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
    ] {
        assert_eq!(code(s3(&put(mode))), (400, "InvalidRequest"), "{mode}");
    }
}

#[test]
fn signed_chunks_without_a_signed_request_are_refused() {
    for mode in [
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    ] {
        let request = Request::new(
            "PUT",
            "/b/k",
            &[("host", "h"), ("x-amz-content-sha256", mode)],
        );
        assert_eq!(
            request.signed(&Rules::s3()),
            Err(SignatureError::MissingAuthentication)
        );
        assert_eq!(
            parse(&request.parts(), &Rules::s3()),
            Err(SignatureError::MissingAuthentication)
        );
    }
    let request = Request::new(
        "PUT",
        "/b/k",
        &[("host", "h"), ("x-amz-content-sha256", UNSIGNED_TRAILER)],
    );
    assert_eq!(
        parse(&request.parts(), &Rules::s3()),
        Ok(Presented::Anonymous)
    );
    assert_eq!(
        PayloadHash::declared(&request.headers),
        Ok(PayloadHash::StreamingUnsignedTrailer)
    );
}

#[test]
fn a_lone_credential_in_the_query_is_no_anonymous_request() {
    assert_eq!(s3(&presigned(&[], &[])), Ok(()));
    for name in [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
    ] {
        assert_eq!(
            code(s3(&presigned(&[(name, "")], &[]))),
            (400, "AuthorizationQueryParametersError"),
            "without {name}"
        );
    }
    for query in [
        "X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20261121%2Feu-west-1%2Fs3%2Faws4_request",
        "X-Amz-Signature=00",
        "x-amz-signature=00",
        "x%2Damz%2dalgorithm=AWS4-HMAC-SHA256",
        "X-Amz-Security-Token=abc",
    ] {
        let mut request = put(UNSIGNED_TRAILER);
        request.headers.remove("authorization");
        request.query = query.to_owned();
        assert_eq!(
            code(s3(&request)),
            (400, "AuthorizationQueryParametersError"),
            "{query}"
        );
    }
    let mut twice = presigned(&[], &[]);
    twice.query.push_str("&X-Amz-Signature=00");
    assert_eq!(code(s3(&twice)), (400, "AuthorizationQueryParametersError"));
    let mut tokens = presigned(&[("X-Amz-Security-Token", "abc")], &[]);
    assert_eq!(s3(&tokens), Ok(()));
    tokens.query.push_str("&x-amz-security-token=def");
    assert_eq!(
        code(s3(&tokens)),
        (400, "AuthorizationQueryParametersError")
    );
}

#[test]
fn credentials_in_two_places_are_refused() {
    for query in [
        "AWSAccessKeyId=x",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "X-Amz-Security-Token=x",
        "X-Amz-Signature=x",
    ] {
        let mut request = put("UNSIGNED-PAYLOAD");
        request.query = query.to_owned();
        assert_eq!(
            s3(&request),
            Err(SignatureError::SeveralMechanisms),
            "{query}"
        );
    }
    let mut request = put("UNSIGNED-PAYLOAD");
    let value = request.headers["authorization"].clone();
    request.headers.append("authorization", value);
    assert_eq!(
        s3(&request),
        Err(SignatureError::AmbiguousHeader {
            name: "authorization"
        })
    );
}

#[test]
fn an_unsigned_amz_header_is_refused_everywhere() {
    let presigned = presigned(&[], &[("x-amz-copy-source", "/secret/key")]);
    let refused = s3(&presigned).unwrap_err();
    assert_eq!(
        refused,
        SignatureError::HeadersNotSigned {
            names: vec!["x-amz-copy-source".to_owned()]
        }
    );
    assert_eq!(
        (refused.status(Family::S3), refused.code(Family::S3)),
        (403, "AccessDenied")
    );
    assert_eq!(
        refused.details(),
        [("HeadersNotSigned", "x-amz-copy-source".to_owned())]
    );
    let mut header = put("UNSIGNED-PAYLOAD");
    header
        .set("x-amz-acl", "public-read")
        .set("x-amz-tagging", "a=b");
    let names = vec!["x-amz-acl".to_owned(), "x-amz-tagging".to_owned()];
    assert_eq!(s3(&header), Err(SignatureError::HeadersNotSigned { names }));
    // An operation that the signer didn't ask for.
    let mut json = sign_as(
        Request::new("POST", "/", &[("host", "h")]),
        "cloudtrail",
        "eu-west-1",
        DATE,
        &sha256_hex(b"{}"),
    );
    assert!(
        json.check(&Rules::json("cloudtrail"), now(), Some(b"{}"))
            .is_ok()
    );
    json.set("x-amz-target", "CloudTrail_20131101.StopLogging");
    assert!(matches!(
        json.check(&Rules::json("cloudtrail"), now(), Some(b"{}")),
        Err(SignatureError::HeadersNotSigned { .. })
    ));
}

#[test]
fn a_signature_that_leaves_out_the_host_is_refused() {
    let mut request = put("UNSIGNED-PAYLOAD");
    let value = request.headers["authorization"]
        .to_str()
        .unwrap()
        .replace("SignedHeaders=host;", "SignedHeaders=");
    request.set("authorization", &value);
    assert!(matches!(
        s3(&request),
        Err(SignatureError::HostNotSigned { .. })
    ));
    for list in [
        "",
        "Host",
        "host;host",
        "x-amz-date;host",
        "host;",
        "host; x-amz-date",
        "host,x",
    ] {
        let mut request = put("UNSIGNED-PAYLOAD");
        let value = request.headers["authorization"].to_str().unwrap().replace(
            "SignedHeaders=host;x-amz-content-sha256;x-amz-date",
            &format!("SignedHeaders={list}"),
        );
        request.set("authorization", &value);
        assert!(s3(&request).is_err(), "{list}");
    }
}

#[test]
fn headers_that_decide_about_the_signature_may_not_be_doubled() {
    for name in ["host", "x-amz-date", "x-amz-content-sha256"] {
        let mut request = put("UNSIGNED-PAYLOAD");
        let value = request.headers[name].clone();
        request.headers.append(name, value);
        assert_eq!(s3(&request), Err(SignatureError::AmbiguousHeader { name }));
    }
    let mut request = put("UNSIGNED-PAYLOAD");
    request.headers.remove("host");
    assert_eq!(
        s3(&request),
        Err(SignatureError::SignedHeaderAbsent {
            name: "host".to_owned()
        })
    );
}

#[test]
fn a_space_is_a_space_however_it_is_written_and_a_plus_is_not() {
    let signed_for = |query: &str| {
        let mut request = Request::new(
            "GET",
            "/b",
            &[("host", "h"), ("x-amz-content-sha256", "UNSIGNED-PAYLOAD")],
        );
        request.query = query.to_owned();
        sign_as(request, "s3", "eu-west-1", DATE, "UNSIGNED-PAYLOAD")
    };
    let mut request = signed_for("delimiter=%2F&prefix=a%20b");
    for same in [
        "prefix=a%20b&delimiter=%2F",
        "prefix=a+b&delimiter=/",
        "&delimiter=%2f&&prefix=%61%20b",
    ] {
        request.query = same.to_owned();
        assert_eq!(s3(&request), Ok(()), "{same}");
    }
    for other in [
        "prefix=a%2Bb&delimiter=%2F",
        "prefix=a%20b",
        "prefix=a%20b&delimiter=%2F&delimiter=%2F",
        "prefix=a%2520b&delimiter=%2F",
    ] {
        request.query = other.to_owned();
        assert_eq!(
            code(s3(&request)),
            (403, "SignatureDoesNotMatch"),
            "{other}"
        );
    }
    request.query = "prefix=%".to_owned();
    assert_eq!(code(s3(&request)), (400, "InvalidURI"));
}

#[test]
fn an_s3_path_is_never_normalised() {
    let mut request = put("UNSIGNED-PAYLOAD");
    for other in ["/b/./k", "/b//k", "/b/x/../k", "/b/k/", "/b/%2e/k"] {
        request.path = other.to_owned();
        assert_eq!(
            code(s3(&request)),
            (403, "SignatureDoesNotMatch"),
            "{other}"
        );
    }
    request.path = "/%62/k".to_owned();
    assert_eq!(s3(&request), Ok(()));
}
