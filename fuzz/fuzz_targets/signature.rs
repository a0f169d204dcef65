//! Signature Version 4: what a request claims, and whether it can be true.
#![no_main]

use std::sync::LazyLock;

use daypass_fuzz::Request;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use session::Secret;
use session::sigv4::{
    ChunkLayout, Family, Location, PayloadHash, Presented, RequestParts, Rules, SignatureError,
    claimed_service, parse, sha256,
};

/// The secret of AWS's documentation, with which the seeds are signed.
static SECRET: LazyLock<Secret> =
    LazyLock::new(|| Secret::from("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"));

fuzz_target!(|data: &[u8]| {
    let Some(request) = Request::parse(data) else {
        return;
    };
    let parts = RequestParts {
        method: request.method.as_str(),
        path: request.uri.path(),
        query: request.query(),
        headers: &request.headers,
    };
    let _ = claimed_service(&parts);
    let _ = ChunkLayout::from_headers(&request.headers);
    let hash = sha256(request.body);
    for rules in [
        Rules::query("iam"),
        Rules::query("sts"),
        Rules::json("cloudtrail"),
        Rules::s3(),
        Rules {
            v2_resource: Some("/bucket/key".to_owned()),
            ..Rules::s3()
        },
    ] {
        if let Err(error) = check(&parts, &rules, hash) {
            describe(&error, rules.family);
        }
    }
});

fn check(parts: &RequestParts<'_>, rules: &Rules, hash: [u8; 32]) -> Result<(), SignatureError> {
    let signed = match parse(parts, rules)? {
        Presented::Signed(signed) => *signed,
        Presented::Anonymous => {
            assert!(!parts.headers.contains_key("authorization"));
            return Ok(());
        }
        Presented::SignedV2(signed) => {
            let _ = format!("{signed:?}");
            let _ = signed.credential();
            assert!(rules.v2_resource.is_some());
            return signed.verify(&SECRET);
        }
    };
    // A request is signed for one service only.
    assert_eq!(signed.scope.service, rules.service);
    let _ = format!("{signed:?}");
    let _ = signed.credential();
    let _ = signed.check_time(
        Timestamp::from_second(1_795_262_400).expect("a time"),
        rules,
    );
    signed.verify(parts, &SECRET, Some(hash), rules)?;
    // Whoever changes one of these breaks the signature.
    for name in parts
        .headers
        .keys()
        .filter(|name| name.as_str().starts_with("x-amz-"))
    {
        let covered = signed
            .signed_headers
            .iter()
            .any(|signed| signed == name.as_str());
        // Services but S3 hash the body for themselves.
        let idle = name == "x-amz-content-sha256" && rules.family != Family::S3;
        assert!(covered || idle, "{name}");
    }
    assert!(signed.signed_headers.iter().any(|name| name == "host"));
    if signed.location == Location::Header && signed.payload != PayloadHash::Unsigned {
        assert_ne!(signed.signature, "");
    }
    Ok(())
}

fn describe(error: &SignatureError, family: Family) {
    assert!(!error.code(family).is_empty());
    assert!((400..500).contains(&error.status(family)), "{error:?}");
    let _ = (error.message(family), error.details());
}
