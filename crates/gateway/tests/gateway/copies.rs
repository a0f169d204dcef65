//! CopyObject.

use crate::harness::World;

#[tokio::test]
async fn a_copy_is_an_object_of_its_own() {
    let world = World::with_bucket().await;
    world
        .put("/bkt/a")
        .header("content-type", "text/plain")
        .header("x-amz-meta-color", "blue")
        .header("x-amz-tagging", "team=x")
        .body("hello")
        .send()
        .await
        .ok();
    let copy = world
        .put("/bkt/b")
        .header("x-amz-copy-source", "bkt/a")
        .send()
        .await
        .ok();
    assert_eq!(
        copy.element("ETag").as_deref(),
        Some("\"5d41402abc4b2a76b9719d911017c592\"")
    );
    world.delete("/bkt/a").send().await.ok();
    let get = world.get("/bkt/b").send().await.ok();
    assert_eq!(get.text(), "hello");
    assert_eq!(get.header("content-type"), Some("text/plain"));
    assert_eq!(get.header("x-amz-meta-color"), Some("blue"));
    assert_eq!(get.header("x-amz-tagging-count"), Some("1"));
}

#[tokio::test]
async fn directives_replace_metadata_and_tags() {
    let world = World::with_bucket().await;
    let put = world.put("/bkt/a").header("x-amz-meta-color", "blue");
    put.header("x-amz-tagging", "team=x")
        .body("hello")
        .send()
        .await
        .ok();
    let itself = world.put("/bkt/a").header("x-amz-copy-source", "/bkt/a");
    itself.send().await.fails(400, "InvalidRequest");
    world
        .put("/bkt/a")
        .header("x-amz-copy-source", "/bkt/a")
        .header("x-amz-metadata-directive", "REPLACE")
        .header("x-amz-tagging-directive", "REPLACE")
        .header("x-amz-checksum-algorithm", "SHA256")
        .header("x-amz-meta-shape", "round")
        .send()
        .await
        .ok();
    let get = world
        .get("/bkt/a")
        .header("x-amz-checksum-mode", "ENABLED")
        .send()
        .await
        .ok();
    assert_eq!(get.text(), "hello");
    assert_eq!(get.header("x-amz-meta-color"), None);
    assert_eq!(get.header("x-amz-meta-shape"), Some("round"));
    assert_eq!(get.header("x-amz-tagging-count"), None);
    assert_eq!(
        get.header("x-amz-checksum-sha256"),
        Some("LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=")
    );
    assert_eq!(world.files(), 1);
}

#[tokio::test]
async fn conditions_on_the_source() {
    let world = World::with_bucket().await;
    world.put("/bkt/a").body("hello").send().await.ok();
    let etag = "\"5d41402abc4b2a76b9719d911017c592\"";
    for (name, value, status) in [
        ("x-amz-copy-source-if-match", etag, 200),
        ("x-amz-copy-source-if-match", "\"0\"", 412),
        ("x-amz-copy-source-if-none-match", etag, 412),
        ("x-amz-copy-source-if-none-match", "\"0\"", 200),
        (
            "x-amz-copy-source-if-modified-since",
            "Sat, 21 Nov 2026 20:22:06 GMT",
            412,
        ),
        (
            "x-amz-copy-source-if-unmodified-since",
            "Sat, 21 Nov 2026 20:22:05 GMT",
            412,
        ),
        (
            "x-amz-copy-source-if-unmodified-since",
            "Sat, 21 Nov 2026 20:22:06 GMT",
            200,
        ),
    ] {
        let copy = world.put("/bkt/b").header("x-amz-copy-source", "bkt/a");
        assert_eq!(
            copy.header(name, value).send().await.status,
            status,
            "{name} {value}"
        );
    }
}

#[tokio::test]
async fn a_source_that_is_not_there() {
    let world = World::with_bucket().await;
    for (source, status, code) in [
        ("bkt/none", 404, "NoSuchKey"),
        ("none/none", 404, "NoSuchBucket"),
        ("bkt", 400, "InvalidArgument"),
        ("bkt/a?versionId=x", 400, "InvalidArgument"),
    ] {
        let copy = world.put("/bkt/b").header("x-amz-copy-source", source);
        copy.send().await.fails(status, code);
    }
}
