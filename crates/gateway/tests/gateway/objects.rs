//! Objects: write, read, ranges, conditions, names.

use crate::harness::World;

#[tokio::test]
async fn an_object_comes_back_with_its_headers() {
    let world = World::with_bucket().await;
    let put = world
        .put("/bkt/dir/a%20b")
        .header("content-type", "text/plain")
        .header("cache-control", "no-store")
        .header("x-amz-meta-color", "blue")
        .header("x-amz-tagging", "team=x")
        .body("hello world")
        .send()
        .await
        .ok();
    assert_eq!(
        put.header("etag"),
        Some("\"5eb63bbbe01eeed093cb22bb8f5acdc3\"")
    );
    let get = world.get("/bkt/dir/a%20b").send().await.ok();
    assert_eq!(get.text(), "hello world");
    for (name, value) in [
        ("content-type", "text/plain"),
        ("content-length", "11"),
        ("cache-control", "no-store"),
        ("x-amz-meta-color", "blue"),
        ("x-amz-tagging-count", "1"),
        ("accept-ranges", "bytes"),
        ("last-modified", "Sat, 21 Nov 2026 20:22:06 GMT"),
        ("etag", "\"5eb63bbbe01eeed093cb22bb8f5acdc3\""),
        ("x-amz-request-id", "0123456789ABCDEF"),
    ] {
        assert_eq!(get.header(name), Some(value), "{name}");
    }
    assert!(get.header("x-amz-id-2").is_some());
    let head = world.head("/bkt/dir/a%20b").send().await.ok();
    assert!(head.body.is_empty());
    assert_eq!(head.header("content-length"), Some("11"));
    assert_eq!(head.header("x-amz-checksum-crc64nvme"), None);
}

#[tokio::test]
async fn a_download_that_goes_on_gets_no_part_of_another_object() {
    let world = World::with_bucket().await;
    world.put("/bkt/k").body("0123456789").send().await.ok();
    let first = world.get("/bkt/k").send().await.ok();
    let go_on = |value: &str| {
        let get = world.get("/bkt/k").header("range", "bytes=5-");
        get.header("if-range", value).send()
    };
    for name in ["etag", "last-modified"] {
        let part = go_on(first.header(name).unwrap()).await;
        assert_eq!((part.status.as_u16(), part.text().as_str()), (206, "56789"));
    }
    let weak = format!("W/{}", first.header("etag").unwrap());
    for other in ["\"x\"", "x", &weak, "Sun, 22 Nov 2020 10:00:00 GMT", ""] {
        let whole = go_on(other).await;
        let (status, text) = (whole.status.as_u16(), whole.text());
        assert_eq!((status, text.as_str()), (200, "0123456789"), "{other}");
    }
}

#[tokio::test]
async fn ranges() {
    let world = World::with_bucket().await;
    world.put("/bkt/k").body("0123456789").send().await.ok();
    for (range, status, text, content_range) in [
        ("bytes=0-3", 206, "0123", Some("bytes 0-3/10")),
        ("bytes=7-", 206, "789", Some("bytes 7-9/10")),
        ("bytes=-2", 206, "89", Some("bytes 8-9/10")),
        ("bytes=8-99", 206, "89", Some("bytes 8-9/10")),
        // Not a range, so it is ignored.
        ("bytes=5-2", 200, "0123456789", None),
        ("lines=1-2", 200, "0123456789", None),
    ] {
        let get = world.get("/bkt/k").header("range", range).send().await;
        assert_eq!(get.status, status, "{range}");
        assert_eq!(get.text(), text, "{range}");
        assert_eq!(get.header("content-range"), content_range, "{range}");
    }
    let beyond = world
        .get("/bkt/k")
        .header("range", "bytes=10-")
        .send()
        .await;
    let beyond = beyond.fails(416, "InvalidRange");
    assert_eq!(beyond.element("ActualObjectSize").as_deref(), Some("10"));
    let part = world.get("/bkt/k?partNumber=1").send().await.ok();
    assert_eq!(part.status, 206);
    world
        .get("/bkt/k?partNumber=2")
        .send()
        .await
        .fails(416, "InvalidPartNumber");
}

#[tokio::test]
async fn a_big_object_streams_back_whole() {
    let world = World::with_bucket().await;
    let bytes: Vec<u8> = (0..3_000_000u32).map(|n| (n % 253) as u8).collect();
    world.put("/bkt/big").body(bytes.clone()).send().await.ok();
    let get = world.get("/bkt/big").send().await.ok();
    assert_eq!(&get.body[..], &bytes[..]);
}

