//! Multipart uploads.

use crate::harness::{Reply, World};

const MIB5: usize = 5 * 1024 * 1024;

async fn begin(world: &World, key: &str) -> String {
    let upload = world.post(&format!("/bkt/{key}?uploads")).send().await.ok();
    upload.element("UploadId").unwrap()
}

async fn part(world: &World, key: &str, id: &str, number: u32, body: Vec<u8>) -> String {
    let target = format!("/bkt/{key}?uploadId={id}&partNumber={number}");
    let reply = world.put(&target).body(body).send().await.ok();
    reply.header("etag").unwrap().to_owned()
}

async fn complete(world: &World, key: &str, id: &str, parts: &[(u32, &str)]) -> Reply {
    let list: String = parts
        .iter()
        .map(|(n, etag)| format!("<Part><PartNumber>{n}</PartNumber><ETag>{etag}</ETag></Part>"))
        .collect();
    let body = format!("<CompleteMultipartUpload>{list}</CompleteMultipartUpload>");
    let target = format!("/bkt/{key}?uploadId={id}");
    world.post(&target).body(body).send().await
}

#[tokio::test]
async fn parts_become_one_object() {
    let world = World::with_bucket().await;
    let id = begin(&world, "k").await;
    // Out of order, and one of them twice.
    let second = part(&world, "k", &id, 2, b"tail".to_vec()).await;
    part(&world, "k", &id, 1, vec![b'x'; 10]).await;
    let first = part(&world, "k", &id, 1, vec![b'a'; MIB5]).await;
    let listed = world
        .get(&format!("/bkt/k?uploadId={id}"))
        .send()
        .await
        .ok();
    assert_eq!(listed.elements("PartNumber"), ["1", "2"]);
    world.get("/bkt/k").send().await.fails(404, "NoSuchKey");
    let done = complete(&world, "k", &id, &[(1, &first), (2, &second)])
        .await
        .ok();
    let etag = done.element("ETag").unwrap();
    assert!(
        etag.ends_with("-2\"") || etag.ends_with("-2&quot;"),
        "{etag}"
    );
    let get = world.get("/bkt/k").send().await.ok();
    assert_eq!(get.body.len(), MIB5 + 4);
    assert!(get.body.ends_with(b"atail"));
    assert_eq!(world.files(), 1);
    let tail = world.get("/bkt/k?partNumber=2").send().await.ok();
    assert_eq!(tail.text(), "tail");
    assert_eq!(tail.header("x-amz-mp-parts-count"), Some("2"));
    complete(&world, "k", &id, &[(1, &first)])
        .await
        .fails(404, "NoSuchUpload");
    // A copy of it is an object like any other.
    let copy = world
        .put("/bkt/copy")
        .header("x-amz-copy-source", "bkt/k")
        .send()
        .await
        .ok();
    assert!(!copy.element("ETag").unwrap().contains('-'));
}

#[tokio::test]
async fn lists_that_do_not_fit_are_refused() {
    let world = World::with_bucket().await;
    let id = begin(&world, "k").await;
    let small = part(&world, "k", &id, 1, b"small".to_vec()).await;
    let last = part(&world, "k", &id, 2, b"last".to_vec()).await;
    let refused = complete(&world, "k", &id, &[(1, &small), (2, &last)]).await;
    let refused = refused.fails(400, "EntityTooSmall");
    assert_eq!(refused.element("PartNumber").as_deref(), Some("1"));
    complete(&world, "k", &id, &[(2, &last), (1, &small)])
        .await
        .fails(400, "InvalidPartOrder");
    complete(&world, "k", &id, &[(1, &small), (1, &small)])
        .await
        .fails(400, "InvalidPartOrder");
    complete(&world, "k", &id, &[(1, "\"00\"")])
        .await
        .fails(400, "InvalidPart");
    complete(&world, "k", &id, &[(3, &small)])
        .await
        .fails(400, "InvalidPart");
    complete(&world, "k", &id, &[])
        .await
        .fails(400, "MalformedXML");
    complete(&world, "other", &id, &[(1, &small)])
        .await
        .fails(404, "NoSuchUpload");
    complete(&world, "k", "none", &[(1, &small)])
        .await
        .fails(404, "NoSuchUpload");
    for number in ["0", "10001", "x", "-1"] {
        let target = format!("/bkt/k?uploadId={id}&partNumber={number}");
        world
            .put(&target)
            .body("v")
            .send()
            .await
            .fails(400, "InvalidArgument");
    }
    assert_eq!(
        world
            .delete(&format!("/bkt/k?uploadId={id}"))
            .send()
            .await
            .status,
        204
    );
    assert_eq!(world.files(), 0);
}

