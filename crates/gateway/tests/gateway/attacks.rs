//! Every payload mode of every handler, with the credentials in every place: what isn't signed by who
//! it says does nothing.

use crate::signing::*;

/// What `x-amz-content-sha256` can say: the body's hash, the modes that are spoken, those of Signature
/// Version 4A, and nothing.
const MODES: [&str; 8] = [
    "HASH",
    UNSIGNED,
    CHUNKS,
    CHUNKS_TRAILER,
    UNSIGNED_TRAILER,
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
    "",
];

/// Each handler as a request for it.
fn handlers() -> Vec<(String, String)> {
    const BUCKET: &[&str] = &[
        "",
        "?abac",
        "?accelerate",
        "?acl",
        "?analytics&id=1",
        "?cors",
        "?delete",
        "?encryption",
        "?intelligent-tiering&id=1",
        "?inventory&id=1",
        "?lifecycle",
        "?list-type=2",
        "?location",
        "?logging",
        "?metrics&id=1",
        "?notification",
        "?object-lock",
        "?ownershipControls",
        "?policy",
        "?policyStatus",
        "?publicAccessBlock",
        "?replication",
        "?requestPayment",
        "?tagging",
        "?uploads",
        "?versioning",
        "?versions",
        "?website",
    ];
    const OBJECT: &[&str] = &[
        "",
        "?acl",
        "?attributes",
        "?legal-hold",
        "?restore",
        "?retention",
        "?select",
        "?tagging",
        "?torrent",
        "?uploads",
        "?uploadId=u",
        "?partNumber=1&uploadId=u",
        "?versionId=null",
    ];
    let mut all = vec![
        ("GET".to_owned(), "/".to_owned()),
        ("PUT".to_owned(), "/another-bucket".to_owned()),
    ];
    let targets = BUCKET.iter().map(|query| format!("/bkt{query}"));
    let keys = ["/bkt/old", "/bkt/new"];
    let objects = keys
        .iter()
        .flat_map(|key| OBJECT.iter().map(move |query| format!("{key}{query}")));
    for target in targets.chain(objects) {
        for method in ["GET", "HEAD", "PUT", "POST", "DELETE"] {
            all.push((method.to_owned(), target.clone()));
        }
    }
    all
}

