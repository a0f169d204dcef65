//! Forms that browsers post.

use crate::signing::*;

const KEY: &str = r#"["starts-with","$key","user/"]"#;

async fn read(wire: &Wire, key: &str) -> Got {
    wire.send(&Raw::new("GET", &format!("/bkt/{key}")).signed(&wire.keys, UNSIGNED))
        .await
}

#[tokio::test]
async fn a_form_stores_its_file_and_answers_as_it_asks() {
    let wire = Wire::new(false).await;
    let keys = &wire.keys;
    let form = PostForm::signed(keys, &[("key", "user/${filename}")], KEY);
    for target in ["/bkt", "/bkt/"] {
        let got = wire.send(&form.to(target)).await;
        assert_eq!(
            (got.status.as_u16(), got.text.as_str()),
            (204, ""),
            "{got:?}"
        );
        assert_eq!(
            got.headers["location"],
            "http://localhost:8480/bkt/user%2Fa.txt"
        );
        assert_eq!(got.headers["etag"], "\"9a0364b9e99bb480dd25e1f0284c8555\"");
        assert!(got.headers.contains_key("x-amz-checksum-crc64nvme"));
    }
    let got = read(&wire, "user/a.txt").await;
    assert_eq!(got.text, "content");
    assert_eq!(got.headers["content-type"], "binary/octet-stream");

    let status = |value: &str| {
        let fields = [("key", "user/é"), ("success_action_status", value)];
        let conditions = format!(r#"{KEY},["starts-with","$success_action_status",""]"#);
        PostForm::signed(keys, &fields, &conditions).to("/bkt")
    };
    for (value, expected) in [
        ("200", 200),
        ("204", 204),
        ("201", 201),
        ("404", 204),
        ("", 204),
    ] {
        assert_eq!(wire.send(&status(value)).await.status, expected, "{value}");
    }
    let got = wire.send(&status("201")).await;
    assert_eq!(
        got.text,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse><Location>http://localhost:8480/bkt/user%2F%C3%A9</Location><Bucket>bkt</Bucket><Key>user/é</Key><ETag>&quot;9a0364b9e99bb480dd25e1f0284c8555&quot;</ETag></PostResponse>"
    );
    let fields = [
        ("key", "user/k"),
        ("success_action_redirect", "https://h/done?a=1#x"),
    ];
    let conditions = format!(r#"{KEY},{{"success_action_redirect":"https://h/done?a=1#x"}}"#);
    let got = wire
        .send(&PostForm::signed(keys, &fields, &conditions).to("/bkt"))
        .await;
    assert_eq!((got.status.as_u16(), got.text.as_str()), (303, ""));
    assert_eq!(
        got.headers["location"],
        "https://h/done?a=1&bucket=bkt&key=user%2Fk&etag=%229a0364b9e99bb480dd25e1f0284c8555%22#x"
    );
}

#[tokio::test]
async fn fields_are_what_headers_are_for_a_put() {
    let wire = Wire::new(false).await;
    let fields = [
        ("key", "user/k"),
        ("Content-Type", "text/css"),
        ("Cache-Control", "no-cache"),
        ("x-amz-meta-A", "1"),
        (
            "tagging",
            "<Tagging><TagSet><Tag><Key>t</Key><Value>v</Value></Tag></TagSet></Tagging>",
        ),
        ("x-amz-checksum-crc32", "NhCmhg=="),
        ("acl", "bucket-owner-full-control"),
        ("x-ignore-me", "x"),
        ("bucket", "bkt"),
    ];
    let conditions = format!(
        r#"{KEY},{{"content-type":"text/css"}},["starts-with","$cache-control",""],["starts-with","$x-amz-meta-a",""],["starts-with","$tagging",""],["starts-with","$x-amz-checksum-crc32",""],["starts-with","$acl",""]"#
    );
    let form = PostForm::signed(&wire.keys, &fields, &conditions).file("hello");
    let got = wire.send(&form.to("/bkt")).await;
    assert_eq!(got.status, 204, "{got:?}");
    let got = read(&wire, "user/k").await;
    assert_eq!(got.text, "hello");
    assert_eq!(got.headers["content-type"], "text/css");
    assert_eq!(got.headers["cache-control"], "no-cache");
    assert_eq!(got.headers["x-amz-meta-a"], "1");
    assert_eq!(got.headers["x-amz-tagging-count"], "1");
    // What the headers of a PUT would be refused for.
    for (name, value, code) in [
        ("x-amz-checksum-crc32", "AAAAAA==", "BadDigest"),
        ("acl", "public-read", "AccessControlListNotSupported"),
        ("tagging", "not-xml", "MalformedXML"),
    ] {
        let got = wire.send(&form.clone().with(name, value).to("/bkt")).await;
        assert_eq!((got.status.as_u16(), got.code()), (400, code), "{got:?}");
    }
    // Headers of the request are no fields.
    let mut with_header = form.to("/bkt");
    with_header.set("cache-control", "max-age=9");
    assert_eq!(wire.send(&with_header).await.status, 204);
    assert_eq!(
        read(&wire, "user/k").await.headers["cache-control"],
        "no-cache"
    );
}

/// GHSA-w5fh, CVE-2023-43040.
#[tokio::test]
async fn each_condition_that_is_not_met_stores_nothing() {
    let wire = Wire::new(false).await;
    let keys = &wire.keys;
    let before = wire.state().await;
    let range = format!(r#"{KEY},["content-length-range",5,10]"#);
    let form = PostForm::signed(keys, &[("key", "user/new")], &range);
    for (what, bad, status, code) in [
        (
            "key",
            form.clone().with("key", "other/new"),
            403,
            "AccessDenied",
        ),
        (
            "key by its file's name",
            {
                let mut form = form.clone().with("key", "${filename}");
                form.file_name = Some("x/../other".to_owned());
                form
            },
            403,
            "AccessDenied",
        ),
        (
            "one field more",
            form.clone().with("acl", "private"),
            403,
            "AccessDenied",
        ),
        (
            "metadata",
            form.clone().with("x-amz-meta-a", "1"),
            403,
            "AccessDenied",
        ),
        (
            "redirect",
            form.clone().with("success_action_redirect", "https://h/"),
            403,
            "AccessDenied",
        ),
        (
            "tags",
            form.clone().with("tagging", "<Tagging><TagSet/></Tagging>"),
            403,
            "AccessDenied",
        ),
        (
            "credential",
            form.clone().with(
                "X-Amz-Credential",
                &format!("{}/{}", keys.id, scope("20260101T000000Z")),
            ),
            400,
            "InvalidArgument",
        ),
        (
            "date",
            form.clone().with("x-amz-date", "20200101T000000Z"),
            400,
            "InvalidArgument",
        ),
        (
            "too small",
            form.clone().file("1234"),
            400,
            "EntityTooSmall",
        ),
        (
            "too large",
            form.clone().file("12345678901"),
            400,
            "EntityTooLarge",
        ),
        (
            "far too large",
            form.clone().file(vec![b'x'; 2_000_000]),
            400,
            "EntityTooLarge",
        ),
        (
            "no key",
            form.clone().without("key"),
            400,
            "InvalidArgument",
        ),
        (
            "another bucket's",
            form.clone().with("bucket", "other"),
            403,
            "AccessDenied",
        ),
    ] {
        let got = wire.send(&bad.to("/bkt")).await;
        assert_eq!(
            (got.status.as_u16(), got.code()),
            (status, code),
            "{what}: {got:?}"
        );
    }
    // A policy for one bucket is good for no other.
    let made = Raw::new("PUT", "/other").signed(keys, UNSIGNED);
    assert_eq!(wire.send(&made).await.status, 200);
    let got = wire.send(&form.to("/other")).await;
    assert_eq!((got.status.as_u16(), got.code()), (403, "AccessDenied"));
    wire.send(&Raw::new("DELETE", "/other").signed(keys, UNSIGNED))
        .await;
    let ended = PostForm::until(keys, &[("key", "user/new")], KEY, "2026-01-01T00:00:00Z");
    let got = wire.send(&ended.to("/bkt")).await;
    assert_eq!(
        got.message(),
        "Invalid according to Policy: Policy expired."
    );
    assert_eq!(wire.state().await, before);
    assert_eq!(wire.send(&form.to("/bkt")).await.status, 204);
    for size in [5, 10] {
        assert_eq!(
            wire.send(&form.clone().file(vec![b'x'; size]).to("/bkt"))
                .await
                .status,
            204
        );
    }
}

#[tokio::test]
async fn a_form_that_is_not_signed_right_stores_nothing() {
    let wire = Wire::new(true).await;
    let keys = &wire.keys;
    let before = wire.state().await;
    let form = PostForm::signed(keys, &[("key", "user/new")], KEY);
    let wrong = PostForm::signed(&keys.wrong(), &[("key", "user/new")], KEY);
    let got = wire.send(&wrong.to("/bkt")).await;
    assert_eq!(
        (got.status.as_u16(), got.code()),
        (403, "SignatureDoesNotMatch")
    );
    assert!(got.text.contains("<StringToSign>ey"), "{got:?}");
    for name in [
        "x-amz-signature",
        "X-Amz-Credential",
        "x-amz-algorithm",
        "x-amz-date",
        "Policy",
    ] {
        let got = wire.send(&form.clone().without(name).to("/bkt")).await;
        assert_eq!(
            (got.status.as_u16(), got.code()),
            (400, "InvalidArgument"),
            "{name}"
        );
        assert!(
            got.message()
                .starts_with("Bucket POST must contain a field named '"),
            "{got:?}"
        );
    }
    let policy = &form
        .fields
        .iter()
        .find(|(name, _)| name == "Policy")
        .unwrap()
        .1;
    for (what, bad, codes) in [
        (
            "another policy",
            form.clone().with("Policy", "e30="),
            &["SignatureDoesNotMatch"][..],
        ),
        (
            "a shorter policy",
            form.clone().with("Policy", &policy[..policy.len() - 2]),
            &["SignatureDoesNotMatch"],
        ),
        (
            "no signature",
            form.clone().with("x-amz-signature", ""),
            &["SignatureDoesNotMatch"],
        ),
        (
            "no token",
            form.clone().without("x-amz-security-token"),
            &["InvalidAccessKeyId"],
        ),
        (
            "another token",
            form.clone().with("x-amz-security-token", "x"),
            &["InvalidToken"],
        ),
        (
            "another algorithm",
            form.clone()
                .with("x-amz-algorithm", "AWS4-ECDSA-P256-SHA256"),
            &["InvalidRequest"],
        ),
        (
            "nobody",
            PostForm::plain(&[("key", "user/new")]),
            &["AccessDenied"],
        ),
        (
            "a policy without a signer",
            PostForm::plain(&[("key", "user/new"), ("policy", policy)]),
            &["AccessDenied"],
        ),
        (
            "a field twice",
            {
                let mut form = form.clone();
                form.fields
                    .push(("KEY".to_owned(), "user/other".to_owned()));
                form
            },
            &["InvalidArgument"],
        ),
        (
            "too many fields",
            form.clone().with("x-ignore-a", &"x".repeat(20_000)),
            &["MaxPostPreDataLengthExceededError"],
        ),
    ] {
        let got = wire.send(&bad.to("/bkt")).await;
        assert!(codes.contains(&got.code()), "{what}: {got:?}");
    }
    // Credentials elsewhere, and headers that nobody signed.
    for bad in [
        form.to("/bkt").signed(keys, UNSIGNED),
        form.to("/bkt").presigned(keys, None),
        form.to("/bkt").signed_v2(keys),
        form.to("/bkt").header("x-amz-acl", "private"),
        form.to("/bkt").header("x-amz-content-sha256", UNSIGNED),
        form.to("/bkt")
            .header("x-amz-content-sha256", UNSIGNED_TRAILER),
    ] {
        let got = wire.send(&bad).await;
        assert!([400, 403].contains(&got.status.as_u16()), "{got:?}");
    }
    // What is cut off, or no form.
    let whole = form.to("/bkt");
    for end in [20, 200, whole.body.len() - 12, whole.body.len() - 4] {
        let got = wire.send(&whole.clone().body(&whole.body[..end])).await;
        assert_eq!(
            (got.status.as_u16(), got.code()),
            (400, "MalformedPOSTRequest"),
            "{end}"
        );
    }
    let mut plain = whole.clone();
    plain.set("content-type", "text/plain");
    let got = wire.send(&plain.signed(keys, UNSIGNED)).await;
    assert_eq!(
        (got.status.as_u16(), got.code()),
        (412, "PreconditionFailed")
    );
    assert_eq!(wire.state().await, before);
    assert_eq!(wire.send(&whole).await.status, 204);
}

#[tokio::test]
async fn policies_decide_over_a_form_as_over_a_put() {
    let wire = Wire::new(false).await;
    let only_forms = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::bkt/user/*","Condition":{"StringEquals":{"s3:authType":"POST","s3:signatureversion":"AWS4-HMAC-SHA256"},"NumericLessThan":{"s3:signatureAge":"600000"},"Bool":{"s3:ObjectCreationOperation":"true"}}}]}"#;
    let keys = wire.keys("forms", only_forms).await;
    let form = |key: &str| PostForm::signed(&keys, &[("key", key)], r#"["starts-with","$key",""]"#);
    assert_eq!(wire.send(&form("user/k").to("/bkt")).await.status, 204);
    let got = wire.send(&form("other").to("/bkt")).await;
    assert_eq!((got.status.as_u16(), got.code()), (403, "AccessDenied"));
    assert!(
        got.message()
            .contains("s3:PutObject on resource: &quot;arn:aws:s3:::bkt/other&quot;"),
        "{got:?}"
    );
    let put = Raw::new("PUT", "/bkt/user/k")
        .body("v")
        .signed(&keys, UNSIGNED);
    assert_eq!(wire.send(&put).await.code(), "AccessDenied");
    // Tags and ACLs of a form need their own permissions.
    for (name, value) in [
        (
            "tagging",
            "<Tagging><TagSet><Tag><Key>t</Key><Value>v</Value></Tag></TagSet></Tagging>",
        ),
        ("acl", "bucket-owner-full-control"),
    ] {
        let conditions = format!(r#"["starts-with","$key",""],["starts-with","${name}",""]"#);
        let fields = [("key", "user/k"), (name, value)];
        let got = wire
            .send(&PostForm::signed(&keys, &fields, &conditions).to("/bkt"))
            .await;
        assert_eq!(
            (got.status.as_u16(), got.code()),
            (403, "AccessDenied"),
            "{name}"
        );
    }
    let events = std::fs::read_dir(wire.dir.path().join("trail/data")).unwrap();
    let text: String = events
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    assert!(
        text.contains("\"PostObject\"") && text.contains("HtmlForm"),
        "{text}"
    );
    assert!(
        text.contains("user/k") && !text.contains(&keys.token[..40]),
        "{text}"
    );
}

#[tokio::test]
async fn a_form_without_a_signature_is_nobodys() {
    let wire = Wire::new(false).await;
    let public = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::bkt/inbox/*"}]}"#;
    let open = Raw::new("DELETE", "/bkt?publicAccessBlock").signed(&wire.keys, UNSIGNED);
    assert_eq!(wire.send(&open).await.status, 204);
    let policy = Raw::new("PUT", "/bkt?policy")
        .body(public)
        .signed(&wire.keys, UNSIGNED);
    assert_eq!(wire.send(&policy).await.status, 204);
    let form = PostForm::plain(&[("key", "inbox/${filename}"), ("whatever", "x")]);
    assert_eq!(wire.send(&form.to("/bkt")).await.status, 204);
    assert_eq!(read(&wire, "inbox/a.txt").await.text, "content");
    let got = wire.send(&form.clone().with("key", "k").to("/bkt")).await;
    assert_eq!((got.status.as_u16(), got.code()), (403, "AccessDenied"));
}

/// The key is in the form, but what it takes is an object's write all the same.
#[tokio::test]
async fn a_version_in_the_query_is_no_way_around_the_permission_to_write() {
    let wire = Wire::new(false).await;
    let tagger = wire
        .keys("tagger", r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:PutObjectTagging","s3:PutObjectAcl"],"Resource":"*"}]}"#)
        .await;
    let before = wire.state().await;
    let tags = "<Tagging><TagSet><Tag><Key>t</Key><Value>v</Value></Tag></TagSet></Tagging>";
    for (name, value) in [("tagging", tags), ("acl", "bucket-owner-full-control")] {
        let conditions = format!(r#"["starts-with","$key",""],["starts-with","${name}",""]"#);
        let form = PostForm::signed(&tagger, &[("key", "new"), (name, value)], &conditions);
        for target in ["/bkt?versionId=null", "/bkt?versionId=x", "/bkt?versionId"] {
            let got = wire.send(&form.to(target)).await;
            assert_eq!(got.code(), "InvalidArgument", "{target} {name}: {got:?}");
        }
        assert_eq!(wire.send(&form.to("/bkt")).await.code(), "AccessDenied");
    }
    assert_eq!(wire.state().await, before);
}