#[tokio::test]
async fn checksums_of_parts_and_of_the_whole() {
    let world = World::with_bucket().await;
    for (algorithm, kind, suffix) in [
        ("CRC32", None, "-2"),
        ("CRC32", Some("FULL_OBJECT"), ""),
        ("CRC64NVME", None, ""),
        ("SHA256", None, "-2"),
    ] {
        let ask = world
            .post("/bkt/k?uploads")
            .header("x-amz-checksum-algorithm", algorithm);
        let ask = match kind {
            Some(kind) => ask.header("x-amz-checksum-type", kind),
            None => ask,
        };
        let id = ask.send().await.ok().element("UploadId").unwrap();
        let header = format!("x-amz-checksum-{}", algorithm.to_lowercase());
        let mut list = String::new();
        let mut bare = String::new();
        for (number, body) in [(1, vec![b'a'; MIB5]), (2, b"tail".to_vec())] {
            let target = format!("/bkt/k?uploadId={id}&partNumber={number}");
            let reply = world.put(&target).body(body).send().await.ok();
            let (etag, sum) = (
                reply.header("etag").unwrap(),
                reply.header(&header).unwrap(),
            );
            let named = format!("<PartNumber>{number}</PartNumber><ETag>{etag}</ETag>");
            bare += &format!("<Part>{named}</Part>");
            list +=
                &format!("<Part>{named}<Checksum{algorithm}>{sum}</Checksum{algorithm}></Part>");
        }
        let target = format!("/bkt/k?uploadId={id}");
        if suffix == "-2" {
            let body = format!("<CompleteMultipartUpload>{bare}</CompleteMultipartUpload>");
            let refused = world.post(&target).body(body).send().await;
            let refused = refused.fails(400, "InvalidRequest");
            assert!(refused.text().contains("It was missing for part 1"));
        }
        let body = format!("<CompleteMultipartUpload>{list}</CompleteMultipartUpload>");
        let done = world.post(&target).body(body).send().await.ok();
        let sum = done.element(&format!("Checksum{algorithm}")).unwrap();
        assert!(
            sum.ends_with(suffix) && sum.contains("-2") == (suffix == "-2"),
            "{sum}"
        );
        let whole = [vec![b'a'; MIB5], b"tail".to_vec()].concat();
        if suffix.is_empty() {
            let name: &'static str = Box::leak(header.into_boxed_str());
            world
                .put("/bkt/whole")
                .header(name, &sum)
                .body(whole)
                .send()
                .await
                .ok();
        }
    }
    let wrong = world
        .post("/bkt/k?uploads")
        .header("x-amz-checksum-algorithm", "SHA1");
    let wrong = wrong
        .header("x-amz-checksum-type", "FULL_OBJECT")
        .send()
        .await;
    wrong.fails(400, "InvalidRequest");
}

#[tokio::test]
async fn a_part_of_another_algorithm_is_refused() {
    let world = World::with_bucket().await;
    let upload = world
        .post("/bkt/k?uploads")
        .header("x-amz-checksum-algorithm", "SHA256");
    let id = upload.send().await.ok().element("UploadId").unwrap();
    let target = format!("/bkt/k?uploadId={id}&partNumber=1");
    let part = world
        .put(&target)
        .header("x-amz-checksum-crc32", "NhCmhg==")
        .body("hello");
    let refused = part.send().await.fails(400, "InvalidRequest");
    assert_eq!(
        refused.element("Message").as_deref(),
        Some(
            "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32"
        )
    );
}

#[tokio::test]
async fn parts_can_be_copied_from_objects() {
    let world = World::with_bucket().await;
    world.put("/bkt/src").body("0123456789").send().await.ok();
    let id = begin(&world, "k").await;
    let target = format!("/bkt/k?uploadId={id}&partNumber=1");
    let copy = |range: &str| {
        let ask = world.put(&target).header("x-amz-copy-source", "bkt/src");
        ask.header("x-amz-copy-source-range", range)
    };
    for bad in ["bytes=0-10", "bytes=5-", "0-3", "bytes=-3"] {
        copy(bad).send().await.fails(400, "InvalidArgument");
    }
    let copied = copy("bytes=2-4").send().await.ok();
    let etag = copied.element("ETag").unwrap();
    complete(&world, "k", &id, &[(1, &etag)]).await.ok();
    assert_eq!(world.get("/bkt/k").send().await.ok().text(), "234");
}

#[tokio::test]
async fn unfinished_uploads_are_listed() {
    let world = World::with_bucket().await;
    for key in ["a/1", "a/2", "b"] {
        begin(&world, key).await;
    }
    let all = world.get("/bkt?uploads").send().await.ok();
    assert_eq!(all.elements("Key"), ["a/1", "a/2", "b"]);
    let rolled = world.get("/bkt?uploads&delimiter=/").send().await.ok();
    assert_eq!(rolled.elements("Key"), ["b"]);
    let first = world
        .get("/bkt?uploads&max-uploads=1&prefix=a")
        .send()
        .await
        .ok();
    assert_eq!(first.element("IsTruncated").as_deref(), Some("true"));
    let (key, id) = (
        first.element("NextKeyMarker").unwrap(),
        first.element("NextUploadIdMarker").unwrap(),
    );
    let next = format!("/bkt?uploads&prefix=a&key-marker={key}&upload-id-marker={id}");
    assert_eq!(world.get(&next).send().await.ok().elements("Key"), ["a/2"]);
    let after = world.get("/bkt?uploads&key-marker=a/2").send().await.ok();
    assert_eq!(after.elements("Key"), ["b"]);
}