#[tokio::test]
async fn conditions_of_reads_and_writes() {
    let world = World::with_bucket().await;
    world
        .put("/bkt/k")
        .header("if-match", "*")
        .body("0")
        .send()
        .await
        .fails(404, "NoSuchKey");
    let put = world
        .put("/bkt/k")
        .header("if-none-match", "*")
        .body("1")
        .send()
        .await
        .ok();
    let etag = put.header("etag").unwrap().to_owned();
    let again = world.put("/bkt/k").header("if-none-match", "*").body("2");
    let again = again.send().await.fails(412, "PreconditionFailed");
    assert_eq!(again.element("Condition").as_deref(), Some("If-None-Match"));
    world
        .put("/bkt/k")
        .header("if-match", "\"00\"")
        .body("2")
        .send()
        .await
        .fails(412, "PreconditionFailed");
    assert_eq!(world.files(), 1);
    let not_modified = world
        .get("/bkt/k")
        .header("if-none-match", &etag)
        .send()
        .await;
    assert_eq!(not_modified.status, 304);
    assert!(not_modified.body.is_empty());
    assert_eq!(not_modified.header("etag"), Some(etag.as_str()));
    let date = "Sat, 21 Nov 2026 20:22:05 GMT";
    world
        .get("/bkt/k")
        .header("if-unmodified-since", date)
        .send()
        .await
        .fails(412, "PreconditionFailed");
    world
        .put("/bkt/k")
        .header("if-match", &etag)
        .body("2")
        .send()
        .await
        .ok();
    assert_eq!(world.get("/bkt/k").send().await.text(), "2");
}

#[tokio::test]
async fn keys_that_look_like_paths_are_only_names() {
    let world = World::with_bucket().await;
    let targets = [
        "/bkt/../../etc/passwd",
        "/bkt/%2e%2e/%2e%2e/etc/passwd",
        "/bkt//",
        "/bkt/a//b",
        "/bkt/a/./b",
        "/bkt/a/",
        "/bkt/%252e%252e",
        "/bkt/%D0%BA%D0%BB%D1%8E%D1%87",
    ];
    for (n, target) in targets.iter().enumerate() {
        world.put(target).body(n.to_string()).send().await.ok();
    }
    // `..` and `%2e%2e` are one key, the rest are all different.
    assert_eq!(world.files(), targets.len() - 1);
    for (n, target) in targets.iter().enumerate().skip(1) {
        assert_eq!(world.get(target).send().await.ok().text(), n.to_string());
    }
    let listed = world.get("/bkt?list-type=2").send().await.ok();
    assert!(
        listed
            .elements("Key")
            .contains(&"../../etc/passwd".to_owned())
    );
    world
        .put("/bkt/a%00b")
        .body("")
        .send()
        .await
        .fails(400, "InvalidURI");
    let long = format!("/bkt/{}", "k".repeat(1025));
    world.put(&long).send().await.fails(400, "KeyTooLongError");
}

#[tokio::test]
async fn virtual_host_style_reaches_the_same_object() {
    let world = World::with_bucket().await;
    let host = "bkt.s3.localhost:8080";
    world
        .put("/bkt/bkt/k")
        .host(host)
        .body("v")
        .send()
        .await
        .ok();
    assert_eq!(world.get("/bkt/bkt/bkt/k").send().await.ok().text(), "v");
    assert_eq!(world.head("/").host(host).send().await.status, 200);
}

#[tokio::test]
async fn promises_that_are_not_kept_are_not_taken() {
    let world = World::with_bucket().await;
    for (name, value, status, code) in [
        (
            "x-amz-server-side-encryption",
            "AES256",
            501,
            "NotImplemented",
        ),
        ("x-amz-object-lock-legal-hold", "ON", 501, "NotImplemented"),
        ("x-amz-storage-class", "GLACIER", 400, "InvalidStorageClass"),
        (
            "x-amz-acl",
            "public-read",
            400,
            "AccessControlListNotSupported",
        ),
        (
            "x-amz-grant-read",
            "id=1",
            400,
            "AccessControlListNotSupported",
        ),
    ] {
        let put = world.put("/bkt/k").header(name, value).body("v");
        put.send().await.fails(status, code);
    }
    let owner = "bucket-owner-full-control";
    world
        .put("/bkt/k")
        .header("x-amz-acl", owner)
        .body("v")
        .send()
        .await
        .ok();
}

#[tokio::test]
async fn attributes_of_an_object() {
    let world = World::with_bucket().await;
    world.put("/bkt/k").body("hello").send().await.ok();
    let attributes = world
        .get("/bkt/k?attributes")
        .header(
            "x-amz-object-attributes",
            "ETag,ObjectSize,Checksum,StorageClass",
        )
        .send()
        .await
        .ok();
    assert_eq!(attributes.element("ObjectSize").as_deref(), Some("5"));
    assert_eq!(
        attributes.element("StorageClass").as_deref(),
        Some("STANDARD")
    );
    assert!(attributes.element("ChecksumCRC64NVME").is_some());
}

#[tokio::test]
async fn overrides_are_for_signed_requests() {
    let world = World::with_bucket().await;
    world.put("/bkt/k").body("v").send().await.ok();
    world
        .bucket_policy(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::bkt/*"}]}"#)
        .await;
    let target = "/bkt/k?response-content-type=text%2Fhtml";
    let signed = world.get(target).presigned().send().await.ok();
    assert_eq!(signed.header("content-type"), Some("text/html"));
    world.get("/bkt/k").anonymously().send().await.ok();
    world
        .get(target)
        .anonymously()
        .send()
        .await
        .fails(400, "InvalidRequest");
}
