//! Signature Version 2 in the query: only where it is switched on, and never good for more than it covers.

use crate::harness::ALL;
use crate::signing::*;

const USE_V4: &str =
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.";

#[tokio::test]
async fn it_is_refused_unless_it_is_switched_on() {
    for on in [false, true] {
        let wire = Wire::new(on).await;
        let put = Raw::new("PUT", "/bkt/k")
            .body("v")
            .signed(&wire.keys, UNSIGNED);
        assert_eq!(wire.send(&put).await.status, 200);
        let got = wire
            .send(&Raw::new("GET", "/bkt/k").signed_v2(&wire.keys))
            .await;
        if on {
            assert_eq!((got.status.as_u16(), got.text.as_str()), (200, "v"));
        } else {
            assert_eq!((got.status.as_u16(), got.message()), (400, USE_V4));
        }
        // Never in a header, and never in a form.
        let in_header =
            Raw::new("GET", "/bkt/k").header("authorization", "AWS AKIAIOSFODNN7EXAMPLE:x");
        assert_eq!(wire.send(&in_header).await.message(), USE_V4);
        let form = PostForm::plain(&[
            ("key", "k"),
            ("AWSAccessKeyId", &wire.keys.id),
            ("policy", "e30="),
            ("signature", "x"),
        ]);
        assert_eq!(wire.send(&form.to("/bkt")).await.message(), USE_V4);
    }
}

#[tokio::test]
async fn a_bucket_in_the_host_is_part_of_what_is_signed() {
    let wire = Wire::new(true).await;
    let put = Raw::new("PUT", "/bkt/k")
        .body("v")
        .signed(&wire.keys, UNSIGNED);
    assert_eq!(wire.send(&put).await.status, 200);
    let mut in_host = Raw::new("GET", "/bkt/k").signed_v2(&wire.keys);
    in_host.set("host", "bkt.s3.localhost");
    in_host.target = in_host.target.replacen("/bkt/k", "/k", 1);
    assert_eq!(wire.send(&in_host).await.text, "v");
    in_host.set("host", "other.s3.localhost");
    assert_eq!(wire.send(&in_host).await.code(), "SignatureDoesNotMatch");
}

#[tokio::test]
async fn a_parameter_that_it_does_not_cover_cannot_be_added() {
    let wire = Wire::new(true).await;
    let put = Raw::new("PUT", "/bkt/k")
        .body("v")
        .signed(&wire.keys, UNSIGNED);
    assert_eq!(wire.send(&put).await.status, 200);
    for (method, target, added) in [
        ("GET", "/bkt", "&publicAccessBlock"),
        ("GET", "/bkt", "&ownershipControls"),
        ("GET", "/bkt", "&encryption"),
        ("GET", "/bkt", "&policyStatus"),
        ("DELETE", "/bkt", "&publicAccessBlock"),
        ("GET", "/bkt/k", "&attributes"),
        ("GET", "/bkt/k", "&legal-hold"),
        ("GET", "/bkt/k", "&x-amz-checksum-mode=ENABLED"),
        ("PUT", "/bkt/k", "&x-amz-acl=private"),
        ("PUT", "/bkt/k", "&X-Amz-Meta-A=1"),
    ] {
        let mut request = Raw::new(method, target).signed_v2(&wire.keys);
        request.target.push_str(added);
        let got = wire.send(&request).await;
        assert_eq!(
            (got.status.as_u16(), got.code()),
            (400, "InvalidRequest"),
            "{added}: {got:?}"
        );
    }
    for (method, target, added) in [
        ("GET", "/bkt", "&policy"),
        ("PUT", "/bkt/k", "&tagging"),
        ("GET", "/bkt/k", "&versionId=null"),
        ("GET", "/bkt/k", "&response-content-type=text/html"),
    ] {
        let mut request = Raw::new(method, target).signed_v2(&wire.keys);
        request.target.push_str(added);
        assert_eq!(
            wire.send(&request).await.code(),
            "SignatureDoesNotMatch",
            "{added}"
        );
        // When it is signed, it is there.
        let request = Raw::new(method, &format!("{target}?{}", &added[1..]));
        let got = wire.send(&request.signed_v2(&wire.keys)).await;
        assert_ne!(got.status, 403, "{added}: {got:?}");
    }
    let mut listed = Raw::new("GET", "/bkt").signed_v2(&wire.keys);
    listed.target.push_str("&list-type=2&prefix=k");
    assert_eq!(wire.send(&listed).await.status, 200);
}

