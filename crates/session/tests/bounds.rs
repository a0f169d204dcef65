//! How far a signature reaches: time, scope, body, kind of key.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use jiff::SignedDuration;
use session::Secret;
use session::sigv4::{
    Credential, ExpiresFault, Family, Rules, SignatureError, SigningKey, claimed_service,
};
use support::requests::*;
use support::*;

#[test]
fn time_has_bounds_of_one_second() {
    let shifted = |seconds: i64| now() + SignedDuration::from_secs(seconds);
    let iam = |seconds| {
        call("iam")
            .check(&Rules::query("iam"), shifted(seconds), Some(BODY))
            .map(|_| ())
    };
    assert_eq!((iam(300), iam(-300)), (Ok(()), Ok(())));
    let late = iam(301).unwrap_err();
    assert_eq!(
        late.message(Family::Query),
        "Signature expired: 20261121T201234Z is now earlier than 20261121T201235Z (20261121T201735Z - 5 min.)"
    );
    let early = iam(-301).unwrap_err();
    assert_eq!(
        early.message(Family::Query),
        "Signature not yet current: 20261121T201234Z is still later than 20261121T201233Z (20261121T200733Z + 5 min.)"
    );
    let header = |seconds| {
        put("UNSIGNED-PAYLOAD")
            .check(&Rules::s3(), shifted(seconds), None)
            .map(|_| ())
    };
    assert_eq!((header(900), header(-900)), (Ok(()), Ok(())));
    for seconds in [901, -901, i64::from(u32::MAX)] {
        let skewed = header(seconds);
        assert_eq!(code(skewed), (403, "RequestTimeTooSkewed"), "{seconds}");
    }
    let query = |seconds| {
        presigned(&[], &[])
            .check(&Rules::s3(), shifted(seconds), None)
            .map(|_| ())
    };
    assert_eq!((query(300), query(-900)), (Ok(()), Ok(())));
    assert_eq!(
        query(301).unwrap_err().message(Family::S3),
        "Request has expired"
    );
    assert_eq!(
        query(-901).unwrap_err().message(Family::S3),
        "Request is not valid yet"
    );
    // A fraction of a second is past the bound as well.
    let signed = call("iam").signed(&Rules::query("iam")).unwrap();
    let nano = shifted(300) + SignedDuration::from_nanos(1);
    assert!(signed.check_time(nano, &Rules::query("iam")).is_err());
    let nano = shifted(-300) - SignedDuration::from_nanos(1);
    assert!(signed.check_time(nano, &Rules::query("iam")).is_err());
}

#[test]
fn no_presigned_request_lasts_longer_than_a_week() {
    assert_eq!(s3(&presigned(&[("X-Amz-Expires", "604800")], &[])), Ok(()));
    for (value, fault) in [
        ("604801", ExpiresFault::TooLong),
        ("0", ExpiresFault::NotPositive),
        ("-1", ExpiresFault::NotPositive),
        ("1e3", ExpiresFault::NotANumber),
    ] {
        assert_eq!(
            s3(&presigned(&[("X-Amz-Expires", value)], &[])),
            Err(SignatureError::MalformedExpires(fault))
        );
    }
}

#[test]
fn a_scope_of_another_service_region_or_day_is_refused() {
    for (signed_for, asked) in [
        ("s3", "iam"),
        ("iam", "sts"),
        ("sts", "s3"),
        ("s3", "s3tables"),
        ("iam", "IAM"),
    ] {
        let mut rules = Rules::query(asked);
        if asked == "s3" {
            rules = Rules::s3();
        }
        let mut request = call(signed_for);
        if rules.family == Family::S3 {
            request = sign_as(
                Request::new(
                    "GET",
                    "/",
                    &[("host", "h"), ("x-amz-content-sha256", "UNSIGNED-PAYLOAD")],
                ),
                signed_for,
                "eu-west-1",
                DATE,
                "UNSIGNED-PAYLOAD",
            );
        }
        let refused = request.check(&rules, now(), Some(BODY)).unwrap_err();
        assert!(
            matches!(refused, SignatureError::WrongService { .. }),
            "{signed_for} for {asked}: {refused:?}"
        );
    }
    // The scope swapped without signing anew.
    let mut swapped = call("iam");
    let value = swapped.headers["authorization"]
        .to_str()
        .unwrap()
        .replace("/iam/", "/sts/");
    swapped.set("authorization", &value);
    let refused = swapped
        .check(&Rules::query("sts"), now(), Some(BODY))
        .unwrap_err();
    assert!(
        matches!(refused, SignatureError::Mismatch(_)),
        "{refused:?}"
    );
    let elsewhere = Rules {
        region: Some("us-east-1".to_owned()),
        ..Rules::s3()
    };
    let refused = put("UNSIGNED-PAYLOAD")
        .check(&elsewhere, now(), None)
        .unwrap_err();
    assert_eq!(
        refused.message(Family::S3),
        "The authorization header is malformed; the region 'eu-west-1' is wrong; expecting 'us-east-1'"
    );
    let request = Request::new(
        "PUT",
        "/b/k",
        &[("host", "h"), ("x-amz-content-sha256", "UNSIGNED-PAYLOAD")],
    );
    let mut other_day = sign_as(request, "s3", "eu-west-1", DATE, "UNSIGNED-PAYLOAD");
    other_day.set("x-amz-date", "20261122T000000Z");
    assert!(matches!(
        s3(&other_day),
        Err(SignatureError::ScopeDate { .. })
    ));
}

