//! Each checksum in each form of an upload: the right one is kept, a wrong one keeps nothing.

use crate::signing::*;

/// Of `hello`, by their headers.
const HELLO: &[(&str, &str)] = &[
    ("x-amz-checksum-crc32", "NhCmhg=="),
    ("x-amz-checksum-crc32c", "mnG7TA=="),
    ("x-amz-checksum-crc64nvme", "M3eFcAZSQlc="),
    ("x-amz-checksum-sha1", "qvTGHdzF6KLavt4PO0gs2a6pQ00="),
    (
        "x-amz-checksum-sha256",
        "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
    ),
];

const MD5: &str = "XUFAKrxLKna5cZ2REBfFkg==";

fn put(body: &str) -> Raw {
    Raw::new("PUT", "/bkt/k").body(body)
}

/// Uploads of `body` that claim this checksum: in a header, in a signed trailer, in an unsigned one.
fn uploads(keys: &Keys, body: &str, claim: (&str, &str)) -> Vec<(&'static str, Raw)> {
    let in_header = || put(body).header(claim.0, claim.1);
    vec![
        ("hash", in_header().signed(keys, "HASH")),
        ("unsigned", in_header().signed(keys, UNSIGNED)),
        ("chunks", in_header().signed(keys, CHUNKS)),
        (
            "chunks, trailer",
            put(body).signed_with(keys, CHUNKS_TRAILER, &[claim]),
        ),
        (
            "unsigned trailer",
            put(body).signed_with(keys, UNSIGNED_TRAILER, &[claim]),
        ),
    ]
}

#[tokio::test]
async fn every_checksum_is_checked_in_every_form_of_an_upload() {
    let wire = Wire::new(false).await;
    let read = Raw::new("GET", "/bkt/k").header("x-amz-checksum-mode", "ENABLED");
    for claim in HELLO {
        for (form, good) in uploads(&wire.keys, "hello", *claim) {
            let got = wire.send(&good).await;
            assert_eq!(got.status, 200, "{claim:?} {form}: {got:?}");
            assert_eq!(got.headers.get(claim.0).unwrap(), claim.1, "{form}");
            let got = wire.send(&read.clone().signed(&wire.keys, UNSIGNED)).await;
            assert_eq!(got.text, "hello", "{claim:?} {form}");
            assert_eq!(got.headers.get(claim.0).unwrap(), claim.1, "{form}");
            assert!(!got.headers.contains_key("content-encoding"), "{form}");
            wire.send(&Raw::new("DELETE", "/bkt/k").signed(&wire.keys, UNSIGNED))
                .await;
        }
        for (form, bad) in uploads(&wire.keys, "hellO", *claim) {
            let got = wire.send(&bad).await;
            assert_eq!(
                (got.status.as_u16(), got.code()),
                (400, "BadDigest"),
                "{claim:?} {form}"
            );
        }
        for (form, bad) in uploads(&wire.keys, "hello", (claim.0, "AAAA")) {
            let got = wire.send(&bad).await;
            assert_eq!(
                (got.status.as_u16(), got.code()),
                (400, "InvalidRequest"),
                "{form}"
            );
        }
        let got = wire.send(&read.clone().signed(&wire.keys, UNSIGNED)).await;
        assert_eq!(got.status, 404, "{claim:?}");
    }
}

#[tokio::test]
async fn an_md5_is_that_of_the_object_and_not_of_its_chunks() {
    let wire = Wire::new(false).await;
    for (body, status) in [("hello", 200), ("hellO", 400)] {
        for mode in ["HASH", UNSIGNED, CHUNKS] {
            let put = put(body).header("content-md5", MD5);
            let got = wire.send(&put.signed(&wire.keys, mode)).await;
            assert_eq!(got.status, status, "{mode}: {got:?}");
        }
        let trailer = [("x-amz-checksum-crc32", "NhCmhg==")];
        let put = put(body).header("content-md5", MD5);
        let got = wire
            .send(&put.signed_with(&wire.keys, UNSIGNED_TRAILER, &trailer))
            .await;
        assert_eq!(got.status, status, "{got:?}");
    }
}

#[tokio::test]
async fn a_trailer_that_was_not_announced_or_does_not_come_stores_nothing() {
    let wire = Wire::new(false).await;
    let claim = HELLO[0];
    let good = put("hello").signed_with(&wire.keys, UNSIGNED_TRAILER, &[claim]);
    let text = String::from_utf8(good.body.clone()).unwrap();
    for body in [
        text.replace("x-amz-checksum-crc32:NhCmhg==\r\n", ""),
        text.replace("crc32:", "crc32c:"),
        text.replace(
            "x-amz-checksum-crc32:NhCmhg==\r\n",
            "x-amz-checksum-crc32:NhCmhg==\r\nx-amz-meta-a:1\r\n",
        ),
        text.replace(
            "x-amz-checksum-crc32:NhCmhg==\r\n",
            "x-amz-checksum-crc32:NhCmhg==\r\nx-amz-checksum-crc32:NhCmhg==\r\n",
        ),
        text.replacen("5\r\n", "4\r\n", 1),
        text.replacen("5\r\n", "6\r\n", 1),
        text.replacen("hello", "hell", 1),
        text[..text.len() - 2].to_owned(),
        format!("{text}more"),
    ] {
        let got = wire.send(&good.clone().body(body.clone())).await;
        assert!(
            [400, 403].contains(&got.status.as_u16()),
            "{body:?}: {got:?}"
        );
    }
    let read = Raw::new("GET", "/bkt/k").signed(&wire.keys, UNSIGNED);
    assert_eq!(wire.send(&read).await.status, 404);
    // Two checksums are one too many.
    let two = put("hello").signed_with(&wire.keys, UNSIGNED_TRAILER, &[claim, HELLO[1]]);
    assert_eq!(wire.send(&two).await.code(), "InvalidRequest");
    assert_eq!(wire.send(&good).await.status, 200);
}