#[tokio::test]
async fn it_ends_and_lives_for_a_week_at_most() {
    let wire = Wire::new(true).await;
    let good = Raw::new("GET", "/bkt").signed_v2(&wire.keys);
    let (start, rest) = good.target.split_once("Expires=").unwrap();
    let (_, after) = rest.split_once('&').unwrap();
    for (expires, code, message) in [
        ("1", "AccessDenied", "Request has expired"),
        (
            "99999999999",
            "AccessDenied",
            "Expires must be less than a week (604800 seconds) ahead",
        ),
        (
            "x",
            "AccessDenied",
            "Invalid date (should be seconds since epoch): x",
        ),
        (
            "",
            "AccessDenied",
            "Invalid date (should be seconds since epoch): ",
        ),
        (
            "-1",
            "AccessDenied",
            "Invalid date (should be seconds since epoch): -1",
        ),
    ] {
        let mut bad = good.clone();
        bad.target = format!("{start}Expires={expires}&{after}");
        let got = wire.send(&bad).await;
        assert_eq!(
            (got.status.as_u16(), got.code(), got.message()),
            (403, code, message)
        );
    }
    let mut bad = good.clone();
    bad.target = format!("{start}{after}");
    assert_eq!(
        wire.send(&bad).await.message(),
        "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
    );
}

#[tokio::test]
async fn policies_see_the_version() {
    let wire = Wire::new(true).await;
    let only_v4 = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"s3:signatureversion":"AWS"}}}]}"#;
    let in_query = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"s3:authType":"REST-QUERY-STRING","s3:signatureversion":"AWS"}}}]}"#;
    let strict = wire.keys("strict", only_v4).await;
    let lax = wire.keys("lax", in_query).await;
    let all = wire.keys("all", ALL).await;
    for (keys, v2, v4) in [(&strict, 403, 200), (&lax, 200, 403), (&all, 200, 200)] {
        let get = Raw::new("GET", "/bkt");
        assert_eq!(wire.send(&get.clone().signed_v2(keys)).await.status, v2);
        assert_eq!(wire.send(&get.presigned(keys, None)).await.status, v4);
    }
    // The token is nowhere in the trail.
    let trail = std::fs::read_dir(wire.dir.path().join("trail/data")).unwrap();
    for entry in trail {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(text.contains("SigV2"));
        assert!(!text.contains(&lax.token[..40]), "{text}");
    }
}

#[tokio::test]
async fn the_bucket_that_is_signed_is_the_one_that_is_read() {
    let wire = Wire::new(true).await;
    for target in ["/victim", "/victim/k"] {
        let put = Raw::new("PUT", target).signed(&wire.keys, UNSIGNED);
        assert_eq!(wire.send(&put).await.status, 200);
    }
    // Of the bucket `bkt` by the authority, and of `victim` by a host that is no text.
    let mut link = Raw::new("GET", "/bkt/victim/k").signed_v2(&wire.keys);
    link.target = link.target.replacen("/bkt/", "http://bkt.s3.localhost/", 1);
    link.set("host", "\u{e9}");
    let got = wire.send(&link).await;
    assert_eq!(got.code(), "SignatureDoesNotMatch", "{got:?}");
}

#[tokio::test]
async fn a_value_does_not_swallow_the_next_parameter() {
    let wire = Wire::new(true).await;
    let put = Raw::new("PUT", "/bkt/k")
        .body("v")
        .signed(&wire.keys, UNSIGNED);
    assert_eq!(wire.send(&put).await.status, 200);
    let target = "/bkt/k?response-content-type=text/css&versionId=null";
    let mut link = Raw::new("GET", target).signed_v2(&wire.keys);
    assert_eq!(wire.send(&link).await.status, 200);
    // The same text to sign, and another version.
    link.target = link.target.replacen("&versionId=", "%26versionId%3D", 1);
    let got = wire.send(&link).await;
    assert_eq!(
        (got.status.as_u16(), got.code()),
        (400, "InvalidRequest"),
        "{got:?}"
    );
}