#[test]
fn a_region_is_taken_as_the_client_signed_it_but_has_to_be_one() {
    for (region, taken) in [
        ("us-east-1", true),
        ("eu-west-1", true),
        ("local", true),
        ("a b", false),
        (&"x".repeat(65), false),
    ] {
        let request = Request::new("POST", "/", &[("host", "h")]);
        let request = sign_as(request, "iam", region, DATE, &sha256_hex(BODY));
        let checked = request.check(&Rules::query("iam"), now(), Some(BODY));
        assert_eq!(checked.is_ok(), taken, "{region}: {checked:?}");
    }
}

#[test]
fn a_query_body_is_always_hashed_whatever_the_header_claims() {
    let mut request = Request::new(
        "POST",
        "/",
        &[("host", "h"), ("x-amz-content-sha256", "UNSIGNED-PAYLOAD")],
    );
    request = sign_as(request, "sts", "eu-west-1", DATE, "UNSIGNED-PAYLOAD");
    let refused = request
        .check(&Rules::query("sts"), now(), Some(BODY))
        .unwrap_err();
    assert!(
        matches!(refused, SignatureError::Mismatch(_)),
        "{refused:?}"
    );
    let unhashed = call("sts")
        .check(&Rules::query("sts"), now(), None)
        .unwrap_err();
    assert_eq!(unhashed, SignatureError::BodyNotHashed);
    assert!(
        call("sts")
            .check(&Rules::query("sts"), now(), Some(b"Action=AssumeRole"))
            .is_err()
    );
}

#[test]
fn signature_version_2_and_other_schemes_are_refused() {
    let with =
        |value: &str| Request::new("GET", "/b/k", &[("host", "h"), ("authorization", value)]);
    let v2 = s3(&with(
        "AWS AKIAIOSFODNN7EXAMPLE:frJIUN8DYpKDtOLCwo//yllqDzg=",
    ))
    .unwrap_err();
    assert_eq!(
        (v2.status(Family::S3), v2.code(Family::S3)),
        (400, "InvalidRequest")
    );
    assert_eq!(
        v2.message(Family::S3),
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
    );
    let query = Request::new(
        "GET",
        "/b/k?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=x&Expires=1",
        &[("host", "h")],
    );
    assert_eq!(s3(&query), Err(SignatureError::SignatureV2));
    assert_eq!(
        s3(&with("Bearer abc")),
        Err(SignatureError::UnsupportedScheme)
    );
    assert!(matches!(
        s3(&with("AWS4-ECDSA-P256-SHA256 Credential=x")),
        Err(SignatureError::UnsupportedAlgorithm { .. })
    ));
    for bad in [
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 x",
        "AWS4-HMAC-SHA256 Credential=a,Credential=b",
        "AWS4-HMAC-SHA256 credential=a",
        "",
    ] {
        assert!(s3(&with(bad)).is_err(), "{bad}");
    }
}

#[test]
fn a_token_missing_or_with_a_long_term_key_is_refused() {
    let signed = call("sts").signed(&Rules::query("sts")).unwrap();
    assert!(matches!(signed.credential(), Ok(Credential::LongTerm(id)) if id.as_str() == KEY_ID));
    let mut with_token = signed.clone();
    with_token.session_token = Some("token".to_owned());
    assert_eq!(with_token.credential(), Err(SignatureError::InvalidToken));
    let mut temporary = signed;
    temporary.access_key_id = KEY_ID.replacen("AKIA", "ASIA", 1).parse().unwrap();
    assert!(matches!(
        temporary.credential(),
        Err(SignatureError::UnknownAccessKey { .. })
    ));
    temporary.session_token = Some("token".to_owned());
    assert!(matches!(
        temporary.credential(),
        Ok(Credential::Temporary(_, "token"))
    ));
    assert!(!format!("{temporary:?} {:?}", temporary.credential()).contains("token\""));
}

#[test]
fn a_mismatch_shows_the_client_what_was_signed_and_the_log_nothing() {
    let mut request = put("UNSIGNED-PAYLOAD");
    request.method = "GET".to_owned();
    let error = s3(&request).unwrap_err();
    let details = error.details();
    let names: Vec<&str> = details.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "AWSAccessKeyId",
            "StringToSign",
            "SignatureProvided",
            "StringToSignBytes",
            "CanonicalRequest",
            "CanonicalRequestBytes"
        ]
    );
    assert!(
        details[4].1.starts_with("GET\n/b/k\n\nhost:h\n"),
        "{}",
        details[4].1
    );
    assert!(
        details[3].1.starts_with("41 57 53 34 2d"),
        "{}",
        details[3].1
    );
    assert!(!format!("{error:?} {error}").contains("host:h"));
}

#[test]
fn a_kept_signing_key_verifies_like_the_secret() {
    let request = call("iam");
    let rules = Rules::query("iam");
    let signed = request.signed(&rules).unwrap();
    let key = SigningKey::derive(&Secret::from(SECRET), &signed.scope);
    let hash = Some(session::sigv4::sha256(BODY));
    assert!(
        signed
            .verify_with_key(&request.parts(), key, hash, &rules)
            .is_ok()
    );
    let other = SigningKey::derive(&Secret::from("other"), &signed.scope);
    assert!(
        signed
            .verify_with_key(&request.parts(), other, hash, &rules)
            .is_err()
    );
}

#[test]
fn the_service_is_known_before_the_rules_are() {
    assert_eq!(
        claimed_service(&call("iam").parts()).as_deref(),
        Some("iam")
    );
    assert_eq!(
        claimed_service(&presigned(&[], &[]).parts()).as_deref(),
        Some("s3")
    );
    let nobody = Request::new(
        "GET",
        "/",
        &[
            ("host", "h"),
            ("authorization", "AWS4-HMAC-SHA256 Credential=///"),
        ],
    );
    assert_eq!(claimed_service(&nobody.parts()), None);
}
