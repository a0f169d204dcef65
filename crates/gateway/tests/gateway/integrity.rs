//! Nothing is stored that isn't what was sent.

use crate::harness::World;

#[tokio::test]
async fn a_body_that_fails_at_its_end_leaves_nothing() {
    let world = World::with_bucket().await;
    world.put("/bkt/k").body("old").send().await.ok();
    world
        .put("/bkt/k")
        .forged("new")
        .send()
        .await
        .fails(400, "IncompleteBody");
    world
        .put("/bkt/other")
        .forged(vec![0; 2_000_000])
        .send()
        .await
        .fails(400, "IncompleteBody");
    let upload = world.post("/bkt/m?uploads").send().await.ok();
    let id = upload.element("UploadId").unwrap();
    let part = format!("/bkt/m?uploadId={id}&partNumber=1");
    world
        .put(&part)
        .forged("part")
        .send()
        .await
        .fails(400, "IncompleteBody");
    world
        .put("/bkt?policy")
        .forged("{}")
        .send()
        .await
        .fails(400, "IncompleteBody");
    world
        .put("/new-bucket")
        .forged("")
        .send()
        .await
        .fails(400, "IncompleteBody");
    assert_eq!(world.get("/bkt/k").send().await.text(), "old");
    assert_eq!(world.files(), 1);
    assert_eq!(world.get("/bkt/other").send().await.status, 404);
    assert_eq!(world.head("/new-bucket").send().await.status, 404);
}

#[tokio::test]
async fn digests_are_checked() {
    let world = World::with_bucket().await;
    let good = [
        ("content-md5", "XUFAKrxLKna5cZ2REBfFkg=="),
        ("x-amz-checksum-crc32", "NhCmhg=="),
        ("x-amz-checksum-crc32c", "mnG7TA=="),
        ("x-amz-checksum-sha1", "qvTGHdzF6KLavt4PO0gs2a6pQ00="),
        (
            "x-amz-checksum-sha256",
            "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
        ),
    ];
    for (name, value) in good {
        let put = world.put("/bkt/k").header(name, value).body("hello");
        put.send().await.ok();
        let put = world.put("/bkt/bad").header(name, value).body("jello");
        put.send().await.fails(400, "BadDigest");
    }
    for (name, value, code) in [
        ("content-md5", "XUFA", "InvalidDigest"),
        ("x-amz-checksum-crc32", "AAA=", "InvalidRequest"),
        ("x-amz-checksum-sha256", "NhCmhg==", "InvalidRequest"),
    ] {
        let put = world.put("/bkt/bad").header(name, value).body("hello");
        put.send().await.fails(400, code);
    }
    let two = world
        .put("/bkt/bad")
        .header("x-amz-checksum-crc32", "NhCmhg==")
        .header("x-amz-checksum-crc32c", "mnG7TA==")
        .body("hello");
    two.send().await.fails(400, "InvalidRequest");
    let promised = world
        .put("/bkt/bad")
        .header("x-amz-trailer", "x-amz-checksum-crc32")
        .body("hello");
    promised.send().await.fails(400, "MalformedTrailerError");
    assert_eq!(world.files(), 1);
    let get = world
        .get("/bkt/k")
        .header("x-amz-checksum-mode", "ENABLED")
        .send()
        .await
        .ok();
    assert_eq!(get.header("x-amz-checksum-sha256"), Some(good[4].1));
    let ranged = world.get("/bkt/k").header("x-amz-checksum-mode", "ENABLED");
    let ranged = ranged.header("range", "bytes=0-1").send().await.ok();
    assert_eq!(ranged.header("x-amz-checksum-sha256"), None);
}

#[tokio::test]
async fn the_length_is_what_was_announced() {
    let world = World::with_bucket().await;
    for length in ["4", "6"] {
        let put = world
            .put("/bkt/k")
            .header("content-length", length)
            .body("hello");
        put.send().await.fails(400, "IncompleteBody");
    }
    let put = world
        .put("/bkt/k")
        .header("content-length", "5368709121")
        .body("x");
    put.send().await.fails(400, "EntityTooLarge");
    assert_eq!(world.files(), 0);
}

#[tokio::test]
async fn documents_that_are_not_xml_change_nothing() {
    let world = World::with_bucket().await;
    let owned = world.put("/bkt?tagging").body("<Tagging><TagSet>");
    owned.send().await.fails(400, "MalformedXML");
    let bomb = "<!DOCTYPE a [<!ENTITY x \"yy\">]><Tagging><TagSet><Tag><Key>&x;</Key><Value/></Tag></TagSet></Tagging>";
    world
        .put("/bkt?tagging")
        .body(bomb)
        .send()
        .await
        .fails(400, "MalformedXML");
    world
        .put("/bkt?tagging")
        .send()
        .await
        .fails(400, "MissingRequestBodyError");
    let huge = vec![b' '; 5 * 1024 * 1024];
    world
        .put("/bkt?tagging")
        .body(huge)
        .send()
        .await
        .fails(400, "MaxMessageLengthExceeded");
    world
        .get("/bkt?tagging")
        .send()
        .await
        .fails(404, "NoSuchTagSet");
}