fn raw(method: &str, target: &str) -> Raw {
    let mut raw = Raw::new(method, target);
    if method == "PUT" && target == "/bkt/new?partNumber=1&uploadId=u" {
        raw = raw.header("x-amz-copy-source", "/bkt/old");
    }
    if target.contains("?policy") {
        return raw.body(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:None","Resource":"arn:aws:s3:::bkt/*"}}"#,
        );
    }
    match target {
        "/bkt?delete" => raw.body("<Delete><Object><Key>old</Key></Object></Delete>"),
        "/bkt?tagging" | "/bkt/old?tagging" => {
            raw.body("<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>")
        }
        _ => raw.body("body"),
    }
}

/// The ways to spoil a request that somebody has signed.
fn spoiled(good: &Raw) -> Vec<Raw> {
    let flip = |text: &str| {
        let (rest, last) = text.split_at(text.len() - 1);
        format!("{rest}{}", if last == "0" { "1" } else { "0" })
    };
    let mut all = Vec::new();
    if let Some(authorization) = good.get("authorization") {
        let (start, _) = authorization.rsplit_once("Signature=").unwrap();
        for value in [
            flip(authorization),
            format!("{start}Signature="),
            format!("{start}Signature={}", "0".repeat(64)),
            start.trim_end_matches(", ").to_owned(),
        ] {
            let mut bad = good.clone();
            bad.set("authorization", &value);
            all.push(bad);
        }
    }
    for name in ["X-Amz-Signature=", "&Signature="] {
        let Some((start, rest)) = good.target.split_once(name) else {
            continue;
        };
        let (signature, after) = match rest.split_once('&') {
            Some((signature, after)) => (signature, format!("&{after}")),
            None => (rest, String::new()),
        };
        let flipped = flip(signature.trim_end_matches("%3D"));
        for value in [
            format!("{name}{flipped}{after}"),
            format!("{name}{after}"),
            after,
        ] {
            let mut bad = good.clone();
            bad.target = format!("{start}{value}");
            all.push(bad);
        }
    }
    all
}

fn in_place(place: &str, request: Raw, keys: &Keys, mode: &str) -> Raw {
    match place {
        "header" => request.signed_with(keys, mode, trailers(mode)),
        "presigned" => request.presigned(keys, (!mode.is_empty()).then_some(mode)),
        _ => {
            let mut request = request;
            if !mode.is_empty() {
                let hash = match mode {
                    "HASH" => sha256_hex(&request.body),
                    other => other.to_owned(),
                };
                request.set("x-amz-content-sha256", &hash);
            }
            request.signed_v2(keys)
        }
    }
}

fn trailers(mode: &str) -> &'static [(&'static str, &'static str)] {
    match mode {
        CHUNKS_TRAILER | UNSIGNED_TRAILER => &[("x-amz-checksum-crc32", "26gLsg==")],
        _ => &[],
    }
}

async fn filled(sigv2: bool) -> Wire {
    let wire = Wire::new(sigv2).await;
    let put = Raw::new("PUT", "/bkt/old")
        .body("old")
        .signed(&wire.keys, "HASH");
    assert_eq!(wire.send(&put).await.status, 200);
    wire
}

/// P11; CVE-2025-31489, CVE-2026-40344, CVE-2026-41145.
#[tokio::test]
async fn every_payload_mode_of_every_handler_refuses_what_is_not_signed_wherever_the_credentials_are()
 {
    let wire = filled(true).await;
    let before = wire.state().await;
    let wrong = wire.keys.wrong();
    let mut sent = 0;
    for (method, target) in handlers() {
        for mode in MODES {
            for place in ["header", "presigned", "v2"] {
                let bad = in_place(place, raw(&method, &target), &wrong, mode);
                let got = wire.send(&bad).await;
                let what = format!("{method} {target} {mode} {place}: {got:?}");
                assert!(
                    [400, 403, 405, 501].contains(&got.status.as_u16()),
                    "{what}"
                );
                assert!(!got.status.is_success(), "{what}");
                sent += 1;
            }
        }
        // No credentials, or only a form's.
        let unsigned = wire.send(&raw(&method, &target)).await;
        assert!(
            unsigned.status.is_client_error(),
            "{method} {target}: {unsigned:?}"
        );
        let mut form = PostForm::signed(&wrong, &[("key", "new")], r#"{"key":"new"}"#).to(&target);
        form.method = method.parse().unwrap();
        let got = wire.send(&form).await;
        let refused = got.status.is_client_error() || got.status == 501;
        assert!(refused, "{method} {target}: {got:?}");
    }
    assert!(sent > 5000, "{sent}");
    assert_eq!(wire.state().await, before);
}

/// P11, and that the right secret gets through in the very same requests.
#[tokio::test]
async fn each_tampered_part_of_an_upload_is_refused_and_the_untampered_one_is_stored() {
    let wire = filled(true).await;
    let before = wire.state().await;
    let spoken = |place: &str, mode: &str| match place {
        "header" => !mode.contains("ECDSA") && !mode.is_empty(),
        // Chunks continue a signature in the header.
        _ => !mode.contains("STREAMING"),
    };
    let put = || Raw::new("PUT", "/bkt/new").body("body");
    for mode in MODES {
        for place in ["header", "presigned", "v2"] {
            let good = in_place(place, put(), &wire.keys, mode);
            let mut bad = spoiled(&good);
            assert!(bad.len() >= 3, "{place}");
            if mode == "HASH" {
                bad.push(good.clone().body("b0dy"));
            }
            let mut other = good.clone();
            other.target = other.target.replacen("/bkt/new", "/bkt/new2", 1);
            bad.push(other);
            let mut other = good.clone();
            other.method = http::Method::DELETE;
            bad.push(other);
            for header in [
                "x-amz-acl",
                "x-amz-meta-a",
                "x-amz-storage-class",
                "x-amz-tagging",
                "x-amz-copy-source",
            ] {
                bad.push(good.clone().header(header, "private"));
            }
            for bad in bad {
                let got = wire.send(&bad).await;
                let what = format!("{mode} {place} {} {got:?}", bad.target);
                assert!([400, 403].contains(&got.status.as_u16()), "{what}");
            }
            assert_eq!(wire.state().await, before, "{mode} {place}");
            let got = wire.send(&good).await;
            assert_eq!(
                got.status == 200,
                spoken(place, mode),
                "{mode} {place}: {got:?}"
            );
            let delete = Raw::new("DELETE", "/bkt/new").signed(&wire.keys, UNSIGNED);
            wire.send(&delete).await;
        }
    }
}

/// CVE-2025-31489: the mode whose body nobody signs still needs the request's signature.
#[tokio::test]
async fn an_unsigned_trailer_needs_the_signature_of_its_request() {
    let wire = filled(false).await;
    let before = wire.state().await;
    let good = in_place(
        "header",
        raw("PUT", "/bkt/new"),
        &wire.keys,
        UNSIGNED_TRAILER,
    );
    let mut bad = spoiled(&good);
    let mut without = good.clone();
    without.headers.retain(|(name, _)| name != "authorization");
    bad.push(without.clone());
    // CVE-2026-41145: a credential in the query that nobody signed.
    let mut in_query = without;
    in_query.target = format!(
        "/bkt/new?X-Amz-Credential={}",
        encode(&format!("{}/{}", wire.keys.id, scope(&date())))
    );
    bad.push(in_query);
    for bad in bad {
        let got = wire.send(&bad).await;
        assert!([400, 403].contains(&got.status.as_u16()), "{got:?}");
    }
    assert_eq!(wire.state().await, before);
    assert_eq!(wire.send(&good).await.status, 200);
}

/// Each bit of a body in chunks counts, wherever it is.
#[tokio::test]
async fn a_changed_byte_of_any_chunk_stores_nothing() {
    let wire = filled(false).await;
    let body: Vec<u8> = (0..20_000u32).map(|at| at as u8).collect();
    let crc = ("x-amz-checksum-crc32", "793TbQ==");
    for (mode, trailers) in [(CHUNKS, &[][..]), (CHUNKS_TRAILER, &[crc][..])] {
        let good = Raw::new("PUT", "/bkt/new").body(body.clone());
        let good = good.signed_with(&wire.keys, mode, trailers);
        let length = good.body.len();
        for at in (0..length)
            .step_by(997)
            .chain([0, 30, 8300, length - 90, length - 6])
        {
            let mut bad = good.clone();
            bad.body[at] ^= 1;
            let got = wire.send(&bad).await;
            assert!(
                [400, 403].contains(&got.status.as_u16()),
                "{mode} {at}: {got:?}"
            );
        }
        let new = wire
            .send(&Raw::new("GET", "/bkt/new").signed(&wire.keys, UNSIGNED))
            .await;
        assert_eq!(new.status, 404, "{mode}");
        assert_eq!(wire.send(&good).await.status, 200, "{mode}");
        let delete = Raw::new("DELETE", "/bkt/new").signed(&wire.keys, UNSIGNED);
        wire.send(&delete).await;
    }
}

/// Which of the two is wrong is told, as S3 does; that a key exists is no secret, and nothing is recorded for
/// who makes one up.
#[tokio::test]
async fn an_unknown_key_and_a_wrong_signature_are_told_apart_as_at_s3() {
    let wire = filled(true).await;
    let unknown = Keys {
        id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        token: String::new(),
        ..wire.keys.clone()
    };
    for place in ["header", "v2"] {
        let got = wire
            .send(&in_place(place, raw("GET", "/bkt/old"), &unknown, UNSIGNED))
            .await;
        assert_eq!(
            (got.status.as_u16(), got.code()),
            (403, "InvalidAccessKeyId"),
            "{place}"
        );
        let wrong = wire.keys.wrong();
        let got = wire
            .send(&in_place(place, raw("GET", "/bkt/old"), &wrong, UNSIGNED))
            .await;
        assert_eq!(
            (got.status.as_u16(), got.code()),
            (403, "SignatureDoesNotMatch"),
            "{place}"
        );
    }
    let form = PostForm::signed(&unknown, &[("key", "new")], r#"{"key":"new"}"#);
    let got = wire
        .send(&form.without("x-amz-security-token").to("/bkt"))
        .await;
    assert_eq!(got.code(), "InvalidAccessKeyId");
}
