//! Signatures of forms and of version 2: AWS's examples, and what must not pass.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use session::Secret;
use session::sigv4::{
    Family, Presented, Rules, SignatureError, SignedForm, SignedV2, is_credential, parse,
    parse_form,
};
use support::{KEY_ID, Request, SECRET, at};

/// The policy and the signature of the example in "Browser-based uploads using POST" (Amazon S3 API Reference).
const POLICY: &str = "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9";
const SIGNATURE: &str = "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e";

fn fields() -> Vec<(&'static str, String)> {
    vec![
        ("policy", POLICY.to_owned()),
        ("x-amz-algorithm", "AWS4-HMAC-SHA256".to_owned()),
        (
            "x-amz-credential",
            format!("{KEY_ID}/20151229/us-east-1/s3/aws4_request"),
        ),
        ("x-amz-date", "20151229T000000Z".to_owned()),
        ("x-amz-signature", SIGNATURE.to_owned()),
    ]
}

fn read(fields: &[(&'static str, String)]) -> Result<Option<SignedForm>, SignatureError> {
    let found = |name: &str| {
        let mut fields = fields.iter();
        fields
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_str())
    };
    parse_form(found, &Rules::s3())
}

fn verified(fields: &[(&'static str, String)], now: &str) -> Result<(), SignatureError> {
    let form = read(fields)?.ok_or(SignatureError::MissingAuthentication)?;
    form.check_time(at(now), &Rules::s3())?;
    form.verify(&Secret::from(SECRET))
}

#[test]
fn the_documented_form() {
    let fields = fields();
    verified(&fields, "2015-12-29T10:00:00Z").unwrap();
    let form = read(&fields).unwrap().unwrap();
    let wrong = form.verify(&Secret::from("x")).unwrap_err();
    let SignatureError::Mismatch(mismatch) = wrong else {
        panic!("{wrong:?}");
    };
    assert_eq!(mismatch.string_to_sign, POLICY);
    assert!(!format!("{form:?}").contains(SIGNATURE));
    // As long as its key is good, and not before.
    for (now, good) in [
        ("2015-12-28T23:45:00Z", true),
        ("2015-12-28T23:44:59Z", false),
        ("2016-01-04T23:59:59Z", true),
        ("2016-01-05T00:00:00Z", false),
    ] {
        assert_eq!(verified(&fields, now).is_ok(), good, "{now}");
    }
}

#[test]
fn a_form_is_signed_whole_or_not_at_all() {
    for missing in 0..fields().len() {
        let mut fields = fields();
        let (name, _) = fields.remove(missing);
        let refused = read(&fields).unwrap_err();
        let SignatureError::IncompleteForm { field } = refused else {
            panic!("{name}: {refused:?}");
        };
        assert_eq!(field.to_ascii_lowercase(), name);
        assert_eq!(refused.code(Family::S3), "InvalidArgument");
    }
    let only_policy = [("policy", POLICY.to_owned())];
    assert_eq!(read(&only_policy), Ok(None));
    assert_eq!(read(&[]), Ok(None));
    let token = [("x-amz-security-token", "t".to_owned())];
    assert!(read(&token).is_err());
    for old in ["awsaccesskeyid", "signature"] {
        let mut fields = fields();
        fields.push((old, "x".to_owned()));
        assert_eq!(read(&fields), Err(SignatureError::SignatureV2));
    }
}

#[test]
fn each_changed_field_of_a_form_breaks_it() {
    let now = "2015-12-29T10:00:00Z";
    for (name, value) in [
        ("policy", "e30="),
        ("policy", &POLICY[..POLICY.len() - 4]),
        ("x-amz-signature", ""),
        ("x-amz-signature", &SIGNATURE.to_uppercase()),
        ("x-amz-algorithm", "AWS4-ECDSA-P256-SHA256"),
        ("x-amz-date", "20151230T000000Z"),
        ("x-amz-date", "2015-12-29T00:00:00Z"),
        (
            "x-amz-credential",
            "AKIAIOSFODNN7EXAMPLE/20151229/us-west-2/s3/aws4_request",
        ),
        (
            "x-amz-credential",
            "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/sts/aws4_request",
        ),
        (
            "x-amz-credential",
            "AKIAIOSFODNN7EXAMPLE/20151230/us-east-1/s3/aws4_request",
        ),
        ("x-amz-credential", "AKIAIOSFODNN7EXAMPLE"),
    ] {
        let mut fields = fields();
        fields
            .iter_mut()
            .find(|(known, _)| *known == name)
            .unwrap()
            .1 = value.to_owned();
        let refused = verified(&fields, now).unwrap_err();
        assert!(
            [400, 403].contains(&refused.status(Family::S3)),
            "{name}: {refused:?}"
        );
    }
}

/// The presigned example of "Signing and authenticating REST requests" (Amazon S3 User Guide), with the bucket that its signature is for.
fn documented_v2() -> Request {
    Request::new(
        "GET",
        "/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620",
        &[("host", "johnsmith.s3.us-west-1.amazonaws.com")],
    )
}

fn v2(request: &Request, resource: &str) -> Result<SignedV2, SignatureError> {
    let rules = Rules {
        v2_resource: Some(resource.to_owned()),
        ..Rules::s3()
    };
    match parse(&request.parts(), &rules)? {
        Presented::SignedV2(signed) => Ok(*signed),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_documented_query_of_version_2() {
    let request = documented_v2();
    let signed = v2(&request, "/johnsmith/photos/puppy.jpg").unwrap();
    assert_eq!(signed.access_key_id.as_str(), KEY_ID);
    signed.verify(&Secret::from(SECRET)).unwrap();
    assert!(signed.verify(&Secret::from("x")).is_err());
    let other = v2(&request, "/awsexamplebucket1/photos/puppy.jpg").unwrap();
    assert!(other.verify(&Secret::from(SECRET)).is_err());
    for (now, good) in [
        ("2007-03-29T03:40:20Z", true),
        ("2007-03-29T03:40:21Z", false),
        ("2007-03-22T03:40:20Z", true),
        ("2007-03-22T03:40:19Z", false),
    ] {
        assert_eq!(signed.check_time(at(now)).is_ok(), good, "{now}");
    }
    // Where it isn't switched on it is refused as ever.
    let refused = parse(&request.parts(), &Rules::s3()).unwrap_err();
    assert_eq!(refused, SignatureError::SignatureV2);
}

#[test]
fn version_2_takes_what_it_covers() {
    let refused = |added: &str, headers: &[(&str, &str)]| {
        let mut request = documented_v2();
        request.query.push_str(added);
        for (name, value) in headers {
            let name: http::HeaderName = name.parse().unwrap();
            request.headers.append(name, value.parse().unwrap());
        }
        v2(&request, "/b/k").err()
    };
    for uncovered in [
        "&encryption",
        "&publicAccessBlock",
        "&x-amz-acl=x",
        "&X-Amz-Date=1",
        "&a",
    ] {
        let error = refused(uncovered, &[]);
        let refused = matches!(error, Some(SignatureError::V2Uncovered { .. }));
        assert!(refused, "{uncovered}: {error:?}");
    }
    for incomplete in [
        "&Expires=1",
        "&Signature=x",
        "&AWSAccessKeyId=x",
        "&x-amz-security-token=a&x-amz-security-token=b",
    ] {
        assert_eq!(
            refused(incomplete, &[]),
            Some(SignatureError::IncompleteV2),
            "{incomplete}"
        );
    }
    assert_eq!(
        refused("&x-amz-security-token=a", &[("x-amz-security-token", "b")]),
        Some(SignatureError::SeveralMechanisms)
    );
    let chunks = ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    assert!(matches!(
        refused("", &[chunks]),
        Some(SignatureError::UnsupportedPayload { .. })
    ));
    assert!(refused("&acl=%zz", &[]).is_some());
    assert_eq!(refused("&prefix=a&list-type=2&acl&x-id=y", &[]), None);
}

#[test]
fn credentials_in_a_query_are_known_in_any_spelling() {
    for (name, v2, known) in [
        ("X-Amz-Signature", false, true),
        ("X-Amz-Signatur%65", false, true),
        ("x-amz-signature", false, false),
        ("Signature", false, false),
        ("Signature", true, true),
        ("%45xpires", true, true),
        ("x-amz-security-token", true, true),
        ("versionId", true, false),
        ("%", true, false),
    ] {
        assert_eq!(is_credential(name, v2), known, "{name}");
    }
}
